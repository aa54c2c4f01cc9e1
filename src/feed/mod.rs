//! The change feed: every event once, in one order, for whoever may see it. Two ways to read it stand on the same query: page by page
//! ([`api`]) and as a stream of server-sent events ([`stream_api`]). Nothing is skipped, however late a transaction commits: the feed goes only as
//! far as [`crate::events::settled_until`] says.

pub mod api;
mod pulse;
mod store;
mod stream_api;

pub use pulse::Pulse;
