//! The database: connections, threads, types, migrations. Knows no business and no web framework.
//!
//! One set of Diesel models runs on SQLite and on PostgreSQL through [`AnyConnection`]; everything that differs between
//! the two stands in this module, and nothing outside it asks which database it is talking to.
//!
//! **How to reach it.** A [`Database`] lends a connection to a job on a database thread: [`Database::read`] (plain
//! statements), [`Database::snapshot`] (one read transaction) and [`Database::write`] (one write transaction, answered
//! only after COMMIT). `Err` rolls back all that the job wrote. A job may run again after a deadlock, so it must have no
//! effect outside the database. Inside a job, `conn.transaction(…)` is a savepoint.
//!
//! **What works on `AnyConnection` as Diesel writes it**: inserting one struct, `AsChangeset` updates, `as_select()`,
//! `eq_any`, boxed queries, joins, `exists`, counts, `sql_query` with `$1` binds. **What needs glue**:
//!
//! | for | write |
//! |---|---|
//! | `RETURNING` | `.returning(cols::<Row>())`; the same `cols` inside [`Both`], [`Locked`] and [`Claimed`] |
//! | `ON CONFLICT` | `Both(insert_into(t).values(&row).on_conflict(t::key).do_nothing()).execute(conn)` |
//! | `FOR UPDATE` | `Locked(t::table.find(id).select(cols::<Row>())).first…`, see [`Locked`] |
//! | `FOR UPDATE SKIP LOCKED` | [`Claimed`], used like `Locked` |
//! | `FOR KEY SHARE` | [`Held`], used like `Locked` |
//! | an `INSERT` that is run often (else it is prepared anew each time) | `on_each!(conn, c => insert_into(t).values(&row).execute(c))` |
//! | an `UPDATE` of a whole row, which is run often | `on_each!(conn, c => full_update::<Row, _, _, _>(t::table, &row, t::id.eq(id)).execute(c))` |
//! | the same, where some columns seldom change and stand in indexes | `update_in_parts!(conn, t::table, often: Row = &row, seldom: Part = part, on: …, differs: …)` |
//! | many rows in one `INSERT` | `on_each!(conn, c => insert_into(t).values(&rows).execute(c))` |
//! | `SUM` of a BIGINT | [`total`], which is `0` for no rows |
//! | of these ids, often one | `one_of!(t::project_id, ids)` |
//! | search ignoring case | `lower(t::name).like(like_pattern(q)).escape('\\')` |
//!
//! **Differences to keep in mind.** In `sql_query`, number the binds in the order in which they first appear: `$2` before
//! `$1` is another bind on SQLite, where these are names. NULLs sort first on SQLite and last on PostgreSQL. A failed statement aborts a
//! PostgreSQL transaction: decide first, write last; a job that swallows such an error and answers `Ok` is refused (a job on SQLite
//! must not swallow a full disk either: the transaction may be gone). At
//! most 32,766 binds per statement (SQLite). No deferred constraints: on SQLite one would fail the COMMIT of a whole batch.

#[expect(missing_docs, reason = "the MultiConnection derive documents nothing")]
mod connection;
mod day;
mod failure;
mod glue;
mod instant;
mod job;
mod json;
mod migrations;
pub mod numbers;
mod one_of;
mod queue;
pub mod schema;
mod search;
mod sqlite_writer;
mod standby;
mod statements;
mod text_enum;
mod threads;
mod turns;
mod types;
mod union;
mod url;
mod wipe;
mod worker;

#[cfg(test)]
mod tests;

pub use crate::{on_each, text_enum, update_in_parts};
pub use connection::{AnyConnection, MultiBackend};
pub use day::Day;
pub use failure::{DbFailure, JobError, StartError, is_passing, is_retryable};
pub use glue::{
    Among, Both, Claimed, FullUpdate, Held, Locked, Total, among, cols, full_update, like_pattern, lower, total,
};
pub use instant::{At, BadInstant};
pub use json::Json;
pub use migrations::{MigrationError, is_empty, migrate, pending, revert_all};
pub use one_of::OneOf;
pub use search::searchable;
pub use standby::Place;
pub use statements::Statements;
pub use text_enum::UnknownText;
pub use threads::{Database, Options};
pub use turns::take_turn;
pub use types::{Id, ty};
pub use union::{NullOf, UnionAll};
pub use url::{BadDatabaseUrl, DatabaseUrl};
pub use wipe::wipe;
