//! By when work is to be done: on the day that its record sets, else some working days after it began to wait.

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
    /// The caller has had to move a project onwards, or to carry something out, since then.
    Move(At),
    /// A client was allocated to the caller then.
    FirstContact(At),
}

impl Due {
    /// On the day that the record sets, else this.
    pub fn on_or(day: Option<Day>, otherwise: Self) -> Self {
        day.map_or(otherwise, Self::On)
    }
}

/// What turns it into days.
pub(super) struct Deadlines {
    zone: Tz,
    calendar: Calendar,
    settings: Settings,
}

impl Deadlines {
    /// The settings and the calendar as they are now: a change of theirs moves what already waits.
    pub fn load(tx: &mut Tx<'_>) -> Result<Self> {
        let (zone, settings) = (tx.zone()?, settings::load(tx.conn)?);
        Ok(Self { zone, calendar: Calendar::load(tx.conn)?, settings })
    }

    /// The last day on which it is in time.
    pub fn day(&self, due: Due) -> Day {
        let day_of = |at| clock::day_of(at, self.zone);
        match due {
            Due::On(day) => day,
            Due::Answer(since) => self.calendar.add(day_of(since), self.settings.answer_days),
            Due::Move(since) => self.calendar.add(day_of(since), self.settings.move_days),
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
        assert_eq!(deadlines.day(Due::FirstContact(since)), day("2026-03-13"));
    }
}
