//! What a caller sees, as part of every query: manager, finance, auditor and administrator all; the back group every project from assignment on;
//! front leaders their group's; front specialists what they own or took part in; assistants what their group sees; contributors what was
//! addressed to their department; whoever was asked to review what they review (they took part). Out of sight is 404.

use super::{Actor, Result, Role, Tx};
use crate::db::schema::{project_departments, project_participants, projects, users};
use crate::db::{Id, MultiBackend};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// A condition on the projects table.
pub type Condition = Box<dyn BoxableExpression<projects::table, MultiBackend, SqlType = Bool>>;

/// The projects that this caller sees.
pub fn visible(actor: &Actor) -> Condition {
    if actor.sees_everything() {
        return Box::new(projects::id.is_not_null());
    }
    let took_part = exists(
        project_participants::table
            .filter(project_participants::project_id.eq(projects::id))
            .filter(project_participants::user_id.eq(actor.id)),
    );
    if actor.is_back() {
        return Box::new(projects::accepted_at.is_not_null().or(took_part));
    }
    match (actor.role, actor.group_id) {
        (Role::FrontLeader | Role::Assistant, Some(group)) => {
            let recorded_in_group = exists(users::table.filter(users::id.eq(projects::recorded_by)).filter(users::group_id.eq(group)));
            let of_group = projects::front_group_id.eq(group).assume_not_null();
            let unassigned = projects::front_group_id.is_null().and(recorded_in_group);
            Box::new(projects::front_group_id.is_not_null().and(of_group).or(unassigned).or(took_part))
        }
        (Role::Contributor, _) => {
            let department = actor.department.clone().unwrap_or_default();
            let addressed = exists(
                project_departments::table
                    .filter(project_departments::project_id.eq(projects::id))
                    .filter(project_departments::department.eq(department)),
            );
            Box::new(addressed.or(took_part))
        }
        _ => Box::new(took_part),
    }
}

/// The ids of the projects that this caller sees, for queries on what belongs to them.
pub fn in_sight(actor: &Actor) -> projects::BoxedQuery<'static, MultiBackend, crate::db::ty::Uid> {
    projects::table.select(projects::id).filter(visible(actor)).into_boxed()
}

/// Whether the caller sees this project.
pub fn sees(tx: &mut Tx<'_>, project: Id) -> Result<bool> {
    let found = projects::table
        .filter(projects::id.eq(project))
        .filter(visible(&tx.actor))
        .select(projects::id)
        .first::<Id>(tx.conn)
        .optional()?;
    Ok(found.is_some())
}
