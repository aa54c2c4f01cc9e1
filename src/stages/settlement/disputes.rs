//! Disputes: the client contests a receivable, for a reason, with somebody who looks after it. It stops collection, not ageing.

use crate::access::{MoneyRead, Result, Tx, people};
use crate::db::{At, Id, schema::disputes, text_enum};
use crate::http::{IfMatch, Problem, Ref};
use crate::project_record;
use crate::receivables::{self, Receivable};
use crate::records::{NoExtra, Record, insert, locked, save, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// Where a dispute stands.
    DisputeState {
        /// Contested.
        Open = "open",
        /// Over.
        Ended = "ended",
    }
}

/// A dispute about a receivable.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = disputes, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Dispute {
    /// The dispute.
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
    /// What the client contests.
    #[schema(example = "Two pieces are not the fabric agreed")]
    pub reason: String,
    /// Who looks after it.
    pub owner_id: Id,
    /// Where it stands.
    pub state: DisputeState,
    /// How it ended.
    #[schema(example = "Replaced; the client pays in full")]
    pub outcome: Option<String>,
    /// When it ended.
    pub ended_at: Option<At>,
    /// Who recorded that.
    pub ended_by: Option<Id>,
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

project_record!(Dispute, disputes, "dispute", state = state);

impl Record for Dispute {
    type Read = MoneyRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "disputes";
    const NAME: &'static str = "dispute";

    fn acts() -> &'static [Act] {
        &[acts::END_DISPUTE]
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok((self.state == DisputeState::Ended).then_some("the dispute has ended"))
    }

    fn on_void(&self, tx: &mut Tx<'_>, _project: &mut Project) -> Result<()> {
        let mut receivable = receivables::by_id(tx, self.receivable_id)?;
        mark(tx, &mut receivable, false, self.id)
    }
}

/// A dispute to open.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OpenDispute {
    /// What the client contests.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Two pieces are not the fabric agreed", min_length = 1, max_length = 4000)]
    pub reason: String,
    /// Who looks after it; whoever is accountable unless said.
    #[serde(default)]
    pub owner_id: Option<Id>,
}

/// How a dispute ended.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EndDispute {
    /// The outcome.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Replaced; the client pays in full", min_length = 1, max_length = 4000)]
    pub outcome: String,
}

/// Opens a dispute; a receivable has at most one that is open (409 `state`).
pub fn open(tx: &mut Tx<'_>, receivable: &Ref, new: &OpenDispute) -> Result<(Project, Dispute)> {
    let (project, mut receivable) = receivables::locked(tx, receivable)?;
    workflow::acts::check_state(&project, &acts::DISPUTE, None)?;
    if receivable.disputed {
        return Err(Problem::state(
            "The receivable is disputed already: add to that dispute, or end it first.",
            "此應收款已有爭議；請在原爭議中補充，或先結束它。",
        )
        .into());
    }
    workflow::allow(tx, &project, &acts::DISPUTE, None, None)?;
    let owner_id = match new.owner_id {
        Some(id) => people::active_user(tx, id, "/owner_id")?.id,
        None => workflow::accountable(tx, &project)?.unwrap_or(tx.actor.id),
    };
    let record = Dispute {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        receivable_id: receivable.id,
        client_id: receivable.client_id,
        reason: new.reason.clone(),
        owner_id,
        state: DisputeState::Open,
        outcome: None,
        ended_at: None,
        ended_by: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "dispute.opened")?;
    workflow::take_part(tx, project.id, owner_id)?;
    mark(tx, &mut receivable, true, record.id)?;
    Ok((project, record))
}

/// Ends a dispute: the receivable may be collected again.
pub fn end(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, how: &EndDispute) -> Result<(Project, Dispute)> {
    let (project, mut record) = locked::<Dispute>(tx, r)?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, &acts::END_DISPUTE, Some(record.state.as_str()), None)?;
    record.state = DisputeState::Ended;
    record.outcome = Some(how.outcome.clone());
    record.ended_at = Some(tx.now);
    record.ended_by = Some(tx.actor.id);
    save(tx, &mut record, "dispute.ended")?;
    let mut receivable = receivables::by_id(tx, record.receivable_id)?;
    mark(tx, &mut receivable, false, record.id)?;
    Ok((project, record))
}

fn mark(tx: &mut Tx<'_>, receivable: &mut Receivable, disputed: bool, dispute: Id) -> Result<()> {
    receivable.disputed = disputed;
    let kind = if disputed { "receivable.disputed" } else { "receivable.dispute_ended" };
    receivables::save_with(tx, receivable, kind, json!({ "dispute_id": dispute }))
}
