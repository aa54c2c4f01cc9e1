//! The sandbox over HTTP.

use super::failures_api;
use crate::access::{Access, SandboxManage};
use crate::app::{App, Mode};
use crate::db::At;
use crate::demo::{self, Login, Wanted};
use crate::feed::webhooks::{SentMessage, outbox};
use crate::http::{Answer, Body, CreatedAnswer, Listed, OperationDraft, Page, Problem, Reply, Routes};
use crate::workflow::{Project, Stage};
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use std::future::Future;
use utoipa::ToSchema;
use validator::Validate;

/// Reset, standing projects, failures, outbox.
pub fn routes(r: &mut Routes) {
    r.tag("Sandbox", "Only in `demo` and `serve --sandbox`: business time can be moved forward or frozen.");
    r.post_with(
        "/v1/sandbox/reset",
        reset_sandbox,
        "Reset the sandbox",
        "Throws away everything, people and tokens too, and makes the company of the demo anew: with projects in every stage, or without any. Numbers begin \
         again; positions of the feed go on. Sign in again afterwards. It takes some seconds, in which nothing else is answered reliably.",
        |op: &mut OperationDraft| {
            op.no_idempotency().no_dry_run();
        },
    );
    r.post_with(
        "/v1/sandbox/projects",
        create_standing_project,
        "Make a project that stands at a stage",
        "With a client of its own and all the evidence that brought it there, each act by the person of the demo company whose it is, at the business \
         instant now. From bidding on its contract is signed. Needs the demo company as it is after a reset.",
        |op: &mut OperationDraft| {
            op.no_idempotency().no_dry_run();
        },
    );
    r.get_with(
        "/v1/sandbox/outbox",
        list_outbox,
        "Read the outbox",
        "What was sent to webhook endpoints, or waits to be, newest first, with the body as it is sent.",
        |op: &mut OperationDraft| {
            op.sorts(&["-created_at"]);
        },
    );
    failures_api::routes(r);
}

/// What a sandbox is reset to.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ResetSandbox {
    /// With the demo's projects, which stand in every stage; else people, groups and departments only.
    #[serde(default = "yes")]
    #[schema(default = true, example = true)]
    pub projects: bool,
    /// Everybody's password from then on; in `demo` it may be left out and is the demo's.
    #[serde(default)]
    #[validate(length(min = 8, max = 200))]
    #[schema(example = "a password for this sandbox", min_length = 8, max_length = 200, format = "password")]
    pub password: Option<String>,
}

const fn yes() -> bool {
    true
}

/// Somebody who can sign in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LoginView {
    /// The user name.
    #[schema(example = "a_specialist_1")]
    pub username: String,
    /// The role.
    #[schema(example = "front_specialist")]
    pub role: String,
    /// The name.
    #[schema(example = "Ho Yan (客管專員 A)")]
    pub display_name: String,
}

/// A sandbox after its reset.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SandboxView {
    /// Real time, when it was done.
    pub reset_at: At,
    /// Everybody who can sign in, all with the same password.
    pub people: Vec<LoginView>,
}

async fn reset_sandbox(access: Access<SandboxManage>, body: Body<ResetSandbox>, app: Data<App>) -> Answer<SandboxView> {
    access.read(|_| Ok(())).await?;
    let password = password(&app, body.password.as_deref())?;
    let resetting = app.resetting.clone().try_lock_owned();
    let alone = resetting
        .map_err(|_| Problem::conflict("The sandbox is being reset already. Wait for it.", "沙盒正在重置，請稍候。"))?;
    app.forget_failures();
    let projects = body.projects;
    let story = async move {
        let _alone = alone;
        demo::reset(&app, &password, projects).await
    };
    to_its_end(story).await?.map_err(|e| Problem::internal(&e))?;
    let show = |Login { username, role, name }| LoginView {
        username: username.to_owned(),
        role: role.to_owned(),
        display_name: name.to_owned(),
    };
    Reply::of(&SandboxView { reset_at: At::now_real(), people: demo::logins().map(show).collect() })
}

