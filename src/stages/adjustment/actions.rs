//! What is done in adjustment.

use crate::access::{Result, Tx, organisation};
use crate::adjustments::{
    self, Adjustment, AdjustmentCause, AdjustmentFacts, AdjustmentSource, AdjustmentState, BorneBy, NewRequest,
};
use crate::db::{Day, Id, text_enum};
use crate::documents::file_as;
use crate::http::{IfMatch, Patch, Ref};
use crate::records::{locked, save, save_with, stale};
use crate::workflow::{self, Act, Project, acts};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

/// An adjustment to request.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RequestAdjustment {
    /// Which room or place.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(example = "T3-B tea room", max_length = 200)]
    pub place: Option<String>,
    /// What is to be put right.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Add a writing desk in the tea room", min_length = 1, max_length = 2000)]
    pub what: String,
    /// Why it is needed.
    pub cause: AdjustmentCause,
    /// The key of the department that does it.
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "design", min_length = 1, max_length = 60)]
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
    /// Who asks: the client (unless said) or design. Inspections make their own.
    #[serde(default)]
    #[schema(default = "client")]
    pub source: Asker,
}

text_enum! {
    /// Who asks for an adjustment; a failed inspection makes its own.
    #[derive(Default)]
    Asker {
        /// The client.
        #[default]
        Client = "client",
        /// Our design department.
        Design = "design",
    }
}

/// When it is to be done.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PlanAdjustment {
    /// The day.
    #[schema(example = "2026-05-20")]
    pub planned_on: Day,
}

/// What the department says about it.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Complete {
    /// A remark.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(example = "New glass fitted, crate returned", max_length = 2000)]
    pub note: Option<String>,
}

/// The client's confirmation.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConfirmAdjustment {
    /// The client's signed variation order: what the client bears is billable only with it, and it cannot be added later.
    #[serde(default)]
    pub document_id: Option<Id>,
}

/// The client's refusal.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RefuseAdjustment {
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Still too small by 40 cm", min_length = 1, max_length = 2000)]
    pub why: String,
}

/// Requests an adjustment in the round that is being worked.
pub fn request(tx: &mut Tx<'_>, r: &Ref, new: &RequestAdjustment) -> Result<(Project, Adjustment)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::REQUEST_ADJUSTMENT, None, None)?;
    organisation::department(tx, &new.department, "/department")?;
    let facts = AdjustmentFacts {
        place: new.place.clone(),
        what: new.what.clone(),
        cause: new.cause,
        department: new.department.clone(),
        due_on: new.due_on,
        cost_amount: new.cost_amount,
        borne_by: new.borne_by,
    };
    let source = match new.source {
        Asker::Client => AdjustmentSource::Client,
        Asker::Design => AdjustmentSource::Design,
    };
    let request = NewRequest { facts, source, round: project.adjustment_round, inspection_id: None };
    let record = adjustments::open(tx, &project, request)?;
    Ok((project, record))
}

/// Changes what an unfinished request says.
pub fn update(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    patch: &Patch<AdjustmentFacts>,
) -> Result<(Project, Adjustment)> {
    let (project, mut record) = locked::<Adjustment>(tx, r)?;
    let facts = patch.apply(&record.facts())?;
    permit(tx, &project, &record, if_match, &acts::CHANGE_ADJUSTMENT)?;
    if facts.department != record.department {
        organisation::department(tx, &facts.department, "/department")?;
        workflow::tell_department(tx, project.id, &facts.department)?;
    }
    record.set_facts(facts);
    save(tx, &mut record, "adjustment.changed")?;
    Ok((project, record))
}

/// Plans the day; a planned one can be planned anew.
pub fn plan(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &PlanAdjustment) -> Result<(Project, Adjustment)> {
    let (project, mut record) = ready(tx, r, if_match, &acts::PLAN_ADJUSTMENT)?;
    record.state = AdjustmentState::Planned;
    record.planned_on = Some(body.planned_on);
    save(tx, &mut record, "adjustment.planned")?;
    Ok((project, record))
}

/// Reports it as done, for the department that was asked.
pub fn complete(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &Complete) -> Result<(Project, Adjustment)> {
    let (project, mut record) = ready(tx, r, if_match, &acts::COMPLETE_ADJUSTMENT)?;
    record.state = AdjustmentState::Done;
    record.done_at = Some(tx.now);
    record.done_by = Some(tx.actor.id);
    match &body.note {
        Some(note) => save_with(tx, &mut record, "adjustment.completed", json!({ "note": note }))?,
        None => save(tx, &mut record, "adjustment.completed")?,
    }
    Ok((project, record))
}

/// Records the client's confirmation, with the variation order where there is one.
pub fn confirm(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    body: &ConfirmAdjustment,
) -> Result<(Project, Adjustment)> {
    let (project, mut record) = ready(tx, r, if_match, &acts::CONFIRM_ADJUSTMENT)?;
    if let Some(document) = body.document_id {
        file_as(tx, &project, document, "variation_order", "/document_id")?;
        record.variation_order_id = Some(document);
    }
    record.state = AdjustmentState::Confirmed;
    record.confirmed_at = Some(tx.now);
    record.confirmed_by = Some(tx.actor.id);
    save(tx, &mut record, "adjustment.confirmed")?;
    Ok((project, record))
}

/// Records the client's refusal: the request is open again.
pub fn refuse(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &RefuseAdjustment) -> Result<(Project, Adjustment)> {
    let (project, mut record) = ready(tx, r, if_match, &acts::REFUSE_ADJUSTMENT)?;
    record.state = AdjustmentState::Open;
    record.refusals += 1;
    record.last_refusal = Some(body.why.clone());
    (record.planned_on, record.done_at, record.done_by) = (None, None, None);
    save(tx, &mut record, "adjustment.refused")?;
    Ok((project, record))
}

/// Finds the request (404), its version (428, 412), and whether this act may be done with it now (409, 403).
fn ready(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, act: &Act) -> Result<(Project, Adjustment)> {
    let (project, record) = locked::<Adjustment>(tx, r)?;
    permit(tx, &project, &record, if_match, act)?;
    Ok((project, record))
}

fn permit(tx: &mut Tx<'_>, project: &Project, record: &Adjustment, if_match: &IfMatch, act: &Act) -> Result<()> {
    stale(tx, record, if_match)?;
    workflow::allow(tx, project, act, Some(record.state.as_str()), Some(&record.department))
}
