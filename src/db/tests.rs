//! The module as its users see it, on SQLite and, where `TEST_DATABASE_URL` names a server, on PostgreSQL.

mod queries;
mod threads;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::*;

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::{Ts, Uid};
    things (id) {
        id -> Uid,
        name -> Text,
        sort -> Text,
        made_at -> Ts,
        due -> Nullable<Date>,
        amount -> BigInt,
        data -> Text,
        parent_id -> Nullable<Uid>,
        done -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::ty::Uid;
    parts (id) {
        id -> Uid,
        thing_id -> Uid,
        label -> Text,
    }
}

diesel::joinable!(parts -> things (thing_id));
diesel::allow_tables_to_appear_in_same_query!(parts, things);

const SCHEMA: &str = "
    CREATE TABLE things (
        id {uid} PRIMARY KEY, name TEXT NOT NULL UNIQUE, sort TEXT NOT NULL, made_at {ts} NOT NULL, due DATE,
        amount BIGINT NOT NULL CHECK (amount >= 0), data TEXT NOT NULL, parent_id {uid} REFERENCES things,
        done BOOLEAN NOT NULL
    );
    CREATE TABLE parts (id {uid} PRIMARY KEY, thing_id {uid} NOT NULL REFERENCES things, label TEXT NOT NULL);
";

text_enum! {
    /// What a thing is.
    pub enum Sort {
        /// Small.
        Small = "small",
        /// Large.
        Large = "large",
    }
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Note {
    text: String,
    by: Option<Id>,
}

#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = things, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Thing {
    id: Id,
    name: String,
    sort: Sort,
    made_at: At,
    due: Option<chrono::NaiveDate>,
    amount: i64,
    data: Json<Vec<Note>>,
    parent_id: Option<Id>,
    done: bool,
}

impl Thing {
    fn new(name: &str, amount: i64) -> Self {
        Self {
            id: Id::new(),
            name: name.to_owned(),
            sort: Sort::Small,
            made_at: At::now_real(),
            due: None,
            amount,
            data: Json(Vec::new()),
            parent_id: None,
            done: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
struct Part {
    id: Id,
    thing_id: Id,
    label: String,
}

fn insert(conn: &mut AnyConnection, name: &str, amount: i64) -> QueryResult<Id> {
    let thing = Thing::new(name, amount);
    diesel::insert_into(things::table).values(&thing).execute(conn)?;
    Ok(thing.id)
}

fn names(conn: &mut AnyConnection) -> QueryResult<Vec<String>> {
    things::table.order(things::name).select(things::name).load(conn)
}

fn make_tables(url: &DatabaseUrl) {
    let mut conn = AnyConnection::open(url).unwrap();
    let (uid, ts) = match conn.is_postgres() {
        true => ("UUID", "TIMESTAMPTZ"),
        false => ("BLOB", "TEXT"),
    };
    let schema = SCHEMA.replace("{uid}", uid).replace("{ts}", ts);
    conn.batch_execute(&schema).unwrap();
}

/// An empty database, dropped at the end.
struct Scratch {
    url: DatabaseUrl,
    server: Option<DatabaseUrl>,
    name: String,
}

impl Scratch {
    fn sqlite() -> Self {
        let name = format!("db-{}", Id::new());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir(&folder).unwrap();
        Self { url: DatabaseUrl::Sqlite(folder.join("test.db")), server: None, name }
    }

    fn postgres() -> Option<Self> {
        let server = std::env::var("TEST_DATABASE_URL").ok()?;
        let name = format!("db_{}", Id::new().0.simple());
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}").parse().unwrap();
        let server: DatabaseUrl = server.parse().unwrap();
        let mut conn = AnyConnection::open(&server).unwrap();
        conn.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        Some(Self { url, server: Some(server), name })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        match &self.server {
            None => drop(std::fs::remove_dir_all(std::env::temp_dir().join(&self.name))),
            Some(server) => {
                let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
                let dropped = AnyConnection::open(server).map(|mut c| c.batch_execute(&sql));
                drop(dropped);
            }
        }
    }
}

/// Runs a test on an empty database of each sort.
pub(super) fn on_each_database(test: impl Fn(&DatabaseUrl)) {
    test(&Scratch::sqlite().url);
    if let Some(scratch) = Scratch::postgres() {
        test(&scratch.url);
    }
}

/// Runs a test on a connection to a database with the tables of this module.
fn on_each_connection(test: impl Fn(&mut AnyConnection)) {
    on_each_database(|url| {
        make_tables(url);
        test(&mut AnyConnection::open(url).unwrap());
    });
}

/// Runs a test with database threads over the tables of this module.
fn with_threads<F: Future<Output = ()>>(options: Options, test: impl Fn(Database, bool) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    on_each_database(|url| {
        make_tables(url);
        let db = Database::start(url, options).unwrap();
        let postgres = matches!(url, DatabaseUrl::Postgres(_));
        runtime.block_on(test(db.clone(), postgres));
        db.shutdown();
    });
}
