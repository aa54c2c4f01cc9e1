//! Acts inside a stage: when each is allowed and who may do it, one aligned line per act, as the domain says. Moves of the workflow stand in
//! [`super::STEPS`]. Handlers, the `available_actions` of records and the tests read this table; allow-lists only.

use super::advance::MissingView;
use super::{Party, Party as P, Project, Stage, Stage as S, parties};
use crate::access::{Failure, Result, Tx};
use crate::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

/// An act on a project or on one of its records.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    /// Its name, as in paths.
    pub name: &'static str,
    /// The stages in which it is allowed.
    pub stages: &'static [Stage],
    /// The states of the record it acts on, empty where it creates one.
    pub states: &'static [&'static str],
    /// Who may do it.
    pub by: &'static [Party],
}

const fn act(
    name: &'static str,
    stages: &'static [Stage],
    states: &'static [&'static str],
    by: &'static [Party],
) -> Act {
    Act { name, stages, states, by }
}

/// Every stage that is open: the work goes on.
pub const OPEN: &[Stage] =
    &[S::Intake, S::Assignment, S::Bidding, S::Installation, S::Adjustment, S::Acceptance, S::Settlement, S::Archiving];
/// Every stage: money is bound to none (until sealing).
pub const ANY: &[Stage] = Stage::ALL;
const INTAKE: &[Stage] = &[S::Intake];
const INTAKE_AND_ASSIGNMENT: &[Stage] = &[S::Intake, S::Assignment];
const ASSIGNMENT: &[Stage] = &[S::Assignment];
const ASSIGNED_OR_SHELVED: &[Stage] = &[
    S::Assignment,
    S::Bidding,
    S::Installation,
    S::Adjustment,
    S::Acceptance,
    S::Settlement,
    S::Archiving,
    S::Shelved,
];
const BIDDING: &[Stage] = &[S::Bidding];
const BIDDING_TO_TRANSFER: &[Stage] = &[S::Bidding, S::Installation, S::Adjustment, S::Acceptance];
const BIDDING_TO_SETTLEMENT: &[Stage] = &[S::Bidding, S::Installation, S::Adjustment, S::Acceptance, S::Settlement];
const INSTALLATION: &[Stage] = &[S::Installation];
const ADJUSTMENT: &[Stage] = &[S::Adjustment];
const ON_SITE: &[Stage] = &[S::Installation, S::Adjustment, S::Acceptance];
const ACCEPTANCE: &[Stage] = &[S::Acceptance];
const SETTLEMENT: &[Stage] = &[S::Settlement];
const FROM_TRANSFER: &[Stage] = &[S::Settlement, S::Archiving];
const ARCHIVING: &[Stage] = &[S::Archiving];

