//! A bounded queue of jobs, first in, first out, whose length can be watched.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use metrics::gauge;

use super::failure::DbFailure;
use super::job::Job;

/// The end where jobs go in.
#[derive(Clone)]
pub(super) struct Queue {
    name: &'static str,
    sender: Sender<Job>,
}

/// The end where threads take them out.
#[derive(Clone)]
pub(super) struct Waiting {
    name: &'static str,
    receiver: Receiver<Job>,
}

/// Makes a queue in which so many jobs may wait.
pub(super) fn queue(name: &'static str, length: usize) -> (Queue, Waiting) {
    let (sender, receiver) = bounded(length.max(1));
    (Queue { name, sender }, Waiting { name, receiver })
}

impl Queue {
    /// Never waits: a full queue refuses.
    pub(super) fn push(&self, job: Job) -> Result<(), DbFailure> {
        let sent = self.sender.try_send(job);
        show_length(self.name, self.sender.len());
        sent.map_err(|error| match error {
            TrySendError::Full(_) => DbFailure::Busy,
            TrySendError::Disconnected(_) => DbFailure::stopped(),
        })
    }
}

impl Waiting {
    /// Waits for a job; `None` when the queue is closed and empty.
    pub(super) fn next(&self) -> Option<Job> {
        self.taken(self.receiver.recv().ok())
    }

    /// A job if one is waiting now.
    pub(super) fn next_if_waiting(&self) -> Option<Job> {
        self.taken(self.receiver.try_recv().ok())
    }

    fn taken(&self, job: Option<Job>) -> Option<Job> {
        if let Some(job) = &job {
            show_length(self.name, self.receiver.len());
            job.leave_queue();
        }
        job
    }
}

fn show_length(name: &'static str, length: usize) {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    gauge!("db_queue_jobs", "queue" => name).set(f64::from(length));
}
