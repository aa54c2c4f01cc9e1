//! Recording and changing clients.

use super::contacts::{self, ContactFacts};
use super::store::{Client, InvoiceParticulars, find, lock};
use crate::access::{Result, Tx, people};
use crate::db::schema::{clients, complaints, payments, projects};
use crate::db::{Id, Json, searchable};
use crate::http::{IfMatch, Patch, Problem, Ref};
use crate::records::{Void, refuse_voided, stale};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

/// The facts of a client.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ClientFacts {
    /// Its name.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Riverside Properties Ltd", min_length = 1, max_length = 200)]
    pub name: String,
    /// What it is: developer, hotel, exhibition, private, …
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "developer", min_length = 1, max_length = 60)]
    pub kind: String,
    /// Our grade of it.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(example = "A", max_length = 20)]
    pub grade: Option<String>,
    /// What is known of its credit.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(example = "Pays within 45 days", max_length = 2000)]
    pub credit_note: Option<String>,
    /// How it came to us.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(example = "tender_notice", max_length = 60)]
    pub source: Option<String>,
    /// Where it is.
    #[serde(default)]
    #[validate(length(max = 120))]
    #[schema(example = "Guangzhou", max_length = 120)]
    pub region: Option<String>,
    /// Its industry.
    #[serde(default)]
    #[validate(length(max = 120))]
    #[schema(example = "real estate", max_length = 120)]
    pub industry: Option<String>,
    /// Whether it is a key account.
    #[serde(default)]
    pub key_account: bool,
    /// What it needs in general.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Show flats twice a year", max_length = 4000)]
    pub needs: Option<String>,
    /// What an invoice must say.
    #[serde(default)]
    #[validate(nested)]
    pub invoice_particulars: Option<InvoiceParticulars>,
    /// Who looks after it; the recorder unless said.
    #[serde(default)]
    pub owner_id: Option<Id>,
}

/// A new client, with its contacts.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewClient {
    /// Its name.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Riverside Properties Ltd", min_length = 1, max_length = 200)]
    pub name: String,
    /// What it is: developer, hotel, exhibition, private, …
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "developer", min_length = 1, max_length = 60)]
    pub kind: String,
    /// Our grade of it.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(example = "A", max_length = 20)]
    pub grade: Option<String>,
    /// What is known of its credit.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(example = "Pays within 45 days", max_length = 2000)]
    pub credit_note: Option<String>,
    /// How it came to us.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(example = "tender_notice", max_length = 60)]
    pub source: Option<String>,
    /// Where it is.
    #[serde(default)]
    #[validate(length(max = 120))]
    #[schema(example = "Guangzhou", max_length = 120)]
    pub region: Option<String>,
    /// Its industry.
    #[serde(default)]
    #[validate(length(max = 120))]
    #[schema(example = "real estate", max_length = 120)]
    pub industry: Option<String>,
    /// Whether it is a key account.
    #[serde(default)]
    pub key_account: bool,
    /// What it needs in general.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Show flats twice a year", max_length = 4000)]
    pub needs: Option<String>,
    /// What an invoice must say.
    #[serde(default)]
    #[validate(nested)]
    pub invoice_particulars: Option<InvoiceParticulars>,
    /// Who looks after it; the recorder unless said.
    #[serde(default)]
    pub owner_id: Option<Id>,
    /// Its people.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub contacts: Vec<ContactFacts>,
}

