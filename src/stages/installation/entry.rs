//! Before entry: whether the site is ready, and the client's written site access confirmation.

use super::start::started_after;
use crate::access::{RecordsRead, Result, Tx};
use crate::db::schema::{readiness_checks, site_access_confirmations};
use crate::db::{At, Day, Id, Json};
use crate::documents;
use crate::http::{Problem, Ref};
use crate::project_record;
use crate::records::{NoExtra, Record, insert};
use crate::settings;
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

/// A check whether the site is ready.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = readiness_checks, treat_none_as_default_value = false, treat_none_as_null = true)]
#[schema(as = SiteReadinessCheck)]
pub struct ReadinessCheck {
    /// The check.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Each item of the list, and whether it is ready.
    #[schema(value_type = BTreeMap<String, bool>, example = json!({"water": true, "power": true, "cleaning": false}))]
    pub items: Json<BTreeMap<String, bool>>,
    /// Anything else.
    #[schema(example = "Cleaning promised for Friday")]
    pub note: Option<String>,
    /// When the site was looked at.
    #[schema(example = "2026-04-18")]
    pub checked_on: Day,
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

/// What is derived for a check.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReadinessExtra {
    /// What was not ready.
    #[schema(example = json!(["cleaning"]))]
    pub not_ready: Vec<String>,
}

project_record!(ReadinessCheck, readiness_checks, "site_readiness_check");

impl Record for ReadinessCheck {
    type Read = RecordsRead;
    type Extra = ReadinessExtra;
    const PLURAL: &'static str = "site-readiness-checks";
    const NAME: &'static str = "site readiness check";
    const EVIDENCE: bool = true;

    fn look_ahead(tx: &mut Tx<'_>, _rows: &[Self], projects: &BTreeMap<Id, Project>) -> Result<()> {
        workflow::look_for_starts(tx, projects.keys().copied())
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<ReadinessExtra> {
        Ok(ReadinessExtra {
            not_ready: self.items.iter().filter(|(_, ready)| !**ready).map(|(item, _)| item.clone()).collect(),
        })
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok(started_after(tx, self.project_id, self.created_at)?.then_some("staging started since"))
    }
}

/// The client's written site access confirmation.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = site_access_confirmations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct SiteAccessConfirmation {
    /// The confirmation.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The paper.
    pub document_id: Id,
    /// When the client confirmed.
    #[schema(example = "2026-04-19")]
    pub confirmed_on: Day,
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

project_record!(SiteAccessConfirmation, site_access_confirmations, "site_access_confirmation");

impl Record for SiteAccessConfirmation {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "site-access-confirmations";
    const NAME: &'static str = "site access confirmation";
    const EVIDENCE: bool = true;

    fn look_ahead(tx: &mut Tx<'_>, _rows: &[Self], projects: &BTreeMap<Id, Project>) -> Result<()> {
        workflow::look_for_starts(tx, projects.keys().copied())
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok(started_after(tx, self.project_id, self.created_at)?.then_some("staging started since"))
    }

    fn on_void(&self, tx: &mut Tx<'_>, _project: &mut Project) -> Result<()> {
        documents::release(tx, self.document_id)
    }
}

/// A check to record.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CheckSite {
    /// Items of the list in the settings; those left out count as not ready.
    #[schema(example = json!({"water": true, "power": true, "lift": true, "doors": true, "cleaning": false, "storage": true}))]
    pub items: BTreeMap<String, bool>,
    /// Anything else.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Cleaning promised for Friday", max_length = 4000)]
    pub note: Option<String>,
    /// When the site was looked at; today unless said, never in the future.
    #[serde(default)]
    #[schema(example = "2026-04-18")]
    pub checked_on: Option<Day>,
}

/// A site access confirmation to file.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConfirmAccess {
    /// The paper: a document of this project, filed as `site_access_confirmation`.
    pub document_id: Id,
    /// When the client confirmed; never in the future.
    #[schema(example = "2026-04-19")]
    pub confirmed_on: Day,
}

/// Refuses a day that lies in the future (422 at this pointer).
pub(super) fn not_future(tx: &mut Tx<'_>, day: Option<Day>, pointer: &str) -> Result<()> {
    match day {
        Some(day) if day > tx.today()? => {
            Err(Problem::validation(pointer, "future", "It lies in the future.", "日期在將來。").into())
        }
        Some(_) | None => Ok(()),
    }
}

/// A day that was named (never in the future), or today.
pub(super) fn day_or_today(tx: &mut Tx<'_>, day: Option<Day>, pointer: &str) -> Result<Day> {
    not_future(tx, day, pointer)?;
    let today = tx.today()?;
    Ok(day.unwrap_or(today))
}

/// Records a check of the site.
pub fn check_site(tx: &mut Tx<'_>, r: &Ref, new: &CheckSite) -> Result<(Project, ReadinessCheck)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::CHECK_SITE, None, None)?;
    let known = settings::load(tx.conn)?.site_readiness_items;
    if let Some(other) = new.items.keys().find(|item| !known.contains(item)) {
        let pointer = format!("/items/{}", other.replace('~', "~0").replace('/', "~1"));
        let list = known.join(", ");
        return Err(Problem::validation(
            pointer,
            "unknown",
            format!("No such item; the list has: {list}."),
            format!("沒有此項；清單為：{list}。"),
        )
        .into());
    }
    let checked_on = day_or_today(tx, new.checked_on, "/checked_on")?;
    let items = known.into_iter().map(|item| (item.clone(), new.items.get(&item).copied().unwrap_or(false))).collect();
    let record = ReadinessCheck {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        items: Json(items),
        note: new.note.clone(),
        checked_on,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "site_readiness_check.recorded")?;
    Ok((project, record))
}

/// Files the client's site access confirmation.
pub fn confirm_access(tx: &mut Tx<'_>, r: &Ref, new: &ConfirmAccess) -> Result<(Project, SiteAccessConfirmation)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::CONFIRM_ACCESS, None, None)?;
    not_future(tx, Some(new.confirmed_on), "/confirmed_on")?;
    documents::file_as(tx, &project, new.document_id, "site_access_confirmation", "/document_id")?;
    let record = SiteAccessConfirmation {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        document_id: new.document_id,
        confirmed_on: new.confirmed_on,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "site_access_confirmation.recorded")?;
    Ok((project, record))
}
