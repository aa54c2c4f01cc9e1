//! The migrations go up, down and up again on every database, and make the same tables on both; the database keeps its own guard.

use crate::harness::{Backend, Seed, Service, TestDatabase};
use diesel::RunQueryDsl;
use diesel::prelude::*;
use diesel::sql_types::Text;
use fitout::db::{AnyConnection, migrate, revert_all};
use std::collections::BTreeMap;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// Table and column → type and nullability, in words that both databases share.
fn columns(conn: &mut AnyConnection, backend: Backend) -> BTreeMap<String, String> {
    let sql = match backend {
        Backend::Sqlite => {
            "SELECT m.name || '.' || p.name AS place, lower(p.type) || CASE WHEN p.\"notnull\" = 1 OR p.pk > 0 THEN ' not null' ELSE '' END AS kind FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'"
        }
        Backend::Postgres => {
            "SELECT table_name || '.' || column_name AS place, data_type || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END AS kind FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'"
        }
    };
    let rows: Vec<Column> = diesel::sql_query(sql).load(conn).unwrap();
    rows.into_iter().map(|c| (c.place.clone(), plain(&c.place, &c.kind))).collect()
}

/// PostgreSQL's types in SQLite's words.
fn plain(place: &str, kind: &str) -> String {
    let kind =
        kind.replace("uuid", "blob").replace("timestamp with time zone", "text").replace("double precision", "double");
    // The one column that each database counts by itself.
    if place == "events.seq" { "counted".to_owned() } else { kind }
}

#[test]
fn both_databases_have_the_same_tables() {
    let mut all = Vec::new();
    for backend in Backend::all() {
        let database = TestDatabase::create(backend, Seed::Bare);
        let columns = columns(&mut database.connect(), backend);
        assert!(columns.len() > 500, "{}", columns.len());
        all.push(columns);
    }
    if let [sqlite, postgres] = all.as_slice() {
        let differ: Vec<_> = sqlite.iter().filter(|(place, kind)| postgres.get(*place) != Some(kind)).collect();
        assert!(differ.is_empty(), "{differ:?}");
        assert_eq!(sqlite.len(), postgres.len());
    }
}

#[test]
fn migrations_go_up_down_and_up() {
    for backend in Backend::all() {
        let database = TestDatabase::create(backend, Seed::Bare);
        let mut conn = database.connect();
        let before = columns(&mut conn, backend);
        revert_all(&mut conn).unwrap();
        assert!(columns(&mut conn, backend).is_empty(), "something is left on {}", backend.name());
        assert!(!migrate(&mut conn).unwrap().is_empty());
        assert_eq!(columns(&mut conn, backend), before);
    }
}

#[test]
fn nobody_rewrites_an_event() {
    let service = Service::start();
    service.inquiry("a_specialist_1");
    for sql in ["UPDATE events SET kind = 'forged'", "DELETE FROM events"] {
        let refused = service.sql(|conn| diesel::sql_query(sql).execute(conn)).unwrap_err();
        assert!(refused.to_string().contains("append_only"), "{sql}: {refused}");
    }
}
