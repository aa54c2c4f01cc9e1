//! What is read beside complaints: now for one, in a statement each for all of a page.

use super::store::{Complaint, ComplaintState, Measure, Review};
use crate::access::{Result, Tx};
use crate::db::Id;
use crate::db::schema::{complaint_measures, complaint_reviews, events, projects};
use crate::workflow::{self, Project};
use diesel::prelude::*;

/// Reads what [`super::view::view`] shows of these complaints and what [`super::rules::is`] asks about them.
pub(super) fn look_ahead(tx: &mut Tx<'_>, rows: &[Complaint]) -> Result<()> {
    tx.read_ahead(rows.iter().map(|row| row.id), measures_of)?;
    tx.read_ahead(rows.iter().map(|row| row.id), reviews_of)?;
    let answered = rows.iter().filter(|row| row.state == ComplaintState::Answered);
    tx.read_ahead(answered.map(|row| row.id), answered_by_of)?;
    if tx.actor.leads() {
        tx.read_ahead(rows.iter().map(|row| row.handler_id), workflow::groups_of)?;
    }
    tx.read_ahead(rows.iter().filter_map(|row| row.project_id), projects_of)?;
    let mut projects = Vec::new();
    for id in rows.iter().filter_map(|row| row.project_id) {
        projects.extend(tx.found(id, projects_of)?);
    }
    workflow::look_for_parties(tx, projects.iter())
}

/// The project of a complaint: whoever sees the complaint is told by it what may be done.
pub(super) fn project_of(tx: &mut Tx<'_>, complaint: &Complaint) -> Result<Option<Project>> {
    let Some(id) = complaint.project_id else { return Ok(None) };
    Ok(tx.found(id, projects_of)?.pop())
}

fn projects_of(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<(Id, Project)>> {
    let rows =
        projects::table.filter(projects::id.eq_any(ids)).select(Project::as_select()).load::<Project>(tx.conn)?;
    Ok(rows.into_iter().map(|project| (project.id, project)).collect())
}

/// The measures of a complaint, oldest first, the replaced ones too.
pub(super) fn measures(tx: &mut Tx<'_>, complaint: Id) -> Result<Vec<Measure>> {
    tx.found(complaint, measures_of)
}

fn measures_of(tx: &mut Tx<'_>, complaints: &[Id]) -> Result<Vec<(Id, Measure)>> {
    let rows = complaint_measures::table.filter(complaint_measures::complaint_id.eq_any(complaints));
    let rows = rows.order(complaint_measures::id).select(Measure::as_select()).load::<Measure>(tx.conn)?;
    Ok(rows.into_iter().map(|measure| (measure.complaint_id, measure)).collect())
}

/// The reviews of a complaint, oldest first.
pub(super) fn reviews(tx: &mut Tx<'_>, complaint: Id) -> Result<Vec<Review>> {
    tx.found(complaint, reviews_of)
}

fn reviews_of(tx: &mut Tx<'_>, complaints: &[Id]) -> Result<Vec<(Id, Review)>> {
    let rows = complaint_reviews::table.filter(complaint_reviews::complaint_id.eq_any(complaints));
    let rows = rows.order(complaint_reviews::id).select(Review::as_select()).load::<Review>(tx.conn)?;
    Ok(rows.into_iter().map(|review| (review.complaint_id, review)).collect())
}

/// Who answered a complaint, the last time.
pub(super) fn answered_by(tx: &mut Tx<'_>, complaint: Id) -> Result<Option<Id>> {
    Ok(tx.found(complaint, answered_by_of)?.pop().flatten())
}

fn answered_by_of(tx: &mut Tx<'_>, complaints: &[Id]) -> Result<Vec<(Id, Option<Id>)>> {
    let rows =
        events::table.filter(events::subject_id.eq_any(complaints)).filter(events::kind.eq("complaint.answered"));
    Ok(rows.order(events::seq).select((events::subject_id, events::actor_id)).load(tx.conn)?)
}
