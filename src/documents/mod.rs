//! Documents: streamed in, known by their content, kept by their SHA-256, with revisions, category and confidentiality, linked to any record.
//! A document belongs to a project or to a client. A row is written only after its bytes are on disk; an act that takes a document as evidence
//! files it ([`filing`]); confidential ones leave a log of who opened them.

mod actions;
pub mod api;
pub mod download;
mod files;
pub mod filing;
mod kinds;
mod listing;
mod sight;
mod store;
mod upload;

pub use files::{Files, INCOMING, Temporary, hash_of};
pub use filing::{file_as, release};
pub use listing::{log_access_to_all, of_categories, told_to};
pub use store::{Confidentiality, Document, DocumentLink, Revision, by_id, was_filed};
