//! A realistic company of any size: the demo company, whose records were made through the API, is copied again and again. A copy is a whole set of
//! projects in every stage with all their evidence, money and events, under ids and numbers of its own; its event chains are hashed anew, so that
//! what is made stands every check that a company which grew by itself would stand.
//!
//! Nothing is drawn at random: the same size gives the same company, but for the instants of the demo.

use crate::Failed;
use crate::pieces::Copy;
use crate::template::Template;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use fitout::db::{AnyConnection, DatabaseUrl};
use std::collections::HashMap;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

/// So many copies share their people: a group of specialists has a few hundred projects, however large the company is.
const COPIES_PER_STAFF: u32 = 10;
/// So many copies share their clients.
const COPIES_PER_CLIENT: u32 = 4;
/// Copies in one transaction.
const GROUP: u32 = 100;
/// Rows in one statement.
const AT_ONCE: usize = 200;

/// What a row belongs to, and so how often it is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// A copy of its own each time.
    Own,
    /// One for several copies.
    Client,
    /// One for many copies.
    Staff,
}

impl Share {
    const fn every(self) -> u32 {
        match self {
            Self::Own => 1,
            Self::Client => COPIES_PER_CLIENT,
            Self::Staff => COPIES_PER_STAFF,
        }
    }

    /// Under which number a thing of this kind is known in copy `copy`; 0 is the original.
    pub const fn number(self, copy: u32) -> u32 {
        copy / self.every()
    }

    /// Whether copy `copy` is the first to have it.
    pub const fn is_new(self, copy: u32) -> bool {
        copy.is_multiple_of(self.every())
    }
}

