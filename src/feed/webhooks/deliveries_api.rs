//! The delivery log over HTTP, pings and replays.

use super::deliveries::{self, WebhookAttempt, WebhookDelivery, WebhookDeliveryState};
use super::endpoints::{self, WebhookEndpoint};
use crate::access::{Access, Result, Tx, WebhooksManage, WebhooksRead, scope};
use crate::db::schema::{events as event_rows, webhook_deliveries};
use crate::db::{At, Id};
use crate::feed::store::of_client;
use crate::http::{
    Answer, Body, CreatedAnswer, Listed, OperationDraft, Page, PageOf, Path, Problem, Query, Ref, Reply, Routes,
};
use crate::page_by_id;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Deliveries that one replay brings back at most.
const AT_MOST: usize = 10_000;

/// Deliveries, pings, replays.
pub(super) fn routes(r: &mut Routes) {
    r.post(
        "/v1/webhook-endpoints/{webhook_endpoint}/ping",
        ping_webhook_endpoint,
        "Ping a webhook endpoint",
        "Sends it a `webhook.ping` by the same way as everything else; the delivery tells how it went.",
    );
    r.post(
        "/v1/webhook-endpoints/{webhook_endpoint}/replay",
        replay_webhook_events,
        "Send a part of the feed again",
        "Every event of the part that fits the endpoint's filter, in order per project (else per client, else per record), also what it was never told; or only what failed. At most 10,000 at a time.",
    );
    r.get_with(
        "/v1/webhook-endpoints/{webhook_endpoint}/deliveries",
        list_webhook_deliveries,
        "List the deliveries to a webhook endpoint",
        "Newest first. Deliveries that ended are kept for 30 days.",
        |op: &mut OperationDraft| {
            op.sorts(&["-created_at"]).counts();
        },
    );
    r.get(
        "/v1/webhook-deliveries/{webhook_delivery}",
        get_webhook_delivery,
        "Get one delivery",
        "With every attempt at it and how the endpoint answered.",
    );
    r.post(
        "/v1/webhook-deliveries/{webhook_delivery}/replay",
        replay_webhook_delivery,
        "Send a delivery again",
        "At once and from the start of the schedule, with the same `webhook-id`; one that waits for its next attempt need not wait.",
    );
}

/// Which deliveries are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryFilter {
    /// In this state.
    pub state: Option<WebhookDeliveryState>,
}

/// A delivery with its attempts.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryView {
    /// The delivery.
    #[serde(flatten)]
    pub delivery: WebhookDelivery,
    /// Every attempt, oldest first.
    pub log: Vec<WebhookAttempt>,
}

/// A part of the feed to send again.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReplayEvents {
    /// The position after which it begins.
    #[validate(range(min = 0))]
    #[schema(example = 0, minimum = 0)]
    pub after: i64,
    /// The position with which it ends; as far as the feed was written down for the endpoint unless said.
    #[serde(default)]
    #[validate(range(min = 0))]
    #[schema(example = 128, minimum = 0)]
    pub until: Option<i64>,
    /// Only what failed.
    #[serde(default)]
    #[schema(example = false, default = false)]
    pub only_failed: bool,
}

/// What a replay brought back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Replayed {
    /// Deliveries that wait to be sent again.
    #[schema(example = 12, minimum = 0)]
    pub deliveries: usize,
}

async fn ping_webhook_endpoint(access: Access<WebhooksManage>, endpoint: Path<Ref>) -> CreatedAnswer<WebhookDelivery> {
    access
        .write(move |tx| {
            let endpoint = enabled(endpoints::locked(tx, &endpoint)?)?;
            let delivery = deliveries::insert_ping(tx.conn, endpoint.id)?;
            Ok(Reply::created(&delivery, format!("/v1/webhook-deliveries/{}", delivery.id))?)
        })
        .await
}

async fn replay_webhook_events(
    access: Access<WebhooksManage>,
    endpoint: Path<Ref>,
    body: Body<ReplayEvents>,
) -> Answer<Replayed> {
    access
        .write(move |tx| {
            let endpoint = enabled(endpoints::locked(tx, &endpoint)?)?;
            Ok(Reply::ok(&replay(tx, &endpoint, &body)?)?)
        })
        .await
}

async fn list_webhook_deliveries(
    access: Access<WebhooksRead>,
    endpoint: Path<Ref>,
    filter: Query<DeliveryFilter>,
    page: Page,
) -> Listed<WebhookDelivery> {
    access.list(move |tx| listed(tx, &endpoint, &filter, &page)).await
}

fn listed(tx: &mut Tx<'_>, r: &Ref, filter: &DeliveryFilter, page: &Page) -> Result<Reply<PageOf<WebhookDelivery>>> {
    let endpoint = endpoints::find(tx, r)?.id;
    let state = filter.state;
    let wanted = || {
        let rows = webhook_deliveries::table.filter(webhook_deliveries::endpoint_id.eq(endpoint)).into_boxed();
        match state {
            Some(state) => rows.filter(webhook_deliveries::state.eq(state)),
            None => rows,
        }
    };
    let total = if page.wants_total() { Some(wanted().count().get_result::<i64>(tx.conn)?) } else { None };
    let (rows, next) = page_by_id!(tx, page, webhook_deliveries, WebhookDelivery, wanted(), "-created_at");
    Ok(Reply::list(rows, next, total)?)
}

async fn get_webhook_delivery(access: Access<WebhooksRead>, delivery: Path<Ref>) -> Answer<WebhookDeliveryView> {
    access
        .read(move |tx| {
            let (_, delivery) = found(tx, &delivery)?;
            let log = deliveries::attempts(tx.conn, delivery.id)?;
            Ok(Reply::ok(&WebhookDeliveryView { delivery, log })?)
        })
        .await
}

