//! What was addressed to the caller's department.

use super::due::Due;
use super::items::{Why, Work};
use super::{WorkKind, plans};
use crate::access::{Result, Role, Tx};
use crate::db::schema::{
    adjustments, assignment_sheets, complaint_measures, complaint_reviews, complaints, memos, projects,
    sheet_acknowledgements,
};
use crate::db::{At, Day, Id};
use crate::workflow::acts;
use diesel::prelude::*;
use std::collections::BTreeMap;

pub(super) const ADDRESSED: Why = ("Addressed to your department", "發給你的部門");

/// Memos, sheets, adjustments and complaint measures of the department.
pub(super) fn work(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let (Role::Contributor, Some(department)) = (tx.actor.role, tx.actor.department.clone()) else {
        return Ok(Vec::new());
    };
    let mut out = memos_to_answer(tx, &department)?;
    out.extend(sheets(tx, &department)?);
    out.extend(adjustments_due(tx, &department)?);
    out.extend(measures(tx, &department)?);
    out.extend(reviews(tx, &department)?);
    out.extend(plans::milestones_to_reach(tx, Some(&department))?);
    Ok(out)
}

fn memos_to_answer(tx: &mut Tx<'_>, department: &str) -> Result<Vec<Work>> {
    let rows = memos::table
        .inner_join(projects::table.on(projects::id.eq(memos::project_id)))
        .filter(memos::to_department.eq(department))
        .filter(memos::state.eq("open"))
        .filter(memos::voided_at.is_null())
        .filter(projects::stage.eq_any(acts::REPLY_MEMO.stages.to_vec()))
        .filter(projects::sealed_at.is_null())
        .select((memos::id, memos::project_id, memos::subject, memos::reply_by, memos::created_at))
        .load::<(Id, Id, String, Option<Day>, At)>(tx.conn)?;
    let item = |(id, project, subject, by, since)| {
        let due = Due::on_or(by, Due::Answer(since));
        Work::new(WorkKind::Memo, "reply", "memos", id, subject, ADDRESSED, due).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

fn sheets(tx: &mut Tx<'_>, department: &str) -> Result<Vec<Work>> {
    let rows = sheet_acknowledgements::table
        .inner_join(assignment_sheets::table.on(assignment_sheets::id.eq(sheet_acknowledgements::sheet_id)))
        .inner_join(projects::table.on(projects::id.eq(sheet_acknowledgements::project_id)))
        .filter(sheet_acknowledgements::department.eq(department))
        .filter(sheet_acknowledgements::acknowledged_at.is_null())
        .filter(assignment_sheets::voided_at.is_null())
        .filter(projects::stage.eq_any(acts::ACKNOWLEDGE_SHEET.stages.to_vec()))
        .filter(projects::sealed_at.is_null())
        .select((assignment_sheets::id, assignment_sheets::project_id, projects::name, assignment_sheets::created_at))
        .load::<(Id, Id, String, At)>(tx.conn)?;
    let item = |(id, project, name, since)| {
        let (kind, due) = (WorkKind::AssignmentSheet, Due::Answer(since));
        Work::new(kind, "acknowledge", "assignment-sheets", id, name, ADDRESSED, due).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

/// One without a day has waited since it was asked for, refused or addressed anew.
fn adjustments_due(tx: &mut Tx<'_>, department: &str) -> Result<Vec<Work>> {
    let rows = adjustments::table
        .inner_join(projects::table.on(projects::id.eq(adjustments::project_id)))
        .filter(adjustments::department.eq(department))
        .filter(adjustments::state.eq_any(["open", "planned"]))
        .filter(adjustments::voided_at.is_null())
        .filter(projects::stage.eq_any(acts::COMPLETE_ADJUSTMENT.stages.to_vec()))
        .select((
            adjustments::id,
            adjustments::project_id,
            adjustments::what,
            adjustments::due_on,
            adjustments::planned_on,
            adjustments::updated_at,
        ))
        .load::<(Id, Id, String, Option<Day>, Option<Day>, At)>(tx.conn)?;
    let item = |(id, project, what, due, planned, since): (_, Id, _, Option<Day>, _, _)| {
        let due = Due::on_or(due.or(planned), Due::Move(since));
        Work::new(WorkKind::Adjustment, "complete", "adjustments", id, what, ADDRESSED, due).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

fn measures(tx: &mut Tx<'_>, department: &str) -> Result<Vec<Work>> {
    let rows = complaint_measures::table
        .inner_join(complaints::table.on(complaints::id.eq(complaint_measures::complaint_id)))
        .filter(complaint_measures::department.eq(department))
        .filter(complaint_measures::state.eq("approved"))
        .filter(complaints::state.eq("approved"))
        .filter(complaints::voided_at.is_null())
        .select((
            complaints::id,
            complaints::project_id,
            complaint_measures::what,
            complaint_measures::due_on,
            complaints::answer_due_on,
        ))
        .load::<(Id, Option<Id>, String, Option<Day>, Day)>(tx.conn)?;
    let item = |(id, project, what, due, answer_due_on): (_, Option<Id>, _, _, _)| {
        let due = Due::on_or(due, Due::On(answer_due_on));
        Work::new(WorkKind::Complaint, "carry_out", "complaints", id, what, ADDRESSED, due).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Proposed measures on which the department has not said its word, in the latest round of reviews.
fn reviews(tx: &mut Tx<'_>, department: &str) -> Result<Vec<Work>> {
    let rows = complaint_reviews::table
        .inner_join(complaints::table.on(complaints::id.eq(complaint_reviews::complaint_id)))
        .filter(complaint_reviews::department.eq(department))
        .filter(complaint_reviews::verdict.is_null())
        .filter(complaints::state.eq("proposed"))
        .filter(complaints::severity.eq("major"))
        .filter(complaints::voided_at.is_null())
        .select((
            complaints::id,
            complaints::project_id,
            complaints::what,
            complaints::answer_due_on,
            complaint_reviews::round,
        ))
        .load::<(Id, Option<Id>, String, Day, i64)>(tx.conn)?;
    let about: Vec<Id> = rows.iter().map(|row| row.0).collect();
    let latest: BTreeMap<Id, i64> = complaint_reviews::table
        .filter(complaint_reviews::complaint_id.eq_any(&about))
        .group_by(complaint_reviews::complaint_id)
        .select((complaint_reviews::complaint_id, diesel::dsl::max(complaint_reviews::round).assume_not_null()))
        .load::<(Id, i64)>(tx.conn)?
        .into_iter()
        .collect();
    let waits = rows.into_iter().filter(|row| latest.get(&row.0) == Some(&row.4));
    let item = |(id, project, what, due, _): (_, Option<Id>, _, _, _)| {
        Work::new(WorkKind::Review, "review", "complaints", id, what, ADDRESSED, Due::On(due)).on(project)
    };
    Ok(waits.map(item).collect())
}
