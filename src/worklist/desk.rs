//! What waits on the desks of those who decide and book: reviews, approvals, finance.

use super::WorkKind;
use super::due::Due;
use super::items::{Why, Work};
use crate::access::{Result, Role, Tx};
use crate::complaints;
use crate::contracts::{Amendment, Contract};
use crate::db::schema::{
    amendments, complaints as complaint_rows, contracts, invoices, payments, projects, write_offs,
};
use crate::db::{At, Id};
use crate::records::{Record, Stored};
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;

/// Everything that waits for the caller's word or entry.
pub(super) fn work(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let mut out = Vec::new();
    let manager = tx.actor.role == Role::Manager;
    if manager || tx.actor.is_back_leader() {
        out.extend(reviews(tx)?);
    }
    // Which leader approves which is for the complaint to say.
    if manager || tx.actor.leads() {
        out.extend(measures_to_approve(tx)?);
    }
    if manager {
        out.extend(write_offs_in(
            tx,
            "proposed",
            WorkKind::Approval,
            "approve",
            ("The manager approves write-offs", "核銷由統籌主管審批"),
        )?);
    }
    if tx.actor.role == Role::Finance {
        out.extend(write_offs_in(tx, "approved", WorkKind::Booking, "book", BOOKED)?);
        out.extend(payments_to_confirm(tx)?);
        out.extend(invoices_to_issue(tx)?);
    }
    Ok(out)
}

const BOOKED: Why = ("Finance books it", "由財務入賬");

/// Contracts and amendments whose review is the caller's turn, as the review itself judges.
fn reviews(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let contracts = contracts::table
        .filter(contracts::state.eq("in_review"))
        .filter(contracts::voided_at.is_null())
        .select(Contract::as_select())
        .load(tx.conn)?;
    let amendments = amendments::table
        .filter(amendments::state.eq("in_review"))
        .filter(amendments::voided_at.is_null())
        .select(Amendment::as_select())
        .load(tx.conn)?;
    let mut out = reviews_of(tx, &contracts, |row| (&row.number, row.updated_at))?;
    out.extend(reviews_of(tx, &amendments, |row| (&row.number, row.updated_at))?);
    Ok(out)
}

fn reviews_of<R: Record>(tx: &mut Tx<'_>, rows: &[R], said: fn(&R) -> (&str, At)) -> Result<Vec<Work>> {
    let projects = workflow::find_all(tx, rows.iter().map(Stored::project_id))?;
    workflow::look_for_parties(tx, projects.values())?;
    R::look_ahead(tx, rows, &projects)?;
    let mut out = Vec::new();
    for row in rows {
        if let Some(project) = projects.get(&row.project_id()) {
            out.extend(review_of(tx, project, row, said(row))?);
        }
    }
    Ok(out)
}

/// It has waited since it was submitted, or since the last review.
fn review_of<R: Record>(
    tx: &mut Tx<'_>,
    project: &Project,
    row: &R,
    (number, since): (&str, At),
) -> Result<Option<Work>> {
    let state = row.standing(tx)?;
    let allowed = workflow::allow(tx, project, &acts::REVIEW_CONTRACT, Some(state), None)
        .and_then(|()| row.check(tx, project, &acts::REVIEW_CONTRACT));
    let title = format!("{number}, {}", project.name);
    let item = || {
        Work::new(
            WorkKind::Review,
            "review",
            R::PLURAL,
            row.subject_id(),
            title,
            ("It is your turn to review it", "輪到你評審"),
            Due::Answer(since),
        )
    };
    Ok(allowed.is_ok().then(|| item().on(project.id)))
}

fn measures_to_approve(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let rows = complaint_rows::table
        .filter(complaints::in_sight(&tx.actor))
        .filter(complaint_rows::state.eq("proposed"))
        .filter(complaint_rows::voided_at.is_null())
        .select(complaints::Complaint::as_select())
        .load(tx.conn)?;
    let item = |row: complaints::Complaint| {
        let why = ("Its measures wait for your approval", "措施待你批准");
        let due = Due::On(row.answer_due_on);
        Work::new(WorkKind::Approval, "approve", "complaints", row.id, row.what, why, due).on(row.project_id)
    };
    Ok(complaints::approvable(tx, rows)?.into_iter().map(item).collect())
}

fn write_offs_in(tx: &mut Tx<'_>, state: &str, kind: WorkKind, act: &'static str, why: Why) -> Result<Vec<Work>> {
    let rows = write_offs::table
        .inner_join(projects::table.on(projects::id.eq(write_offs::project_id)))
        .filter(write_offs::state.eq(state))
        .filter(write_offs::voided_at.is_null())
        .filter(write_offs::created_by.ne(tx.actor.id))
        .filter(projects::sealed_at.is_null())
        .select((write_offs::id, write_offs::project_id, write_offs::reason, write_offs::updated_at))
        .load::<(Id, Id, String, At)>(tx.conn)?;
    let item = |(id, project, reason, since)| {
        Work::new(kind, act, "write-offs", id, reason, why, Due::Answer(since)).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

fn payments_to_confirm(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let rows = payments::table
        .filter(payments::state.eq("recorded"))
        .filter(payments::voided_at.is_null())
        .select((payments::id, payments::reference, payments::created_at))
        .load::<(Id, String, At)>(tx.conn)?;
    let item = |(id, reference, since)| {
        Work::new(WorkKind::Booking, "confirm", "payments", id, reference, BOOKED, Due::Answer(since))
    };
    Ok(rows.into_iter().map(item).collect())
}

fn invoices_to_issue(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let rows = invoices::table
        .inner_join(projects::table.on(projects::id.eq(invoices::project_id)))
        .filter(invoices::state.eq("requested"))
        .filter(invoices::voided_at.is_null())
        .filter(projects::sealed_at.is_null())
        .select((invoices::id, invoices::project_id, projects::name, invoices::created_at))
        .load::<(Id, Id, String, At)>(tx.conn)?;
    let item = |(id, project, name, since)| {
        Work::new(WorkKind::Booking, "issue", "invoices", id, name, BOOKED, Due::Answer(since)).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}
