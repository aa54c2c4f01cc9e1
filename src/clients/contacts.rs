//! Recording and changing contacts.

use super::actions::{locked, locked_standing};
use super::store::{Client, Contact};
use crate::access::{Result, Tx};
use crate::db::Id;
use crate::db::schema::client_contacts;
use crate::http::{IfMatch, Patch, Problem, Ref};
use crate::records::{Void, refuse_voided, stale};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

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

/// Records a contact of a client.
pub fn create(tx: &mut Tx<'_>, r: &Ref, new: &ContactFacts) -> Result<Contact> {
    let client = locked_standing(tx, r)?;
    insert(tx, client.id, new)
}

/// Records a contact of a client that is locked or new.
pub(super) fn insert(tx: &mut Tx<'_>, client_id: Id, new: &ContactFacts) -> Result<Contact> {
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
fn locked_contact(tx: &mut Tx<'_>, r: &Ref) -> Result<(Client, Contact)> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    let row =
        client_contacts::table.filter(client_contacts::id.eq(Id(*id))).filter(client_contacts::voided_at.is_null());
    let found = row.select(Contact::as_select()).first(tx.conn).optional()?.ok_or_else(Problem::not_found)?;
    let client = locked(tx, &Ref::Id(found.client_id.0))?;
    let contact = row.select(Contact::as_select()).first(tx.conn).optional()?.ok_or_else(Problem::not_found)?;
    Ok((client, contact))
}

/// Changes a contact.
pub fn update(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, patch: &Patch<ContactFacts>) -> Result<Contact> {
    let (client, mut contact) = locked_contact(tx, r)?;
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
    refuse_voided(&client)?;
    contact.name = facts.name;
    contact.position = facts.position;
    contact.phone = facts.phone;
    contact.email = facts.email;
    contact.decision_maker = facts.decision_maker;
    contact.is_primary = facts.is_primary;
    contact.note = facts.note;
    save(tx, &mut contact, "contact.changed")?;
    Ok(contact)
}

/// Voids a contact.
pub fn void(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &Void) -> Result<Contact> {
    let (client, mut contact) = locked_contact(tx, r)?;
    stale(tx, &contact, if_match)?;
    refuse_voided(&client)?;
    (contact.voided_at, contact.voided_by, contact.void_reason) =
        (Some(tx.now), Some(tx.actor.id), Some(body.reason.clone()));
    save(tx, &mut contact, "contact.voided")?;
    Ok(contact)
}

fn save(tx: &mut Tx<'_>, contact: &mut Contact, kind: &str) -> Result<()> {
    contact.version += 1;
    contact.updated_at = tx.now;
    diesel::update(client_contacts::table.filter(client_contacts::id.eq(contact.id)))
        .set(&*contact)
        .execute(tx.conn)?;
    tx.record(contact, kind)
}
