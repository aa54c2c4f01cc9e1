//! SQLite's one writer. A durable COMMIT costs a sync of the disk, so the jobs that are waiting share one; each has a
//! savepoint of its own, and nobody is answered before COMMIT has succeeded.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::result::{Error, QueryResult};

use super::connection::{AnyConnection, Transaction};
use super::failure::DbFailure;
use super::job::{Job, Verdict};
use super::queue::Waiting;
use super::worker::Slot;

/// No job joins a batch that has been open for so long: the ones already done are waiting for COMMIT.
const LONGEST: Duration = Duration::from_millis(50);

/// Serves jobs until the queue is closed and empty.
pub(super) fn run(mut slot: Slot, waiting: &Waiting, max_batch: usize) {
    while let Some(first) = waiting.next() {
        // The code of jobs is caught in the batch; even so the one writer must not be lost.
        let batch = AssertUnwindSafe(|| batch(&mut slot, first, waiting, max_batch));
        if catch_unwind(batch).is_err() {
            slot.discard();
        }
    }
    // Recommended before closing: statistics for the planner where they are stale.
    if let Ok(conn) = slot.get()
        && let Err(error) = conn.batch_execute("PRAGMA optimize")
    {
        tracing::warn!(%error, "cannot optimize the database");
    }
}

/// A job that has run, and what its caller is to hear after COMMIT.
type Ran = (Job, Option<DbFailure>);

fn batch(slot: &mut Slot, first: Job, waiting: &Waiting, max_batch: usize) {
    let mut ran = Vec::new();
    let committed = match slot.get() {
        Err(failure) => {
            return first.fail(failure);
        }
        Ok(conn) => run_all(conn, first, waiting, max_batch, &mut ran).and_then(|()| conn.commit()),
    };
    metrics::histogram!("db_batch_jobs").record(u32::try_from(ran.len()).map_or(0.0, f64::from));
    match committed {
        Ok(()) => {
            for (job, failure) in ran {
                match failure {
                    Some(failure) => job.fail(failure),
                    None => job.answer(),
                }
            }
            carry_over(slot);
        }
        // Not one of them was kept, and a refusal may rest on what a neighbour wrote: all hear of the failure.
        Err(error) => {
            tracing::error!(%error, jobs = ran.len(), "a write transaction failed");
            slot.discard();
            for (job, _) in ran {
                job.fail(DbFailure::Unavailable(format!("the write transaction failed: {error}")));
            }
        }
    }
}

/// While the callers have their answers and make their next requests. What fails here fails again at a COMMIT, where somebody hears of it.
fn carry_over(slot: &mut Slot) {
    if let Ok(conn) = slot.get()
        && let Err(error) = conn.carry_over()
    {
        tracing::warn!(%error, "cannot carry the log over into the database");
    }
}

/// Runs the first job and those that are waiting. `Err`: the transaction as a whole is lost.
fn run_all(
    conn: &mut AnyConnection,
    first: Job,
    waiting: &Waiting,
    max_batch: usize,
    ran: &mut Vec<Ran>,
) -> QueryResult<()> {
    let began = Instant::now();
    let mut open = false;
    let mut next = Some(first);
    while let Some(mut job) = next {
        if !job.abandoned() {
            if !open && let Err(error) = conn.begin(Transaction::Write) {
                ran.push((job, None));
                return Err(error);
            }
            open = true;
            let outcome = in_savepoint(conn, &mut job);
            let (failure, lost) = match outcome {
                Ok(failure) => (failure, None),
                Err(error) => (None, Some(error)),
            };
            ran.push((job, failure));
            if let Some(error) = lost {
                return Err(error);
            }
        }
        let room = ran.len() < max_batch && began.elapsed() < LONGEST;
        next = if room { waiting.next_if_waiting() } else { None };
    }
    // All the callers had gone: an empty transaction is the simplest thing to commit.
    if open { Ok(()) } else { conn.begin(Transaction::Write) }
}

/// Runs one job so that its failure leaves nothing behind. `Err`: SQLite has given up the whole transaction (disk full,
/// input/output error), which shows in its no longer knowing the savepoint.
fn in_savepoint(conn: &mut AnyConnection, job: &mut Job) -> QueryResult<Option<DbFailure>> {
    conn.savepoint()?;
    let verdict = job.run(conn);
    if verdict == Verdict::Done && conn.depth()? == 2 {
        conn.commit()?;
        return Ok(None);
    }
    conn.roll_back_to(1)?;
    Ok(match verdict {
        Verdict::Refused { .. } => None,
        Verdict::Panicked => Some(DbFailure::Panicked),
        // The job left a savepoint of its own open: a mistake in its code.
        Verdict::Done => Some(DbFailure::Query(Error::AlreadyInTransaction)),
    })
}
