//! Reading from a standby: a copy of a PostgreSQL database that follows it by its log, and takes no writes.
//!
//! A standby is a little behind. So a question goes to it with the [`Place`] in the log up to which everything had been acknowledged when the question
//! came, and is answered only when the standby has got there: no caller ever sees less than what he, or anybody, had been told before he asked, in
//! whichever process and on whichever connection (as long as `synchronous_commit` is on, as for keeping what was acknowledged). Nothing has to be remembered about callers for that. Where the standby does not get there soon, or is not there at
//! all, the database itself answers, and the standby is left alone for a moment.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use metrics::{counter, describe_counter};

use super::connection::{AnyConnection, Transaction};
use super::failure::{DbFailure, StartError};
use super::job::{Job, Kind, Outcome, Run, Told, Verdict};
use super::queue::{Queue, queue};
use super::statements::Statements;
use super::url::DatabaseUrl;
use super::worker::{self, Slot};

/// How long a question waits for the standby before the database itself is asked.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long the standby is left alone then.
const REST: Duration = Duration::from_secs(1);
/// Between looks at how far the standby is.
const LOOK: Duration = Duration::from_millis(1);

/// A place in the log of a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

#[derive(QueryableByName)]
struct Flushed {
    #[diesel(sql_type = Text)]
    place: String,
}

#[derive(QueryableByName)]
struct Reached {
    #[diesel(sql_type = Bool)]
    reached: bool,
}

impl Place {
    /// Up to where everything is on disk: no COMMIT was acknowledged beyond it. (Not where `synchronous_commit` is off, which would also lose what was acknowledged.)
    pub fn now(conn: &mut AnyConnection) -> QueryResult<Self> {
        let flushed: Flushed =
            diesel::sql_query("SELECT pg_current_wal_flush_lsn()::text AS place").get_result(conn)?;
        Ok(Self(flushed.place))
    }

    /// Whether this connection sees everything up to here.
    fn reached(&self, conn: &mut AnyConnection) -> QueryResult<bool> {
        let asked = "SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END >= $1::pg_lsn) IS TRUE AS reached";
        diesel::sql_query(asked).bind::<Text, _>(&self.0).get_result(conn).map(|seen: Reached| seen.reached)
    }
}

/// The threads that ask the standby.
pub(super) struct Standby {
    queue: Queue,
    rests_until: Mutex<Option<Instant>>,
}

/// A job that is run by whoever takes it first; the standby gives it back where it could not do it.
type Held = Arc<Mutex<Option<Run>>>;

fn take(held: &Held) -> Option<Run> {
    held.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn is_there(held: &Held) -> bool {
    held.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// What is found where the job was not run.
struct NotAsked;

impl Standby {
    /// Starts its threads. They connect when they are first needed: the service runs without a standby too.
    pub(super) fn start(
        url: &DatabaseUrl,
        threads: usize,
        length: usize,
        statements: &Arc<Statements>,
        spawn: &mut dyn FnMut(String, Box<dyn FnOnce() + Send>) -> Result<(), std::io::Error>,
    ) -> Result<Self, StartError> {
        describe_counter!("db_standby_reads_total", "Lists and reports by who answered them, where there is a standby");
        let (queue, waiting) = queue("standby", length);
        for n in 1..=threads.max(1) {
            let (slot, waiting) = (Slot::unconnected(url, AnyConnection::open, statements), waiting.clone());
            spawn(format!("db-standby-{n}"), Box::new(move || worker::run(slot, &waiting)))?;
        }
        Ok(Self { queue, rests_until: Mutex::new(None) })
    }

    /// Asks for a job's answer as of this place or later, in one snapshot; gives the job back where the standby did not answer it. What it refuses is
    /// asked again too: a standby that replays what its reader looks at cancels him.
    pub(super) async fn ask(&self, place: Place, job: Run) -> Result<Told, Run> {
        if self.rests() {
            counted("database");
            return Err(job);
        }
        let held: Held = Arc::new(Mutex::new(Some(job)));
        let theirs = held.clone();
        let (work, mut answer) = Job::new(Kind::Read, Box::new(move |conn| run(conn, &place, &theirs)));
        let told = match self.queue.push(work) {
            Ok(()) => match tokio::time::timeout(PATIENCE, &mut answer).await {
                Ok(told) => told.ok(),
                Err(_) => match take(&held) {
                    Some(job) => return Err(self.late(job)),
                    // What has begun is waited for.
                    None => answer.await.ok(),
                },
            },
            Err(_) => None,
        };
        match (take(&held), told) {
            (None, told) => {
                counted("standby");
                Ok(told.unwrap_or_else(|| Err(DbFailure::lost())))
            }
            (Some(job), Some(Ok(found))) if !found.is::<NotAsked>() => {
                counted("database");
                Err(job)
            }
            (Some(job), _) => Err(self.late(job)),
        }
    }

    /// The standby is left alone for a moment.
    fn late(&self, job: Run) -> Run {
        *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_add(REST);
        counted("database");
        job
    }

    fn rests(&self) -> bool {
        self.rests_until.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
    }
}

fn counted(by: &'static str) {
    counter!("db_standby_reads_total", "by" => by).increment(1);
}

/// On a thread of the standby: waits for the place as long as the caller does, then runs the job in one snapshot, which has to begin after the place was reached.
fn run(conn: &mut AnyConnection, place: &Place, held: &Held) -> Outcome {
    match begun(conn, place, held) {
        Ok(true) => match take(held) {
            Some(mut job) => {
                let outcome = job(conn);
                if matches!(outcome.verdict, Verdict::Refused { .. }) {
                    *held.lock().unwrap_or_else(PoisonError::into_inner) = Some(job);
                }
                outcome
            }
            // The caller has given up while this one waited.
            None => not_asked(),
        },
        Ok(false) | Err(_) => not_asked(),
    }
}

fn not_asked() -> Outcome {
    Outcome { verdict: Verdict::Refused { retryable: false }, found: Box::new(NotAsked) }
}

fn begun(conn: &mut AnyConnection, place: &Place, held: &Held) -> QueryResult<bool> {
    let began = Instant::now();
    while !place.reached(conn)? {
        if began.elapsed() > PATIENCE || !is_there(held) {
            return Ok(false);
        }
        sleep(LOOK);
    }
    conn.begin(Transaction::Snapshot).map(|()| true)
}
