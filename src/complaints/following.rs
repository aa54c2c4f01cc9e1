//! From approved measures to the closed complaint, or to the one that begins again.

use super::actions::begin;
use super::reading::measures;
use super::rules::{self, cannot_carry_out, due};
use super::store::{
    Complaint, ComplaintState, Measure, MeasureOf, MeasureState, Opinion, find_measure, locked, save, save_measure,
};
use crate::access::{Result, Role, Tx};
use crate::http::{IfMatch, Problem, Ref};
use crate::records::{Void, refuse_voided, stale};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

/// What was done.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CarryOut {
    /// In words.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Hinges reset in both rooms", min_length = 1, max_length = 4000)]
    pub note: String,
}

/// What the measures brought about.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// In words.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "All doors run free; checked on site", min_length = 1, max_length = 4000)]
    pub effect: String,
    /// Whether it is enough; if not, other measures are proposed.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub effective: bool,
}

fn yes() -> bool {
    true
}

/// What the client is answered.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = AnswerComplaint)]
pub struct Answer {
    /// In words.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "The hinges were reset on 10 June at our cost", min_length = 1, max_length = 8000)]
    pub answer: String,
}

/// What the client thinks of it.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AskOpinion {
    /// The opinion.
    pub opinion: Opinion,
    /// In the client's words.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Quick and clean", max_length = 4000)]
    pub note: Option<String>,
}

/// Why it begins again.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Reopen {
    /// The reason.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "One door scrapes again", min_length = 1, max_length = 4000)]
    pub reason: String,
}

/// Reports a measure as carried out, by its department. With the last one the complaint is carried out.
pub fn carry_out(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &CarryOut) -> Result<(Complaint, Measure)> {
    let (found, _) = find_measure(tx, r)?;
    let (_, mut complaint) = locked(tx, &Ref::Id(found.id.0))?;
    let (_, mut measure) = find_measure(tx, r)?;
    stale(
        tx,
        &MeasureOf { measure: &measure, project_id: complaint.project_id, client_id: complaint.client_id },
        if_match,
    )?;
    refuse_voided(&complaint)?;
    match cannot_carry_out(tx, &complaint, &measure) {
        Some("state") => {
            return Err(Problem::state(
                format!(
                    "The measure is {} and the complaint {}: both must be approved.",
                    measure.state, complaint.state
                ),
                format!("措施狀態為 {}、投訴為 {}；兩者須已批准。", measure.state, complaint.state),
            )
            .into());
        }
        Some(_) => {
            return Err(Problem::not_party(
                format!("This measure is for contributors of {}.", measure.department),
                format!("此措施由 {} 部門執行。", measure.department),
            )
            .into());
        }
        None => {}
    }
    measure.state = MeasureState::Done;
    measure.done_note = Some(new.note.clone());
    measure.done_at = Some(tx.now);
    measure.done_by = Some(tx.actor.id);
    save_measure(tx, &complaint, &mut measure, "complaint_measure.done")?;
    if !measures(tx, complaint.id)?.iter().any(|m| m.state == MeasureState::Approved) {
        complaint.state = ComplaintState::CarriedOut;
        save(tx, &mut complaint, "complaint.carried_out", None)?;
    }
    Ok((complaint, measure))
}

/// Verifies what the measures brought about; where it is not enough, the complaint goes back to its analysis.
pub fn verify(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &Verify) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::VERIFY)?;
    complaint.effect = Some(new.effect.clone());
    complaint.state = if new.effective { ComplaintState::Verified } else { ComplaintState::Analysed };
    save(tx, &mut complaint, if new.effective { "complaint.verified" } else { "complaint.found_ineffective" }, None)?;
    Ok(complaint)
}

/// Answers the client; late is late, and shows.
pub fn answer(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &Answer) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::ANSWER)?;
    complaint.state = ComplaintState::Answered;
    complaint.answer = Some(new.answer.clone());
    complaint.answered_on = Some(tx.today()?);
    save(tx, &mut complaint, "complaint.answered", None)?;
    Ok(complaint)
}

/// Records the client's opinion, asked by somebody other than the handler and whoever answered.
pub fn opinion(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &AskOpinion) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::OPINION)?;
    complaint.client_opinion = Some(new.opinion);
    complaint.client_opinion_note.clone_from(&new.note);
    save(tx, &mut complaint, "complaint.opinion_recorded", None)?;
    Ok(complaint)
}

/// Closes a complaint whose client is satisfied or finds the outcome acceptable.
pub fn close(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::CLOSE)?;
    complaint.state = ComplaintState::Closed;
    complaint.closed_on = Some(tx.today()?);
    save(tx, &mut complaint, "complaint.closed", None)?;
    Ok(complaint)
}

/// Takes a complaint up again: it is analysed anew, and the time to the answer begins again. What was found and answered stays in its history.
pub fn reopen(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &Reopen) -> Result<Complaint> {
    let (_, mut complaint) = begin(tx, r, if_match, rules::REOPEN)?;
    let today = tx.today()?;
    complaint.state = ComplaintState::Confirmed;
    complaint.reopened += 1;
    complaint.answer_due_on = due(tx, today, complaint.severity)?;
    complaint.found_valid = None;
    complaint.analysis = None;
    complaint.effect = None;
    complaint.answer = None;
    complaint.answered_on = None;
    complaint.client_opinion = None;
    complaint.client_opinion_note = None;
    complaint.closed_on = None;
    save(tx, &mut complaint, "complaint.reopened", Some(json!({ "reason": new.reason })))?;
    Ok(complaint)
}

/// Voids a complaint that was registered by mistake, while nothing builds on it: by its maker, a leader of those who handle it, or the manager.
pub fn void(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &Void) -> Result<Complaint> {
    let (project, mut complaint) = locked(tx, r)?;
    stale(tx, &complaint, if_match)?;
    let early =
        matches!(complaint.state, ComplaintState::Registered | ComplaintState::Confirmed | ComplaintState::Analysed);
    if !early || complaint.reopened > 0 || !measures(tx, complaint.id)?.is_empty() {
        return Err(
            Problem::state("Work was done on it: it can no longer be voided.", "投訴已在處理，不能再作廢。").into()
        );
    }
    let maker = complaint.created_by == tx.actor.id;
    if !maker && tx.actor.role != Role::Manager && !rules::leads(tx, project.as_ref(), &complaint)? {
        return Err(Problem::not_party(
            "A record is voided by its maker, the group's leader or the manager.",
            "記錄由登記人、組長或主管作廢。",
        )
        .into());
    }
    (complaint.voided_at, complaint.voided_by, complaint.void_reason) =
        (Some(tx.now), Some(tx.actor.id), Some(body.reason.clone()));
    save(tx, &mut complaint, "complaint.voided", Some(json!({ "reason": body.reason })))?;
    Ok(complaint)
}
