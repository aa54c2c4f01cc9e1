//! The hash chain: `hash` = SHA-256, in lower-case hexadecimal, over the canonical JSON (RFC 8785) of the members below with `prev_hash`.

use super::canonical::canonical;
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

/// The hash of an event whose data stand in canonical form already: they are the larger part, and are not written twice. The members around them
/// are declared in canonical order and hold nothing that it writes otherwise.
pub fn hash_over(link: &Link<'_>, data: &str) -> serde_json::Result<String> {
    let before = serde_json::to_string(&Before {
        actor_id: link.actor_id,
        at: link.at,
        chain_id: link.chain_id,
        chain_pos: link.chain_pos,
    })?;
    let after = serde_json::to_string(&After {
        id: link.id,
        kind: link.kind,
        prev_hash: link.prev_hash,
        subject_id: link.subject_id,
        subject_kind: link.subject_kind,
        subject_version: link.subject_version,
    })?;
    let mut hash = Sha256::new();
    hash.update(before.trim_end_matches('}'));
    hash.update(",\"data\":");
    hash.update(data);
    hash.update(",");
    hash.update(after.trim_start_matches('{'));
    Ok(hex::encode(hash.finalize()))
}

/// The members that canonical order puts before `data`.
#[derive(Serialize)]
struct Before {
    actor_id: Option<Id>,
    at: At,
    chain_id: Id,
    chain_pos: i64,
}

/// The members that canonical order puts after `data`.
#[derive(Serialize)]
struct After<'a> {
    id: Id,
    kind: &'a str,
    prev_hash: &'a str,
    subject_id: Id,
    subject_kind: &'a str,
    subject_version: i64,
}

/// The hash of an event.
pub fn hash_of(link: &Link<'_>) -> serde_json::Result<String> {
    Ok(hex::encode(Sha256::digest(canonical(link)?.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::canonical_data;
    use serde_json::json;

    #[test]
    fn the_hash_is_that_of_the_whole_in_canonical_form() -> serde_json::Result<()> {
        let data = json!({"name": "{}", "budget_amount": 7, "a": {"z": null, "b": ["}"]}});
        let (id, at) = (Id::new(), At::now_real());
        for actor_id in [None, Some(Id::new())] {
            let link = Link {
                id,
                at,
                actor_id,
                chain_id: id,
                chain_pos: 3,
                subject_kind: "memo",
                subject_id: id,
                subject_version: 2,
                kind: "memo.sent",
                data: &data,
                prev_hash: GENESIS,
            };
            assert_eq!(hash_over(&link, &canonical(&data)?)?, hash_of(&link)?);
            assert_eq!(hash_over(&link, &canonical_data(&data)?)?, hash_of(&link)?);
        }
        Ok(())
    }
}
