//! Archiving (歸檔): the project file gets its number when it is first placed or sealed; its papers get a place (room, shelf, box); the list says item
//! by item what is there, missing or waived. Sealing freezes the project and then builds one package: every record, the timeline and every file,
//! verifiable offline by its hashes. After it only `archive`, addenda and what is the client's (complaints) may follow. The step `archive` itself
//! is taken like every other step.

mod actions;
pub mod api;
mod completeness;
mod package;
mod store;
mod verify;

pub use store::{Addendum, Archive};
