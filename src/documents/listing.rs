//! Lists of documents and of who opened them.

use super::sight;
use super::store::{Document, Revision};
use crate::access::{Result, Tx};
use crate::db::schema::{clients, document_accesses, document_links, document_revisions, documents, projects};
use crate::db::{At, Id, MultiBackend, like_pattern, lower};
use crate::events::{Event, Subject};
use crate::http::{Page, PageOf, Ref, Reply};
use crate::page_by_id;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A document as lists show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DocumentSummary {
    /// The document.
    #[serde(flatten)]
    pub document: Document,
    /// Its latest revision.
    pub latest: Revision,
}

/// What narrows the list of all documents.
#[derive(Debug, Clone, Default, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentFilter {
    /// Only of this project.
    pub project: Option<Ref>,
    /// Only of this client and its projects.
    pub client: Option<Ref>,
    /// Only in this category.
    #[validate(length(max = 60))]
    #[param(example = "contract_scan", max_length = 60)]
    pub category: Option<String>,
    /// Only those that are part of this record.
    pub subject_id: Option<Id>,
    /// Part of the title.
    #[validate(length(min = 1, max = 100))]
    #[param(example = "contract", min_length = 1, max_length = 100)]
    pub q: Option<String>,
    /// Voided ones too.
    pub include_voided: Option<bool>,
}

/// What narrows the list of one project's or client's documents.
#[derive(Debug, Clone, Default, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnDocumentFilter {
    /// Only in this category.
    #[validate(length(max = 60))]
    #[param(example = "contract_scan", max_length = 60)]
    pub category: Option<String>,
    /// Only those that are part of this record.
    pub subject_id: Option<Id>,
    /// Part of the title.
    #[validate(length(min = 1, max = 100))]
    #[param(example = "contract", min_length = 1, max_length = 100)]
    pub q: Option<String>,
    /// Voided ones too.
    pub include_voided: Option<bool>,
}

impl From<&OwnDocumentFilter> for DocumentFilter {
    fn from(own: &OwnDocumentFilter) -> Self {
        Self {
            project: None,
            client: None,
            category: own.category.clone(),
            subject_id: own.subject_id,
            q: own.q.clone(),
            include_voided: own.include_voided,
        }
    }
}

/// Whose documents are listed.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// All that the filter names.
    Everything,
    /// Of one project.
    Project(Id),
    /// Of one client itself.
    Client(Id),
}

