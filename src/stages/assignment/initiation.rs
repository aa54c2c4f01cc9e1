//! The project initiation form (立項表): the needs as the owner completed them.

use crate::access::{RecordsRead, Result, Tx};
use crate::db::{At, Id, schema::project_initiations};
use crate::http::{IfMatch, Patch, Ref};
use crate::project_record;
use crate::records::{NoExtra, Record, insert, locked, save, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A project initiation form.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = project_initiations, treat_none_as_default_value = false, treat_none_as_null = true)]
#[schema(as = InitiationForm)]
pub struct Initiation {
    /// The form.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What the client needs.
    #[schema(example = "Three show flats and the sales office, ready for the launch on 1 June")]
    pub needs: String,
    /// The style.
    #[schema(example = "Warm wood, light stone")]
    pub style: Option<String>,
    /// What is ours to do.
    #[schema(example = "Loose furniture, lighting, art; no fixed joinery")]
    pub scope: Option<String>,
    /// On the schedule.
    #[schema(example = "Site access 20 April, 14 days of staging")]
    pub schedule_note: Option<String>,
    /// On the budget.
    #[schema(example = "3,300 yuan per square metre at most")]
    pub budget_note: Option<String>,
    /// What may go wrong.
    #[schema(example = "Lift not handed over before May")]
    pub risks: Option<String>,
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

project_record!(Initiation, project_initiations, "initiation_form");

impl Record for Initiation {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "initiation-forms";
    const NAME: &'static str = "initiation form";
    const EVIDENCE: bool = true;

    fn acts() -> &'static [Act] {
        &[acts::CHANGE_INITIATION]
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }
}

/// What an initiation form says.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct InitiationFacts {
    /// What the client needs.
    #[validate(length(min = 1, max = 8000))]
    #[schema(
        example = "Three show flats and the sales office, ready for the launch on 1 June",
        min_length = 1,
        max_length = 8000
    )]
    pub needs: String,
    /// The style.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(example = "Warm wood, light stone", max_length = 2000)]
    pub style: Option<String>,
    /// What is ours to do.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Loose furniture, lighting, art; no fixed joinery", max_length = 4000)]
    pub scope: Option<String>,
    /// On the schedule.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(example = "Site access 20 April, 14 days of staging", max_length = 2000)]
    pub schedule_note: Option<String>,
    /// On the budget.
    #[serde(default)]
    #[validate(length(max = 2000))]
    #[schema(example = "3,300 yuan per square metre at most", max_length = 2000)]
    pub budget_note: Option<String>,
    /// What may go wrong.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Lift not handed over before May", max_length = 4000)]
    pub risks: Option<String>,
}

/// Fills in the initiation form.
pub fn initiate(tx: &mut Tx<'_>, r: &Ref, facts: &InitiationFacts) -> Result<(Project, Initiation)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::INITIATE, None, None)?;
    let facts = facts.clone();
    let record = Initiation {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        needs: facts.needs,
        style: facts.style,
        scope: facts.scope,
        schedule_note: facts.schedule_note,
        budget_note: facts.budget_note,
        risks: facts.risks,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "initiation_form.recorded")?;
    Ok((project, record))
}

/// Changes the initiation form.
pub fn change(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    patch: &Patch<InitiationFacts>,
) -> Result<(Project, Initiation)> {
    let (project, mut record) = locked::<Initiation>(tx, r)?;
    let facts = patch.apply(&InitiationFacts {
        needs: record.needs.clone(),
        style: record.style.clone(),
        scope: record.scope.clone(),
        schedule_note: record.schedule_note.clone(),
        budget_note: record.budget_note.clone(),
        risks: record.risks.clone(),
    })?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, &acts::CHANGE_INITIATION, None, None)?;
    record.needs = facts.needs;
    record.style = facts.style;
    record.scope = facts.scope;
    record.schedule_note = facts.schedule_note;
    record.budget_note = facts.budget_note;
    record.risks = facts.risks;
    save(tx, &mut record, "initiation_form.changed")?;
    Ok((project, record))
}
