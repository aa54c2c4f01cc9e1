//! Opening a request, whoever asks for it.

use super::store::{Adjustment, AdjustmentCause, AdjustmentSource, AdjustmentState, BorneBy};
use crate::access::{Result, Tx};
use crate::db::{Day, Id};
use crate::records::insert;
use crate::workflow::{self, Project};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// What an adjustment request says, as far as it can be changed while nobody reported it as done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentFacts {
    /// Which room or place.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(example = "T3-B tea room", max_length = 200)]
    pub place: Option<String>,
    /// What is to be put right.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Replace chandelier glass", min_length = 1, max_length = 2000)]
    pub what: String,
    /// Why it is needed.
    pub cause: AdjustmentCause,
    /// The key of the department that does it.
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "procurement", min_length = 1, max_length = 60)]
    pub department: String,
    /// When it is due.
    #[serde(default)]
    #[schema(example = "2026-05-24")]
    pub due_on: Option<Day>,
    /// What it costs, in fen of the project's currency.
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 325_000, minimum = 0, maximum = 1_000_000_000_000_000_i64, default = 0)]
    pub cost_amount: i64,
    /// Who bears it; the company unless said.
    #[serde(default)]
    #[schema(default = "company")]
    pub borne_by: BorneBy,
}

/// A request and where it comes from.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// What it says; the department is one that exists.
    pub facts: AdjustmentFacts,
    /// Who asks.
    pub source: AdjustmentSource,
    /// The round it is worked in.
    pub round: i64,
    /// The inspection that made it.
    pub inspection_id: Option<Id>,
}

/// Opens a request and addresses it to its department. The project is locked by the caller.
pub fn open(tx: &mut Tx<'_>, project: &Project, new: NewRequest) -> Result<Adjustment> {
    let NewRequest { facts, source, round, inspection_id } = new;
    workflow::tell_department(tx, project.id, &facts.department)?;
    let record = Adjustment {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        round,
        place: facts.place,
        what: facts.what,
        cause: facts.cause,
        source,
        department: facts.department,
        due_on: facts.due_on,
        cost_amount: facts.cost_amount,
        currency: project.currency.clone(),
        borne_by: facts.borne_by,
        state: AdjustmentState::Open,
        planned_on: None,
        done_at: None,
        done_by: None,
        confirmed_at: None,
        confirmed_by: None,
        variation_order_id: None,
        refusals: 0,
        last_refusal: None,
        inspection_id,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "adjustment.requested")?;
    Ok(record)
}
