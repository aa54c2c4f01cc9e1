//! The back end of a fit-out company's client department.
pub mod db;
