//! Who may do what with a complaint, and in which state: allow-lists, one line per act. No stage of a project matters.

use super::reading::{answered_by, look_ahead, measures, project_of, reviews};
use super::store::ComplaintState as S;
use super::store::{Complaint, ComplaintState, Measure, MeasureState, MeasureVerdict, Review, Severity};
use crate::access::{Result, Role, Tx};
use crate::db::Day;
use crate::http::Problem;
use crate::settings::{self, Settings};
use crate::workflow::{self, AvailableAction, Party, Project};

/// Who does an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The handler, the project's accountable owner, a leader of either, the manager.
    Handling,
    /// The manager, a leader of those who handle it or of the back group; neither the handler nor whoever proposed the measures.
    Approving,
    /// A department that is still to review.
    Reviewing,
    /// Anybody who sees it, other than the handler and whoever answered.
    Others,
}

impl Who {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Who::Handling => (
                "the handler, the project's accountable owner, their group's leader and the manager",
                "處理人、項目負責人、其組長及主管",
            ),
            Who::Approving => (
                "the manager or a leader, other than the handler and whoever proposed the measures",
                "主管或組長，但不得為處理人或措施提出人",
            ),
            Who::Reviewing => ("contributors of a department that is still to review", "尚待評審的部門人員"),
            Who::Others => ("somebody other than the handler and whoever answered", "處理人及答覆人以外的人"),
        }
    }
}

/// An act on a complaint.
#[derive(Debug, Clone, Copy)]
pub(super) struct Act {
    pub name: &'static str,
    pub states: &'static [ComplaintState],
    pub who: Who,
}

const fn act(name: &'static str, states: &'static [ComplaintState], who: Who) -> Act {
    Act { name, states, who }
}

const UNANSWERED: &[ComplaintState] =
    &[S::Registered, S::Confirmed, S::Analysed, S::Proposed, S::Approved, S::CarriedOut, S::Verified];

pub(super) const UPDATE: Act = act("update", UNANSWERED, Who::Handling);
pub(super) const CONFIRM: Act = act("confirm", &[S::Registered], Who::Handling);
pub(super) const ANALYSE: Act = act("analyse", &[S::Confirmed, S::Analysed], Who::Handling);
pub(super) const PROPOSE: Act = act("propose", &[S::Analysed], Who::Handling);
pub(super) const REVIEW: Act = act("review", &[S::Proposed], Who::Reviewing);
pub(super) const APPROVE: Act = act("approve", &[S::Proposed], Who::Approving);
pub(super) const SEND_BACK: Act = act("send-back", &[S::Proposed], Who::Approving);
pub(super) const VERIFY: Act = act("verify", &[S::CarriedOut], Who::Handling);
pub(super) const ANSWER: Act = act("answer", &[S::Analysed, S::Verified], Who::Handling);
pub(super) const OPINION: Act = act("opinion", &[S::Answered], Who::Others);
pub(super) const CLOSE: Act = act("close", &[S::Answered], Who::Handling);
pub(super) const REOPEN: Act = act("reopen", &[S::Answered, S::Closed], Who::Handling);

/// Every act, in the order of the work.
const ACTS: &[Act] =
    &[UPDATE, CONFIRM, ANALYSE, PROPOSE, REVIEW, APPROVE, SEND_BACK, VERIFY, ANSWER, OPINION, CLOSE, REOPEN];

/// Refuses an act unless the complaint's state (409 `state`), then the caller's relation to it (403 `not_party`) allow it.
pub(super) fn allow(tx: &mut Tx<'_>, project: Option<&Project>, complaint: &Complaint, act: Act) -> Result<()> {
    check_state(complaint, act)?;
    if is(tx, project, complaint, act.who)? {
        return Ok(());
    }
    let (en, zh) = act.who.words();
    Err(Problem::not_party(
        format!("`{}` on this complaint is for {en}.", act.name),
        format!("此投訴的「{}」只限{zh}。", act.name),
    )
    .into())
}

/// The measures of a major complaint are reviewed by their departments: what was approved without that does not become major.
pub(super) fn refuse_unreviewed(complaint: &Complaint, severity: Severity) -> Result<()> {
    let approved = matches!(complaint.state, S::Approved | S::CarriedOut | S::Verified);
    if severity != Severity::Major || !approved {
        return Ok(());
    }
    Err(Problem::state(
        "Its measures are approved without the review that a major complaint's need: answer it, and reopen it as a major one.",
        "措施已獲批准，未經重大投訴所需的部門評審；請先答覆，再重新打開並改為重大。",
    )
    .into())
}

