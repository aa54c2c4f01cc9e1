//! From the registration of a complaint to approved measures.

use super::reading::{measures, reviews};
use super::rules::{self, allow, current, due};
use super::store::{
    Complaint, ComplaintCause, ComplaintChannel, ComplaintState, Measure, MeasureOf, MeasureState, MeasureVerdict,
    Review, Severity, last, locked, save, save_measure,
};
use crate::access::{ComplaintsHandle, Permission, Result, Tx, organisation, people};
use crate::clients;
use crate::clock;
use crate::db::schema::{complaint_measures, complaint_reviews, complaints, users};
use crate::db::{Day, Id};
use crate::http::{IfMatch, Patch, Problem, Ref};
use crate::records::stale;
use crate::workflow::{self, Project};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use validator::Validate;

/// A complaint to register.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewComplaint {
    /// Whose complaint.
    pub client_id: Id,
    /// The project it is about, in any stage.
    #[serde(default)]
    pub project_id: Option<Id>,
    /// How it reached us.
    pub channel: ComplaintChannel,
    /// How grave it is.
    pub severity: Severity,
    /// What the client complains of.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "Wardrobe doors scrape in two rooms", min_length = 1, max_length = 8000)]
    pub what: String,
    /// What it seems to come from.
    #[serde(default)]
    pub cause: Option<ComplaintCause>,
}

/// What can be changed of a complaint until it is answered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ComplaintFacts {
    /// How grave it is; the date of the answer is worked out anew.
    pub severity: Severity,
    /// Who handles it.
    pub handler_id: Id,
}

/// What was found out.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Analyse {
    /// Whether the client is right.
    pub found_valid: bool,
    /// Why.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "Hinges were set before the floor was levelled", min_length = 1, max_length = 8000)]
    pub reasons: String,
    /// What it comes from.
    pub cause: ComplaintCause,
    /// The department it is about.
    #[serde(default)]
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "engineering", min_length = 1, max_length = 60)]
    pub department: Option<String>,
}

/// A measure to propose.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewMeasure {
    /// What is to be done.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Reset the hinges in rooms 801 and 802", min_length = 1, max_length = 4000)]
    pub what: String,
    /// By which department.
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "engineering", min_length = 1, max_length = 60)]
    pub department: String,
    /// By when.
    #[serde(default)]
    #[schema(example = "2026-06-10")]
    pub due_on: Option<Day>,
}

/// Measures to propose.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// The measures.
    #[validate(length(min = 1, max = 50), nested)]
    #[schema(min_items = 1, max_items = 50)]
    pub measures: Vec<NewMeasure>,
}

/// What the caller's department says to the measures.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReviewMeasures {
    /// The verdict.
    pub verdict: MeasureVerdict,
    /// In words; an objection needs them.
    #[serde(default)]
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Feasible this week", min_length = 1, max_length = 4000)]
    pub opinion: Option<String>,
}

/// Why the measures will not do.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SendBack {
    /// The reason.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Say what keeps it from happening again", min_length = 1, max_length = 4000)]
    pub reason: String,
}