/// Records a client with its contacts.
pub fn create(tx: &mut Tx<'_>, new: &NewClient) -> Result<Client> {
    let facts = ClientFacts {
        name: new.name.clone(),
        kind: new.kind.clone(),
        grade: new.grade.clone(),
        credit_note: new.credit_note.clone(),
        source: new.source.clone(),
        region: new.region.clone(),
        industry: new.industry.clone(),
        key_account: new.key_account,
        needs: new.needs.clone(),
        invoice_particulars: new.invoice_particulars.clone(),
        owner_id: new.owner_id.or(Some(tx.actor.id)),
    };
    let (now, by) = (tx.now, tx.actor.id);
    let mut client = Client {
        id: Id::new(),
        version: 1,
        number: String::new(),
        name: String::new(),
        kind: String::new(),
        grade: None,
        credit_note: None,
        source: None,
        region: None,
        industry: None,
        key_account: false,
        needs: None,
        invoice_particulars: None,
        owner_id: None,
        contacted_at: None,
        follow_up_on: None,
        search_text: String::new(),
        created_at: now,
        created_by: by,
        updated_at: now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    apply(tx, &mut client, facts)?;
    client.number = tx.unique_number("K")?;
    diesel::insert_into(clients::table).values(&client).execute(tx.conn)?;
    tx.record(&client, "client.recorded")?;
    for contact in &new.contacts {
        contacts::insert(tx, client.id, contact)?;
    }
    Ok(client)
}

fn apply(tx: &mut Tx<'_>, client: &mut Client, facts: ClientFacts) -> Result<()> {
    if let Some(owner) = facts.owner_id {
        people::active_user(tx, owner, "/owner_id")?;
    }
    client.search_text = searchable(&facts.name);
    client.name = facts.name;
    client.kind = facts.kind;
    client.grade = facts.grade;
    client.credit_note = facts.credit_note;
    client.source = facts.source;
    client.region = facts.region;
    client.industry = facts.industry;
    client.key_account = facts.key_account;
    client.needs = facts.needs;
    client.invoice_particulars = facts.invoice_particulars.map(Json);
    client.owner_id = facts.owner_id;
    Ok(())
}

/// Changes the facts of a client.
pub fn update(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, patch: &Patch<ClientFacts>) -> Result<Client> {
    let mut client = locked(tx, r)?;
    let facts = patch.apply(&ClientFacts {
        name: client.name.clone(),
        kind: client.kind.clone(),
        grade: client.grade.clone(),
        credit_note: client.credit_note.clone(),
        source: client.source.clone(),
        region: client.region.clone(),
        industry: client.industry.clone(),
        key_account: client.key_account,
        needs: client.needs.clone(),
        invoice_particulars: client.invoice_particulars.clone().map(|json| json.0),
        owner_id: client.owner_id,
    })?;
    stale(tx, &client, if_match)?;
    apply(tx, &mut client, facts)?;
    save(tx, &mut client, "client.changed", None)?;
    Ok(client)
}

/// A client within the caller's sight, locked. A voided one too: `stale` refuses it.
pub(super) fn locked(tx: &mut Tx<'_>, r: &Ref) -> Result<Client> {
    let found = find(tx, r)?;
    lock(tx, found.id)
}

/// As [`locked`], for an act that asks for no `If-Match`: 409 where the client was voided.
pub fn locked_standing(tx: &mut Tx<'_>, r: &Ref) -> Result<Client> {
    let client = locked(tx, r)?;
    refuse_voided(&client)?;
    Ok(client)
}

pub(super) fn save(tx: &mut Tx<'_>, client: &mut Client, kind: &str, note: Option<serde_json::Value>) -> Result<()> {
    client.version += 1;
    client.updated_at = tx.now;
    diesel::update(clients::table.filter(clients::id.eq(client.id))).set(&*client).execute(tx.conn)?;
    match note {
        Some(note) => tx.record_with(client, kind, note),
        None => tx.record(client, kind),
    }
}

/// Gives a client that one person looks after to another; says whether it still was theirs to give. Who that may be is the caller's to decide.
pub fn hand_over(tx: &mut Tx<'_>, id: Id, from: Id, to: Id, reason: &str) -> Result<bool> {
    let mut client = lock(tx, id)?;
    if client.owner_id != Some(from) || client.voided_at.is_some() {
        return Ok(false);
    }
    client.owner_id = Some(to);
    save(tx, &mut client, "client.reassigned", Some(json!({ "reason": reason })))?;
    Ok(true)
}

/// Voids a client that was recorded by mistake, while nothing builds on it: no project, complaint or payment.
pub fn void(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &Void) -> Result<Client> {
    let mut client = locked(tx, r)?;
    stale(tx, &client, if_match)?;
    refuse_used(tx, client.id)?;
    (client.voided_at, client.voided_by, client.void_reason) =
        (Some(tx.now), Some(tx.actor.id), Some(body.reason.clone()));
    save(tx, &mut client, "client.voided", Some(json!({ "reason": body.reason })))?;
    Ok(client)
}

fn refuse_used(tx: &mut Tx<'_>, client: Id) -> Result<()> {
    let of_client = projects::client_id.eq(client);
    let complained = complaints::client_id.eq(client).and(complaints::voided_at.is_null());
    let paid = payments::client_id.eq(client).and(payments::voided_at.is_null());
    let exists = (
        diesel::dsl::exists(projects::table.filter(of_client)),
        diesel::dsl::exists(complaints::table.filter(complained)),
        diesel::dsl::exists(payments::table.filter(paid)),
    );
    let (en, zh) = match diesel::select(exists).get_result(tx.conn)? {
        (true, _, _) => ("The client has projects: it can no longer be voided.", "客戶已有項目，不能作廢。"),
        (_, true, _) => ("The client has complaints: it can no longer be voided.", "客戶已有投訴，不能作廢。"),
        (_, _, true) => ("The client has payments: it can no longer be voided.", "客戶已有收款，不能作廢。"),
        (false, false, false) => return Ok(()),
    };
    Err(Problem::state(en, zh).into())
}
