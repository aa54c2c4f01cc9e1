//! Collection (催收): reminder, letter, formal notice, legal, each with what was promised and what comes next. Only what is overdue and not disputed
//! is collected; whether a promise was kept is derived from what was paid by then.

use crate::access::{MoneyRead, Result, Tx};
use crate::db::{At, Day, Id, schema::collection_entries, text_enum};
use crate::http::{Problem, Ref};
use crate::project_record;
use crate::receivables::{self, PromiseState};
use crate::records::{Record, insert};
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// How far collection has gone.
    Level {
        /// A reminder.
        Reminder = "reminder",
        /// A letter.
        Letter = "letter",
        /// A formal notice.
        FormalNotice = "formal_notice",
        /// Legal steps.
        Legal = "legal",
    }
}

/// One effort to collect a receivable.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = collection_entries, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct CollectionEntry {
    /// The entry.
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
    /// How far.
    pub level: Level,
    /// What was said and done.
    #[schema(example = "Called purchasing; payment promised")]
    pub note: String,
    /// How many days past due it was.
    #[schema(example = 11)]
    pub days_overdue: i64,
    /// The business date.
    #[schema(example = "2026-07-10")]
    pub on_date: Day,
    /// By when the client promised to pay.
    #[schema(example = "2026-07-25")]
    pub promise_on: Option<Day>,
    /// How much, in fen.
    #[schema(example = 20_000_000)]
    pub promise_amount: Option<i64>,
    /// What comes next.
    #[schema(example = "Letter by courier")]
    pub next_step: Option<String>,
    /// When.
    #[schema(example = "2026-07-27")]
    pub next_on: Option<Day>,
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

project_record!(CollectionEntry, collection_entries, "collection_entry");

/// What is derived of a collection entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CollectionExtra {
    /// What became of the promise; none where nothing was promised.
    pub promise_state: Option<PromiseState>,
}

impl Record for CollectionEntry {
    type Read = MoneyRead;
    type Extra = CollectionExtra;
    const PLURAL: &'static str = "collection-entries";
    const NAME: &'static str = "collection entry";

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().map(|row| row.id), receivables::promise_states)
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<CollectionExtra> {
        Ok(CollectionExtra { promise_state: tx.found(self.id, receivables::promise_states)?.pop() })
    }
}

/// An effort to record.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// How far.
    pub level: Level,
    /// What was said and done.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Called purchasing; payment promised", min_length = 1, max_length = 4000)]
    pub note: String,
    /// By when the client promised to pay; today or later, with the amount.
    #[serde(default)]
    #[schema(example = "2026-07-25")]
    pub promise_on: Option<Day>,
    /// How much, in fen; with the day.
    #[serde(default)]
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 20_000_000, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub promise_amount: Option<i64>,
    /// What comes next.
    #[serde(default)]
    #[validate(length(min = 1, max = 1000))]
    #[schema(example = "Letter by courier", min_length = 1, max_length = 1000)]
    pub next_step: Option<String>,
    /// When.
    #[serde(default)]
    #[schema(example = "2026-07-27")]
    pub next_on: Option<Day>,
}

/// Records an effort to collect a receivable that is overdue and not disputed (else 409 `state`).
pub fn collect(tx: &mut Tx<'_>, receivable: &Ref, new: &Collect) -> Result<(Project, CollectionEntry)> {
    let (project, receivable) = receivables::locked(tx, receivable)?;
    let today = tx.today()?;
    workflow::acts::check_state(&project, &acts::COLLECT, None)?;
    let due_on = match receivable.due_on {
        Some(due_on) if receivable.is_overdue(today) => due_on,
        Some(_) | None => {
            return Err(Problem::state(
                "The receivable is not overdue: only what is past due with something outstanding is collected.",
                "此應收款未逾期；只催收逾期且未清的款項。",
            )
            .into());
        }
    };
    if receivable.disputed {
        return Err(Problem::state(
            "The receivable is disputed: end the dispute before collecting it.",
            "此應收款有爭議；請先結束爭議再催收。",
        )
        .into());
    }
    workflow::allow(tx, &project, &acts::COLLECT, None, None)?;
    check_promise(new, today)?;
    let record = CollectionEntry {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        receivable_id: receivable.id,
        client_id: receivable.client_id,
        level: new.level,
        note: new.note.clone(),
        days_overdue: today.days_since(due_on),
        on_date: today,
        promise_on: new.promise_on,
        promise_amount: new.promise_amount,
        next_step: new.next_step.clone(),
        next_on: new.next_on,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "collection_entry.recorded")?;
    Ok((project, record))
}

fn check_promise(new: &Collect, today: Day) -> Result<()> {
    match (new.promise_on, new.promise_amount) {
        (Some(on), Some(_)) if on < today => {
            Err(Problem::validation("/promise_on", "past", "A promise is for today or later.", "承諾日不得早於今日。")
                .into())
        }
        (Some(_), None) => Err(Problem::validation(
            "/promise_amount",
            "missing",
            "A promise has a day and an amount.",
            "承諾須有日期和金額。",
        )
        .into()),
        (None, Some(_)) => Err(Problem::validation(
            "/promise_on",
            "missing",
            "A promise has a day and an amount.",
            "承諾須有日期和金額。",
        )
        .into()),
        (Some(_), Some(_)) | (None, None) => Ok(()),
    }
}