/// The first half of [`allow`]: what the complaint's own row says.
fn check_state(complaint: &Complaint, act: Act) -> std::result::Result<(), Problem> {
    if !act.states.contains(&complaint.state) {
        let states: Vec<&str> = act.states.iter().map(|s| s.as_str()).collect();
        return Err(Problem::state(
            format!(
                "`{}` is not possible while the complaint is {}; it must be: {}.",
                act.name,
                complaint.state,
                states.join(", ")
            ),
            format!("投訴狀態為 {}，不能「{}」；須為：{}。", complaint.state, act.name, states.join("、")),
        ));
    }
    let unfounded = complaint.found_valid == Some(false);
    match act.name {
        "propose" if unfounded => Err(Problem::state(
            "It was found not valid: answer it, or analyse it again.",
            "投訴經查不成立；請直接答覆或重新分析。",
        )),
        "answer" if complaint.state == S::Analysed && !unfounded => Err(Problem::state(
            "It was found valid: measures are proposed, carried out and verified before it is answered.",
            "投訴成立；須先提出、執行並驗證措施才可答覆。",
        )),
        "close" => match complaint.client_opinion {
            None => Err(Problem::state("The client's opinion is asked first.", "須先徵詢客戶意見。")),
            Some(super::Opinion::Dissatisfied) => {
                Err(Problem::state("The client is dissatisfied: reopen it.", "客戶不滿意，須重新處理。"))
            }
            Some(super::Opinion::Satisfied | super::Opinion::Acceptable) => Ok(()),
        },
        "reopen" if complaint.client_opinion.is_none() => {
            Err(Problem::state("The client's opinion is asked first.", "須先徵詢客戶意見。"))
        }
        _ => Ok(()),
    }
}

/// Whether the caller stands in this relation to the complaint.
pub(super) fn is(tx: &mut Tx<'_>, project: Option<&Project>, complaint: &Complaint, who: Who) -> Result<bool> {
    let handler = complaint.handler_id == tx.actor.id;
    match who {
        Who::Handling => {
            Ok(handler || tx.actor.role == Role::Manager || leads(tx, project, complaint)? || owns(tx, project)?)
        }
        Who::Approving => {
            let may = tx.actor.role == Role::Manager || tx.actor.is_back_leader() || leads(tx, project, complaint)?;
            let proposed = measures(tx, complaint.id)?
                .iter()
                .any(|m| m.state == MeasureState::Proposed && m.created_by == tx.actor.id);
            Ok(may && !handler && !proposed)
        }
        Who::Reviewing => {
            let department = tx.actor.department.clone();
            let all = reviews(tx, complaint.id)?;
            Ok(tx.actor.role == Role::Contributor
                && current(&all).any(|r| r.verdict.is_none() && Some(&r.department) == department.as_ref()))
        }
        Who::Others => {
            let answered = answered_by(tx, complaint.id)?;
            let may = !matches!(
                tx.actor.role,
                Role::Assistant | Role::Contributor | Role::Finance | Role::Auditor | Role::Administrator
            );
            Ok(may && !handler && answered != Some(tx.actor.id))
        }
    }
}

fn owns(tx: &mut Tx<'_>, project: Option<&Project>) -> Result<bool> {
    match project {
        Some(project) => workflow::is_any(tx, project, &[Party::AccountableOwner], None),
        None => Ok(false),
    }
}

/// Whether the caller leads the handler's group or that of the project's accountable owner.
pub(super) fn leads(tx: &mut Tx<'_>, project: Option<&Project>, complaint: &Complaint) -> Result<bool> {
    if !tx.actor.leads() {
        return Ok(false);
    }
    let group = tx.found(complaint.handler_id, workflow::groups_of)?.pop().flatten();
    if group.is_some() && group == tx.actor.group_id {
        return Ok(true);
    }
    match project {
        Some(project) => workflow::is_any(tx, project, &[Party::AccountableLeader], None),
        None => Ok(false),
    }
}

/// The reviews of the latest proposal that was reviewed.
pub(super) fn current(all: &[Review]) -> impl Iterator<Item = &Review> {
    let round = all.iter().map(|r| r.round).max().unwrap_or(0);
    all.iter().filter(move |r| r.round == round)
}

/// The departments that have yet to approve the measures before anybody else does: those of a major complaint.
pub(super) fn still_to_review(tx: &mut Tx<'_>, complaint: &Complaint) -> Result<Vec<String>> {
    if complaint.severity != Severity::Major {
        return Ok(Vec::new());
    }
    let all = reviews(tx, complaint.id)?;
    let open = current(&all).filter(|review| review.verdict != Some(MeasureVerdict::Approved));
    Ok(open.map(|review| review.department.clone()).collect())
}

