//! Nothing acknowledged is lost, nothing is half done, nothing is done twice: the service is killed under write load, started again, and asked for
//! everything that it had acknowledged. What was under way is sent once more with its key, as a careful client would.

use crate::load::{Plan, drive};
use crate::mixes::{Mix, Sender, senders};
use crate::service::{Service, Start};
use crate::wire::{Wire, request};
use crate::{Failed, Target, sampled};
use clap::Args;
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

/// How often, how hard.
#[derive(Debug, Args)]
pub struct Crash {
    #[command(flatten)]
    target: Target,
    /// How often the service is killed.
    #[arg(long, default_value_t = 50)]
    cycles: u32,
    /// Connections for each kind of write.
    #[arg(long, default_value_t = 12)]
    connections: usize,
    /// Claims a write that was never acknowledged: the check must find that it is missing, or it would find nothing.
    #[arg(long)]
    control: bool,
}

/// What was acknowledged before a kill.
#[derive(Default)]
pub struct Ledger {
    created: Vec<(Mix, String)>,
    moved: Vec<(String, i64)>,
}

impl Ledger {
    /// Takes over what these senders were told.
    pub fn add(&mut self, mix: Mix, senders: &mut [Sender]) {
        for sender in senders {
            self.created.extend(sender.created.drain(..).map(|id| (mix, id)));
            self.moved.append(&mut sender.moved);
        }
    }

    /// Asks for all of it; what is missing.
    pub async fn check(&self, address: &str, token: &str) -> Result<Vec<String>, Failed> {
        let mut wire = Wire::to(address);
        let mut wrong = Vec::new();
        for (mix, id) in &self.created {
            let path = if *mix == Mix::Payment { "payments" } else { "projects" };
            let answer = wire.send(&request("GET", &format!("/v1/{path}/{id}"), token, "", "")).await?;
            if answer.status != 200 {
                wrong.push(format!("{path}/{id} was acknowledged and is answered {}", answer.status));
            }
        }
        let mut last = std::collections::BTreeMap::new();
        for (project, version) in &self.moved {
            last.insert(project, version);
        }
        for (project, version) in last {
            let body = wire.send(&request("GET", &format!("/v1/projects/{project}"), token, "", "")).await?.json()?;
            if body.get("version").and_then(Value::as_i64) != Some(*version) {
                wrong.push(format!(
                    "project {project} stands at {:?}, and version {version} was acknowledged last",
                    body.get("version")
                ));
            }
        }
        Ok(wrong)
    }

    /// How much was acknowledged.
    pub fn len(&self) -> usize {
        self.created.len() + self.moved.len()
    }
}

const WRITES: [Mix; 3] = [Mix::Inquiry, Mix::Move, Mix::Payment];

/// Kills and looks.
pub async fn crash(crash: &Crash) -> Result<(), Failed> {
    let how = crash.target.start()?;
    let (mut lost, mut acknowledged, mut slowest) = (0, 0, Duration::ZERO);
    for cycle in 1..=crash.cycles {
        let (wrong, ledger, started) = once(crash, &how, cycle).await?;
        acknowledged += ledger;
        slowest = slowest.max(started);
        lost += wrong.len();
        for wrong in wrong {
            println!("cycle {cycle}: {wrong}");
        }
    }
    println!(
        "{} kills, {acknowledged} writes acknowledged, {lost} lost; ready again after {:.0} ms at most",
        crash.cycles,
        slowest.as_secs_f64() * 1000.0
    );
    verify(&how)?;
    match (lost, crash.control) {
        (0, false) => Ok(()),
        (_, false) => Err("acknowledged writes were lost".into()),
        (0, true) => Err("the control did not bite".into()),
        (_, true) => {
            println!("the control bites");
            Ok(())
        }
    }
}

async fn once(crash: &Crash, how: &Start, cycle: u32) -> Result<(Vec<String>, usize, Duration), Failed> {
    let service = Service::start(how).await?;
    let address = service.address.clone();
    let sample = sampled(&address, &WRITES).await?;
    // Not always at the same moment of the load.
    let until = Duration::from_millis(400 + u64::from(cycle * 137 % 700));
    let plan = Plan { rate: None, seconds: until.as_secs_f64() + 0.2 };
    let sets = WRITES.map(|mix| senders(mix, &sample, crash.connections));
    let kill = async {
        tokio::time::sleep(until).await;
        service.kill()
    };
    let [inquiries, moves, payments] = sets;
    let (a, b, c, killed) = tokio::join!(
        drive(&address, plan, inquiries),
        drive(&address, plan, moves),
        drive(&address, plan, payments),
        kill
    );
    killed?;
    let mut sets = [a?.1, b?.1, c?.1];
    let again = Service::start_at(how, &address).await?;
    let started = again.started_in;
    let mut ledger = Ledger::default();
    let mut wrong = Vec::new();
    for (mix, set) in WRITES.iter().zip(&mut sets) {
        wrong.extend(finish(&address, set).await?);
        ledger.add(*mix, set);
    }
    if crash.control {
        ledger.created.push((Mix::Inquiry, uuid::Uuid::new_v4().to_string()));
    }
    wrong.extend(ledger.check(&address, &sample.manager).await?);
    again.kill()?;
    Ok((wrong, ledger.len(), started))
}

/// Sends once more what was under way, twice: both answers are the same to the byte, and the write is there once.
pub async fn finish(address: &str, senders: &mut [Sender]) -> Result<Vec<String>, Failed> {
    use crate::load::Traffic;
    let (mut wire, mut wrong) = (Wire::to(address), Vec::new());
    for sender in senders {
        let Some(pending) = sender.pending.clone() else { continue };
        let first = wire.send(&pending).await?;
        let second = wire.send(&pending).await?;
        if (first.status, &first.body) != (second.status, &second.body) {
            wrong.push(format!("a repeated request was answered {} and then {}", first.status, second.status));
        }
        if !sender.answered(&first) {
            wrong.push(format!(
                "a repeated request was refused: {} {}",
                first.status,
                String::from_utf8_lossy(&first.body)
            ));
        }
    }
    Ok(wrong)
}

/// `fitout verify` on what is left, without the files: a generated company has none.
pub fn verify(how: &Start) -> Result<(), Failed> {
    verify_with(how, &["--skip-files"])
}

/// `fitout verify` with these flags.
pub fn verify_with(how: &Start, flags: &[&str]) -> Result<(), Failed> {
    let out = Command::new(&how.binary)
        .args(["verify", "--database-url", &how.database, "--data-dir", &how.data_dir])
        .args(flags)
        .output()?;
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    println!("verify: {}", told.lines().last().unwrap_or_default());
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned().into()) }
}
