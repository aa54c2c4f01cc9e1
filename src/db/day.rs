//! Business dates: days of the company's calendar, within the years that both databases and people can use.

use chrono::{Datelike, Days, Months, NaiveDate};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Date;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::fmt;
use std::str::FromStr;

/// A business date, `YYYY-MM-DD`, from 1900-01-01 to 2199-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, AsExpression, FromSqlRow)]
#[serde(transparent)]
#[diesel(sql_type = Date)]
pub struct Day(NaiveDate);

/// The ends of the calendar: a date that is counted past one stays there, so that whatever was written can be read again.
const FIRST: NaiveDate = match NaiveDate::from_ymd_opt(1900, 1, 1) {
    Some(first) => first,
    None => NaiveDate::MIN,
};
const LAST: NaiveDate = match NaiveDate::from_ymd_opt(2199, 12, 31) {
    Some(last) => last,
    None => NaiveDate::MAX,
};

fn within(date: NaiveDate) -> NaiveDate {
    date.clamp(FIRST, LAST)
}

impl Day {
    /// The year.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// This many days later (earlier where negative); stays within the calendar.
    pub fn plus_days(self, days: i64) -> Self {
        let count = Days::new(days.unsigned_abs());
        let (moved, end) =
            if days >= 0 { (self.0.checked_add_days(count), LAST) } else { (self.0.checked_sub_days(count), FIRST) };
        Self(moved.map_or(end, within))
    }

    /// This many months later: the same day, or the month's last day.
    pub fn plus_months(self, months: u32) -> Self {
        Self(self.0.checked_add_months(Months::new(months)).map_or(LAST, within))
    }

    /// Days from `earlier` to this day; negative where it lies before.
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.signed_duration_since(earlier.0).num_days()
    }

    /// The calendar date.
    pub fn date(self) -> NaiveDate {
        self.0
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%d").fmt(f)
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let well_formed = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| well_formed);
        date.filter(|d| (1900..2200).contains(&d.year()))
            .map(Self)
            .ok_or_else(|| "a date must be YYYY-MM-DD between 1900 and 2199".to_owned())
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl<DB: Backend> ToSql<Date, DB> for Day
where
    NaiveDate: ToSql<Date, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB: Backend> FromSql<Date, DB> for Day
where
    NaiveDate: FromSql<Date, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        NaiveDate::from_sql(bytes).map(Self)
    }
}

impl utoipa::PartialSchema for Day {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .description(Some("A day of the calendar, from 1900 to 2199."))
            .pattern(Some("^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"))
            .into()
    }
}

impl utoipa::ToSchema for Day {}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn months_end_on_the_months_last_day() {
        assert_eq!(day("2026-08-31").plus_months(6), day("2027-02-28"));
        assert_eq!(day("2026-05-30").plus_months(24), day("2028-05-30"));
    }

    #[test]
    fn days_go_both_ways() {
        assert_eq!(day("2026-06-01").plus_days(-3), day("2026-05-29"));
        assert_eq!(day("2026-08-15").days_since(day("2026-06-29")), 47);
    }

    #[test]
    fn what_is_counted_past_the_calendar_stays_at_its_end() {
        assert_eq!(day("2199-12-31").plus_days(10), day("2199-12-31"));
        assert_eq!(day("1900-01-01").plus_days(-1), day("1900-01-01"));
        assert_eq!(day("2199-11-30").plus_months(24), day("2199-12-31"));
        assert_eq!(day("2026-01-01").plus_days(i64::MAX), day("2199-12-31"));
    }

    #[test]
    fn odd_dates_are_refused() {
        for odd in ["2026-02-30", "+2026-01-01", "1899-12-31", "2200-01-01", "2026-1-1", "26-01-01", ""] {
            assert!(odd.parse::<Day>().is_err(), "{odd}");
        }
    }
}
