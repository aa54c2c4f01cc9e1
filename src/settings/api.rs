//! Settings, calendar, and the sandbox clock over HTTP.

use super::Settings;
use super::days::{self, CalendarDay, PutCalendarDay};
use super::store::{self, Saved};
use crate::access::{Access, ClockMove, Result, SettingsManage, SettingsRead, Tx};
use crate::clock;
use crate::db::{At, Day};
use crate::http::{Answer, Body, EmptyAnswer, IfMatch, Listed, Page, Patch, Path, Reply, Routes, page::wrong_cursor};
use crate::records::{EventView, history_of, stale};
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
    r.get_with(
        "/v1/settings",
        get_settings,
        "Get the business settings",
        "All of them, with their defaults where nobody changed them.",
        |op| {
            op.versioned(200);
        },
    );
    r.patch(
        "/v1/settings",
        update_settings,
        "Change business settings",
        "JSON Merge Patch; `null` is not allowed, every setting has a value.",
    );
    r.get("/v1/settings/history", list_setting_events, "The history of the settings", "Every event, oldest first.");
    r.get("/v1/calendar-days", list_calendar_days, "List holidays and make-up days", "In order of date.");
    r.get("/v1/calendar-days/{day}", get_calendar_day, "Get one holiday or make-up day", "By its date.");
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
    r.get(
        "/v1/calendar-days/{day}/history",
        list_calendar_day_events,
        "The history of one day",
        "Every event, oldest first, those before it was forgotten too.",
    );
}

/// The movable clock: only in a sandbox.
pub fn sandbox_routes(r: &mut Routes) {
    r.tag("Sandbox", "Only in `demo` and `serve --sandbox`: business time can be moved forward or frozen.");
    r.get("/v1/sandbox/clock", get_sandbox_clock, "Read the business clock", "What all business time is taken from.");
    r.put("/v1/sandbox/clock", set_sandbox_clock, "Set or freeze the business clock", "It moves forward only; a story that lies earlier needs a database of its own. Tokens and logs stay on real time.");
}

async fn get_settings(access: Access<SettingsRead>) -> Answer<Saved> {
    access
        .read(|tx| {
            let saved = store::versioned(tx.conn)?;
            Ok(Reply::ok(&saved)?.version(saved.version))
        })
        .await
}

async fn update_settings(access: Access<SettingsManage>, if_match: IfMatch, body: Patch<Settings>) -> Answer<Saved> {
    access
        .write(move |tx| {
            let saved = store::versioned(tx.conn)?;
            let changed = body.apply(&saved.settings)?;
            stale(tx, &saved, &if_match)?;
            let saved = store::save(tx, changed, saved.version)?;
            Ok(Reply::ok(&saved)?.version(saved.version))
        })
        .await
}

async fn list_setting_events(access: Access<SettingsRead>, page: Page) -> Listed<EventView> {
    access.list(move |tx| history_of(tx, store::SUBJECT, &page)).await
}

async fn list_calendar_days(access: Access<SettingsRead>, page: Page) -> Listed<CalendarDay> {
    access
        .list(move |tx| {
            let rows = days::after(tx, day_after(&page)?, page.fetch())?;
            let (data, next) = page.cut(rows, |row| vec![json!(row.day)]);
            Ok(Reply::list(data, next, None)?)
        })
        .await
}

/// The day after which a page begins.
fn day_after(page: &Page) -> Result<Option<Day>> {
    match page.after()?.as_deref() {
        None => Ok(None),
        Some([Value::String(day)]) => Ok(Some(day.parse().map_err(|_| wrong_cursor())?)),
        Some(_) => Err(wrong_cursor().into()),
    }
}

async fn get_calendar_day(access: Access<SettingsRead>, day: Path<Day>) -> Answer<CalendarDay> {
    access.read(move |tx| days::find(tx, *day).and_then(|day| Ok(Reply::ok(&day)?.version(day.version)))).await
}

async fn put_calendar_day(
    access: Access<SettingsManage>,
    day: Path<Day>,
    body: Body<PutCalendarDay>,
) -> Answer<CalendarDay> {
    access.write(move |tx| days::put(tx, *day, &body).and_then(|day| Ok(Reply::ok(&day)?.version(day.version)))).await
}

async fn delete_calendar_day(access: Access<SettingsManage>, day: Path<Day>, if_match: IfMatch) -> EmptyAnswer {
    access.write(move |tx| days::remove(tx, *day, &if_match).map(|()| Reply::empty())).await
}

async fn list_calendar_day_events(access: Access<SettingsRead>, day: Path<Day>, page: Page) -> Listed<EventView> {
    access.list(move |tx| history_of(tx, days::subject(*day), &page)).await
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
