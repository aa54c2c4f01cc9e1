//! Filing, revising, changing, voiding and linking documents.

use super::filing;
use super::store::{self, Confidentiality, Document, Holder, Revision, locked};
use super::upload::{CATEGORY_EN, CATEGORY_ZH, NewDocument, NewFile, is_category};
use crate::access::{Result, Role, Tx};
use crate::clients;
use crate::db::{Id, searchable};
use crate::http::{Code, IfMatch, Patch, Problem, Ref, broken};
use crate::records::{Void, refuse_voided, stale};
use crate::workflow::{self, Party, Project, Stage, acts};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// Categories that a sealed project still takes.
const AFTER_SEALING: &[&str] = &["addendum", "complaint"];
/// Who may change what another person filed.
const LEADERS: &[Party] = &[Party::AccountableOwner, Party::AccountableLeader, Party::Manager];

/// What may be changed about a document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DocumentFacts {
    /// Its title.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Contract, signed", min_length = 1, max_length = 200)]
    pub title: String,
    /// What it is, as checklists name it.
    #[validate(custom(function = category))]
    #[schema(example = "contract_scan", min_length = 1, max_length = 60, pattern = "^[a-z][a-z0-9_]*$")]
    pub category: String,
    /// Who may open it.
    pub confidentiality: Confidentiality,
}

fn category(word: &str) -> std::result::Result<(), ValidationError> {
    if is_category(word) { Ok(()) } else { Err(broken("format", CATEGORY_EN, CATEGORY_ZH)) }
}

/// A record that a document is part of.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LinkDocument {
    /// What kind of record, in the singular.
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "adjustment", min_length = 1, max_length = 60)]
    pub subject_kind: String,
    /// Which: a record of the same project or client.
    pub subject_id: Id,
}

/// What a new document is filed on.
#[derive(Debug, Clone)]
pub enum Target {
    /// A project.
    Project(Ref),
    /// A client.
    Client(Ref),
}

