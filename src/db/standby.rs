//! Reading from a standby: a copy of a PostgreSQL database that follows it by its log, and takes no writes.
//!
//! A standby is a little behind. So a question goes to it with the [`Place`] in the log up to which everything had been acknowledged when the question
//! came, and is answered only when the standby has got there: no caller ever sees less than what he, or anybody, had been told before he asked, in
//! whichever process and on whichever connection. Nothing has to be remembered about callers for that. Where the standby does not get there soon, or is not there at
//! all, the database itself answers, and the standby is left alone for a moment.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use metrics::{counter, describe_counter};

use super::connection::{AnyConnection, Transaction};
use super::failure::{DbFailure, JobError, StartError};
use super::job::{Job, Kind};
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
struct Told {
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
        let told: Told = diesel::sql_query("SELECT pg_current_wal_flush_lsn()::text AS place").get_result(conn)?;
        Ok(Self(told.place))
    }

    /// Whether this connection sees everything up to here. A standby that was promoted has everything there is.
    fn reached(&self, conn: &mut AnyConnection) -> QueryResult<bool> {
        let asked = "SELECT (NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= $1::pg_lsn) IS TRUE AS reached";
        diesel::sql_query(asked).bind::<Text, _>(&self.0).get_result(conn).map(|seen: Reached| seen.reached)
    }
}

/// The threads that ask the standby.
pub(super) struct Standby {
    queue: Queue,
    rests_until: Mutex<Option<Instant>>,
}

/// A job that is run by whoever takes it first.
type Held<F> = Arc<Mutex<Option<F>>>;

fn take<F>(held: &Held<F>) -> Option<F> {
    held.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn is_there<F>(held: &Held<F>) -> bool {
    held.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// How a question to the standby ended.
pub(super) enum Asked<T, F> {
    /// Answered, or refused by the job itself.
    Answered(T),
    /// Not asked: the database itself is to run it.
    Not(F),
}

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

    /// Asks for a job's answer as of this place or later; one snapshot for the whole job.
    pub(super) async fn ask<T, E, F>(&self, place: Place, job: F) -> Asked<Result<T, E>, F>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: JobError,
    {
        if self.rests() {
            return self.not(job, "resting");
        }
        let held: Held<F> = Arc::new(Mutex::new(Some(job)));
        let theirs = held.clone();
        let (work, mut answer) = Job::boxed(Kind::Read, move |conn| run(conn, &place, &theirs));
        if self.queue.push(work).is_ok() {
            let early = tokio::time::timeout(PATIENCE, &mut answer).await;
            // What has begun is waited for.
            let answer = match early {
                Err(_) if is_there(&held) => None,
                Err(_) => answer.await.ok(),
                Ok(answer) => answer.ok(),
            };
            match answer {
                Some(Ok(Some(value))) => {
                    counter!("db_standby_reads_total", "by" => "standby").increment(1);
                    return Asked::Answered(Ok(value));
                }
                Some(Err(error)) if !is_there(&held) => return Asked::Answered(Err(error)),
                _ => {}
            }
        }
        match take(&held) {
            Some(job) => {
                self.rest();
                self.not(job, "late")
            }
            None => Asked::Answered(Err(E::from_db(DbFailure::lost()))),
        }
    }

    fn not<T, F>(&self, job: F, why: &'static str) -> Asked<T, F> {
        counter!("db_standby_reads_total", "by" => "database", "because" => why).increment(1);
        Asked::Not(job)
    }

    fn rests(&self) -> bool {
        self.rests_until.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self) {
        *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_add(REST);
    }
}

/// On a thread of the standby: waits for the place as long as the caller does, then runs the job in one snapshot, which has to begin after the place was reached.
fn run<T, E, F>(conn: &mut AnyConnection, place: &Place, held: &Held<F>) -> Result<Option<T>, E>
where
    F: FnOnce(&mut AnyConnection) -> Result<T, E>,
    E: JobError,
{
    let failed = |error| E::from_db(DbFailure::Query(error));
    let began = Instant::now();
    while !place.reached(conn).map_err(failed)? {
        if began.elapsed() > PATIENCE || !is_there(held) {
            return Ok(None);
        }
        sleep(LOOK);
    }
    conn.begin(Transaction::Snapshot).map_err(failed)?;
    // The caller may have given up while this one waited.
    let Some(job) = take(held) else { return Ok(None) };
    job(conn).map(Some)
}
