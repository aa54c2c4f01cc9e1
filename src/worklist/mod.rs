//! What the caller should do next, computed from the records and never stored: each item says what waits, where it is done, by when and why it is
//! theirs. It reads every record's table through `db::schema` and decides nothing: whether an act is allowed is said by the act itself.

pub mod api;
mod clients;
mod departments;
mod desk;
mod due;
mod items;
mod moves;
mod owner;
mod plans;

pub use items::{WorkItem, WorkKind};
