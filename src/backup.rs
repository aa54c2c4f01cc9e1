//! `fitout backup` and `fitout restore`: the database and every file, while the service runs. The database goes first, because a file is kept before a
//! row names it and never changes afterwards: what the copied rows name, the copied files hold.

use crate::config::make_private;
use crate::db::{self, AnyConnection, DatabaseUrl};
use crate::documents::{INCOMING, hash_of};
use diesel::connection::SimpleConnection;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The copy of SQLite's file.
const SQLITE: &str = "fitout.db";
/// The dump of PostgreSQL.
const POSTGRES: &str = "fitout.dump";
const FILES: &str = "files";

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The copy of the database.
    pub database: PathBuf,
    /// Files that were copied now.
    pub files: u64,
    /// Files that the folder held already.
    pub kept: u64,
}

/// Copies database and files into a folder, which may hold an earlier backup: only new files are copied then, and until all are there the earlier copy
/// of the database stays.
pub fn backup(database: &DatabaseUrl, files: &Path, into: &Path) -> Result<Copied, String> {
    make_private(into).map_err(|e| format!("{} cannot be made: {e}", into.display()))?;
    let (copy, whole) = match database {
        DatabaseUrl::Sqlite(path) => {
            if !path.exists() {
                return Err(format!("there is no database at {}", path.display()));
            }
            (into.join(SQLITE), fresh(&into.join(SQLITE), |fresh| copy_sqlite(database, fresh))?)
        }
        DatabaseUrl::Postgres(url) => {
            let dump = |fresh: &Path| run(tool("pg_dump", url).args(["--format=custom", "--file"]).arg(fresh));
            (into.join(POSTGRES), fresh(&into.join(POSTGRES), dump)?)
        }
    };
    let (copied, kept) = copy_files(files, &into.join(FILES))?;
    fs::rename(&whole, &copy).map_err(|e| format!("{} cannot be written: {e}", copy.display()))?;
    Ok(Copied { database: copy, files: copied, kept })
}

/// Brings a backup back, into a database that is empty and a folder of files. The files come first: nothing names them yet, so that what breaks off can
/// be begun again.
pub fn restore(from: &Path, database: &DatabaseUrl, files: &Path) -> Result<Copied, String> {
    let (copy, (copied, kept)) = match database {
        DatabaseUrl::Sqlite(path) => {
            let copy = from.join(SQLITE);
            // A log that was left behind would be played into the copy and spoil it.
            for beside in ["", "-wal", "-shm", "-journal"] {
                let mut there = path.clone().into_os_string();
                there.push(beside);
                let there = PathBuf::from(there);
                if there.exists() {
                    return Err(format!("{} is there already: restore into a folder of its own", there.display()));
                }
            }
            if let Some(folder) = path.parent() {
                make_private(folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
            }
            let done = copy_files(&from.join(FILES), files)?;
            copy_durably(&copy, path).map_err(|e| format!("{} cannot be copied: {e}", copy.display()))?;
            (copy, done)
        }
        DatabaseUrl::Postgres(url) => {
            let copy = from.join(POSTGRES);
            let mut conn = open(database)?;
            if !db::is_empty(&mut conn).map_err(|e| e.to_string())? {
                return Err(format!("{database} is not empty: restore into a database of its own"));
            }
            let done = copy_files(&from.join(FILES), files)?;
            // Whose everything is, and who else may read it, is for the new place to say: its roles are others.
            let alone = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"];
            run(tool("pg_restore", url).args(alone).arg(&copy))?;
            (copy, done)
        }
    };
    Ok(Copied { database: copy, files: copied, kept })
}

fn open(database: &DatabaseUrl) -> Result<AnyConnection, String> {
    AnyConnection::open(database).map_err(|e| format!("the database {database} cannot be opened: {e}"))
}

/// `VACUUM INTO` copies one state of a database that is being written (<https://sqlite.org/lang_vacuum.html>).
fn copy_sqlite(database: &DatabaseUrl, fresh: &Path) -> Result<(), String> {
    let name = fresh.to_str().ok_or("the folder's name is not UTF-8")?.replace('\'', "''");
    open(database)?
        .batch_execute(&format!("VACUUM INTO '{name}'"))
        .map_err(|e| format!("the database cannot be copied: {e}"))?;
    File::open(fresh).and_then(|file| file.sync_all()).map_err(|e| format!("{} cannot be synced: {e}", fresh.display()))
}

/// Makes a file beside its place, for the caller to put there once everything is whole: a backup that fails leaves the one before.
fn fresh(place: &Path, make: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let fresh = place.with_extension("incomplete");
    if fresh.exists() {
        fs::remove_file(&fresh).map_err(|e| format!("{} cannot be written: {e}", place.display()))?;
    }
    make(&fresh)?;
    Ok(fresh)
}

/// A tool of PostgreSQL's on this database; the password goes where other users of the machine do not see it.
fn tool(program: &str, url: &str) -> Command {
    let mut command = Command::new(program);
    let (shown, password) = without_password(url);
    if let Some(password) = password {
        let password = percent_encoding::percent_decode_str(&password).decode_utf8_lossy().into_owned();
        command.env("PGPASSWORD", password);
    }
    command.args(["--dbname", &shown]);
    command
}

/// The address and the password in it, before the host or as a parameter. By hand: an address of several hosts is no URL.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (name, password) = user.split_once(':').map_or((user, None), |(name, password)| (name, Some(password)));
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let (mut kept, mut of_query) = (Vec::new(), None);
    for part in query.split('&').filter(|part| !part.is_empty()) {
        match part.strip_prefix("password=") {
            Some(password) => of_query = Some(password),
            None => kept.push(part),
        }
    }
    let at = if name.is_empty() { "" } else { "@" };
    let mark = if kept.is_empty() { "" } else { "?" };
    let shown = format!("{scheme}://{name}{at}{hosts}{path}{mark}{}", kept.join("&"));
    (shown, of_query.or(password).map(str::to_owned))
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|e| format!("{program} cannot be run, it comes with PostgreSQL: {e}"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&done.stderr).trim()))
}

