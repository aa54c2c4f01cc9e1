//! Deliveries: what an endpoint is to be told, one row per event and endpoint, and the log of its attempts. Written down with the position of the feed
//! in one transaction, so that nothing is told twice or forgotten whichever process is killed.

use super::endpoints::{WebhookEndpoint, by_id, claim};
use super::message::{PING, WebhookMessage, WebhookPing};
use crate::access::Result;
use crate::db::schema::{events as event_rows, webhook_attempts, webhook_deliveries, webhook_endpoints};
use crate::db::{AnyConnection, At, Id, MultiBackend, on_each, text_enum};
use crate::events::{self, Event};
use crate::feed::store::narrowed;
use crate::http::Problem;
use chrono::TimeDelta;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Events that are written down in one transaction.
const PART: i64 = 500;
/// For how long a process has a delivery for itself; longer than an attempt may take.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How long the log is kept.
const KEPT: TimeDelta = TimeDelta::days(30);

text_enum! {
    /// Where a delivery stands.
    WebhookDeliveryState {
        /// To be sent, or sent again.
        Pending = "pending",
        /// The endpoint took it.
        Delivered = "delivered",
        /// The schedule is used up, or it was given up.
        Failed = "failed",
    }
}

/// What an endpoint is to be told.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = webhook_deliveries, treat_none_as_default_value = false)]
pub struct WebhookDelivery {
    /// The delivery.
    pub id: Id,
    /// The endpoint.
    pub endpoint_id: Id,
    /// The event's place in the feed; a ping has none.
    #[schema(example = 128)]
    pub event_seq: Option<i64>,
    /// The `webhook-id`: the same at every attempt, so that a receiver knows what it has.
    pub message_id: Id,
    /// What it tells of.
    #[schema(example = "contract.signed")]
    pub kind: String,
    /// Deliveries of one lane (a project, a client, a record) go out one after the other.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) lane: Id,
    /// Where it stands.
    pub state: WebhookDeliveryState,
    /// How often it was tried.
    #[schema(example = 1)]
    pub attempts: i64,
    /// When it is tried next, while it is pending.
    pub next_attempt_at: At,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) leased_until: Option<At>,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) lease: Option<Id>,
    /// What the last attempt was answered.
    #[schema(example = 204)]
    pub last_status: Option<i64>,
    /// Why the last attempt failed.
    #[schema(example = "the endpoint answered 503")]
    pub last_error: Option<String>,
    /// When it was taken.
    pub delivered_at: Option<At>,
    /// When it was written down.
    pub created_at: At,
}

/// One attempt.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = webhook_attempts, treat_none_as_default_value = false)]
pub struct WebhookAttempt {
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) id: Id,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) delivery_id: Id,
    /// When.
    pub at: At,
    /// What it was answered.
    #[schema(example = 503)]
    pub status: Option<i64>,
    /// Why it failed.
    #[schema(example = "the endpoint answered 503")]
    pub error: Option<String>,
    /// How the answer began.
    #[schema(example = "Service Unavailable")]
    pub answer: Option<String>,
    /// How long it took, in milliseconds.
    #[schema(example = 42)]
    pub duration_ms: i64,
}

/// A delivery that this process has for itself, with what is to be sent.
#[derive(Debug)]
pub(super) struct Claimed {
    pub delivery: WebhookDelivery,
    pub body: String,
}

type Wanted = webhook_deliveries::BoxedQuery<'static, MultiBackend>;

