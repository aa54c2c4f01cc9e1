//! Documents over HTTP.

use super::actions::{self, DocumentFacts, LinkDocument, Target};
use super::download::{self, Download};
use super::files::Files;
use super::listing::{self, DocumentAccess, DocumentFilter, DocumentSummary, Of, OwnDocumentFilter};
use super::store::{self, Confidentiality, Document, DocumentLink, Revision};
use super::upload::Form;
use crate::access::{Access, DocumentAccessRead, DocumentsRead, DocumentsWrite, Result, Role, Tx};
use crate::clients;
use crate::http::{
    Answer, Body, CreatedAnswer, IfMatch, Listed, OperationDraft, Page, Patch, Path, Problem, Query, Ref, Reply, Routes,
};
use crate::records::{EventView, Void, history_of};
use crate::workflow;
use actix_multipart::Multipart;
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Documents.
pub fn routes(r: &mut Routes) {
    r.tag("Documents", "Files of projects and clients: streamed in, known by their content, kept by their SHA-256, with revisions, category and level.");
    let listed = |op: &mut OperationDraft| {
        op.sorts(&["created_at"]).counts();
    };
    let form = |op: &mut OperationDraft| {
        op.body::<UploadForm>(FORM, true);
    };
    r.get_with(
        "/v1/documents",
        list_documents,
        "List documents",
        "Of every project and client in the caller's sight, as far as their level allows. `q` searches titles.",
        listed,
    );
    r.get_with(
        "/v1/projects/{project}/documents",
        list_project_documents,
        "List the documents of a project",
        "As far as their level allows.",
        listed,
    );
    r.raw(
        Method::POST,
        "/v1/projects/{project}/documents",
        upload_project_document,
        "File a document on a project",
        UPLOAD,
        form,
    );
    r.get_with(
        "/v1/clients/{client}/documents",
        list_client_documents,
        "List the documents of a client",
        "Its own, not those of its projects.",
        listed,
    );
    r.raw(
        Method::POST,
        "/v1/clients/{client}/documents",
        upload_client_document,
        "File a document on a client",
        "By whoever sees the client. The parts may come in any order.",
        form,
    );
    r.get("/v1/documents/{document}", get_document, "Get one document", "With its revisions and what it is part of.");
    r.patch("/v1/documents/{document}", update_document, "Change a document", "JSON Merge Patch on title, category and level, by whoever filed it, the owner, the group's leader or the manager. The category of what an act has used stays.");
    r.raw(Method::GET, "/v1/documents/{document}/content", download_document, "Download a document", "The latest revision unless another is named. Opening a document that is not `normal` leaves a line in its access log.", download::describe);
    r.raw(
        Method::POST,
        "/v1/documents/{document}/revisions",
        upload_revision,
        "Add a revision",
        "Earlier ones stay.",
        |op: &mut OperationDraft| {
            op.body::<RevisionForm>(FORM, true);
        },
    );
    r.post(
        "/v1/documents/{document}/links",
        link_document,
        "Link a document to a record",
        "A record of the same project or client. What is linked can no longer be voided.",
    );
    r.post(
        "/v1/documents/{document}/void",
        void_document,
        "Void a document",
        "For one filed by mistake, while no act has used it. It is never deleted.",
    );
    r.get(
        "/v1/documents/{document}/history",
        list_document_events,
        "The history of one document",
        "Every event, oldest first.",
    );
    r.get_with(
        "/v1/documents/{document}/accesses",
        list_document_accesses,
        "Who opened a document",
        "Downloads of documents that are not `normal`, oldest first.",
        |op: &mut OperationDraft| {
            op.sorts(&["created_at"]);
        },
    );
}

const FORM: &[&str] = &["multipart/form-data"];
const UPLOAD: &str = "In every open stage, by the accountable owner, the group's leader or assistant, the manager, back staff, finance or contributors addressed. \
A sealed project still takes the categories `addendum` and `complaint`. The parts may come in any order; what the file is follows from its content.";

