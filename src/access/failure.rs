//! What can end a job on a database thread: a refusal for the caller, a failure of the database, or an answer that was already given.

use crate::db::{DbFailure, JobError, is_passing, is_retryable};
use crate::http::{Code, Problem, StoredReply};
use diesel::result::{DatabaseErrorKind, Error};

/// The result of everything that runs inside a job.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a job ended without its answer.
#[derive(Debug)]
pub enum Failure {
    /// A refusal, told to the caller.
    Refused(Box<Problem>),
    /// The database refused or failed.
    Database(Error),
    /// The job could not run at all.
    Job(DbFailure),
    /// The same request was answered before: its stored answer, byte for byte.
    Replay(Box<StoredReply>),
    /// The request was only a trial: what it would have been answered, and nothing is kept.
    Tried(Box<StoredReply>),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl JobError for Failure {
    fn from_db(failure: DbFailure) -> Self {
        match failure {
            DbFailure::Query(error) => Self::Database(error),
            other => Self::Job(other),
        }
    }

    fn retryable(&self) -> bool {
        match self {
            Self::Database(error) => is_retryable(error),
            Self::Refused(_) | Self::Job(_) | Self::Replay(_) | Self::Tried(_) => false,
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(problem) => *problem,
            Failure::Database(error) => from_database(&error),
            Failure::Job(DbFailure::Busy) => busy(),
            Failure::Job(DbFailure::Query(error)) => from_database(&error),
            Failure::Job(DbFailure::Unavailable(why)) => {
                tracing::error!(%why, "the database is unavailable");
                busy()
            }
            Failure::Job(DbFailure::Panicked) => Problem::internal(&"a database job panicked"),
            Failure::Replay(_) | Failure::Tried(_) => {
                Problem::internal(&"a stored answer reached a place that cannot send it")
            }
        }
    }
}

fn busy() -> Problem {
    Problem::new(
        Code::Unavailable,
        "The service is busy. Try again after the seconds in `Retry-After`.",
        "服務繁忙，請按 `Retry-After` 的秒數後再試。",
    )
    .with_retry_after(1)
}

/// SQLite's words for it (`SQLITE_FULL`, and `SQLITE_IOERR` where its index of the log cannot grow), and the system's, which PostgreSQL passes on.
fn is_out_of_room(message: &str) -> bool {
    ["database or disk is full", "disk I/O error", "No space left on device"]
        .iter()
        .any(|words| message.contains(words))
}

/// Constraints stand behind the rules: where one speaks, a race was lost or a rule has a hole; the caller gets a 409, never a 500.
fn from_database(error: &Error) -> Problem {
    match error {
        Error::NotFound => Problem::not_found(),
        Error::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::UniqueViolation => Problem::conflict(
                "Another record already has this name, number or place. Read it again and decide.",
                "已有另一記錄使用相同的名稱、編號或位置；請重新讀取後再決定。",
            ),
            DatabaseErrorKind::ForeignKeyViolation => Problem::conflict(
                "The request names a record that does not exist, or one that others still refer to.",
                "請求引用了不存在的記錄，或仍被其他記錄引用的記錄。",
            ),
            DatabaseErrorKind::SerializationFailure => busy(),
            _ if is_passing(error) => {
                tracing::warn!(%error, "a statement was given up");
                busy()
            }
            _ if is_out_of_room(info.message()) => Problem::no_room(error),
            _ if info.message().contains("project_sealed") => {
                Problem::state("The project is sealed and can no longer be changed.", "項目已封存，不能再更改。")
            }
            DatabaseErrorKind::CheckViolation => Problem::money(
                "The amounts would no longer add up. Read the figures again and decide.",
                "金額將不能吻合；請重新讀取數字後再決定。",
            ),
            _ => Problem::internal(error),
        },
        other => Problem::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::prelude::*;

    #[test]
    fn a_database_without_room_is_503() {
        let mut conn = diesel::SqliteConnection::establish(":memory:").unwrap_or_else(|e| panic!("{e}"));
        let mut run = |sql: &str| diesel::sql_query(sql).execute(&mut conn);
        assert!(run("PRAGMA max_page_count = 4").is_ok() && run("CREATE TABLE t (x)").is_ok());
        let error = run("INSERT INTO t VALUES (zeroblob(100000))").err();
        let problem = error.map(|error| Problem::from(Failure::from(error)));
        assert_eq!(problem.map(|problem| problem.code), Some(Code::Unavailable));
    }
}
