//! The settings of the process: one struct, every setting by flag and environment variable. Unknown or senseless ones are refused with a sentence
//! that names them. Business settings are records (see [`crate::settings`]).

use crate::db::{At, DatabaseUrl};
use crate::http::server::TrustedProxies;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The back end of a fit-out and staging company's client department.
#[derive(Debug, Parser)]
#[command(name = "fitout", version, about)]
pub struct Cli {
    /// What to do; `serve` if nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub config: Config,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API (the default).
    Serve,
    /// Serve the API with a demo company, its log-ins printed, and a clock that can be moved.
    Demo,
    /// Bring the database up to date and stop.
    Migrate,
    /// Print the OpenAPI document and stop; with `--sandbox` that of a sandbox.
    Openapi,
    /// Look whether everything that is stored is as it was written: event chains, records, the sums of money, files. Ends with 1 where it is not.
    Verify {
        /// Do not read the files.
        #[arg(long)]
        skip_files: bool,
    },
    /// Copy the database and the files into a folder, while the service runs; on PostgreSQL with `pg_dump`.
    Backup {
        /// The folder; one that holds an earlier backup gets only the new files.
        folder: PathBuf,
    },
    /// Bring a backup back, into an empty database; on PostgreSQL with `pg_restore`.
    Restore {
        /// The folder of the backup.
        folder: PathBuf,
    },
    /// Manage users from the command line.
    #[command(subcommand)]
    User(UserCommand),
}

/// Managing users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create an administrator; the password is read from FITOUT_PASSWORD or the first line of standard input.
    Create {
        /// The log-in name.
        username: String,
        /// The name as people say it.
        #[arg(long, default_value = "Administrator")]
        display_name: String,
    },
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The settings of the process.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Where to listen.
    #[arg(long, env = "FITOUT_LISTEN", default_value = "127.0.0.1:8080", global = true)]
    pub listen: SocketAddr,
    /// Where the embedded database, the documents and the signing key are kept.
    #[arg(long, env = "FITOUT_DATA_DIR", default_value = "data", global = true)]
    pub data_dir: PathBuf,
    /// `postgres://…`, or `sqlite://path`; the embedded database in the data folder if not given.
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true)]
    pub database_url: Option<String>,
    /// A standby of the PostgreSQL database, `postgres://…`, which answers lists and reports: never less than what was committed before.
    #[arg(long, env = "DATABASE_REPLICA_URL", global = true, hide_env_values = true)]
    pub database_replica_url: Option<String>,
    /// The key that signs access tokens, at least 32 bytes. On SQLite one is made on first run; on PostgreSQL it must be given.
    #[arg(long, env = "FITOUT_SIGNING_KEY", global = true, hide_env_values = true)]
    pub signing_key: Option<String>,
    /// A file that holds the signing key.
    #[arg(long, env = "FITOUT_SIGNING_KEY_FILE", global = true, conflicts_with = "signing_key")]
    pub signing_key_file: Option<PathBuf>,
    /// Networks whose X-Forwarded-For is believed, such as `10.0.0.0/8,127.0.0.1`.
    #[arg(long, env = "FITOUT_TRUSTED_PROXIES", default_value = "", global = true, value_parser = trusted_proxies)]
    pub trusted_proxies: TrustedProxies,
    /// Origins that browsers may call from, with commas, such as `https://app.example.com`.
    #[arg(long, env = "FITOUT_CORS_ORIGINS", value_delimiter = ',', global = true)]
    pub cors_origins: Vec<String>,
    /// The largest document that may be uploaded, in bytes.
    #[arg(long, env = "FITOUT_MAX_UPLOAD", default_value_t = 50 * 1024 * 1024, global = true, value_parser = clap::value_parser!(u64).range(1024..=10_737_418_240))]
    pub max_upload: u64,
    /// Database threads: readers on SQLite (one for each core unless said, 2 to 8), all threads on PostgreSQL (three for each core, 4 to 30).
    #[arg(long, env = "FITOUT_DB_THREADS", global = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub db_threads: Option<u16>,
    /// How many requests may wait for the database before more are answered 503.
    #[arg(long, env = "FITOUT_DB_QUEUE", default_value_t = 1024, global = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub db_queue: u32,
    /// Threads that serve HTTP.
    #[arg(long, env = "FITOUT_WORKERS", global = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// Requests a minute that one signed-in caller may send to this process; no limit where it is not given. Log-ins always have theirs.
    #[arg(long, env = "FITOUT_RATE_LIMIT", global = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_limit: Option<u32>,
    /// Seconds after which a connection is ended whose other side takes nothing of what is sent to it.
    #[arg(long, env = "FITOUT_STALL_TIMEOUT", default_value_t = 30, global = true, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub stall_timeout: u16,
    /// Seconds after which a stream of events on which nothing was said says a comment: less than a proxy waits before it cuts such a line.
    #[arg(long, env = "FITOUT_STREAM_HEARTBEAT", default_value_t = 15, global = true, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub stream_heartbeat: u16,
    /// Seconds after SIGTERM in which the service still serves but says that it is not ready: longer than a proxy takes to notice.
    #[arg(long, env = "FITOUT_DRAIN", default_value_t = 2, global = true, value_parser = clap::value_parser!(u16).range(0..=300))]
    pub drain: u16,
    /// Lets webhooks go to private networks and without TLS: for tests and closed networks.
    #[arg(long, env = "FITOUT_WEBHOOK_PRIVATE_TARGETS", global = true)]
    pub webhook_private_targets: bool,
    /// How logs are written.
    #[arg(long, env = "FITOUT_LOG_FORMAT", value_enum, default_value = "text", global = true)]
    pub log_format: LogFormat,
    /// What is logged, such as `info` or `fitout=debug,warn`.
    #[arg(long, env = "FITOUT_LOG", default_value = "info", global = true)]
    pub log: String,
    /// Lets the administrator move the business clock (always on in `demo`).
    #[arg(long, env = "FITOUT_SANDBOX", global = true)]
    pub sandbox: bool,
    /// Where a sandbox's clock starts in a new database, such as `2025-11-01T00:00:00+08:00`.
    #[arg(long, env = "FITOUT_SANDBOX_CLOCK", global = true)]
    pub sandbox_clock: Option<At>,
}

