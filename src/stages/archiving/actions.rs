//! Placing the paper files, sealing, adding to what is sealed.

use super::store::{Addendum, Archive, of_project};
use crate::access::{Failure, Result, Tx};
use crate::db::Id;
use crate::documents::{self, filing};
use crate::events;
use crate::http::{Code, IfMatch, Problem, Ref, Said};
use crate::records::{insert, locked_standing, save, stale};
use crate::workflow::{self, Offer, Project, SEAL_NEEDS, Stage, acts, require_evidence};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// Where the paper files are.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PlacePaperFiles {
    /// The room.
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "Archive 2", min_length = 1, max_length = 60)]
    pub room: String,
    /// The shelf.
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "C4", min_length = 1, max_length = 60)]
    pub shelf: String,
    /// The box.
    #[serde(rename = "box")]
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "17", min_length = 1, max_length = 60)]
    pub box_no: String,
}

/// What is added to a sealed archive.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AddAddendum {
    /// What is added.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "The client's letter of thanks arrived", min_length = 1, max_length = 8000)]
    pub text: String,
    /// A paper of this project in category `addendum`.
    #[serde(default)]
    pub document_id: Option<Id>,
}

/// A package that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// Its hash.
    pub sha256: String,
    /// Its bytes.
    pub size: i64,
}

/// Says where the paper files are; the project file gets its number with the first place.
pub fn place(tx: &mut Tx<'_>, r: &Ref, new: &PlacePaperFiles) -> Result<(Project, Archive)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::PLACE_PAPER, None, None)?;
    let mut archive = opened(tx, &project)?;
    archive.room = Some(new.room.clone());
    archive.shelf = Some(new.shelf.clone());
    archive.box_no = Some(new.box_no.clone());
    archive.placed_at = Some(tx.now);
    archive.placed_by = Some(tx.actor.id);
    save(tx, &mut archive, "archive.paper_files_placed")?;
    Ok((project, archive))
}

/// Seals a project: from here on it is frozen, and its package is owed. A sealed project whose package was never built is answered as it is. Without
/// `If-Match` this is a request that goes on where it was before: its own seal raised the version.
pub fn seal(tx: &mut Tx<'_>, r: &Ref, if_match: Option<&IfMatch>) -> Result<Archive> {
    let mut project = workflow::lock(tx, r)?;
    if let Some(if_match) = if_match {
        stale(tx, &project, if_match)?;
    }
    if project.sealed_at.is_some() {
        return sealed_before(tx, &project, if_match.is_none());
    }
    workflow::allow(tx, &project, &acts::SEAL, None, None)?;
    refuse_unready(tx, &project)?;
    let mut archive = opened(tx, &project)?;
    project.sealed_at = Some(tx.now);
    workflow::save(tx, &mut project, "project.sealed", None)?;
    // The sealing event is the last one that the package holds: its hash must be known now.
    tx.flush()?;
    let (length, head) = events::head_of(tx.conn, project.id)?;
    archive.sealed_at = Some(tx.now);
    archive.sealed_by = Some(tx.actor.id);
    archive.chain_head = Some(head);
    archive.chain_length = Some(length);
    save(tx, &mut archive, "archive.sealed")?;
    Ok(archive)
}

/// What is left to do where the process ended between the seal and its package; for the request that sealed it (`own`) also where somebody else has
/// built the package since.
fn sealed_before(tx: &mut Tx<'_>, project: &Project, own: bool) -> Result<Archive> {
    let unfinished = of_project(tx, project.id)?.filter(|archive| own || archive.package_sha256.is_none());
    let Some(archive) = unfinished else {
        return Err(Problem::state(
            "The project is sealed already and its package is kept.",
            "項目已封存，檔案包已保存。",
        )
        .into());
    };
    refuse_strangers(tx, project, "seal")?;
    Ok(archive)
}

/// Records the package of a sealed project. Whoever comes second finds it recorded: the same project gives the same bytes.
pub fn record_package(tx: &mut Tx<'_>, archive: Id, built: &Built) -> Result<(Project, Archive)> {
    let (project, mut archive) = locked_standing::<Archive>(tx, &Ref::Id(archive.0))?;
    if archive.package_sha256.is_none() {
        archive.package_sha256 = Some(built.sha256.clone());
        archive.package_size = Some(built.size);
        archive.package_built_at = Some(tx.now);
        save(tx, &mut archive, "archive.package_built")?;
    }
    Ok((project, archive))
}

/// Adds to a sealed archive.
pub fn add(tx: &mut Tx<'_>, r: &Ref, new: &AddAddendum) -> Result<(Project, Addendum)> {
    let (project, archive) = locked_standing::<Archive>(tx, r)?;
    let takes = archive.package_sha256.is_some() && matches!(project.stage, Stage::Archiving | Stage::Archived);
    if !takes {
        return Err(Problem::state(
            "An addendum needs a sealed package: before that, file the paper itself.",
            "封存並生成檔案包後才能補充；此前請直接歸入文件。",
        )
        .into());
    }
    refuse_strangers(tx, &project, "add to the archive")?;
    if let Some(document) = new.document_id {
        let found = documents::by_id(tx, document)?
            .filter(|d| d.project_id == Some(project.id) && d.category == "addendum" && d.voided_at.is_none());
        if found.is_none() {
            return Err(Problem::validation(
                "/document_id",
                "unknown",
                "The project has no such document in category `addendum`: upload it first.",
                "本項目沒有此 addendum 類文件：請先上傳。",
            )
            .into());
        }
    }
    let record = Addendum {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        archive_id: archive.id,
        text: new.text.clone(),
        document_id: new.document_id,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "archive_addendum.recorded")?;
    if let Some(document) = new.document_id {
        filing::link(tx, document, "archive_addendum", record.id)?;
    }
    Ok((project, record))
}

/// Sealing is no row of the workflow table: what it still lacks is a matter of state, named item by item in `missing`.
fn refuse_unready(tx: &mut Tx<'_>, project: &Project) -> Result<()> {
    match require_evidence(tx, project, SEAL_NEEDS, &Offer::default()) {
        Err(Failure::Refused(problem)) if problem.code == Code::Evidence => {
            let Said { en, zh } = problem.detail.clone();
            Err(Problem::state(en, zh).with_missing(problem.missing.clone()).into())
        }
        other => other,
    }
}

/// Sealed projects allow no act of the table any more; what still follows is for the same people.
fn refuse_strangers(tx: &mut Tx<'_>, project: &Project, what: &str) -> Result<()> {
    if workflow::is_any(tx, project, acts::SEAL.by, None)? {
        return Ok(());
    }
    Err(Problem::not_party(
        format!("To {what} is for the accountable owner, the group's leader or the manager."),
        "此操作只限負責人、組長或主管。",
    )
    .into())
}

/// The project's file, opened with its number where there is none yet.
fn opened(tx: &mut Tx<'_>, project: &Project) -> Result<Archive> {
    if let Some(archive) = of_project(tx, project.id)? {
        return Ok(archive);
    }
    let archive = Archive {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        number: tx.number("A")?,
        room: None,
        shelf: None,
        box_no: None,
        placed_at: None,
        placed_by: None,
        sealed_at: None,
        sealed_by: None,
        chain_head: None,
        chain_length: None,
        package_sha256: None,
        package_size: None,
        package_built_at: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &archive, "archive.opened")?;
    Ok(archive)
}