/// What may be sent to an endpoint now: due, in nobody's hands, and nothing of its lane waits before it.
fn due(endpoint: Id, now: At) -> Wanted {
    let earlier = diesel::alias!(webhook_deliveries as earlier);
    let before = earlier
        .filter(earlier.field(webhook_deliveries::endpoint_id).eq(webhook_deliveries::endpoint_id))
        .filter(earlier.field(webhook_deliveries::state).eq(WebhookDeliveryState::Pending))
        .filter(earlier.field(webhook_deliveries::lane).eq(webhook_deliveries::lane))
        .filter(earlier.field(webhook_deliveries::event_seq).lt(webhook_deliveries::event_seq));
    let free = webhook_deliveries::leased_until.is_null().or(webhook_deliveries::leased_until.lt(now));
    webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(endpoint))
        .filter(webhook_deliveries::state.eq(WebhookDeliveryState::Pending))
        .filter(webhook_deliveries::next_attempt_at.le(now))
        .filter(free.assume_not_null())
        .filter(not(exists(before)))
        .into_boxed()
}

/// The endpoints for which there is something to do.
pub(super) fn with_work(conn: &mut AnyConnection) -> Result<Vec<Id>> {
    let active = webhook_endpoints::table.filter(webhook_endpoints::disabled_at.is_null());
    let active = active.select((webhook_endpoints::id, webhook_endpoints::position)).load::<(Id, i64)>(conn)?;
    if active.is_empty() {
        return Ok(Vec::new());
    }
    let (until, now) = (events::settled_until(conn)?, At::now_real());
    let mut busy = Vec::new();
    for (endpoint, position) in active {
        let first = || due(endpoint, now).select(webhook_deliveries::id).limit(1);
        if position < until || first().first::<Id>(conn).optional()?.is_some() {
            busy.push(endpoint);
        }
    }
    Ok(busy)
}

/// Writes down what an endpoint is to be told, and takes what may be sent now. Whoever does this has the endpoint's row locked: no two processes at
/// once; one that finds it locked leaves the work to the other.
pub(super) fn take(
    conn: &mut AnyConnection,
    endpoint: Id,
    at_most: i64,
) -> Result<Option<(WebhookEndpoint, Vec<Claimed>)>> {
    let Some(mut endpoint) = claim(conn, endpoint)?.filter(|e| e.disabled_at.is_none()) else { return Ok(None) };
    write_down(conn, &mut endpoint)?;
    let now = At::now_real();
    let rows = due(endpoint.id, now).order((webhook_deliveries::event_seq, webhook_deliveries::id)).limit(at_most);
    let mut rows: Vec<WebhookDelivery> = rows.select(WebhookDelivery::as_select()).load(conn)?;
    // Several of one lane are never due at once, but a ping has no place in the feed.
    let lease = Id::new();
    let ids: Vec<Id> = rows.iter().map(|d| d.id).collect();
    diesel::update(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(&ids)))
        .set((
            webhook_deliveries::lease.eq(Some(lease)),
            webhook_deliveries::leased_until.eq(Some(At::from(now.utc() + LEASE))),
        ))
        .execute(conn)?;
    rows.iter_mut().for_each(|delivery| delivery.lease = Some(lease));
    Ok(Some((endpoint.clone(), with_bodies(conn, &endpoint, rows)?)))
}

fn write_down(conn: &mut AnyConnection, endpoint: &mut WebhookEndpoint) -> Result<()> {
    let until = events::settled_until(conn)?;
    if endpoint.position >= until {
        return Ok(());
    }
    let found = told(conn, endpoint, endpoint.position, until, PART)?;
    let full = i64::try_from(found.len()).is_ok_and(|n| n >= PART);
    endpoint.position = if full { found.last().map_or(until, |one| one.seq) } else { until };
    insert(conn, endpoint.id, &found)?;
    let row = webhook_endpoints::table.filter(webhook_endpoints::id.eq(endpoint.id));
    diesel::update(row).set(webhook_endpoints::position.eq(endpoint.position)).execute(conn)?;
    Ok(())
}

/// What a delivery has to know of its event.
#[derive(Debug, Queryable)]
pub(super) struct Told {
    pub seq: i64,
    id: Id,
    kind: String,
    project: Option<Id>,
    client: Option<Id>,
    subject: Id,
}

