//! Throwing all rows away, for sandboxes: the schema stays, and so do the counters of the event feed, so that no position is given out twice.

use super::connection::AnyConnection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Empties every table, in the caller's transaction. What otherwise guards sealed projects and events is lifted meanwhile.
pub fn wipe(conn: &mut AnyConnection) -> QueryResult<()> {
    match conn {
        AnyConnection::Postgres(conn) => wipe_postgres(conn),
        AnyConnection::Sqlite(conn) => wipe_sqlite(conn),
    }
}

fn wipe_postgres(conn: &mut PgConnection) -> QueryResult<()> {
    let tables = diesel::sql_query(
        "SELECT quote_ident(tablename) AS name, '' AS sql FROM pg_tables \
         WHERE schemaname = current_schema() AND tablename <> '__diesel_schema_migrations' ORDER BY tablename",
    );
    let tables: Vec<String> = tables.load::<Named>(conn)?.into_iter().map(|table| table.name).collect();
    // Numbers begin again: the sequences of the series that need only be unique are made when one is first used.
    let sequences = diesel::sql_query(
        "SELECT quote_ident(sequencename) AS name, '' AS sql FROM pg_sequences \
         WHERE schemaname = current_schema() AND sequencename LIKE 'unique\\_numbers\\_%'",
    );
    for sequence in sequences.load::<Named>(conn)? {
        conn.batch_execute(&format!("DROP SEQUENCE {}", sequence.name))?;
    }
    conn.batch_execute(&format!(
        "ALTER TABLE events DISABLE TRIGGER USER; TRUNCATE {} CONTINUE IDENTITY; ALTER TABLE events ENABLE TRIGGER USER",
        tables.join(", ")
    ))
}

fn wipe_sqlite(conn: &mut SqliteConnection) -> QueryResult<()> {
    let of_kind = |kind: &str| {
        diesel::sql_query(format!(
            "SELECT name, sql FROM sqlite_master WHERE type = '{kind}' AND sql IS NOT NULL \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '__diesel_schema_migrations' ORDER BY name"
        ))
    };
    let tables = of_kind("table").load::<Named>(conn)?;
    let triggers = of_kind("trigger").load::<Named>(conn)?;
    let drop = triggers.iter().map(|trigger| format!("DROP TRIGGER \"{}\";", trigger.name));
    let empty = tables.iter().map(|table| format!("DELETE FROM \"{}\";", table.name));
    let make = triggers.iter().map(|trigger| format!("{};", trigger.sql));
    let all: String = drop.chain(empty).chain(make).collect();
    // Checked at COMMIT, when nothing refers to anything any more.
    conn.batch_execute(&format!("PRAGMA defer_foreign_keys = ON; {all}"))
}
