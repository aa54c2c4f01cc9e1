//! The workflow over HTTP: the table as data and picture, every move from where a project stands. The moves answer with the
//! project as it is shown and stand with it.

use super::{Action, Evidence, Party, STEPS, Stage, StepView, Target, find, is_waivable, picture, steps_from};
use crate::access::{Access, ProjectsRead, SettingsRead};
use crate::http::{Answer, Path, Ref, Reply, Routes};
use serde::Serialize;
use utoipa::ToSchema;

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
    // No snapshot: nearly all evidence is read by one statement, and whoever takes a step is held against all of it anew.
    access
        .read(move |tx| {
            let project = find(tx, &project)?;
            let data = steps_from(tx, &project)?;
            Ok(Reply::ok(&StepsView { stage: project.stage, version: project.version, data })?.version(project.version))
        })
        .await
}
