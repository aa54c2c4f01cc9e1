//! Filing by an act: what an act files gets its category from the act.

use crate::access::{Result, Tx};
use crate::db::{At, Id, schema::documents};
use crate::events::Subject;
use crate::http::Problem;
use crate::workflow::Project;
use diesel::prelude::*;
use serde::Serialize;

/// A document as filing sees it: the row whose category it sets.
#[derive(Debug, Clone, Serialize, Queryable, Selectable)]
#[diesel(table_name = documents)]
struct Filed {
    id: Id,
    project_id: Option<Id>,
    client_id: Option<Id>,
    version: i64,
    category: String,
    title: String,
    confidentiality: String,
    latest_revision: i64,
    created_at: At,
    created_by: Id,
    updated_at: At,
    voided_at: Option<At>,
    voided_by: Option<Id>,
    void_reason: Option<String>,
}

impl Subject for Filed {
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
}

/// Files a document of this project in the category of the act that uses it. 422 at `pointer` where the project has no such document. The project
/// is locked by the caller.
pub fn file_as(tx: &mut Tx<'_>, project: &Project, document: Id, category: &str, pointer: &str) -> Result<()> {
    let of_project = documents::table.filter(documents::id.eq(document)).filter(documents::project_id.eq(project.id)).filter(documents::voided_at.is_null());
    let found = of_project.select(Filed::as_select()).first(tx.conn).optional()?;
    let Some(mut filed) = found else {
        return Err(Problem::validation(pointer, "unknown", "This project has no such document: upload it first.", "此項目沒有這份文件；請先上傳。").into());
    };
    if filed.category == category {
        return Ok(());
    }
    filed.category = category.to_owned();
    filed.version += 1;
    filed.updated_at = tx.now;
    let row = (documents::category.eq(filed.category.clone()), documents::version.eq(filed.version), documents::updated_at.eq(filed.updated_at));
    diesel::update(documents::table.filter(documents::id.eq(document))).set(row).execute(tx.conn)?;
    tx.record(&filed, "document.filed")
}