/// Copies what the other folder lacks: a file's name is the hash of its bytes, so one that is there is the same. One that is not what its name says is
/// never copied, least of all over one that is.
fn copy_files(from: &Path, to: &Path) -> Result<(u64, u64), String> {
    let (mut copied, mut kept) = (0, 0);
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let failed = |e: io::Error| format!("{} cannot be copied: {e}", from.join(&folder).display());
        let entries = match fs::read_dir(from.join(&folder)) {
            Ok(entries) => entries,
            // A service that never kept a file has no folder of them.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
        };
        fs::create_dir_all(to.join(&folder)).map_err(failed)?;
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let place = folder.join(entry.file_name());
            let size = |path: &Path| fs::metadata(path).map(|m| m.len()).ok();
            if entry.file_type().map_err(failed)?.is_dir() {
                // What is still arriving belongs to nobody yet.
                if place != Path::new(INCOMING) {
                    folders.push(place);
                }
            } else if size(&to.join(&place)) == size(&from.join(&place)) {
                kept += 1;
            } else if hash_of(&from.join(&place)).map_err(failed)?.1.as_str() != entry.file_name() {
                return Err(format!(
                    "{} is damaged: its bytes are not those that its name is the hash of",
                    from.join(&place).display()
                ));
            } else {
                copy_durably(&from.join(&place), &to.join(&place)).map_err(failed)?;
                copied += 1;
            }
        }
    }
    Ok((copied, kept))
}

fn copy_durably(from: &Path, to: &Path) -> io::Result<()> {
    let fresh = to.with_extension("incomplete");
    fs::copy(from, &fresh)?;
    File::open(&fresh)?.sync_all()?;
    fs::rename(&fresh, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (url, shown, password) in [
            ("postgres://ann:se%40cret@db:5432/fitout", "postgres://ann@db:5432/fitout", Some("se%40cret")),
            (
                "postgres://ann:x@one:5432,two:5433/f?sslmode=require",
                "postgres://ann@one:5432,two:5433/f?sslmode=require",
                Some("x"),
            ),
            ("postgresql://ann@db/f?password=x&a=b", "postgresql://ann@db/f?a=b", Some("x")),
            ("postgres://db/f?password=x", "postgres://db/f", Some("x")),
            ("postgres://ann@db", "postgres://ann@db", None),
        ] {
            assert_eq!(without_password(url), (shown.to_owned(), password.map(str::to_owned)));
        }
    }
}
