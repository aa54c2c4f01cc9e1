//! Settings, calendar, and the sandbox clock over HTTP.

use super::calendar::DayKind;
use super::{Settings, store};
use crate::access::{Access, ClockMove, Result, SettingsManage, SettingsRead, Tx};
use crate::clock;
use crate::db::schema::calendar_days;
use crate::db::{At, Day, Id};
use crate::http::{
    Answer, Body, EmptyAnswer, IfMatch, Listed, Page, Patch, Path, Problem, Reply, Routes, page::wrong_cursor,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use validator::Validate;

/// Business settings and the calendar.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Settings",
        "What the administrator decides: time zone, review limit, checklists, deadlines, the business calendar.",
    );
    r.get(
        "/v1/settings",
        get_settings,
        "Get the business settings",
        "All of them, with their defaults where nobody changed them.",
    );
    r.patch(
        "/v1/settings",
        update_settings,
        "Change business settings",
        "JSON Merge Patch; `null` is not allowed, every setting has a value.",
    );
    r.get("/v1/calendar-days", list_calendar_days, "List holidays and make-up days", "In order of date.");
    r.put(
        "/v1/calendar-days/{day}",
        put_calendar_day,
        "Make a day a holiday or a working day",
        "Deadlines in working days count by it from now on.",
    );
    r.delete(
        "/v1/calendar-days/{day}",
        delete_calendar_day,
        "Forget a holiday or make-up day",
        "The day is again what its weekday says.",
    );
}

/// The movable clock: only in a sandbox.
pub fn sandbox_routes(r: &mut Routes) {
    r.tag("Sandbox", "Only in `demo` and `serve --sandbox`: business time can be moved forward or frozen.");
    r.get("/v1/sandbox/clock", get_sandbox_clock, "Read the business clock", "What all business time is taken from.");
    r.put("/v1/sandbox/clock", set_sandbox_clock, "Set or freeze the business clock", "It moves forward only; a story that lies earlier needs a database of its own. Tokens and logs stay on real time.");
}

async fn get_settings(access: Access<SettingsRead>) -> Answer<Settings> {
    access
        .read(|tx| {
            let (settings, version) = store::versioned(tx.conn)?;
            Ok(Reply::ok(&settings)?.version(version))
        })
        .await
}

async fn update_settings(access: Access<SettingsManage>, if_match: IfMatch, body: Patch<Settings>) -> Answer<Settings> {
    access
        .write(move |tx| {
            let (settings, version) = store::versioned(tx.conn)?;
            let changed = body.apply(&settings)?;
            if_match.require(version, || json!({ "version": version }))?;
            store::save(tx, &changed, version)?;
            Ok(Reply::ok(&changed)?.version(version + 1))
        })
        .await
}

/// A day that is not what its weekday says.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = calendar_days)]
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
    pub updated_by: Option<Id>,
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

async fn list_calendar_days(access: Access<SettingsRead>, page: Page) -> Listed<CalendarDay> {
    access.read(move |tx| calendar_page(tx, &page)).await
}

fn calendar_page(tx: &mut Tx<'_>, page: &Page) -> Result<Reply<crate::http::PageOf<CalendarDay>>> {
    let mut query = calendar_days::table.into_boxed();
    match page.after()?.as_deref() {
        None => {}
        Some([Value::String(day)]) => {
            query = query.filter(calendar_days::day.gt(day.parse::<Day>().map_err(|_| wrong_cursor())?))
        }
        Some(_) => return Err(wrong_cursor().into()),
    }
    let rows = query.order(calendar_days::day).limit(page.fetch()).select(CalendarDay::as_select()).load(tx.conn)?;
    let (data, next) = page.cut(rows, |row| vec![json!(row.day)]);
    Ok(Reply::list(data, next, None)?)
}

fn day_of(path: &str) -> Result<Day> {
    path.parse().map_err(|_| Problem::not_found().into())
}

fn find_day(tx: &mut Tx<'_>, day: Day) -> Result<Option<CalendarDay>> {
    Ok(calendar_days::table
        .filter(calendar_days::day.eq(day))
        .select(CalendarDay::as_select())
        .first(tx.conn)
        .optional()?)
}

async fn put_calendar_day(
    access: Access<SettingsManage>,
    day: Path<String>,
    body: Body<PutCalendarDay>,
) -> Answer<CalendarDay> {
    access
        .write(move |tx| {
            let day = day_of(&day)?;
            let before = find_day(tx, day)?;
            let version = before.as_ref().map_or(0, |b| b.version) + 1;
            let row = CalendarDay {
                day,
                kind: body.kind,
                name: body.name.clone(),
                version,
                updated_at: tx.now,
                updated_by: Some(tx.actor.id),
            };
            match before {
                Some(_) => diesel::update(calendar_days::table.filter(calendar_days::day.eq(day)))
                    .set(&row)
                    .execute(tx.conn)?,
                None => diesel::insert_into(calendar_days::table).values(&row).execute(tx.conn)?,
            };
            Ok(Reply::ok(&row)?.version(version))
        })
        .await
}

async fn delete_calendar_day(access: Access<SettingsManage>, day: Path<String>, if_match: IfMatch) -> EmptyAnswer {
    access
        .write(move |tx| {
            let day = day_of(&day)?;
            let row = find_day(tx, day)?.ok_or_else(Problem::not_found)?;
            if_match.require(row.version, || json!({ "version": row.version }))?;
            diesel::delete(calendar_days::table.filter(calendar_days::day.eq(day))).execute(tx.conn)?;
            Ok(Reply::empty())
        })
        .await
}

/// The business clock.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClockView {
    /// The business instant now.
    pub now: At,
    /// The business date now.
    #[schema(example = "2026-05-30")]
    pub today: Day,
    /// Whether it stands still.
    pub frozen: bool,
}

/// Where to set the business clock.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetClock {
    /// The business instant; not before the one now.
    #[schema(example = "2026-05-30T15:00:00+08:00")]
    pub now: At,
    /// Whether it stands still there (the default) or runs on from there.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub frozen: bool,
}

fn yes() -> bool {
    true
}

fn view(tx: &mut Tx<'_>, now: At) -> Result<ClockView> {
    let zone = tx.zone()?;
    let frozen = clock::sandbox(tx.conn)?.is_some_and(|c| c.frozen);
    Ok(ClockView { now, today: clock::day_of(now, zone), frozen })
}

async fn get_sandbox_clock(access: Access<SettingsRead>) -> Answer<ClockView> {
    access.read(|tx| Ok(Reply::ok(&view(tx, tx.now)?)?)).await
}

async fn set_sandbox_clock(access: Access<ClockMove>, body: Body<SetClock>) -> Answer<ClockView> {
    access
        .write(move |tx| {
            clock::move_to(tx.conn, body.now, body.frozen)?;
            Ok(Reply::ok(&view(tx, body.now)?)?)
        })
        .await
}
