//! Which events a caller is told, and how far the feed goes by now.

use super::wanted::existing;
use crate::access::{Result, Sight, Tx, own_in_sight, scope};
use crate::clients;
use crate::db::schema::{events as event_rows, projects};
use crate::db::{Id, MultiBackend};
use crate::documents;
use crate::events::{self, Event, EventKind};
use crate::http::{Page, PageOf, Problem, Reply};
use crate::records::{EventView, after_place};
use crate::seen_as;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// Which events are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedFilter {
    /// Only these kinds, by comma, such as `contract.signed,payment.confirmed`; given several times, the parameter stands for all of them.
    #[param(
        value_type = Vec<EventKind>, required = false, style = Form, explode = false, min_items = 1, max_items = 300,
        example = json!(["contract.signed", "payment.confirmed"])
    )]
    #[validate(custom(function = few))]
    pub kind: Option<String>,
    /// Only events of this project and what belongs to it.
    pub project: Option<Id>,
    /// Only events of this client and of its projects.
    pub client: Option<Id>,
    /// Only events of this record.
    pub subject: Option<Id>,
}

/// A part of the feed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeedPage {
    /// The events, oldest first.
    pub data: Vec<EventView>,
    /// `after` for the next page, where there is more by now.
    #[schema(example = json!(null))]
    pub next: Option<String>,
    /// How far this answer goes: ask again with `after` = this, and no event is missed or told twice.
    #[schema(example = 128, minimum = 0)]
    pub position: i64,
}

/// As many kinds as the document allows.
fn few(kinds: &str) -> std::result::Result<(), ValidationError> {
    if kinds.split(',').count() <= 300 {
        return Ok(());
    }
    let mut error = ValidationError::new("length");
    error.add_param("max".into(), &300);
    Err(error)
}

impl FeedFilter {
    /// The kinds wanted; 422 for one that does not exist.
    pub fn kinds(&self) -> std::result::Result<Vec<String>, Problem> {
        let wanted: Vec<String> =
            self.kind.iter().flat_map(|kinds| kinds.split(',')).map(|kind| kind.trim().to_owned()).collect();
        existing(&wanted, |_| "?kind".to_owned())?;
        Ok(wanted)
    }
}

/// The part of the feed after a position, as this caller may see it.
pub fn part(tx: &mut Tx<'_>, filter: &FeedFilter, kinds: &[String], after: i64, limit: i64) -> Result<FeedPage> {
    let until = events::settled_until(tx.conn)?;
    part_until(tx, filter, kinds, after, until, limit)
}

/// As [`part`], where it is known how far the events are settled.
pub(super) fn part_until(
    tx: &mut Tx<'_>,
    filter: &FeedFilter,
    kinds: &[String],
    after: i64,
    until: i64,
    limit: i64,
) -> Result<FeedPage> {
    let mut rows = wanted(tx, filter, kinds, after, until).limit(limit + 1).load::<Event>(tx.conn)?;
    let more = rows.len() > usize::try_from(limit).unwrap_or_default();
    if more {
        rows.pop();
    }
    let position = if more { rows.last().map_or(after, |event| event.seq) } else { until.max(after) };
    let rows = scope::told(tx, rows);
    let rows = documents::told_to(tx, rows)?;
    let next = more.then(|| position.to_string());
    Ok(FeedPage { data: rows.into_iter().map(EventView::from).collect(), next, position })
}

/// As [`part_until`], as the pages of a list that ends there.
pub fn listed(
    tx: &mut Tx<'_>,
    filter: &FeedFilter,
    kinds: &[String],
    until: i64,
    page: &Page,
) -> Result<Reply<PageOf<EventView>>> {
    let part = part_until(tx, filter, kinds, after_place(page)?, until, page.limit())?;
    let next = part.next.map(|_| page.cursor(&[json!(part.position)]));
    Ok(Reply::list(part.data, next, None)?)
}

type Wanted =
    diesel::dsl::Select<event_rows::BoxedQuery<'static, MultiBackend>, diesel::dsl::AsSelect<Event, MultiBackend>>;

/// Sight is the record's: its project's, else its client's; what belongs to neither (people, settings, calendar) is for those who see everything.
fn wanted(tx: &Tx<'_>, filter: &FeedFilter, kinds: &[String], after: i64, until: i64) -> Wanted {
    let mut rows = event_rows::table
        .into_boxed::<MultiBackend>()
        .filter(event_rows::seq.gt(after))
        .filter(event_rows::seq.le(until))
        .order(event_rows::seq.asc());
    rows = match Sight::of(&tx.actor) {
        Sight::Everything => rows,
        Sight::Most => {
            let of_project = seen_as!(event_rows::table, event_rows::project_id.assume_not_null(), &tx.actor);
            let of_client = event_rows::project_id.is_null().and(event_rows::client_id.is_not_null());
            rows.filter(event_rows::project_id.is_not_null().and(of_project).or(of_client))
        }
        // From the caller's own projects and clients to their events: all that happened to others is not read.
        Sight::Own => {
            let own = diesel::alias!(event_rows as own_events);
            let (seq, project, client) = own.fields((event_rows::seq, event_rows::project_id, event_rows::client_id));
            let of_project = project.is_not_null().and(project.assume_not_null().eq_any(own_in_sight(&tx.actor)));
            let seen = client.assume_not_null().eq_any(clients::own_ids(&tx.actor));
            let of_client = project.is_null().and(client.is_not_null()).and(seen);
            let of_projects = own.filter(seq.gt(after)).filter(of_project).select(seq);
            let of_clients = own.filter(seq.gt(after)).filter(of_client).select(seq);
            rows.filter(event_rows::seq.eq_any(of_projects.union(of_clients)))
        }
    };
    rows = narrowed(rows, kinds, filter.project, filter.client);
    if let Some(subject) = filter.subject {
        rows = rows.filter(event_rows::subject_id.eq(subject));
    }
    rows.select(Event::as_select())
}

/// Only these kinds (all, where none is named), only of this project, only of this client and its projects.
pub(super) fn narrowed(
    mut rows: event_rows::BoxedQuery<'static, MultiBackend>,
    kinds: &[String],
    project: Option<Id>,
    client: Option<Id>,
) -> event_rows::BoxedQuery<'static, MultiBackend> {
    if !kinds.is_empty() {
        rows = rows.filter(event_rows::kind.eq_any(kinds.to_vec()));
    }
    if let Some(project) = project {
        rows = rows.filter(event_rows::project_id.eq(project));
    }
    if let Some(client) = client {
        rows = rows.filter(of_client(client));
    }
    rows
}

/// An event of this client or of one of its projects.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn of_client(client: Id) -> _ {
    let of_its_projects = projects::table.filter(projects::client_id.eq(client)).select(projects::id);
    let through_project =
        event_rows::project_id.is_not_null().and(event_rows::project_id.assume_not_null().eq_any(of_its_projects));
    let own = event_rows::client_id.is_not_null().and(event_rows::client_id.assume_not_null().eq(client));
    own.or(through_project)
}