/// What the caller may do with a complaint now, act by act.
pub(super) fn available(
    tx: &mut Tx<'_>,
    project: Option<&Project>,
    complaint: &Complaint,
) -> Result<Vec<AvailableAction>> {
    let mut out = Vec::with_capacity(ACTS.len());
    if complaint.voided_at.is_some() {
        return Ok(out);
    }
    for act in ACTS {
        let refusal = if check_state(complaint, *act).is_err() {
            Some("state")
        } else if !is(tx, project, complaint, act.who)? {
            Some("not_party")
        } else if act.name == APPROVE.name && !still_to_review(tx, complaint)?.is_empty() {
            Some("state")
        } else {
            None
        };
        out.push(AvailableAction::plain(act.name, refusal));
    }
    Ok(out)
}

/// Those of these complaints whose measures wait for the caller's approval.
pub fn approvable(tx: &mut Tx<'_>, rows: Vec<Complaint>) -> Result<Vec<Complaint>> {
    look_ahead(tx, &rows)?;
    let mut out = Vec::new();
    for row in rows {
        let project = project_of(tx, &row)?;
        let may = check_state(&row, APPROVE).is_ok() && is(tx, project.as_ref(), &row, APPROVE.who)?;
        if may && still_to_review(tx, &row)?.is_empty() {
            out.push(row);
        }
    }
    Ok(out)
}

/// Why a measure cannot be carried out by the caller now, if so.
pub(super) fn cannot_carry_out(tx: &Tx<'_>, complaint: &Complaint, measure: &Measure) -> Option<&'static str> {
    if complaint.state != S::Approved || measure.state != MeasureState::Approved {
        return Some("state");
    }
    let own = tx.actor.role == Role::Contributor && tx.actor.department.as_ref() == Some(&measure.department);
    (!own).then_some("not_party")
}

/// By when a complaint of this severity is answered, counted from this day.
pub(super) fn due(tx: &mut Tx<'_>, from: Day, severity: Severity) -> Result<Day> {
    let settings = settings::load(tx.conn)?;
    settings::add_working_days(tx.conn, from, days_to_answer(&settings, severity))
}

/// Working days to the answer.
pub(super) fn days_to_answer(settings: &Settings, severity: Severity) -> i64 {
    match severity {
        Severity::Minor => settings.complaint_days_minor,
        Severity::Normal => settings.complaint_days_normal,
        Severity::Major => settings.complaint_days_major,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::complaints::{ComplaintChannel, Opinion};
    use crate::db::{At, Id};

    fn complaint(state: ComplaintState) -> Complaint {
        let (id, at) = (Id::new(), At::now_real());
        Complaint {
            id,
            number: "CP-1".to_owned(),
            version: 1,
            client_id: id,
            project_id: None,
            channel: ComplaintChannel::Phone,
            severity: Severity::Normal,
            what: "x".to_owned(),
            state,
            handler_id: id,
            answer_due_on: "2026-06-12".parse().unwrap(),
            cause: None,
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
            created_at: at,
            created_by: id,
            updated_at: at,
            voided_at: None,
            voided_by: None,
            void_reason: None,
        }
    }

    #[test]
    fn every_state_but_the_measures_own_leads_on() {
        for state in ComplaintState::ALL.iter().filter(|s| **s != S::Approved) {
            assert!(ACTS.iter().any(|a| a.name != "update" && a.states.contains(state)), "{state}");
        }
    }

    #[test]
    fn only_what_was_found_not_valid_is_answered_at_once() {
        let mut analysed = complaint(S::Analysed);
        analysed.found_valid = Some(true);
        assert!(check_state(&analysed, ANSWER).is_err() && check_state(&analysed, PROPOSE).is_ok());
        analysed.found_valid = Some(false);
        assert!(check_state(&analysed, ANSWER).is_ok() && check_state(&analysed, PROPOSE).is_err());
    }

    #[test]
    fn a_dissatisfied_client_keeps_it_open() {
        let mut answered = complaint(S::Answered);
        assert!(check_state(&answered, CLOSE).is_err() && check_state(&answered, REOPEN).is_err());
        answered.client_opinion = Some(Opinion::Dissatisfied);
        assert!(check_state(&answered, CLOSE).is_err() && check_state(&answered, REOPEN).is_ok());
        answered.client_opinion = Some(Opinion::Acceptable);
        assert!(check_state(&answered, CLOSE).is_ok());
    }

    #[test]
    fn the_graver_the_sooner() {
        let settings = Settings::default();
        let days = Severity::ALL.iter().map(|s| days_to_answer(&settings, *s)).collect::<Vec<_>>();
        assert_eq!(days, [10, 5, 2]);
    }
}
