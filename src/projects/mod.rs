//! Projects as their users see them: list, facts, timeline, waivers. The row and everything that moves it live in [`crate::workflow`].

mod actions;
pub mod api;
mod overview;
pub mod steps_api;
mod view;
mod waivers;

pub use actions::{Channel, ProjectFacts, blank, cny, currency, insert, load};
pub use overview::{ProjectOverview, overview};
pub use view::{ProjectView, created, view};
pub use waivers::Waiver;
