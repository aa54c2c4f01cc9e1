//! Recording and settling instructions.

use super::store::{Direction, Instruction, InstructionState};
use crate::access::{Result, Tx};
use crate::db::{Day, Id, text_enum};
use crate::http::{IfMatch, Problem, Ref};
use crate::records::{insert, locked, save, stale};
use crate::workflow::{self, Project, acts};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// An instruction or commitment to record.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordInstruction {
    /// Who binds whom; the client us unless said.
    #[serde(default = "from_the_client")]
    #[schema(default = "client_instruction")]
    pub direction: Direction,
    /// What was said.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "No mirror facing the bed", min_length = 1, max_length = 4000)]
    pub what: String,
    /// For which room.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(example = "Flat B, master bedroom", max_length = 200)]
    pub place: Option<String>,
    /// Who said it.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(example = "Ms Liang, purchasing director", max_length = 200)]
    pub by_whom: Option<String>,
    /// When; never in the future.
    #[serde(default)]
    #[schema(example = "2026-02-03")]
    pub said_on: Option<Day>,
    /// What it costs, in fen of the project's currency.
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 120_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub cost_amount: Option<i64>,
    /// Who approved the cost.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(example = "Mr He, cost manager", max_length = 200)]
    pub approved_by: Option<String>,
}

fn from_the_client() -> Direction {
    Direction::ClientInstruction
}

text_enum! {
    /// How an instruction ends.
    InstructionOutcome {
        /// It was done.
        Done = "done",
        /// It was dropped.
        Dropped = "dropped",
    }
}

/// How an instruction is settled.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SettleInstruction {
    /// Done or dropped.
    pub outcome: InstructionOutcome,
    /// How it was done, or why it was dropped. Not asked for by force: who settles on the client's word often has nothing but the word.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(example = "Moved to the entrance", max_length = 2000)]
    pub note: Option<String>,
}

/// Records an instruction on a project.
pub fn record(tx: &mut Tx<'_>, r: &Ref, new: &RecordInstruction) -> Result<(Project, Instruction)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::RECORD_INSTRUCTION, None, None)?;
    if let Some(day) = new.said_on
        && day > tx.today()?
    {
        return Err(Problem::validation("/said_on", "future", "It lies in the future.", "日期在將來。").into());
    }
    let record = Instruction {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        direction: new.direction,
        what: new.what.clone(),
        place: new.place.clone(),
        by_whom: new.by_whom.clone(),
        said_on: new.said_on,
        cost_amount: new.cost_amount,
        approved_by: new.approved_by.clone(),
        state: InstructionState::Open,
        outcome_note: None,
        settled_at: None,
        settled_by: None,
        acknowledged_at: None,
        acknowledged_by: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "instruction.recorded")?;
    Ok((project, record))
}

/// Settles an open instruction.
pub fn settle(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    body: &SettleInstruction,
) -> Result<(Project, Instruction)> {
    let (project, mut record) = locked::<Instruction>(tx, r)?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, &acts::SETTLE_INSTRUCTION, Some(record.state.as_str()), None)?;
    record.state = match body.outcome {
        InstructionOutcome::Done => InstructionState::Done,
        InstructionOutcome::Dropped => InstructionState::Dropped,
    };
    record.outcome_note.clone_from(&body.note);
    (record.settled_at, record.settled_by) = (Some(tx.now), Some(tx.actor.id));
    save(tx, &mut record, "instruction.settled")?;
    Ok((project, record))
}
