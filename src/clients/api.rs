//! Clients and contacts over HTTP.

use super::actions::{self, ClientFacts, NewClient};
use super::contacts::{self, ContactFacts};
use super::store::{self, Client, Contact, find};
use crate::access::client_sight::{own_ids, sees_all};
use crate::access::{Access, ClientsRead, ClientsWrite, Result, Tx};
use crate::db::schema::clients;
use crate::db::{Id, MultiBackend, like_pattern, lower};
use crate::http::{
    Answer, Body, CreatedAnswer, IdempotencyKey, IfMatch, Listed, OperationDraft, Page, PageOf, Patch, Path, Query,
    Ref, Reply, Routes,
};
use crate::page_by_id;
use crate::records::{EventView, Void, history_of};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Clients and contacts.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Clients",
        "Clients with their contacts, kind, grade, credit, source, region, invoice particulars and owner.",
    );
    r.get_with(
        "/v1/clients",
        list_clients,
        "List clients",
        "Those in the caller's sight. `q` searches names and numbers.",
        |op: &mut OperationDraft| {
            op.sorts(&["created_at"]).counts();
        },
    );
    r.post(
        "/v1/clients",
        create_client,
        "Record a client",
        "With its contacts. The recorder looks after it unless another owner is named.",
    );
    r.get("/v1/clients/{client}", get_client, "Get one client", "By id or number, with its contacts.");
    r.patch("/v1/clients/{client}", update_client, "Change a client", "JSON Merge Patch on its facts.");
    r.post(
        "/v1/clients/{client}/void",
        void_client,
        "Void a client",
        "For a record made by mistake, while no project, complaint or payment builds on it.",
    );
    r.get(
        "/v1/clients/{client}/history",
        list_client_events,
        "The history of one client",
        "Every event, oldest first.",
    );
    r.post("/v1/clients/{client}/contacts", create_contact, "Record a contact", "A person at the client.");
    r.patch("/v1/contacts/{contact}", update_contact, "Change a contact", "JSON Merge Patch on its facts.");
    r.post(
        "/v1/contacts/{contact}/void",
        void_contact,
        "Void a contact",
        "Somebody who left, or was recorded by mistake; never deleted.",
    );
}

/// A client with its contacts.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientView {
    /// The client.
    #[serde(flatten)]
    pub client: Client,
    /// Its contacts, the primary one first.
    pub contacts: Vec<Contact>,
}

/// What narrows the list of clients.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClientFilter {
    /// Only this kind.
    #[validate(length(max = 60))]
    #[param(example = "developer", max_length = 60)]
    pub kind: Option<String>,
    /// Only this grade.
    #[validate(length(max = 20))]
    #[param(example = "A", max_length = 20)]
    pub grade: Option<String>,
    /// Only this region.
    #[validate(length(max = 120))]
    #[param(example = "Guangzhou", max_length = 120)]
    pub region: Option<String>,
    /// Only with this owner.
    pub owner: Option<Id>,
    /// Only key accounts, or only the others.
    pub key_account: Option<bool>,
    /// Part of the name or number.
    #[validate(length(min = 1, max = 100))]
    #[param(example = "river", min_length = 1, max_length = 100)]
    pub q: Option<String>,
}

