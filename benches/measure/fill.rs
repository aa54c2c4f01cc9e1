//! A realistic company of any size: the demo company, whose records were made through the API, is copied again and again. A copy is a whole set of
//! projects in every stage with all their evidence, money and events, under ids and numbers of its own; its event chains are hashed anew, so that
//! what is made stands every check that a company which grew by itself would stand.
//!
//! Nothing is drawn at random: the same size gives the same company, but for the instants of the demo.

use crate::Failed;
use crate::template::{Row, Template};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use fitout::db::{AnyConnection, DatabaseUrl};
use std::time::Instant;

/// So many copies share their people: a group of specialists has a few hundred projects, however large the company is.
const COPIES_PER_STAFF: u32 = 10;
/// So many copies share their clients.
const COPIES_PER_CLIENT: u32 = 4;
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
    conn.batch_execute(match conn {
        AnyConnection::Sqlite(_) => "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA wal_autocheckpoint = 100000",
        AnyConnection::Postgres(_) => "SET session_replication_role = replica; SET synchronous_commit = off; SET statement_timeout = 0",
    })?;
    let mut rows = 0;
    for first in (1..copies).step_by(100) {
        rows += conn.transaction(|conn| write(conn, &template, first..copies.min(first + 100)))?;
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

/// Sealed projects refuse new records, so projects come last.
fn write(conn: &mut AnyConnection, template: &Template, copies: std::ops::Range<u32>) -> Result<u64, Failed> {
    let mut rows = 0;
    for table in &template.tables {
        if table.name == "projects" {
            rows += crate::template::write_chains(conn, template, copies.clone())?;
        }
        let head = format!("INSERT INTO {} ({}) VALUES ", table.name, table.columns.join(", "));
        let mut statement = String::new();
        let mut held = 0;
        for row in &table.rows {
            for copy in copies.clone().filter(|copy| row.share.is_new(*copy)) {
                statement.push_str(if held == 0 { &head } else { "," });
                push(&mut statement, template, &table.columns, row, copy)?;
                held += 1;
                rows += 1;
                if held == AT_ONCE {
                    conn.batch_execute(&statement)?;
                    statement.clear();
                    held = 0;
                }
            }
        }
        if held > 0 {
            conn.batch_execute(&statement)?;
        }
    }
    Ok(rows)
}

fn push(statement: &mut String, template: &Template, columns: &[String], row: &Row, copy: u32) -> Result<(), Failed> {
    for (n, (column, value)) in columns.iter().zip(&row.values).enumerate() {
        statement.push(if n == 0 { '(' } else { ',' });
        statement.push_str(&template.literal(column, value, copy)?);
    }
    statement.push(')');
    Ok(())
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
