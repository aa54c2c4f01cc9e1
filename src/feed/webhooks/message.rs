//! What an endpoint is sent.

use crate::db::At;
use crate::events::Event;
use crate::records::EventView;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The kind of a ping: a message that tells of nothing.
pub const PING: &str = "webhook.ping";

/// The body of a webhook, by Standard Webhooks: what happened, when, and the event as the feed tells it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookMessage {
    /// The kind of event.
    #[serde(rename = "type")]
    #[schema(example = "contract.signed")]
    pub kind: String,
    /// When it happened, in business time.
    pub timestamp: At,
    /// The event.
    pub data: EventView,
}

impl From<Event> for WebhookMessage {
    fn from(event: Event) -> Self {
        Self { kind: event.kind.clone(), timestamp: event.at, data: event.into() }
    }
}

/// The body of a ping.
pub(super) fn ping(at: At, endpoint: &str) -> Value {
    json!({ "type": PING, "timestamp": at, "data": { "endpoint": endpoint } })
}