/// Registers a complaint. The project's accountable owner handles it, else the client's owner, else whoever registers it.
pub fn register(tx: &mut Tx<'_>, new: &NewComplaint) -> Result<Complaint> {
    let client = clients::find_for_use(tx, new.client_id, "/client_id")?;
    let project = match new.project_id {
        None => None,
        Some(id) if workflow::sees(tx, id)? => Some(workflow::lock_id(tx, id)?),
        Some(_) => {
            return Err(Problem::validation(
                "/project_id",
                "unknown",
                "There is no such project in your sight.",
                "您可見的範圍內沒有這個項目。",
            )
            .into());
        }
    };
    if project.as_ref().is_some_and(|p| p.client_id != client.id) {
        return Err(Problem::validation(
            "/project_id",
            "client",
            "The project is another client's.",
            "該項目屬於另一客戶。",
        )
        .into());
    }
    let owner = project.as_ref().and_then(|p| p.back_owner_id.or(p.front_owner_id));
    let handler_id = handler(tx, &[owner, client.owner_id, Some(tx.actor.id)])?;
    let today = tx.today()?;
    let complaint = Complaint {
        id: Id::new(),
        number: tx.number("CP")?,
        version: 1,
        client_id: client.id,
        project_id: new.project_id,
        channel: new.channel,
        severity: new.severity,
        what: new.what.clone(),
        state: ComplaintState::Registered,
        handler_id,
        answer_due_on: due(tx, today, new.severity)?,
        cause: new.cause,
        department: None,
        found_valid: None,
        analysis: None,
        effect: None,
        answer: None,
        answered_on: None,
        client_opinion: None,
        client_opinion_note: None,
        closed_on: None,
        reopened: 0,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    diesel::insert_into(complaints::table).values(&complaint).execute(tx.conn)?;
    tx.record(&complaint, "complaint.registered")?;
    Ok(complaint)
}

/// The first of these who is active and may handle complaints; else the manager.
fn handler(tx: &mut Tx<'_>, wanted: &[Option<Id>]) -> Result<Id> {
    for person in wanted.iter().flatten() {
        let may = users::table
            .filter(users::id.eq(*person))
            .filter(users::active.eq(true))
            .filter(users::role.eq_any(ComplaintsHandle::ROLES.iter().copied()));
        if may.count().get_result::<i64>(tx.conn)? == 1 {
            return Ok(*person);
        }
    }
    Ok(workflow::manager(tx)?.unwrap_or(tx.actor.id))
}

/// Finds, locks, and asks whether the caller has seen this version and may do this.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    act: rules::Act,
) -> Result<(Option<Project>, Complaint)> {
    let (project, complaint) = locked(tx, r)?;
    stale(tx, &complaint, if_match)?;
    allow(tx, project.as_ref(), &complaint, act)?;
    Ok((project, complaint))
}

/// Changes severity (the date of the answer with it, counted from the registration or the last reopening) or handler.
pub fn change(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, patch: &Patch<ComplaintFacts>) -> Result<Complaint> {
    let (project, mut complaint) = locked(tx, r)?;
    let facts = patch.apply(&ComplaintFacts { severity: complaint.severity, handler_id: complaint.handler_id })?;
    stale(tx, &complaint, if_match)?;
    allow(tx, project.as_ref(), &complaint, rules::UPDATE)?;
    if facts.handler_id != complaint.handler_id {
        let person = people::active_user(tx, facts.handler_id, "/handler_id")?;
        if !ComplaintsHandle::ROLES.contains(&person.role) {
            return Err(Problem::validation(
                "/handler_id",
                "role",
                "This person's role does not handle complaints.",
                "此人的角色不處理投訴。",
            )
            .into());
        }
    }
    if facts.severity != complaint.severity {
        rules::refuse_unreviewed(&complaint, facts.severity)?;
        let since = last(tx, complaint.id, "complaint.reopened")?.map_or(complaint.created_at, |(_, at)| at);
        let zone = tx.zone()?;
        complaint.answer_due_on = due(tx, clock::day_of(since, zone), facts.severity)?;
        if facts.severity == Severity::Major && complaint.state == ComplaintState::Proposed {
            let proposed = measures(tx, complaint.id)?
                .into_iter()
                .filter(|m| m.state == MeasureState::Proposed)
                .map(|m| m.department)
                .collect();
            ask_departments(tx, complaint.id, &proposed)?;
        }
    }
    complaint.severity = facts.severity;
    complaint.handler_id = facts.handler_id;
    save(tx, &mut complaint, "complaint.changed", None)?;
    Ok(complaint)
}

/// Confirms that it is a complaint, and ours to deal with.
pub fn confirm(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::CONFIRM)?;
    complaint.state = ComplaintState::Confirmed;
    save(tx, &mut complaint, "complaint.confirmed", None)?;
    Ok(complaint)
}

/// Records cause and reasons, and whether it was found valid.
pub fn analyse(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &Analyse) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::ANALYSE)?;
    if let Some(department) = &new.department {
        organisation::department(tx, department, "/department")?;
    }
    complaint.state = ComplaintState::Analysed;
    complaint.found_valid = Some(new.found_valid);
    complaint.analysis = Some(new.reasons.clone());
    complaint.cause = Some(new.cause);
    complaint.department.clone_from(&new.department);
    save(tx, &mut complaint, "complaint.analysed", None)?;
    Ok(complaint)
}

