//! The business calendar: weekends rest, holidays rest, make-up days work. Holidays and make-up days are data.

use crate::access::Result;
use crate::db::{AnyConnection, Day, schema::calendar_days, text_enum};
use chrono::{Datelike, Weekday};
use diesel::prelude::*;
use std::collections::BTreeMap;

text_enum! {
    /// What a day of the calendar is, where it is not what its weekday says.
    DayKind {
        /// A day off.
        Holiday = "holiday",
        /// A make-up day: a weekend day that is worked.
        Working = "working",
    }
}

/// The exceptions in some stretch of days.
#[derive(Debug, Clone, Default)]
pub struct Calendar(BTreeMap<Day, DayKind>);

impl Calendar {
    /// Whether a day is worked.
    pub fn is_working(&self, day: Day) -> bool {
        match self.0.get(&day) {
            Some(DayKind::Working) => true,
            Some(DayKind::Holiday) => false,
            None => !matches!(day.date().weekday(), Weekday::Sat | Weekday::Sun),
        }
    }

    /// The exceptions after this day.
    pub fn after(conn: &mut AnyConnection, from: Day) -> Result<Self> {
        let rows = calendar_days::table
            .filter(calendar_days::day.gt(from))
            .select((calendar_days::day, calendar_days::kind))
            .load(conn)?;
        Ok(Self(rows.into_iter().collect()))
    }

    /// The day that lies this many working days after `from` (the day itself does not count).
    pub fn add(&self, from: Day, working_days: i64) -> Day {
        let mut day = from;
        let mut left = working_days;
        // Ten years of nothing but holidays would be a calendar gone wrong: stop there.
        for _ in 0..3_660 {
            if left <= 0 {
                break;
            }
            day = day.plus_days(1);
            if self.is_working(day) {
                left -= 1;
            }
        }
        day
    }
}

/// The day that lies this many working days after `from`.
pub fn add_working_days(conn: &mut AnyConnection, from: Day, working_days: i64) -> Result<Day> {
    Ok(Calendar::after(conn, from)?.add(from, working_days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_and_holidays_rest_and_make_up_days_work() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let plain = Calendar::default();
        assert_eq!(plain.add(day("2026-09-25"), 1), day("2026-09-28"), "over a weekend");
        assert_eq!(plain.add(day("2026-09-25"), 0), day("2026-09-25"));
        let golden = Calendar(BTreeMap::from([
            (day("2026-10-01"), DayKind::Holiday),
            (day("2026-10-02"), DayKind::Holiday),
            (day("2026-10-03"), DayKind::Working),
        ]));
        assert_eq!(golden.add(day("2026-09-30"), 1), day("2026-10-03"));
        assert_eq!(golden.add(day("2026-09-30"), 2), day("2026-10-05"));
    }
}
