//! Failures on demand.

use crate::access::{Access, SandboxManage};
use crate::db::text_enum;
use crate::http::{
    Answer, Body, Code, EmptyAnswer, Failing, Forced, ForcedFailures, Problem, Reply, Routes, broken, nearest,
};
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// Asking for failures, seeing and forgetting them.
pub(super) fn routes(r: &mut Routes) {
    r.post_with(
        "/v1/sandbox/failures",
        force_failure,
        "Let the next calls fail",
        "The next call that fits is refused with a problem of your choice (the plain one: without `missing`, `errors`, `current`), comes late, or takes effect \
         while its answer gets lost: then repeat it with the same `Idempotency-Key`. A call that is refused anyhow loses nothing and is not counted. The sandbox's own operations never fail by it. Kept by this process alone.",
        |op| {
            op.no_idempotency().no_dry_run();
        },
    );
    r.get(
        "/v1/sandbox/failures",
        list_forced_failures,
        "See which failures wait",
        "In the order in which they were asked for.",
    );
    r.delete("/v1/sandbox/failures", clear_forced_failures, "Forget all failures that wait", "Every call works again.");
}

text_enum! {
    /// How a call fails.
    FailureKind {
        /// With a problem; nothing happens.
        Refusal = "refusal",
        /// It is answered late.
        Delay = "delay",
        /// It takes effect, but the connection breaks before the answer.
        AnswerLost = "answer_lost",
    }
}

/// A failure to wait for its call.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ForcedFailure {
    /// How the call fails.
    pub how: FailureKind,
    /// The code of the problem, for a refusal.
    #[serde(default)]
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "unavailable", min_length = 1, max_length = 60)]
    pub code: Option<String>,
    /// For how long the call waits first, in milliseconds.
    #[serde(default)]
    #[validate(range(min = 0, max = 60_000))]
    #[schema(default = 0, example = 0, minimum = 0, maximum = 60_000)]
    pub delay_ms: u64,
    /// Only calls with this method.
    #[serde(default)]
    #[validate(custom(function = a_method))]
    #[schema(example = "POST", min_length = 3, max_length = 6, pattern = "^(GET|POST|PUT|PATCH|DELETE)$")]
    pub method: Option<String>,
    /// Only paths that begin like this, without a query.
    #[serde(default)]
    #[validate(length(min = 1, max = 400), custom(function = a_path))]
    #[schema(example = "/v1/payments", min_length = 1, max_length = 400, pattern = "^/v1/[^?#\\x00]*$")]
    pub path: Option<String>,
    /// How many calls fail.
    #[serde(default = "once")]
    #[validate(range(min = 1, max = 1000))]
    #[schema(default = 1, example = 1, minimum = 1, maximum = 1000)]
    pub times: u32,
}

fn a_method(name: &str) -> std::result::Result<(), ValidationError> {
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&name);
    let fault =
        || broken("format", "Must be one of: GET, POST, PUT, PATCH, DELETE.", "須為 GET、POST、PUT、PATCH 或 DELETE。");
    if known { Ok(()) } else { Err(fault()) }
}

fn a_path(text: &str) -> std::result::Result<(), ValidationError> {
    let plain = text.starts_with("/v1/") && !text.contains(['?', '#']);
    let fault = || broken("format", "Begins with /v1/ and has no query.", "須以 /v1/ 開頭，且不含查詢。");
    if plain { Ok(()) } else { Err(fault()) }
}

const fn once() -> u32 {
    1
}

/// What waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WaitingFailures {
    /// In the order in which they were asked for; `times` is how many calls are still to fail.
    pub data: Vec<ForcedFailure>,
}

async fn force_failure(
    access: Access<SandboxManage>,
    body: Body<ForcedFailure>,
    failures: Data<ForcedFailures>,
) -> Answer<WaitingFailures> {
    access.read(|_| Ok(())).await?;
    failures.add(forced(&body)?);
    waiting(&failures)
}

async fn list_forced_failures(
    access: Access<SandboxManage>,
    failures: Data<ForcedFailures>,
) -> Answer<WaitingFailures> {
    access.read(|_| Ok(())).await?;
    waiting(&failures)
}

async fn clear_forced_failures(access: Access<SandboxManage>, failures: Data<ForcedFailures>) -> EmptyAnswer {
    access.read(|_| Ok(())).await?;
    failures.clear();
    Ok(Reply::empty())
}

fn waiting(failures: &ForcedFailures) -> Answer<WaitingFailures> {
    Reply::of(&WaitingFailures { data: failures.waiting().into_iter().map(ForcedFailure::from).collect() })
}

fn forced(asked: &ForcedFailure) -> Result<Forced, Problem> {
    let how = match (asked.how, &asked.code) {
        (FailureKind::Refusal, code) => Failing::Refused(refusal(code.as_deref().unwrap_or("unavailable"))?),
        (_, Some(_)) => {
            return Err(Problem::validation(
                "/code",
                "unexpected",
                "Only a refusal has a code.",
                "只有 refusal 才有 code。",
            ));
        }
        (FailureKind::Delay, None) => Failing::Delayed,
        (FailureKind::AnswerLost, None) => Failing::AnswerLost,
    };
    let delay = Duration::from_millis(asked.delay_ms);
    Ok(Forced { how, delay, method: asked.method.clone(), path: asked.path.clone(), left: asked.times })
}

fn refusal(name: &str) -> Result<Code, Problem> {
    Code::from_name(name).ok_or_else(|| {
        let near = nearest(name, Code::ALL.iter().map(|code| code.name())).unwrap_or("unavailable");
        Problem::validation(
            "/code",
            "unknown",
            format!("There is no such problem; did you mean {near}?"),
            format!("沒有此代碼；您是否想用 {near}？"),
        )
    })
}

impl From<Forced> for ForcedFailure {
    fn from(forced: Forced) -> Self {
        let (how, code) = match forced.how {
            Failing::Refused(code) => (FailureKind::Refusal, Some(code.name().to_owned())),
            Failing::Delayed => (FailureKind::Delay, None),
            Failing::AnswerLost => (FailureKind::AnswerLost, None),
        };
        let delay_ms = u64::try_from(forced.delay.as_millis()).unwrap_or_default();
        Self { how, code, delay_ms, method: forced.method, path: forced.path, times: forced.left }
    }
}
