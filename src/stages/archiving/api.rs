//! The archive over HTTP.

use super::actions::{self, AddAddendum, PlacePaperFiles};
use super::completeness::{self, Completeness};
use super::package;
use super::store::{Addendum, Archive};
use super::verify::{self, Verification};
use crate::access::{
    Access, ArchivesSeal, ComplaintsRead, DocumentsRead, MoneyRead, PaperFilesPlace, Permission, ProjectsRead,
    RecordsRead, Result, Tx, scope,
};
use crate::db::Id;
use crate::documents::download::Download;
use crate::documents::{self, Files, download};
use crate::http::{
    Answer, Body, CreatedAnswer, IdempotencyKey, IfMatch, OperationDraft, Path, Problem, Ref, Reply, Routes,
};
use crate::records::{self, Shown, Stored, made, show};
use crate::workflow::{self, Party, Project};
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::Data;

/// Who may open a package, beside those who see everything: it holds restricted papers too.
const READERS: &[Party] = &[Party::AccountableOwner, Party::BackLeader];

/// What an API key needs for a package, beside `records.read`: records of all these kinds are in it.
const WITHIN: &[&str] = &[ComplaintsRead::NAME, DocumentsRead::NAME, MoneyRead::NAME, ProjectsRead::NAME];

/// Paper files, sealing, the package, addenda.
pub fn routes(r: &mut Routes) {
    r.tag("Archiving", "The project file with its number, the place of the papers, the completeness list, the sealed package and what is added later.");
    r.get(
        "/v1/projects/{project}/completeness",
        get_completeness,
        "The archive list of a project",
        "Item by item: there, missing or waived; and everything that sealing still needs.",
    );
    r.post("/v1/projects/{project}/paper-files", place_paper_files, "Place the paper files", "From the accepted transfer on, by the accountable owner, the group's leader or assistant, or the manager. The first place opens the project file and gives it its number.");
    r.post_with("/v1/projects/{project}/seal", seal_project, "Seal a project", "In archiving. Needs closed receivables, and the documents and the place of the papers unless waived. Freezes the project, then builds its package; call it again where the package is still missing.", |op: &mut OperationDraft| {
        op.refuses(crate::http::Code::State);
    });
    r.raw(Method::GET, "/v1/archives/{archive}/package", download_package, "Download a package", "A ZIP with every record, the timeline, every file and a manifest of hashes. For those who see everything, the accountable owner and the back leader: it holds restricted papers too. An API key needs `documents.read`, `money.read`, `projects.read` and `complaints.read` besides.", download::describe_package);
    r.get(
        "/v1/archives/{archive}/verify",
        verify_archive,
        "Verify an archive",
        "Computes the chain of events and the hash of the package again.",
    );
    r.post(
        "/v1/archives/{archive}/addenda",
        add_addendum,
        "Add to a sealed archive",
        "A text, and a paper filed in category `addendum`.",
    );
    records::routes::<Archive>(r);
    records::routes::<Addendum>(r);
}

fn shown(tx: &mut Tx<'_>, project: &Project, archive: &Archive) -> Result<Reply<Shown<Archive>>> {
    Ok(Reply::ok(&show(tx, project, archive)?)?.version(archive.version))
}

async fn get_completeness(access: Access<RecordsRead>, project: Path<Ref>) -> Answer<Completeness> {
    access.snapshot(move |tx| Ok(Reply::ok(&completeness::of(tx, &project)?)?)).await
}

async fn place_paper_files(
    access: Access<PaperFilesPlace>,
    project: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<PlacePaperFiles>,
) -> CreatedAnswer<Shown<Archive>> {
    access
        .write(move |tx| {
            let (project, archive) = actions::place(tx, &project, &body)?;
            made(tx, &project, &archive)
        })
        .await
}

