//! Two processes on one PostgreSQL: what a request costs each of them, beside what it costs one alone at the same rate. Two cores cannot show that two are
//! faster than one; that they do no more work, they can.

use crate::load::{Plan, run};
use crate::mixes::{Mix, senders};
use crate::service::Service;
use crate::{Failed, Target, sampled};
use clap::Args;

/// How hard, how long.
#[derive(Debug, Args)]
pub struct Twins {
    #[command(flatten)]
    target: Target,
    /// Requests a second to each process.
    #[arg(long, default_value_t = 400.0)]
    rate: f64,
    /// Seconds for each figure.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Times more that a request may cost one of two.
    #[arg(long, default_value_t = 1.1)]
    factor: f64,
    /// Tells and does not judge.
    #[arg(long)]
    tell_only: bool,
}

/// Compares.
pub async fn twins(how: &Twins) -> Result<(), Failed> {
    let start = how.target.start()?;
    let (first, second) = (Service::start(&start).await?, Service::start(&start).await?);
    let sample = sampled(&first.address, &[Mix::Payment]).await?;
    let plan = Plan { rate: Some(how.rate), seconds: how.seconds };
    let mut dearer = Vec::new();
    println!("| mix | one alone, CPU µs | two, CPU µs each | |\n|---|---|---|---|");
    for mix in [Mix::Detail, Mix::Page, Mix::Steps, Mix::Inquiry, Mix::Move, Mix::Payment] {
        // The projects that are moved are dealt out among all senders of one mix; versions are read anew each time.
        let sample = if mix == Mix::Move { sampled(&first.address, &[]).await? } else { sample.clone() };
        let mut all = senders(mix, &sample, 24);
        let (others, alone) = (all.split_off(8), all);
        let mut others = others;
        let last = others.split_off(8);
        let (one, _) = run(&first, plan, alone).await?;
        let (a, b) = tokio::join!(run(&first, plan, others), run(&second, plan, last));
        let (a, b) = (a?.0, b?.0);
        if let Some(failure) = [&one, &a, &b].iter().find_map(|report| report.first_failure.clone()) {
            return Err(format!("{mix:?}: {failure}").into());
        }
        let each = (a.cpu + b.cpu) / 2.0;
        println!("| {mix:?} | {:.0} | {each:.0} | {:.2} × |", one.cpu, each / one.cpu);
        if each > one.cpu * how.factor {
            dearer.push(mix);
        }
    }
    if dearer.is_empty() || how.tell_only { Ok(()) } else { Err(format!("dearer for two: {dearer:?}").into()) }
}
