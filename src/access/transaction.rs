//! What a job works with: the connection, the caller, the clock, and the events that it will leave.

use super::ahead::Ahead;
use super::caller::Given;
use super::permissions::PERMISSIONS;
use super::{Actor, Result};
use crate::clock;
use crate::db::{AnyConnection, At, Day, Id};
use crate::events::{NewEvent, Subject};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process runs a sandbox: set once at start, before any thread is made.
static SANDBOX: AtomicBool = AtomicBool::new(false);

/// Whether the business clock may be moved in this process.
pub fn sandbox_enabled() -> bool {
    SANDBOX.load(Ordering::Relaxed)
}

/// Says at start whether this process is a sandbox.
pub fn enable_sandbox(on: bool) {
    SANDBOX.store(on, Ordering::Relaxed);
}

/// One job: everything an action may use. Business time comes from here and nowhere else.
pub struct Tx<'c> {
    /// The connection; in a write it stands in a transaction.
    pub conn: &'c mut AnyConnection,
    /// The caller.
    pub actor: Actor,
    /// The business instant of this job.
    pub now: At,
    trial: bool,
    /// What an API key was given.
    given: Option<Given>,
    zone: Option<chrono_tz::Tz>,
    events: Vec<NewEvent>,
    pub(super) ahead: Ahead,
}

impl<'c> Tx<'c> {
    /// Begins a job for this caller.
    pub fn new(conn: &'c mut AnyConnection, actor: Actor) -> Result<Self> {
        let now = clock::now(conn)?;
        Ok(Self {
            conn,
            actor,
            now,
            trial: false,
            given: None,
            zone: None,
            events: Vec::new(),
            ahead: Ahead::default(),
        })
    }

    /// This job is only a trial: its transaction will be rolled back.
    pub(super) fn trial(mut self, trial: bool) -> Self {
        self.trial = trial;
        self
    }

    /// The caller came with an API key that was given only this.
    pub(super) fn within(mut self, given: Option<Given>) -> Self {
        self.given = given;
        self
    }

    /// Whether the caller has this permission: by role, and with an API key by what the key was given.
    pub fn may(&self, permission: &str) -> bool {
        let by_role = PERMISSIONS.iter().any(|(name, roles)| *name == permission && roles.contains(&self.actor.role));
        by_role && self.key_has(permission)
    }

    /// Whether an API key, where the caller brings one, was given this permission. What is told by role alone asks this besides.
    pub fn key_has(&self, permission: &str) -> bool {
        self.given.as_ref().is_none_or(|given| given.has(permission))
    }

    /// The company's time zone.
    pub fn zone(&mut self) -> Result<chrono_tz::Tz> {
        if let Some(zone) = self.zone {
            return Ok(zone);
        }
        let zone = clock::zone(self.conn)?;
        self.zone = Some(zone);
        Ok(zone)
    }

    /// The business date of this job in the company's time zone.
    pub fn today(&mut self) -> Result<Day> {
        let zone = self.zone()?;
        Ok(clock::day_of(self.now, zone))
    }

    /// Notes that this record moved: one event per record whose version moves, written with it.
    pub fn record<S: Subject>(&mut self, subject: &S, kind: &str) -> Result<()> {
        self.events.push(NewEvent::of(subject, kind)?);
        Ok(())
    }

    /// As [`Tx::record`], with something that the record itself does not hold (a reason, what was corrected).
    pub fn record_with<S: Subject>(&mut self, subject: &S, kind: &str, note: serde_json::Value) -> Result<()> {
        self.events.push(NewEvent::of(subject, kind)?.with_note(note));
        Ok(())
    }

    /// The next number of a series in this business year, such as `P-2026-0042`: gapless, because the row stays locked until the commit.
    pub fn number(&mut self, series: &str) -> Result<String> {
        let year = i64::from(self.today()?.year());
        Ok(crate::db::numbers::next(self.conn, series, year)?)
    }

    /// As [`Tx::number`], for a series whose numbers need only be unique: callers do not wait for each other's commits.
    pub fn unique_number(&mut self, series: &str) -> Result<String> {
        let year = i64::from(self.today()?.year());
        Ok(crate::db::numbers::next_unique(self.conn, series, year, self.trial)?)
    }

    /// Writes the events noted so far; the project or client without sight of which the first of them is not seen. Done by itself at the end of a job; an action
    /// calls it only where it must know the head of the chain (sealing).
    pub fn flush(&mut self) -> Result<(Option<Id>, Option<Id>)> {
        let events = std::mem::take(&mut self.events);
        let bound = events.first().map_or((None, None), NewEvent::bound_to);
        crate::events::append(self.conn, self.now, Some(self.actor.id), events)?;
        Ok(bound)
    }
}
