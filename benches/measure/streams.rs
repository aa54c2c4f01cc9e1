//! Many open streams of the change feed: how long after a write was acknowledged each of them was told, and what they cost.

use crate::load::Traffic;
use crate::mixes::{Mix, senders};
use crate::service::Service;
use crate::wire::{Wire, request};
use crate::{Failed, Target, sampled};
use clap::Args;
use hdrhistogram::Histogram;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How many, how often.
#[derive(Debug, Args)]
pub struct Streams {
    #[command(flatten)]
    target: Target,
    /// Open streams.
    #[arg(long, default_value_t = 1000)]
    streams: usize,
    /// Writes while they are open, one every `--every` milliseconds.
    #[arg(long, default_value_t = 40)]
    writes: usize,
    /// Milliseconds between writes.
    #[arg(long, default_value_t = 500)]
    every: u64,
    /// The most MiB that the service may hold with all of them open, at any time.
    #[arg(long, default_value_t = 200.0)]
    memory: f64,
    /// Milliseconds after the answer within which 95 of 100 are told; without it that is told and not judged.
    #[arg(long)]
    p95: Option<f64>,
}

/// What was acknowledged when, by the id of the inquiry; and when each stream was told of it.
#[derive(Default)]
struct Seen {
    acknowledged: HashMap<String, Instant>,
    told: Vec<(String, Instant)>,
}

/// Opens them, writes, and waits for everyone to be told.
pub async fn streams(how: &Streams) -> Result<(), Failed> {
    let service = Service::start(&how.target.start()?).await?;
    let sample = sampled(&service.address, &[]).await?;
    let before = service.memory()?.0;
    let seen = Rc::new(RefCell::new(Seen::default()));
    let open = request(
        "GET",
        "/v1/events/stream?kind=project.inquiry_recorded",
        &sample.manager,
        "Accept: text/event-stream\r\n",
        "",
    );
    for _ in 0..how.streams {
        let mut stream = TcpStream::connect(&service.address).await?;
        stream.write_all(&open).await?;
        let seen = Rc::clone(&seen);
        tokio::task::spawn_local(async move { listen(stream, &seen).await });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let cost = service.memory()?.0 - before;
    let (mut sender, mut wire) =
        (senders(Mix::Inquiry, &sample, 1).pop().ok_or("no sender")?, Wire::to(&service.address));
    let cpu = service.cpu()?;
    for _ in 0..how.writes {
        let answer = wire.send(&sender.next()).await?;
        let now = Instant::now();
        if !sender.answered(&answer) {
            return Err(format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
        }
        let id = sender.created.last().cloned().ok_or("no id")?;
        seen.borrow_mut().acknowledged.insert(id, now);
        tokio::time::sleep(Duration::from_millis(how.every)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let cpu = (service.cpu()? - cpu) * 1e6 / (how.writes * how.streams) as f64;
    let peak = service.memory()?.1;
    let mut latencies = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
    let seen = seen.borrow();
    for (id, told) in &seen.told {
        if let Some(acknowledged) = seen.acknowledged.get(id) {
            let took = told.saturating_duration_since(*acknowledged).as_micros();
            latencies.saturating_record(u64::try_from(took)?.max(1));
        }
    }
    let ms = |percentile| latencies.value_at_percentile(percentile) as f64 / 1000.0;
    println!(
        "{} streams, {} writes: {} of {} told; p50 {:.0} ms, p95 {:.0} ms, p99 {:.0} ms after the answer; {cost:.0} MiB to open, {peak:.0} MiB at most in all, {cpu:.0} µs of CPU each",
        how.streams,
        how.writes,
        latencies.len(),
        how.streams * how.writes,
        ms(50.0),
        ms(95.0),
        ms(99.0)
    );
    if latencies.len() != (how.streams * how.writes) as u64 {
        return Err("not everyone was told".into());
    }
    if peak > how.memory {
        return Err(format!("{peak:.0} MiB are more than {:.0}", how.memory).into());
    }
    match how.p95 {
        Some(most) if ms(95.0) > most => Err(format!("p95 is {:.0} ms, more than {most:.0}", ms(95.0)).into()),
        _ => Ok(()),
    }
}

async fn listen(mut stream: TcpStream, seen: &RefCell<Seen>) {
    const MARK: &str = "\"subject_id\":\"";
    let mut text = String::new();
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(n @ 1..) = stream.read(&mut buffer).await {
        let now = Instant::now();
        text.push_str(&String::from_utf8_lossy(buffer.get(..n).unwrap_or_default()));
        while let Some(at) = text.find(MARK) {
            let Some(id) = text.get(at + MARK.len()..at + MARK.len() + 36).map(str::to_owned) else { break };
            text.drain(..at + MARK.len() + 36);
            seen.borrow_mut().told.push((id, now));
        }
        // What is left belongs to an event that is still arriving, or to none.
        let keep = text.len().saturating_sub(64);
        if text.is_char_boundary(keep) {
            text.drain(..keep);
        }
    }
}
