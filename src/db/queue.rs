//! A bounded queue of jobs, first in, first out, whose length can be watched.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};
use metrics::{Gauge, gauge};

use super::failure::DbFailure;
use super::job::Job;

/// The end where jobs go in.
#[derive(Clone)]
pub(super) struct Queue {
    sender: Sender<Job>,
    /// How many wait; looked up once and not for each job.
    length: Gauge,
}

/// The end where threads take them out.
#[derive(Clone)]
pub(super) struct Waiting {
    first: End,
    /// Another queue, whose jobs are as welcome.
    other: Option<End>,
}

#[derive(Clone)]
struct End {
    receiver: Receiver<Job>,
    length: Gauge,
}

/// Makes a queue in which so many jobs may wait.
pub(super) fn queue(name: &'static str, length: usize) -> (Queue, Waiting) {
    let (sender, receiver) = bounded(length.max(1));
    let length = gauge!("db_queue_jobs", "queue" => name);
    (Queue { sender, length: length.clone() }, Waiting { first: End { receiver, length }, other: None })
}

impl Queue {
    /// Never waits: a full queue refuses.
    pub(super) fn push(&self, job: Job) -> Result<(), DbFailure> {
        let sent = self.sender.try_send(job);
        show(&self.length, self.sender.len());
        sent.map_err(|error| match error {
            TrySendError::Full(_) => DbFailure::Busy,
            TrySendError::Disconnected(_) => DbFailure::stopped(),
        })
    }
}

impl Waiting {
    /// This queue and another: whichever has a job, by chance where both have.
    pub(super) fn or(&self, other: &Waiting) -> Self {
        Self { first: self.first.clone(), other: Some(other.first.clone()) }
    }

    /// Waits for a job; `None` when all that is waited for is closed and empty.
    pub(super) fn next(&self) -> Option<Job> {
        let job = match &self.other {
            None => self.first.receiver.recv().ok(),
            Some(other) => either(&self.first.receiver, &other.receiver),
        };
        self.taken(job)
    }

    /// A job if one is waiting now.
    pub(super) fn next_if_waiting(&self) -> Option<Job> {
        self.taken(self.first.receiver.try_recv().ok())
    }

    fn taken(&self, job: Option<Job>) -> Option<Job> {
        if let Some(job) = &job {
            for end in std::iter::once(&self.first).chain(&self.other) {
                show(&end.length, end.receiver.len());
            }
            job.leave_queue();
        }
        job
    }
}

/// From one that is closed and empty comes an error at once: then the other is all there is.
fn either(one: &Receiver<Job>, other: &Receiver<Job>) -> Option<Job> {
    select! {
        recv(one) -> job => job.or_else(|_| other.recv()).ok(),
        recv(other) -> job => job.or_else(|_| one.recv()).ok(),
    }
}

fn show(gauge: &Gauge, length: usize) {
    gauge.set(f64::from(u32::try_from(length).unwrap_or(u32::MAX)));
}
