//! Open tasks that name a person themselves move along with the project: disputes and complaints. Everything else asks the project who is
//! accountable.

use crate::access::{Result, Tx};
use crate::clients;
use crate::db::schema::{complaints, disputes, projects};
use crate::db::{Id, Locked};
use crate::events::{self, Subject};
use crate::http::Problem;
use crate::workflow::Project;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A task after it moved: its last after-image with the new owner. The modules that own these rows stand above this one.
#[derive(Debug, Serialize)]
struct Moved<const COMPLAINT: bool> {
    #[serde(skip)]
    id: Id,
    #[serde(skip)]
    version: i64,
    #[serde(skip)]
    project: Option<Id>,
    #[serde(skip)]
    client: Option<Id>,
    #[serde(flatten)]
    image: Map<String, Value>,
}

impl<const COMPLAINT: bool> Subject for Moved<COMPLAINT> {
    const KIND: &'static str = if COMPLAINT { "complaint" } else { "dispute" };
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        self.project
    }
    fn about_client(&self) -> Option<Id> {
        self.client
    }
}

/// Moves the open disputes and complaints of a project from one person to another. The project is locked by the caller. What belongs to a sealed
/// project stays as it is; its complaints are the client's and go on.
pub(super) fn move_along(tx: &mut Tx<'_>, project: &Project, from: Id, to: Id) -> Result<()> {
    if project.sealed_at.is_none() {
        move_disputes(tx, project.id, from, to)?;
    }
    move_complaints(tx, Some(project.id), from, to)
}

/// Moves the open complaints that are about no project. Their clients are locked, in the order of their ids.
pub(super) fn move_complaints_of_clients(tx: &mut Tx<'_>, from: Id, to: Id) -> Result<()> {
    let handled = complaints::table.filter(complaints::handler_id.eq(from)).filter(complaints::project_id.is_null());
    let open = handled.filter(complaints::state.ne("closed")).filter(complaints::voided_at.is_null());
    let clients: BTreeSet<Id> = open.select(complaints::client_id).load(tx.conn)?.into_iter().collect();
    for client in clients {
        clients::lock(tx, client)?;
    }
    move_complaints(tx, None, from, to)
}

fn move_disputes(tx: &mut Tx<'_>, project: Id, from: Id, to: Id) -> Result<()> {
    let open = disputes::table
        .filter(disputes::project_id.eq(project))
        .filter(disputes::owner_id.eq(from))
        .filter(disputes::state.eq("open"));
    let found = open
        .filter(disputes::voided_at.is_null())
        .order(disputes::id)
        .select((disputes::id, disputes::version))
        .load::<(Id, i64)>(tx.conn)?;
    for (id, was) in found {
        let row = disputes::table.filter(disputes::id.eq(id));
        diesel::update(row)
            .set((disputes::owner_id.eq(to), disputes::version.eq(was + 1), disputes::updated_at.eq(tx.now)))
            .execute(tx.conn)?;
        let moved: Moved<false> = after(tx, (Some(project), None), id, was, "owner_id", to)?;
        tx.record(&moved, "dispute.reassigned")?;
    }
    Ok(())
}

fn move_complaints(tx: &mut Tx<'_>, project: Option<Id>, from: Id, to: Id) -> Result<()> {
    let handled = complaints::table.filter(complaints::handler_id.eq(from)).filter(complaints::voided_at.is_null());
    let open = handled.filter(complaints::state.ne("closed")).order(complaints::id);
    let open = open.select((complaints::id, complaints::version, complaints::client_id));
    // Locked: who works on one without a project has locked nothing else.
    let found: Vec<(Id, i64, Id)> = match project {
        Some(project) => Locked(open.filter(complaints::project_id.eq(project))).load(tx.conn)?,
        None => Locked(open.filter(complaints::project_id.is_null())).load(tx.conn)?,
    };
    for (id, was, client) in found {
        let row = complaints::table.filter(complaints::id.eq(id));
        diesel::update(row)
            .set((complaints::handler_id.eq(to), complaints::version.eq(was + 1), complaints::updated_at.eq(tx.now)))
            .execute(tx.conn)?;
        let moved: Moved<true> = after(tx, (project, Some(client)), id, was, "handler_id", to)?;
        tx.record(&moved, "complaint.reassigned")?;
    }
    Ok(())
}

fn after<const COMPLAINT: bool>(
    tx: &mut Tx<'_>,
    (project, client): (Option<Id>, Option<Id>),
    id: Id,
    was: i64,
    column: &str,
    to: Id,
) -> Result<Moved<COMPLAINT>> {
    let mut image = match events::at_version(tx.conn, id, was)? {
        Some(Value::Object(image)) => image,
        Some(_) | None => Map::new(),
    };
    image.remove("event_note");
    let updated_at = serde_json::to_value(tx.now).map_err(|e| Problem::internal(&e))?;
    image.extend([
        ("id".to_owned(), json!(id)),
        (column.to_owned(), json!(to)),
        ("version".to_owned(), json!(was + 1)),
        ("updated_at".to_owned(), updated_at),
    ]);
    Ok(Moved { id, version: was + 1, project, client, image })
}

/// The projects on which a person is named by an open task, in the order of their ids.
pub(super) fn projects_with_tasks_of(tx: &mut Tx<'_>, person: Id) -> Result<Vec<Id>> {
    let disputed = disputes::table
        .inner_join(projects::table.on(projects::id.eq(disputes::project_id)))
        .filter(projects::sealed_at.is_null())
        .filter(disputes::owner_id.eq(person))
        .filter(disputes::state.eq("open"))
        .filter(disputes::voided_at.is_null());
    let mut found: Vec<Id> = disputed.select(disputes::project_id).load(tx.conn)?;
    let handled = complaints::table
        .filter(complaints::handler_id.eq(person))
        .filter(complaints::state.ne("closed"))
        .filter(complaints::voided_at.is_null());
    found.extend(handled.select(complaints::project_id).load::<Option<Id>>(tx.conn)?.into_iter().flatten());
    Ok(found)
}
