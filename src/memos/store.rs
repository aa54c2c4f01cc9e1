//! The rows of memos and their replies.

use crate::access::{ProjectsRead, Result, Tx};
use crate::db::schema::{memo_replies, memos};
use crate::db::{At, Day, Id, text_enum};
use crate::project_record;
use crate::records::Record;
use crate::workflow::{Act, Project, acts};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

text_enum! {
    /// How a memo stands.
    MemoState {
        /// Not answered yet.
        Open = "open",
        /// Answered at least once.
        Answered = "answered",
    }
}

/// A coordination memo.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = memos, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Memo {
    /// The memo.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Its number.
    #[schema(example = "M-2026-0031")]
    pub number: String,
    /// The department addressed.
    #[schema(example = "design")]
    pub to_department: String,
    /// What it is about.
    #[schema(example = "Concept for the three show flats")]
    pub subject: String,
    /// What is asked.
    #[schema(example = "Please send the concept and the item list for T3.")]
    pub body: String,
    /// When an answer is wanted.
    #[schema(example = "2026-02-10")]
    pub reply_by: Option<Day>,
    /// How it stands.
    pub state: MemoState,
    /// When it was first answered.
    pub answered_at: Option<At>,
    /// When sent.
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

/// An answer to a memo.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = memo_replies, treat_none_as_default_value = false)]
pub struct MemoReply {
    /// The answer.
    pub id: Id,
    /// The memo.
    pub memo_id: Id,
    /// The project.
    pub project_id: Id,
    /// What it says.
    #[schema(example = "Concept attached; the item list follows on Friday.")]
    pub body: String,
    /// When.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
}

/// What is derived for a memo.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemoExtra {
    /// The answers, oldest first.
    pub replies: Vec<MemoReply>,
    /// Whether the date to reply by has passed without an answer.
    pub overdue: bool,
}

project_record!(Memo, memos, "memo", number = number, state = state, department = to_department);

impl Record for Memo {
    type Read = ProjectsRead;
    type Extra = MemoExtra;
    const PLURAL: &'static str = "memos";
    const NAME: &'static str = "memo";

    fn acts() -> &'static [Act] {
        &[acts::REPLY_MEMO]
    }

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().map(|row| row.id), replies)
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<MemoExtra> {
        let today = tx.today()?;
        let overdue =
            self.state == MemoState::Open && self.voided_at.is_none() && self.reply_by.is_some_and(|day| day < today);
        Ok(MemoExtra { replies: tx.found(self.id, replies)?, overdue })
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok((self.state == MemoState::Answered).then_some("it was answered"))
    }
}

fn replies(tx: &mut Tx<'_>, memos: &[Id]) -> Result<Vec<(Id, MemoReply)>> {
    let rows = memo_replies::table.filter(memo_replies::memo_id.eq_any(memos)).order(memo_replies::id);
    Ok(rows.select((memo_replies::memo_id, MemoReply::as_select())).load(tx.conn)?)
}

/// Inserts an answer.
pub(super) fn insert_reply(tx: &mut Tx<'_>, reply: &MemoReply) -> Result<()> {
    diesel::insert_into(memo_replies::table).values(reply).execute(tx.conn)?;
    Ok(())
}
