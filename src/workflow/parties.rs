//! The caller's relation to a project: who is accountable, whose leader one is. Pure decisions over a few facts.

use super::{Party, Project, Stage, project};
use crate::access::{Result, Role, Tx};
use crate::db::{Id, schema::users};
use diesel::prelude::*;

/// The one owner who is answerable now: the back owner from the accepted transfer on, the front owner from `assign` on; before that nobody but
/// the manager.
pub fn owner(project: &Project) -> Option<Id> {
    project.back_owner_id.or(project.front_owner_id)
}

/// The one person answerable now: the owner, or the manager until one is assigned.
pub fn accountable(tx: &mut Tx<'_>, project: &Project) -> Result<Option<Id>> {
    match owner(project) {
        Some(id) => Ok(Some(id)),
        None => project::manager(tx),
    }
}

/// Whether the caller is any of these parties to the project. `department` is the one that a department act is addressed to; none means any
/// department that something on this project was addressed to (out of which nobody sees it).
pub fn is_any(tx: &mut Tx<'_>, project: &Project, parties: &[Party], department: Option<&str>) -> Result<bool> {
    let group = accountable_group(tx, project, parties)?;
    Ok(parties.iter().any(|party| is(tx, project, *party, department, group)))
}

/// As [`is_any`] for several lists of parties.
pub fn is_any_of_each(tx: &mut Tx<'_>, project: &Project, lists: &[&[Party]]) -> Result<Vec<bool>> {
    let group = accountable_group(tx, project, &lists.concat())?;
    Ok(lists.iter().map(|list| list.iter().any(|party| is(tx, project, *party, None, group))).collect())
}

fn is(tx: &Tx<'_>, project: &Project, party: Party, department: Option<&str>, accountable_group: Option<Id>) -> bool {
    let actor = &tx.actor;
    let owner = owner(project);
    let in_group = accountable_group.is_some() && accountable_group == actor.group_id;
    let recorder = owner.is_none()
        && project.recorded_by == actor.id
        && matches!(actor.role, Role::FrontLeader | Role::FrontSpecialist | Role::Manager);
    match party {
        Party::Manager => actor.role == Role::Manager,
        Party::Recorder => recorder,
        Party::FrontOwner => project.front_owner_id == Some(actor.id),
        Party::FrontLeader => {
            actor.role == Role::FrontLeader
                && project.front_group_id.is_some()
                && project.front_group_id == actor.group_id
        }
        Party::AccountableOwner => match owner {
            Some(owner) => owner == actor.id,
            None => recorder || actor.role == Role::Manager,
        },
        Party::AccountableLeader => in_group && actor.leads(),
        Party::BackOwner => project.back_owner_id == Some(actor.id),
        Party::BackLeader => actor.is_back_leader(),
        Party::BackStaff => actor.is_back_staff(),
        Party::GroupAssistant => in_group && actor.role == Role::Assistant,
        Party::Finance => actor.role == Role::Finance,
        Party::Department => {
            actor.role == Role::Contributor && department.is_none_or(|d| actor.department.as_deref() == Some(d))
        }
    }
}

/// The group of whoever is accountable (of the recorder until an owner is assigned); read only where it can matter.
fn accountable_group(tx: &mut Tx<'_>, project: &Project, parties: &[Party]) -> Result<Option<Id>> {
    let matters = match tx.actor.role {
        Role::FrontLeader | Role::BackLeader => parties.contains(&Party::AccountableLeader),
        Role::Assistant => parties.contains(&Party::GroupAssistant),
        Role::Manager
        | Role::FrontSpecialist
        | Role::BackSpecialist
        | Role::Finance
        | Role::Contributor
        | Role::Auditor
        | Role::Administrator => false,
    };
    if !matters {
        return Ok(None);
    }
    if is_the_front_groups(project) {
        return Ok(project.front_group_id);
    }
    let group = tx.found(answers_for(project), groups_of)?;
    Ok(group.first().copied().flatten())
}

/// Whether the project itself says which group is accountable.
fn is_the_front_groups(project: &Project) -> bool {
    project.back_owner_id.is_none() && project.stage != Stage::Intake && project.front_group_id.is_some()
}

/// Whose group matters.
fn answers_for(project: &Project) -> Id {
    owner(project).unwrap_or(project.recorded_by)
}

/// The group of each of these people.
pub fn groups_of(tx: &mut Tx<'_>, people: &[Id]) -> Result<Vec<(Id, Option<Id>)>> {
    Ok(users::table.filter(users::id.eq_any(people)).select((users::id, users::group_id)).load(tx.conn)?)
}

/// Reads what [`is_any`] asks about these projects, for as many acts as there are.
pub fn look_ahead<'p>(tx: &mut Tx<'_>, projects: impl Iterator<Item = &'p Project>) -> Result<()> {
    let matters = matches!(tx.actor.role, Role::FrontLeader | Role::BackLeader | Role::Assistant);
    tx.read_ahead(projects.filter(|project| matters && !is_the_front_groups(project)).map(answers_for), groups_of)
}
