//! Whose complaints are whose: sight is part of every query.

use crate::access::{Actor, Role, Sight, own_in_sight};
use crate::client_seen_as;
use crate::clients;
use crate::db::schema::{complaint_measures, complaint_reviews, complaints};
use crate::db::{MultiBackend, among};
use crate::seen_as;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// A condition on the complaints table.
pub type InSight = Box<dyn BoxableExpression<complaints::table, MultiBackend, SqlType = Bool>>;

/// The complaints that this caller sees.
pub fn in_sight(actor: &Actor) -> InSight {
    if actor.sees_everything() {
        return Box::new(true.into_sql::<Bool>());
    }
    if actor.role == Role::Contributor {
        let department = actor.department.clone().unwrap_or_default();
        let measured = complaint_measures::table
            .filter(complaint_measures::complaint_id.eq(complaints::id))
            .filter(complaint_measures::department.eq(department.clone()));
        let reviewed = complaint_reviews::table
            .filter(complaint_reviews::complaint_id.eq(complaints::id))
            .filter(complaint_reviews::department.eq(department));
        return Box::new(exists(measured).or(exists(reviewed)));
    }
    if Sight::of(actor) == Sight::Own {
        // From the caller's own projects and clients to their complaints: a walk over all complaints in the order of the page finds the few too late.
        let (seen, me) = (diesel::alias!(complaints as seen_complaints), actor.id);
        let (id, project, client) = seen.fields((complaints::id, complaints::project_id, complaints::client_id));
        let (handler, recorder) = seen.fields((complaints::handler_id, complaints::created_by));
        let of_projects =
            seen.filter(project.is_not_null()).filter(project.assume_not_null().eq_any(own_in_sight(actor))).select(id);
        let of_clients = seen.filter(project.is_null()).filter(client.eq_any(clients::own_ids(actor))).select(id);
        let at_hand = seen.filter(handler.eq(me).or(recorder.eq(me))).select(id);
        return Box::new(among(complaints::id, of_projects.union(of_clients).union(at_hand)));
    }
    let seen = client_seen_as!(complaints::table, complaints::client_id, actor);
    let of_project = seen_as!(complaints::table, complaints::project_id.assume_not_null(), actor);
    let of_project = complaints::project_id.is_not_null().and(of_project);
    let of_client = complaints::project_id.is_null().and(seen);
    Box::new(of_project.or(of_client).or(complaints::handler_id.eq(actor.id)).or(complaints::created_by.eq(actor.id)))
}