/// Proposes measures; on a major complaint every department with one is asked to review them.
pub fn propose(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &Propose) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::PROPOSE)?;
    for (place, measure) in new.measures.iter().enumerate() {
        organisation::department(tx, &measure.department, &format!("/measures/{place}/department"))?;
    }
    for measure in &new.measures {
        let row = Measure {
            id: Id::new(),
            complaint_id: complaint.id,
            version: 1,
            what: measure.what.clone(),
            department: measure.department.clone(),
            due_on: measure.due_on,
            state: MeasureState::Proposed,
            done_note: None,
            done_at: None,
            done_by: None,
            created_at: tx.now,
            created_by: tx.actor.id,
            updated_at: tx.now,
        };
        diesel::insert_into(complaint_measures::table).values(&row).execute(tx.conn)?;
        tx.record(
            &MeasureOf { measure: &row, project_id: complaint.project_id, client_id: complaint.client_id },
            "complaint_measure.proposed",
        )?;
    }
    if complaint.severity == Severity::Major {
        ask_departments(tx, complaint.id, &new.measures.iter().map(|m| m.department.clone()).collect())?;
    }
    complaint.state = ComplaintState::Proposed;
    save(tx, &mut complaint, "complaint.measures_proposed", None)?;
    Ok(complaint)
}

fn ask_departments(tx: &mut Tx<'_>, complaint: Id, departments: &BTreeSet<String>) -> Result<()> {
    let round = reviews(tx, complaint)?.iter().map(|r| r.round).max().unwrap_or(0) + 1;
    for department in departments {
        let row = Review {
            id: Id::new(),
            complaint_id: complaint,
            round,
            department: department.clone(),
            verdict: None,
            opinion: None,
            reviewed_at: None,
            reviewed_by: None,
            created_at: tx.now,
            created_by: tx.actor.id,
        };
        diesel::insert_into(complaint_reviews::table).values(&row).execute(tx.conn)?;
    }
    Ok(())
}

/// Reviews the measures for the caller's department; an objection sends the complaint back to its analysis.
pub fn review(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &ReviewMeasures) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::REVIEW)?;
    if new.verdict == MeasureVerdict::Objected && new.opinion.is_none() {
        return Err(Problem::validation("/opinion", "missing", "An objection says why.", "提出異議須說明理由。").into());
    }
    let all = reviews(tx, complaint.id)?;
    let own = current(&all).find(|r| r.verdict.is_none() && Some(&r.department) == tx.actor.department.as_ref());
    let mut own = own.cloned().ok_or_else(Problem::not_found)?;
    own.verdict = Some(new.verdict);
    own.opinion.clone_from(&new.opinion);
    own.reviewed_at = Some(tx.now);
    own.reviewed_by = Some(tx.actor.id);
    diesel::update(complaint_reviews::table.filter(complaint_reviews::id.eq(own.id))).set(&own).execute(tx.conn)?;
    if new.verdict == MeasureVerdict::Objected {
        replace_measures(tx, &complaint)?;
        complaint.state = ComplaintState::Analysed;
    }
    save(tx, &mut complaint, "complaint.reviewed", Some(json!({ "review": own })))?;
    Ok(complaint)
}

fn replace_measures(tx: &mut Tx<'_>, complaint: &Complaint) -> Result<()> {
    for mut measure in measures(tx, complaint.id)?.into_iter().filter(|m| m.state == MeasureState::Proposed) {
        measure.state = MeasureState::Replaced;
        save_measure(tx, complaint, &mut measure, "complaint_measure.replaced")?;
    }
    Ok(())
}

/// Approves the measures: the manager or a leader, never the handler's own; on a major complaint after every department concerned.
pub fn approve(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::APPROVE)?;
    let open = rules::still_to_review(tx, &complaint)?;
    if !open.is_empty() {
        return Err(Problem::state(
            format!("Still to review: {}.", open.join(", ")),
            format!("尚待評審：{}。", open.join("、")),
        )
        .into());
    }
    for mut measure in measures(tx, complaint.id)?.into_iter().filter(|m| m.state == MeasureState::Proposed) {
        measure.state = MeasureState::Approved;
        save_measure(tx, &complaint, &mut measure, "complaint_measure.approved")?;
    }
    complaint.state = ComplaintState::Approved;
    save(tx, &mut complaint, "complaint.measures_approved", None)?;
    Ok(complaint)
}

/// Sends the measures back instead of approving them.
pub fn send_back(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &SendBack) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::SEND_BACK)?;
    replace_measures(tx, &complaint)?;
    complaint.state = ComplaintState::Analysed;
    save(tx, &mut complaint, "complaint.measures_sent_back", Some(json!({ "reason": new.reason })))?;
    Ok(complaint)
}