fn wanted(tx: &Tx<'_>, filter: &ClientFilter) -> clients::BoxedQuery<'static, MultiBackend> {
    let mut rows = clients::table.filter(clients::voided_at.is_null()).into_boxed();
    if !sees_all(&tx.actor) {
        rows = rows.filter(clients::id.eq_any(own_ids(&tx.actor)));
    }
    if let Some(kind) = &filter.kind {
        rows = rows.filter(clients::kind.eq(kind.clone()));
    }
    if let Some(grade) = &filter.grade {
        rows = rows.filter(clients::grade.eq(grade.clone()));
    }
    if let Some(region) = &filter.region {
        rows = rows.filter(clients::region.eq(region.clone()));
    }
    if let Some(owner) = filter.owner {
        rows = rows.filter(clients::owner_id.eq(owner));
    }
    if let Some(key_account) = filter.key_account {
        rows = rows.filter(clients::key_account.eq(key_account));
    }
    if let Some(q) = &filter.q {
        let pattern = like_pattern(q);
        rows = rows.filter(
            clients::search_text
                .like(pattern.clone())
                .escape('\\')
                .or(lower(clients::number).like(pattern).escape('\\')),
        );
    }
    rows
}

async fn list_clients(access: Access<ClientsRead>, query: Query<ClientFilter>, page: Page) -> Listed<Client> {
    access.list(move |tx| listed(tx, &query, &page)).await
}

/// One page of the list.
pub fn listed(tx: &mut Tx<'_>, filter: &ClientFilter, page: &Page) -> Result<Reply<PageOf<Client>>> {
    let total = if page.wants_total() { Some(wanted(tx, filter).count().get_result::<i64>(tx.conn)?) } else { None };
    let (data, next) = page_by_id!(tx, page, clients, Client, wanted(tx, filter));
    Ok(Reply::list(data, next, total)?)
}

fn view(tx: &mut Tx<'_>, client: Client) -> Result<ClientView> {
    let contacts = store::contacts(tx, client.id)?;
    Ok(ClientView { client, contacts })
}

/// The answer that shows a client.
pub fn shown(tx: &mut Tx<'_>, client: Client) -> Result<Reply<ClientView>> {
    let version = client.version;
    Ok(Reply::ok(&view(tx, client)?)?.version(version))
}

async fn create_client(
    access: Access<ClientsWrite>,
    _key: IdempotencyKey,
    body: Body<NewClient>,
) -> CreatedAnswer<ClientView> {
    access
        .write(move |tx| {
            let client = actions::create(tx, &body)?;
            let (location, version) = (format!("/v1/clients/{}", client.id), client.version);
            Ok(Reply::created(&view(tx, client)?, location)?.version(version))
        })
        .await
}

async fn get_client(access: Access<ClientsRead>, client: Path<Ref>) -> Answer<ClientView> {
    access
        .read(move |tx| {
            let client = find(tx, &client)?;
            shown(tx, client)
        })
        .await
}

async fn update_client(
    access: Access<ClientsWrite>,
    client: Path<Ref>,
    if_match: IfMatch,
    body: Patch<ClientFacts>,
) -> Answer<ClientView> {
    access
        .write(move |tx| {
            let client = actions::update(tx, &client, &if_match, &body)?;
            shown(tx, client)
        })
        .await
}

async fn void_client(
    access: Access<ClientsWrite>,
    client: Path<Ref>,
    if_match: IfMatch,
    body: Body<Void>,
) -> Answer<ClientView> {
    access
        .write(move |tx| {
            let client = actions::void(tx, &client, &if_match, &body)?;
            shown(tx, client)
        })
        .await
}

async fn list_client_events(access: Access<ClientsRead>, client: Path<Ref>, page: Page) -> Listed<EventView> {
    access.list(move |tx| find(tx, &client).and_then(|client| history_of(tx, client.id, &page))).await
}

async fn create_contact(
    access: Access<ClientsWrite>,
    client: Path<Ref>,
    body: Body<ContactFacts>,
) -> CreatedAnswer<Contact> {
    access
        .write(move |tx| {
            let contact = contacts::create(tx, &client, &body)?;
            Ok(Reply::created(&contact, format!("/v1/clients/{}", contact.client_id))?.version(contact.version))
        })
        .await
}

async fn update_contact(
    access: Access<ClientsWrite>,
    contact: Path<Ref>,
    if_match: IfMatch,
    body: Patch<ContactFacts>,
) -> Answer<Contact> {
    access
        .write(move |tx| {
            contacts::update(tx, &contact, &if_match, &body).and_then(|c| Ok(Reply::ok(&c)?.version(c.version)))
        })
        .await
}

async fn void_contact(
    access: Access<ClientsWrite>,
    contact: Path<Ref>,
    if_match: IfMatch,
    body: Body<Void>,
) -> Answer<Contact> {
    access
        .write(move |tx| {
            contacts::void(tx, &contact, &if_match, &body).and_then(|c| Ok(Reply::ok(&c)?.version(c.version)))
        })
        .await
}
