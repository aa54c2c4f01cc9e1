//! What can go wrong between a caller and the database.

use diesel::result::{ConnectionError, DatabaseErrorInformation, DatabaseErrorKind, Error};

/// Why the database did not do a job, when it is not the job's own refusal.
#[derive(Debug, thiserror::Error)]
pub enum DbFailure {
    /// The queue is full: try again later (503).
    #[error("the database has too much waiting to take more")]
    Busy,
    /// The job panicked; its writes are rolled back.
    #[error("the database job panicked")]
    Panicked,
    /// No connection, a failed COMMIT, or shutting down: whether a write was kept may be unknown.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A statement failed.
    #[error(transparent)]
    Query(#[from] Error),
}

impl DbFailure {
    pub(super) fn stopped() -> Self {
        Self::Unavailable("the database threads have stopped".to_owned())
    }

    pub(super) fn lost() -> Self {
        Self::Unavailable("the connection was lost".to_owned())
    }
}

/// What the error of a job must be able to say.
pub trait JobError: Send + 'static {
    /// Takes over a failure of the database itself.
    fn from_db(failure: DbFailure) -> Self;
    /// Whether the same job may succeed if it is run again: it carries an error for which [`is_retryable`] is true.
    fn retryable(&self) -> bool;
}

impl JobError for DbFailure {
    fn from_db(failure: DbFailure) -> Self {
        failure
    }

    fn retryable(&self) -> bool {
        matches!(self, Self::Query(error) if is_retryable(error))
    }
}

/// For jobs that are nothing but queries: a failure of the database arrives as a `QueryBuilderError`.
impl JobError for Error {
    fn from_db(failure: DbFailure) -> Self {
        match failure {
            DbFailure::Query(error) => error,
            other => Self::QueryBuilderError(Box::new(other)),
        }
    }

    fn retryable(&self) -> bool {
        is_retryable(self)
    }
}

/// Why the database threads could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No connection.
    #[error("cannot open the database: {0}")]
    Connect(#[from] ConnectionError),
    /// The operating system gave no thread.
    #[error("cannot start a database thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// Whether PostgreSQL asks to run the transaction again: serialization failure (40001) or deadlock (40P01).
/// Never true for a violated constraint, nor on SQLite.
pub fn is_retryable(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => is_deadlock(info.as_ref()),
        Error::RollbackErrorOnCommit { commit_error, .. } => is_retryable(commit_error),
        _ => false,
    }
}

/// Whether a statement was given up because it waited too long for a lock, or took too long (55P03, 57014), or the database takes no writes just now.
/// Diesel drops those SQLSTATEs too, so the message is looked at, in the languages in which servers here speak.
pub fn is_passing(error: &Error) -> bool {
    const WORDS: [&str; 6] = ["lock timeout", "statement timeout", "锁超时", "锁定超时", "语句超时", "语句执行超时"];
    match error {
        Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => true,
        Error::DatabaseError(_, info) => WORDS.iter().any(|words| info.message().contains(words)),
        _ => false,
    }
}

/// Diesel drops the SQLSTATE of a deadlock, and the message is in the server's language. The details are not all
/// translated: one line for each process of the circle, with the name of the lock mode that it waits for
/// (`GetLockmodeName` in PostgreSQL, always English). No other error has two such lines.
fn is_deadlock(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    let waits = |line: &&str| line.contains("ShareLock") || line.contains("ExclusiveLock");
    info.message() == "deadlock detected" || info.details().is_some_and(|text| text.lines().filter(waits).count() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Details(&'static str);

    impl DatabaseErrorInformation for Details {
        fn message(&self) -> &str {
            "检测到死锁"
        }
        fn details(&self) -> Option<&str> {
            Some(self.0)
        }
        fn hint(&self) -> Option<&str> {
            None
        }
        fn table_name(&self) -> Option<&str> {
            None
        }
        fn column_name(&self) -> Option<&str> {
            None
        }
        fn constraint_name(&self) -> Option<&str> {
            None
        }
        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    #[test]
    fn a_deadlock_is_known_in_any_language() {
        let error = |details| Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(Details(details)));
        assert!(is_retryable(&error(
            "进程 71 正在等待 事务 7 上的 ShareLock；被进程 72 阻塞。\n进程 72 正在等待 事务 8 上的 ShareLock；被进程 71 阻塞。"
        )));
        assert!(!is_retryable(&error("进程 71 正在等待 事务 7 上的 ShareLock")));
        assert!(!is_retryable(&Error::NotFound));
    }
}
