//! What left or waits to leave, with its body: for the testers of a sandbox.

use super::deliveries::{WebhookDelivery, WebhookDeliveryState, with_bodies};
use super::endpoints::by_id;
use crate::access::{Result, Tx};
use crate::db::schema::webhook_deliveries;
use crate::db::{At, Id};
use crate::http::{Page, PageOf, Reply};
use crate::page_by_id;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A message that left or waits to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SentMessage {
    /// Its delivery.
    pub delivery_id: Id,
    /// Where to.
    #[schema(example = "https://hooks.example.com/fitout")]
    pub to: String,
    /// The `webhook-id`.
    pub message_id: Id,
    /// What it tells of.
    #[schema(example = "contract.signed")]
    pub kind: String,
    /// Whether it arrived.
    pub state: WebhookDeliveryState,
    /// Its body.
    #[schema(value_type = BTreeMap<String, Value>, example = json!({"type": "contract.signed"}))]
    pub body: Value,
    /// When it was written down.
    pub created_at: At,
}

/// One page, newest first.
pub fn outbox(tx: &mut Tx<'_>, page: &Page) -> Result<Reply<PageOf<SentMessage>>> {
    let (rows, next) = page_by_id!(
        tx,
        page,
        webhook_deliveries,
        WebhookDelivery,
        webhook_deliveries::table.into_boxed(),
        "-created_at"
    );
    let mut sent = Vec::with_capacity(rows.len());
    for delivery in rows {
        let Some(endpoint) = by_id(tx.conn, delivery.endpoint_id)? else { continue };
        for message in with_bodies(tx.conn, &endpoint, vec![delivery])? {
            let body = serde_json::from_str(&message.body).unwrap_or_default();
            let delivery = message.delivery;
            sent.push(SentMessage {
                delivery_id: delivery.id,
                to: endpoint.url.clone(),
                message_id: delivery.message_id,
                kind: delivery.kind,
                state: delivery.state,
                body,
                created_at: delivery.created_at,
            });
        }
    }
    Ok(Reply::list(sent, next, None)?)
}
