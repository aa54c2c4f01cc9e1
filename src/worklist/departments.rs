//! What was addressed to the caller's department.

use super::{WorkItem, WorkKind};
use crate::access::{Result, Role, Tx};
use crate::db::schema::{
    adjustments, assignment_sheets, complaint_measures, complaints, memos, projects, sheet_acknowledgements,
};
use crate::db::{Day, Id};
use crate::workflow::acts;
use diesel::prelude::*;

const ADDRESSED: &str = "Addressed to your department";

/// Memos, sheets, adjustments and complaint measures of the department.
pub(super) fn work(tx: &mut Tx<'_>) -> Result<Vec<WorkItem>> {
    let (Role::Contributor, Some(department)) = (tx.actor.role, tx.actor.department.clone()) else {
        return Ok(Vec::new());
    };
    let mut out = memos_to_answer(tx, &department)?;
    out.extend(sheets(tx, &department)?);
    out.extend(adjustments_due(tx, &department)?);
    out.extend(measures(tx, &department)?);
    Ok(out)
}

fn memos_to_answer(tx: &mut Tx<'_>, department: &str) -> Result<Vec<WorkItem>> {
    let today = tx.today()?;
    let rows = memos::table
        .inner_join(projects::table.on(projects::id.eq(memos::project_id)))
        .filter(memos::to_department.eq(department))
        .filter(memos::state.eq("open"))
        .filter(memos::voided_at.is_null())
        .filter(projects::stage.eq_any(acts::REPLY_MEMO.stages.to_vec()))
        .filter(projects::sealed_at.is_null())
        .select((memos::id, memos::project_id, memos::subject, memos::reply_by))
        .load::<(Id, Id, String, Option<Day>)>(tx.conn)?;
    let item = |(id, project, subject, by)| {
        WorkItem::new(WorkKind::Memo, "reply", "memos", id, subject, ADDRESSED).on(project).by(by, today)
    };
    Ok(rows.into_iter().map(item).collect())
}

fn sheets(tx: &mut Tx<'_>, department: &str) -> Result<Vec<WorkItem>> {
    let rows = sheet_acknowledgements::table
        .inner_join(assignment_sheets::table.on(assignment_sheets::id.eq(sheet_acknowledgements::sheet_id)))
        .inner_join(projects::table.on(projects::id.eq(sheet_acknowledgements::project_id)))
        .filter(sheet_acknowledgements::department.eq(department))
        .filter(sheet_acknowledgements::acknowledged_at.is_null())
        .filter(assignment_sheets::voided_at.is_null())
        .filter(projects::stage.eq_any(acts::ACKNOWLEDGE_SHEET.stages.to_vec()))
        .filter(projects::sealed_at.is_null())
        .select((assignment_sheets::id, assignment_sheets::project_id, projects::name))
        .load::<(Id, Id, String)>(tx.conn)?;
    let item = |(id, project, name)| {
        WorkItem::new(WorkKind::AssignmentSheet, "acknowledge", "assignment-sheets", id, name, ADDRESSED).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

fn adjustments_due(tx: &mut Tx<'_>, department: &str) -> Result<Vec<WorkItem>> {
    let today = tx.today()?;
    let rows = adjustments::table
        .inner_join(projects::table.on(projects::id.eq(adjustments::project_id)))
        .filter(adjustments::department.eq(department))
        .filter(adjustments::state.eq_any(["open", "planned"]))
        .filter(adjustments::voided_at.is_null())
        .filter(projects::stage.eq_any(acts::COMPLETE_ADJUSTMENT.stages.to_vec()))
        .select((adjustments::id, adjustments::project_id, adjustments::what, adjustments::due_on))
        .load::<(Id, Id, String, Option<Day>)>(tx.conn)?;
    let item = |(id, project, what, due)| {
        let item = WorkItem::new(WorkKind::Adjustment, "complete", "adjustments", id, what, ADDRESSED);
        item.on(project).by(due, today)
    };
    Ok(rows.into_iter().map(item).collect())
}

fn measures(tx: &mut Tx<'_>, department: &str) -> Result<Vec<WorkItem>> {
    let today = tx.today()?;
    let rows = complaint_measures::table
        .inner_join(complaints::table.on(complaints::id.eq(complaint_measures::complaint_id)))
        .filter(complaint_measures::department.eq(department))
        .filter(complaint_measures::state.eq("approved"))
        .filter(complaints::state.eq("approved"))
        .filter(complaints::voided_at.is_null())
        .select((complaints::id, complaints::project_id, complaint_measures::what, complaint_measures::due_on))
        .load::<(Id, Option<Id>, String, Option<Day>)>(tx.conn)?;
    let item = |(id, project, what, due)| {
        let item = WorkItem::new(WorkKind::Complaint, "carry_out", "complaints", id, what, ADDRESSED).by(due, today);
        WorkItem { project_id: project, ..item }
    };
    Ok(rows.into_iter().map(item).collect())
}
