//! The rows of transfers, and what goes along with one by itself.

use super::super::termination;
use super::actions::still_possible;
use crate::access::{RecordsRead, Result, Tx};
use crate::db::schema::{instructions, transfers};
use crate::db::{At, Day, Id, Json, text_enum};
use crate::instructions::{self as client_instructions, OpenInstruction};
use crate::project_record;
use crate::receivables::{self, InstalmentKind};
use crate::records::Record;
use crate::workflow::{self, Act, Action, Evidence, Facts, Need, Offer, OfferedFile, Project, Step, WaivedView, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Which step accepting a transfer takes.
    TransferKind {
        /// `transfer`: the client accepted the work.
        Acceptance = "acceptance",
        /// `terminate`: the manager approved that the project ends.
        Termination = "termination",
    }
}

impl TransferKind {
    /// The step that accepting takes.
    pub fn action(self) -> Action {
        match self {
            TransferKind::Acceptance => Action::Transfer,
            TransferKind::Termination => Action::Terminate,
        }
    }
}

text_enum! {
    /// Where a transfer stands.
    TransferState {
        /// The back group has it before them.
        Offered = "offered",
        /// Something was missing.
        Returned = "returned",
        /// The back owner is answerable now.
        Accepted = "accepted",
    }
}

fn yuan() -> String {
    "CNY".to_owned()
}

/// A receivable that is unpaid at the transfer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub struct UnpaidReceivable {
    /// The receivable.
    pub id: Id,
    /// Which instalment.
    pub kind: InstalmentKind,
    /// What is neither paid nor written off, in fen.
    #[schema(example = 37_020_789)]
    #[serde(alias = "outstanding")]
    pub outstanding_amount: i64,
    /// ISO 4217.
    #[serde(default = "yuan")]
    #[schema(example = "CNY")]
    pub currency: String,
    /// When it is due; none before its trigger.
    #[schema(example = "2026-06-29")]
    pub due_on: Option<Day>,
}

/// An internal transfer.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = transfers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Transfer {
    /// The transfer.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Which step accepting takes.
    pub kind: TransferKind,
    /// Who is to become back owner; whoever accepts, where nobody is named.
    pub named_owner_id: Option<Id>,
    /// What the front owner says.
    #[schema(example = "Keys are with the hall manager")]
    pub note: Option<String>,
    /// The files that are handed over, by category.
    #[schema(value_type = Vec<OfferedFile>)]
    pub documents: Json<Vec<OfferedFile>>,
    /// Open instructions when it was offered; when it was accepted, from then on.
    #[schema(value_type = Vec<OpenInstruction>)]
    pub open_instructions: Json<Vec<OpenInstruction>>,
    /// What was unpaid when it was offered; when it was accepted, from then on.
    #[schema(value_type = Vec<UnpaidReceivable>)]
    pub unpaid_receivables: Json<Vec<UnpaidReceivable>>,
    /// Where it stands.
    pub state: TransferState,
    /// What was named as missing when it was returned.
    #[schema(value_type = Vec<String>, example = json!(["photos"]))]
    pub missing: Json<Vec<String>>,
    /// What the back group says.
    #[schema(example = "Photos of T3-C are missing")]
    pub decision_note: Option<String>,
    /// The instructions that the receiver acknowledged.
    #[schema(value_type = Vec<Id>)]
    pub acknowledged: Json<Vec<Id>>,
    /// When it was accepted or returned.
    pub decided_at: Option<At>,
    /// By whom.
    pub decided_by: Option<Id>,
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

project_record!(Transfer, transfers, "transfer", state = state);

/// What is derived of a transfer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferExtra {
    /// While it is on offer: all that keeps it from being accepted now, before instructions are acknowledged.
    #[schema(example = json!(["transfer_complete.photos", "transfer_complete.open_instructions"]))]
    pub missing_now: Vec<String>,
    /// While it is on offer: what of that the manager waived, and why.
    pub waived: Vec<WaivedView>,
    /// How often transfers of this project were returned.
    #[schema(example = 0)]
    pub returns: i64,
}

impl Record for Transfer {
    type Read = RecordsRead;
    type Extra = TransferExtra;
    const PLURAL: &'static str = "transfers";
    const NAME: &'static str = "transfer";

