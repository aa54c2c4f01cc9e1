//! Tenders: registered with their deadlines and security, corrected, bid for, opened, decided. Nothing is submitted after the deadline, nor before
//! a required security is paid.

use super::securities;
use crate::access::{RecordsRead, Result, Tx};
use crate::db::{At, Id, Json, schema::tenders, text_enum};
use crate::http::{IfMatch, Problem, Ref};
use crate::project_record;
use crate::projects;
use crate::records::{Record, insert, locked, save, save_with, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// Where a tender stands.
    TenderState {
        /// The notice is registered.
        Registered = "registered",
        /// Our bid is in.
        Submitted = "submitted",
        /// The bids were opened.
        Opened = "opened",
        /// We won.
        Won = "won",
        /// Somebody else won.
        Lost = "lost",
        /// The client called it off.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// How a tender ended.
    TenderResult {
        /// We won.
        Won = "won",
        /// Somebody else won.
        Lost = "lost",
        /// The client called it off.
        Cancelled = "cancelled",
    }
}

/// One bid as it was read out at the opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Bid {
    /// Whose.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "competitor 1", min_length = 1, max_length = 200)]
    pub bidder: String,
    /// How much, in fen.
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 131_900_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
}

/// A tender.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tenders, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Tender {
    /// The tender.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The number of the client's notice.
    #[schema(example = "LJ-2026-014")]
    pub notice_no: String,
    /// Until when a bid may be submitted.
    pub submission_deadline: At,
    /// When the bids are opened.
    pub opening_at: Option<At>,
    /// The bid security asked for, in fen; 0: none.
    #[schema(example = 2_000_000)]
    pub security_amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// Where it stands.
    pub state: TenderState,
    /// What we bid, in fen.
    #[schema(example = 128_643_157)]
    pub bid_amount: Option<i64>,
    /// When our bid was submitted.
    pub submitted_at: Option<At>,
    /// When the opening was recorded.
    pub opened_at: Option<At>,
    /// Every bid that was read out.
    #[schema(value_type = Vec<Bid>)]
    pub bids: Json<Vec<Bid>>,
    /// Why it ended as it did.
    #[schema(example = "Second on price, first on scheme")]
    pub result_note: Option<String>,
    /// When the result was recorded.
    pub decided_at: Option<At>,
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

/// What is derived of a tender.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TenderExtra {
    /// Bid security that is paid and still out, in fen.
    #[schema(example = 2_000_000)]
    pub security_paid_amount: i64,
}

project_record!(Tender, tenders, "tender", state = state);

impl Record for Tender {
    type Read = RecordsRead;
    type Extra = TenderExtra;
    const PLURAL: &'static str = "tenders";
    const NAME: &'static str = "tender";
    const EVIDENCE: bool = true;

    fn acts() -> &'static [Act] {
        &[acts::CORRECT_TENDER, acts::SUBMIT_BID, acts::RECORD_OPENING, acts::RECORD_RESULT]
    }

    fn check(&self, tx: &mut Tx<'_>, _project: &Project, act: &Act) -> Result<()> {
        match act.name {
            name if name == acts::SUBMIT_BID.name => may_submit(tx, self),
            name if name == acts::RECORD_OPENING.name => may_open(tx, self),
            _ => Ok(()),
        }
    }

    fn look_ahead(tx: &mut Tx<'_>, _rows: &[Self], projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(projects.keys().copied(), securities::of_projects)
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<TenderExtra> {
        Ok(TenderExtra { security_paid_amount: securities::held_for(tx, self)? })
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok(securities::names_tender(tx, self)?.then_some("a security was paid for it"))
    }
}

/// A tender to register.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RegisterTender {
    /// The number of the client's notice.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "LJ-2026-014", min_length = 1, max_length = 120)]
    pub notice_no: String,
    /// Until when a bid may be submitted.
    #[schema(example = "2026-02-06T17:00:00+08:00")]
    pub submission_deadline: At,
    /// When the bids are opened; not before the deadline.
    #[serde(default)]
    #[schema(example = "2026-02-09T10:00:00+08:00")]
    pub opening_at: Option<At>,
    /// The bid security asked for, in fen; 0: none.
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 2_000_000, minimum = 0, maximum = 1_000_000_000_000_000_i64, default = 0)]
    pub security_amount: i64,
    /// ISO 4217; the project's unless said.
    #[serde(default)]
    #[validate(custom(function = projects::currency))]
    #[schema(example = "CNY", min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$")]
    pub currency: Option<String>,
}

