//! What a caller sees, as part of every query: manager, finance, auditor and administrator all; the back group every project from assignment on;
//! front leaders their group's; front specialists what they own or took part in; assistants what their group sees; contributors what was
//! addressed to their department; whoever was asked to review what they review (they took part). Out of sight is 404.

use super::{Actor, Result, Role, Tx};
use crate::db::schema::{project_departments, project_participants, projects, users};
use crate::db::{Id, on_each};
use diesel::dsl::{AsExprOf, auto_type, exists};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

/// What decides a caller's sight, as plain values: one statement serves every role, so that it nests in every other query.
#[derive(Debug, Clone)]
pub struct Eyes {
    /// Sees every project.
    pub everything: bool,
    /// Sees every project that was taken on.
    pub taken_on: bool,
    /// The person, who sees what they took part in.
    pub person: Id,
    /// The group whose projects they see; nil where none.
    pub group: Id,
    /// The department whose addressed projects they see; empty where none.
    pub department: String,
}

impl From<&Actor> for Eyes {
    fn from(actor: &Actor) -> Self {
        let of_group = matches!(actor.role, Role::FrontLeader | Role::Assistant);
        let of_department = actor.role == Role::Contributor;
        Self {
            everything: actor.sees_everything(),
            taken_on: actor.is_back(),
            person: actor.id,
            group: actor.group_id.filter(|_| of_group).unwrap_or(Id(Uuid::nil())),
            department: actor.department.clone().filter(|_| of_department).unwrap_or_default(),
        }
    }
}

#[auto_type]
pub(crate) fn condition(everything: bool, taken_on: bool, person: Id, group: Id, department: String) -> _ {
    let all: AsExprOf<bool, Bool> = everything.into_sql::<Bool>();
    let back: AsExprOf<bool, Bool> = taken_on.into_sql::<Bool>();
    let took_part = exists(
        project_participants::table
            .filter(project_participants::project_id.eq(projects::id))
            .filter(project_participants::user_id.eq(person)),
    );
    let addressed = exists(
        project_departments::table
            .filter(project_departments::project_id.eq(projects::id))
            .filter(project_departments::department.eq(department)),
    );
    let recorded_in_group =
        exists(users::table.filter(users::id.eq(projects::recorded_by)).filter(users::group_id.eq(group)));
    let of_group = projects::front_group_id.eq(group).or(projects::front_group_id.is_null().and(recorded_in_group));
    all.or(back.and(projects::accepted_at.is_not_null())).or(took_part).or(addressed).or(of_group)
}

#[auto_type]
pub(crate) fn ids(everything: bool, taken_on: bool, person: Id, group: Id, department: String) -> _ {
    let seen: condition = condition(everything, taken_on, person, group, department);
    projects::table.filter(seen).select(projects::id)
}

/// The projects that this caller sees, as a condition on the projects table.
pub fn visible(actor: &Actor) -> condition {
    let eyes = Eyes::from(actor);
    condition(eyes.everything, eyes.taken_on, eyes.person, eyes.group, eyes.department)
}

/// The ids of the projects that this caller sees, for queries on what belongs to them.
pub fn in_sight(actor: &Actor) -> ids {
    let eyes = Eyes::from(actor);
    ids(eyes.everything, eyes.taken_on, eyes.person, eyes.group, eyes.department)
}

#[auto_type]
pub(crate) fn client_ids(everything: bool, taken_on: bool, person: Id, group: Id, department: String) -> _ {
    let seen: condition = condition(everything, taken_on, person, group, department);
    projects::table.filter(seen).select(projects::client_id)
}

/// The clients of the projects that this caller sees.
pub fn clients_in_sight(actor: &Actor) -> client_ids {
    let eyes = Eyes::from(actor);
    client_ids(eyes.everything, eyes.taken_on, eyes.person, eyes.group, eyes.department)
}

/// Whether the caller sees this project.
pub fn sees(tx: &mut Tx<'_>, project: Id) -> Result<bool> {
    let found = projects::table.filter(projects::id.eq(project)).filter(visible(&tx.actor)).select(projects::id);
    Ok(on_each!(tx.conn, c => found.first::<Id>(c)).optional()?.is_some())
}
