//! Verifying an archive: the chain is computed again from its first event, the package from its bytes.

use super::store::Archive;
use crate::access::{Result, Tx};
use crate::documents::{Files, hash_of};
use crate::events::{self, GENESIS};
use crate::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

/// Events read at a time.
const PAGE: i64 = 500;

/// What verifying found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verification {
    /// Whether everything is as it was sealed.
    pub intact: bool,
    /// Whether every event carries the hash of its content and of the event before it.
    pub chain_intact: bool,
    /// Events checked, those after the sealing too.
    #[schema(example = 214)]
    pub events: i64,
    /// The place of the first event that is wrong.
    #[schema(example = 7)]
    pub first_broken: Option<i64>,
    /// Whether the sealing event still has the hash that the archive names; none before sealing.
    pub head_matches: Option<bool>,
    /// Whether the package still has its hash and size; none where there is no package.
    pub package_matches: Option<bool>,
}

/// Computes the chain of an archive's project again.
pub fn chain(tx: &mut Tx<'_>, archive: &Archive) -> Result<Verification> {
    let (mut events, mut prev, mut first_broken, mut sealed_hash) = (0, GENESIS.to_owned(), None, None);
    loop {
        let page = events::chain_of(tx.conn, archive.project_id, events, PAGE)?;
        if page.is_empty() {
            break;
        }
        for event in page {
            let place = events + 1;
            let sound = event.chain_pos == place && event.prev_hash == prev && event.is_sound();
            if !sound && first_broken.is_none() {
                first_broken = Some(place);
            }
            events = event.chain_pos.max(place);
            if Some(event.chain_pos) == archive.chain_length {
                sealed_hash = Some(event.hash.clone());
            }
            prev = event.hash;
        }
    }
    let head_matches = archive.chain_head.is_some().then(|| sealed_hash == archive.chain_head);
    Ok(Verification {
        intact: false,
        chain_intact: first_broken.is_none(),
        events,
        first_broken,
        head_matches,
        package_matches: None,
    })
}

/// Adds what the package's bytes say.
pub async fn with_package(
    files: &Files,
    archive: &Archive,
    mut found: Verification,
) -> std::result::Result<Verification, Problem> {
    if let Some(sha256) = archive.package_sha256.clone() {
        let path = files.path(&sha256)?;
        let read = tokio::task::spawn_blocking(move || hash_of(&path)).await.map_err(|e| Problem::internal(&e))?;
        // A package that cannot be read is not what was kept.
        found.package_matches =
            Some(read.is_ok_and(|(size, hash)| hash == sha256 && i64::try_from(size).ok() == archive.package_size));
    }
    found.intact = found.chain_intact && found.head_matches != Some(false) && found.package_matches != Some(false);
    Ok(found)
}