impl Told {
    /// The lane that its delivery goes out in.
    pub(super) fn lane(&self) -> Id {
        self.project.or(self.client).unwrap_or(self.subject)
    }
}

/// The events in a part of the feed that an endpoint wants to hear of.
pub(super) fn told(
    conn: &mut AnyConnection,
    endpoint: &WebhookEndpoint,
    after: i64,
    until: i64,
    limit: i64,
) -> QueryResult<Vec<Told>> {
    let rows = event_rows::table
        .into_boxed::<MultiBackend>()
        .filter(event_rows::seq.gt(after))
        .filter(event_rows::seq.le(until))
        .order(event_rows::seq.asc());
    narrowed(rows, &endpoint.kinds.0, endpoint.project_id, endpoint.client_id)
        .limit(limit)
        .select((
            event_rows::seq,
            event_rows::id,
            event_rows::kind,
            event_rows::project_id,
            event_rows::client_id,
            event_rows::subject_id,
        ))
        .load(conn)
}

/// Writes these down as pending.
pub(super) fn insert(conn: &mut AnyConnection, endpoint: Id, events: &[Told]) -> QueryResult<()> {
    let now = At::now_real();
    let rows: Vec<WebhookDelivery> = events
        .iter()
        .map(|event| WebhookDelivery {
            id: Id::new(),
            endpoint_id: endpoint,
            event_seq: Some(event.seq),
            message_id: event.id,
            kind: event.kind.clone(),
            lane: event.lane(),
            state: WebhookDeliveryState::Pending,
            attempts: 0,
            next_attempt_at: now,
            leased_until: None,
            lease: None,
            last_status: None,
            last_error: None,
            delivered_at: None,
            created_at: now,
        })
        .collect();
    if !rows.is_empty() {
        on_each!(conn, c => diesel::insert_into(webhook_deliveries::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Writes down a ping.
pub(super) fn insert_ping(conn: &mut AnyConnection, endpoint: Id) -> QueryResult<WebhookDelivery> {
    let (id, now) = (Id::new(), At::now_real());
    let delivery = WebhookDelivery {
        id,
        endpoint_id: endpoint,
        event_seq: None,
        message_id: id,
        kind: PING.to_owned(),
        lane: id,
        state: WebhookDeliveryState::Pending,
        attempts: 0,
        next_attempt_at: now,
        leased_until: None,
        lease: None,
        last_status: None,
        last_error: None,
        delivered_at: None,
        created_at: now,
    };
    diesel::insert_into(webhook_deliveries::table).values(&delivery).execute(conn)?;
    Ok(delivery)
}

pub(super) fn with_bodies(
    conn: &mut AnyConnection,
    endpoint: &WebhookEndpoint,
    rows: Vec<WebhookDelivery>,
) -> Result<Vec<Claimed>> {
    let seqs: Vec<i64> = rows.iter().filter_map(|d| d.event_seq).collect();
    let found =
        event_rows::table.filter(event_rows::seq.eq_any(seqs)).select(Event::as_select()).load::<Event>(conn)?;
    let mut by_seq: BTreeMap<i64, Event> = found.into_iter().map(|event| (event.seq, event)).collect();
    let mut claimed = Vec::with_capacity(rows.len());
    for delivery in rows {
        let body = match delivery.event_seq {
            Some(seq) => by_seq.remove(&seq).map(|event| serde_json::to_string(&WebhookMessage::from(event))),
            None => Some(serde_json::to_string(&WebhookPing::of(delivery.created_at, &endpoint.name))),
        };
        if let Some(body) = body {
            claimed.push(Claimed { body: body.map_err(|e| Problem::internal(&e))?, delivery });
        }
    }
    Ok(claimed)
}

/// Lets what waits for an endpoint go out at once, from the start of the schedule.
pub(super) fn begin_anew(conn: &mut AnyConnection, endpoint: Id) -> QueryResult<usize> {
    let waiting = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(endpoint))
        .filter(webhook_deliveries::state.eq(WebhookDeliveryState::Pending));
    let now = At::now_real();
    diesel::update(waiting)
        .set((webhook_deliveries::attempts.eq(0_i64), webhook_deliveries::next_attempt_at.eq(now)))
        .execute(conn)
}

/// As [`begin_anew`], for what is held back in some of its lanes. All of a lane, since its own order says what goes first; what is in somebody's hands
/// is due already.
pub(super) fn begin_lanes_anew(conn: &mut AnyConnection, endpoint: Id, lanes: &[Id]) -> QueryResult<()> {
    let now = At::now_real();
    for part in lanes.chunks(500) {
        let held_back = webhook_deliveries::table
            .filter(webhook_deliveries::endpoint_id.eq(endpoint))
            .filter(webhook_deliveries::state.eq(WebhookDeliveryState::Pending))
            .filter(webhook_deliveries::lane.eq_any(part.to_vec()))
            .filter(webhook_deliveries::next_attempt_at.gt(now));
        diesel::update(held_back)
            .set((webhook_deliveries::attempts.eq(0_i64), webhook_deliveries::next_attempt_at.eq(now)))
            .execute(conn)?;
    }
    Ok(())
}

/// The kinds of what waits for an endpoint; pings aside, which tell nothing.
pub(super) fn waiting_kinds(conn: &mut AnyConnection, endpoint: Id) -> QueryResult<Vec<String>> {
    let waiting = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(endpoint))
        .filter(webhook_deliveries::state.eq(WebhookDeliveryState::Pending))
        .filter(webhook_deliveries::event_seq.is_not_null());
    waiting.select(webhook_deliveries::kind).distinct().load(conn)
}

/// Gives up what waits for an endpoint.
pub(super) fn give_up(conn: &mut AnyConnection, endpoint: Id) -> QueryResult<usize> {
    let waiting = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(endpoint))
        .filter(webhook_deliveries::state.eq(WebhookDeliveryState::Pending));
    diesel::update(waiting)
        .set((
            webhook_deliveries::state.eq(WebhookDeliveryState::Failed),
            webhook_deliveries::lease.eq(None::<Id>),
            webhook_deliveries::last_error.eq(Some("given up: the endpoint was enabled from then on")),
        ))
        .execute(conn)
}

/// The attempts at a delivery, oldest first.
pub(super) fn attempts(conn: &mut AnyConnection, delivery: Id) -> QueryResult<Vec<WebhookAttempt>> {
    let rows = webhook_attempts::table.filter(webhook_attempts::delivery_id.eq(delivery)).order(webhook_attempts::id);
    rows.select(WebhookAttempt::as_select()).load(conn)
}

/// A delivery with its endpoint, if there is one.
pub(super) fn find(conn: &mut AnyConnection, id: Id) -> QueryResult<Option<(WebhookEndpoint, WebhookDelivery)>> {
    let row = webhook_deliveries::table.filter(webhook_deliveries::id.eq(id)).select(WebhookDelivery::as_select());
    let Some(delivery) = row.first(conn).optional()? else { return Ok(None) };
    Ok(by_id(conn, delivery.endpoint_id)?.map(|endpoint| (endpoint, delivery)))
}

/// Forgets deliveries that ended long ago, with their attempts.
pub fn purge(conn: &mut AnyConnection) -> QueryResult<usize> {
    let oldest = At::from(At::now_real().utc() - KEPT);
    let ended = webhook_deliveries::table
        .filter(webhook_deliveries::state.ne(WebhookDeliveryState::Pending))
        .filter(webhook_deliveries::created_at.lt(oldest));
    let of_ended = ended.select(webhook_deliveries::id);
    diesel::delete(webhook_attempts::table.filter(webhook_attempts::delivery_id.eq_any(of_ended))).execute(conn)?;
    diesel::delete(ended).execute(conn)
}
