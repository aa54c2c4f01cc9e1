//! The state at any moment: the last after-image of a record that was written by then. Business time only moves forward, so what happened at an instant
//! is complete once every write that had begun by then has ended: on PostgreSQL a write that waits for a lock is of the instant at which it began.

use crate::db::{AnyConnection, At, Id, schema::events};
use diesel::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a record was at an instant, with everything that happened at it; none where it did not exist yet.
pub fn image_at(conn: &mut AnyConnection, subject: Id, at: At) -> QueryResult<Option<Value>> {
    Ok(images_until(conn, subject, at)?.pop())
}

/// Every after-image of a record up to an instant, oldest first.
pub fn images_until(conn: &mut AnyConnection, subject: Id, at: At) -> QueryResult<Vec<Value>> {
    let rows = events::table.filter(events::subject_id.eq(subject)).filter(events::at.le(at)).order(events::seq);
    let rows = rows.select(events::data).load::<String>(conn)?;
    Ok(rows.into_iter().filter_map(|data| serde_json::from_str(&data).ok()).collect())
}

/// What each of these records was at an instant; those that did not exist yet are left out.
pub fn images_at(conn: &mut AnyConnection, subjects: &[Id], at: At) -> QueryResult<BTreeMap<Id, Value>> {
    let rows = events::table
        .filter(events::subject_id.eq_any(subjects))
        .filter(events::at.le(at))
        .order(events::seq)
        .select((events::subject_id, events::data));
    Ok(last_of_each(rows.load::<(Id, String)>(conn)?))
}

/// What each record of a kind on a project was at an instant.
pub fn images_of_kind_at(
    conn: &mut AnyConnection,
    project: Id,
    kind: &str,
    at: At,
) -> QueryResult<BTreeMap<Id, Value>> {
    let rows = events::table
        .filter(events::project_id.eq(project))
        .filter(events::subject_kind.eq(kind))
        .filter(events::at.le(at))
        .order(events::seq)
        .select((events::subject_id, events::data));
    Ok(last_of_each(rows.load::<(Id, String)>(conn)?))
}

fn last_of_each(rows: Vec<(Id, String)>) -> BTreeMap<Id, Value> {
    rows.into_iter().filter_map(|(id, data)| serde_json::from_str(&data).ok().map(|value| (id, value))).collect()
}
