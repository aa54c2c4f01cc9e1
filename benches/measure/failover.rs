//! The leader of two PostgreSQL servers is lost under load, with what it had not sent yet: Patroni promotes the other one. Nothing that was acknowledged is lost, refusals
//! come only until the lock of the lost leader has run out, and the service is not restarted.

use crate::crash::{Ledger, finish, verify};
use crate::load::{Plan, drive};
use crate::mixes::{Mix, Sender};
use crate::outage::logged;
use crate::patroni::{Cluster, TTL};
use crate::service::{Service, Start, make_demo};
use crate::{Failed, Target, sampled};
use clap::Args;
use std::time::{Duration, Instant};

/// How hard.
#[derive(Debug, Args)]
pub struct Failover {
    #[command(flatten)]
    target: Target,
    /// Requests a second for each kind.
    #[arg(long, default_value_t = 100.0)]
    rate: f64,
    /// Lets the leader acknowledge what the other server does not have: it must be found lost, or this would see nothing.
    #[arg(long)]
    control: bool,
}

/// Takes the leader away and looks.
pub async fn failover(how: &Failover) -> Result<(), Failed> {
    let folder = format!("{}/patroni-{}", std::env::temp_dir().display(), std::process::id());
    let cluster = Cluster::start(&folder, !how.control).await?;
    let start = Start { database: cluster.url(), ..how.target.start()? };
    make_demo(&start)?;
    let service = Service::start(&start).await?;
    let sample = sampled(&service.address, &[]).await?;
    let [leader, follower] = cluster.leader().await?;
    let allowed = Duration::from_secs(TTL + 5);
    let plan = Plan { rate: Some(how.rate), seconds: 5.0 + allowed.as_secs_f64() + 8.0 };
    let story = async {
        tokio::time::sleep(Duration::from_secs(4)).await;
        leader.hold_back()?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        leader.kill()?;
        let gone = Instant::now();
        let promoted = follower.wait_until("/leader", TTL + 30).await?;
        Ok::<_, Failed>((gone, promoted))
    };
    let (reads, writes, told) = tokio::join!(
        drive(&service.address, plan, logged(Mix::Detail, &sample)),
        drive(&service.address, plan, logged(Mix::Inquiry, &sample)),
        story
    );
    let (gone, promoted) = told?;
    let (reads, mut writes) = (reads?.1, writes?.1);
    let log: Vec<_> = reads.iter().chain(&writes).flat_map(|sender| sender.log.iter().copied()).collect();
    let bad: Vec<_> = log.iter().filter(|(_, _, status, _)| *status >= 400 || *status == 0).collect();
    let wrong = bad.iter().filter(|(_, _, status, retry)| *status != 503 || !retry).count();
    let outside = bad.iter().filter(|(_, got, ..)| *got < gone || got.duration_since(gone) > allowed).count();
    let last = bad.iter().map(|(_, got, ..)| got.saturating_duration_since(gone)).max().unwrap_or_default();
    println!(
        "the other server leads after {:.1} s; {} requests, {} refused, the last {:.1} s after the loss, {outside} not within {} s of it, {wrong} otherwise than by 503 with Retry-After",
        promoted.as_secs_f64(),
        log.len(),
        bad.len(),
        last.as_secs_f64(),
        allowed.as_secs()
    );
    let (mut ledger, mut lost) = (Ledger::default(), Vec::new());
    let mut inner: Vec<Sender> = writes.drain(..).map(|logged| logged.inner).collect();
    lost.extend(finish(&service.address, &mut inner).await?);
    ledger.add(Mix::Inquiry, &mut inner);
    lost.extend(ledger.check(&service.address, &sample.manager).await?);
    println!("{} writes acknowledged, {} lost", ledger.len(), lost.len());
    if how.control {
        return if lost.is_empty() {
            Err("the control did not bite".into())
        } else {
            println!("the control bites");
            Ok(())
        };
    }
    verify(&start)?;
    leader.start()?;
    let again = leader.wait_until("/synchronous", 120).await?;
    println!("the lost server follows again {:.0} s after its return", again.as_secs_f64());
    if bad.is_empty() {
        return Err("the loss was not seen: this proves nothing".into());
    }
    if wrong + outside == 0 && lost.is_empty() { Ok(()) } else { Err("the loss was not borne as it should be".into()) }
}
