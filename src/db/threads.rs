//! The database as the rest of the program knows it: a handle that takes jobs.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use tokio::sync::Notify;

use super::connection::AnyConnection;
use super::failure::{DbFailure, JobError, StartError};
use super::job::{Job, Kind, Run, Told, typed, untyped};
use super::queue::{Queue, queue};
use super::sqlite_writer;
use super::standby::{Place, Standby};
use super::statements::Statements;
use super::url::DatabaseUrl;
use super::worker::{self, Slot};

/// How many threads, and how much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// SQLite: reading threads, beside the one writer.
    pub readers: usize,
    /// PostgreSQL: threads, each with one connection; a third of them reads only.
    pub postgres_threads: usize,
    /// How many jobs may wait in each queue; one more is refused as [`DbFailure::Busy`].
    pub queue: usize,
    /// SQLite: how many writes may share one COMMIT.
    pub max_batch: usize,
}

impl Default for Options {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(4, std::num::NonZero::get);
        Self {
            readers: cores.clamp(2, 8),
            // They wait for PostgreSQL most of the time; more than this wait for each other's caches (docs/measured.md).
            postgres_threads: (cores * 3).clamp(4, 30),
            queue: 1024,
            max_batch: 64,
        }
    }
}

/// Lends connections to jobs. Cheap to clone; the last one dropped (or [`shutdown`](Self::shutdown)) finishes what
/// waits and ends the threads.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None` after shutdown: the threads end when the channels are closed and empty.
    queues: RwLock<Option<Queues>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    written: Notify,
    statements: Arc<Statements>,
}

struct Queues {
    reads: Queue,
    writes: Queue,
    standby: Option<Arc<Standby>>,
}

impl Database {
    /// Connects and starts the threads; fails when the database cannot be reached.
    pub fn start(url: &DatabaseUrl, options: Options) -> Result<Self, StartError> {
        Self::start_beside(url, None, options)
    }

    /// As [`start`](Self::start), with a standby for lists and reports, which need not be reachable.
    pub fn start_beside(
        url: &DatabaseUrl,
        standby: Option<&DatabaseUrl>,
        options: Options,
    ) -> Result<Self, StartError> {
        describe();
        let (mut threads, statements) = (Vec::new(), Arc::<Statements>::default());
        let mut start = |name: String, body: Box<dyn FnOnce() + Send>| {
            threads.push(thread::Builder::new().name(name).spawn(body)?);
            Ok::<(), std::io::Error>(())
        };
        let (reads, writes) = match url {
            DatabaseUrl::Sqlite(_) => {
                let (writes, waiting) = queue("write", options.queue);
                let slot = Slot::open(url, AnyConnection::open, &statements)?;
                let max_batch = options.max_batch.max(1);
                start("db-writer".to_owned(), Box::new(move || sqlite_writer::run(slot, &waiting, max_batch)))?;
                let (reads, waiting) = queue("read", options.queue);
                for n in 1..=options.readers.max(1) {
                    let (slot, waiting) = (Slot::open(url, AnyConnection::open_reader, &statements)?, waiting.clone());
                    start(format!("db-reader-{n}"), Box::new(move || worker::run(slot, &waiting)))?;
                }
                (reads, writes)
            }
            DatabaseUrl::Postgres(_) => {
                let (writes, to_write) = queue("write", options.queue);
                let (reads, to_read) = queue("read", options.queue);
                let all = options.postgres_threads.max(1);
                for n in 1..=all {
                    let slot = Slot::open(url, AnyConnection::open, &statements)?;
                    let waiting = if n <= only_reading(all) { to_read.clone() } else { to_read.or(&to_write) };
                    start(format!("db-{n}"), Box::new(move || worker::run(slot, &waiting)))?;
                }
                (reads, writes)
            }
        };
        let standby = standby
            .map(|url| Standby::start(url, options.postgres_threads, options.queue, &statements, &mut start))
            .transpose()?
            .map(Arc::new);
        let (queues, threads) = (RwLock::new(Some(Queues { reads, writes, standby })), Mutex::new(threads));
        Ok(Self { inner: Arc::new(Inner { queues, threads, written: Notify::new(), statements }) })
    }

