//! Webhook endpoints over HTTP.

use super::deliveries_api;
use super::endpoints::{
    self, EnableWebhookEndpoint, RotateSecret, WebhookEndpoint, WebhookEndpointFacts, WebhookEndpointView,
    WebhookEndpointWithSecret,
};
use super::message::{PING, WebhookMessage, WebhookPing};
use super::target::Targets;
use crate::access::{Access, Result, Tx, WebhooksManage, WebhooksRead};
use crate::db::schema::webhook_endpoints;
use crate::events::kinds;
use crate::http::{
    Answer, Body, Code, CreatedAnswer, IfMatch, Listed, OperationDraft, Page, PageOf, Patch, Path, Ref, Reply, Routes,
};
use crate::page_by_id;
use crate::records::{EventView, history_of};
use actix_web::web::Data;
use diesel::prelude::*;

/// Managed by administrators, seen by auditors.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Webhooks",
        "The change feed, sent to your own address by the Standard Webhooks specification: at least once, in order per project, signed. Check \
         `webhook-signature` with the secret, answer 2xx quickly, and use `webhook-id` to know what you have seen.",
    );
    r.get_with(
        "/v1/webhook-endpoints",
        list_webhook_endpoints,
        "List webhook endpoints",
        "Oldest first, disabled ones too; never their secrets.",
        |op: &mut OperationDraft| {
            op.sorts(&["created_at"]).counts();
        },
    );
    r.post_with(
        "/v1/webhook-endpoints",
        create_webhook_endpoint,
        "Make a webhook endpoint",
        "It is told what happens from now on. The answer shows its secret, and nothing does so again.",
        |op| {
            op.refuses(Code::Conflict).no_dry_run();
        },
    );
    r.get(
        "/v1/webhook-endpoints/{webhook_endpoint}",
        get_webhook_endpoint,
        "Get one webhook endpoint",
        "With how it fares.",
    );
    r.patch(
        "/v1/webhook-endpoints/{webhook_endpoint}",
        update_webhook_endpoint,
        "Change a webhook endpoint",
        "Its name, address and filter. What is written down for it already is sent to the new address.",
    );
    r.post_with(
        "/v1/webhook-endpoints/{webhook_endpoint}/rotate-secret",
        rotate_webhook_secret,
        "Change a webhook endpoint's secret",
        "The answer shows the new one. For the overlap each message carries a signature by either; until it ends only a change without overlap is possible.",
        |op| {
            op.refuses(Code::Conflict).no_dry_run();
        },
    );
    r.post(
        "/v1/webhook-endpoints/{webhook_endpoint}/disable",
        disable_webhook_endpoint,
        "Disable a webhook endpoint",
        "It is told nothing until it is enabled; what it misses is not lost. An endpoint that answers 410, or that takes nothing for as long as the \
         schedule of attempts goes (about three days), is disabled by itself.",
    );
    r.post(
        "/v1/webhook-endpoints/{webhook_endpoint}/enable",
        enable_webhook_endpoint,
        "Enable a webhook endpoint",
        "It goes on with the first event that it was not told, or with what happens from now on.",
    );
    r.get(
        "/v1/webhook-endpoints/{webhook_endpoint}/history",
        list_webhook_endpoint_events,
        "The history of one webhook endpoint",
        "Every event, oldest first.",
    );
    deliveries_api::routes(r);
    r.webhooks::<WebhookMessage>(kinds());
    r.webhooks::<WebhookPing>(std::iter::once(PING.to_owned()));
}

async fn list_webhook_endpoints(access: Access<WebhooksRead>, page: Page) -> Listed<WebhookEndpointView> {
    access.list(move |tx| listed(tx, &page)).await
}

fn listed(tx: &mut Tx<'_>, page: &Page) -> Result<Reply<PageOf<WebhookEndpointView>>> {
    let total =
        if page.wants_total() { Some(webhook_endpoints::table.count().get_result::<i64>(tx.conn)?) } else { None };
    let (rows, next) = page_by_id!(tx, page, webhook_endpoints, WebhookEndpoint, webhook_endpoints::table.into_boxed());
    Ok(Reply::list(rows.into_iter().map(WebhookEndpointView::from).collect(), next, total)?)
}

async fn create_webhook_endpoint(
    access: Access<WebhooksManage>,
    body: Body<WebhookEndpointFacts>,
    targets: Data<Targets>,
) -> CreatedAnswer<WebhookEndpointWithSecret> {
    access
        .write_secret(move |tx| {
            let (endpoint, secret) = endpoints::create(tx, **targets, &body)?;
            let (at, version) = (format!("/v1/webhook-endpoints/{}", endpoint.id), endpoint.version);
            Ok(Reply::created(&WebhookEndpointWithSecret { shown: endpoint.into(), secret }, at)?.version(version))
        })
        .await
}

async fn get_webhook_endpoint(access: Access<WebhooksRead>, endpoint: Path<Ref>) -> Answer<WebhookEndpointView> {
    access.read(move |tx| endpoints::find(tx, &endpoint).and_then(answer)).await
}

fn answer(endpoint: WebhookEndpoint) -> Result<Reply<WebhookEndpointView>> {
    let version = endpoint.version;
    Ok(Reply::ok(&WebhookEndpointView::from(endpoint))?.version(version))
}

async fn update_webhook_endpoint(
    access: Access<WebhooksManage>,
    endpoint: Path<Ref>,
    if_match: IfMatch,
    patch: Patch<WebhookEndpointFacts>,
    targets: Data<Targets>,
) -> Answer<WebhookEndpointView> {
    access.write(move |tx| endpoints::update(tx, **targets, &endpoint, &if_match, &patch).and_then(answer)).await
}

async fn rotate_webhook_secret(
    access: Access<WebhooksManage>,
    endpoint: Path<Ref>,
    if_match: IfMatch,
    body: Body<RotateSecret>,
) -> Answer<WebhookEndpointWithSecret> {
    access
        .write_secret(move |tx| {
            let (endpoint, secret) = endpoints::rotate(tx, &endpoint, &if_match, &body)?;
            let version = endpoint.version;
            Ok(Reply::ok(&WebhookEndpointWithSecret { shown: endpoint.into(), secret })?.version(version))
        })
        .await
}

async fn disable_webhook_endpoint(
    access: Access<WebhooksManage>,
    endpoint: Path<Ref>,
    if_match: IfMatch,
) -> Answer<WebhookEndpointView> {
    access.write(move |tx| endpoints::disable(tx, &endpoint, &if_match).and_then(answer)).await
}

async fn enable_webhook_endpoint(
    access: Access<WebhooksManage>,
    endpoint: Path<Ref>,
    if_match: IfMatch,
    body: Body<EnableWebhookEndpoint>,
) -> Answer<WebhookEndpointView> {
    access.write(move |tx| endpoints::enable(tx, &endpoint, &if_match, &body).and_then(answer)).await
}

async fn list_webhook_endpoint_events(
    access: Access<WebhooksRead>,
    endpoint: Path<Ref>,
    page: Page,
) -> Listed<EventView> {
    access.list(move |tx| endpoints::find(tx, &endpoint).and_then(|e| history_of(tx, e.id, &page))).await
}