/// What to correct of a tender, and why.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CorrectTender {
    /// The number of the client's notice.
    #[serde(default)]
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "LJ-2026-014", min_length = 1, max_length = 120)]
    pub notice_no: Option<String>,
    /// Until when a bid may be submitted.
    #[serde(default)]
    #[schema(example = "2026-02-10T17:00:00+08:00")]
    pub submission_deadline: Option<At>,
    /// When the bids are opened.
    #[serde(default)]
    #[schema(example = "2026-02-12T10:00:00+08:00")]
    pub opening_at: Option<At>,
    /// The bid security asked for, in fen; 0: none.
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 2_000_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub security_amount: Option<i64>,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "The client moved the deadline", min_length = 1, max_length = 2000)]
    pub why: String,
}

/// Our bid.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SubmitBid {
    /// How much, in fen.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 128_643_157, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
}

/// The bids as they were read out.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordOpening {
    /// Every bid, ours too.
    #[validate(length(min = 1, max = 200), nested)]
    #[schema(min_items = 1, max_items = 200)]
    pub bids: Vec<Bid>,
}

/// How the tender ended.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordResult {
    /// The result.
    pub result: TenderResult,
    /// Why.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Second on price, first on scheme", max_length = 4000)]
    pub note: Option<String>,
}

/// Registers a tender. One at a time is open; another may follow a lost or cancelled one.
pub fn register(tx: &mut Tx<'_>, r: &Ref, new: &RegisterTender) -> Result<(Project, Tender)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::REGISTER_TENDER, None, None)?;
    check_order(new.submission_deadline, new.opening_at, "/opening_at")?;
    if let Some(other) = current(tx, project.id)? {
        return Err(Problem::state(
            format!("Tender {} is {}: another may follow once it is lost or cancelled.", other.notice_no, other.state),
            format!("招標 {} 狀態為 {}；須落標或取消後才可另行登記。", other.notice_no, other.state),
        )
        .into());
    }
    let record = Tender {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        notice_no: new.notice_no.clone(),
        submission_deadline: new.submission_deadline,
        opening_at: new.opening_at,
        security_amount: new.security_amount,
        currency: new.currency.clone().unwrap_or_else(|| project.currency.clone()),
        state: TenderState::Registered,
        bid_amount: None,
        submitted_at: None,
        opened_at: None,
        bids: Json(Vec::new()),
        result_note: None,
        decided_at: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "tender.registered")?;
    Ok((project, record))
}

/// The last tender of a project that is not voided.
pub(super) fn latest(tx: &mut Tx<'_>, project: Id) -> Result<Option<Tender>> {
    let rows = tenders::table.filter(tenders::project_id.eq(project)).filter(tenders::voided_at.is_null());
    Ok(rows.order(tenders::id.desc()).select(Tender::as_select()).first(tx.conn).optional()?)
}

/// The tender that goes on or was won: the last one, unless it was lost or called off.
pub(super) fn current(tx: &mut Tx<'_>, project: Id) -> Result<Option<Tender>> {
    Ok(latest(tx, project)?.filter(|t| !matches!(t.state, TenderState::Lost | TenderState::Cancelled)))
}

fn check_order(deadline: At, opening: Option<At>, pointer: &str) -> Result<()> {
    if opening.is_none_or(|opening| opening >= deadline) {
        return Ok(());
    }
    let (en, zh) = ("Bids are not opened before the submission deadline.", "開標時間不得早於投標截止時間。");
    Err(Problem::validation(pointer, "range", en, zh).into())
}

