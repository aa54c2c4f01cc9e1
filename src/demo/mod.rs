//! The demo company: groups, a person for every role, clients, and projects standing in every stage, made by calling the API itself in process, so that
//! every rule holds for it too. Loaded once into an empty database; business time walks through the stories and then runs on from now.

mod caller;
mod company;
mod life;
mod projects;

use crate::access::Failure;
use crate::app::App;
use crate::db::At;
use crate::db::schema::users;
use crate::http::Problem;
use caller::Caller;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use std::fmt::Write as _;

/// Everybody's password in the demo, and nowhere else.
pub const PASSWORD: &str = "fitout-demo";

/// How many days before the demo's start its stories begin.
const STORY_DAYS: i64 = 260;

/// Loads the demo company where there are no users yet; the log-ins to print.
pub async fn load(app: &App) -> Result<String, String> {
    let empty = app
        .services
        .db
        .read(|conn| -> Result<bool, Failure> { Ok(users::table.count().get_result::<i64>(conn)? == 0) });
    if empty.await.map_err(|e| Problem::from(e).to_string())? {
        // Hundreds of requests of our own are nothing for the reader of the log.
        let _quiet = tracing::subscriber::set_default(tracing::subscriber::NoSubscriber::new());
        let until = app.config.sandbox_clock.unwrap_or_else(At::now_real);
        let caller = Caller::new(app, At::from(until.utc() - TimeDelta::days(STORY_DAYS))).await?;
        company::make(&caller).await?;
        projects::make(&caller).await?;
        caller.put("admin", "/v1/sandbox/clock", json!({ "now": until, "frozen": false })).await?;
    }
    let mut out = format!("The demo company is there. Everybody's password is {PASSWORD}; the log-ins:\n");
    for (key, name, role, _, _) in company::PEOPLE {
        let _ = writeln!(out, "  {key:<16} {role:<17} {name}");
    }
    Ok(out)
}
