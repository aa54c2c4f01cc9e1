//! Which database: chosen by the scheme of a URL, never by trying.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the data is. Parsed from `sqlite://path`, a plain path, `postgres://…` or `postgresql://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file of embedded SQLite; made when absent.
    Sqlite(PathBuf),
    /// A libpq connection URL.
    Postgres(String),
}

/// Why a text is no database URL: a sentence for whoever configured it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadDatabaseUrl(String);

const FORMS: &str = "use sqlite://path, a plain file path, or postgres://user@host/name";

impl FromStr for DatabaseUrl {
    type Err = BadDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, path) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("sqlite".to_owned(), text),
        };
        match scheme.as_str() {
            "postgres" | "postgresql" => Ok(Self::Postgres(format!("{scheme}://{path}"))),
            "sqlite" => sqlite_path(path).map(Self::Sqlite),
            other => Err(BadDatabaseUrl(format!("The database URL has the unknown scheme `{other}`; {FORMS}."))),
        }
    }
}

fn sqlite_path(path: &str) -> Result<PathBuf, BadDatabaseUrl> {
    let refuse = |why: &str| Err(BadDatabaseUrl(format!("{why}; {FORMS}.")));
    if path.is_empty() {
        return refuse("The database URL names no file");
    }
    // Several threads open the file, and each would get a memory database of its own.
    if path.contains(":memory:") {
        return refuse("A database in memory cannot be shared by threads");
    }
    // SQLite would read these as its own URI syntax and might silently open another file.
    if path.starts_with("file:") || path.contains('?') {
        return refuse("SQLite options in the database URL are not supported");
    }
    // A libpq connection string, which would otherwise become the name of a new, empty file.
    if path.contains("host=") || path.contains("dbname=") {
        return refuse("A keyword connection string is not supported");
    }
    Ok(PathBuf::from(path))
}

/// Without the password, so that it can be logged.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = match self {
            Self::Sqlite(path) => return write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => url,
        };
        // The options may hold a password too.
        let url = url.split_once('?').map_or(url.as_str(), |(url, _)| url);
        match url.split_once("://").map(|(_, rest)| rest.rsplit_once('@')) {
            Some(Some((user, host))) => {
                let user = user.split_once(':').map_or(user, |(user, _)| user);
                write!(f, "postgres://{user}@{host}")
            }
            _ => f.write_str(url),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses() {
        let sqlite = |p: &str| Ok(DatabaseUrl::Sqlite(PathBuf::from(p)));
        assert_eq!("data/a.db".parse(), sqlite("data/a.db"));
        assert_eq!("sqlite://data/a.db".parse(), sqlite("data/a.db"));
        assert_eq!("sqlite:///srv/a.db".parse(), sqlite("/srv/a.db"));
        for url in ["postgres://a@b/c", "postgresql://a@b/c"] {
            assert_eq!(url.parse(), Ok(DatabaseUrl::Postgres(url.to_owned())));
        }
        for bad in ["", "mysql://a/b", "sqlite://", ":memory:", "a?mode=ro", "file:x", "host=a dbname=b"] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        for url in ["postgres://ann:se/c@ret@db:5432/x", "postgres://ann@db:5432/x?password=secret"] {
            let shown = format!("{:?}", url.parse::<DatabaseUrl>().unwrap());
            assert_eq!(shown, "postgres://ann@db:5432/x");
        }
    }
}
