//! Whose complaints are whose: sight is part of every query.

use crate::access::{Actor, Role};
use crate::client_seen_as;
use crate::db::MultiBackend;
use crate::db::schema::{complaint_measures, complaint_reviews, complaints};
use crate::seen_as;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// A condition on the complaints table.
pub type Sight = Box<dyn BoxableExpression<complaints::table, MultiBackend, SqlType = Bool>>;

/// The complaints that this caller sees.
pub fn in_sight(actor: &Actor) -> Sight {
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
    let seen = client_seen_as!(complaints::table, complaints::client_id, actor);
    let of_project = seen_as!(complaints::table, complaints::project_id.assume_not_null(), actor);
    let of_project = complaints::project_id.is_not_null().and(of_project);
    let of_client = complaints::project_id.is_null().and(seen);
    Box::new(of_project.or(of_client).or(complaints::handler_id.eq(actor.id)).or(complaints::created_by.eq(actor.id)))
}
