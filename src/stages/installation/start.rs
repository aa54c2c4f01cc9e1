//! The start of staging on site, and the client's sign-off at its end.

use super::entry::day_or_today;
use crate::access::{RecordsRead, Result, Tx};
use crate::db::schema::{installation_starts, sign_offs};
use crate::db::{At, Day, Id};
use crate::documents;
use crate::http::{Problem, Ref};
use crate::project_record;
use crate::records::{NoExtra, Record, insert};
use crate::workflow::{self, Offer, Project, START_NEEDS, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

/// Staging started on site.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = installation_starts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct InstallationStart {
    /// The start.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The day.
    #[schema(example = "2026-04-20")]
    pub started_on: Day,
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

project_record!(InstallationStart, installation_starts, "installation_start");

impl Record for InstallationStart {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "installation-starts";
    const NAME: &'static str = "installation start";
    const EVIDENCE: bool = true;

    fn look_ahead(tx: &mut Tx<'_>, _rows: &[Self], projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(projects.keys().copied(), sign_offs_of)
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok((!tx.found(self.project_id, sign_offs_of)?.is_empty()).then_some("the installation was signed off"))
    }
}

fn sign_offs_of(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, Id)>> {
    let rows = sign_offs::table.filter(sign_offs::project_id.eq_any(projects)).filter(sign_offs::voided_at.is_null());
    Ok(rows.select((sign_offs::project_id, sign_offs::id)).load(tx.conn)?)
}

/// The client signed the installation off.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sign_offs, treat_none_as_default_value = false, treat_none_as_null = true)]
#[schema(as = InstallationSignOff)]
pub struct SignOff {
    /// The sign-off.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The paper.
    pub document_id: Id,
    /// When the client signed.
    #[schema(example = "2026-05-06")]
    pub signed_on: Day,
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

project_record!(SignOff, sign_offs, "installation_sign_off");

impl Record for SignOff {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "installation-sign-offs";
    const NAME: &'static str = "installation sign-off";
    const EVIDENCE: bool = true;

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn on_void(&self, tx: &mut Tx<'_>, _project: &mut Project) -> Result<()> {
        documents::release(tx, self.document_id)
    }
}

/// A sign-off to file.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct FileSignOff {
    /// The paper: a document of this project, filed as `installation_sign_off`.
    pub document_id: Id,
    /// When the client signed; today unless said, never before the start nor in the future.
    #[serde(default)]
    #[schema(example = "2026-05-06")]
    pub signed_on: Option<Day>,
}

/// The day on which staging started, if it did.
fn started_on(tx: &mut Tx<'_>, project: Id) -> Result<Option<Day>> {
    let starts = installation_starts::table
        .filter(installation_starts::project_id.eq(project))
        .filter(installation_starts::voided_at.is_null());
    Ok(starts
        .order(installation_starts::id.desc())
        .select(installation_starts::started_on)
        .first(tx.conn)
        .optional()?)
}

/// Whether staging was started at this moment or later: then it may rest on what was recorded before.
pub(super) fn started_after(tx: &mut Tx<'_>, project: Id, moment: At) -> Result<bool> {
    Ok(workflow::starts_of(tx, project)?.iter().any(|at| *at >= moment))
}

/// Starts staging on site. Refused with everything that is missing at once.
pub fn start(tx: &mut Tx<'_>, r: &Ref) -> Result<(Project, InstallationStart)> {
    let project = workflow::lock(tx, r)?;
    acts::check_state(&project, &acts::START_INSTALLATION, None)?;
    if !workflow::starts_of(tx, project.id)?.is_empty() {
        return Err(Problem::state("Staging has started already.", "已開始擺場。").into());
    }
    workflow::allow(tx, &project, &acts::START_INSTALLATION, None, None)?;
    workflow::require_evidence(tx, &project, START_NEEDS, &Offer::default())?;
    let record = InstallationStart {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        started_on: tx.today()?,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "installation_start.recorded")?;
    Ok((project, record))
}

/// Files the client's sign-off; only after the start.
pub fn sign_off(tx: &mut Tx<'_>, r: &Ref, new: &FileSignOff) -> Result<(Project, SignOff)> {
    let project = workflow::lock(tx, r)?;
    acts::check_state(&project, &acts::SIGN_OFF, None)?;
    let Some(started_on) = started_on(tx, project.id)? else {
        return Err(
            Problem::state("Staging has not started: record the start first.", "尚未開始擺場；請先登記開始。").into()
        );
    };
    workflow::allow(tx, &project, &acts::SIGN_OFF, None, None)?;
    let signed_on = day_or_today(tx, new.signed_on, "/signed_on")?;
    if signed_on < started_on {
        return Err(Problem::validation(
            "/signed_on",
            "before_start",
            "It lies before the start of staging.",
            "日期早於開始擺場。",
        )
        .into());
    }
    documents::file_as(tx, &project, new.document_id, "installation_sign_off", "/document_id")?;
    let record = SignOff {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        document_id: new.document_id,
        signed_on,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "installation_sign_off.recorded")?;
    Ok((project, record))
}