const OWNER: &[Party] = &[P::AccountableOwner, P::AccountableLeader, P::Manager];
const OWNER_OR_ASSISTANT: &[Party] = &[P::AccountableOwner, P::AccountableLeader, P::Manager, P::GroupAssistant];
const OWNER_OR_DEPARTMENT: &[Party] = &[P::AccountableOwner, P::AccountableLeader, P::Manager, P::Department];
const DEPARTMENT: &[Party] = &[P::Department];
const FINANCE: &[Party] = &[P::Finance];
const MANAGER: &[Party] = &[P::Manager];
const REVIEWERS: &[Party] = &[P::BackLeader, P::Manager];
const RECEIVER: &[Party] = &[P::BackStaff];
const EVERYONE_FILING: &[Party] = &[
    P::AccountableOwner,
    P::AccountableLeader,
    P::Manager,
    P::GroupAssistant,
    P::Department,
    P::Finance,
    P::BackStaff,
];

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident: $text:literal, $stages:expr, $states:expr, $by:expr;)+) => {
        $($(#[$doc])* pub const $name: Act = act($text, $stages, $states, $by);)+
        /// Every act, in the order of the work.
        pub const ACTS: &[Act] = &[$($name),+];
    };
}

acts! {
    /// Change the facts of a project.
    UPDATE_PROJECT: "update", OPEN, &[], OWNER;
    /// Waive evidence.
    WAIVE: "waive", OPEN, &[], MANAGER;
    /// Log an interaction.
    LOG_INTERACTION: "log_interaction", OPEN, &[], OWNER_OR_ASSISTANT;
    /// Qualify the inquiry.
    QUALIFY: "qualify", INTAKE, &[], OWNER;
    /// Record a client instruction or a commitment of ours.
    RECORD_INSTRUCTION: "record_instruction", OPEN, &[], OWNER;
    /// Settle it: done or dropped.
    SETTLE_INSTRUCTION: "settle", OPEN, &["open"], OWNER;
    /// Assign group and owner.
    ASSIGN: "assign", ASSIGNMENT, &[], MANAGER;
    /// Give the project to another owner.
    REASSIGN: "reassign", ASSIGNED_OR_SHELVED, &[], &[P::Manager, P::AccountableLeader];
    /// Acknowledge what a reassignment hands over; by its receiver.
    ACKNOWLEDGE_REASSIGNMENT: "acknowledge", OPEN, &["open"], &[P::AccountableOwner];
    /// Fill in the initiation form.
    INITIATE: "initiate", INTAKE_AND_ASSIGNMENT, &[], OWNER;
    /// Change it.
    CHANGE_INITIATION: "update", INTAKE_AND_ASSIGNMENT, &["recorded"], OWNER;
    /// Issue the assignment sheet.
    ISSUE_SHEET: "issue_assignment_sheet", ASSIGNMENT, &[], OWNER;
    /// Acknowledge it for one's department.
    ACKNOWLEDGE_SHEET: "acknowledge", OPEN, &["open"], DEPARTMENT;
    /// Send a coordination memo.
    SEND_MEMO: "send_memo", OPEN, &[], OWNER_OR_ASSISTANT;
    /// Answer it.
    REPLY_MEMO: "reply", OPEN, &["open", "answered"], DEPARTMENT;
    /// Record a direct commission.
    COMMISSION: "direct_commission", BIDDING, &[], OWNER;
    /// Register a tender.
    REGISTER_TENDER: "register_tender", BIDDING, &[], OWNER;
    /// Correct what was registered.
    CORRECT_TENDER: "correct", BIDDING, &["registered", "submitted"], OWNER;
    /// Submit our bid.
    SUBMIT_BID: "submit_bid", BIDDING, &["registered"], OWNER;
    /// Record the opening with the competitors' prices.
    RECORD_OPENING: "record_opening", BIDDING, &["submitted"], OWNER;
    /// Record the result.
    RECORD_RESULT: "record_result", BIDDING, &["registered", "submitted", "opened"], OWNER;
    /// Book a security as paid.
    PAY_SECURITY: "pay_security", ANY, &[], FINANCE;
    /// Book a security as returned.
    RETURN_SECURITY: "return", ANY, &["paid", "partly_returned"], FINANCE;
    /// Book a security as forfeited.
    FORFEIT_SECURITY: "forfeit", ANY, &["paid", "partly_returned"], FINANCE;
    /// Submit a design scheme or item list.
    SUBMIT_SCHEME: "submit_scheme", BIDDING_TO_TRANSFER, &[], DEPARTMENT;
    /// Record the client's comment.
    COMMENT_SCHEME: "comment", BIDDING_TO_TRANSFER, &["submitted", "valid"], OWNER;
    /// Make it the valid one.
    CONFIRM_SCHEME: "confirm", BIDDING_TO_TRANSFER, &["submitted", "superseded"], OWNER;
    /// Issue a quotation.
    ISSUE_QUOTATION: "issue_quotation", BIDDING_TO_TRANSFER, &[], OWNER;
    /// Record its acceptance.
    ACCEPT_QUOTATION: "accept", BIDDING_TO_TRANSFER, &["issued", "superseded"], OWNER;
    /// Draft a contract.
    DRAFT_CONTRACT: "draft_contract", BIDDING_TO_SETTLEMENT, &[], OWNER;
    /// Change a contract or amendment; after approval this re-opens the review.
    CHANGE_CONTRACT: "update", BIDDING_TO_SETTLEMENT, &["draft", "approved"], OWNER;
    /// Submit it for review; with what was changed after approval, again.
    SUBMIT_CONTRACT: "submit", BIDDING_TO_SETTLEMENT, &["draft", "approved"], OWNER;
    /// Review it.
    REVIEW_CONTRACT: "review", BIDDING_TO_SETTLEMENT, &["in_review"], REVIEWERS;
    /// Log a seal.
    LOG_SEAL: "log_seal", BIDDING_TO_SETTLEMENT, &["approved"], OWNER;
    /// Sign it.
    SIGN_CONTRACT: "sign", BIDDING_TO_SETTLEMENT, &["approved"], OWNER;
    /// Plan site access anew.
    REPLAN_SITE_ACCESS: "replan_site_access", BIDDING_TO_SETTLEMENT, &["signed"], OWNER;
    /// Draft an amendment.
    AMEND_CONTRACT: "amend", BIDDING_TO_SETTLEMENT, &["signed"], OWNER;
    /// Plan a milestone.
    PLAN_MILESTONE: "plan_milestone", INSTALLATION, &[], OWNER;
    /// Report on a milestone.
    REPORT_MILESTONE: "report", INSTALLATION, &["recorded"], OWNER_OR_DEPARTMENT;
    /// Check whether the site is ready.
    CHECK_SITE: "check_site_readiness", INSTALLATION, &[], OWNER;
    /// File the client's site access confirmation.
    CONFIRM_ACCESS: "record_site_access_confirmation", INSTALLATION, &[], OWNER;
    /// Start staging on site.
    START_INSTALLATION: "start_installation", INSTALLATION, &[], OWNER;
    /// Record a delivery.
    RECORD_DELIVERY: "record_delivery", INSTALLATION, &[], OWNER;
    /// Log progress.
    LOG_PROGRESS: "log_progress", INSTALLATION, &[], OWNER_OR_ASSISTANT;
    /// Report a site issue.
    REPORT_ISSUE: "report_site_issue", INSTALLATION, &[], OWNER;
    /// Resolve a site issue.
    RESOLVE_ISSUE: "resolve", ON_SITE, &["open"], OWNER_OR_DEPARTMENT;
    /// File the client's sign-off.
    SIGN_OFF: "sign_off_installation", INSTALLATION, &[], OWNER;
    /// Request an adjustment.
    REQUEST_ADJUSTMENT: "request_adjustment", ADJUSTMENT, &[], OWNER;
    /// Change what it says.
    CHANGE_ADJUSTMENT: "update", ADJUSTMENT, &["open", "planned"], OWNER;
    /// Plan it.
    PLAN_ADJUSTMENT: "plan", ADJUSTMENT, &["open", "planned"], OWNER;
    /// Report it as done.
    COMPLETE_ADJUSTMENT: "complete", ADJUSTMENT, &["open", "planned"], DEPARTMENT;
    /// Record the client's confirmation.
    CONFIRM_ADJUSTMENT: "confirm", ADJUSTMENT, &["done"], OWNER;
    /// Record the client's refusal.
    REFUSE_ADJUSTMENT: "refuse", ADJUSTMENT, &["done"], OWNER;
    /// Record an inspection.
    INSPECT: "inspect", ACCEPTANCE, &[], OWNER;
    /// File the acceptance certificate.
    CERTIFY: "record_acceptance_certificate", ACCEPTANCE, &[], OWNER;
    /// Write the project summary.
    SUMMARISE: "write_project_summary", ACCEPTANCE, &[], OWNER;
    /// Change the project summary.
    CHANGE_SUMMARY: "update", ACCEPTANCE, &["recorded"], OWNER;
    /// Approve the termination of a project on site.
    APPROVE_TERMINATION: "approve_termination", ON_SITE, &[], MANAGER;
    /// File the termination agreement that came after the approval.
    FILE_AGREEMENT: "file_agreement", ON_SITE, &["recorded"], OWNER;
    /// Offer the transfer.
    OFFER_TRANSFER: "offer_transfer", ON_SITE, &[], OWNER;
    /// Name who is to become back owner.
    NAME_BACK_OWNER: "name_owner", ON_SITE, &["offered"], REVIEWERS;
    /// Accept it.
    ACCEPT_TRANSFER: "accept", ON_SITE, &["offered"], RECEIVER;
    /// Return it.
    RETURN_TRANSFER: "return", ON_SITE, &["offered"], RECEIVER;
    /// Draft the final account.
    DRAFT_FINAL_ACCOUNT: "draft_final_account", SETTLEMENT, &[], OWNER;
    /// Submit it to the client.
    SUBMIT_FINAL_ACCOUNT: "submit", SETTLEMENT, &["draft"], OWNER;
    /// Record the client's audited figure.
    AUDIT_FINAL_ACCOUNT: "audit", SETTLEMENT, &["submitted", "audited"], OWNER;
    /// Confirm it.
    CONFIRM_FINAL_ACCOUNT: "confirm", SETTLEMENT, &["draft", "submitted", "audited"], OWNER;
    /// Allocate unapplied money.
    ALLOCATE: "allocate", ANY, &[], &[P::Finance, P::AccountableOwner];
    /// Ask for an invoice.
    REQUEST_INVOICE: "request_invoice", ANY, &[], OWNER;
    /// Issue it.
    ISSUE_INVOICE: "issue", ANY, &["requested"], FINANCE;
    /// Record that the client received it.
    RECEIPT_INVOICE: "record_receipt", ANY, &["issued"], OWNER;
    /// Red-letter it.
    RED_LETTER_INVOICE: "red_letter", ANY, &["issued"], FINANCE;
    /// Record a collection entry.
    COLLECT: "collect", ANY, &[], OWNER_OR_ASSISTANT;
    /// Open a dispute.
    DISPUTE: "dispute", ANY, &[], OWNER;
    /// End it.
    END_DISPUTE: "end", ANY, &["open"], OWNER;
    /// Propose a write-off.
    PROPOSE_WRITE_OFF: "propose_write_off", ANY, &[], OWNER;
    /// Approve a write-off.
    APPROVE_WRITE_OFF: "approve", ANY, &["proposed"], MANAGER;
    /// Reject a write-off.
    REJECT_WRITE_OFF: "reject", ANY, &["proposed"], MANAGER;
    /// Mark a write-off as booked.
    BOOK_WRITE_OFF: "book", ANY, &["approved"], FINANCE;
    /// File a document.
    FILE_DOCUMENT: "file_document", OPEN, &[], EVERYONE_FILING;
    /// Place the paper files.
    PLACE_PAPER: "place_paper_files", FROM_TRANSFER, &[], OWNER_OR_ASSISTANT;
    /// Seal the package.
    SEAL: "seal", ARCHIVING, &[], OWNER;
}

/// One act that a caller may look at: allowed now or not, and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AvailableAction {
    /// The act, as in the path.
    #[schema(example = "reply")]
    pub action: &'static str,
    /// Whether this caller may do it now.
    pub allowed: bool,
    /// Why not, as the act's own refusal would say: `state` (the record or the project does not stand there), `not_party` (it is not yours to do),
    /// `evidence` (see `missing`) or `money`.
    #[schema(example = "not_party")]
    pub refusal: Option<&'static str>,
    /// Every missing piece of evidence at once.
    pub missing: Vec<MissingView>,
}

