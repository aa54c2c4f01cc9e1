//! The rows of documents: a document belongs to a project or to a client, and has revisions; who may see it follows from both and from its level.

use super::sight;
use crate::access::{Result, Tx};
use crate::clients;
use crate::db::schema::{document_links, document_revisions, documents, events, payments, schemes, waivers};
use crate::db::{At, Both, Id, text_enum};
use crate::events::Subject;
use crate::http::{Problem, Ref};
use crate::workflow::{self, Project};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

text_enum! {
    /// Who may open a document.
    Confidentiality {
        /// Whoever sees the project or client.
        Normal = "normal",
        /// The accountable owner, group leaders, the back group's staff, manager, finance, auditor, administrator.
        Confidential = "confidential",
        /// The accountable owner, manager, finance, auditor, administrator.
        Restricted = "restricted",
    }
}

/// A document.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = documents, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Document {
    /// The document.
    pub id: Id,
    /// The project it belongs to.
    pub project_id: Option<Id>,
    /// The client it belongs to, where it belongs to no project.
    pub client_id: Option<Id>,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What it is, as checklists name it.
    #[schema(example = "contract_scan")]
    pub category: String,
    /// Its title.
    #[schema(example = "Contract, signed")]
    pub title: String,
    /// What `q` searches; none where it was filed before titles were found by their sound.
    #[serde(skip)]
    #[schema(ignore)]
    pub search_text: Option<String>,
    /// Who may open it.
    pub confidentiality: Confidentiality,
    /// The number of its latest revision.
    #[schema(example = 1)]
    pub latest_revision: i64,
    /// When filed.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

/// One revision of a document: its bytes never change.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = document_revisions, treat_none_as_default_value = false)]
pub struct Revision {
    /// The revision.
    pub id: Id,
    /// The document.
    pub document_id: Id,
    /// Its number, from 1.
    #[schema(example = 1)]
    pub revision: i64,
    /// The name of the file.
    #[schema(example = "contract.pdf")]
    pub file_name: String,
    /// What it is, by its content.
    #[schema(example = "application/pdf")]
    pub media_type: String,
    /// Bytes.
    #[schema(example = 48_211)]
    pub size: i64,
    /// SHA-256 of the bytes, in lower-case hexadecimal; the `ETag` of the download.
    #[schema(example = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")]
    pub sha256: String,
    /// When uploaded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
}

/// What a document is part of.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = document_links, treat_none_as_default_value = false)]
pub struct DocumentLink {
    /// The document.
    #[serde(skip)]
    #[schema(ignore)]
    pub document_id: Id,
    /// What kind of record.
    #[schema(example = "contract")]
    pub subject_kind: String,
    /// Which.
    pub subject_id: Id,
    /// Since when.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
}

impl Subject for Document {
    const KIND: &'static str = "document";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        self.project_id
    }
    fn about_client(&self) -> Option<Id> {
        self.client_id
    }
    fn is_voided(&self) -> bool {
        self.voided_at.is_some()
    }
}

/// What a document belongs to, locked for a change.
#[derive(Debug, Clone)]
pub enum Holder {
    /// A project.
    Project(Box<Project>),
    /// A client.
    Client(Box<clients::Client>),
}

/// A document that this caller may read, or 404.
pub fn find(tx: &mut Tx<'_>, r: &Ref) -> Result<Document> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    let query = sight::readable(&tx.actor).filter(documents::id.eq(Id(*id))).select(Document::as_select());
    query.first(tx.conn).optional()?.ok_or_else(|| Problem::not_found().into())
}

/// As [`find`], with what it belongs to locked and the document read again under the lock. A voided one too: `stale` refuses it.
pub fn locked(tx: &mut Tx<'_>, r: &Ref) -> Result<(Holder, Document)> {
    let found = find(tx, r)?;
    let holder = match (found.project_id, found.client_id) {
        (Some(project), _) => Holder::Project(Box::new(workflow::lock_id(tx, project)?)),
        (None, Some(client)) => Holder::Client(Box::new(clients::lock(tx, client)?)),
        (None, None) => return Err(Problem::not_found().into()),
    };
    Ok((holder, find(tx, r)?))
}

/// Any document by id, whoever asks: for acts that were allowed before.
pub fn by_id(tx: &mut Tx<'_>, id: Id) -> Result<Option<Document>> {
    Ok(documents::table.filter(documents::id.eq(id)).select(Document::as_select()).first(tx.conn).optional()?)
}

/// The revisions of a document, oldest first.
pub fn revisions(tx: &mut Tx<'_>, document: Id) -> Result<Vec<Revision>> {
    let rows = document_revisions::table.filter(document_revisions::document_id.eq(document));
    Ok(rows.order(document_revisions::revision).select(Revision::as_select()).load(tx.conn)?)
}

/// One revision of a document; the latest where none is named.
pub fn revision(tx: &mut Tx<'_>, document: &Document, number: Option<i64>) -> Result<Revision> {
    let wanted = number.unwrap_or(document.latest_revision);
    let rows = document_revisions::table
        .filter(document_revisions::document_id.eq(document.id))
        .filter(document_revisions::revision.eq(wanted));
    rows.select(Revision::as_select()).first(tx.conn).optional()?.ok_or_else(|| Problem::not_found().into())
}

