//! Getting in touch with a client outside any project.

use super::actions::{locked_standing, save};
use super::store::Client;
use crate::access::{Result, Role, Tx};
use crate::db::schema::{interactions, users};
use crate::db::{At, Day};
use crate::http::Ref;
use diesel::prelude::*;
use serde_json::Value;

/// Notes that a client was contacted at this time, what was said with the event. The latest contact decides when to follow up; but the day that was agreed
/// before is taken away only by whoever looks after the client, their leader or the manager, or where it was followed up on a project.
pub fn contacted(tx: &mut Tx<'_>, r: &Ref, at: At, follow_up_on: Option<Day>, said: Value) -> Result<Client> {
    let mut client = locked_standing(tx, r)?;
    if client.contacted_at.is_none_or(|last| last <= at) {
        if follow_up_on.is_some() || decides(tx, &client)? || followed_up(tx, &client)? {
            client.follow_up_on = follow_up_on;
        }
        client.contacted_at = Some(at);
    }
    save(tx, &mut client, "client.contacted", Some(said))?;
    Ok(client)
}

/// Whether what was agreed with the client is the caller's to drop.
fn decides(tx: &mut Tx<'_>, client: &Client) -> Result<bool> {
    if tx.actor.role == Role::Manager {
        return Ok(true);
    }
    // Where nobody looks after it, whoever will keeps what was agreed.
    let Some(owner) = client.owner_id else { return Ok(false) };
    if owner == tx.actor.id {
        return Ok(true);
    }
    let led = tx.actor.group_id.filter(|_| tx.actor.leads());
    let group = users::table.find(owner).select(users::group_id).first::<Option<_>>(tx.conn)?;
    Ok(led.is_some() && group == led)
}

/// Whether somebody spoke with the client on a project since the day was agreed.
fn followed_up(tx: &mut Tx<'_>, client: &Client) -> Result<bool> {
    let Some(agreed) = client.contacted_at else { return Ok(false) };
    let since = interactions::table
        .filter(interactions::client_id.eq(client.id))
        .filter(interactions::voided_at.is_null())
        .filter(interactions::occurred_at.gt(agreed));
    Ok(diesel::select(diesel::dsl::exists(since)).get_result(tx.conn)?)
}
