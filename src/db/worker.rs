//! A thread with a connection of its own: SQLite's readers, and all of PostgreSQL's threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::connection::{Connection, Instrumentation, InstrumentationEvent};
use diesel::result::{ConnectionResult, Error, QueryResult};

use super::connection::{AnyConnection, Transaction};
use super::failure::{DbFailure, is_retryable};
use super::job::{Job, Kind, Verdict};
use super::queue::Waiting;
use super::statements::Statements;
use super::url::DatabaseUrl;

/// How often a write is run at most.
const ATTEMPTS: u32 = 6;
/// The first pause before a repetition; doubled each time, and up to twice as long at random.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
/// A connection that nobody has used for so long is probed before it gets a job.
const IDLE: Duration = Duration::from_secs(1);
/// Pauses between attempts to connect again: the first, and the longest, which a database that has come back is kept waiting at most.
const RECONNECT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Serves jobs until the queue is closed and empty.
pub(super) fn run(mut slot: Slot, waiting: &Waiting) {
    while let Some(job) = waiting.next() {
        if job.abandoned() {
            continue;
        }
        // Only the code of a job may panic, and it is caught there; even so a thread must not be lost.
        if catch_unwind(AssertUnwindSafe(|| serve(&mut slot, job))).is_err() {
            slot.discard();
        }
    }
}

fn serve(slot: &mut Slot, job: Job) {
    match job.kind() {
        Kind::Read => read(slot, job, None),
        Kind::Snapshot => read(slot, job, Some(Transaction::Snapshot)),
        Kind::Write => write(slot, job),
    }
}

fn read(slot: &mut Slot, mut job: Job, transaction: Option<Transaction>) {
    let conn = match slot.get() {
        Ok(conn) => conn,
        Err(failure) => return job.fail(failure),
    };
    if let Some(kind) = transaction
        && let Err(error) = conn.begin(kind)
    {
        slot.discard();
        return job.fail(DbFailure::Unavailable(error.to_string()));
    }
    let verdict = job.run(conn);
    // Nothing was written, so rolling back ends the transaction just as well; no failure can spoil the answer.
    let alive = slot.roll_back();
    match verdict {
        Verdict::Done => job.answer(),
        Verdict::Refused { .. } if alive => job.answer(),
        Verdict::Refused { .. } => job.fail(DbFailure::lost()),
        Verdict::Panicked => {
            slot.discard();
            job.fail(DbFailure::Panicked);
        }
    }
}

fn write(slot: &mut Slot, mut job: Job) {
    let mut attempt = 1;
    loop {
        match write_once(slot, &mut job) {
            Step::Answer => return job.answer(),
            Step::Fail(failure) => return job.fail(failure),
            Step::Again(_) if attempt < ATTEMPTS => {}
            Step::Again(None) => return job.answer(),
            Step::Again(Some(failure)) => return job.fail(failure),
        }
        metrics::counter!("db_retries_total").increment(1);
        sleep(pause(attempt));
        attempt += 1;
    }
}

/// What follows one attempt to write.
enum Step {
    Answer,
    Fail(DbFailure),
    /// Nothing was committed and another attempt may succeed; if there is none left: this failure, or the job's own result.
    Again(Option<DbFailure>),
}

fn write_once(slot: &mut Slot, job: &mut Job) -> Step {
    let conn = match slot.get() {
        Ok(conn) => conn,
        Err(failure) => return Step::Fail(failure),
    };
    if let Err(error) = conn.begin(Transaction::Write) {
        slot.discard();
        return Step::Again(Some(DbFailure::Unavailable(error.to_string())));
    }
    match job.run(conn) {
        Verdict::Done => commit(slot),
        Verdict::Refused { retryable } => {
            let retryable = retryable || slot.watch.saw_retryable();
            if !slot.roll_back() {
                Step::Again(Some(DbFailure::lost()))
            } else if retryable {
                Step::Again(None)
            } else {
                Step::Answer
            }
        }
        Verdict::Panicked => {
            slot.discard();
            Step::Fail(DbFailure::Panicked)
        }
    }
}

fn commit(slot: &mut Slot) -> Step {
    let watch = slot.watch.clone();
    // Not `get`: a connection made anew would know nothing of the transaction.
    let Some(conn) = slot.conn.as_mut() else {
        return Step::Fail(DbFailure::lost());
    };
    // A job may have swallowed the error that aborted its transaction. PostgreSQL would then answer COMMIT with a
    // rollback, silently, and the caller would be told of a success that never was.
    if watch.saw_failure() && conn.roll_back_to(1).and_then(|()| conn.probe()).is_err() {
        let retryable = watch.saw_retryable();
        let failure = if slot.roll_back() { DbFailure::Query(Error::RollbackTransaction) } else { DbFailure::lost() };
        return match retryable {
            true => Step::Again(Some(failure)),
            false => Step::Fail(failure),
        };
    }
    match conn.commit() {
        Ok(()) => Step::Answer,
        Err(error) => {
            let retryable = is_retryable(&error);
            if !slot.roll_back() {
                let why = format!("the connection was lost at COMMIT ({error})");
                Step::Fail(DbFailure::Unavailable(why))
            } else if retryable {
                Step::Again(Some(DbFailure::Query(error)))
            } else {
                Step::Fail(DbFailure::Query(error))
            }
        }
    }
}

