//! The rows of instructions.

use crate::access::{ProjectsRead, Result, Tx};
use crate::db::{At, Day, Id, schema::instructions, text_enum};
use crate::project_record;
use crate::records::{NoExtra, Record, save};
use crate::workflow::{Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Who binds whom.
    Direction {
        /// 客戶交代: the client told us.
        ClientInstruction = "client_instruction",
        /// 承諾: we promised.
        OurCommitment = "our_commitment",
    }
}

text_enum! {
    /// How an instruction stands.
    InstructionState {
        /// Still to be done.
        Open = "open",
        /// Done.
        Done = "done",
        /// Dropped.
        Dropped = "dropped",
    }
}

/// A client instruction or a commitment of ours.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = instructions, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Instruction {
    /// The instruction.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Who binds whom.
    pub direction: Direction,
    /// What was said.
    #[schema(example = "No mirror facing the bed")]
    pub what: String,
    /// For which room.
    #[schema(example = "Flat B, master bedroom")]
    pub place: Option<String>,
    /// Who said it.
    #[schema(example = "Ms Liang, purchasing director")]
    pub by_whom: Option<String>,
    /// When.
    #[schema(example = "2026-02-03")]
    pub said_on: Option<Day>,
    /// What it costs, in fen of the project's currency.
    #[schema(example = 120_000)]
    pub cost_amount: Option<i64>,
    /// Who approved the cost.
    #[schema(example = "Mr He, cost manager")]
    pub approved_by: Option<String>,
    /// How it stands.
    pub state: InstructionState,
    /// How it was done, or why it was dropped.
    #[schema(example = "Moved to the entrance")]
    pub outcome_note: Option<String>,
    /// When it was settled.
    pub settled_at: Option<At>,
    /// By whom.
    pub settled_by: Option<Id>,
    /// When the last receiver of the project acknowledged it.
    pub acknowledged_at: Option<At>,
    /// Who that is.
    pub acknowledged_by: Option<Id>,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

project_record!(Instruction, instructions, "instruction", state = state);

impl Record for Instruction {
    type Read = ProjectsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "instructions";
    const NAME: &'static str = "instruction";

    fn acts() -> &'static [Act] {
        &[acts::SETTLE_INSTRUCTION]
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        let rested_on = self.settled_at.is_some() || self.acknowledged_at.is_some();
        Ok(rested_on.then_some("it was settled, or acknowledged at a handover"))
    }
}

/// An open instruction as a handover lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenInstruction {
    /// The instruction.
    pub id: Id,
    /// What was said.
    #[schema(example = "No mirror facing the bed")]
    pub what: String,
}

/// The open instructions of a project, oldest first.
pub fn open_on(tx: &mut Tx<'_>, project: Id) -> Result<Vec<OpenInstruction>> {
    let rows = instructions::table
        .filter(instructions::project_id.eq(project))
        .filter(instructions::state.eq(InstructionState::Open))
        .filter(instructions::voided_at.is_null())
        .order(instructions::id)
        .select((instructions::id, instructions::what))
        .load::<(Id, String)>(tx.conn)?;
    Ok(rows.into_iter().map(|(id, what)| OpenInstruction { id, what }).collect())
}

/// The caller acknowledges those of these instructions that are still open. The project is locked by the caller.
pub fn acknowledge(tx: &mut Tx<'_>, project: Id, listed: &[Id]) -> Result<()> {
    let rows = instructions::table
        .filter(instructions::project_id.eq(project))
        .filter(instructions::id.eq_any(listed.to_vec()))
        .filter(instructions::state.eq(InstructionState::Open))
        .filter(instructions::voided_at.is_null())
        .order(instructions::id)
        .select(Instruction::as_select())
        .load(tx.conn)?;
    for mut row in rows {
        (row.acknowledged_at, row.acknowledged_by) = (Some(tx.now), Some(tx.actor.id));
        save(tx, &mut row, "instruction.acknowledged")?;
    }
    Ok(())
}