/// A story is told to its end, even if whoever asked for it does not wait.
async fn to_its_end<T: 'static>(story: impl Future<Output = T> + 'static) -> Result<T, Problem> {
    actix_web::rt::spawn(story).await.map_err(|e| Problem::internal(&e))
}

/// No default password exists outside `demo`.
fn password(app: &App, said: Option<&str>) -> Result<String, Problem> {
    match (said, app.mode) {
        (Some(said), _) => Ok(said.to_owned()),
        (None, Mode::Demo) => Ok(demo::PASSWORD.to_owned()),
        (None, Mode::Sandbox | Mode::Production) => Err(Problem::validation(
            "/password",
            "missing",
            "Say which password everybody has after the reset.",
            "請指定重置後各人的密碼。",
        )),
    }
}

/// A project to make.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewStandingProject {
    /// Where it stands.
    pub stage: Stage,
    /// Its name.
    #[serde(default = "a_name")]
    #[validate(length(min = 1, max = 200))]
    #[schema(default = "Sandbox show flats", example = "Sandbox show flats", min_length = 1, max_length = 200)]
    pub name: String,
    /// Its client's name; the client is made with it.
    #[serde(default = "a_client")]
    #[validate(length(min = 1, max = 200))]
    #[schema(default = "Sandbox Properties Ltd", example = "Sandbox Properties Ltd", min_length = 1, max_length = 200)]
    pub client: String,
    /// The user name of its front owner.
    #[serde(default = "a_specialist")]
    #[schema(default = "a_specialist_1", example = "a_specialist_1")]
    pub owner: StandingOwner,
    /// The contract's amount in fen; above the review limit the manager reviews it too.
    #[serde(default = "an_amount")]
    #[validate(range(min = 1_000_000, max = 1_000_000_000_000_i64))]
    #[schema(default = 40_000_000, example = 40_000_000, minimum = 1_000_000, maximum = 1_000_000_000_000_i64)]
    pub amount: i64,
}

crate::text_enum! {
    /// A front owner of the demo company.
    StandingOwner {
        /// Of group A.
        A1 = "a_specialist_1",
        /// Of group A.
        A2 = "a_specialist_2",
        /// Of group B.
        B1 = "b_specialist_1",
    }
}

const fn a_specialist() -> StandingOwner {
    StandingOwner::A1
}

fn a_name() -> String {
    "Sandbox show flats".to_owned()
}

fn a_client() -> String {
    "Sandbox Properties Ltd".to_owned()
}

const fn an_amount() -> i64 {
    40_000_000
}

async fn create_standing_project(
    access: Access<SandboxManage>,
    body: Body<NewStandingProject>,
    app: Data<App>,
) -> CreatedAnswer<Project> {
    access.read(|_| Ok(())).await?;
    let new = body.into_inner();
    let (owner, name, client) = (new.owner.as_str().to_owned(), new.name, new.client);
    let wanted = Wanted { stage: new.stage, name, client, owner, amount: new.amount };
    let project = to_its_end(async move { demo::stand(&app, &wanted).await }).await?.map_err(|e| stopped(&e))?;
    Ok(Reply::created(&project, format!("/v1/projects/{}", project.id))?.version(project.version))
}

/// The company is not the demo's any more, or its settings ask for more than the story brings.
fn stopped(why: &str) -> Problem {
    Problem::state(
        format!(
            "The story stopped, and the project stays where it came to; reset the sandbox if the demo company is gone. {why}"
        ),
        format!("流程中止，項目停在當前階段；若演示公司已變更，請重置沙盒。{why}"),
    )
}

async fn list_outbox(access: Access<SandboxManage>, page: Page) -> Listed<SentMessage> {
    access.list(move |tx| outbox(tx, &page)).await
}
