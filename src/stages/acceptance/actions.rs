//! Inspecting, certifying, summing up.

use super::store::{
    AcceptanceBasis, AcceptanceCertificate, Inspection, InspectionItem, ProjectSummary, standing_certificate,
};
use crate::access::{Result, Tx, organisation};
use crate::adjustments::{self, AdjustmentCause, AdjustmentFacts, AdjustmentSource, BorneBy, NewRequest};
use crate::clients;
use crate::db::{Day, Id, Json};
use crate::documents::{self, file_as};
use crate::http::{FieldError, IfMatch, Patch, Problem, Ref};
use crate::receivables::{self, Trigger};
use crate::records::{Stored, insert, locked, save, save_with, stale};
use crate::workflow::{self, Evidence, Facts, Project, acts};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

/// An inspection to record.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Inspect {
    /// What was looked at.
    #[validate(length(min = 1, max = 200), nested)]
    #[schema(min_items = 1, max_items = 200)]
    pub items: Vec<NewItem>,
    /// When it was; today unless said, never in the future.
    #[serde(default)]
    #[schema(example = "2026-05-27")]
    pub inspected_on: Option<Day>,
    /// Who inspected, on the client's side or ours.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(example = "Client design manager", max_length = 200)]
    pub inspector: Option<String>,
}

/// One item that was looked at.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// What was looked at.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Wardrobe doors", min_length = 1, max_length = 200)]
    pub name: String,
    /// Whether it is as it should be.
    #[schema(example = false)]
    pub passed: bool,
    /// What is wrong.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(example = "Two doors scrape", max_length = 1000)]
    pub note: Option<String>,
    /// The key of the department that puts it right; required where it failed.
    #[serde(default)]
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "engineering", min_length = 1, max_length = 60)]
    pub department: Option<String>,
}

/// An acceptance certificate to file.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Certify {
    /// The signed paper, or the proof of use: a document of this project.
    pub document_id: Id,
    /// Its date, never in the future.
    #[schema(example = "2026-05-30")]
    pub accepted_on: Day,
    /// What the acceptance rests on; signed unless said.
    #[serde(default)]
    #[schema(default = "signed")]
    pub basis: AcceptanceBasis,
    /// What the client reserved; required where it was signed with reservations.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Rug in T3-A to be exchanged by 15 June", max_length = 4000)]
    pub reservations: Option<String>,
}

/// What a project summary says.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SummaryFacts {
    /// What went well.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "The scheme carried the bid", min_length = 1, max_length = 8000)]
    pub went_well: String,
    /// What did not.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "Glass broken in transit", min_length = 1, max_length = 8000)]
    pub problems: String,
    /// What to do differently.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "Crate glass separately", min_length = 1, max_length = 8000)]
    pub lessons: String,
}

/// Records an inspection. Each failed item becomes an adjustment request of the next round, in the order of the items.
pub fn inspect(tx: &mut Tx<'_>, r: &Ref, new: &Inspect) -> Result<(Project, Inspection)> {
    every_failed_item_has_a_department(&new.items)?;
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::INSPECT, None, None)?;
    let inspected_on = not_in_the_future(tx, new.inspected_on, "/inspected_on")?;
    for (n, item) in new.items.iter().enumerate() {
        if let Some(department) = &item.department {
            organisation::department(tx, department, &format!("/items/{n}/department"))?;
        }
    }
    let kept = |i: &NewItem| InspectionItem {
        name: i.name.clone(),
        passed: i.passed,
        note: i.note.clone(),
        department: i.department.clone(),
    };
    let record = Inspection {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        inspected_on,
        inspector: new.inspector.clone(),
        items: Json(new.items.iter().map(kept).collect()),
        passed: new.items.iter().all(|item| item.passed),
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, if record.passed { "inspection.passed" } else { "inspection.failed" })?;
    for item in new.items.iter().filter(|item| !item.passed) {
        let request = NewRequest {
            facts: snag(item),
            source: AdjustmentSource::Inspection,
            round: project.adjustment_round + 1,
            inspection_id: Some(record.id),
        };
        adjustments::open(tx, &project, request)?;
    }
    Ok((project, record))
}

fn every_failed_item_has_a_department(items: &[NewItem]) -> Result<()> {
    let (en, zh) = (
        "A failed item becomes an adjustment request: say which department puts it right.",
        "不合格項會成為調整要求，請填寫負責部門。",
    );
    let unaddressed = items.iter().enumerate().filter(|(_, item)| !item.passed && item.department.is_none());
    let mut faults = unaddressed.map(|(n, _)| FieldError::new(format!("/items/{n}/department"), "missing", en, zh));
    let Some(first) = faults.next() else { return Ok(()) };
    let all: Vec<FieldError> = std::iter::once(first).chain(faults).collect();
    Err(Problem::validation("/items", "missing", en, zh).with_errors(all).into())
}

