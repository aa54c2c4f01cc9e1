//! What a caller sees, as part of every query: manager, finance, auditor and administrator all; the back group every project from assignment on;
//! front leaders their group's; front specialists what they own or took part in; assistants what their group sees; contributors what was
//! addressed to their department; whoever was asked to review what they review (they took part). Out of sight is 404.

use super::{Actor, Result, Role, Tx};
use crate::db::schema::{project_departments, project_participants, projects, users};
use crate::db::{Id, on_each};
use diesel::dsl::{AsExprOf, auto_type, exists};
use diesel::prelude::*;
use diesel::query_source::{Alias, AliasedField};
use diesel::sql_types::Bool;
use own::{OWN_PROJECTS, OwnProjects};
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

/// The projects that this caller sees, as a condition on the projects table.
pub fn visible(actor: &Actor) -> condition {
    let eyes = Eyes::from(actor);
    condition(eyes.everything, eyes.taken_on, eyes.person, eyes.group, eyes.department)
}

/// The projects that a person took part in.
#[auto_type]
pub(crate) fn taken_part(person: Id) -> _ {
    project_participants::table
        .filter(project_participants::user_id.eq(person))
        .select(project_participants::project_id)
}

/// The projects on which something was addressed to a department.
#[auto_type]
pub(crate) fn addressed_to(department: String) -> _ {
    project_departments::table
        .filter(project_departments::department.eq(department))
        .select(project_departments::project_id)
}

/// The people of a group.
#[auto_type]
pub(crate) fn members(group: Id) -> _ {
    users::table.filter(users::group_id.eq(group)).select(users::id)
}

#[auto_type]
pub(crate) fn client_ids(person: Id, group: Id, department: String) -> _ {
    let took_part: taken_part = taken_part(person);
    let addressed: addressed_to = addressed_to(department);
    let recorders: members = members(group);
    let of_group = projects::table.filter(projects::front_group_id.eq(group)).select(projects::client_id);
    let recorded_in_group = projects::table
        .filter(projects::front_group_id.is_null())
        .filter(projects::recorded_by.eq_any(recorders))
        .select(projects::client_id);
    let of_part = projects::table.filter(projects::id.eq_any(took_part)).select(projects::client_id);
    let of_department = projects::table.filter(projects::id.eq_any(addressed)).select(projects::client_id);
    of_part.union(of_department).union(of_group).union(recorded_in_group)
}

/// The clients of the projects that a caller sees of whom [`Sight::Own`] holds.
pub fn clients_in_sight(actor: &Actor) -> client_ids {
    let eyes = Eyes::from(actor);
    client_ids(eyes.person, eyes.group, eyes.department)
}

mod own {
    #![allow(missing_docs, reason = "a macro writes them")]
    use crate::db::schema::projects;
    diesel::alias!(pub const OWN_PROJECTS: Alias<OwnProjects> = projects as own_projects);
}

#[auto_type]
pub(crate) fn own_ids(person: Id, group: Id, department: String) -> _ {
    // Under another name, so that it nests in queries on the projects themselves.
    let own: Alias<OwnProjects> = OWN_PROJECTS;
    let id: AliasedField<OwnProjects, projects::id> = OWN_PROJECTS.field(projects::id);
    let front_group: AliasedField<OwnProjects, projects::front_group_id> = OWN_PROJECTS.field(projects::front_group_id);
    let recorded_by: AliasedField<OwnProjects, projects::recorded_by> = OWN_PROJECTS.field(projects::recorded_by);
    let took_part: taken_part = taken_part(person);
    let addressed: addressed_to = addressed_to(department);
    let of_group = own.filter(front_group.eq(group)).select(id);
    let recorders: members = members(group);
    let recorded_in_group = own.filter(front_group.is_null()).filter(recorded_by.eq_any(recorders)).select(id);
    took_part.union(addressed).union(of_group).union(recorded_in_group)
}

/// The ids of the projects that a caller sees of whom [`Sight::Own`] holds: each part is found through an index, however many projects there are.
pub fn own_in_sight(actor: &Actor) -> own_ids {
    let eyes = Eyes::from(actor);
    own_ids(eyes.person, eyes.group, eyes.department)
}

/// How much of a long list a caller sees, which decides how the list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All of it.
    Everything,
    /// Most of it: row by row, as the list goes.
    Most,
    /// A part: from the caller's own projects to the list.
    Own,
}

impl Sight {
    /// Of this caller.
    pub fn of(actor: &Actor) -> Self {
        match (actor.sees_everything(), actor.is_back()) {
            (true, _) => Self::Everything,
            (_, true) => Self::Most,
            _ => Self::Own,
        }
    }
}

/// That a column names a project within sight, asked for one row after the other. Not `EXISTS`: of that both databases would make a table of all
/// projects in sight before the first row (PostgreSQL a hash, SQLite a filter for a join).
#[macro_export]
macro_rules! seen_row_by_row {
    ($column:expr, $actor:expr) => {
        $crate::db::schema::projects::table
            .filter($crate::db::schema::projects::id.eq($column))
            .filter($crate::access::visible($actor))
            .select($crate::db::schema::projects::id)
            .single_value()
            .is_not_null()
    };
}

/// Narrows a boxed query to what belongs to projects within the caller's sight. A list of ids of everything in sight would be as long as the company
/// is large, for every page.
#[macro_export]
macro_rules! seen_only {
    ($query:expr, $column:expr, $actor:expr) => {{
        use $crate::access::{Sight, own_in_sight};
        let (query, actor) = ($query, $actor);
        match Sight::of(actor) {
            Sight::Everything => query,
            Sight::Most => query.filter($crate::seen_row_by_row!($column, actor)),
            Sight::Own => query.filter($column.eq_any(own_in_sight(actor))),
        }
    }};
}

/// The same as a condition on a table, for what is seen for more reasons than its project.
#[macro_export]
macro_rules! seen_as {
    ($table:ty, $column:expr, $actor:expr) => {{
        use $crate::access::{Sight, own_in_sight};
        type Condition =
            Box<dyn ::diesel::BoxableExpression<$table, $crate::db::MultiBackend, SqlType = ::diesel::sql_types::Bool>>;
        let actor = $actor;
        let condition: Condition = match Sight::of(actor) {
            Sight::Everything => Box::new(true.into_sql::<::diesel::sql_types::Bool>()),
            Sight::Most => Box::new($crate::seen_row_by_row!($column, actor)),
            Sight::Own => Box::new($column.eq_any(own_in_sight(actor))),
        };
        condition
    }};
}

/// Runs a query with a condition of sight, and without it for whoever sees everything: a condition that holds always is cheap only once PostgreSQL
/// knows the values, so it would plan the statement anew at each execution.
///
/// `narrowed!(projects::table, unless tx.actor.sees_everything(), visible(&tx.actor), seen => seen.load(tx.conn))`
#[macro_export]
macro_rules! narrowed {
    ($query:expr, unless $all:expr, $condition:expr, $seen:ident => $run:expr) => {
        if $all {
            let $seen = $query;
            $run
        } else {
            let $seen = $query.filter($condition);
            $run
        }
    };
}

/// Whether the caller sees this project.
pub fn sees(tx: &mut Tx<'_>, project: Id) -> Result<bool> {
    let found = projects::table.filter(projects::id.eq(project)).select(projects::id);
    let found = narrowed!(found, unless tx.actor.sees_everything(), visible(&tx.actor), seen => {
        on_each!(tx.conn, c => seen.first::<Id>(c))
    });
    Ok(found.optional()?.is_some())
}