async fn seal_project(
    access: Access<ArchivesSeal>,
    project: Path<Ref>,
    if_match: IfMatch,
    files: Data<Files>,
) -> Answer<Shown<Archive>> {
    if access.is_trial()? {
        return access.write(move |tx| sealed_without_package(tx, &project, &if_match)).await;
    }
    match access.begin(move |tx, begun| actions::seal(tx, &project, (!begun).then_some(&if_match))).await {
        Ok(archive) => pack(&access, &files, archive).await,
        // Where this very request was answered before, that answer comes before the refusal.
        Err(refusal) => access.write(move |_| Err(refusal.clone().into())).await,
    }
}

/// What a trial shows: the seal, as it would stand before its package is built.
fn sealed_without_package(tx: &mut Tx<'_>, project: &Ref, if_match: &IfMatch) -> Result<Reply<Shown<Archive>>> {
    let archive = actions::seal(tx, project, Some(if_match))?;
    let project = workflow::find(tx, project)?;
    shown(tx, &project, &archive)
}

/// Builds the package of a project that is sealed already, and keeps it.
async fn pack(access: &Access<ArchivesSeal>, files: &Files, archive: Archive) -> Answer<Shown<Archive>> {
    let id = archive.id;
    let contents = access.snapshot(move |tx| package::contents(tx, &archive)).await?;
    let built = package::build(files, contents).await?;
    access
        .write(move |tx| {
            let (project, archive) = actions::record_package(tx, id, &built)?;
            shown(tx, &project, &archive)
        })
        .await
}

async fn add_addendum(
    access: Access<ArchivesSeal>,
    archive: Path<Ref>,
    body: Body<AddAddendum>,
) -> CreatedAnswer<Shown<Addendum>> {
    access
        .write(move |tx| {
            let (project, addendum) = actions::add(tx, &archive, &body)?;
            made(tx, &project, &addendum)
        })
        .await
}

fn in_sight(tx: &mut Tx<'_>, r: &Ref) -> Result<(Project, Archive)> {
    let archive = Archive::find(tx, r)?.ok_or_else(Problem::not_found)?;
    let project = workflow::find(tx, &Ref::Id(archive.project_id.0))?;
    Ok((project, archive))
}

async fn verify_archive(access: Access<RecordsRead>, archive: Path<Ref>, files: Data<Files>) -> Answer<Verification> {
    let (archive, found) = access
        .snapshot(move |tx| {
            let (_, archive) = in_sight(tx, &archive)?;
            let found = verify::chain(tx, &archive)?;
            Ok((archive, found))
        })
        .await?;
    Reply::ok(&verify::with_package(&files, &archive, found).await?)
}

async fn download_package(
    access: Access<RecordsRead>,
    archive: Path<Ref>,
    files: Data<Files>,
) -> std::result::Result<HttpResponse, Problem> {
    let (project, package) = access.read(move |tx| package_for_reader(tx, &archive)).await?;
    if download::sends_bytes(access.request(), &package.sha256) {
        access.commit(move |tx| documents::log_access_to_all(tx, project)).await?;
    }
    download::send(access.request(), &files, &package).await
}

/// The project and the package of an archive, for whoever may read restricted papers.
fn package_for_reader(tx: &mut Tx<'_>, archive: &Ref) -> Result<(Id, Download)> {
    scope::given(tx, WITHIN)?;
    let (project, archive) = in_sight(tx, archive)?;
    if !tx.actor.sees_everything() && !workflow::is_any(tx, &project, READERS, None)? {
        return Err(Problem::not_party("The package holds restricted papers: it is for the accountable owner, the back leader, the manager, finance, auditors and administrators.", "檔案包含受限文件，只限負責人、客服部組長、主管、財務、稽核和系統管理員。").into());
    }
    let (Some(sha256), Some(size)) = (archive.package_sha256, archive.package_size) else {
        return Err(Problem::not_found().into());
    };
    let media_type = "application/zip".to_owned();
    let file_name = format!("{}.zip", archive.number);
    Ok((project.id, Download { sha256, size: u64::try_from(size).unwrap_or_default(), media_type, file_name }))
}
