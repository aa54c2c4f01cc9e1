//! The hash chain: `hash` = SHA-256, in lower-case hexadecimal, over the canonical JSON (RFC 8785) of the members below with `prev_hash`.

use crate::db::{At, Id};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The `prev_hash` of the first event of a chain.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What an event's hash covers.
#[derive(Debug)]
pub struct Link<'a> {
    /// The event.
    pub id: Id,
    /// When, in business time.
    pub at: At,
    /// Who.
    pub actor_id: Id,
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
pub fn canonical(value: &Value) -> serde_json::Result<String> {
    serde_json_canonicalizer::to_string(value)
}

/// The hash of an event.
pub fn hash_of(link: &Link<'_>) -> serde_json::Result<String> {
    let text = canonical(&json!({
        "id": link.id, "at": link.at, "actor_id": link.actor_id, "chain_id": link.chain_id, "chain_pos": link.chain_pos,
        "subject_kind": link.subject_kind, "subject_id": link.subject_id, "subject_version": link.subject_version,
        "kind": link.kind, "data": link.data, "prev_hash": link.prev_hash,
    }))?;
    Ok(hex::encode(Sha256::digest(text.as_bytes())))
}
