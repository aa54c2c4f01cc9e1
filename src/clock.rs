//! The one clock of business time. Outside a sandbox it is the machine's; in a sandbox it stands in the database, so that it survives a
//! restart and holds for every replica. Tokens and logs stay on real time.

use crate::access::{Result, sandbox_enabled};
use crate::db::{AnyConnection, At, Day, Locked, cols, on_each, schema::sandbox_clock};
use crate::http::Problem;
use chrono::{Datelike, TimeDelta};
use chrono_tz::Tz;
use diesel::prelude::*;

/// A sandbox clock as it is kept.
#[derive(Debug, Clone, Copy, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sandbox_clock, treat_none_as_default_value = false)]
pub struct SandboxClock {
    /// Always 1: there is one clock.
    pub id: i64,
    /// The business instant it was set to.
    pub set_to: At,
    /// The real instant at which it was set.
    pub set_at: At,
    /// Whether it stands still.
    pub frozen: bool,
}

impl SandboxClock {
    /// The business instant at a real instant.
    pub fn at(&self, real: At) -> At {
        if self.frozen {
            return self.set_to;
        }
        let run = real.utc().signed_duration_since(self.set_at.utc()).max(TimeDelta::zero());
        self.set_to.utc().checked_add_signed(run).map_or(self.set_to, At::from)
    }
}

/// The business instant now.
pub fn now(conn: &mut AnyConnection) -> Result<At> {
    let real = At::now_real();
    if !sandbox_enabled() {
        return Ok(real);
    }
    Ok(sandbox(conn)?.map_or(real, |clock| clock.at(real)))
}

/// The sandbox clock, if it was ever set.
pub fn sandbox(conn: &mut AnyConnection) -> QueryResult<Option<SandboxClock>> {
    on_each!(conn, c => sandbox_clock::table.select(cols::<SandboxClock>()).first(c)).optional()
}

/// The company's time zone: the setting `time_zone`.
pub fn zone(conn: &mut AnyConnection) -> Result<Tz> {
    Ok(named(&crate::settings::load(conn)?.time_zone))
}

/// The time zone of that name; the default one, should a newer release have kept a name that this one does not know.
pub fn named(zone: &str) -> Tz {
    zone.parse().unwrap_or(Tz::Asia__Shanghai)
}

/// Sets the sandbox clock; it moves forward only (409 `state`).
pub fn move_to(conn: &mut AnyConnection, to: At, frozen: bool) -> Result<()> {
    // Business dates end with 2199; a clock that runs on needs room before that.
    if !(1900..2190).contains(&to.utc().year()) {
        let (en, zh) = ("The business clock runs from 1900 to 2189.", "業務時鐘只能在 1900 至 2189 年之間。");
        return Err(Problem::validation("/now", "range", en, zh).into());
    }
    let real = At::now_real();
    let before = Locked(sandbox_clock::table.select(cols::<SandboxClock>())).get_results(conn)?.into_iter().next();
    let now = before.map_or(real, |clock: SandboxClock| clock.at(real));
    if before.is_some() && to < now {
        return Err(Problem::state(
            format!("The business clock moves forward only; it stands at {now}. An earlier story needs a database of its own."),
            format!("業務時鐘只能向前；現為 {now}。更早的情節需另用資料庫。"),
        )
        .into());
    }
    let row = SandboxClock { id: 1, set_to: to, set_at: real, frozen };
    match before {
        Some(_) => diesel::update(sandbox_clock::table).set(&row).execute(conn)?,
        None => diesel::insert_into(sandbox_clock::table).values(&row).execute(conn)?,
    };
    Ok(())
}

/// The business date of an instant.
pub fn day_of(at: At, zone: Tz) -> Day {
    Day::from(at.utc().with_timezone(&zone).date_naive())
}

/// Starts a sandbox's clock in a database that has none; it runs on from there.
pub fn start_at(conn: &mut AnyConnection, start: At) -> QueryResult<usize> {
    let row = SandboxClock { id: 1, set_to: start, set_at: At::now_real(), frozen: false };
    diesel::insert_into(sandbox_clock::table).values(&row).execute(conn)
}

/// Starts a sandbox's clock in a database that has none; it stands still there.
pub fn start_frozen(conn: &mut AnyConnection, start: At) -> QueryResult<usize> {
    let row = SandboxClock { id: 1, set_to: start, set_at: At::now_real(), frozen: true };
    diesel::insert_into(sandbox_clock::table).values(&row).execute(conn)
}
