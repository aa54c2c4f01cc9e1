//! The moves of a project along the workflow.

use super::view::{ProjectView, view};
use crate::access::{Access, StepsTake};
use crate::db::Day;
use crate::http::{Answer, Code, IfMatch, OptionalBody, Path, Problem, Ref, Reply, Routes, idempotency};
use crate::records::stale;
use crate::workflow::{Action, Taking, advance, lock};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// The moves.
pub fn routes(r: &mut Routes) {
    r.post_with("/v1/projects/{project}/steps/{action}", take_step, "Take a step", "A refused step changes nothing: 409 `state` names the moves from here, 403 `not_party` who may, 409 `evidence` everything that is missing. `transfer` and `terminate` happen by accepting a transfer. `decline`, `withdraw`, `lose`, `shelve` and `close` take a reason, `shelve` also `review_on`. `accept` gives the project its number and so needs an `Idempotency-Key`.", |op| {
        op.refuses(Code::IdempotencyKeyRequired);
        op.words("action", &Action::ALL.iter().map(|action| action.as_str()).collect::<Vec<_>>());
    });
}

/// What comes along with a step.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct TakeStep {
    /// Why; needed by `decline`, `withdraw`, `lose`, `shelve` and `close`.
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Client's lender has not released the funds", min_length = 1, max_length = 2000)]
    pub reason: Option<String>,
    /// When to look at it again; needed by `shelve`.
    #[serde(default)]
    #[schema(example = "2026-04-12")]
    pub review_on: Option<Day>,
}

async fn take_step(
    access: Access<StepsTake>,
    path: Path<(Ref, Action)>,
    if_match: IfMatch,
    body: OptionalBody<TakeStep>,
) -> Answer<ProjectView> {
    let (project, action) = path.into_inner();
    require_key(action, access.request())?;
    require_words(action, &body)?;
    access
        .write(move |tx| {
            let mut project = lock(tx, &project)?;
            stale(tx, &project, &if_match)?;
            refuse_by_accepting(action)?;
            let taking = Taking { reason: body.reason.clone(), review_on: body.review_on, ..Taking::default() };
            advance(tx, &mut project, action, &taking)?;
            Ok(Reply::ok(&view(tx, &project)?)?.version(project.version))
        })
        .await
}

/// 409 for the two steps that are no calls of their own.
fn refuse_by_accepting(action: Action) -> std::result::Result<(), Problem> {
    if matches!(action, Action::Transfer | Action::Terminate) {
        return Err(Problem::state(
            "This step happens when the back group accepts the transfer: offer it at `/v1/projects/{project}/transfers`.",
            "此步驟在客服部接受移交時發生：請在 /v1/projects/{project}/transfers 提出移交。",
        ));
    }
    Ok(())
}

/// 400 where `accept`, which gives a number, comes without a key: a repeated request must not be a second one.
fn require_key(action: Action, request: &actix_web::HttpRequest) -> std::result::Result<(), Problem> {
    if action == Action::Accept && idempotency::key_of(request)?.is_none() {
        return Err(Problem::plain(Code::IdempotencyKeyRequired));
    }
    Ok(())
}

/// 422 where a step lacks its reason or date.
fn require_words(action: Action, body: &TakeStep) -> std::result::Result<(), Problem> {
    let wants_reason =
        matches!(action, Action::Decline | Action::Withdraw | Action::Lose | Action::Shelve | Action::Close);
    if wants_reason && body.reason.is_none() {
        return Err(Problem::validation("/reason", "required", "This step needs a reason.", "此步驟須填寫原因。"));
    }
    if action == Action::Shelve && body.review_on.is_none() {
        return Err(Problem::validation(
            "/review_on",
            "required",
            "Say when to look at the project again.",
            "請填寫再次檢視的日期。",
        ));
    }
    Ok(())
}
