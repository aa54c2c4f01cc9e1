//! The disk fills up under load: what cannot be saved is refused with 503, what was acknowledged is kept, no row is without its file, and the service goes
//! on by itself once there is room. The disk is a small file system of this program's own, mounted from a file, so this needs root.

use crate::crash::verify_with;
use crate::load::Traffic;
use crate::mixes::{Mix, senders};
use crate::service::{Service, make_demo};
use crate::wire::{Answer, Wire, request, upload};
use crate::{Failed, Target, sampled};
use clap::Args;
use serde_json::Value;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

/// How large, how long.
#[derive(Debug, Args)]
pub struct Full {
    #[command(flatten)]
    target: Target,
    /// MiB of the disk.
    #[arg(long, default_value_t = 96)]
    size: u32,
    /// Rounds of writes while it is full.
    #[arg(long, default_value_t = 200)]
    rounds: u32,
    /// Never makes room again: the service must be found not to go on, or this would see nothing.
    #[arg(long)]
    control: bool,
}

/// A small file system.
struct Disk {
    folder: String,
}

fn run(program: &str, arguments: &[&str]) -> Result<(), Failed> {
    let done = Command::new(program).args(arguments).output()?;
    if done.status.success() {
        Ok(())
    } else {
        Err(format!("{program}: {}", String::from_utf8_lossy(&done.stderr)).into())
    }
}

impl Disk {
    fn mount(folder: &str, size: u32) -> Result<Self, Failed> {
        let (image, at) = (format!("{folder}/disk.img"), format!("{folder}/disk"));
        std::fs::create_dir_all(&at)?;
        let _ = std::fs::remove_file(&image);
        run("truncate", &["-s", &format!("{size}M"), &image])?;
        run("mkfs.ext4", &["-q", "-m", "0", &image])?;
        run("mount", &["-o", "loop", &image, &at])?;
        Ok(Self { folder: at })
    }

    /// Writes until nothing more fits.
    fn fill(&self) -> Result<(), Failed> {
        let mut ballast = std::fs::File::create(format!("{}/ballast", self.folder))?;
        for piece in [1 << 20, 4096, 512] {
            while ballast.write_all(&vec![7; piece]).and_then(|()| ballast.flush()).is_ok() {}
        }
        Ok(())
    }

    fn make_room(&self) -> Result<(), Failed> {
        Ok(std::fs::remove_file(format!("{}/ballast", self.folder))?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = run("umount", &["-l", &self.folder]);
    }
}

/// What was answered.
#[derive(Debug, Default)]
struct Tally {
    saved: u32,
    refused: u32,
    /// Refused otherwise than by 503 with `Retry-After`, or a read that failed.
    wrong: Vec<String>,
    /// Papers that were acknowledged.
    papers: Vec<(String, Vec<u8>)>,
}

impl Tally {
    fn note(&mut self, what: &str, answer: &Answer, saved: bool) {
        match (saved, answer.status == 503 && answer.retry_after) {
            (true, _) => self.saved += 1,
            (false, true) => self.refused += 1,
            (false, false) => {
                let body = String::from_utf8_lossy(&answer.body);
                self.wrong.push(format!("{what}: {} {body}", answer.status));
            }
        }
    }
}

fn paper() -> Vec<u8> {
    let mut bytes = b"%PDF-1.7 measured\n".to_vec();
    for _ in 0..2048 {
        bytes.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    bytes
}

/// Fills the disk and looks.
pub async fn full(how: &Full) -> Result<(), Failed> {
    let mut start = how.target.start()?;
    let disk = Disk::mount(&start.data_dir, how.size)?;
    start.data_dir.clone_from(&disk.folder);
    if how.target.database.is_none() {
        start.database = format!("sqlite://{}/fitout.db", disk.folder);
    }
    make_demo(&start)?;
    let service = Service::start(&start).await?;
    let sample = sampled(&service.address, &[]).await?;
    let mut inquiries = senders(Mix::Inquiry, &sample, 1).pop().ok_or("no sender")?;
    let mut reads = senders(Mix::Detail, &sample, 1).pop().ok_or("no sender")?;
    let project = sample.open.iter().find(|(.., shelved)| !shelved).ok_or("no project")?.0.clone();
    let mut wire = Wire::to(&service.address);
    let (mut before, mut during, mut after) = (Tally::default(), Tally::default(), Tally::default());
    disk.fill()?;
    disk.make_room()?;
    let mut waited = Duration::ZERO;
    for round in 0..how.rounds * 3 {
        if round == how.rounds {
            disk.fill()?;
        }
        if round == how.rounds * 2 {
            let began = Instant::now();
            if !how.control {
                disk.make_room()?;
            }
            while !wire
                .send(&upload(&project, &sample.manager, &paper()))
                .await
                .is_ok_and(|answer| answer.status == 201)
            {
                tokio::time::sleep(Duration::from_millis(100)).await;
                if began.elapsed() > Duration::from_secs(if how.control { 2 } else { 10 }) {
                    break;
                }
            }
            waited = began.elapsed();
        }
        let tally = match round / how.rounds {
            0 => &mut before,
            1 => &mut during,
            _ => &mut after,
        };
        let bytes = paper();
        let answer = wire.send(&upload(&project, &sample.manager, &bytes)).await?;
        tally.note("a paper", &answer, answer.status == 201);
        if answer.status == 201 {
            let id = answer.json()?.get("id").and_then(Value::as_str).ok_or("no id")?.to_owned();
            tally.papers.push((id, bytes));
        }
        let answer = wire.send(&inquiries.next()).await?;
        let saved = inquiries.answered(&answer);
        tally.note("an inquiry", &answer, saved);
        let answer = wire.send(&reads.next()).await?;
        if answer.status != 200 {
            tally.wrong.push(format!("a read: {}", answer.status));
        }
    }
    let mut lost = 0;
    for (id, bytes) in [&before, &during, &after].into_iter().flat_map(|tally| &tally.papers) {
        let answer =
            wire.send(&request("GET", &format!("/v1/documents/{id}/content"), &sample.manager, "", "")).await?;
        lost += u32::from(answer.status != 200 || answer.body != *bytes);
    }
    for id in &inquiries.created {
        let answer = wire.send(&request("GET", &format!("/v1/projects/{id}"), &sample.manager, "", "")).await?;
        lost += u32::from(answer.status != 200);
    }
    service.kill()?;
    for (when, tally) in [("before", &before), ("full", &during), ("after", &after)] {
        println!("{when}: {} saved, {} refused with 503, {} otherwise", tally.saved, tally.refused, tally.wrong.len());
        if let Some(first) = tally.wrong.first() {
            println!("    {first}");
        }
    }
    println!("{lost} lost; saved again {:.1} s after there was room", waited.as_secs_f64());
    if !how.control {
        verify_with(&start, &[])?;
    }
    let right = [&before, &during, &after].iter().all(|tally| tally.wrong.is_empty()) && lost == 0;
    let seen = before.refused == 0 && during.refused > 0;
    match (right && seen && after.refused == 0, how.control) {
        (true, false) => Ok(()),
        (false, false) => Err("the full disk was not borne as it should be".into()),
        (true, true) => Err("the control did not bite".into()),
        (false, true) => {
            println!("the control bites");
            Ok(())
        }
    }
}
