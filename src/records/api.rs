//! List, get, history and void, the same for every kind of record.

use super::shown::{show_all_of, show_past};
use super::{AsOf, Filter, Record, Shown, Void, show, show_all, void::void};
use crate::access::{Access, Permission, RecordsVoid, Result, Tx, sees};
use crate::db::{At, Id};
use crate::events::{self, Event};
use crate::http::{
    Answer, Body, Code, IfMatch, Listed, OperationDraft, Page, PageOf, Path, Problem, Query, Ref, Reply, Routes,
    page::wrong_cursor,
};
use crate::workflow;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// What narrows a list of records.
#[derive(Debug, Clone, Default, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecordFilter {
    /// Only those in this state.
    #[param(example = "open", max_length = 40)]
    pub state: Option<String>,
    /// Only those that this person made.
    pub created_by: Option<Id>,
    /// Voided ones too.
    pub include_voided: Option<bool>,
}

/// An event as the API shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventView {
    /// The order in which events were written.
    #[schema(example = 128)]
    pub seq: i64,
    /// The event.
    pub id: Id,
    /// When, in business time.
    pub at: At,
    /// Who.
    pub actor_id: Option<Id>,
    /// The project that it belongs to.
    pub project_id: Option<Id>,
    /// The client that it belongs to, where it belongs to no project.
    pub client_id: Option<Id>,
    /// What happened.
    #[schema(example = "memo.sent")]
    pub kind: String,
    /// What kind of record moved.
    #[schema(example = "memo")]
    pub subject_kind: String,
    /// Which.
    pub subject_id: Id,
    /// To which version.
    #[schema(example = 1)]
    pub subject_version: i64,
    /// The record after it.
    #[schema(value_type = BTreeMap<String, Value>, example = json!({"subject": "Concept"}))]
    pub data: Value,
    /// The hash of the event before it in its chain.
    #[schema(example = "0000000000000000000000000000000000000000000000000000000000000000")]
    pub prev_hash: String,
    /// SHA-256 over the event's canonical form.
    #[schema(example = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")]
    pub hash: String,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            seq: event.seq,
            id: event.id,
            at: event.at,
            actor_id: event.actor_id,
            project_id: event.project_id,
            client_id: event.client_id,
            kind: event.kind,
            subject_kind: event.subject_kind,
            subject_id: event.subject_id,
            subject_version: event.subject_version,
            data: serde_json::from_str(&event.data).unwrap_or_default(),
            prev_hash: event.prev_hash,
            hash: event.hash,
        }
    }
}

/// The four operations that every kind of record has.
pub fn routes<R: Record>(r: &mut Routes) {
    routes_with::<R>(r, "");
}

/// As [`routes`], with a sentence on what the record is.
pub fn routes_with<R: Record>(r: &mut Routes, about: &str) {
    let (plural, snake, many) = (R::PLURAL, R::PLURAL.replace('-', "_"), R::PLURAL.replace('-', " "));
    r.get_with(
        &format!("/v1/{plural}"),
        list::<R>,
        &format!("List {many}"),
        &format!("Of every project in the caller's sight. {about}"),
        move |op: &mut OperationDraft| {
            op.id(&format!("list_{snake}")).sorts(&["created_at"]).counts().words("state", &state_words::<R>());
        },
    );
    routes_but_list::<R>(r, about);
}

/// The words of a record's own state, as its schema says them; none where it has no such state.
pub fn state_words<R: Record>() -> Vec<String> {
    let mut others = Vec::new();
    R::schemas(&mut others);
    words_in(R::schema(), others)
}

