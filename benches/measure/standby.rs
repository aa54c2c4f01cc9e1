//! Lists and reports from a standby (`DATABASE_REPLICA_URL`): whoever wrote, at whichever of two processes, finds it in the list at the other one at once, while the
//! standby follows, while it does not get on, and while it is dead. Nobody is refused anything meanwhile.

use crate::postgres::Postgres;
use crate::service::{Service, Start, make_demo};
use crate::wire::{Wire, request};
use crate::{Failed, Target, sampled};
use clap::Args;
use diesel::RunQueryDsl;
use fitout::db::{AnyConnection, DatabaseUrl};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long.
#[derive(Debug, Args)]
pub struct Standby {
    #[command(flatten)]
    target: Target,
    /// Seconds of each part.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Asks the standby itself for what was written, while it does not get on: it must be missed, or this would see nothing.
    #[arg(long)]
    control: bool,
}

/// What one part saw.
#[derive(Debug, Default)]
struct Seen {
    written: u32,
    missed: u32,
    refused: u32,
    slowest: Duration,
}

/// Writes at one process and looks at the other, in turn.
async fn write_and_look(services: &[Service; 2], token: &str, client: &str, seconds: f64) -> Result<Seen, Failed> {
    let (mut seen, began) = (Seen::default(), Instant::now());
    let [mut a, mut b] = services.each_ref().map(|service| Wire::to(&service.address));
    while began.elapsed().as_secs_f64() < seconds {
        let body = serde_json::json!({"client_id": client, "channel": "phone", "name": "Written and looked for", "kind": "show_flat"});
        let key = format!("Idempotency-Key: {}\r\n", uuid::Uuid::new_v4());
        let written = a.send(&request("POST", "/v1/inquiries", token, &key, &body.to_string())).await?.json()?;
        let id = written.get("id").and_then(Value::as_str).ok_or("no id")?.to_owned();
        seen.written += 1;
        let asked = Instant::now();
        let listed = b.send(&request("GET", "/v1/projects?sort=-created_at&limit=20", token, "", "")).await?;
        seen.slowest = seen.slowest.max(asked.elapsed());
        if listed.status == 200 {
            seen.missed += u32::from(!String::from_utf8_lossy(&listed.body).contains(&id));
        } else {
            seen.refused += 1;
        }
        std::mem::swap(&mut a, &mut b);
    }
    Ok(seen)
}

/// How many lists the standby answered, and how many the database itself, at both processes so far.
async fn answered(services: &[Service; 2]) -> Result<[u64; 2], Failed> {
    let mut counts = [0, 0];
    for service in services {
        let metrics = Wire::to(&service.address).send(&request("GET", "/metrics", "", "", "")).await?;
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        for (count, by) in counts.iter_mut().zip(["by=\"standby\"", "by=\"database\""]) {
            let ours = text.lines().filter(|line| line.starts_with("db_standby_reads_total{") && line.contains(by));
            *count += ours.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum::<u64>();
        }
    }
    Ok(counts)
}

fn run_on(postgres: &Postgres, sql: &str) -> Result<usize, Failed> {
    let url: DatabaseUrl = postgres.url().parse()?;
    Ok(diesel::sql_query(sql).execute(&mut AnyConnection::open(&url)?)?)
}

/// Lets the standby follow, lag, die and return.
pub async fn standby(how: &Standby) -> Result<(), Failed> {
    let folder = |name: &str| format!("{}/{name}-{}", std::env::temp_dir().display(), std::process::id());
    let mut primary = Postgres::create(&folder("primary"))?;
    primary.start()?;
    let mut start = Start { database: primary.url(), ..how.target.start()? };
    make_demo(&start)?;
    let mut copy = primary.standby(&folder("standby"))?;
    copy.start()?;
    start.settings.extend(["--database-replica-url".to_owned(), copy.url()]);
    let services = [Service::start(&start).await?, Service::start(&start).await?];
    let sample = sampled(&services[0].address, &[]).await?;
    let client = sample.clients.first().ok_or("no client")?;
    let mut wrong = Vec::new();
    for part in ["follows", "does not get on", "is dead", "is back"] {
        match part {
            "does not get on" => drop(run_on(&copy, "SELECT pg_wal_replay_pause()")?),
            "is dead" => copy.kill()?,
            "is back" => {
                copy.start()?;
                // Whoever was refused by it leaves it alone for some seconds.
                tokio::time::sleep(Duration::from_secs(7)).await;
            }
            _ => {}
        }
        let before = answered(&services).await?;
        let seen = write_and_look(&services, &sample.manager, client, how.seconds).await?;
        let after = answered(&services).await?;
        let [by_standby, by_database] = [after[0] - before[0], after[1] - before[1]];
        println!(
            "the standby {part}: {} written, {} missed, {} refused; lists by the standby {by_standby}, by the database {by_database}; the slowest {:.0} ms",
            seen.written,
            seen.missed,
            seen.refused,
            seen.slowest.as_secs_f64() * 1000.0
        );
        let follows = matches!(part, "follows" | "is back");
        if seen.missed + seen.refused > 0 || (by_standby > by_database) != follows {
            wrong.push(part);
        }
        if part == "does not get on" && how.control {
            let there = run_on(&copy, "SELECT 1 FROM projects WHERE name = 'Written and looked for'")?;
            let here = run_on(&primary, "SELECT 1 FROM projects WHERE name = 'Written and looked for'")?;
            println!("of {here} projects the standby itself knows {there}");
            return if there < here {
                println!("the control bites");
                Ok(())
            } else {
                Err("the control did not bite".into())
            };
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("wrong while the standby {}", wrong.join(", ")).into()),
    }
}