/// The form of a new document.
#[derive(Debug, ToSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the form is read part by part; this is what the document says about it")]
pub struct UploadForm {
    /// What it is, as checklists name it.
    #[schema(example = "contract_scan", min_length = 1, max_length = 60, pattern = "^[a-z][a-z0-9_]*$")]
    category: String,
    /// Its title; the file's name unless said.
    #[schema(example = "Contract, signed", max_length = 200, nullable = false)]
    title: Option<String>,
    /// Who may open it; `normal` unless said.
    #[schema(nullable = false)]
    confidentiality: Option<Confidentiality>,
    /// The bytes.
    #[schema(value_type = String, format = Binary, min_length = 1)]
    file: Vec<u8>,
}

/// The form of a revision.
#[derive(Debug, ToSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the form is read part by part; this is what the document says about it")]
pub struct RevisionForm {
    /// The bytes.
    #[schema(value_type = String, format = Binary, min_length = 1)]
    file: Vec<u8>,
}

/// A document with its revisions and what it is part of.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentView {
    /// The document.
    #[serde(flatten)]
    pub document: Document,
    /// Its revisions, oldest first.
    pub revisions: Vec<Revision>,
    /// What it is part of.
    pub links: Vec<DocumentLink>,
}

/// Which revision.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContentQuery {
    /// The number of a revision; the latest unless said.
    #[validate(range(min = 1))]
    #[param(example = 1, minimum = 1)]
    pub revision: Option<i64>,
}

fn view(tx: &mut Tx<'_>, document: Document) -> Result<DocumentView> {
    Ok(DocumentView { revisions: store::revisions(tx, document.id)?, links: store::links(tx, document.id)?, document })
}

fn shown(tx: &mut Tx<'_>, document: Document) -> Result<Reply<DocumentView>> {
    let version = document.version;
    Ok(Reply::ok(&view(tx, document)?)?.version(version))
}

fn created(tx: &mut Tx<'_>, document: Document) -> Result<Reply<DocumentView, 201>> {
    let (version, location) = (document.version, format!("/v1/documents/{}", document.id));
    Ok(Reply::created(&view(tx, document)?, location)?.version(version))
}

async fn list_documents(
    access: Access<DocumentsRead>,
    query: Query<DocumentFilter>,
    page: Page,
) -> Listed<DocumentSummary> {
    access.list(move |tx| listing::listed(tx, Of::Everything, &query, &page)).await
}

async fn list_project_documents(
    access: Access<DocumentsRead>,
    project: Path<Ref>,
    query: Query<OwnDocumentFilter>,
    page: Page,
) -> Listed<DocumentSummary> {
    access
        .list(move |tx| {
            let project = workflow::find(tx, &project)?;
            listing::listed(tx, Of::Project(project.id), &(&*query).into(), &page)
        })
        .await
}

async fn list_client_documents(
    access: Access<DocumentsRead>,
    client: Path<Ref>,
    query: Query<OwnDocumentFilter>,
    page: Page,
) -> Listed<DocumentSummary> {
    access
        .list(move |tx| {
            if tx.actor.role == Role::Contributor {
                return Err(Problem::not_found().into());
            }
            let client = clients::find(tx, &client)?;
            listing::listed(tx, Of::Client(client.id), &(&*query).into(), &page)
        })
        .await
}

async fn upload_project_document(
    access: Access<DocumentsWrite>,
    project: Path<Ref>,
    files: Data<Files>,
    form: Multipart,
) -> CreatedAnswer<DocumentView> {
    upload(access, Target::Project(project.into_inner()), &files, form).await
}

async fn upload_client_document(
    access: Access<DocumentsWrite>,
    client: Path<Ref>,
    files: Data<Files>,
    form: Multipart,
) -> CreatedAnswer<DocumentView> {
    upload(access, Target::Client(client.into_inner()), &files, form).await
}

async fn upload(
    access: Access<DocumentsWrite>,
    target: Target,
    files: &Files,
    form: Multipart,
) -> CreatedAnswer<DocumentView> {
    let form = Form::read(access.request(), files, form, &["category", "title", "confidentiality"]).await?;
    let new = form.document()?;
    keep(&access, files, form, move |tx| actions::file(tx, &target, &new)).await
}

