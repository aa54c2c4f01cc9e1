//! Webhooks by the Standard Webhooks specification: the feed, sent to an integrator's own address. Administrators manage endpoints; each has a filter
//! and a secret. What an endpoint is to be told is written down as deliveries first ([`deliveries`]), in the order of the feed, and sent from there
//! ([`sender`]): at least once, in order per project, until it was taken or the schedule is used up. An endpoint that fails delays nobody but itself.
//! Real time rules here, not business time. This does not queue anything in memory: whatever process is alive goes on where another was killed.

pub mod api;
mod deliveries;
mod deliveries_api;
mod endpoints;
mod message;
mod outbox;
mod outcomes;
mod sender;
mod signing;
mod target;

pub use deliveries::purge;
pub use endpoints::WebhookEndpoint;
pub use message::WebhookMessage;
pub use outbox::{SentMessage, outbox};
pub use sender::Sender;
pub use target::Targets;
