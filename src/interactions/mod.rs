//! Interactions: every call, meeting and visit with a client: what was said, who was there, when to follow up. Kept through a project's whole life,
//! so that a prospect outlives whoever spoke to it.

mod actions;
pub mod api;
mod store;

pub use actions::{LogInteraction, log};
pub use store::{Interaction, InteractionKind};
