//! Two replicas behind a proxy are stopped and started in turn, under load: nobody sees an error. The proxy is haproxy, which asks each replica whether it is
//! ready and takes another where a connection fails.

use crate::load::{Plan, drive};
use crate::mixes::{Mix, senders};
use crate::service::{Service, free_address, signal};
use crate::{Failed, Target, sampled};
use clap::Args;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often, how hard.
#[derive(Debug, Args)]
pub struct Restart {
    #[command(flatten)]
    target: Target,
    /// How often each replica is restarted.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Requests a second for each kind.
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
    /// Kills both replicas at once instead of asking one after the other to stop: now errors must be seen, or this would see none.
    #[arg(long)]
    control: bool,
}

struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn proxy(folder: &str, front: &str, replicas: &[String; 2]) -> Result<Proxy, Failed> {
    let [first, second] = replicas;
    let file = format!("{folder}/haproxy.cfg");
    std::fs::write(
        &file,
        format!(
            "defaults\n mode http\n timeout connect 2s\n timeout client 30s\n timeout server 30s\n retries 3\n option redispatch 1\n \
             retry-on conn-failure\n http-reuse never\nfrontend in\n bind {front}\n default_backend replicas\nbackend replicas\n balance roundrobin\n \
             option httpchk GET /readyz\n server a {first} check inter 200ms fall 1 rise 1\n server b {second} check inter 200ms fall 1 rise 1\n"
        ),
    )?;
    let child = Command::new("haproxy").args(["-db", "-f", &file]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Ok(Proxy(child.map_err(|e| format!("haproxy cannot be started: {e}"))?))
}

/// Restarts and looks.
pub async fn restart(how: &Restart) -> Result<(), Failed> {
    let start = how.target.start()?;
    let replicas = [free_address()?, free_address()?];
    let [first, second] = &replicas;
    let mut running = [Some(Service::start_at(&start, first).await?), Some(Service::start_at(&start, second).await?)];
    let front = free_address()?;
    let _proxy = proxy(&start.data_dir, &front, &replicas)?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let sample = sampled(&front, &[]).await?;
    let seconds = 2.0 + f64::from(how.rounds) * 6.0;
    let plan = Plan { rate: Some(how.rate), seconds };
    let story = async {
        for _ in 0..how.rounds {
            if how.control {
                for replica in &mut running {
                    replica.take().map(Service::kill).transpose()?;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
                for (replica, address) in running.iter_mut().zip(&replicas) {
                    *replica = Some(Service::start_at(&start, address).await?);
                }
                continue;
            }
            for (replica, address) in running.iter_mut().zip(&replicas) {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let Some(old) = replica.take() else { continue };
                signal(old.pid(), "TERM")?;
                old.ended().await?;
                *replica = Some(Service::start_at(&start, address).await?);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Ok::<_, Failed>(())
    };
    let (reads, writes, told) = tokio::join!(
        drive(&front, plan, senders(Mix::Detail, &sample, 16)),
        drive(&front, plan, senders(Mix::Inquiry, &sample, 16)),
        story
    );
    told?;
    let (reads, writes) = (reads?.0, writes?.0);
    let failed = reads.failed + writes.failed;
    let first = reads.first_failure.clone().or_else(|| writes.first_failure.clone()).unwrap_or_default();
    println!(
        "{} restarts under load: {} requests answered, {failed} not; p99 {:.0} ms {first}",
        how.rounds * 2,
        reads.answered + writes.answered,
        reads.ms(99.0).max(writes.ms(99.0))
    );
    match (failed, how.control) {
        (0, false) => Ok(()),
        (_, false) => Err("a restart was seen".into()),
        (0, true) => Err("the control did not bite".into()),
        (_, true) => {
            println!("the control bites");
            Ok(())
        }
    }
}
