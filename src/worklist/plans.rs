//! What the accountable owner has a day for, or was handed: follow-ups with clients, bids before their deadline, milestones, reassigned projects.

use super::WorkKind;
use super::departments::ADDRESSED;
use super::due::Due;
use super::items::{Why, Work};
use super::moves::is_owned;
use crate::access::{Result, Tx};
use crate::clock;
use crate::db::schema::{interactions, milestones, projects, reassignments, tenders};
use crate::db::{At, Day, Id};
use crate::workflow::acts;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const OWNED: Why = ("You are accountable for this project", "此項目由你負責");

/// Whether nobody is accountable for a project yet and this person recorded it, as a condition on the projects table.
#[auto_type]
fn is_recorded(person: Id) -> _ {
    // That it is in no group follows, and is what the index goes by.
    let nobodys = projects::front_group_id.is_null().and(projects::front_owner_id.is_null());
    projects::recorded_by.eq(person).and(nobodys).and(projects::back_owner_id.is_null()).nullable()
}

/// All of it.
pub(super) fn work(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let mut out = follow_ups(tx)?;
    out.extend(bids_to_submit(tx)?);
    out.extend(milestones_to_reach(tx, None)?);
    out.extend(handed_over(tx)?);
    Ok(out)
}

/// What was agreed at the latest interaction of a project counts; one that came later has done it. Before a project is assigned it waits for whoever
/// recorded the inquiry.
fn follow_ups(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let rows = interactions::table
        .inner_join(projects::table.on(projects::id.eq(interactions::project_id)))
        .filter(is_owned(tx.actor.id).or(is_recorded(tx.actor.id)))
        .filter(projects::stage.eq_any(acts::LOG_INTERACTION.stages.to_vec()))
        .filter(projects::sealed_at.is_null())
        .filter(interactions::follow_up_on.is_not_null())
        .filter(interactions::voided_at.is_null())
        .select((
            interactions::id,
            interactions::project_id,
            interactions::summary,
            interactions::follow_up_on.assume_not_null(),
        ))
        .load::<(Id, Id, String, Day)>(tx.conn)?;
    let on: BTreeSet<Id> = rows.iter().map(|row| row.1).collect();
    // In the order in which they took place, those of one instant in the order in which they were recorded: the last of each project stays.
    let latest: BTreeMap<Id, Id> = interactions::table
        .filter(interactions::project_id.eq_any(on))
        .filter(interactions::voided_at.is_null())
        .order((interactions::occurred_at, interactions::id))
        .select((interactions::project_id, interactions::id))
        .load::<(Id, Id)>(tx.conn)?
        .into_iter()
        .collect();
    let waits = rows.into_iter().filter(|row| latest.get(&row.1) == Some(&row.0));
    let item = |(id, project, summary, on)| {
        let (act, due) = (acts::LOG_INTERACTION.name, Due::On(on));
        Work::new(WorkKind::FollowUp, act, "interactions", id, summary, OWNED, due).on(project)
    };
    Ok(waits.map(item).collect())
}

/// Tenders whose bid is not in; nothing is submitted after the deadline.
fn bids_to_submit(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let (zone, now) = (tx.zone()?, tx.now);
    let rows = tenders::table
        .inner_join(projects::table.on(projects::id.eq(tenders::project_id)))
        .filter(is_owned(tx.actor.id))
        .filter(projects::stage.eq_any(acts::SUBMIT_BID.stages.to_vec()))
        .filter(tenders::state.eq_any(acts::SUBMIT_BID.states.to_vec()))
        .filter(tenders::submission_deadline.ge(now))
        .filter(tenders::voided_at.is_null())
        .select((tenders::id, tenders::project_id, tenders::notice_no, tenders::submission_deadline))
        .load::<(Id, Id, String, At)>(tx.conn)?;
    let item = |(id, project, notice, deadline)| {
        let due = Due::On(clock::day_of(deadline, zone));
        Work::new(WorkKind::Tender, acts::SUBMIT_BID.name, "tenders", id, notice, OWNED, due).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Milestones that are not reached, by what is forecast or else was planned: a department's own, or those on the caller's projects.
pub(super) fn milestones_to_reach(tx: &mut Tx<'_>, department: Option<&str>) -> Result<Vec<Work>> {
    let open = milestones::table.inner_join(projects::table.on(projects::id.eq(milestones::project_id))).into_boxed();
    let (theirs, why) = match department {
        Some(department) => (open.filter(milestones::department.eq(department.to_owned())), ADDRESSED),
        None => (open.filter(is_owned(tx.actor.id)), OWNED),
    };
    let rows = theirs
        .filter(projects::stage.eq_any(acts::REPORT_MILESTONE.stages.to_vec()))
        .filter(milestones::actual_on.is_null())
        .filter(milestones::voided_at.is_null())
        .select((
            milestones::id,
            milestones::project_id,
            milestones::name,
            milestones::forecast_on,
            milestones::planned_on,
            milestones::created_at,
        ))
        .load::<(Id, Id, String, Option<Day>, Option<Day>, At)>(tx.conn)?;
    let item = |(id, project, name, forecast, planned, since): (_, Id, _, Option<Day>, _, _)| {
        let due = Due::on_or(forecast.or(planned), Due::Move(since));
        Work::new(WorkKind::Milestone, acts::REPORT_MILESTONE.name, "milestones", id, name, why, due).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Projects that the caller was given, still holds and has not acknowledged.
fn handed_over(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let rows = reassignments::table
        .inner_join(projects::table.on(projects::id.eq(reassignments::project_id)))
        .filter(reassignments::to_user_id.eq(tx.actor.id))
        .filter(reassignments::acknowledged_at.is_null())
        .filter(reassignments::voided_at.is_null())
        .filter(is_owned(tx.actor.id).or(is_recorded(tx.actor.id)))
        .filter(projects::stage.eq_any(acts::ACKNOWLEDGE_REASSIGNMENT.stages.to_vec()))
        .filter(projects::sealed_at.is_null())
        .select((reassignments::id, reassignments::project_id, projects::name, reassignments::created_at))
        .load::<(Id, Id, String, At)>(tx.conn)?;
    let item = |(id, project, name, since)| {
        let (act, why) = (acts::ACKNOWLEDGE_REASSIGNMENT.name, ("You received this project", "此項目已轉交給你"));
        Work::new(WorkKind::Reassignment, act, "reassignments", id, name, why, Due::Answer(since)).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}
