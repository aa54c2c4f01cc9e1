//! The hash chain: `hash` = SHA-256, in lower-case hexadecimal, over the canonical JSON (RFC 8785) of the members below with `prev_hash`.

use crate::db::{At, Id};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The `prev_hash` of the first event of a chain.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What an event's hash covers.
#[derive(Debug, Serialize)]
pub struct Link<'a> {
    /// The event.
    pub id: Id,
    /// When, in business time.
    pub at: At,
    /// Who; nobody for what the system did by itself.
    pub actor_id: Option<Id>,
    /// The chain: the project, or the subject where there is none.
    pub chain_id: Id,
    /// Its place, from 1.
    pub chain_pos: i64,
    /// What kind of thing moved.
    pub subject_kind: &'a str,
    /// Which.
    pub subject_id: Id,
    /// To which version.
    pub subject_version: i64,
    /// What happened.
    pub kind: &'a str,
    /// The record after it.
    pub data: &'a Value,
    /// The hash before.
    pub prev_hash: &'a str,
}

/// The canonical JSON (RFC 8785) of a value.
pub fn canonical(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json_canonicalizer::to_string(value)
}

/// The hash of an event.
pub fn hash_of(link: &Link<'_>) -> serde_json::Result<String> {
    Ok(hex::encode(Sha256::digest(canonical(link)?.as_bytes())))
}
