//! All that somebody holds goes to another in one act: prospects outlive staff turnover.

use super::people::{group_of_holder, may_hold};
use super::reassign::{Position, Reassign, hand_over, hand_over_inquiry};
use super::tasks::{move_along, move_complaints_of_clients, projects_with_tasks_of};
use crate::access::{Result, Role, Tx, User, organisation, people};
use crate::clients;
use crate::db::Id;
use crate::db::schema::{clients as client_rows, projects};
use crate::http::{Problem, Ref};
use crate::workflow::{self, Project, Stage};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What went to another person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReassignedWork {
    /// Projects and inquiries.
    #[schema(example = 7)]
    pub projects: usize,
    /// Clients.
    #[schema(example = 12)]
    pub clients: usize,
}

const ENDED: [Stage; 3] = [Stage::Archived, Stage::Declined, Stage::Lost];

/// Gives every project, inquiry, open task and client that a person holds to another. Ended and sealed projects stay as they are: they are history.
/// Clients are locked before projects, both in the order of their ids.
pub fn reassign_all(tx: &mut Tx<'_>, r: &Ref, body: &Reassign) -> Result<ReassignedWork> {
    let from = people::find(tx, r)?;
    let to = people::active_user(tx, body.to, "/to")?;
    if to.id == from.id {
        return Err(Problem::validation("/to", "same", "This is the same person.", "這是同一個人。").into());
    }
    if !matches!(
        to.role,
        Role::Manager | Role::FrontLeader | Role::FrontSpecialist | Role::BackLeader | Role::BackSpecialist
    ) {
        return Err(Problem::validation(
            "/to",
            "owns_nothing",
            "A person of this role owns nothing: name a leader, a specialist or the manager.",
            "此角色不負責項目；請選組長、專員或主管。",
        )
        .into());
    }
    let own = client_rows::table.filter(client_rows::owner_id.eq(from.id)).filter(client_rows::voided_at.is_null());
    let owned: Vec<Id> = own.order(client_rows::id).select(client_rows::id).load(tx.conn)?;
    let mut given = 0;
    for client in owned {
        given += usize::from(clients::hand_over(tx, client, from.id, to.id, &body.reason)?);
    }
    move_complaints_of_clients(tx, from.id, to.id)?;
    let mut moved = 0;
    for id in touched(tx, from.id)? {
        let mut project = workflow::lock_id(tx, id)?;
        if give(tx, &mut project, &from, &to, &body.reason)? {
            moved += 1;
        } else {
            move_along(tx, &project, from.id, to.id)?;
        }
    }
    Ok(ReassignedWork { projects: moved, clients: given })
}

/// Every project on which this person is named and that is still alive.
fn touched(tx: &mut Tx<'_>, person: Id) -> Result<BTreeSet<Id>> {
    let named =
        projects::front_owner_id.eq(person).or(projects::back_owner_id.eq(person)).or(projects::recorded_by.eq(person));
    let alive = projects::table.filter(projects::stage.ne_all(ENDED)).filter(projects::sealed_at.is_null());
    let held: Vec<Id> = alive.filter(named.assume_not_null()).select(projects::id).load(tx.conn)?;
    let mut all: BTreeSet<Id> = held.into_iter().collect();
    all.extend(projects_with_tasks_of(tx, person)?);
    Ok(all)
}

/// Hands the project over if `from` is the one who is accountable for it now; says whether.
fn give(tx: &mut Tx<'_>, project: &mut Project, from: &User, to: &User, reason: &str) -> Result<bool> {
    if ENDED.contains(&project.stage) || project.sealed_at.is_some() {
        return Ok(false);
    }
    let position = match (project.back_owner_id, project.front_owner_id) {
        (Some(owner), _) if owner == from.id => Position::Back,
        (None, Some(owner)) if owner == from.id => Position::Front,
        (None, None) if project.recorded_by == from.id => {
            may_record(tx, to)?;
            hand_over_inquiry(tx, project, to.id, reason)?;
            return Ok(true);
        }
        _ => return Ok(false),
    };
    let group = group_of_holder(tx, to, position, "/to")?;
    hand_over(tx, project, position, from.id, to.id, group.id, reason)?;
    Ok(true)
}

/// Inquiries are for front staff and the manager.
fn may_record(tx: &mut Tx<'_>, to: &User) -> Result<()> {
    if to.role == Role::Manager {
        return Ok(());
    }
    let kind = match to.group_id {
        Some(id) => Some(organisation::group(tx, id, "/to")?.kind),
        None => None,
    };
    if kind.is_some_and(|kind| may_hold(to.role, kind, Position::Front)) {
        return Ok(());
    }
    Err(Problem::validation(
        "/to",
        "not_front_staff",
        "Inquiries go to front staff or the manager.",
        "諮詢只可交給前段人員或主管。",
    )
    .into())
}