/// What the request of a failed item says.
fn snag(item: &NewItem) -> AdjustmentFacts {
    let what = match &item.note {
        Some(note) => format!("{}: {note}", item.name),
        None => item.name.clone(),
    };
    AdjustmentFacts {
        place: None,
        what,
        cause: AdjustmentCause::Quality,
        department: item.department.clone().unwrap_or_default(),
        due_on: None,
        cost_amount: 0,
        borne_by: BorneBy::Company,
    }
}

fn not_in_the_future(tx: &mut Tx<'_>, day: Option<Day>, pointer: &str) -> Result<Day> {
    let today = tx.today()?;
    match day {
        Some(day) if day > today => {
            Err(Problem::validation(pointer, "future", "It lies in the future.", "日期在將來。").into())
        }
        Some(day) => Ok(day),
        None => Ok(today),
    }
}

/// Files the acceptance certificate: only after a passed inspection, one that stands at a time. It sets the due dates of balance and retention.
/// One from before the last entry into acceptance makes way for the new one.
pub fn certify(tx: &mut Tx<'_>, r: &Ref, new: &Certify) -> Result<(Project, AcceptanceCertificate)> {
    if new.basis == AcceptanceBasis::SignedWithReservations
        && new.reservations.as_deref().is_none_or(|text| text.trim().is_empty())
    {
        return Err(Problem::validation(
            "/reservations",
            "missing",
            "Say what the client reserved.",
            "請填寫客戶保留的事項。",
        )
        .into());
    }
    let found = workflow::find(tx, r)?;
    clients::lock(tx, found.client_id)?;
    let project = workflow::lock_id(tx, found.id)?;
    workflow::allow(tx, &project, &acts::CERTIFY, None, None)?;
    let accepted_on = not_in_the_future(tx, Some(new.accepted_on), "/accepted_on")?;
    if Facts::load(tx.conn, &project, &[Evidence::PassedInspection])?.inspection != Some(true) {
        return Err(Problem::state(
            "The certificate comes only after a passed inspection: record one that passed since acceptance was last requested.",
            "驗收合格後才能登記驗收單：請先登記本次驗收的合格記錄。",
        )
        .into());
    }
    make_way(tx, &project)?;
    file_as(tx, &project, new.document_id, "acceptance_certificate", "/document_id")?;
    let record = AcceptanceCertificate {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        document_id: new.document_id,
        accepted_on,
        basis: new.basis,
        reservations: new.reservations.clone(),
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "acceptance_certificate.recorded")?;
    receivables::fire(tx, &project, Trigger::Acceptance, Some(accepted_on))?;
    Ok((project, record))
}

fn make_way(tx: &mut Tx<'_>, project: &Project) -> Result<()> {
    let Some(mut standing) = standing_certificate(tx, project.id)? else { return Ok(()) };
    if !workflow::stepped_since(tx, project.id, standing.id)? {
        return Err(Problem::state(
            "An acceptance certificate stands already: void it first if it was a mistake.",
            "已有有效的驗收單；若登記有誤，請先作廢。",
        )
        .into());
    }
    let why = "A later acceptance replaced it";
    standing.mark_void(tx.now, tx.actor.id, why);
    save_with(tx, &mut standing, "acceptance_certificate.voided", json!({ "reason": why }))?;
    documents::release(tx, standing.document_id)
}

/// Writes the project summary.
pub fn summarise(tx: &mut Tx<'_>, r: &Ref, new: &SummaryFacts) -> Result<(Project, ProjectSummary)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::SUMMARISE, None, None)?;
    let facts = new.clone();
    let record = ProjectSummary {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        went_well: facts.went_well,
        problems: facts.problems,
        lessons: facts.lessons,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "project_summary.written")?;
    Ok((project, record))
}

/// Changes a project summary before the transfer.
pub fn change_summary(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    patch: &Patch<SummaryFacts>,
) -> Result<(Project, ProjectSummary)> {
    let (project, mut record) = locked::<ProjectSummary>(tx, r)?;
    let current = SummaryFacts {
        went_well: record.went_well.clone(),
        problems: record.problems.clone(),
        lessons: record.lessons.clone(),
    };
    let facts = patch.apply(&current)?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, &acts::CHANGE_SUMMARY, None, None)?;
    (record.went_well, record.problems, record.lessons) = (facts.went_well, facts.problems, facts.lessons);
    save(tx, &mut record, "project_summary.changed")?;
    Ok((project, record))
}
