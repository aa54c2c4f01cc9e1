//! The change feed: every event once, in one order, for whoever may see it. Three ways to be told stand on the same table: page by page ([`api`]), as a
//! stream of server-sent events ([`stream_api`]), and sent to an address of one's own ([`webhooks`]). Nothing is skipped, however late a transaction
//! commits: the feed goes only as far as [`crate::events::settled_until`] says.

pub mod api;
mod pulse;
mod store;
mod stream_api;
mod wanted;
pub mod webhooks;

pub use pulse::Pulse;
pub use store::{FeedFilter, listed};
