//! The demo company: groups, a person for every role, clients, and projects standing in every stage, made by calling the API itself in process, so that
//! every rule holds for it too. Loaded once into an empty database, where business time walks through the stories and then runs on from now; and again
//! whenever a sandbox is reset.

mod caller;
mod company;
mod life;
mod projects;

use crate::access::{self, Failure, hash_password};
use crate::app::App;
use crate::contracts;
use crate::db::schema::{projects as project_rows, users};
use crate::db::{At, Id, wipe};
use crate::http::Problem;
use crate::workflow::{Project, Stage};
use caller::Caller;
use chrono::TimeDelta;
use diesel::prelude::*;
use life::Spec;
use serde_json::json;
use std::fmt::Write as _;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// Everybody's password in the demo, and nowhere else.
pub const PASSWORD: &str = "fitout-demo";

/// How many days before the demo's start its stories begin.
const STORY_DAYS: i64 = 260;

/// Somebody who can sign in.
#[derive(Debug, Clone, Copy)]
pub struct Login {
    /// The user name.
    pub username: &'static str,
    /// The role.
    pub role: &'static str,
    /// The name.
    pub name: &'static str,
}

/// Everybody of the demo company.
pub fn logins() -> impl Iterator<Item = Login> {
    company::PEOPLE.iter().map(|(username, name, role, ..)| Login { username, role, name })
}

/// Loads the demo company where there are no users yet; the log-ins to print.
pub async fn load(app: &App) -> Result<String, String> {
    let empty = app
        .services
        .db
        .read(|conn| -> Result<bool, Failure> { Ok(users::table.count().get_result::<i64>(conn)? == 0) });
    if empty.await.map_err(|e| Problem::from(e).to_string())? {
        fill(app, PASSWORD, false, true).await?;
    }
    let mut out = format!("The demo company is there. Everybody's password is {PASSWORD}; the log-ins:\n");
    for Login { username, role, name } in logins() {
        let _ = writeln!(out, "  {username:<16} {role:<17} {name}");
    }
    Ok(out)
}

/// Throws everything away and makes the company anew, with its projects if they are wanted.
pub async fn reset(app: &App, password: &str, with_projects: bool) -> Result<(), String> {
    fill(app, password, true, with_projects).await
}

async fn fill(app: &App, password: &str, anew: bool, with_projects: bool) -> Result<(), String> {
    let until = app.config.sandbox_clock.unwrap_or_else(At::now_real);
    let begin = if with_projects { At::from(until.utc() - TimeDelta::days(STORY_DAYS)) } else { until };
    let hash = hash_password(password).map_err(|e| e.to_string())?;
    let made = app.services.db.write(move |conn| -> Result<(), Failure> {
        if anew {
            wipe(conn)?;
            contracts::seed(conn)?;
        }
        crate::clock::start_frozen(conn, begin)?;
        access::api::first_administrator(conn, "admin", "Administrator", &hash).map(|_| ())
    });
    made.await.map_err(|e| Problem::from(e).to_string())?;
    let story = async {
        let caller = Caller::new(app, begin, true).await;
        company::make(&caller, password).await?;
        if with_projects {
            projects::make(&caller).await?;
        }
        caller.put("admin", "/v1/sandbox/clock", json!({ "now": until, "frozen": false })).await
    };
    // Hundreds of requests of our own are nothing for the reader of the log.
    story.with_subscriber(NoSubscriber::new()).await.map(|_| ())
}

/// What is particular to a project that a tester asks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where it stands.
    pub stage: Stage,
    /// Its name.
    pub name: String,
    /// Its client's name.
    pub client: String,
    /// Its front owner's user name.
    pub owner: String,
    /// The contract's amount in fen.
    pub amount: i64,
}

/// Makes a project that stands at a stage, all its acts at this business instant.
pub async fn stand(app: &App, wanted: &Wanted) -> Result<Project, String> {
    let db = &app.services.db;
    let now = db.read(|conn| -> Result<At, Failure> { crate::clock::now(conn) });
    let now = now.await.map_err(|e| Problem::from(e).to_string())?;
    let group = if wanted.owner.starts_with('b') { "B" } else { "A" };
    let spec = Spec {
        client: &wanted.client,
        client_kind: "developer",
        name: &wanted.name,
        kind: "show_flat",
        address: "1 Sandbox Road, Guangzhou",
        area: 240,
        amount: wanted.amount,
        group,
        owner: &wanted.owner,
    };
    let caller = Caller::new(app, now, false).await;
    let reference = Id::new().to_string();
    let life = projects::live(&caller, spec, wanted.stage, &reference).with_subscriber(NoSubscriber::new()).await?;
    let id: Id = life.id().parse().map_err(|_| "a project has no id".to_owned())?;
    let found = db.read(move |conn| -> Result<Project, Failure> {
        Ok(project_rows::table.filter(project_rows::id.eq(id)).select(Project::as_select()).first(conn)?)
    });
    found.await.map_err(|e| Problem::from(e).to_string())
}
