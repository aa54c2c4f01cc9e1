//! The rows of acceptance: inspections, acceptance certificates, project summaries.

use crate::access::{RecordsRead, Result, Tx};
use crate::adjustments;
use crate::clients;
use crate::db::schema::{acceptance_certificates, inspections, project_summaries};
use crate::db::{At, Day, Id, Json, text_enum};
use crate::documents;
use crate::http::Ref;
use crate::project_record;
use crate::receivables::{self, Trigger};
use crate::records::{NoExtra, Record, save_with};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One item of an inspection.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub struct InspectionItem {
    /// What was looked at.
    #[schema(example = "Wardrobe doors")]
    pub name: String,
    /// Whether it is as it should be.
    #[schema(example = false)]
    pub passed: bool,
    /// What is wrong.
    #[schema(example = "Two doors scrape")]
    pub note: Option<String>,
    /// The key of the department that puts a failed item right.
    #[schema(example = "engineering")]
    pub department: Option<String>,
}

/// An inspection with the client.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = inspections, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Inspection {
    /// The inspection.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// When it was.
    #[schema(example = "2026-05-27")]
    pub inspected_on: Day,
    /// Who inspected, on the client's side or ours.
    #[schema(example = "Client design manager")]
    pub inspector: Option<String>,
    /// What was looked at.
    #[schema(value_type = Vec<InspectionItem>)]
    pub items: Json<Vec<InspectionItem>>,
    /// Whether every item passed.
    #[schema(example = false)]
    pub passed: bool,
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

project_record!(Inspection, inspections, "inspection");

/// What is derived of an inspection.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InspectionExtra {
    /// The adjustment requests that its failed items became, in their order.
    pub adjustment_ids: Vec<Id>,
}

impl Record for Inspection {
    type Read = RecordsRead;
    type Extra = InspectionExtra;
    const PLURAL: &'static str = "inspections";
    const NAME: &'static str = "inspection";
    const EVIDENCE: bool = true;

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().map(|row| row.id), adjustments::of_inspections)?;
        tx.read_ahead(projects.keys().copied(), certified)
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<InspectionExtra> {
        let made = if self.passed { Vec::new() } else { tx.found(self.id, adjustments::of_inspections)? };
        Ok(InspectionExtra { adjustment_ids: made.into_iter().map(|a| a.id).collect() })
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        if tx.found(self.id, adjustments::of_inspections)?.iter().any(|a| a.version > 1) {
            return Ok(Some("an adjustment request that it made was worked on"));
        }
        let certified = tx.found(self.project_id, certified)?.last().is_some_and(|certificate| *certificate > self.id);
        Ok((self.passed && certified).then_some("an acceptance certificate rests on it; void that first"))
    }

    fn on_void(&self, tx: &mut Tx<'_>, _project: &mut Project) -> Result<()> {
        for mut made in tx.found(self.id, adjustments::of_inspections)? {
            let why = "The inspection that made it was voided";
            crate::records::Stored::mark_void(&mut made, tx.now, tx.actor.id, why);
            save_with(tx, &mut made, "adjustment.voided", json!({ "reason": why, "inspection_id": self.id }))?;
        }
        Ok(())
    }
}

text_enum! {
    /// What an acceptance rests on.
    #[derive(Default)]
    AcceptanceBasis {
        /// The client signed.
        #[default]
        Signed = "signed",
        /// The client signed with reservations.
        SignedWithReservations = "signed_with_reservations",
        /// The client uses it; the document is the proof.
        DeemedByUse = "deemed_by_use",
    }
}

/// An acceptance certificate.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = acceptance_certificates, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct AcceptanceCertificate {
    /// The certificate.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The signed paper, or the proof of use.
    pub document_id: Id,
    /// Its date: balance and retention count from it.
    #[schema(example = "2026-05-30")]
    pub accepted_on: Day,
    /// What the acceptance rests on.
    pub basis: AcceptanceBasis,
    /// What the client reserved.
    #[schema(example = "Rug in T3-A to be exchanged by 15 June")]
    pub reservations: Option<String>,
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

project_record!(AcceptanceCertificate, acceptance_certificates, "acceptance_certificate");

impl Record for AcceptanceCertificate {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "acceptance-certificates";
    const NAME: &'static str = "acceptance certificate";
    const EVIDENCE: bool = true;

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn lock_first(&self, tx: &mut Tx<'_>) -> Result<()> {
        let project = workflow::find(tx, &Ref::Id(self.project_id.0))?;
        clients::lock(tx, project.client_id).map(|_| ())
    }

    fn on_void(&self, tx: &mut Tx<'_>, project: &mut Project) -> Result<()> {
        documents::release(tx, self.document_id)?;
        receivables::fire(tx, project, Trigger::Acceptance, None)
    }
}

/// The certificates of projects that stand, the latest last.
fn certified(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, Id)>> {
    let rows = acceptance_certificates::table
        .filter(acceptance_certificates::project_id.eq_any(projects))
        .filter(acceptance_certificates::voided_at.is_null())
        .order(acceptance_certificates::id);
    Ok(rows.select((acceptance_certificates::project_id, acceptance_certificates::id)).load(tx.conn)?)
}

/// The certificate that stands, if any.
pub fn standing_certificate(tx: &mut Tx<'_>, project: Id) -> Result<Option<AcceptanceCertificate>> {
    let rows = acceptance_certificates::table
        .filter(acceptance_certificates::project_id.eq(project))
        .filter(acceptance_certificates::voided_at.is_null());
    Ok(rows
        .order(acceptance_certificates::id.desc())
        .select(AcceptanceCertificate::as_select())
        .first(tx.conn)
        .optional()?)
}

/// What the owner learnt from a project.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = project_summaries, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ProjectSummary {
    /// The summary.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What went well.
    #[schema(example = "The scheme carried the bid")]
    pub went_well: String,
    /// What did not.
    #[schema(example = "Glass broken in transit")]
    pub problems: String,
    /// What to do differently.
    #[schema(example = "Crate glass separately")]
    pub lessons: String,
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

project_record!(ProjectSummary, project_summaries, "project_summary");

impl Record for ProjectSummary {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "project-summaries";
    const NAME: &'static str = "project summary";
    const EVIDENCE: bool = true;

    fn acts() -> &'static [Act] {
        const ACTS: &[Act] = &[acts::CHANGE_SUMMARY];
        ACTS
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }
}