    /// Runs plain statements, without a transaction. On SQLite writing is refused; on PostgreSQL it is merely wrong.
    pub async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: JobError,
    {
        typed(self.inner.submit(Kind::Read, once(job)).await)
    }

    /// As [`read`](Self::read), in one transaction: all statements see the same state of the data.
    pub async fn snapshot<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: JobError,
    {
        typed(self.inner.submit(Kind::Snapshot, once(job)).await)
    }

    /// Whether there is a standby to ask.
    pub fn has_standby(&self) -> bool {
        self.inner.standby().is_some()
    }

    /// As [`snapshot`](Self::snapshot), from the standby if it has come as far as this place, or does so soon. What the standby
    /// cannot do is run again here.
    pub async fn read_from<T, E, F>(&self, place: Place, job: F) -> Result<T, E>
    where
        F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: JobError,
    {
        typed(self.inner.read_from(place, untyped(job)).await)
    }

    /// Runs a job in a write transaction of its own and answers after COMMIT. `Err` and panics leave nothing behind.
    ///
    /// After a deadlock, a serialization failure or a connection lost before COMMIT the job is run again (PostgreSQL),
    /// so its only effects must be in the database. A caller that stops waiting before the job has begun calls it off.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: JobError,
    {
        let told = self.inner.submit(Kind::Write, untyped(job)).await;
        self.inner.written.notify_waiters();
        typed(told)
    }

    /// Tells whoever waits for it that a write of this process has ended. Other processes write too: this is a hint to look at once, not a reason
    /// to look at nothing else.
    pub fn written(&self) -> &Notify {
        &self.inner.written
    }

    /// What the connections have run.
    pub fn statements(&self) -> &Statements {
        &self.inner.statements
    }

    /// Whether the database answers: for the readiness probe.
    pub async fn ping(&self) -> Result<(), DbFailure> {
        self.read(|conn| Ok(conn.probe()?)).await
    }

    /// Takes no more jobs, finishes those that wait and ends the threads. Blocks until they have ended.
    pub fn shutdown(&self) {
        self.inner.shutdown();
    }
}

impl Inner {
    async fn submit(&self, kind: Kind, run: Run) -> Told {
        let (job, answer) = Job::new(kind, run);
        self.push(kind, job)?;
        answer.await.unwrap_or_else(|_| Err(DbFailure::stopped()))
    }

    async fn read_from(&self, place: Place, run: Run) -> Told {
        let asked = match self.standby() {
            Some(standby) => standby.ask(place, run).await,
            None => Err(run),
        };
        match asked {
            Ok(told) => told,
            Err(run) => self.submit(Kind::Snapshot, run).await,
        }
    }

    fn push(&self, kind: Kind, job: Job) -> Result<(), DbFailure> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        let queues = queues.as_ref().ok_or_else(DbFailure::stopped)?;
        let queue = match kind {
            Kind::Read | Kind::Snapshot => &queues.reads,
            Kind::Write => &queues.writes,
        };
        queue.push(job)
    }

    fn standby(&self) -> Option<Arc<Standby>> {
        self.queues.read().unwrap_or_else(PoisonError::into_inner).as_ref()?.standby.clone()
    }

    fn shutdown(&self) {
        drop(self.queues.write().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A job may hold the last handle, and a thread cannot wait for itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a database thread had panicked");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// Of so many threads of PostgreSQL those that write nothing: however many writes wait for a lock, reading goes on, and so does the readiness probe.
const fn only_reading(threads: usize) -> usize {
    threads / 3
}

/// Reads are never repeated, so they may consume what they captured.
fn once<T: Send + 'static, E: JobError>(job: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static) -> Run {
    let mut job = Some(job);
    untyped(move |conn| match job.take() {
        Some(job) => job(conn),
        None => Err(E::from_db(DbFailure::stopped())),
    })
}

fn describe() {
    describe_gauge!("db_queue_jobs", Unit::Count, "Jobs that wait for a database thread");
    describe_histogram!("db_wait_seconds", Unit::Seconds, "Time that a job waited in the queue");
    describe_histogram!("db_run_seconds", Unit::Seconds, "Time that a job ran, without COMMIT");
    describe_histogram!("db_batch_jobs", Unit::Count, "Writes that shared one COMMIT on SQLite");
    describe_counter!("db_retries_total", Unit::Count, "Writes run again after a deadlock or the like");
}