fn wanted(tx: &Tx<'_>, of: Of, filter: &DocumentFilter) -> documents::BoxedQuery<'static, MultiBackend> {
    let mut rows = sight::readable(&tx.actor);
    rows = match of {
        Of::Everything => rows,
        Of::Project(project) => rows.filter(documents::project_id.eq(project)),
        Of::Client(client) => rows.filter(documents::client_id.eq(client)),
    };
    if let Some(project) = &filter.project {
        rows = match project {
            Ref::Id(id) => rows.filter(documents::project_id.eq(Id(*id))),
            Ref::Number(number) => rows.filter(
                documents::project_id.assume_not_null().eq_any(
                    projects::table
                        .filter(projects::number.eq(number.clone()).or(projects::inquiry_number.eq(number.clone())))
                        .select(projects::id),
                ),
            ),
        };
    }
    if let Some(client) = &filter.client {
        let (id, number) = match client {
            Ref::Id(id) => (Id(*id), String::new()),
            Ref::Number(number) => (Id(uuid::Uuid::nil()), number.clone()),
        };
        let it = clients::table.filter(clients::id.eq(id).or(clients::number.eq(number.clone()))).select(clients::id);
        let its = clients::table.filter(clients::id.eq(id).or(clients::number.eq(number))).select(clients::id);
        let projects = projects::table.filter(projects::client_id.eq_any(its)).select(projects::id);
        let own = documents::client_id.is_not_null().and(documents::client_id.assume_not_null().eq_any(it));
        let of_project =
            documents::project_id.is_not_null().and(documents::project_id.assume_not_null().eq_any(projects));
        rows = rows.filter(own.or(of_project));
    }
    if let Some(category) = &filter.category {
        rows = rows.filter(documents::category.eq(category.clone()));
    }
    if let Some(subject) = filter.subject_id {
        rows = rows.filter(documents::id.eq_any(
            document_links::table.filter(document_links::subject_id.eq(subject)).select(document_links::document_id),
        ));
    }
    if let Some(q) = &filter.q {
        let of_sound = documents::search_text.assume_not_null().like(like_pattern(q)).escape('\\');
        rows = rows.filter(lower(documents::title).like(like_pattern(q)).escape('\\').or(of_sound));
    }
    if filter.include_voided != Some(true) {
        rows = rows.filter(documents::voided_at.is_null());
    }
    rows
}

/// One page of documents with their latest revisions.
pub fn listed(tx: &mut Tx<'_>, of: Of, filter: &DocumentFilter, page: &Page) -> Result<Reply<PageOf<DocumentSummary>>> {
    let total =
        if page.wants_total() { Some(wanted(tx, of, filter).count().get_result::<i64>(tx.conn)?) } else { None };
    let (rows, next) = page_by_id!(tx, page, documents, Document, wanted(tx, of, filter));
    let mut latest = latest(tx, &rows)?;
    // A document begins with its first revision.
    let summary = |document: Document| Some(DocumentSummary { latest: latest.remove(&document.id)?, document });
    let data = rows.into_iter().filter_map(summary).collect();
    Ok(Reply::list(data, next, total)?)
}

fn latest(tx: &mut Tx<'_>, rows: &[Document]) -> Result<BTreeMap<Id, Revision>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    // Ordered by number: the last one of each document stays.
    let revisions = document_revisions::table
        .filter(document_revisions::document_id.eq_any(ids))
        .order(document_revisions::revision);
    let revisions = revisions.select(Revision::as_select()).load(tx.conn)?;
    Ok(revisions.into_iter().map(|revision| (revision.document_id, revision)).collect())
}

/// The documents of these categories that a project holds, with what they are.
pub fn of_categories(tx: &mut Tx<'_>, project: Id, categories: &[String]) -> Result<Vec<(String, Id)>> {
    let rows =
        sight::readable(&tx.actor).filter(documents::project_id.eq(project)).filter(documents::voided_at.is_null());
    let rows = rows.filter(documents::category.eq_any(categories.to_vec())).order(documents::id);
    Ok(rows.select((documents::category, documents::id)).load(tx.conn)?)
}

/// These events without those of documents that the caller may not read.
pub fn told_to(tx: &mut Tx<'_>, events: Vec<Event>) -> Result<Vec<Event>> {
    let of_a_document = |event: &Event| event.subject_kind == Document::KIND;
    let ids: Vec<Id> = events.iter().filter(|event| of_a_document(event)).map(|event| event.subject_id).collect();
    let rows = sight::readable(&tx.actor).filter(documents::id.eq_any(ids)).select(documents::id);
    let readable: BTreeSet<Id> = rows.load(tx.conn)?.into_iter().collect();
    Ok(events.into_iter().filter(|event| !of_a_document(event) || readable.contains(&event.subject_id)).collect())
}

/// Somebody opened a confidential document.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = document_accesses, treat_none_as_default_value = false)]
pub struct DocumentAccess {
    /// The entry.
    pub id: Id,
    /// The document.
    pub document_id: Id,
    /// Its revision.
    #[schema(example = 1)]
    pub revision: i64,
    /// Who.
    pub user_id: Id,
    /// When.
    pub at: At,
}

/// Notes that the caller opens this revision.
pub fn log_access(tx: &mut Tx<'_>, document: Id, revision: i64) -> Result<()> {
    let row = DocumentAccess { id: Id::new(), document_id: document, revision, user_id: tx.actor.id, at: tx.now };
    diesel::insert_into(document_accesses::table).values(&row).execute(tx.conn)?;
    Ok(())
}

/// Notes that the caller opens everything of a project that is not for all, as with its package.
pub fn log_access_to_all(tx: &mut Tx<'_>, project: Id) -> Result<()> {
    let rows =
        documents::table.filter(documents::project_id.eq(project)).filter(documents::confidentiality.ne("normal"));
    let rows = rows.select((documents::id, documents::latest_revision)).load::<(Id, i64)>(tx.conn)?;
    for (document, revision) in rows {
        log_access(tx, document, revision)?;
    }
    Ok(())
}

/// One page of who opened a document.
pub fn accesses(tx: &mut Tx<'_>, document: Id, page: &Page) -> Result<Reply<PageOf<DocumentAccess>>> {
    let (data, next) = page_by_id!(
        tx,
        page,
        document_accesses,
        DocumentAccess,
        document_accesses::table.filter(document_accesses::document_id.eq(document)).into_boxed()
    );
    Ok(Reply::list(data, next, None)?)
}