/// Files a new document.
pub fn file(tx: &mut Tx<'_>, target: &Target, new: &NewDocument) -> Result<Document> {
    let (project_id, client_id) = match target {
        Target::Project(r) => {
            let project = workflow::lock(tx, r)?;
            may_file(tx, &project, &new.category)?;
            (Some(project.id), None)
        }
        Target::Client(r) => {
            let client = client_for_filing(tx, r)?;
            (None, Some(client.id))
        }
    };
    let document = Document {
        id: Id::new(),
        project_id,
        client_id,
        version: 1,
        category: new.category.clone(),
        title: new.title.clone(),
        search_text: Some(searchable(&new.title)),
        confidentiality: new.confidentiality,
        latest_revision: 1,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    let revision = revision_of(tx, &document, &new.file);
    store::insert(tx, &document, &revision)?;
    Ok(document)
}

/// Adds a revision; earlier ones stay.
pub fn revise(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, file: &NewFile) -> Result<Document> {
    let (holder, mut document) = locked(tx, r)?;
    stale(tx, &document, if_match)?;
    if let Holder::Project(project) = &holder {
        may_file(tx, project, &document.category)?;
    }
    document.latest_revision += 1;
    let revision = revision_of(tx, &document, file);
    store::save_revision(tx, &mut document, &revision)?;
    Ok(document)
}

/// Changes title, category or level. The category of what an act filed stays.
pub fn update(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, patch: &Patch<DocumentFacts>) -> Result<Document> {
    let (holder, mut document) = locked(tx, r)?;
    let before = DocumentFacts {
        title: document.title.clone(),
        category: document.category.clone(),
        confidentiality: document.confidentiality,
    };
    let facts = patch.apply(&before)?;
    stale(tx, &document, if_match)?;
    may_change(tx, &holder, &document)?;
    if let Holder::Project(project) = &holder {
        may_file(tx, project, &facts.category)?;
    }
    if !is_category(&facts.category) {
        return Err(Problem::validation("/category", "format", CATEGORY_EN, CATEGORY_ZH).into());
    }
    if facts.title.trim().is_empty() {
        return Err(Problem::validation("/title", "length", "A document has a title.", "文件須有標題。").into());
    }
    if facts.category != before.category && store::is_used(tx, &document)? {
        return Err(Problem::state(
            "An act has used this document: its category stays. Upload another one.",
            "此文件已作為依據使用，類別不能更改；請另行上傳。",
        )
        .into());
    }
    document.search_text = Some(searchable(&facts.title));
    document.title = facts.title;
    document.category = facts.category;
    document.confidentiality = facts.confidentiality;
    store::save(tx, &mut document, "document.updated", None)?;
    Ok(document)
}

/// Voids a document filed by mistake, unless an act has used it.
pub fn void(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &Void) -> Result<Document> {
    let (holder, mut document) = locked(tx, r)?;
    stale(tx, &document, if_match)?;
    if let Holder::Project(project) = &holder
        && project.sealed_at.is_some()
    {
        return Err(Problem::state(
            "The project is sealed: nothing in it is voided any more.",
            "項目已封存，記錄不能再作廢。",
        )
        .into());
    }
    if store::is_used(tx, &document)? {
        return Err(Problem::state(
            "An act has used this document, or a record refers to it: it can no longer be voided.",
            "此文件已被使用或引用，不能再作廢。",
        )
        .into());
    }
    may_change(tx, &holder, &document)?;
    document.voided_at = Some(tx.now);
    document.voided_by = Some(tx.actor.id);
    document.void_reason = Some(body.reason.clone());
    store::save(tx, &mut document, "document.voided", Some(json!({ "reason": body.reason })))?;
    Ok(document)
}

/// Says that a document is part of a record of the same project or client.
pub fn link(tx: &mut Tx<'_>, r: &Ref, new: &LinkDocument) -> Result<Document> {
    let (holder, document) = locked(tx, r)?;
    refuse_voided(&document)?;
    if let Holder::Project(project) = &holder {
        may_file(tx, project, &document.category)?;
    }
    if new.subject_id == document.id || !store::stands_beside(tx, &holder, &new.subject_kind, new.subject_id)? {
        return Err(Problem::validation(
            "/subject_id",
            "unknown",
            "There is no such record beside this document.",
            "與此文件同屬的範圍內沒有此記錄。",
        )
        .into());
    }
    filing::link(tx, document.id, &new.subject_kind, new.subject_id)?;
    Ok(store::by_id(tx, document.id)?.unwrap_or(document))
}

/// In every open stage, by whoever works on the project; complaints in any stage, addenda once it is sealed.
fn may_file(tx: &mut Tx<'_>, project: &Project, category: &str) -> Result<()> {
    let ended = project.sealed_at.is_some() || project.stage == Stage::Archived || category == "complaint";
    if !(ended && AFTER_SEALING.contains(&category)) {
        return workflow::allow(tx, project, &acts::FILE_DOCUMENT, None, None);
    }
    if workflow::is_any(tx, project, acts::FILE_DOCUMENT.by, None)? {
        return Ok(());
    }
    Err(Problem::not_party(
        "Only those who work on this project file documents on it.",
        "只有參與此項目的人員可歸入文件。",
    )
    .into())
}

/// Whoever filed it, or whoever answers for the project or client.
fn may_change(tx: &mut Tx<'_>, holder: &Holder, document: &Document) -> Result<()> {
    let maker = document.created_by == tx.actor.id;
    let allowed = match holder {
        Holder::Project(project) => {
            may_file(tx, project, &document.category)?;
            maker || workflow::is_any(tx, project, LEADERS, None)?
        }
        Holder::Client(client) => {
            let leads = matches!(tx.actor.role, Role::Manager | Role::FrontLeader | Role::BackLeader);
            maker || leads || client.owner_id == Some(tx.actor.id)
        }
    };
    if allowed {
        return Ok(());
    }
    Err(Problem::not_party(
        "A document is changed or voided by whoever filed it, the owner, the group's leader or the manager.",
        "文件由上傳人、負責人、組長或主管更改或作廢。",
    )
    .into())
}

/// Contributors see no clients.
fn client_for_filing(tx: &mut Tx<'_>, r: &Ref) -> Result<clients::Client> {
    if tx.actor.role == Role::Contributor {
        return Err(Problem::plain(Code::NotFound).into());
    }
    clients::locked_standing(tx, r)
}

fn revision_of(tx: &Tx<'_>, document: &Document, file: &NewFile) -> Revision {
    Revision {
        id: Id::new(),
        document_id: document.id,
        revision: document.latest_revision,
        file_name: file.file_name.clone(),
        media_type: file.media_type.to_owned(),
        size: file.size,
        sha256: file.sha256.clone(),
        created_at: tx.now,
        created_by: tx.actor.id,
    }
}
