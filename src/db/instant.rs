//! An instant, the same on both databases and in JSON.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, TimeDelta, Timelike, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Text, Timestamptz};
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use super::connection::MultiBackend;
use super::types::ty;

/// An instant in UTC, to the microsecond: what both databases can hold, so that a value read back equals the one written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = ty::Ts)]
pub struct At(DateTime<Utc>);

/// The text is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an instant; write it like 2026-03-01T08:30:00Z (RFC 3339)")]
pub struct BadInstant;

impl At {
    /// Drops what is finer than a microsecond; a leap second becomes the second after it, as PostgreSQL has it.
    pub fn new(instant: DateTime<Utc>) -> Self {
        Self(DateTime::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant))
    }

    /// The system's clock. Business code asks the one `Clock` instead.
    pub fn now_real() -> Self {
        Self::new(Utc::now())
    }

    /// As chrono's type.
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for At {
    fn from(instant: DateTime<Utc>) -> Self {
        Self::new(instant)
    }
}

impl From<At> for DateTime<Utc> {
    fn from(at: At) -> Self {
        at.0
    }
}

impl Add<TimeDelta> for At {
    type Output = Self;

    fn add(self, span: TimeDelta) -> Self {
        Self::new(self.0.checked_add_signed(span).unwrap_or(self.0))
    }
}

impl Sub<TimeDelta> for At {
    type Output = Self;

    fn sub(self, span: TimeDelta) -> Self {
        Self::new(self.0.checked_sub_signed(span).unwrap_or(self.0))
    }
}

impl Sub for At {
    type Output = TimeDelta;

    fn sub(self, earlier: Self) -> TimeDelta {
        self.0.signed_duration_since(earlier.0)
    }
}

/// RFC 3339 in UTC with `Z`; 0, 3 or 6 digits of fraction.
impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(SecondsFormat::AutoSi))
    }
}

/// Two decimal digits.
fn two(out: &mut String, n: u32) {
    for digit in [n / 10 % 10, n % 10] {
        out.extend(char::from_digit(digit, 10));
    }
}

impl At {
    /// As chrono writes it, which a page of rows would wait for: a row has half a dozen instants.
    fn written(self, digits: SecondsFormat) -> String {
        let Ok(year @ 0..=9999) = u32::try_from(self.0.year()) else {
            return self.0.to_rfc3339_opts(digits, true);
        };
        let mut out = String::with_capacity(27);
        two(&mut out, year / 100);
        two(&mut out, year % 100);
        let parts = [
            ('-', self.0.month()),
            ('-', self.0.day()),
            ('T', self.0.hour()),
            (':', self.0.minute()),
            (':', self.0.second()),
        ];
        for (before, part) in parts {
            out.push(before);
            two(&mut out, part);
        }
        let micros = self.0.timestamp_subsec_micros();
        let places = match (digits, micros) {
            (SecondsFormat::AutoSi, 0) => 0,
            (SecondsFormat::AutoSi, some) if some % 1000 == 0 => 3,
            _ => 6,
        };
        if places > 0 {
            out.push('.');
            let mut unit = 100_000;
            for _ in 0..places {
                out.extend(char::from_digit(micros / unit % 10, 10));
                unit /= 10;
            }
        }
        out.push('Z');
        out
    }

    /// Reads what SQLite keeps, in its one form.
    fn kept(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let whole = |digits: &str, places: usize| {
            (digits.len() == places && digits.bytes().all(|b| b.is_ascii_digit()))
                .then(|| digits.parse::<u32>().ok())
                .flatten()
        };
        let mut date = date.splitn(3, '-');
        let (year, month, day) = (whole(date.next()?, 4)?, whole(date.next()?, 2)?, whole(date.next()?, 2)?);
        let (time, micros) = time.split_once('.')?;
        let mut time = time.splitn(3, ':');
        let (hour, minute, second) = (whole(time.next()?, 2)?, whole(time.next()?, 2)?, whole(time.next()?, 2)?);
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        Some(Self(date.and_hms_micro_opt(hour, minute, second, whole(micros, 6)?)?.and_utc()))
    }
}

impl FromStr for At {
    type Err = BadInstant;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(at) = Self::kept(text) {
            return Ok(at);
        }
        let instant = DateTime::parse_from_rfc3339(text).map_err(|_| BadInstant)?;
        let at = Self::new(instant.with_timezone(&Utc));
        // An offset can push the year out of four digits, and then text order is no longer time order.
        if (0..=9999).contains(&at.0.year()) { Ok(at) } else { Err(BadInstant) }
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written(SecondsFormat::AutoSi))
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for At {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant: RFC 3339, answered in UTC with `Z`."))
            .examples(["2026-03-01T08:30:00Z"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for At {}

impl ToSql<ty::Ts, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&self.0, out)
    }
}

impl ToSql<ty::Ts, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        // Always six digits: of equal width, text sorts as time does.
        out.set_value(self.written(SecondsFormat::Micros));
        Ok(IsNull::No)
    }
}

impl ToSql<ty::Ts, MultiBackend> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((ty::Ts, self));
        Ok(IsNull::No)
    }
}

impl FromSql<ty::Ts, Pg> for At {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        FromSql::<Timestamptz, Pg>::from_sql(value).map(Self)
    }
}

impl FromSql<ty::Ts, Sqlite> for At {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(text.parse()?)
    }
}

impl FromSql<ty::Ts, MultiBackend> for At {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, ty::Ts>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_is_read_and_utc_is_written() {
        for (text, shown) in [
            ("2026-03-01T08:30:00+08:00", "2026-03-01T00:30:00Z"),
            ("2026-03-01T08:30:00.1234567Z", "2026-03-01T08:30:00.123456Z"),
            ("2026-03-01T08:30:00.120Z", "2026-03-01T08:30:00.120Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
        ] {
            let at: At = text.parse().unwrap();
            assert_eq!(at.to_string(), shown);
            assert_eq!(serde_json::json!(at), serde_json::json!(shown));
            assert_eq!(serde_json::from_value::<At>(shown.into()).unwrap(), at);
        }
        for bad in ["", "2026-03-01", "9999-12-31T23:59:59-10:00", "2026-13-01T00:00:00Z"] {
            assert_eq!(bad.parse::<At>(), Err(BadInstant), "{bad}");
        }
    }
}
