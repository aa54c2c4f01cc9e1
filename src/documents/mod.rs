//! Documents: streamed in, known by their content, kept by their SHA-256, with revisions, category and confidentiality, linked to any record.

mod files;
mod filing;

pub use files::Files;
pub use filing::file_as;
