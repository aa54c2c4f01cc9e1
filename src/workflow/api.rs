//! The workflow over HTTP: the table as data and picture, every move from where a project stands, the moves.

use super::{
    Action, Evidence, Party, Project, STEPS, Stage, StepView, Taking, Target, advance, current_offer, find,
    is_waivable, lock, picture, steps_from,
};
use crate::access::{Access, ProjectsRead, SettingsRead, StepsTake};
use crate::db::Day;
use crate::http::{Answer, IfMatch, OptionalBody, Path, Problem, Ref, Reply, Routes};
use crate::records::stale;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// The table and the moves.
pub fn routes(r: &mut Routes) {
    r.tag("Workflow", "A project moves only along one table of steps. What may happen next, who may do it and what is missing are answers computed from it.");
    r.get(
        "/v1/workflow",
        get_workflow,
        "The workflow as data and as a picture",
        "Every step: from, action, to, by whom, what it needs. `mermaid` is a state diagram of it.",
    );
    r.get(
        "/v1/projects/{project}/steps",
        list_steps,
        "Every move from here",
        "Allowed for this caller or not, and every missing piece of evidence at once with where it is supplied.",
    );
    r.post_with("/v1/projects/{project}/steps/{action}", take_step, "Take a step", "A refused step changes nothing: 409 `state` names the moves from here, 403 `not_party` who may, 409 `evidence` everything that is missing. `transfer` and `terminate` happen by accepting a transfer. `decline`, `withdraw`, `lose`, `shelve` and `close` take a reason, `shelve` also `review_on`.", |op| {
        op.path_values("action", Action::ALL.iter().map(|action| action.as_str()));
    });
}

/// One row of the table.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepRow {
    /// The stages it leaves.
    #[schema(example = json!(["intake"]))]
    pub from: Vec<Stage>,
    /// The move.
    pub action: Action,
    /// Where it leads; none: back to the stage that was left.
    pub to: Option<Stage>,
    /// Who may take it.
    #[schema(example = json!(["manager"]))]
    pub by: Vec<Party>,
    /// What it needs.
    pub needs: Vec<NeedRow>,
    /// Whether it is taken by accepting a transfer.
    pub by_accepting_transfer: bool,
}

/// A piece of evidence that a step needs.
#[derive(Debug, Serialize, ToSchema)]
pub struct NeedRow {
    /// The evidence.
    pub evidence: Evidence,
    /// Whether the manager may waive it.
    pub waivable: bool,
}

/// The workflow.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowView {
    /// Every stage.
    pub stages: Vec<Stage>,
    /// Every step.
    pub steps: Vec<StepRow>,
    /// Evidence that the manager may waive for a project.
    pub waivable: Vec<Evidence>,
    /// The table as a Mermaid state diagram.
    #[schema(example = "stateDiagram-v2\n    [*] --> intake")]
    pub mermaid: String,
}

/// Every move from where a project stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepsView {
    /// Where it stands.
    pub stage: Stage,
    /// The project's version, for `If-Match`.
    #[schema(example = 4)]
    pub version: i64,
    /// The moves.
    pub data: Vec<StepView>,
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

async fn get_workflow(access: Access<SettingsRead>) -> Answer<WorkflowView> {
    access.read(|_| Ok(Reply::ok(&workflow())?)).await
}

fn workflow() -> WorkflowView {
    let row = |step: &super::Step| StepRow {
        from: step.from.to_vec(),
        action: step.action,
        to: match step.to {
            Target::Stage(stage) => Some(stage),
            Target::WhereItWas => None,
        },
        by: step.by.to_vec(),
        needs: step.needs.iter().map(|n| NeedRow { evidence: n.evidence, waivable: n.waivable }).collect(),
        by_accepting_transfer: step.by_accepting(),
    };
    WorkflowView {
        stages: Stage::ALL.to_vec(),
        steps: STEPS.iter().map(row).collect(),
        waivable: Evidence::ALL.iter().copied().filter(|e| is_waivable(*e)).collect(),
        mermaid: picture::mermaid(),
    }
}

async fn list_steps(access: Access<ProjectsRead>, project: Path<Ref>) -> Answer<StepsView> {
    access
        .snapshot(move |tx| {
            let project = find(tx, &project)?;
            let offer = current_offer(tx, project.id)?;
            let data = steps_from(tx, &project, &offer)?;
            Ok(Reply::ok(&StepsView { stage: project.stage, version: project.version, data })?.version(project.version))
        })
        .await
}

async fn take_step(
    access: Access<StepsTake>,
    path: Path<(Ref, Action)>,
    if_match: IfMatch,
    body: OptionalBody<TakeStep>,
) -> Answer<Project> {
    let (project, action) = path.into_inner();
    require_words(action, &body)?;
    access
        .write(move |tx| {
            let mut project = lock(tx, &project)?;
            stale(tx, &project, &if_match)?;
            refuse_by_accepting(action)?;
            let taking = Taking { reason: body.reason.clone(), review_on: body.review_on, ..Taking::default() };
            advance(tx, &mut project, action, &taking)?;
            Ok(Reply::ok(&project)?.version(project.version))
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
