//! What waits for whoever looks after clients: the first contact with a newly allocated one, and what was agreed with one outside any project.

use super::WorkKind;
use super::due::Due;
use super::items::{Why, Work};
use crate::access::{InteractionsLog, Permission, Result, Tx};
use crate::db::schema::{clients, interactions};
use crate::db::{At, Day, Id};
use crate::events;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const KEPT: Why = ("You look after this client", "此客戶由你跟進");

/// Clients allocated to the caller with whom no interaction was recorded since, on a project or outside any; and those to follow up, unless there was
/// one on a project after what was agreed.
pub(super) fn work(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    if !InteractionsLog::ROLES.contains(&tx.actor.role) {
        return Ok(Vec::new());
    }
    let rows = clients::table
        .filter(clients::owner_id.eq(tx.actor.id))
        .filter(clients::voided_at.is_null())
        .select((clients::id, clients::name, clients::contacted_at, clients::follow_up_on))
        .load::<(Id, String, Option<At>, Option<Day>)>(tx.conn)?;
    let ids: Vec<Id> = rows.iter().map(|row| row.0).collect();
    let (mut latest, mut allocated) = (BTreeMap::new(), BTreeMap::new());
    // SQLite takes 32,766 values in a statement.
    for some in ids.chunks(5_000) {
        let rows = interactions::table
            .filter(interactions::client_id.eq_any(some))
            .filter(interactions::voided_at.is_null())
            .group_by(interactions::client_id)
            .select((interactions::client_id, diesel::dsl::max(interactions::occurred_at).assume_not_null()));
        latest.extend(rows.load::<(Id, At)>(tx.conn)?);
        // That it was contacted says nothing of whose it is, and is told often.
        allocated.extend(allocations(&events::images_but(tx.conn, some, "client.contacted")?, tx.actor.id));
    }
    let why =
        ("The client was allocated to you, and no interaction is recorded since", "客戶已分配給你，其後未有聯絡記錄");
    let mut out = Vec::new();
    for (id, name, contacted, follow_up) in rows {
        let last = latest.get(&id).copied().max(contacted);
        let mut add =
            |kind, why, due| out.push(Work::new(kind, "log_interaction", "clients", id, name.clone(), why, due));
        if let Some(since) = allocated.get(&id).filter(|since| last.is_none_or(|last| last < **since)) {
            add(WorkKind::ClientContact, why, Due::FirstContact(*since));
        }
        // Whoever the client was handed over to keeps what was agreed with it.
        if let Some(day) = follow_up.filter(|_| last == contacted) {
            add(WorkKind::FollowUp, KEPT, Due::On(day));
        }
    }
    Ok(out)
}

/// Since when each client is this person's.
fn allocations(images: &[(Id, At, Value)], person: Id) -> BTreeMap<Id, At> {
    let mut since = BTreeMap::new();
    for (client, at, image) in images {
        if image.get("owner_id") == Some(&json!(person)) {
            since.entry(*client).or_insert(*at);
        } else {
            since.remove(client);
        }
    }
    since
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_allocated_when_the_owner_last_became_this_one() {
        let (client, me, other) = (Id::new(), Id::new(), Id::new());
        let at = |day: u32| format!("2026-03-{day:02}T00:00:00Z").parse::<At>().unwrap();
        let image = |owner: Id, day| (client, at(day), json!({ "owner_id": owner }));
        let images = [image(me, 1), image(other, 2), image(me, 3), image(me, 4)];
        assert_eq!(allocations(&images, me).get(&client), Some(&at(3)));
        assert_eq!(allocations(&images, other).get(&client), None);
    }
}
