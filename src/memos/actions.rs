//! Sending and answering memos.

use super::store::{Memo, MemoReply, MemoState, insert_reply};
use crate::access::{Result, Tx, organisation};
use crate::db::{Day, Id};
use crate::http::Ref;
use crate::records::{insert, locked_standing, save_with};
use crate::workflow::{self, Project, acts};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

/// A memo to send.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SendMemo {
    /// The department addressed, by its key.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "design", min_length = 1, max_length = 40)]
    pub to_department: String,
    /// What it is about.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Concept for the three show flats", min_length = 1, max_length = 200)]
    pub subject: String,
    /// What is asked.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "Please send the concept and the item list for T3.", min_length = 1, max_length = 8000)]
    pub body: String,
    /// When an answer is wanted.
    #[serde(default)]
    #[schema(example = "2026-02-10")]
    pub reply_by: Option<Day>,
}

/// An answer to a memo.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReplyMemo {
    /// What it says.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "Concept attached; the item list follows on Friday.", min_length = 1, max_length = 8000)]
    pub body: String,
}

/// Sends a memo to a department, which sees the project from now on.
pub fn send(tx: &mut Tx<'_>, r: &Ref, new: &SendMemo) -> Result<(Project, Memo)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::SEND_MEMO, None, None)?;
    organisation::department(tx, &new.to_department, "/to_department")?;
    let record = Memo {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        number: tx.number("M")?,
        to_department: new.to_department.clone(),
        subject: new.subject.clone(),
        body: new.body.clone(),
        reply_by: new.reply_by,
        state: MemoState::Open,
        answered_at: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    workflow::tell_department(tx, project.id, &record.to_department)?;
    insert(tx, &record, "memo.sent")?;
    Ok((project, record))
}

/// Answers a memo for the department addressed.
pub fn reply(tx: &mut Tx<'_>, r: &Ref, new: &ReplyMemo) -> Result<(Project, Memo)> {
    let (project, mut memo) = locked_standing::<Memo>(tx, r)?;
    workflow::allow(tx, &project, &acts::REPLY_MEMO, Some(memo.state.as_str()), Some(&memo.to_department))?;
    let answer = MemoReply {
        id: Id::new(),
        memo_id: memo.id,
        project_id: project.id,
        body: new.body.clone(),
        created_at: tx.now,
        created_by: tx.actor.id,
    };
    insert_reply(tx, &answer)?;
    memo.state = MemoState::Answered;
    memo.answered_at = memo.answered_at.or(Some(tx.now));
    save_with(tx, &mut memo, "memo.answered", json!({ "reply_id": answer.id, "body": answer.body }))?;
    Ok((project, memo))
}