fn begin(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, act: &Act) -> Result<(Project, Tender)> {
    let (project, tender) = locked::<Tender>(tx, r)?;
    stale(tx, &tender, if_match)?;
    workflow::allow(tx, &project, act, Some(tender.state.as_str()), None)?;
    tender.check(tx, &project, act)?;
    Ok((project, tender))
}

/// Corrects what was registered, with the reason; the history keeps what stood before.
pub fn correct(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &CorrectTender) -> Result<(Project, Tender)> {
    let (project, mut tender) = begin(tx, r, if_match, &acts::CORRECT_TENDER)?;
    if let Some(notice_no) = &new.notice_no {
        tender.notice_no.clone_from(notice_no);
    }
    tender.submission_deadline = new.submission_deadline.unwrap_or(tender.submission_deadline);
    tender.opening_at = new.opening_at.or(tender.opening_at);
    let pointer = if new.opening_at.is_some() { "/opening_at" } else { "/submission_deadline" };
    check_order(tender.submission_deadline, tender.opening_at, pointer)?;
    tender.security_amount = new.security_amount.unwrap_or(tender.security_amount);
    save_with(tx, &mut tender, "tender.corrected", json!({ "why": new.why }))?;
    Ok((project, tender))
}

/// Submits our bid: not after the deadline, nor before a required security is paid (409 `state`).
pub fn submit_bid(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &SubmitBid) -> Result<(Project, Tender)> {
    let (project, mut tender) = begin(tx, r, if_match, &acts::SUBMIT_BID)?;
    tender.state = TenderState::Submitted;
    tender.bid_amount = Some(new.amount);
    tender.submitted_at = Some(tx.now);
    save(tx, &mut tender, "tender.bid_submitted")?;
    Ok((project, tender))
}

fn may_submit(tx: &mut Tx<'_>, tender: &Tender) -> Result<()> {
    if tx.now > tender.submission_deadline {
        return Err(Problem::state(
            format!("The deadline passed at {}: nothing is submitted after it.", tender.submission_deadline),
            format!("投標已於 {} 截止，不能再遞交。", tender.submission_deadline),
        )
        .into());
    }
    let (paid, asked) = (securities::held_for(tx, tender)?, tender.security_amount);
    if paid < asked {
        return Err(Problem::state(
            format!("A bid security of {asked} fen is required and {paid} fen are paid: finance books it first."),
            format!("須繳投標保證金 {asked} 分，已繳 {paid} 分；請財務先登記。"),
        )
        .into());
    }
    Ok(())
}

/// Records the opening with everybody's prices; not before its time.
pub fn open(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &RecordOpening) -> Result<(Project, Tender)> {
    let (project, mut tender) = begin(tx, r, if_match, &acts::RECORD_OPENING)?;
    tender.state = TenderState::Opened;
    tender.opened_at = Some(tx.now);
    tender.bids = Json(new.bids.clone());
    save(tx, &mut tender, "tender.opened")?;
    Ok((project, tender))
}

fn may_open(tx: &Tx<'_>, tender: &Tender) -> Result<()> {
    let earliest = tender.opening_at.unwrap_or(tender.submission_deadline);
    if tx.now >= earliest {
        return Ok(());
    }
    Err(Problem::state(
        format!("The bids are opened at {earliest}, not before."),
        format!("開標時間為 {earliest}，尚未到。"),
    )
    .into())
}

/// Records the result; `won` needs a submitted bid.
pub fn result(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &RecordResult) -> Result<(Project, Tender)> {
    let (project, mut tender) = begin(tx, r, if_match, &acts::RECORD_RESULT)?;
    if new.result == TenderResult::Won && tender.submitted_at.is_none() {
        return Err(Problem::state("No bid was submitted: it cannot be won.", "尚未遞交投標，不可能中標。").into());
    }
    tender.state = match new.result {
        TenderResult::Won => TenderState::Won,
        TenderResult::Lost => TenderState::Lost,
        TenderResult::Cancelled => TenderState::Cancelled,
    };
    tender.result_note.clone_from(&new.note);
    tender.decided_at = Some(tx.now);
    save(tx, &mut tender, &format!("tender.{}", new.result))?;
    Ok((project, tender))
}
