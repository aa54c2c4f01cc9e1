//! The statements that a database's connections run: counted always, written down where a test asks for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the connections of one [`Database`](super::Database) have run.
#[derive(Debug, Default)]
pub struct Statements {
    count: AtomicU64,
    recording: AtomicBool,
    recorded: Mutex<Vec<String>>,
}

impl Statements {
    /// One more. `text` is asked for only while somebody records.
    pub(super) fn ran(&self, text: impl FnOnce() -> String) {
        self.count.fetch_add(1, Ordering::Relaxed);
        if self.recording.load(Ordering::Relaxed) {
            self.recorded.lock().unwrap_or_else(PoisonError::into_inner).push(text());
        }
    }

    /// How many so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Writes down what runs from now on.
    pub fn record(&self) {
        self.recording.store(true, Ordering::Relaxed);
    }

    /// What was written down since it was last asked for.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
