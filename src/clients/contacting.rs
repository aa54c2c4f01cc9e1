//! Getting in touch with a client outside any project.

use super::actions::{locked, save};
use super::store::Client;
use crate::access::{Result, Tx};
use crate::db::{At, Day};
use crate::http::Ref;
use serde_json::Value;

/// Notes that a client was contacted at this time, what was said with the event. The latest contact decides when to follow up.
pub fn contacted(tx: &mut Tx<'_>, r: &Ref, at: At, follow_up_on: Option<Day>, said: Value) -> Result<Client> {
    let mut client = locked(tx, r, None)?;
    if client.contacted_at.is_none_or(|last| last <= at) {
        (client.contacted_at, client.follow_up_on) = (Some(at), follow_up_on);
    }
    save(tx, &mut client, "client.contacted", Some(said))?;
    Ok(client)
}