impl AvailableAction {
    /// An act that rests on no evidence: allowed, or refused by `state` or `not_party`.
    pub fn plain(action: &'static str, refusal: Option<&'static str>) -> Self {
        Self { action, allowed: refusal.is_none(), refusal, missing: Vec::new() }
    }

    /// What an act's checks came to; what they miss is a project's.
    pub fn judged(action: &'static str, project: Option<&Project>, verdict: Result<()>) -> Result<Self> {
        match verdict {
            Ok(()) => Ok(Self::plain(action, None)),
            Err(Failure::Refused(problem)) => {
                let keys = problem.missing.iter().filter_map(serde_json::Value::as_str);
                let missing = keys.filter_map(|key| MissingView::of(project?, key)).collect();
                Ok(Self { action, allowed: false, refusal: Some(problem.code.name()), missing })
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Refuses an act unless stage, record state and party allow it; in that order (409 `state`, then 403 `not_party`).
/// `state` is the record's own state, `department` the department that a department act is addressed to.
pub fn allow(
    tx: &mut Tx<'_>,
    project: &Project,
    act: &Act,
    state: Option<&str>,
    department: Option<&str>,
) -> Result<()> {
    check_state(project, act, state)?;
    if parties::is_any(tx, project, act.by, department)? {
        return Ok(());
    }
    let by: Vec<&str> = act.by.iter().map(|p| p.as_str()).collect();
    Err(Failure::from(Problem::not_party(
        format!("`{}` on this project is for: {}.", act.name, by.join(", ")),
        format!("此項目的「{}」只限：{}。", act.name, by.join("、")),
    )))
}

/// The first half of [`allow`]: sealed, stage and record state.
pub fn check_state(project: &Project, act: &Act, state: Option<&str>) -> Result<()> {
    if project.sealed_at.is_some() {
        return Err(Failure::from(Problem::state(
            "The project is sealed: only `archive`, addenda to the archive and complaints may follow.",
            "項目已封存：此後只可歸檔、補充檔案或處理投訴。",
        )));
    }
    if !act.stages.contains(&project.stage) {
        let stages: Vec<&str> = act.stages.iter().map(|s| s.as_str()).collect();
        return Err(Failure::from(Problem::state(
            format!("`{}` is not possible in stage {}; it is in: {}.", act.name, project.stage, stages.join(", ")),
            format!("「{}」不能在 {} 階段進行；可在：{}。", act.name, project.stage, stages.join("、")),
        )));
    }
    match state {
        Some(state) if !act.states.contains(&state) => Err(Failure::from(Problem::state(
            format!(
                "`{}` is not possible while the record is {state}; it must be: {}.",
                act.name,
                act.states.join(", ")
            ),
            format!("記錄狀態為 {state}，不能「{}」；須為：{}。", act.name, act.states.join("、")),
        ))),
        Some(_) | None => Ok(()),
    }
}