async fn replay_webhook_delivery(access: Access<WebhooksManage>, delivery: Path<Ref>) -> Answer<WebhookDelivery> {
    access
        .write(move |tx| {
            let (endpoint, delivery) = found(tx, &delivery)?;
            let locked = endpoints::locked(tx, &Ref::Id(endpoint.id.0))?;
            // The endpoint may have been narrowed since: what it was told is not a key's to have sent again. A ping tells nothing.
            scope::subscribes(tx, delivery.event_seq.map(|_| delivery.kind.clone()).into_iter())?;
            enabled(locked)?;
            again(tx, vec![delivery.id])?;
            deliveries::begin_lanes_anew(tx.conn, endpoint.id, &[delivery.lane])?;
            Ok(Reply::ok(&found(tx, &Ref::Id(delivery.id.0))?.1)?)
        })
        .await
}

fn found(tx: &mut Tx<'_>, r: &Ref) -> Result<(WebhookEndpoint, WebhookDelivery)> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    deliveries::find(tx.conn, Id(*id))?.ok_or_else(|| Problem::not_found().into())
}

fn enabled(endpoint: WebhookEndpoint) -> Result<WebhookEndpoint> {
    if endpoint.disabled_at.is_none() {
        return Ok(endpoint);
    }
    Err(Problem::state(
        "The endpoint is disabled: nothing is sent to it. Enable it first.",
        "此端點已停用，不會發送；請先啟用。",
    )
    .into())
}

/// Puts deliveries back to the start of the schedule; what is under way at this moment stays in its sender's hands.
fn again(tx: &mut Tx<'_>, ids: Vec<Id>) -> Result<usize> {
    let mut brought = 0;
    for part in ids.chunks(500) {
        let rows = webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(part.to_vec()));
        brought += diesel::update(rows)
            .set((
                webhook_deliveries::state.eq(WebhookDeliveryState::Pending),
                webhook_deliveries::attempts.eq(0_i64),
                webhook_deliveries::next_attempt_at.eq(At::now_real()),
            ))
            .execute(tx.conn)?;
    }
    Ok(brought)
}

fn replay(tx: &mut Tx<'_>, endpoint: &WebhookEndpoint, part: &ReplayEvents) -> Result<Replayed> {
    if part.until.is_some_and(|until| until <= part.after) {
        let problem = Problem::validation("/until", "range", "Must be greater than after.", "須大於 after。");
        return Err(problem.into());
    }
    // What lies beyond is written down anyhow.
    let until = part.until.unwrap_or(i64::MAX).min(endpoint.position);
    let kept = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(endpoint.id))
        .filter(webhook_deliveries::event_seq.gt(part.after))
        .filter(webhook_deliveries::event_seq.le(until))
        .into_boxed();
    // As the endpoint is now: what it was told before it was narrowed is not sent again.
    let kept = match endpoint.kinds.0.is_empty() {
        true => kept,
        false => kept.filter(webhook_deliveries::kind.eq_any(&endpoint.kinds.0)),
    };
    let told = webhook_deliveries::event_seq.assume_not_null();
    let mut kept = kept;
    if let Some(project) = endpoint.project_id {
        let of_project = event_rows::table.filter(event_rows::project_id.eq(project)).select(event_rows::seq);
        kept = kept.filter(told.eq_any(of_project));
    }
    if let Some(client) = endpoint.client_id {
        kept = kept.filter(told.eq_any(event_rows::table.filter(of_client(client)).select(event_rows::seq)));
    }
    let kept =
        if part.only_failed { kept.filter(webhook_deliveries::state.eq(WebhookDeliveryState::Failed)) } else { kept };
    let kept = kept.select((
        webhook_deliveries::id,
        webhook_deliveries::event_seq,
        webhook_deliveries::lane,
        webhook_deliveries::state,
    ));
    let limit = i64::try_from(AT_MOST).unwrap_or(i64::MAX);
    let kept = kept.limit(limit + 1).load::<(Id, Option<i64>, Id, WebhookDeliveryState)>(tx.conn)?;
    let known: BTreeSet<i64> = kept.iter().filter_map(|(_, seq, ..)| *seq).collect();
    let ended = kept.iter().filter(|(.., state)| *state != WebhookDeliveryState::Pending);
    let bring: Vec<Id> = ended.map(|(id, ..)| *id).collect();
    // What waits already is no new delivery, but neither it nor what holds up the others need wait for its next attempt.
    let mut lanes: BTreeSet<Id> = kept.iter().map(|(_, _, lane, _)| *lane).collect();
    let mut new = Vec::new();
    if !part.only_failed {
        new = deliveries::told(tx.conn, endpoint, part.after, until, limit + 1)?;
        if new.len() > AT_MOST {
            return Err(too_much().into());
        }
        new.retain(|event| !known.contains(&event.seq));
    }
    if kept.len() > AT_MOST || bring.len() + new.len() > AT_MOST {
        return Err(too_much().into());
    }
    for chunk in new.chunks(500) {
        deliveries::insert(tx.conn, endpoint.id, chunk)?;
    }
    lanes.extend(new.iter().map(deliveries::Told::lane));
    let brought = again(tx, bring)?;
    deliveries::begin_lanes_anew(tx.conn, endpoint.id, &lanes.into_iter().collect::<Vec<Id>>())?;
    Ok(Replayed { deliveries: brought + new.len() })
}

fn too_much() -> Problem {
    Problem::validation(
        "/until",
        "range",
        "That is more than 10,000 deliveries: replay a smaller part first.",
        "超過 10,000 筆；請分段重發。",
    )
}