/// A file that is refused must not be kept: nothing would ever clear it away.
async fn keep(
    access: &Access<DocumentsWrite>,
    files: &Files,
    form: Form,
    mut act: impl FnMut(&mut Tx<'_>) -> Result<Document> + Clone + Send + 'static,
) -> CreatedAnswer<DocumentView> {
    let job = move |tx: &mut Tx<'_>| act(tx).and_then(|document| created(tx, document));
    if let Some(answered) = access.rehearse(job.clone()).await? {
        return Ok(answered);
    }
    form.keep(files).await?;
    access.write(job).await
}

async fn upload_revision(
    access: Access<DocumentsWrite>,
    document: Path<Ref>,
    if_match: IfMatch,
    files: Data<Files>,
    form: Multipart,
) -> CreatedAnswer<DocumentView> {
    let form = Form::read(access.request(), &files, form, &[]).await?;
    let file = form.file();
    keep(&access, &files, form, move |tx| actions::revise(tx, &document, &if_match, &file)).await
}

async fn get_document(access: Access<DocumentsRead>, document: Path<Ref>) -> Answer<DocumentView> {
    access
        .read(move |tx| {
            let document = store::find(tx, &document)?;
            shown(tx, document)
        })
        .await
}

async fn update_document(
    access: Access<DocumentsWrite>,
    document: Path<Ref>,
    if_match: IfMatch,
    body: Patch<DocumentFacts>,
) -> Answer<DocumentView> {
    access
        .write(move |tx| {
            let document = actions::update(tx, &document, &if_match, &body)?;
            shown(tx, document)
        })
        .await
}

async fn void_document(
    access: Access<DocumentsWrite>,
    document: Path<Ref>,
    if_match: IfMatch,
    body: Body<Void>,
) -> Answer<DocumentView> {
    access
        .write(move |tx| {
            let document = actions::void(tx, &document, &if_match, &body)?;
            shown(tx, document)
        })
        .await
}

async fn link_document(
    access: Access<DocumentsWrite>,
    document: Path<Ref>,
    body: Body<LinkDocument>,
) -> CreatedAnswer<DocumentView> {
    access
        .write(move |tx| {
            let document = actions::link(tx, &document, &body)?;
            created(tx, document)
        })
        .await
}

async fn list_document_events(access: Access<DocumentsRead>, document: Path<Ref>, page: Page) -> Listed<EventView> {
    access
        .list(move |tx| {
            let document = store::find(tx, &document)?;
            history_of(tx, document.id, &page)
        })
        .await
}

async fn list_document_accesses(
    access: Access<DocumentAccessRead>,
    document: Path<Ref>,
    page: Page,
) -> Listed<DocumentAccess> {
    access
        .list(move |tx| {
            let document = store::find(tx, &document)?;
            listing::accesses(tx, document.id, &page)
        })
        .await
}

async fn download_document(
    access: Access<DocumentsRead>,
    document: Path<Ref>,
    query: Query<ContentQuery>,
    files: Data<Files>,
) -> std::result::Result<HttpResponse, Problem> {
    let (document, revision) = access.read(move |tx| revision_for_reader(tx, &document, query.revision)).await?;
    let confidential = document.confidentiality != Confidentiality::Normal;
    if confidential && download::sends_bytes(access.request(), &revision.sha256) {
        let number = revision.revision;
        access.commit(move |tx| listing::log_access(tx, document.id, number)).await?;
    }
    download::send(access.request(), &files, &Download::from(revision)).await
}

fn revision_for_reader(tx: &mut Tx<'_>, document: &Ref, wanted: Option<i64>) -> Result<(Document, Revision)> {
    let document = store::find(tx, document)?;
    let revision = store::revision(tx, &document, wanted)?;
    Ok((document, revision))
}

impl From<Revision> for Download {
    fn from(revision: Revision) -> Self {
        Self {
            size: u64::try_from(revision.size).unwrap_or_default(),
            sha256: revision.sha256,
            media_type: revision.media_type,
            file_name: revision.file_name,
        }
    }
}
