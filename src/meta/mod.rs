//! What a front end needs to know of the API itself: the labels of every enum, and what the caller's role may do. It knows no record.

pub mod api;
mod event_labels;
mod labels;
mod permission_labels;

pub use labels::LABELS;
