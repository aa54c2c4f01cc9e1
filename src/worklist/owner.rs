//! What waits for whoever is accountable: adjustments to confirm, money to collect, promises that were broken, complaints, and what has a day of its own.

use super::WorkKind;
use super::due::Due;
use super::items::{Why, Work};
use super::moves::is_owned;
use super::plans;
use crate::access::{InteractionsLog, Permission, Result, Role, Tx};
use crate::complaints::ComplaintState;
use crate::db::schema::{adjustments, collection_entries, complaints, projects, receivables};
use crate::db::{At, Day, Id};
use crate::receivables::{PromiseState, promise_states};
use crate::workflow::acts;
use diesel::prelude::*;
use std::collections::BTreeSet;

const OWNED: Why = ("You are accountable for this project", "此項目由你負責");

/// Everything that waits for the owner.
pub(super) fn work(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    // An assistant looks after clients at most.
    if !InteractionsLog::ROLES.contains(&tx.actor.role) || tx.actor.role == Role::Assistant {
        return Ok(Vec::new());
    }
    let mut out = adjustments_to_confirm(tx)?;
    out.extend(receivables_to_collect(tx)?);
    out.extend(broken_promises(tx)?);
    out.extend(complaints_to_answer(tx)?);
    out.extend(plans::work(tx)?);
    Ok(out)
}

fn adjustments_to_confirm(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let rows = adjustments::table
        .inner_join(projects::table.on(projects::id.eq(adjustments::project_id)))
        .filter(is_owned(tx.actor.id))
        .filter(adjustments::state.eq("done"))
        .filter(adjustments::voided_at.is_null())
        .filter(projects::stage.eq_any(acts::CONFIRM_ADJUSTMENT.stages.to_vec()))
        .select((adjustments::id, adjustments::project_id, adjustments::what, adjustments::done_at.assume_not_null()))
        .load::<(Id, Id, String, At)>(tx.conn)?;
    // The day that the record sets was the department's.
    let item = |(id, project, what, done)| {
        let due = Due::Answer(done);
        Work::new(WorkKind::Adjustment, "confirm", "adjustments", id, what, OWNED, due).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Overdue and not disputed, as `collect` asks.
fn receivables_to_collect(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let today = tx.today()?;
    let closed = receivables::paid_amount + receivables::written_off_amount;
    let rows = receivables::table
        .inner_join(projects::table.on(projects::id.eq(receivables::project_id)))
        .filter(is_owned(tx.actor.id))
        .filter(receivables::due_on.lt(today))
        .filter(receivables::disputed.eq(false))
        .filter(receivables::amount.gt(closed))
        .filter(projects::sealed_at.is_null())
        .select((
            receivables::id,
            receivables::project_id,
            receivables::kind,
            projects::name,
            receivables::due_on.assume_not_null(),
        ))
        .load::<(Id, Id, String, String, Day)>(tx.conn)?;
    let item = |(id, project, kind, name, due)| {
        let title = format!("{name}: {kind}");
        Work::new(WorkKind::Collection, "collect", "receivables", id, title, OWNED, Due::On(due)).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Promises that were broken, as the projects count them, while their receivable can still be collected.
fn broken_promises(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let today = tx.today()?;
    let closed = receivables::paid_amount + receivables::written_off_amount;
    let rows = collection_entries::table
        .inner_join(receivables::table.on(receivables::id.eq(collection_entries::receivable_id)))
        .inner_join(projects::table.on(projects::id.eq(collection_entries::project_id)))
        .filter(is_owned(tx.actor.id))
        .filter(collection_entries::voided_at.is_null())
        .filter(collection_entries::promise_on.lt(today))
        .filter(receivables::due_on.lt(today))
        .filter(receivables::disputed.eq(false))
        .filter(receivables::amount.gt(closed))
        .select((
            collection_entries::id,
            collection_entries::project_id,
            collection_entries::note,
            collection_entries::receivable_id,
            collection_entries::promise_on.assume_not_null(),
        ))
        .load::<(Id, Id, String, Id, Day)>(tx.conn)?;
    let broken: BTreeSet<Id> = promise_states(tx, &rows.iter().map(|row| row.0).collect::<Vec<_>>())?
        .into_iter()
        .filter(|(_, state)| *state == PromiseState::Broken)
        .map(|(entry, _)| entry)
        .collect();
    let item = |(id, project, note, receivable, by)| {
        let work = Work::new(WorkKind::Promise, "collect", "receivables", receivable, note, OWNED, Due::On(by));
        work.on(project).about(id)
    };
    Ok(rows.into_iter().filter(|row| broken.contains(&row.0)).map(item).collect())
}

/// Complaints that the caller handles and has not answered. Where others act next (they approve measures, or carry them out), the day of the answer
/// still is the handler's.
fn complaints_to_answer(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let rows = complaints::table
        .filter(complaints::handler_id.eq(tx.actor.id))
        .filter(complaints::state.ne_all(["answered", "closed"]))
        .filter(complaints::voided_at.is_null())
        .select((
            complaints::id,
            complaints::project_id,
            complaints::what,
            complaints::answer_due_on,
            complaints::state,
            complaints::found_valid,
        ))
        .load::<(Id, Option<Id>, String, Day, ComplaintState, Option<bool>)>(tx.conn)?;
    let item = |(id, project, what, due, state, valid): (_, Option<Id>, _, _, _, _)| {
        let (act, why) = handlers_act(state, valid);
        Work::new(WorkKind::Complaint, act, "complaints", id, what, why, Due::On(due)).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

/// What the handler of an unanswered complaint can do next, as the complaint itself allows it, and why it is there.
fn handlers_act(state: ComplaintState, found_valid: Option<bool>) -> (&'static str, (&'static str, &'static str)) {
    let handles = ("You handle this complaint", "此投訴由你處理");
    match state {
        ComplaintState::Registered => ("confirm", handles),
        ComplaintState::Confirmed => ("analyse", handles),
        ComplaintState::Analysed if found_valid != Some(false) => ("propose", handles),
        ComplaintState::CarriedOut => ("verify", handles),
        ComplaintState::Proposed | ComplaintState::Approved => {
            ("update", ("You handle this complaint, and others act on it now", "此投訴由你處理，現待他人辦理"))
        }
        ComplaintState::Analysed | ComplaintState::Verified | ComplaintState::Answered | ComplaintState::Closed => {
            ("answer", handles)
        }
    }
}
