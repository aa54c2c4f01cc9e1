//! How a record is shown: the row, what is derived from it, and what this caller may do with it now.

use super::void::may_void;
use super::{Record, Stored, location};
use crate::access::{Result, Tx};
use crate::db::{At, Id};
use crate::http::{Problem, Reply};
use crate::workflow::{self, AvailableAction, Project};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Nothing is derived.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NoExtra {}

/// A record as it is answered.
#[derive(Debug, Clone)]
pub struct Shown<R> {
    value: Value,
    kind: PhantomData<fn() -> R>,
}

impl<R> Serialize for Shown<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// Shows a record to the caller.
pub fn show<R: Record>(tx: &mut Tx<'_>, project: &Project, record: &R) -> Result<Shown<R>> {
    workflow::look_for_parties(tx, std::iter::once(project))?;
    shown(tx, project, record)
}

fn shown<R: Record>(tx: &mut Tx<'_>, project: &Project, record: &R) -> Result<Shown<R>> {
    let (members, extra) = (members(record)?, members(&record.extra(tx, project)?)?);
    let actions = if record.voided_at().is_some() { Vec::new() } else { available(tx, project, record)? };
    Ok(Shown { value: together(members, extra, &actions)?, kind: PhantomData })
}

// Apart from the kind of record, so that it is compiled once.
fn together(mut members: Map<String, Value>, extra: Map<String, Value>, actions: &[AvailableAction]) -> Result<Value> {
    members.extend(extra);
    members.insert("available_actions".to_owned(), serde_json::to_value(actions).map_err(|e| Problem::internal(&e))?);
    Ok(Value::Object(members))
}

/// Shows a record as it was; nothing can be done with the past.
pub fn show_past<R: Record>(tx: &mut Tx<'_>, record: &R, at: At) -> Result<Shown<R>> {
    let (then, extra) = record.past(tx, at)?;
    Ok(Shown { value: together(members(&then)?, members(&extra)?, &[])?, kind: PhantomData })
}

/// What the caller may do with a record now: each act judged as it would judge itself.
fn available<R: Record>(tx: &mut Tx<'_>, project: &Project, record: &R) -> Result<Vec<AvailableAction>> {
    let state = record.standing(tx)?;
    let mut out = Vec::with_capacity(R::acts().len() + 1);
    for act in R::acts() {
        let verdict = workflow::allow(tx, project, act, Some(state), record.addressed_to())
            .and_then(|()| record.check(tx, project, act));
        out.push(AvailableAction::judged(act.name, Some(project), verdict)?);
    }
    if R::VOIDABLE {
        let verdict = may_void(tx, project, record);
        out.push(AvailableAction::judged("void", Some(project), verdict)?);
    }
    Ok(out)
}

/// Shows a page of records to the caller; their projects are read in one statement.
pub fn show_all<R: Record>(tx: &mut Tx<'_>, rows: &[R]) -> Result<Vec<Shown<R>>> {
    let projects = workflow::find_all(tx, rows.iter().map(Stored::project_id))?;
    look_ahead(tx, rows, &projects)?;
    let all = rows.iter().map(|row| match projects.get(&row.project_id()) {
        Some(project) => shown(tx, project, row),
        // The page holds only what is in sight, so this was taken out of it meanwhile.
        None => Err(Problem::not_found().into()),
    });
    all.collect()
}

/// Shows a page of records of one project.
pub fn show_all_of<R: Record>(tx: &mut Tx<'_>, project: &Project, rows: &[R]) -> Result<Vec<Shown<R>>> {
    look_ahead(tx, rows, &BTreeMap::from([(project.id, project.clone())]))?;
    rows.iter().map(|row| shown(tx, project, row)).collect()
}

/// Finds out for all rows at once what each is asked: who is a party, whether it may still be voided, what is its own.
fn look_ahead<R: Record>(tx: &mut Tx<'_>, rows: &[R], projects: &BTreeMap<Id, Project>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    workflow::look_for_parties(tx, projects.values())?;
    if R::EVIDENCE && R::VOIDABLE {
        let records: Vec<_> = rows.iter().map(|row| (row.subject_id(), row.project_id())).collect();
        workflow::look_for_steps_since(tx, &records)?;
    }
    R::look_ahead(tx, rows, projects)
}

/// The answer to an act that made a record.
pub fn made<R: Record>(tx: &mut Tx<'_>, project: &Project, record: &R) -> Result<Reply<Shown<R>, 201>> {
    let shown = show(tx, project, record)?;
    Ok(Reply::created(&shown, location(record))?.version(record.subject_version()))
}

fn members<T: Serialize>(value: &T) -> Result<Map<String, Value>> {
    match serde_json::to_value(value).map_err(|e| Problem::internal(&e))? {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

impl<R: Record> PartialSchema for Shown<R> {
    fn schema() -> RefOr<Schema> {
        let mut shape = object_of(R::schema());
        let extra = object_of(<R::Extra as PartialSchema>::schema());
        shape.properties.extend(extra.properties);
        shape.required.extend(extra.required);
        let actions = ArrayBuilder::new()
            .items(RefOr::Ref(Ref::from_schema_name(AvailableAction::name())))
            .description(Some("What this caller may do with it now, act by act."));
        shape.properties.insert("available_actions".to_owned(), RefOr::T(Schema::Array(actions.build())));
        shape.required.push("available_actions".to_owned());
        shape.additional_properties = None::<Box<AdditionalProperties<Schema>>>;
        RefOr::T(Schema::Object(shape))
    }
}

fn object_of(schema: RefOr<Schema>) -> utoipa::openapi::schema::Object {
    match schema {
        RefOr::T(Schema::Object(object)) => object,
        RefOr::T(_) | RefOr::Ref(_) => ObjectBuilder::new().build(),
    }
}

impl<R: Record> ToSchema for Shown<R> {
    fn name() -> Cow<'static, str> {
        R::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        R::schemas(schemas);
        <R::Extra as ToSchema>::schemas(schemas);
        schemas.push((AvailableAction::name().into_owned(), AvailableAction::schema()));
        AvailableAction::schemas(schemas);
    }
}