// Apart from the kind of record, so that it is compiled once.
fn words_in(schema: RefOr<Schema>, others: Vec<(String, RefOr<Schema>)>) -> Vec<String> {
    let json = |schema| serde_json::to_value(schema).unwrap_or_default();
    let state = json(schema).pointer("/properties/state").cloned().unwrap_or_default();
    let target = state.pointer("/$ref").or_else(|| state.pointer("/oneOf/0/$ref")).and_then(Value::as_str);
    let name = target.and_then(|target| target.rsplit('/').next()).unwrap_or_default();
    let words = others.into_iter().find(|(other, _)| other == name).map(|(_, schema)| json(schema));
    let words = words.and_then(|schema| schema.get("enum").and_then(Value::as_array).cloned()).unwrap_or_default();
    words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// As [`routes_with`], for a kind of record whose list over all projects has filters of its own.
pub fn routes_but_list<R: Record>(r: &mut Routes, about: &str) {
    let (plural, name) = (R::PLURAL, R::NAME);
    let snake = plural.replace('-', "_");
    let one = R::KIND;
    let id = |id: String| {
        move |op: &mut OperationDraft| {
            op.id(&id);
        }
    };
    let sorted = |id: String| {
        move |op: &mut OperationDraft| {
            op.id(&id).sorts(&["created_at"]).counts().words("state", &state_words::<R>());
        }
    };
    let many = plural.replace('-', " ");
    r.get_with(
        &format!("/v1/projects/{{project}}/{plural}"),
        list_of_project::<R>,
        &format!("List the {many} of a project"),
        &format!("Oldest first. {about}"),
        sorted(format!("list_project_{snake}")),
    );
    let (path, summary) = (format!("/v1/{plural}/{{{one}}}"), format!("Get one {name}"));
    let described = format!("With what this caller may do with it now. {about}");
    if R::AS_OF {
        r.get_with(&path, get_as_of::<R>, &summary, &described, id(format!("get_{one}")));
    } else {
        r.get_with(&path, get::<R>, &summary, &described, id(format!("get_{one}")));
    }
    r.get_with(
        &format!("/v1/{plural}/{{{one}}}/history"),
        history::<R>,
        &format!("The history of one {name}"),
        "Every event, oldest first, each with the record as it was after it.",
        id(format!("list_{one}_events")),
    );
    if R::VOIDABLE {
        r.post_with(&format!("/v1/{plural}/{{{one}}}/void"), void_one::<R>, &format!("Void one {name}"), "For a record made by mistake: by its maker, the group's leader or the manager, while nothing builds on it. It is never deleted.", id(format!("void_{one}")));
    }
}

async fn list_of_project<R: Record>(
    access: Access<R::Read>,
    project: Path<Ref>,
    query: Query<RecordFilter>,
    page: Page,
) -> Listed<Shown<R>> {
    access
        .list(move |tx| {
            let project = workflow::find(tx, &project)?;
            let (rows, next, total) = rows_of::<R>(tx, Some(project.id), &query, &page)?;
            Ok(Reply::list(show_all_of(tx, &project, &rows)?, next, total)?)
        })
        .await
}

async fn list<R: Record>(access: Access<R::Read>, query: Query<RecordFilter>, page: Page) -> Listed<Shown<R>> {
    access
        .list(move |tx| {
            let (rows, next, total) = rows_of::<R>(tx, None, &query, &page)?;
            Ok(Reply::list(show_all(tx, &rows)?, next, total)?)
        })
        .await
}

/// One page of the records themselves, without what this caller may do with them.
pub fn listed<R: Record>(tx: &mut Tx<'_>, query: &RecordFilter, page: &Page) -> Result<Reply<PageOf<R>>> {
    let (rows, next, total) = rows_of::<R>(tx, None, query, page)?;
    Ok(Reply::list(rows, next, total)?)
}

/// The rows of a page, the next cursor, and how many there are where that was asked for.
type Rows<R> = (Vec<R>, Option<String>, Option<i64>);

fn rows_of<R: Record>(tx: &mut Tx<'_>, project: Option<Id>, query: &RecordFilter, page: &Page) -> Result<Rows<R>> {
    let sort = page.sort(&["created_at"])?;
    let mut filter = Filter {
        project,
        state: query.state.clone(),
        created_by: query.created_by,
        include_voided: query.include_voided.unwrap_or(false),
        after: after_id(page)?,
        descending: sort.descending,
        limit: page.fetch(),
    };
    let rows = R::page(tx, &filter)?;
    filter.after = None;
    let total = if page.wants_total() { Some(R::count(tx, &filter)?) } else { None };
    let (rows, next) = page.cut(rows, |row| vec![json!(row.subject_id())]);
    Ok((rows, next, total))
}

/// The id after which a page begins.
pub fn after_id(page: &Page) -> std::result::Result<Option<Id>, Problem> {
    let Some(values) = page.after()? else { return Ok(None) };
    match values.as_slice() {
        [Value::String(text)] => text.parse().map(Some).map_err(|_| wrong_cursor()),
        _ => Err(wrong_cursor()),
    }
}

/// The place among events after which a page begins.
pub fn after_place(page: &Page) -> std::result::Result<i64, Problem> {
    match page.after()?.as_deref() {
        None => Ok(0),
        Some([Value::Number(place)]) => place.as_i64().ok_or_else(wrong_cursor),
        Some(_) => Err(wrong_cursor()),
    }
}

async fn get<R: Record>(access: Access<R::Read>, record: Path<Ref>) -> Answer<Shown<R>> {
    access
        .read(move |tx| {
            let (project, found) = in_sight::<R>(tx, &record)?;
            Ok(Reply::ok(&show(tx, &project, &found)?)?.version(found.subject_version()))
        })
        .await
}

async fn get_as_of<R: Record>(access: Access<R::Read>, record: Path<Ref>, when: Query<AsOf>) -> Answer<Shown<R>> {
    access
        .snapshot(move |tx| {
            let (project, found) = in_sight::<R>(tx, &record)?;
            match when.instant(tx)? {
                None => Ok(Reply::ok(&show(tx, &project, &found)?)?.version(found.subject_version())),
                Some(at) => Ok(Reply::ok(&show_past(tx, &found, at)?)?),
            }
        })
        .await
}

fn in_sight<R: Record>(tx: &mut Tx<'_>, r: &Ref) -> Result<(workflow::Project, R)> {
    let found = R::find(tx, r)?.ok_or_else(Problem::not_found)?;
    let project = workflow::find(tx, &Ref::Id(found.project_id().0))?;
    Ok((project, found))
}

async fn history<R: Record>(access: Access<R::Read>, record: Path<Ref>, page: Page) -> Listed<EventView> {
    access
        .list(move |tx| {
            let (_, found) = in_sight::<R>(tx, &record)?;
            history_of(tx, found.subject_id(), &page)
        })
        .await
}

/// One page of a subject's events.
pub fn history_of(tx: &mut Tx<'_>, subject: Id, page: &Page) -> Result<Reply<crate::http::PageOf<EventView>>> {
    let rows = events::of_subject(tx.conn, subject, after_place(page)?, page.fetch())?;
    let (rows, next) = page.cut(rows, |event| vec![json!(event.seq)]);
    Ok(Reply::list(rows.into_iter().map(EventView::from).collect(), next, None)?)
}

async fn void_one<R: Record>(
    access: Access<RecordsVoid>,
    record: Path<Ref>,
    if_match: IfMatch,
    body: Body<Void>,
) -> Answer<Shown<R>> {
    access
        .write(move |tx| {
            if !sees_record::<R>(tx, &record)? {
                return Err(Problem::plain(Code::NotFound).into());
            }
            void::<R>(tx, &record, &if_match, &body)
        })
        .await
}

/// Whoever may not read a kind of record cannot void one either.
fn sees_record<R: Record>(tx: &mut Tx<'_>, r: &Ref) -> Result<bool> {
    if !tx.may(<R::Read as Permission>::NAME) {
        return Ok(false);
    }
    match R::find(tx, r)? {
        Some(found) => sees(tx, found.project_id()),
        None => Ok(false),
    }
}
