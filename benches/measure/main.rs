//! The instruments: what the product claims of its speed, its flatness and its losing nothing, for anyone to run. `docs/measured.md` holds what was
//! seen and the commands. A service is started as a process of its own from its release binary; this program fills databases, sends load and looks.
#![allow(clippy::as_conversions, reason = "figures of time and size become floats for printing")]
#![allow(missing_docs, reason = "a program, not a library")]

mod crash;
mod failover;
mod fill;
mod flat;
mod floor;
mod full;
mod hostile;
mod large;
mod load;
mod mixes;
mod outage;
mod patroni;
mod pieces;
#[path = "../../tests/api/harness/port.rs"]
mod port;
mod postgres;
mod restart;
mod sample;
mod service;
mod speed;
mod standby;
mod streams;
mod template;
mod twins;
mod wire;

use clap::{Args, Parser, Subcommand};
use std::rc::Rc;

/// Whatever went wrong, told at the end.
pub type Failed = Box<dyn std::error::Error>;

#[derive(Parser)]
#[command(about = "Measures Fitout")]
struct Cli {
    /// Cargo adds it.
    #[arg(long, hide = true, global = true)]
    bench: bool,
    #[command(subcommand)]
    what: What,
}

/// What is measured: a binary and a database.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// The release binary.
    #[arg(long, default_value = "target/release/fitout")]
    pub binary: String,
    /// `sqlite://path` or `postgres://…`; an embedded one in the folder if not given.
    #[arg(long)]
    pub database: Option<String>,
    /// The data folder.
    #[arg(long, default_value = "target/measure")]
    pub folder: String,
    /// Further settings of the service, each as `--setting=--db-threads=4`.
    #[arg(long = "setting")]
    pub settings: Vec<String>,
}

impl Target {
    /// How the service is started on it.
    pub fn start(&self) -> Result<service::Start, Failed> {
        std::fs::create_dir_all(&self.folder)?;
        Ok(service::Start {
            binary: self.binary.clone(),
            database: self.database.clone().unwrap_or_else(|| format!("sqlite://{}/fitout.db", self.folder)),
            data_dir: self.folder.clone(),
            settings: self.settings.clone(),
        })
    }
}

#[derive(Subcommand)]
enum What {
    /// Makes a company: the demo company in an empty database, copied until there are so many projects.
    Fill {
        #[command(flatten)]
        target: Target,
        /// Projects in all.
        #[arg(long, default_value_t = 100_000)]
        projects: u32,
    },
    /// Sends load and prints a table.
    Load(speed::Load),
    /// Kills the service under write load, again and again, and asks for everything that was acknowledged.
    Crash(crash::Crash),
    /// Kills PostgreSQL under load and lets it be away for a while.
    Outage(outage::Outage),
    /// Restarts two replicas behind a proxy in turn, under load.
    Restart(restart::Restart),
    /// Fills the disk under load and makes room again (needs root).
    Full(full::Full),
    /// Attacks with slow and hostile clients, and looks at what decent callers see of it.
    Hostile(hostile::Hostile),
    /// Kills the leader of two PostgreSQL servers that Patroni watches, under load.
    Failover(failover::Failover),
    /// Lets lists be read from a standby that follows, lags, and dies, and looks whether anybody misses what they wrote.
    Standby(standby::Standby),
    /// Exports every row there is and seals a project with a gigabyte of papers, and looks at the service's memory.
    Large(large::Large),
    /// Compares what every route costs in a small company and in a large one.
    Flat(flat::Flat),
    /// Compares what a request costs one process and two on one database.
    Twins(twins::Twins),
    /// Opens many streams of the change feed and looks how soon each is told.
    Streams(streams::Streams),
    /// The floor beside it: the statements alone.
    Floor(floor::Floor),
    /// Answers every request alike: a part of `floor`.
    #[command(hide = true)]
    Fixed {
        #[arg(long)]
        listen: String,
        #[arg(long)]
        key: String,
    },
}

fn main() -> Result<(), Failed> {
    let cli = Cli::parse();
    actix_web::rt::System::new().block_on(async {
        match cli.what {
            What::Fill { target, projects } => fill_one(&target, projects),
            What::Load(load) => speed::load(&load).await,
            What::Crash(crash) => crash::crash(&crash).await,
            What::Outage(outage) => outage::outage(&outage).await,
            What::Restart(restart) => restart::restart(&restart).await,
            What::Full(full) => full::full(&full).await,
            What::Hostile(hostile) => hostile::hostile(&hostile).await,
            What::Failover(failover) => failover::failover(&failover).await,
            What::Standby(standby) => standby::standby(&standby).await,
            What::Large(large) => large::large(&large).await,
            What::Flat(flat) => flat::flat(&flat).await,
            What::Twins(twins) => twins::twins(&twins).await,
            What::Streams(streams) => streams::streams(&streams).await,
            What::Floor(floor) => floor::floor(&floor).await,
            What::Fixed { listen, key } => floor::serve_fixed(&listen, &key).await,
        }
    })
}

fn fill_one(target: &Target, projects: u32) -> Result<(), Failed> {
    let how = target.start()?;
    service::make_demo(&how)?;
    let filled = fill::fill(&how.database, projects)?;
    println!("{} rows in {:.1} s: {:.0} rows/s", filled.rows, filled.seconds, filled.rows as f64 / filled.seconds);
    for (table, rows) in filled.tables {
        println!("{table:>12} {rows}");
    }
    Ok(())
}

/// An address that nobody else has: log-ins are throttled by address.
pub fn random_address() -> String {
    let bits = uuid::Uuid::new_v4().as_u128();
    format!("10.{}.{}.{}", bits & 255, bits >> 8 & 255, bits >> 16 & 255)
}

/// The sample of a running service, for all senders.
pub async fn sampled(address: &str, mixes: &[mixes::Mix]) -> Result<Rc<sample::Sample>, Failed> {
    let mut sample = sample::Sample::take(address).await?;
    if mixes.contains(&mixes::Mix::Payment) {
        sample.unpaid(address, 20_000).await?;
    }
    Ok(Rc::new(sample))
}
