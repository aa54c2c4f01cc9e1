//! Which clients a caller sees: whoever sees everything and the back group all; front staff those they own or recorded, those of their group's people,
//! and those of every project they see. Here and not with the clients, because the replay of a kept answer asks it too.

use super::sight::{Eyes, client_ids, clients_in_sight, members};
use super::{Actor, Result, Tx};
use crate::db::schema::{clients, users};
use crate::db::{Id, on_each};
use crate::narrowed;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use diesel::query_source::{Alias, AliasedField};
use own::{OWN_CLIENTS, OwnClients};

mod own {
    #![allow(missing_docs, reason = "a macro writes them")]
    use crate::db::schema::clients;
    diesel::alias!(pub const OWN_CLIENTS: Alias<OwnClients> = clients as own_clients);
}

#[auto_type]
fn ids(person: Id, group: Id, of_projects: client_ids) -> _ {
    // Under another name, so that it nests in queries on the clients themselves.
    let own: Alias<OwnClients> = OWN_CLIENTS;
    let id: AliasedField<OwnClients, clients::id> = OWN_CLIENTS.field(clients::id);
    let created_by: AliasedField<OwnClients, clients::created_by> = OWN_CLIENTS.field(clients::created_by);
    let owner_id: AliasedField<OwnClients, clients::owner_id> = OWN_CLIENTS.field(clients::owner_id);
    let recorders: members = members(group);
    let owners = users::table.filter(users::group_id.eq(group)).select(users::id.nullable());
    let made = own.filter(created_by.eq(person)).select(id);
    let owned = own.filter(owner_id.eq(person)).select(id);
    let made_in_group = own.filter(created_by.eq_any(recorders)).select(id);
    let owned_in_group = own.filter(owner_id.eq_any(owners)).select(id);
    made.union(owned).union(made_in_group).union(owned_in_group).union(of_projects)
}

/// Whether this caller sees every client.
pub fn sees_all(actor: &Actor) -> bool {
    actor.sees_everything() || actor.is_back()
}

/// The ids of the clients that a caller sees who does not see them all: each part is found through an index, however many clients there are.
pub fn own_ids(actor: &Actor) -> ids {
    let eyes = Eyes::from(actor);
    ids(eyes.person, eyes.group, clients_in_sight(actor))
}

/// Whether the caller sees this client.
pub fn sees(tx: &mut Tx<'_>, client: Id) -> Result<bool> {
    let found = clients::table.filter(clients::id.eq(client)).select(clients::id);
    let found = narrowed!(found, unless sees_all(&tx.actor), clients::id.eq_any(own_ids(&tx.actor)), seen => {
        on_each!(tx.conn, c => seen.first::<Id>(c))
    });
    Ok(found.optional()?.is_some())
}
