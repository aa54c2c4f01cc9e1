//! A small sample app, for the tests of the routes.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::http::{
    Answer, Body, CreatedAnswer, Describe, EmptyAnswer, IdempotencyKey, IfMatch, Listed, OperationDraft, OptionalBody,
    Page, Patch, Path, Problem, Query, Ref, Reply, Routes,
};

/// Stands for `Access<P>`.
struct Gate;

impl FromRequest for Gate {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = req.headers().contains_key("authorization");
        ready(if known { Ok(Gate) } else { Err(Problem::unauthenticated()) })
    }
}

impl Describe for Gate {
    fn describe(op: &mut OperationDraft) {
        op.permission("memos.reply", &["manager", "designer"]);
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MemoStatus {
    Open,
    Replied,
}

/// What a department was told.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Memo {
    id: uuid::Uuid,
    status: MemoStatus,
    text: String,
    replied_at: Option<chrono::DateTime<chrono::Utc>>,
    version: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemoText {
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
    note: Option<String>,
}

#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reason {
    reason: Option<String>,
}

/// Something with the acts it allows.
#[derive(Serialize, ToSchema)]
struct WithActions<T> {
    #[serde(flatten)]
    record: T,
    available_actions: Vec<String>,
}

#[derive(Debug, Deserialize, IntoParams, Validate)]
struct MemoFilter {
    /// Only of this status.
    status: Option<MemoStatus>,
    /// Of this client.
    client: Option<Ref>,
}

fn memo() -> Memo {
    Memo { id: uuid::Uuid::nil(), status: MemoStatus::Open, text: "x".into(), replied_at: None, version: 3 }
}

async fn list_memos(_: Gate, project: Path<Ref>, query: Query<MemoFilter>, page: Page) -> Listed<Memo> {
    assert!(!project.to_string().is_empty() || query.client.is_none());
    page.sort(&["-created_at", "text"])?;
    page.after()?;
    let _ = query.status;
    let (rows, next) = page.cut(vec![memo(), memo()], |_| vec![json!(1)]);
    Reply::list(rows, next, None)
}

async fn create_memo(_: Gate, _: Path<Ref>, key: IdempotencyKey, body: Body<MemoText>) -> CreatedAnswer<Memo> {
    Ok(Reply::created(&Memo { text: format!("{}{}", &*key, body.text), ..memo() }, "/v1/memos/1")?.version(1))
}

async fn get_memo(_: Gate, _: Path<Ref>) -> Answer<WithActions<Memo>> {
    let answer = WithActions { record: memo(), available_actions: vec!["reply".into()] };
    Ok(Reply::ok(&answer)?.version(3))
}

async fn change_memo(_: Gate, _: Path<Ref>, seen: IfMatch, patch: Patch<MemoText>) -> Answer<Memo> {
    let current = MemoText { text: "old".into(), note: None };
    let changed = patch.apply(&current)?;
    seen.require(3, || json!({"version": 3}))?;
    Reply::ok(&Memo { text: changed.text, ..memo() })
}

async fn delete_memo(_: Gate, _: Path<Ref>, seen: IfMatch) -> EmptyAnswer {
    seen.require(3, || json!({"version": 3}))?;
    Ok(Reply::empty())
}

async fn close_memo(_: Gate, _: Path<Ref>, why: OptionalBody<Reason>) -> Answer<Memo> {
    assert!(why.reason.is_none());
    Err(Problem::evidence("Reply first.", "請先回復。").with_missing(vec![json!("reply")]))
}

async fn ping() -> EmptyAnswer {
    Ok(Reply::empty())
}

pub(super) fn sample() -> Routes {
    let mut routes = Routes::new();
    routes.tag("Memos", "What every department was told.");
    routes.get_with("/v1/projects/{project}/memos", list_memos, "List the memos", "Oldest first.", |op| {
        op.sorts(&["-created_at", "text"]);
    });
    routes.post("/v1/projects/{project}/memos", create_memo, "Write a memo", "To a department.");
    routes.get("/v1/memos/{memo}", get_memo, "Read a memo", "With what may be done.");
    routes.patch("/v1/memos/{memo}", change_memo, "Change a memo", "Its text.");
    routes.delete("/v1/memos/{memo}", delete_memo, "Delete a memo", "Before it is replied.");
    routes.post("/v1/memos/{memo}/close", close_memo, "Close a memo", "Once it is replied.");
    routes.tag("System", "Is it alive?");
    routes.get_with("/ping", ping, "Ping", "Answers nothing.", |op| {
        op.public();
    });
    routes
}
