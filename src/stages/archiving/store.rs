//! The rows of the archive.

use crate::access::{RecordsRead, Result, Tx};
use crate::db::schema::{archive_addenda, archives};
use crate::db::{At, Id, text_enum};
use crate::project_record;
use crate::records::{NoExtra, Record};
use crate::workflow::Project;
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The file of one project.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = archives, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Archive {
    /// The archive.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The number of the project's file.
    #[schema(example = "A-2026-0031")]
    pub number: String,
    /// The room of the paper files.
    #[schema(example = "Archive 2")]
    pub room: Option<String>,
    /// The shelf.
    #[schema(example = "C4")]
    pub shelf: Option<String>,
    /// The box.
    #[serde(rename = "box")]
    #[schema(example = "17")]
    pub box_no: Option<String>,
    /// When the paper files were placed.
    pub placed_at: Option<At>,
    /// By whom.
    pub placed_by: Option<Id>,
    /// When it was sealed.
    pub sealed_at: Option<At>,
    /// By whom.
    pub sealed_by: Option<Id>,
    /// The hash of the sealing event: the head of the chain that the package holds.
    #[schema(example = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")]
    pub chain_head: Option<String>,
    /// How many events that chain has.
    #[schema(example = 214)]
    pub chain_length: Option<i64>,
    /// SHA-256 of the package.
    #[schema(example = "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35")]
    pub package_sha256: Option<String>,
    /// Its bytes.
    #[schema(example = 4_811_322)]
    pub package_size: Option<i64>,
    /// When it was built.
    pub package_built_at: Option<At>,
    /// When the file was opened.
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

project_record!(Archive, archives, "archive", number = number);

text_enum! {
    /// How far a project's file has come.
    ArchiveState {
        /// It is being filled.
        Open = "open",
        /// The project is sealed, its package is not built yet: seal again.
        Sealing = "sealing",
        /// The project is sealed and its package is kept.
        Sealed = "sealed",
    }
}

/// What is derived.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ArchiveExtra {
    /// How far it has come.
    pub state: ArchiveState,
    /// How many addenda it has.
    #[schema(example = 0)]
    pub addenda: i64,
}

impl Record for Archive {
    type Read = RecordsRead;
    type Extra = ArchiveExtra;
    const PLURAL: &'static str = "archives";
    const NAME: &'static str = "archive";
    const VOIDABLE: bool = false;

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().map(|row| row.id), addenda)
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<ArchiveExtra> {
        let state = match (self.sealed_at, &self.package_sha256) {
            (_, Some(_)) => ArchiveState::Sealed,
            (Some(_), None) => ArchiveState::Sealing,
            (None, None) => ArchiveState::Open,
        };
        let addenda = i64::try_from(tx.found(self.id, addenda)?.len()).unwrap_or(i64::MAX);
        Ok(ArchiveExtra { state, addenda })
    }
}

fn addenda(tx: &mut Tx<'_>, archives: &[Id]) -> Result<Vec<(Id, Id)>> {
    let rows = archive_addenda::table.filter(archive_addenda::archive_id.eq_any(archives));
    Ok(rows.select((archive_addenda::archive_id, archive_addenda::id)).load(tx.conn)?)
}

/// What was added to an archive after its sealing.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = archive_addenda, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Addendum {
    /// The addendum.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The archive.
    pub archive_id: Id,
    /// What is added.
    #[schema(example = "The client's letter of thanks arrived")]
    pub text: String,
    /// The paper, filed in category `addendum`.
    pub document_id: Option<Id>,
    /// When recorded.
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

project_record!(Addendum, archive_addenda, "archive_addendum");

impl Record for Addendum {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "archive-addenda";
    const NAME: &'static str = "addendum";
    const VOIDABLE: bool = false;

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }
}

/// The archive of a project, if its file was opened.
pub fn of_project(tx: &mut Tx<'_>, project: Id) -> Result<Option<Archive>> {
    let rows = archives::table.filter(archives::project_id.eq(project)).filter(archives::voided_at.is_null());
    Ok(rows.select(Archive::as_select()).first(tx.conn).optional()?)
}
