//! By when work is to be done: on the day that its record sets, else some working days after it began to wait.

use super::items::Work;
use crate::access::{Result, Tx};
use crate::clock;
use crate::db::{At, Day};
use crate::settings::{self, Calendar, Settings};
use chrono_tz::Tz;

/// What dates a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The record sets the day.
    On(Day),
    /// Somebody has waited for the caller's word or entry since then.
    Answer(At),
    /// A project has stood where it stands, or a department had something to carry out, since then, whoever held it.
    Move(At),
    /// As a move, and not before this day: what it needs is not due earlier.
    MoveFrom(At, Day),
    /// A client was allocated to the caller then.
    FirstContact(At),
}

impl Due {
    /// On the day that the record sets, else this.
    pub fn on_or(day: Option<Day>, otherwise: Self) -> Self {
        day.map_or(otherwise, Self::On)
    }

    /// Since when it waits, where that decides.
    fn since(self) -> Option<At> {
        match self {
            Self::On(_) => None,
            Self::Answer(since) | Self::Move(since) | Self::MoveFrom(since, _) | Self::FirstContact(since) => {
                Some(since)
            }
        }
    }
}

/// Finds the day of each piece of work, by the settings and the calendar as they are now: a change of theirs moves what already waits.
pub(super) fn dated(tx: &mut Tx<'_>, all: Vec<Work>) -> Result<Vec<(Day, Work)>> {
    let deadlines = match all.iter().filter_map(|work| work.due.since()).min() {
        Some(earliest) => Deadlines::after(tx, earliest)?,
        None => Deadlines::default(),
    };
    Ok(all.into_iter().map(|work| (deadlines.day(work.due), work)).collect())
}

/// What turns it into days.
#[derive(Default)]
struct Deadlines {
    zone: Tz,
    calendar: Calendar,
    settings: Settings,
}

impl Deadlines {
    /// For what has waited since then or later.
    fn after(tx: &mut Tx<'_>, earliest: At) -> Result<Self> {
        let (zone, settings) = (tx.zone()?, settings::load(tx.conn)?);
        let calendar = Calendar::after(tx.conn, clock::day_of(earliest, zone))?;
        Ok(Self { zone, calendar, settings })
    }

    /// The last day on which it is in time.
    fn day(&self, due: Due) -> Day {
        let day_of = |at| clock::day_of(at, self.zone);
        let to_move = |since| self.calendar.add(day_of(since), self.settings.move_days);
        match due {
            Due::On(day) => day,
            Due::Answer(since) => self.calendar.add(day_of(since), self.settings.answer_days),
            Due::Move(since) => to_move(since),
            Due::MoveFrom(since, day) => to_move(since).max(day),
            Due::FirstContact(since) => day_of(since).plus_days(self.settings.first_contact_days),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_sets_a_day_is_due_then_and_others_after_working_days() {
        let deadlines = Deadlines {
            zone: chrono_tz::Asia::Shanghai,
            calendar: Calendar::default(),
            settings: Settings { answer_days: 2, move_days: 20, first_contact_days: 7, ..Settings::default() },
        };
        let day = |text: &str| text.parse::<Day>().unwrap();
        // Friday in Shanghai, Thursday still in London.
        let since = "2026-03-05T17:00:00Z".parse::<At>().unwrap();
        assert_eq!(deadlines.day(Due::on_or(Some(day("2026-03-07")), Due::Answer(since))), day("2026-03-07"));
        assert_eq!(deadlines.day(Due::on_or(None, Due::Answer(since))), day("2026-03-10"), "over a weekend");
        assert_eq!(deadlines.day(Due::Move(since)), day("2026-04-03"));
        assert_eq!(deadlines.day(Due::MoveFrom(since, day("2026-04-02"))), day("2026-04-03"));
        assert_eq!(deadlines.day(Due::MoveFrom(since, day("2028-04-02"))), day("2028-04-02"));
        assert_eq!(deadlines.day(Due::FirstContact(since)), day("2026-03-13"));
    }
}
