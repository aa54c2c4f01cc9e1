//! Turns: what must not run twice at once, for as long as a transaction lasts.

use super::AnyConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

/// Waits until nobody else has this turn; it ends with the caller's transaction. On SQLite there is one writer anyhow.
pub fn take_turn(conn: &mut AnyConnection, name: &str) -> QueryResult<()> {
    match conn {
        AnyConnection::Postgres(conn) => {
            let lock = diesel::sql_query("SELECT pg_advisory_xact_lock(hashtext($1))").bind::<Text, _>(name);
            lock.execute(conn).map(|_| ())
        }
        AnyConnection::Sqlite(_) => Ok(()),
    }
}
