//! A job on its way through a queue: what to run, and whom to answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use metrics::histogram;
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

impl Kind {
    fn label(self) -> &'static str {
        match self {
            Self::Read | Self::Snapshot => "read",
            Self::Write => "write",
        }
    }

    // Apart from the job, whose code is made anew for every type of job.
    fn waited(self, since: Instant) {
        histogram!("db_wait_seconds", "kind" => self.label()).record(since.elapsed().as_secs_f64());
    }

    fn ran(self, since: Instant) {
        histogram!("db_run_seconds", "kind" => self.label()).record(since.elapsed().as_secs_f64());
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

/// A job without its types, so that one queue takes all.
pub(super) trait Work: Send {
    fn kind(&self) -> Kind;
    /// The caller has gone; nobody needs the work.
    fn abandoned(&self) -> bool;
    /// Notes how long the job has waited in the queue.
    fn leave_queue(&self);
    /// Runs the job once; may be called again.
    fn run(&mut self, conn: &mut AnyConnection) -> Verdict;
    /// Sends the result of the last run to the caller.
    fn answer(self: Box<Self>);
    /// Sends a failure to the caller instead.
    fn fail(self: Box<Self>, failure: DbFailure);
}

pub(super) struct Job<T, E, F> {
    kind: Kind,
    queued: Instant,
    job: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job<T, E, F>
where
    F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: JobError,
{
    pub(super) fn boxed(kind: Kind, job: F) -> (Box<dyn Work>, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        let work = Self { kind, queued: Instant::now(), job, result: None, reply };
        (Box::new(work), answer)
    }
}

impl<T, E, F> Work for Job<T, E, F>
where
    F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: JobError,
{
    fn kind(&self) -> Kind {
        self.kind
    }

    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn leave_queue(&self) {
        self.kind.waited(self.queued);
    }

    fn run(&mut self, conn: &mut AnyConnection) -> Verdict {
        let began = Instant::now();
        // Whatever the job leaves half done is in the transaction, which is rolled back, or in the job, which is dropped.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.job)(conn)));
        self.kind.ran(began);
        match outcome {
            Ok(result) => {
                let verdict = match &result {
                    Ok(_) => Verdict::Done,
                    Err(error) => Verdict::Refused { retryable: error.retryable() },
                };
                self.result = Some(result);
                verdict
            }
            Err(panic) => {
                report(panic.as_ref());
                self.result = None;
                Verdict::Panicked
            }
        }
    }

    fn answer(self: Box<Self>) {
        let result = self.result.unwrap_or_else(|| Err(E::from_db(DbFailure::Panicked)));
        // A caller that no longer waits is no concern of the database's.
        drop(self.reply.send(result));
    }

    fn fail(self: Box<Self>, failure: DbFailure) {
        drop(self.reply.send(Err(E::from_db(failure))));
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
