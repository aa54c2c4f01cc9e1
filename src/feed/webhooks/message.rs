//! What an endpoint is sent.

use crate::db::At;
use crate::events::Event;
use crate::records::EventView;
use serde::Serialize;
use utoipa::ToSchema;

/// The kind of a ping: a message that tells of nothing.
pub const PING: &str = "webhook.ping";

/// The body of a webhook, by Standard Webhooks: what happened, when, and the event as the feed tells it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookMessage {
    /// The kind of event.
    #[serde(rename = "type")]
    #[schema(example = "memo.sent")]
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
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookPing {
    /// Always `webhook.ping`.
    #[serde(rename = "type")]
    #[schema(example = "webhook.ping")]
    kind: String,
    /// When it was asked for.
    timestamp: At,
    /// Which endpoint was pinged.
    data: Pinged,
}

/// What a ping tells.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pinged {
    /// The endpoint's name.
    #[schema(example = "Accounting bridge")]
    endpoint: String,
}

impl WebhookPing {
    pub(super) fn of(timestamp: At, endpoint: &str) -> Self {
        Self { kind: PING.to_owned(), timestamp, data: Pinged { endpoint: endpoint.to_owned() } }
    }
}
