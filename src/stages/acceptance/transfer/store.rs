//! The rows of transfers, and what goes along with one by itself.

use super::super::termination;
use super::actions::still_possible;
use crate::access::{Actor, RecordsRead, Result, Tx};
use crate::db::schema::{instructions, transfers};
use crate::db::{At, Day, Id, Json, text_enum};
use crate::documents;
use crate::instructions::OpenInstruction;
use crate::project_record;
use crate::receivables::{self, InstalmentKind};
use crate::records::Record;
use crate::workflow::{self, Act, Action, Evidence, Facts, Offer, OfferedFile, Project, STEPS, Step, WaivedView, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], projects: &BTreeMap<Id, Project>) -> Result<()> {
        let offered = || rows.iter().filter(|row| row.state == TransferState::Offered);
        tx.read_ahead(projects.keys().copied(), returned)?;
        tx.read_ahead(offered().map(|row| row.id), offers)?;
        tx.read_ahead(offered().map(|row| row.project_id), facts)?;
        tx.read_ahead(offered().map(|row| row.project_id), termination::standings)?;
        tx.read_ahead(offered().filter_map(|row| row.named_owner_id), people)
    }

    fn extra(&self, tx: &mut Tx<'_>, project: &Project) -> Result<TransferExtra> {
        let returns = i64::try_from(tx.found(self.project_id, returned)?.len()).unwrap_or(i64::MAX);
        let Some(step) = Step::find(self.kind.action(), project.stage)
            .filter(|_| self.state == TransferState::Offered && self.voided_at.is_none())
        else {
            return Ok(TransferExtra { missing_now: Vec::new(), waived: Vec::new(), returns });
        };
        let (facts, offer) = self.on_record(tx)?;
        let missing_now = workflow::missing(&facts, step.needs, &offer).iter().map(ToString::to_string).collect();
        Ok(TransferExtra { missing_now, waived: workflow::waived(&facts, step.needs), returns })
    }

    fn check(&self, tx: &mut Tx<'_>, project: &Project, act: &Act) -> Result<()> {
        if act.name != acts::ACCEPT_TRANSFER.name {
            return Ok(());
        }
        still_possible(tx, project, self)?;
        let Some(step) = Step::find(self.kind.action(), project.stage) else { return Ok(()) };
        // Accepting acknowledges the open instructions.
        let (facts, offer) = self.on_record(tx)?;
        let offer = Offer { acknowledged: facts.open_instructions.clone(), ..offer };
        workflow::refuse_without(project, &workflow::missing(&facts, step.needs, &offer))
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok(match self.state {
            TransferState::Offered => None,
            TransferState::Returned | TransferState::Accepted => Some("the back group decided it"),
        })
    }

    fn on_void(&self, tx: &mut Tx<'_>, _project: &mut Project) -> Result<()> {
        self.documents.0.iter().try_for_each(|file| documents::release(tx, file.document_id))
    }
}

fn returned(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, Id)>> {
    let rows = transfers::table
        .filter(transfers::project_id.eq_any(projects))
        .filter(transfers::voided_at.is_null())
        .filter(transfers::state.eq(TransferState::Returned));
    Ok(rows.select((transfers::project_id, transfers::id)).load(tx.conn)?)
}

impl Transfer {
    /// What the project has on record for the step that accepting takes, and what of the offered files is there.
    fn on_record(&self, tx: &mut Tx<'_>) -> Result<(Facts, Offer)> {
        let facts = tx.found(self.project_id, facts)?.pop().unwrap_or_default();
        Ok((facts, tx.found(self.id, offers)?.pop().unwrap_or_default()))
    }
}

fn facts(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, Facts)>> {
    let steps = STEPS.iter().filter(|step| step.by_accepting());
    let wanted: Vec<Evidence> = steps.flat_map(|step| step.needs).map(|need| need.evidence).collect();
    let projects = workflow::find_all(tx, projects.iter().copied())?;
    Ok(Facts::load_all(tx.conn, &projects.values().collect::<Vec<_>>(), &wanted)?.into_iter().collect())
}

fn offers(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<(Id, Offer)>> {
    let rows = transfers::table.filter(transfers::id.eq_any(ids)).select((transfers::id, transfers::documents));
    let rows = rows.load::<(Id, Json<Vec<OfferedFile>>)>(tx.conn)?;
    workflow::offers_of(tx, &rows.into_iter().map(|(id, files)| (id, files.0)).collect())
}

/// Those of these people who work here.
pub(super) fn people(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<(Id, Actor)>> {
    Ok(Actor::by_ids(tx.conn, ids)?.into_iter().map(|person| (person.id, person)).collect())
}

/// Whether a transfer of this project is on offer.
pub fn is_on_offer(tx: &mut Tx<'_>, project: Id) -> Result<bool> {
    let rows = transfers::table
        .filter(transfers::project_id.eq(project))
        .filter(transfers::voided_at.is_null())
        .filter(transfers::state.eq(TransferState::Offered));
    Ok(rows.count().get_result::<i64>(tx.conn)? > 0)
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
