//! A job on its way through a queue: what to run, and whom to answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use metrics::{Histogram, histogram};
use tokio::sync::oneshot;

use super::connection::AnyConnection;
use super::failure::{DbFailure, JobError};

/// What a job needs from its thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Plain statements.
    Read,
    /// One read transaction.
    Snapshot,
    /// One write transaction.
    Write,
}

/// Where times are written down.
struct Times {
    waited: Histogram,
    ran: Histogram,
}

impl Times {
    fn of(kind: &'static str) -> Self {
        let (waited, ran) = ("db_wait_seconds", "db_run_seconds");
        Self { waited: histogram!(waited, "kind" => kind), ran: histogram!(ran, "kind" => kind) }
    }
}

thread_local! {
    // Looked up once by each thread of the database, and not for each job.
    static READS: Times = Times::of("read");
    static WRITES: Times = Times::of("write");
}

impl Kind {
    fn note(self, time: fn(&Times) -> &Histogram, since: Instant) {
        let times = match self {
            Self::Read | Self::Snapshot => &READS,
            Self::Write => &WRITES,
        };
        times.with(|times| time(times).record(since.elapsed().as_secs_f64()));
    }
}

/// How one run of a job ended. The result itself stays in the job until it is known to be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// `Ok`: to be committed.
    Done,
    /// `Err`: to be rolled back.
    Refused {
        /// The same job may succeed if it is run again.
        retryable: bool,
    },
    /// To be rolled back.
    Panicked,
}

/// What a job found, or why it did not find it: a `Result` whose types only its caller knows.
pub(super) type Found = Box<dyn Any + Send>;

/// How one run ended, and what it found.
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) found: Found,
}

/// A job without its types. Hundreds of them are written, and what carries them to their thread and back is compiled once.
pub(super) type Run = Box<dyn FnMut(&mut AnyConnection) -> Outcome + Send>;

/// What the thread tells the caller.
pub(super) type Told = Result<Found, DbFailure>;

/// Takes the types off a job.
pub(super) fn untyped<T, E, F>(mut job: F) -> Run
where
    F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: JobError,
{
    Box::new(move |conn| {
        let found = job(conn);
        let verdict = match &found {
            Ok(_) => Verdict::Done,
            Err(error) => Verdict::Refused { retryable: error.retryable() },
        };
        Outcome { verdict, found: Box::new(found) }
    })
}

/// Puts the types back on what was told.
pub(super) fn typed<T: 'static, E: JobError>(told: Told) -> Result<T, E> {
    match told.map(|found| found.downcast::<Result<T, E>>()) {
        Ok(Ok(found)) => *found,
        // Nobody else's job is answered here.
        Ok(Err(_)) => Err(E::from_db(DbFailure::Panicked)),
        Err(failure) => Err(E::from_db(failure)),
    }
}

pub(super) struct Job {
    kind: Kind,
    queued: Instant,
    run: Run,
    found: Option<Found>,
    reply: oneshot::Sender<Told>,
}

impl Job {
    pub(super) fn new(kind: Kind, run: Run) -> (Self, oneshot::Receiver<Told>) {
        let (reply, answer) = oneshot::channel();
        (Self { kind, queued: Instant::now(), run, found: None, reply }, answer)
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The caller has gone; nobody needs the work.
    pub(super) fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    /// Notes how long the job has waited in the queue.
    pub(super) fn leave_queue(&self) {
        self.kind.note(|times| &times.waited, self.queued);
    }

    /// Runs the job once; may be called again.
    pub(super) fn run(&mut self, conn: &mut AnyConnection) -> Verdict {
        let began = Instant::now();
        // Whatever the job leaves half done is in the transaction, which is rolled back, or in the job, which is dropped.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(conn)));
        self.kind.note(|times| &times.ran, began);
        match outcome {
            Ok(Outcome { verdict, found }) => {
                self.found = Some(found);
                verdict
            }
            Err(panic) => {
                report(panic.as_ref());
                self.found = None;
                Verdict::Panicked
            }
        }
    }

    /// Sends what the last run found to the caller.
    pub(super) fn answer(self) {
        // A caller that no longer waits is no concern of the database's.
        drop(self.reply.send(self.found.ok_or(DbFailure::Panicked)));
    }

    /// Sends a failure to the caller instead.
    pub(super) fn fail(self, failure: DbFailure) {
        drop(self.reply.send(Err(failure)));
    }
}

fn report(panic: &(dyn Any + Send)) {
    tracing::error!(message = panic_text(panic), "a database job panicked");
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)")
}
