//! Bringing the schema up to date. The folders of the two databases hold the same names.

use diesel::connection::SimpleConnection;
use diesel::migration::Migration;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{AnyConnection, Transaction};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// An arbitrary number, the same in every replica.
const LOCK: &str = "7305811022262026";

/// Why the schema could not be changed; names the migration where there is one.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A migration failed; on SQLite nothing was changed, on PostgreSQL the ones before it stay.
    #[error("a migration failed: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
    /// The rows of this table refer to rows that are not there (SQLite; nothing was changed).
    #[error("after the migrations, rows of `{0}` refer to rows that do not exist; nothing was changed")]
    Dangling(String),
    /// The database refused.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
}

/// Runs what is pending and answers the names, oldest first. Replicas that start together do it one after the other.
pub fn migrate(conn: &mut AnyConnection) -> Result<Vec<String>, MigrationError> {
    alone(conn, |conn| {
        let names = pending(conn)?;
        if names.is_empty() {
            return Ok(names);
        }
        match conn {
            AnyConnection::Postgres(conn) => conn.run_pending_migrations(POSTGRES).map(drop),
            AnyConnection::Sqlite(conn) => conn.run_pending_migrations(SQLITE).map(drop),
        }
        .map_err(MigrationError::Failed)?;
        Ok(names)
    })
}

/// Whether there is no table yet.
pub fn is_empty(conn: &mut AnyConnection) -> QueryResult<bool> {
    let tables = match conn {
        AnyConnection::Postgres(_) => {
            "SELECT tablename::text AS \"table\" FROM pg_tables WHERE schemaname = current_schema() LIMIT 1"
        }
        AnyConnection::Sqlite(_) => "SELECT name AS \"table\" FROM sqlite_schema LIMIT 1",
    };
    Ok(diesel::sql_query(tables).get_result::<Table>(conn).optional()?.is_none())
}

/// The names of the migrations that have not run yet, oldest first.
pub fn pending(conn: &mut AnyConnection) -> Result<Vec<String>, MigrationError> {
    fn names<DB: diesel::backend::Backend>(found: Vec<Box<dyn Migration<DB>>>) -> Vec<String> {
        found.iter().map(|m| m.name().to_string()).collect()
    }
    match conn {
        AnyConnection::Postgres(conn) => conn.pending_migrations(POSTGRES).map(names),
        AnyConnection::Sqlite(conn) => conn.pending_migrations(SQLITE).map(names),
    }
    .map_err(MigrationError::Failed)
}

/// Runs every `down.sql`, newest first. For tests: it throws all data away.
pub fn revert_all(conn: &mut AnyConnection) -> Result<(), MigrationError> {
    alone(conn, |conn| {
        match conn {
            AnyConnection::Postgres(conn) => conn.revert_all_migrations(POSTGRES).map(drop),
            AnyConnection::Sqlite(conn) => conn.revert_all_migrations(SQLITE).map(drop),
        }
        .map_err(MigrationError::Failed)
    })
}

/// The names of all migrations on both sides, for the test that they are the same.
#[cfg(test)]
fn all() -> (Vec<String>, Vec<String>) {
    use diesel::migration::MigrationSource;
    use diesel::{pg::Pg, sqlite::Sqlite};
    let postgres: Vec<Box<dyn Migration<Pg>>> = POSTGRES.migrations().unwrap();
    let sqlite: Vec<Box<dyn Migration<Sqlite>>> = SQLITE.migrations().unwrap();
    (postgres.iter().map(|m| m.name().to_string()).collect(), sqlite.iter().map(|m| m.name().to_string()).collect())
}

fn alone<T>(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, MigrationError>,
) -> Result<T, MigrationError> {
    if conn.is_postgres() { under_advisory_lock(conn, work) } else { in_one_transaction(conn, work) }
}

fn under_advisory_lock<T>(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, MigrationError>,
) -> Result<T, MigrationError> {
    // Waiting for another replica, and rewriting a table, may both take longer than a request may.
    conn.batch_execute(&format!("SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK})"))?;
    let result = work(conn);
    conn.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})"))?;
    conn.set_up_session()?;
    result
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    table: String,
}

/// SQLite can only change a table that others refer to by making a new one, which needs foreign keys off (a setting
/// that is ignored inside a transaction) and a check afterwards: <https://sqlite.org/lang_altertable.html#otheralter>.
fn in_one_transaction<T>(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, MigrationError>,
) -> Result<T, MigrationError> {
    conn.batch_execute("PRAGMA foreign_keys = OFF")?;
    conn.begin(Transaction::Write)?;
    let before = pending(conn);
    let result = work(conn).and_then(|done| {
        // The check reads every row: a start that changes nothing must not take longer the more there is.
        if pending(conn)? == before? {
            return Ok(done);
        }
        let dangling: Option<Table> =
            diesel::sql_query("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1").get_result(conn).optional()?;
        dangling.map_or(Ok(done), |row| Err(MigrationError::Dangling(row.table)))
    });
    let result = match result {
        Ok(done) => conn.commit().map(|()| done).map_err(MigrationError::from),
        Err(error) => conn.roll_back_to(0).map_err(MigrationError::from).and(Err(error)),
    };
    conn.batch_execute("PRAGMA foreign_keys = ON")?;
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::tests::on_each_database;

    #[test]
    fn both_sides_have_the_same_migrations() {
        let (postgres, sqlite) = all();
        assert_eq!(postgres, sqlite);
    }

    #[test]
    fn up_down_up() {
        on_each_database(|url| {
            let mut conn = AnyConnection::open(url).unwrap();
            let names = all().0;
            assert_eq!(pending(&mut conn).unwrap(), names);
            assert_eq!(migrate(&mut conn).unwrap(), names);
            assert!(pending(&mut conn).unwrap().is_empty());
            assert!(migrate(&mut conn).unwrap().is_empty());
            revert_all(&mut conn).unwrap();
            assert_eq!(migrate(&mut conn).unwrap(), names);
        });
    }

    #[test]
    fn replicas_may_start_together() {
        on_each_database(|url| {
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| migrate(&mut AnyConnection::open(url).unwrap()).unwrap());
                }
            });
        });
    }
}
