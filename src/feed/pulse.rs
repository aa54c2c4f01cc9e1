//! Tells the streams of this process that the feed went on: one small query at a time for all of them, and none while nobody listens. A write of this
//! process is looked for at once, those of others a few times a second. What the streams then read they read a few at a time.

use crate::access;
use crate::db::Database;
use crate::events;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

/// How often the feed is looked at while somebody listens, for what other processes wrote: a fraction of what a reader notices.
const BEAT: Duration = Duration::from_millis(50);
/// How often at most, however much this process writes: what happens meanwhile is told together.
const BREATH: Duration = Duration::from_millis(10);
/// Streams that read at the same time: one write wakes all of them, and the queue of the database is everybody's.
const READERS: usize = 16;

/// How far the feed goes by now, or that the service stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// Up to this position.
    Until(i64),
    /// The service stops: streams end.
    Stopping,
}

/// The pulse of this process.
#[derive(Debug, Clone)]
pub struct Pulse {
    beats: Arc<watch::Sender<Beat>>,
    beating: Arc<AtomicBool>,
    turns: Arc<Semaphore>,
    /// After how long without a word a stream says a comment; a little later where many wait for their turn to read.
    pub(super) heartbeat: Duration,
}

impl Pulse {
    /// For streams that say a comment where nothing was said for so long.
    pub fn new(heartbeat: Duration) -> Self {
        Self {
            beats: Arc::new(watch::channel(Beat::Until(0)).0),
            beating: Arc::default(),
            turns: Arc::new(Semaphore::new(READERS)),
            heartbeat,
        }
    }

    /// Listens from now on.
    pub fn listen(&self, db: &Database) -> watch::Receiver<Beat> {
        let receiver = self.beats.subscribe();
        if !self.beating.swap(true, Ordering::AcqRel) {
            actix_web::rt::spawn(self.clone().beat(db.clone()));
        }
        receiver
    }

    /// Waits for a stream's turn to read, which lasts until it is dropped.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes it, so there always is one.
        self.turns.acquire().await.ok()
    }

    /// Ends every stream.
    pub fn stop(&self) {
        self.beats.send_replace(Beat::Stopping);
    }

    async fn beat(self, db: Database) {
        while self.beats.receiver_count() > 0 && *self.beats.borrow() != Beat::Stopping {
            let written = db.written().notified();
            tokio::pin!(written);
            // From before the look on, so that no write falls between the two.
            written.as_mut().enable();
            let until = db.read(|conn| -> access::Result<i64> { Ok(events::settled_until(conn)?) }).await;
            if let Ok(until) = until {
                self.beats.send_if_modified(|beat| {
                    let news = matches!(*beat, Beat::Until(known) if known < until);
                    if news {
                        *beat = Beat::Until(until);
                    }
                    news
                });
            }
            tokio::time::sleep(BREATH).await;
            let _ = tokio::time::timeout(BEAT, written).await;
        }
        self.beating.store(false, Ordering::Release);
        // Somebody may have begun to listen between the last look and this: they would find nobody beating.
        if self.beats.receiver_count() > 0 && *self.beats.borrow() != Beat::Stopping {
            drop(self.listen(&db));
        }
    }
}
