//! Filing: an act that takes a document as evidence gives it its category and says what it is part of.

use super::store::{self, DocumentLink};
use crate::access::{Result, Tx};
use crate::db::Id;
use crate::http::Problem;
use crate::workflow::Project;
use serde_json::json;

/// Files a document of this project under the category that the act gives it. 422 at `pointer` where the project has no such document or it was
/// voided. The project must be locked.
pub fn file_as(tx: &mut Tx<'_>, project: &Project, document: Id, category: &str, pointer: &str) -> Result<()> {
    let found = store::by_id(tx, document)?.filter(|d| d.project_id == Some(project.id));
    let Some(mut found) = found else {
        return Err(Problem::validation(
            pointer,
            "unknown",
            "The project has no such document: upload it to this project first.",
            "本項目沒有此文件：請先上傳到本項目。",
        )
        .into());
    };
    if found.voided_at.is_some() {
        return Err(Problem::validation(
            pointer,
            "voided",
            "The document was voided: name another one.",
            "文件已作廢，請改用其他文件。",
        )
        .into());
    }
    if found.category != category && store::is_used(tx, &found)? {
        return Err(Problem::validation(
            pointer,
            "used",
            format!("The document is filed as `{}` by another act: upload a copy for this one.", found.category),
            format!("文件已由另一操作歸為「{}」：請另行上傳一份。", found.category),
        )
        .into());
    }
    category.clone_into(&mut found.category);
    store::save(tx, &mut found, "document.filed", None)
}

/// Takes back that an act filed this document, because its record was voided: it can be called something else, voided, or filed by another.
pub fn release(tx: &mut Tx<'_>, document: Id) -> Result<()> {
    match store::by_id(tx, document)? {
        Some(mut found) if found.voided_at.is_none() => store::save(tx, &mut found, "document.released", None),
        Some(_) | None => Ok(()),
    }
}

/// Says that a document is part of a record. Naming the same record again changes nothing.
pub fn link(tx: &mut Tx<'_>, document: Id, kind: &str, subject_id: Id) -> Result<()> {
    let link = DocumentLink {
        document_id: document,
        subject_kind: kind.to_owned(),
        subject_id,
        created_at: tx.now,
        created_by: tx.actor.id,
    };
    if !store::insert_link(tx, &link)? {
        return Ok(());
    }
    let Some(mut found) = store::by_id(tx, document)? else { return Err(Problem::not_found().into()) };
    store::save(tx, &mut found, "document.linked", Some(json!({ "subject_kind": kind, "subject_id": subject_id })))
}
