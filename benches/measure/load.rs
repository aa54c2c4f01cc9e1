//! The load: requests arrive at a fixed rate whatever becomes of the earlier ones, and each latency counts from the instant at which its request was
//! due, so that a stall is seen by everyone who would have met it (an open loop). Without a rate every connection sends its next request as soon as
//! it has an answer, which finds the maximum.

use crate::Failed;
use crate::service::Service;
use crate::wire::{Answer, Wire};
use hdrhistogram::Histogram;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What one connection sends.
pub trait Traffic {
    /// The next request.
    fn next(&mut self) -> Vec<u8>;
    /// Its answer; whether it is what was to be expected.
    fn answered(&mut self, answer: &Answer) -> bool;
}

/// How hard and how long.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Requests a second; as many as there can be where it is not given.
    pub rate: Option<f64>,
    /// For how long.
    pub seconds: f64,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Report {
    /// Requests answered as expected.
    pub answered: u64,
    /// Requests answered otherwise or not at all.
    pub failed: u64,
    /// What the first of them was.
    pub first_failure: Option<String>,
    /// Seconds from the first request to the last answer.
    pub seconds: f64,
    /// Latencies in microseconds.
    pub latencies: Histogram<u64>,
    /// Microseconds of the service's CPU a request.
    pub cpu: f64,
    /// Resident memory of the service at the end and at most, in MiB.
    pub memory: (f64, f64),
}

impl Report {
    /// Requests answered a second.
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.seconds
    }

    /// A percentile in milliseconds.
    pub fn ms(&self, percentile: f64) -> f64 {
        self.latencies.value_at_percentile(percentile) as f64 / 1000.0
    }

    /// One line of a table.
    pub fn line(&self, name: &str) -> String {
        format!(
            "| {name} | {:.0} | {:.2} | {:.2} | {:.2} | {:.0} | {:.0} | {} |",
            self.rate(),
            self.ms(50.0),
            self.ms(99.0),
            self.ms(99.9),
            self.cpu,
            self.memory.0,
            self.failed
        )
    }
}

/// The head of the table.
pub const HEAD: &str =
    "| mix | /s | p50 ms | p99 ms | p99.9 ms | server CPU µs | RSS MiB | failed |\n|---|---|---|---|---|---|---|---|";

struct Tally {
    began: Instant,
    arrivals: Cell<u64>,
    answered: Cell<u64>,
    failed: Cell<u64>,
    first_failure: RefCell<Option<String>>,
    latencies: RefCell<Histogram<u64>>,
}

/// Sends the traffic of every connection to a service; gives the traffics back for what they remember.
pub async fn run<T: Traffic + 'static>(
    service: &Service,
    plan: Plan,
    traffic: Vec<T>,
) -> Result<(Report, Vec<T>), Failed> {
    let before = service.cpu()?;
    let (mut report, traffic) = drive(&service.address, plan, traffic).await?;
    report.cpu = (service.cpu()? - before) * 1e6 / (report.answered + report.failed).max(1) as f64;
    report.memory = service.memory()?;
    Ok((report, traffic))
}

/// As [`run`], to an address.
pub async fn drive<T: Traffic + 'static>(
    address: &str,
    plan: Plan,
    traffic: Vec<T>,
) -> Result<(Report, Vec<T>), Failed> {
    let tally = Rc::new(Tally {
        began: Instant::now(),
        arrivals: Cell::new(0),
        answered: Cell::new(0),
        failed: Cell::new(0),
        first_failure: RefCell::new(None),
        latencies: RefCell::new(Histogram::new_with_bounds(1, 60_000_000, 3)?),
    });
    let connections = traffic.into_iter().map(|traffic| {
        let (tally, address) = (Rc::clone(&tally), address.to_owned());
        tokio::task::spawn_local(async move { connection(&address, plan, traffic, &tally).await })
    });
    let mut back = Vec::new();
    for connection in connections.collect::<Vec<_>>() {
        back.push(connection.await?);
    }
    let report = Report {
        answered: tally.answered.get(),
        failed: tally.failed.get(),
        first_failure: tally.first_failure.take(),
        seconds: tally.began.elapsed().as_secs_f64(),
        latencies: tally.latencies.borrow().clone(),
        cpu: 0.0,
        memory: (0.0, 0.0),
    };
    Ok((report, back))
}

async fn connection<T: Traffic>(address: &str, plan: Plan, mut traffic: T, tally: &Tally) -> T {
    let mut wire = Wire::to(address);
    loop {
        let due = match plan.rate {
            Some(rate) => {
                let n = tally.arrivals.get();
                tally.arrivals.set(n + 1);
                tally.began + Duration::from_secs_f64(n as f64 / rate)
            }
            None => Instant::now(),
        };
        // A rate that cannot be kept piles up requests without end: what was due is sent for as long again, then the rest is given up.
        let over = due.duration_since(tally.began).as_secs_f64() >= plan.seconds;
        if over || tally.began.elapsed().as_secs_f64() >= plan.seconds * 2.0 {
            return traffic;
        }
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
        let answer = wire.send(&traffic.next()).await;
        let answer =
            answer.unwrap_or_else(|failed| Answer { body: failed.to_string().into_bytes(), ..Answer::default() });
        let took = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        tally.latencies.borrow_mut().saturating_record(took.max(1));
        if traffic.answered(&answer) {
            tally.answered.set(tally.answered.get() + 1);
        } else {
            tally.failed.set(tally.failed.get() + 1);
            tally
                .first_failure
                .borrow_mut()
                .get_or_insert_with(|| format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)));
            if answer.status == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}
