//! Recording and changing clients and contacts.

use super::store::{Client, Contact, InvoiceParticulars, find, lock};
use crate::access::{Result, Tx, people};
use crate::db::schema::{client_contacts, clients, complaints, payments, projects};
use crate::db::{Id, Json, searchable};
use crate::http::{IfMatch, Patch, Problem, Ref};
use crate::records::{Void, stale};
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

/// The facts of a contact.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ContactFacts {
    /// The name.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Ms Liang", min_length = 1, max_length = 120)]
    pub name: String,
    /// The position.
    #[serde(default)]
    #[validate(length(max = 120))]
    #[schema(example = "Purchasing director", max_length = 120)]
    pub position: Option<String>,
    /// Telephone.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(example = "020-5550-0102", max_length = 40)]
    pub phone: Option<String>,
    /// E-mail.
    #[serde(default)]
    #[validate(email, length(max = 200))]
    #[schema(example = "purchasing@riverside.example", max_length = 200, format = "email")]
    pub email: Option<String>,
    /// Whether this person decides.
    #[serde(default)]
    pub decision_maker: bool,
    /// Whether this is whom to call first.
    #[serde(default)]
    pub is_primary: bool,
    /// Anything else.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(example = "Prefers e-mail", max_length = 1000)]
    pub note: Option<String>,
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
        insert_contact(tx, client.id, contact)?;
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
    let mut client = locked(tx, r, Some(if_match))?;
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

/// A client within the caller's sight, locked: 409 where it was voided, after 428 and 412 where the act asks for `If-Match`.
pub fn locked(tx: &mut Tx<'_>, r: &Ref, if_match: Option<&IfMatch>) -> Result<Client> {
    let found = find(tx, r)?;
    let client = lock(tx, found.id)?;
    if client.voided_at.is_some() {
        if_match.map_or(Ok(()), |seen| stale(tx, &client, seen))?;
        return Err(Problem::state("The client was voided.", "客戶記錄已作廢。").into());
    }
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
    let mut client = locked(tx, r, Some(if_match))?;
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

/// Records a contact of a client.
pub fn create_contact(tx: &mut Tx<'_>, r: &Ref, new: &ContactFacts) -> Result<Contact> {
    let client = locked(tx, r, None)?;
    insert_contact(tx, client.id, new)
}

fn insert_contact(tx: &mut Tx<'_>, client_id: Id, new: &ContactFacts) -> Result<Contact> {
    let facts = new.clone();
    let contact = Contact {
        id: Id::new(),
        client_id,
        version: 1,
        name: facts.name,
        position: facts.position,
        phone: facts.phone,
        email: facts.email,
        decision_maker: facts.decision_maker,
        is_primary: facts.is_primary,
        note: facts.note,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    diesel::insert_into(client_contacts::table).values(&contact).execute(tx.conn)?;
    tx.record(&contact, "contact.recorded")?;
    Ok(contact)
}

/// Finds a contact within the caller's sight and locks its client.
pub fn locked_contact(tx: &mut Tx<'_>, r: &Ref) -> Result<Contact> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    let row =
        client_contacts::table.filter(client_contacts::id.eq(Id(*id))).filter(client_contacts::voided_at.is_null());
    let found = row.select(Contact::as_select()).first(tx.conn).optional()?.ok_or_else(Problem::not_found)?;
    locked(tx, &Ref::Id(found.client_id.0), None)?;
    Ok(row.select(Contact::as_select()).first(tx.conn).optional()?.ok_or_else(Problem::not_found)?)
}

/// Changes a contact.
pub fn update_contact(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, patch: &Patch<ContactFacts>) -> Result<Contact> {
    let mut contact = locked_contact(tx, r)?;
    let facts = patch.apply(&ContactFacts {
        name: contact.name.clone(),
        position: contact.position.clone(),
        phone: contact.phone.clone(),
        email: contact.email.clone(),
        decision_maker: contact.decision_maker,
        is_primary: contact.is_primary,
        note: contact.note.clone(),
    })?;
    stale(tx, &contact, if_match)?;
    contact.name = facts.name;
    contact.position = facts.position;
    contact.phone = facts.phone;
    contact.email = facts.email;
    contact.decision_maker = facts.decision_maker;
    contact.is_primary = facts.is_primary;
    contact.note = facts.note;
    save_contact(tx, &mut contact, "contact.changed")?;
    Ok(contact)
}

/// Voids a contact.
pub fn void_contact(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &Void) -> Result<Contact> {
    let mut contact = locked_contact(tx, r)?;
    stale(tx, &contact, if_match)?;
    (contact.voided_at, contact.voided_by, contact.void_reason) =
        (Some(tx.now), Some(tx.actor.id), Some(body.reason.clone()));
    save_contact(tx, &mut contact, "contact.voided")?;
    Ok(contact)
}

fn save_contact(tx: &mut Tx<'_>, contact: &mut Contact, kind: &str) -> Result<()> {
    contact.version += 1;
    contact.updated_at = tx.now;
    diesel::update(client_contacts::table.filter(client_contacts::id.eq(contact.id)))
        .set(&*contact)
        .execute(tx.conn)?;
    tx.record(contact, kind)
}
