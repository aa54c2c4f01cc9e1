//! Intake (收到信息 → 記錄信息 → 參觀洽談 → 確定承接): an inquiry is a project in stage intake. Front staff and the manager record it; whoever
//! recorded it acts as its owner does; the manager accepts or declines. Interactions are records of their own, kept through the whole life.

mod actions;
pub mod api;
mod store;

pub use actions::{NewInquiry, Qualify, record_inquiry};
pub use store::Qualification;
