//! Getting in touch with a client outside any project.

use super::actions::{locked, save};
use super::store::Client;
use crate::access::{Result, Role, Tx};
use crate::db::{At, Day};
use crate::http::Ref;
use serde_json::Value;

/// Notes that a client was contacted at this time, what was said with the event. The latest contact decides when to follow up; but the day that was agreed
/// before is taken away only by whoever looks after the client, or the manager.
pub fn contacted(tx: &mut Tx<'_>, r: &Ref, at: At, follow_up_on: Option<Day>, said: Value) -> Result<Client> {
    let mut client = locked(tx, r, None)?;
    if client.contacted_at.is_none_or(|last| last <= at) {
        client.contacted_at = Some(at);
        let decides = client.owner_id == Some(tx.actor.id) || tx.actor.role == Role::Manager;
        if decides || follow_up_on.is_some() {
            client.follow_up_on = follow_up_on;
        }
    }
    save(tx, &mut client, "client.contacted", Some(said))?;
    Ok(client)
}
