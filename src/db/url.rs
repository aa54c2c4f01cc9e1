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
        // A password that should have been percent-encoded makes another address of the whole: then nothing of it is shown.
        match url::Url::parse(url) {
            Ok(url) if !url.path().contains('@') && !url.query().unwrap_or_default().contains('@') => {
                let user = Some(url.username()).filter(|name| !name.is_empty());
                let user = user.map(|name| format!("{name}@")).unwrap_or_default();
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                write!(f, "postgres://{user}{}{port}{}", url.host_str().unwrap_or_default(), url.path())
            }
            _ => f.write_str("postgres://…"),
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
        let shown = |url: &str| format!("{:?}", url.parse::<DatabaseUrl>().unwrap());
        for url in ["postgres://ann:sec@ret@db:5432/x", "postgres://ann@db:5432/x?password=secret"] {
            assert_eq!(shown(url), "postgres://ann@db:5432/x");
        }
        assert_eq!(shown("postgres://db/x"), "postgres://db/x");
        for url in [
            "postgres://ann:se/c@db/x",
            "postgres://ann:1/c@db/x",
            "postgres://ann:se?c@db/x",
            "postgres://ann@db/x?password=s@c",
        ] {
            assert_eq!(shown(url), "postgres://…");
        }
    }
}