/// What a document is part of.
pub fn links(tx: &mut Tx<'_>, document: Id) -> Result<Vec<DocumentLink>> {
    let rows = document_links::table.filter(document_links::document_id.eq(document));
    Ok(rows
        .order((document_links::created_at, document_links::subject_id))
        .select(DocumentLink::as_select())
        .load(tx.conn)?)
}

/// Whether an act used it: it is linked to a record, was filed as evidence, or is named by a scheme or as a payment's authorisation.
pub fn is_used(tx: &mut Tx<'_>, document: &Document) -> Result<bool> {
    let waived = waivers::table
        .filter(waivers::project_id.nullable().eq(document.project_id))
        .filter(waivers::evidence.eq("signed_contract"))
        .filter(waivers::voided_at.is_null());
    let letter = ["award_letter", "letter_of_intent"].contains(&document.category.as_str());
    // The contract was waived on the strength of the letter.
    if letter && waived.count().get_result::<i64>(tx.conn)? > 0 {
        return Ok(true);
    }
    let document = document.id;
    let linked =
        document_links::table.filter(document_links::document_id.eq(document)).count().get_result::<i64>(tx.conn)?;
    if linked > 0 {
        return Ok(true);
    }
    if was_filed(tx, document)? {
        return Ok(true);
    }
    let scheme = schemes::table.filter(schemes::document_id.eq(document)).filter(schemes::voided_at.is_null());
    let payment =
        payments::table.filter(payments::authorisation_document_id.eq(document)).filter(payments::voided_at.is_null());
    Ok(scheme.count().get_result::<i64>(tx.conn)? + payment.count().get_result::<i64>(tx.conn)? > 0)
}

/// Whether an act filed it as its evidence, and was not taken back.
pub fn was_filed(tx: &mut Tx<'_>, document: Id) -> Result<bool> {
    let mut times = |kind: &str| {
        let told = events::table.filter(events::subject_id.eq(document)).filter(events::kind.eq(kind.to_owned()));
        told.count().get_result::<i64>(tx.conn)
    };
    Ok(times("document.filed")? > times("document.released")?)
}

/// Whether this record belongs to the same project or client: every record has left events there.
pub fn stands_beside(tx: &mut Tx<'_>, holder: &Holder, kind: &str, subject: Id) -> Result<bool> {
    let rows = events::table
        .filter(events::subject_id.eq(subject))
        .filter(events::subject_kind.eq(kind.to_owned()))
        .into_boxed();
    let rows = match holder {
        Holder::Project(project) => rows.filter(events::project_id.eq(project.id)),
        Holder::Client(client) => rows.filter(events::client_id.eq(client.id)),
    };
    Ok(rows.count().get_result::<i64>(tx.conn)? > 0)
}

/// Inserts a document with its first revision and its event, which names the bytes.
pub fn insert(tx: &mut Tx<'_>, document: &Document, revision: &Revision) -> Result<()> {
    diesel::insert_into(documents::table).values(document).execute(tx.conn)?;
    diesel::insert_into(document_revisions::table).values(revision).execute(tx.conn)?;
    tx.record_with(document, "document.uploaded", note_of(revision))
}

/// Saves a document with a new revision.
pub fn save_revision(tx: &mut Tx<'_>, document: &mut Document, revision: &Revision) -> Result<()> {
    diesel::insert_into(document_revisions::table).values(revision).execute(tx.conn)?;
    update(tx, document)?;
    tx.record_with(document, "document.revised", note_of(revision))
}

/// Saves a changed document: raises its version, leaves its event.
pub fn save(tx: &mut Tx<'_>, document: &mut Document, kind: &str, note: Option<Value>) -> Result<()> {
    update(tx, document)?;
    match note {
        Some(note) => tx.record_with(document, kind, note),
        None => tx.record(document, kind),
    }
}

/// Links a document to a record, once; says whether it was new.
pub fn insert_link(tx: &mut Tx<'_>, link: &DocumentLink) -> Result<bool> {
    let inserted =
        Both(diesel::insert_into(document_links::table).values(link).on_conflict_do_nothing()).execute(tx.conn)?;
    Ok(inserted == 1)
}

fn update(tx: &mut Tx<'_>, document: &mut Document) -> Result<()> {
    let was = document.version;
    document.version += 1;
    document.updated_at = tx.now;
    let rows = documents::table.filter(documents::id.eq(document.id)).filter(documents::version.eq(was));
    if diesel::update(rows).set(&*document).execute(tx.conn)? == 1 {
        return Ok(());
    }
    Err(Problem::conflict("The document changed meanwhile. Read it again.", "文件同時被更改，請重新讀取。").into())
}

/// What the event of an upload adds to the document: with it the hash chain covers the bytes too.
fn note_of(revision: &Revision) -> Value {
    json!({
        "revision": revision.revision, "file_name": revision.file_name, "media_type": revision.media_type,
        "size": revision.size, "sha256": revision.sha256,
    })
}