    fn acts() -> &'static [Act] {
        const ACTS: &[Act] = &[acts::NAME_BACK_OWNER, acts::ACCEPT_TRANSFER, acts::RETURN_TRANSFER];
        ACTS
    }

    fn extra(&self, tx: &mut Tx<'_>, project: &Project) -> Result<TransferExtra> {
        let returns = returns(tx, self.project_id)?;
        let Some(step) = Step::find(self.kind.action(), project.stage)
            .filter(|_| self.state == TransferState::Offered && self.voided_at.is_none())
        else {
            return Ok(TransferExtra { missing_now: Vec::new(), waived: Vec::new(), returns });
        };
        let missing_now = self.missing_now(tx, project, step.needs)?;
        Ok(TransferExtra { missing_now, waived: workflow::waived(tx, project.id, step.needs)?, returns })
    }

    fn check(&self, tx: &mut Tx<'_>, project: &Project, act: &Act) -> Result<()> {
        if act.name != acts::ACCEPT_TRANSFER.name {
            return Ok(());
        }
        still_possible(tx, project, self)?;
        let Some(step) = Step::find(self.kind.action(), project.stage) else { return Ok(()) };
        // Accepting acknowledges the open instructions.
        let offer = workflow::offer_of(tx, &self.documents)?;
        let open = client_instructions::open_on(tx, project.id)?;
        let offer = Offer { acknowledged: open.iter().map(|i| i.id).collect(), ..offer };
        workflow::require_evidence(tx, project, step.needs, &offer)
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok(match self.state {
            TransferState::Offered => None,
            TransferState::Returned | TransferState::Accepted => Some("the back group decided it"),
        })
    }
}

impl Transfer {
    fn missing_now(&self, tx: &mut Tx<'_>, project: &Project, needs: &[Need]) -> Result<Vec<String>> {
        let wanted: Vec<Evidence> = needs.iter().map(|need| need.evidence).collect();
        let facts = Facts::load(tx.conn, project, &wanted)?;
        let offer = workflow::offer_of(tx, &self.documents)?;
        Ok(workflow::missing(&facts, needs, &offer).iter().map(ToString::to_string).collect())
    }
}

/// Whether a transfer of this project is on offer.
pub fn is_on_offer(tx: &mut Tx<'_>, project: Id) -> Result<bool> {
    Ok(count(tx, project, TransferState::Offered)? > 0)
}

/// How often transfers of this project were returned.
pub fn returns(tx: &mut Tx<'_>, project: Id) -> Result<i64> {
    count(tx, project, TransferState::Returned)
}

fn count(tx: &mut Tx<'_>, project: Id, state: TransferState) -> Result<i64> {
    let rows = transfers::table
        .filter(transfers::project_id.eq(project))
        .filter(transfers::voided_at.is_null())
        .filter(transfers::state.eq(state));
    Ok(rows.count().get_result(tx.conn)?)
}

/// The approval that makes a transfer end the project, if one stands.
pub fn termination_reason(tx: &mut Tx<'_>, project: Id) -> Result<Option<String>> {
    Ok(termination::standing(tx, project)?.map(|approval| approval.reason))
}

/// What is unpaid on a project, pending included.
pub fn unpaid(tx: &mut Tx<'_>, project: Id) -> Result<Vec<UnpaidReceivable>> {
    let all = receivables::locked_of_project(tx, project)?;
    let open = all.iter().filter(|r| r.outstanding() > 0);
    Ok(open
        .map(|r| UnpaidReceivable {
            id: r.id,
            kind: r.kind,
            outstanding_amount: r.outstanding(),
            currency: r.currency.clone(),
            due_on: r.due_on,
        })
        .collect())
}

/// Which of these are instructions of this project at all, settled ones too.
pub fn known_instructions(tx: &mut Tx<'_>, project: Id, ids: &[Id]) -> Result<Vec<Id>> {
    let rows =
        instructions::table.filter(instructions::project_id.eq(project)).filter(instructions::voided_at.is_null());
    Ok(rows.filter(instructions::id.eq_any(ids.to_vec())).select(instructions::id).load(tx.conn)?)
}
