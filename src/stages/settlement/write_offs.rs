//! Write-offs: proposed by the owner, approved by the manager (never one's own), marked as booked by finance. Never above what is outstanding.

use crate::access::{MoneyRead, Result, Tx};
use crate::db::{At, Day, Id, schema::write_offs, text_enum};
use crate::http::{IfMatch, Problem, Ref};
use crate::project_record;
use crate::receivables::{self, Receivable};
use crate::records::{NoExtra, Record, insert, locked, save, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// Where a write-off stands.
    WriteOffState {
        /// Proposed by the owner.
        Proposed = "proposed",
        /// Approved by the manager: it counts.
        Approved = "approved",
        /// Rejected by the manager.
        Rejected = "rejected",
        /// Booked by finance.
        Booked = "booked",
    }
}

/// A write-off on a receivable.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = write_offs, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct WriteOff {
    /// The write-off.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The receivable.
    pub receivable_id: Id,
    /// The client.
    pub client_id: Id,
    /// Fen.
    #[schema(example = 1_000)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// Why.
    #[schema(example = "Bank charges; not worth collecting")]
    pub reason: String,
    /// Where it stands.
    pub state: WriteOffState,
    /// When it was decided.
    pub decided_at: Option<At>,
    /// The business date of that: it counts from this day on.
    #[schema(example = "2026-09-10")]
    pub decided_on: Option<Day>,
    /// By whom.
    pub decided_by: Option<Id>,
    /// What the manager noted.
    #[schema(example = "Less than a lawsuit would cost")]
    pub decision_note: Option<String>,
    /// When it was booked.
    pub booked_at: Option<At>,
    /// By whom.
    pub booked_by: Option<Id>,
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

project_record!(WriteOff, write_offs, "write_off", state = state);

impl Record for WriteOff {
    type Read = MoneyRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "write-offs";
    const NAME: &'static str = "write-off";

    fn acts() -> &'static [Act] {
        &[acts::APPROVE_WRITE_OFF, acts::REJECT_WRITE_OFF, acts::BOOK_WRITE_OFF]
    }

    fn check(&self, tx: &mut Tx<'_>, _project: &Project, act: &Act) -> Result<()> {
        if act.name == acts::APPROVE_WRITE_OFF.name { may_approve(tx, self).map(|_| ()) } else { Ok(()) }
    }

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().map(|row| row.receivable_id), receivables::by_ids)
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok((self.state != WriteOffState::Proposed).then_some("it was decided on"))
    }
}

/// A write-off to propose.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ProposeWriteOff {
    /// Fen; at most what is outstanding.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 1_000, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
    /// Why.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Bank charges; not worth collecting", min_length = 1, max_length = 4000)]
    pub reason: String,
}

/// What the manager notes on approving.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ApproveWriteOff {
    /// A note.
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Agreed with finance", min_length = 1, max_length = 2000)]
    pub note: Option<String>,
}

/// Why the manager rejects.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RejectWriteOff {
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Collect it: the client confirmed the balance", min_length = 1, max_length = 2000)]
    pub note: String,
}

/// Proposes a write-off, never above what is outstanding (409 `money`); the approval checks again.
pub fn propose(tx: &mut Tx<'_>, receivable: &Ref, new: &ProposeWriteOff) -> Result<(Project, WriteOff)> {
    let (project, receivable) = receivables::locked(tx, receivable)?;
    workflow::allow(tx, &project, &acts::PROPOSE_WRITE_OFF, None, None)?;
    check(new.amount, receivable.outstanding())?;
    let record = WriteOff {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        receivable_id: receivable.id,
        client_id: receivable.client_id,
        amount: new.amount,
        currency: receivable.currency.clone(),
        reason: new.reason.clone(),
        state: WriteOffState::Proposed,
        decided_at: None,
        decided_on: None,
        decided_by: None,
        decision_note: None,
        booked_at: None,
        booked_by: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "write_off.proposed")?;
    Ok((project, record))
}

fn check(amount: i64, open: i64) -> Result<()> {
    if amount <= open {
        return Ok(());
    }
    Err(Problem::money(
        format!("Only {open} fen are outstanding; write off at most that."),
        format!("未清的只有 {open} 分；核銷金額不得超過此數。"),
    )
    .into())
}

/// Approves a write-off: it counts from today on. What is outstanding is checked again; nobody approves their own (403 `not_party`).
pub fn approve(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, how: &ApproveWriteOff) -> Result<(Project, WriteOff)> {
    let (project, mut record) = decided(tx, r, if_match, &acts::APPROVE_WRITE_OFF)?;
    let mut receivable = may_approve(tx, &record)?;
    decide(tx, &mut record, WriteOffState::Approved, how.note.clone())?;
    save(tx, &mut record, "write_off.approved")?;
    receivable.written_off_amount += record.amount;
    receivables::save_with(
        tx,
        &mut receivable,
        "receivable.written_off",
        json!({ "write_off_id": record.id, "amount": record.amount }),
    )?;
    Ok((project, record))
}

/// Nobody approves their own, nor more than is outstanding by now.
fn may_approve(tx: &mut Tx<'_>, record: &WriteOff) -> Result<Receivable> {
    if record.created_by == tx.actor.id {
        return Err(Problem::not_party(
            "Nobody approves a write-off of their own: ask another manager.",
            "不能審批自己提出的核銷；請由另一位主管審批。",
        )
        .into());
    }
    let found = tx.found(record.receivable_id, receivables::by_ids)?.pop();
    let receivable = found.ok_or_else(Problem::not_found)?;
    check(record.amount, receivable.outstanding())?;
    Ok(receivable)
}

/// Rejects a write-off.
pub fn reject(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, how: &RejectWriteOff) -> Result<(Project, WriteOff)> {
    let (project, mut record) = decided(tx, r, if_match, &acts::REJECT_WRITE_OFF)?;
    decide(tx, &mut record, WriteOffState::Rejected, Some(how.note.clone()))?;
    save(tx, &mut record, "write_off.rejected")?;
    Ok((project, record))
}

/// Marks an approved write-off as booked.
pub fn book(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<(Project, WriteOff)> {
    let (project, mut record) = decided(tx, r, if_match, &acts::BOOK_WRITE_OFF)?;
    record.state = WriteOffState::Booked;
    record.booked_at = Some(tx.now);
    record.booked_by = Some(tx.actor.id);
    save(tx, &mut record, "write_off.booked")?;
    Ok((project, record))
}

fn decided(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, act: &Act) -> Result<(Project, WriteOff)> {
    let (project, record) = locked::<WriteOff>(tx, r)?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, act, Some(record.state.as_str()), None)?;
    Ok((project, record))
}

fn decide(tx: &mut Tx<'_>, record: &mut WriteOff, state: WriteOffState, note: Option<String>) -> Result<()> {
    record.state = state;
    record.decided_at = Some(tx.now);
    record.decided_on = Some(tx.today()?);
    record.decided_by = Some(tx.actor.id);
    record.decision_note = note;
    Ok(())
}
