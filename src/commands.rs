//! What the commands do besides serving.

use crate::access::{self, User, digest, hash_password, random_secret};
use crate::app::App;
use crate::backup;
use crate::config::{Config, make_private};
use crate::db::schema::{setup_tokens, users};
use crate::db::{self, AnyConnection, At, Id};
use crate::verify;
use diesel::prelude::*;
use std::path::Path;

/// Brings the database up to date and says what was done.
pub fn migrate(config: &Config) -> Result<(), String> {
    let mut conn = open(config)?;
    let done = db::migrate(&mut conn).map_err(|e| e.to_string())?;
    if done.is_empty() {
        println!("The database is up to date.");
    }
    for name in done {
        println!("applied {name}");
    }
    Ok(())
}

fn open(config: &Config) -> Result<AnyConnection, String> {
    let database = config.database()?;
    make_private(&config.data_dir)
        .map_err(|e| format!("FITOUT_DATA_DIR: {} cannot be made: {e}", config.data_dir.display()))?;
    AnyConnection::open(&database).map_err(|e| format!("the database {database} cannot be opened: {e}"))
}

/// Looks whether everything is as it was written, and tells what is not and where.
pub fn verify(config: &Config, skip_files: bool) -> Result<(), String> {
    let mut conn = open(config)?;
    if !db::pending(&mut conn).map_err(|e| e.to_string())?.is_empty() {
        return Err("this database is not of this version: `fitout migrate` first".to_owned());
    }
    let files = config.files();
    let report = verify::verify(&mut conn, (!skip_files).then_some(files.as_path()))?;
    for (what, count) in &report.looked_at {
        println!("looked at {count} {what}");
    }
    for finding in &report.findings {
        println!("{finding}");
    }
    match report.wrong {
        0 => {
            println!("everything is as it was written");
            Ok(())
        }
        wrong => Err(format!("{wrong} things are not as they were written")),
    }
}

/// Copies the database and the files.
pub fn backup(config: &Config, folder: &Path) -> Result<(), String> {
    let copied = backup::backup(&config.database()?, &config.files(), folder)?;
    println!("{} and {} files, {} more were there already", copied.database.display(), copied.files, copied.kept);
    Ok(())
}

/// Brings a backup back.
pub fn restore(config: &Config, folder: &Path) -> Result<(), String> {
    let database = config.database()?;
    make_private(&config.data_dir)
        .map_err(|e| format!("FITOUT_DATA_DIR: {} cannot be made: {e}", config.data_dir.display()))?;
    let copied = backup::restore(folder, &database, &config.files())?;
    println!(
        "{} is back in {database}, with {} files; `fitout verify` looks at it",
        copied.database.display(),
        copied.files
    );
    Ok(())
}

/// Creates an administrator from the command line.
pub fn create_administrator(config: &Config, username: &str, display_name: &str) -> Result<(), String> {
    access::people::username(username).map_err(|_| "a user name has 2 to 60 of a-z, 0-9, `.`, `_`, `-`".to_owned())?;
    let password = match std::env::var("FITOUT_PASSWORD") {
        Ok(password) => password,
        Err(_) => {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map_err(|e| format!("no password: {e}"))?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    if password.chars().count() < 8 {
        return Err("the password needs at least 8 characters".to_owned());
    }
    let hash = hash_password(&password).map_err(|e| e.to_string())?;
    let mut conn = open(config)?;
    db::migrate(&mut conn).map_err(|e| e.to_string())?;
    let user: User = conn
        .transaction(|conn| {
            access::api::first_administrator(conn, username, display_name, &hash)
                .map_err(|_| diesel::result::Error::RollbackTransaction)
        })
        .map_err(|_| format!("{username} could not be created: is the name taken?"))?;
    println!("created administrator {} ({})", user.username, user.id);
    Ok(())
}

/// On a service without users: a one-time set-up token, printed once and kept hashed.
pub async fn first_start(app: &App) -> Result<String, String> {
    let token = random_secret().map_err(|e| e.to_string())?;
    let hashed = digest(&token);
    let made = app.services.db.write(move |conn| -> Result<bool, access::Failure> {
        if users::table.count().get_result::<i64>(conn)? > 0 {
            return Ok(false);
        }
        diesel::delete(setup_tokens::table.filter(setup_tokens::used_at.is_null())).execute(conn)?;
        let row = (
            setup_tokens::id.eq(Id::new()),
            setup_tokens::token_hash.eq(&hashed),
            setup_tokens::created_at.eq(At::now_real()),
        );
        diesel::insert_into(setup_tokens::table).values(row).execute(conn)?;
        Ok(true)
    });
    let made = made.await.map_err(|e| crate::http::Problem::from(e).to_string())?;
    Ok(if made {
        format!("No users yet. Make the first administrator with POST /v1/setup and this one-time token: {token}\n")
    } else {
        String::new()
    })
}
