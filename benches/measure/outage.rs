//! PostgreSQL is killed under load and stays away for a while: callers hear 503 and when to come again, soon; the service is not ready meanwhile, needs
//! no restart, and loses nothing. The server is one of this program's own, in a folder of its own.

use crate::crash::{Ledger, finish, verify};
use crate::load::{Plan, Traffic, drive};
use crate::mixes::{Mix, Sender, senders};
use crate::postgres::Postgres;
use crate::service::{Service, Start, make_demo};
use crate::wire::{Answer, Wire, request};
use crate::{Failed, Target, sampled};
use clap::Args;
use std::time::{Duration, Instant};

/// How long, how hard.
#[derive(Debug, Args)]
pub struct Outage {
    #[command(flatten)]
    target: Target,
    /// Seconds that PostgreSQL is away.
    #[arg(long, default_value_t = 30.0)]
    away: f64,
    /// Requests a second for each kind.
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
}

/// A sender that writes down when each request was sent and answered, and how.
pub struct Logged {
    /// What it sends.
    pub inner: Sender,
    sent: Instant,
    /// When sent, when answered, the status, whether it said when to come again.
    pub log: Vec<(Instant, Instant, u16, bool)>,
}

impl Traffic for Logged {
    fn next(&mut self) -> Vec<u8> {
        self.sent = Instant::now();
        self.inner.next()
    }

    fn answered(&mut self, answer: &Answer) -> bool {
        self.log.push((self.sent, Instant::now(), answer.status, answer.retry_after));
        self.inner.answered(answer)
    }
}

/// Such senders for a mix.
pub fn logged(mix: Mix, sample: &std::rc::Rc<crate::sample::Sample>) -> Vec<Logged> {
    senders(mix, sample, 16).into_iter().map(|inner| Logged { inner, sent: Instant::now(), log: Vec::new() }).collect()
}

/// Takes PostgreSQL away and looks.
pub async fn outage(how: &Outage) -> Result<(), Failed> {
    let mut postgres =
        Postgres::create(&format!("{}/postgres-{}", std::env::temp_dir().display(), std::process::id()))?;
    postgres.start()?;
    let start = Start { database: postgres.url(), ..how.target.start()? };
    make_demo(&start)?;
    let service = Service::start(&start).await?;
    let sample = sampled(&service.address, &[]).await?;
    let (before, after) = (4.0, 12.0);
    let plan = Plan { rate: Some(how.rate), seconds: before + how.away + after };
    let address = service.address.clone();
    let story = async {
        tokio::time::sleep(Duration::from_secs_f64(before)).await;
        postgres.kill()?;
        let gone = Instant::now();
        let mut ready_while_away = 0;
        while gone.elapsed().as_secs_f64() < how.away {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let answer = Wire::to(&address).send(&request("GET", "/readyz", "", "", "")).await?;
            ready_while_away += u32::from(answer.status == 200);
        }
        postgres.start()?;
        Ok::<_, Failed>((gone, Instant::now(), ready_while_away))
    };
    let (reads, writes, times) = tokio::join!(
        drive(&address, plan, logged(Mix::Detail, &sample)),
        drive(&address, plan, logged(Mix::Inquiry, &sample)),
        story
    );
    let (gone, back, ready_while_away) = times?;
    let (reads, mut writes) = (reads?.1, writes?.1);
    let log: Vec<_> = reads.iter().chain(&writes).flat_map(|sender| sender.log.iter().copied()).collect();
    let bad: Vec<_> = log.iter().filter(|(_, _, status, _)| *status >= 400 || *status == 0).collect();
    let slowest = log.iter().map(|(sent, got, ..)| got.duration_since(*sent)).max().unwrap_or_default();
    let wrong = bad.iter().filter(|(_, _, status, retry)| *status != 503 || !retry).count();
    let last_bad = bad.iter().map(|(_, got, ..)| *got).max().unwrap_or(gone);
    println!(
        "{} requests, {} of them refused, {wrong} otherwise than by 503 with Retry-After; the slowest took {:.1} s; ready {ready_while_away} times while away; \
         the last refusal {:.1} s after the return",
        log.len(),
        bad.len(),
        slowest.as_secs_f64(),
        last_bad.saturating_duration_since(back).as_secs_f64()
    );
    let (mut ledger, mut lost) = (Ledger::default(), Vec::new());
    let mut inner: Vec<Sender> = writes.drain(..).map(|logged| logged.inner).collect();
    lost.extend(finish(&address, &mut inner).await?);
    ledger.add(Mix::Inquiry, &mut inner);
    lost.extend(ledger.check(&address, &sample.manager).await?);
    println!("{} writes acknowledged, {} lost", ledger.len(), lost.len());
    verify(&start)?;
    let soon = last_bad.saturating_duration_since(back) <= Duration::from_secs(5);
    if bad.is_empty() {
        return Err("the outage was not seen: this proves nothing".into());
    }
    if wrong == 0 && lost.is_empty() && ready_while_away <= 1 && slowest <= Duration::from_secs(5) && soon {
        Ok(())
    } else {
        Err("the outage was not borne as it should be".into())
    }
}
