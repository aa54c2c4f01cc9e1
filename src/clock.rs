//! The one clock of business time. Outside a sandbox it is the machine's; in a sandbox it stands in the database, so that it survives a
//! restart and holds for every replica. Tokens and logs stay on real time.

use crate::access::{Result, sandbox_enabled};
use crate::db::{AnyConnection, At, Day, schema::{sandbox_clock, settings}};
use chrono::TimeDelta;
use chrono_tz::Tz;
use diesel::prelude::*;

/// A sandbox clock as it is kept.
#[derive(Debug, Clone, Copy, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sandbox_clock)]
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
        let run = real.0.signed_duration_since(self.set_at.0).max(TimeDelta::zero());
        self.set_to.0.checked_add_signed(run).map_or(self.set_to, At::from)
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
    sandbox_clock::table.select(SandboxClock::as_select()).first(conn).optional()
}

/// The company's time zone: the setting `time_zone`, Asia/Shanghai unless set.
pub fn zone(conn: &mut AnyConnection) -> Result<Tz> {
    let value = settings::table.filter(settings::key.eq("time_zone")).select(settings::value).first::<String>(conn).optional()?;
    let named = value.and_then(|v| serde_json::from_str::<String>(&v).ok()).and_then(|v| v.parse().ok());
    Ok(named.unwrap_or(Tz::Asia__Shanghai))
}

/// The business date of an instant.
pub fn day_of(at: At, zone: Tz) -> Day {
    Day::from(at.0.with_timezone(&zone).date_naive())
}

