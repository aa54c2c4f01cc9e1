//! Holidays and make-up days: what the business calendar says otherwise than the weekday.

use super::calendar::DayKind;
use crate::access::{Result, Tx};
use crate::db::schema::calendar_days;
use crate::db::{At, Day, Id};
use crate::events::{self, Subject};
use crate::http::{IfMatch, Problem};
use crate::records::stale;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A day that is not what its weekday says.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = calendar_days, treat_none_as_default_value = false)]
pub struct CalendarDay {
    /// The day.
    #[schema(example = "2026-10-01")]
    pub day: Day,
    /// What it is.
    pub kind: DayKind,
    /// Its name.
    #[schema(example = "National Day")]
    pub name: String,
    /// Raised by every change.
    #[schema(example = 1)]
    pub version: i64,
    /// When last changed.
    pub updated_at: At,
    /// By whom.
    #[diesel(select_expression = calendar_days::updated_by.assume_not_null())]
    pub updated_by: Id,
}

/// What a day becomes.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PutCalendarDay {
    /// What it is.
    pub kind: DayKind,
    /// Its name.
    #[validate(length(min = 1, max = 80))]
    #[schema(example = "National Day", min_length = 1, max_length = 80)]
    pub name: String,
}

/// A day has its date instead of an id; its events stand under the id that the date makes.
impl Subject for CalendarDay {
    const KIND: &'static str = "calendar_day";
    fn subject_id(&self) -> Id {
        subject(self.day)
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
}

/// Under what the events of a day stand.
pub fn subject(day: Day) -> Id {
    Id::named(CalendarDay::KIND, &day.to_string())
}

/// One page of the days in order.
pub fn after(tx: &mut Tx<'_>, after: Option<Day>, limit: i64) -> Result<Vec<CalendarDay>> {
    let mut rows = calendar_days::table.into_boxed();
    if let Some(after) = after {
        rows = rows.filter(calendar_days::day.gt(after));
    }
    Ok(rows.order(calendar_days::day).limit(limit).select(CalendarDay::as_select()).load(tx.conn)?)
}

/// A day that is not what its weekday says, or 404.
pub fn find(tx: &mut Tx<'_>, day: Day) -> Result<CalendarDay> {
    row(tx, day)?.ok_or_else(|| Problem::not_found().into())
}

fn row(tx: &mut Tx<'_>, day: Day) -> Result<Option<CalendarDay>> {
    let row = calendar_days::table.filter(calendar_days::day.eq(day)).select(CalendarDay::as_select());
    Ok(row.first(tx.conn).optional()?)
}

/// Says what a day is.
pub fn put(tx: &mut Tx<'_>, day: Day, new: &PutCalendarDay) -> Result<CalendarDay> {
    let before = row(tx, day)?;
    let mut put = CalendarDay {
        day,
        kind: new.kind,
        name: new.name.clone(),
        version: 0,
        updated_at: tx.now,
        updated_by: tx.actor.id,
    };
    put.version = events::last_version(tx.conn, put.subject_id())? + 1;
    match before {
        Some(_) => {
            diesel::update(calendar_days::table.filter(calendar_days::day.eq(day))).set(&put).execute(tx.conn)?
        }
        None => diesel::insert_into(calendar_days::table).values(&put).execute(tx.conn)?,
    };
    tx.record(&put, "calendar_day.put")?;
    Ok(put)
}

/// Makes a day what its weekday says again.
pub fn remove(tx: &mut Tx<'_>, day: Day, if_match: &IfMatch) -> Result<()> {
    let mut removed = find(tx, day)?;
    stale(tx, &removed, if_match)?;
    diesel::delete(calendar_days::table.filter(calendar_days::day.eq(removed.day))).execute(tx.conn)?;
    (removed.version, removed.updated_at, removed.updated_by) = (removed.version + 1, tx.now, tx.actor.id);
    tx.record(&removed, "calendar_day.removed")
}
