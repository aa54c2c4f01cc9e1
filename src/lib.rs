//! Fitout: the back end of a fit-out and staging company's client department, a JSON REST API over SQLite or PostgreSQL.
//!
//! Read the modules in this order; knowledge flows from later ones to earlier ones, never back:
//! `stages → records of a project → workflow → events, access → http, db`.

pub mod http;
pub mod db;

pub mod access;
pub mod clock;
pub mod events;
pub mod settings;
pub mod workflow;

pub mod records;