/// At random, so that two writes that met in a deadlock do not meet again.
fn pause(attempt: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(1 << attempt.min(6));
    let random = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + random)
}

/// The place of a thread's connection, which may be lost and made anew.
pub(super) struct Slot {
    url: DatabaseUrl,
    open: fn(&DatabaseUrl) -> ConnectionResult<AnyConnection>,
    conn: Option<AnyConnection>,
    watch: Watch,
    used: Instant,
    pause: Duration,
    not_before: Option<Instant>,
}

impl Slot {
    pub(super) fn open(
        url: &DatabaseUrl,
        open: fn(&DatabaseUrl) -> ConnectionResult<AnyConnection>,
        statements: &Arc<Statements>,
    ) -> ConnectionResult<Self> {
        let mut slot = Self::unconnected(url, open, statements);
        slot.conn = Some(slot.connect()?);
        Ok(slot)
    }

    /// One that connects when it is first needed.
    pub(super) fn unconnected(
        url: &DatabaseUrl,
        open: fn(&DatabaseUrl) -> ConnectionResult<AnyConnection>,
        statements: &Arc<Statements>,
    ) -> Self {
        Self {
            url: url.clone(),
            open,
            conn: None,
            watch: Watch { seen: Arc::default(), statements: statements.clone() },
            used: Instant::now(),
            pause: RECONNECT.0,
            not_before: None,
        }
    }

    fn connect(&self) -> ConnectionResult<AnyConnection> {
        let mut conn = (self.open)(&self.url)?;
        conn.set_instrumentation(self.watch.clone());
        Ok(conn)
    }

    /// The connection for a new job, made anew if it was lost. While that fails, jobs are refused at once between the attempts.
    pub(super) fn get(&mut self) -> Result<&mut AnyConnection, DbFailure> {
        let idle = self.used.elapsed() > IDLE;
        self.used = Instant::now();
        if let (true, Some(AnyConnection::Postgres(_))) = (idle, &self.conn)
            && self.conn.as_mut().is_some_and(|conn| conn.probe().is_err())
        {
            self.conn = None;
        }
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.reconnect()?,
        };
        Ok(self.conn.insert(conn))
    }

    fn reconnect(&mut self) -> Result<AnyConnection, DbFailure> {
        let now = Instant::now();
        if self.not_before.is_some_and(|then| now < then) {
            return Err(DbFailure::lost());
        }
        match self.connect() {
            Ok(conn) => {
                (self.pause, self.not_before) = (RECONNECT.0, None);
                tracing::info!(url = %self.url, "connected to the database");
                Ok(conn)
            }
            Err(error) => {
                self.not_before = now.checked_add(self.pause);
                self.pause = RECONNECT.1.min(self.pause.saturating_mul(2));
                tracing::warn!(url = %self.url, %error, "cannot connect to the database");
                Err(DbFailure::Unavailable(error.to_string()))
            }
        }
    }

    /// Closes the connection, which rolls back whatever is open.
    pub(super) fn discard(&mut self) {
        self.conn = None;
        self.watch.forget();
    }

    /// Ends whatever is open; false when the connection was found lost (and is given up).
    fn roll_back(&mut self) -> bool {
        let rolled_back = |conn: &mut AnyConnection| -> QueryResult<()> { conn.roll_back_to(0) };
        let alive = self.conn.as_mut().is_some_and(|conn| rolled_back(conn).is_ok());
        if !alive {
            self.conn = None;
        }
        self.watch.forget();
        alive
    }
}

/// Sees every failed statement of a connection, also those that a job hides in an error of its own.
#[derive(Debug, Clone)]
struct Watch {
    seen: Arc<AtomicU8>,
    statements: Arc<Statements>,
}

impl Watch {
    const FAILED: u8 = 1;
    const RETRYABLE: u8 = 2;

    fn saw_failure(&self) -> bool {
        self.seen.load(Ordering::Relaxed) & Self::FAILED != 0
    }

    fn saw_retryable(&self) -> bool {
        self.seen.load(Ordering::Relaxed) & Self::RETRYABLE != 0
    }

    fn forget(&self) {
        self.seen.store(0, Ordering::Relaxed);
    }
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                tracing::trace!(%query, "statement");
                self.statements.ran(|| query.to_string());
            }
            InstrumentationEvent::FinishQuery { error: Some(error), .. } => {
                let retryable = if is_retryable(error) { Self::RETRYABLE } else { 0 };
                self.seen.fetch_or(Self::FAILED | retryable, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}