fn trusted_proxies(text: &str) -> Result<TrustedProxies, String> {
    text.parse()
}

impl Config {
    /// The database: the one given, or the embedded one in the data folder.
    pub fn database(&self) -> Result<DatabaseUrl, String> {
        match &self.database_url {
            Some(url) => url.parse().map_err(|e| format!("DATABASE_URL: {e}")),
            None => Ok(DatabaseUrl::Sqlite(self.data_dir.join("fitout.db"))),
        }
    }

    /// The standby for lists and reports, if one is given.
    pub fn standby(&self) -> Result<Option<DatabaseUrl>, String> {
        let Some(url) = self.database_replica_url.as_deref().filter(|url| !url.is_empty()) else { return Ok(None) };
        let url: DatabaseUrl = url.parse().map_err(|e| format!("DATABASE_REPLICA_URL: {e}"))?;
        match (self.database()?, url) {
            (DatabaseUrl::Postgres(_), url @ DatabaseUrl::Postgres(_)) => Ok(Some(url)),
            _ => Err("DATABASE_REPLICA_URL: only a PostgreSQL database has a standby, and DATABASE_URL must name that database".to_owned()),
        }
    }

    /// Where the bytes of documents are kept.
    pub fn files(&self) -> PathBuf {
        self.data_dir.join("files")
    }

    /// Refuses environment variables of ours that nobody reads: most likely a misspelt setting.
    pub fn refuse_unknown_environment() -> Result<(), String> {
        let known: Vec<String> = {
            use clap::CommandFactory as _;
            let command = Cli::command();
            command.get_arguments().filter_map(|a| a.get_env().and_then(|e| e.to_str()).map(str::to_owned)).collect()
        };
        // Kubernetes tells every container of a service called `fitout` where it is, under names that begin so.
        let told = |n: &str| n == "FITOUT_PORT" || n.starts_with("FITOUT_PORT_") || n.starts_with("FITOUT_SERVICE_");
        let mut ours = std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|n| n.starts_with("FITOUT_") && n != "FITOUT_PASSWORD" && !told(n));
        match ours.find(|name| !known.contains(name)) {
            Some(name) => Err(format!("{name} is not a setting of Fitout; `fitout --help` lists them all")),
            None => Ok(()),
        }
    }

    /// Origins that browsers may call from; an empty variable names none.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.cors_origins.iter().map(|origin| origin.trim()).filter(|origin| !origin.is_empty())
    }

    /// Refuses what cannot be meant.
    pub fn check(&self, sandbox: bool) -> Result<(), String> {
        if self.sandbox_clock.is_some() && !sandbox {
            return Err("FITOUT_SANDBOX_CLOCK only makes sense in `demo` or with --sandbox".to_owned());
        }
        for origin in self.origins() {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if host.is_none_or(|h| h.is_empty() || h.contains('/')) {
                return Err(format!(
                    "FITOUT_CORS_ORIGINS: {origin:?} is not an origin such as https://app.example.com"
                ));
            }
        }
        Ok(())
    }
}

/// Makes a folder, if it is not there, that nobody else on the machine may look into: database and backups hold secrets.
pub fn make_private(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