/// What was made.
pub struct Filled {
    /// Rows written by this run.
    pub rows: u64,
    /// Seconds that the writing took.
    pub seconds: f64,
    /// Rows of each large table now.
    pub tables: Vec<(&'static str, i64)>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn count(conn: &mut AnyConnection, table: &str) -> Result<i64, Failed> {
    Ok(diesel::sql_query(format!("SELECT COUNT(*) AS n FROM {table}")).get_result::<Count>(conn)?.n)
}

/// Sessions that check nothing and need not last: what is half filled is filled anew.
const SQLITE: &str = "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA wal_autocheckpoint = 100000";
const POSTGRES: &str =
    "SET session_replication_role = replica; SET synchronous_commit = off; SET statement_timeout = 0";

/// Copies the demo company in this database until it holds `projects` projects.
pub fn fill(url: &str, projects: u32) -> Result<Filled, Failed> {
    let mut conn = AnyConnection::open(&url.parse::<DatabaseUrl>()?)?;
    let template = Template::read(&mut conn)?;
    let each = u32::try_from(count(&mut conn, "projects")?)?;
    if each == 0 || each > 200 {
        return Err(format!("start from a fresh demo company: this database holds {each} projects").into());
    }
    let copies = projects.div_ceil(each);
    let began = Instant::now();
    let (lanes, session) = match conn {
        AnyConnection::Sqlite(_) => (1, SQLITE),
        AnyConnection::Postgres(_) => (2, POSTGRES),
    };
    conn.batch_execute(session)?;
    let indexes = take_indexes(&mut conn)?;
    let rows = std::thread::scope(|scope| {
        let lane = |n: u32| {
            let (lane, template) = (Lane { first: 1 + n * GROUP, step: lanes * GROUP, copies }, &template);
            scope.spawn(move || lane.run(url, session, template).map_err(|failed| failed.to_string()))
        };
        let all: Vec<_> = (0..lanes).map(lane).collect();
        all.into_iter().map(|lane| lane.join().map_err(|_| "a lane broke")?).sum::<Result<u64, String>>()
    })?;
    for index in indexes {
        conn.batch_execute(&index)?;
    }
    let last = i64::from(copies) * 10_000 + 10_000;
    conn.batch_execute(&format!("UPDATE number_series SET last = last + {last}"))?;
    raise_sequences(&mut conn, last)?;
    conn.batch_execute(match conn {
        AnyConnection::Sqlite(_) => "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)",
        AnyConnection::Postgres(_) => "VACUUM ANALYZE",
    })?;
    let seconds = began.elapsed().as_secs_f64();
    let mut tables = Vec::new();
    for table in ["users", "clients", "projects", "contracts", "receivables", "payments", "documents", "events"] {
        tables.push((table, count(&mut conn, table)?));
    }
    Ok(Filled { rows, seconds, tables })
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

/// Drops the indexes that no constraint holds, and gives what makes them again: sorted at once they are made sooner than row by row.
fn take_indexes(conn: &mut AnyConnection) -> Result<Vec<String>, Failed> {
    let all = diesel::sql_query(match conn {
        AnyConnection::Sqlite(_) => {
            "SELECT name, sql AS text FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
        }
        AnyConnection::Postgres(_) => {
            "SELECT indexname::text AS name, indexdef AS text FROM pg_indexes
             WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        }
    });
    let all = all.load::<Index>(conn)?;
    for index in &all {
        conn.batch_execute(&format!("DROP INDEX {}", index.name))?;
    }
    Ok(all.into_iter().map(|index| index.text).collect())
}

/// Statements on their way to the database.
struct Statements {
    out: SyncSender<String>,
    text: String,
    held: usize,
    rows: u64,
}

impl Statements {
    /// Adds a row to an `INSERT` that begins so.
    fn row(&mut self, head: &str, write: impl Fn(&mut String)) {
        self.text.push_str(if self.held == 0 { head } else { "," });
        write(&mut self.text);
        self.held += 1;
        self.rows += 1;
        if self.held == AT_ONCE {
            self.end();
        }
    }

    /// Sends what is written of a statement. Nobody listens any more once one has failed: that failure is told.
    fn end(&mut self) {
        if self.held > 0 {
            self.held = 0;
            let statement = std::mem::take(&mut self.text);
            let _ = self.out.send(statement);
        }
    }
}

fn insert_into(table: &str, columns: &[String]) -> String {
    format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "))
}

/// One connection's share of the copies.
#[derive(Clone, Copy)]
struct Lane {
    first: u32,
    step: u32,
    copies: u32,
}

impl Lane {
    /// Has the statements executed, while another thread writes them.
    fn run(self, url: &str, session: &str, template: &Template) -> Result<u64, Failed> {
        let mut conn = AnyConnection::open(&url.parse::<DatabaseUrl>()?)?;
        conn.batch_execute(session)?;
        std::thread::scope(|scope| {
            let (out, statements) = std::sync::mpsc::sync_channel(16);
            let writer =
                scope.spawn(move || self.write(template, Statements { out, text: String::new(), held: 0, rows: 0 }));
            for statement in statements {
                conn.batch_execute(&statement)?;
            }
            writer.join().map_err(|_| "the statements could not be written".into())
        })
    }

    fn write(self, template: &Template, mut to: Statements) -> u64 {
        for first in (self.first..self.copies).step_by(self.step as usize) {
            if to.out.send("BEGIN".to_owned()).is_err() {
                break;
            }
            write(template, first..self.copies.min(first + GROUP), &mut to);
            let _ = to.out.send("COMMIT".to_owned());
        }
        to.rows
    }
}

/// Events come first: what archives say of their chains is known then. Sealed projects refuse new records, so projects come last.
fn write(template: &Template, copies: std::ops::Range<u32>, to: &mut Statements) {
    let mut heads = HashMap::new();
    let events = insert_into("events", &template.event_columns);
    template.write_chains(copies.clone(), &mut heads, |row| to.row(&events, row));
    to.end();
    for table in &template.tables {
        let head = insert_into(&table.name, &table.columns);
        for row in &table.rows {
            for number in copies.clone().filter(|copy| row.share.is_new(*copy)) {
                let copy = Copy { number, prev: "", hash: "", heads: &heads };
                to.row(&head, |out| row.values.write(out, &copy));
            }
        }
        to.end();
    }
}

#[derive(QueryableByName)]
struct Sequence {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// Numbers that need only be unique come from sequences on PostgreSQL.
fn raise_sequences(conn: &mut AnyConnection, by: i64) -> Result<(), Failed> {
    if !matches!(conn, AnyConnection::Postgres(_)) {
        return Ok(());
    }
    let names = diesel::sql_query(
        "SELECT sequencename::text AS name FROM pg_sequences WHERE sequencename LIKE 'unique_numbers_%'",
    )
    .load::<Sequence>(conn)?;
    for Sequence { name } in names {
        conn.batch_execute(&format!("SELECT setval('{name}', (SELECT last_value FROM {name}) + {by})"))?;
    }
    Ok(())
}
