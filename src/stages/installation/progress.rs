//! Deliveries with the client's receipt, and the daily progress.

use super::entry::day_or_today;
use crate::access::{RecordsRead, Result, Tx, organisation};
use crate::clients;
use crate::db::schema::{deliveries, progress_entries};
use crate::db::{At, Day, Id};
use crate::documents;
use crate::http::Ref;
use crate::project_record;
use crate::receivables::{self, Trigger};
use crate::records::{NoExtra, Record, insert};
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A delivery to the site.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = deliveries, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Delivery {
    /// The delivery.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What came.
    #[schema(example = "Sofas and beds for flats A and B, 38 pieces")]
    pub what: String,
    /// Whose goods they are.
    #[schema(example = "procurement")]
    pub department: Option<String>,
    /// When.
    #[schema(example = "2026-04-22")]
    pub delivered_on: Day,
    /// Who took them in.
    #[schema(example = "Mr Guo, site office")]
    pub received_by: Option<String>,
    /// The client's delivery receipt.
    pub receipt_document_id: Option<Id>,
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

project_record!(Delivery, deliveries, "delivery");

impl Record for Delivery {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "deliveries";
    const NAME: &'static str = "delivery";

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn lock_first(&self, tx: &mut Tx<'_>) -> Result<()> {
        let project = workflow::find(tx, &Ref::Id(self.project_id.0))?;
        clients::lock(tx, project.client_id).map(|_| ())
    }

    fn on_void(&self, tx: &mut Tx<'_>, project: &mut Project) -> Result<()> {
        if let Some(receipt) = self.receipt_document_id {
            documents::release(tx, receipt)?;
        }
        fire_delivery(tx, project)
    }
}

/// How far staging was on a day.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = progress_entries, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ProgressEntry {
    /// The entry.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// How far, 0 to 100.
    #[schema(example = 60)]
    pub percent: i64,
    /// What was done.
    #[schema(example = "Flats A and B placed; lighting in C tomorrow")]
    pub text: String,
    /// The day.
    #[schema(example = "2026-04-24")]
    pub on_date: Day,
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

project_record!(ProgressEntry, progress_entries, "progress_entry");

impl Record for ProgressEntry {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "progress-entries";
    const NAME: &'static str = "progress entry";

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }
}

/// A delivery to record.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordDelivery {
    /// What came.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Sofas and beds for flats A and B, 38 pieces", min_length = 1, max_length = 2000)]
    pub what: String,
    /// Whose goods they are, by key.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(example = "procurement", max_length = 40)]
    pub department: Option<String>,
    /// When; today unless said, never in the future.
    #[serde(default)]
    #[schema(example = "2026-04-22")]
    pub delivered_on: Option<Day>,
    /// Who took them in.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(example = "Mr Guo, site office", max_length = 200)]
    pub received_by: Option<String>,
    /// The client's delivery receipt: a document of this project, filed as `delivery_receipt`.
    #[serde(default)]
    pub receipt_document_id: Option<Id>,
}

/// Progress to log.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LogProgress {
    /// How far, 0 to 100.
    #[validate(range(min = 0, max = 100))]
    #[schema(example = 60, minimum = 0, maximum = 100)]
    pub percent: i64,
    /// What was done.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Flats A and B placed; lighting in C tomorrow", min_length = 1, max_length = 4000)]
    pub text: String,
    /// The day; today unless said, never in the future.
    #[serde(default)]
    #[schema(example = "2026-04-24")]
    pub on_date: Option<Day>,
}

/// Records a delivery. The first one is the trigger of the receivables that wait for it.
pub fn record_delivery(tx: &mut Tx<'_>, r: &Ref, new: &RecordDelivery) -> Result<(Project, Delivery)> {
    let found = workflow::find(tx, r)?;
    clients::lock(tx, found.client_id)?;
    let project = workflow::lock_id(tx, found.id)?;
    workflow::allow(tx, &project, &acts::RECORD_DELIVERY, None, None)?;
    if let Some(department) = &new.department {
        organisation::department(tx, department, "/department")?;
    }
    let delivered_on = day_or_today(tx, new.delivered_on, "/delivered_on")?;
    if let Some(document) = new.receipt_document_id {
        documents::file_as(tx, &project, document, "delivery_receipt", "/receipt_document_id")?;
    }
    let record = Delivery {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        what: new.what.clone(),
        department: new.department.clone(),
        delivered_on,
        received_by: new.received_by.clone(),
        receipt_document_id: new.receipt_document_id,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "delivery.recorded")?;
    fire_delivery(tx, &project)?;
    Ok((project, record))
}

/// The delivery that counts for receivables is the earliest that stands.
fn fire_delivery(tx: &mut Tx<'_>, project: &Project) -> Result<()> {
    let standing =
        deliveries::table.filter(deliveries::project_id.eq(project.id)).filter(deliveries::voided_at.is_null());
    let first =
        standing.order(deliveries::delivered_on).select(deliveries::delivered_on).first::<Day>(tx.conn).optional()?;
    receivables::fire(tx, project, Trigger::Delivery, first)
}

/// Logs progress.
pub fn log_progress(tx: &mut Tx<'_>, r: &Ref, new: &LogProgress) -> Result<(Project, ProgressEntry)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::LOG_PROGRESS, None, None)?;
    let on_date = day_or_today(tx, new.on_date, "/on_date")?;
    let record = ProgressEntry {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        percent: new.percent,
        text: new.text.clone(),
        on_date,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "progress_entry.logged")?;
    Ok((project, record))
}
