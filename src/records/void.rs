//! Voiding: a record made by mistake is voided with a reason, by its maker or the leader, while nothing builds on it; it is never deleted.

use super::{Record, Shown, locked, save_with, show, stale};
use crate::access::{Result, Tx};
use crate::http::{IfMatch, Problem, Ref, Reply};
use crate::workflow::{self, Party, Project};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

/// Why a record is voided.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// The reason.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Entered on the wrong project", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Voids a record that the caller sees.
pub fn void<R: Record>(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &Void) -> Result<Reply<Shown<R>>> {
    R::find(tx, r)?.ok_or_else(Problem::not_found)?.lock_first(tx)?;
    let (mut project, mut record) = locked::<R>(tx, r)?;
    stale(tx, &record, if_match)?;
    may_void(tx, &project, &record)?;
    record.mark_void(tx.now, tx.actor.id, &body.reason);
    save_with(tx, &mut record, &format!("{}.voided", R::KIND), json!({ "reason": body.reason }))?;
    record.on_void(tx, &mut project)?;
    Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.subject_version()))
}

/// Whether the caller may void this record now: nothing builds on it (409 `state`), and it is theirs to void (403 `not_party`).
pub(super) fn may_void<R: Record>(tx: &mut Tx<'_>, project: &Project, record: &R) -> Result<()> {
    refuse_if_held(tx, project, record)?;
    let maker = record.created_by() == tx.actor.id;
    if maker || workflow::is_any(tx, project, &[Party::AccountableLeader, Party::Manager], None)? {
        return Ok(());
    }
    Err(Problem::not_party(
        "A record is voided by its maker, the group's leader or the manager.",
        "記錄由登記人、組長或主管作廢。",
    )
    .into())
}

fn refuse_if_held<R: Record>(tx: &mut Tx<'_>, project: &Project, record: &R) -> Result<()> {
    if project.sealed_at.is_some() {
        return Err(Problem::state(
            "The project is sealed: nothing in it is voided any more.",
            "項目已封存，記錄不能再作廢。",
        )
        .into());
    }
    if R::EVIDENCE && workflow::stepped_since(tx, project.id, record.subject_id())? {
        return Err(Problem::state(
            "A step was taken since: it may rest on this record, which can no longer be voided.",
            "其後已推進階段，可能以此記錄為依據，不能再作廢。",
        )
        .into());
    }
    match record.held_by(tx)? {
        Some(why) => {
            Err(Problem::state(format!("It can no longer be voided: {why}."), format!("不能再作廢：{why}。")).into())
        }
        None => Ok(()),
    }
}
