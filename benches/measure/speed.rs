//! Throughput and latency of each mix, one after the other.

use crate::load::{HEAD, Plan, Report, run};
use crate::mixes::{Mix, senders};
use crate::sample::Sample;
use crate::service::Service;
use crate::{Failed, Target, sampled};
use clap::{Args, ValueEnum};
use std::rc::Rc;

/// What to send.
#[derive(Debug, Args)]
pub struct Load {
    #[command(flatten)]
    target: Target,
    /// The mixes; all but the floor if none is named.
    #[arg(value_enum)]
    mixes: Vec<Mix>,
    /// Connections.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Requests a second; the maximum is looked for where it is not given, and then 70 % of it is sent.
    #[arg(long)]
    rate: Option<f64>,
    /// Seconds for each mix.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

/// Sends every mix to one service.
pub async fn load(load: &Load) -> Result<(), Failed> {
    let service = Service::start(&load.target.start()?).await?;
    let (rss, _) = service.memory()?;
    println!("first answer after {:.0} ms, {rss:.0} MiB then\n", service.started_in.as_secs_f64() * 1000.0);
    let mixes = match load.mixes.as_slice() {
        [] => Mix::value_variants().iter().copied().filter(|mix| *mix != Mix::Static).collect(),
        named => named.to_vec(),
    };
    let mut sample = sampled(&service.address, &mixes).await?;
    println!("{HEAD}");
    for mix in mixes.iter().copied() {
        if mix == Mix::Deep && sample.deep.is_none() {
            println!("| {mix:?} | the company is too small | | | | | | |");
            continue;
        }
        if mix == Mix::Move {
            // What was shelved before has another version now.
            sample = sampled(&service.address, &mixes).await?;
        }
        for (name, report) in one(load, &service, mix, &sample).await? {
            println!("{}", report.line(&name));
            if let Some(failure) = report.first_failure {
                println!("  first failure: {failure}");
            }
        }
    }
    Ok(())
}

async fn one(load: &Load, service: &Service, mix: Mix, sample: &Rc<Sample>) -> Result<Vec<(String, Report)>, Failed> {
    let name = format!("{mix:?}").to_lowercase();
    let plan = Plan { rate: load.rate, seconds: load.seconds };
    let warm = Plan { seconds: load.seconds.min(1.0), ..plan };
    let (_, senders) = run(service, warm, senders(mix, sample, load.connections)).await?;
    let (report, senders) = run(service, plan, senders).await?;
    if load.rate.is_some() {
        return Ok(vec![(name, report)]);
    }
    let rate = report.rate() * 0.7;
    if rate < 1.0 {
        return Ok(vec![(name, report)]);
    }
    let (steady, _) = run(service, Plan { rate: Some(rate), ..plan }, senders).await?;
    Ok(vec![(format!("{name}, maximum"), report), (format!("{name}, at 70 %"), steady)])
}
