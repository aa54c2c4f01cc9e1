//! One connection to either database, and how its session is set up.

use std::path::Path;
use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::result::{ConnectionError, ConnectionResult, QueryResult};
use diesel::sql_types::Integer;
use diesel::sqlite::SqliteConnection;

use super::url::DatabaseUrl;

/// A connection to either database. Diesel's models, written once, run on it.
///
/// Open it with [`AnyConnection::open`]; the derived `establish` tries the variants in turn and would make an SQLite
/// file out of a mistyped PostgreSQL URL.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// Embedded SQLite.
    Sqlite(SqliteConnection),
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transaction {
    /// One unchanging view of the data.
    Snapshot,
    /// Reads and writes. SQLite takes its one write lock at once, or a read followed by a write would fail.
    Write,
}

/// WAL lets readers run beside the writer; FULL makes COMMIT survive a power cut. The log is carried over into the database by the writer between its
/// transactions ([`AnyConnection::carry_over`]); within COMMIT, where the callers would wait for it, only what one huge transaction leaves.
const SQLITE_SESSION: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA wal_autocheckpoint = 4000;
";

/// Pages in the log that are worth carrying over.
const LONG: i32 = 250;

/// Carries nothing over and answers [`Wal`].
pub(super) const LOOK_AT_WAL: &str = "PRAGMA wal_checkpoint(NOOP)";

/// What SQLite tells of its log.
#[derive(diesel::QueryableByName)]
pub(super) struct Wal {
    /// Pages in it, of all that was committed since it was begun.
    #[diesel(sql_type = Integer)]
    pub(super) log: i32,
    /// Those that stand in the database already.
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

/// Nothing may hold a thread, a row or a transaction for ever. A page from an index is taken to cost as much as one in a row, as it does in memory and
/// on today's disks: with the old disks' factor of four, looking one person up reads whole small tables.
const POSTGRES_SESSION: &str = "
    SET TIME ZONE 'UTC';
    SET random_page_cost = 1.1;
    SET statement_timeout = '30s';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';
";

impl AnyConnection {
    /// Connects and sets up the session; an SQLite file is made when absent.
    pub fn open(url: &DatabaseUrl) -> ConnectionResult<Self> {
        let mut conn = match url {
            DatabaseUrl::Sqlite(path) => Self::Sqlite(open_file(path)?),
            DatabaseUrl::Postgres(url) => Self::Postgres(PgConnection::establish(&with_defaults(url))?),
        };
        conn.set_up_patiently().map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }

    /// Turning a new SQLite file into WAL mode takes it for oneself, and SQLite does not wait for that by itself: two processes that start at the
    /// same moment take turns.
    fn set_up_patiently(&mut self) -> QueryResult<()> {
        for _ in 0..100 {
            match self.set_up_session() {
                Err(error) if error.to_string().contains("locked") => std::thread::sleep(Duration::from_millis(20)),
                done => return done,
            }
        }
        self.set_up_session()
    }

    /// As [`open`](Self::open), but on SQLite every write is refused. (On PostgreSQL readers and writers share the threads.)
    pub(super) fn open_reader(url: &DatabaseUrl) -> ConnectionResult<Self> {
        let mut conn = Self::open(url)?;
        if let Self::Sqlite(conn) = &mut conn {
            conn.batch_execute("PRAGMA query_only = ON").map_err(ConnectionError::CouldntSetupConfiguration)?;
        }
        Ok(conn)
    }

    /// The settings of a new session; restores them too after something has changed them.
    pub(super) fn set_up_session(&mut self) -> QueryResult<()> {
        self.batch_execute(match self {
            Self::Postgres(_) => POSTGRES_SESSION,
            Self::Sqlite(_) => SQLITE_SESSION,
        })
    }

    /// Looks at one state of the data for as long as it takes, and changes nothing. For commands: a request is given less time.
    pub fn look<T, E: From<diesel::result::Error>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin(Transaction::Snapshot)?;
        if self.is_postgres() {
            self.batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")?;
        }
        let seen = work(self);
        self.roll_back_to(0)?;
        seen
    }

    /// Whether this is PostgreSQL. For `db` alone; business code must not need it.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    pub(super) fn begin(&mut self, kind: Transaction) -> QueryResult<()> {
        match self {
            Self::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(
                conn,
                match kind {
                    Transaction::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                    Transaction::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
                },
            ),
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(
                conn,
                match kind {
                    Transaction::Snapshot => "BEGIN DEFERRED",
                    Transaction::Write => "BEGIN IMMEDIATE",
                },
            ),
        }
    }

    /// Begins a savepoint when a transaction is open.
    pub(super) fn savepoint(&mut self) -> QueryResult<()> {
        <Self as TransactionManager<Self>>::begin_transaction(self)
    }

    /// Commits the transaction, or releases the innermost savepoint.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        <Self as TransactionManager<Self>>::commit_transaction(self)
    }

    /// Rolls back until `depth` transactions and savepoints are open (0: none). A panic may have left several.
    pub(super) fn roll_back_to(&mut self, depth: u32) -> QueryResult<()> {
        while self.depth()? > depth {
            <Self as TransactionManager<Self>>::rollback_transaction(self)?;
        }
        Ok(())
    }

    /// How many transactions and savepoints are open; an error when the connection cannot be used any more.
    pub(super) fn depth(&mut self) -> QueryResult<u32> {
        let status = <Self as TransactionManager<Self>>::transaction_manager_status_mut(self);
        Ok(status.transaction_depth()?.map_or(0, u32::from))
    }

    /// Carries SQLite's log over into the database once it is long enough: often and a little at a time, for who writes next waits for it (measured: p99 of
    /// writes 9 ms, not 15 to 22 as with SQLite's own 1,000 pages; a thread of its own for it made 20 to 40).
    pub(super) fn carry_over(&mut self) -> QueryResult<()> {
        let Self::Sqlite(conn) = self else { return Ok(()) };
        let wal = diesel::sql_query(LOOK_AT_WAL).get_result::<Wal>(conn)?;
        if wal.log - wal.checkpointed >= LONG {
            conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?;
        }
        Ok(())
    }

    /// Asks the database for a sign of life. Fails in a PostgreSQL transaction that an error has aborted.
    pub(super) fn probe(&mut self) -> QueryResult<()> {
        self.batch_execute("SELECT 1")
    }
}

fn open_file(path: &Path) -> ConnectionResult<SqliteConnection> {
    let path = path
        .to_str()
        .ok_or_else(|| ConnectionError::BadConnection("The path of the database file is not UTF-8.".to_owned()))?;
    SqliteConnection::establish(path)
}

/// libpq waits for ever by default, for a connection and for a peer that has vanished.
fn with_defaults(url: &str) -> String {
    let mut url = url.to_owned();
    for (key, value) in
        [("connect_timeout", "5"), ("tcp_user_timeout", "30000"), ("application_name", env!("CARGO_PKG_NAME"))]
    {
        if !url.contains(&format!("{key}=")) {
            let separator = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{separator}{key}={value}"));
        }
    }
    url
}
