//! The schedule (detail design, procurement, goods ready, delivery, site access, staged): planned, forecast and actual per department.

use crate::access::{ProjectsRead, Result, Tx, organisation};
use crate::db::{At, Day, Id, schema::milestones};
use crate::http::{IfMatch, Problem, Ref};
use crate::project_record;
use crate::records::{Record, insert, locked, save, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A milestone of a department.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = milestones, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Milestone {
    /// The milestone.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The department that answers for it.
    #[schema(example = "procurement")]
    pub department: String,
    /// Its name.
    #[schema(example = "Goods ready")]
    pub name: String,
    /// Planned for.
    #[schema(example = "2026-04-10")]
    pub planned_on: Option<Day>,
    /// Expected by now.
    #[schema(example = "2026-04-12")]
    pub forecast_on: Option<Day>,
    /// Reached on.
    #[schema(example = "2026-04-12")]
    pub actual_on: Option<Day>,
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

/// What is derived for a milestone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MilestoneExtra {
    /// Whether its planned day has passed and it is not reached.
    pub overdue: bool,
}

project_record!(Milestone, milestones, "milestone", department = department);

impl Record for Milestone {
    type Read = ProjectsRead;
    type Extra = MilestoneExtra;
    const PLURAL: &'static str = "milestones";
    const NAME: &'static str = "milestone";

    fn acts() -> &'static [Act] {
        &[acts::REPORT_MILESTONE]
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<MilestoneExtra> {
        let today = tx.today()?;
        Ok(MilestoneExtra { overdue: self.actual_on.is_none() && self.planned_on.is_some_and(|day| day < today) })
    }
}

/// A milestone to plan.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PlanMilestone {
    /// The department that answers for it, by key.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "procurement", min_length = 1, max_length = 40)]
    pub department: String,
    /// Its name.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Goods ready", min_length = 1, max_length = 200)]
    pub name: String,
    /// Planned for.
    #[serde(default)]
    #[schema(example = "2026-04-10")]
    pub planned_on: Option<Day>,
    /// Expected by now.
    #[serde(default)]
    #[schema(example = "2026-04-12")]
    pub forecast_on: Option<Day>,
}

/// How a milestone stands: at least one of the two days.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReportMilestone {
    /// Expected by now.
    #[serde(default)]
    #[schema(example = "2026-04-12")]
    pub forecast_on: Option<Day>,
    /// Reached on; never in the future.
    #[serde(default)]
    #[schema(example = "2026-04-12")]
    pub actual_on: Option<Day>,
}

/// Plans a milestone of a department, which sees the project from now on.
pub fn plan(tx: &mut Tx<'_>, r: &Ref, new: &PlanMilestone) -> Result<(Project, Milestone)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::PLAN_MILESTONE, None, None)?;
    organisation::department(tx, &new.department, "/department")?;
    let record = Milestone {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        department: new.department.clone(),
        name: new.name.clone(),
        planned_on: new.planned_on,
        forecast_on: new.forecast_on,
        actual_on: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    workflow::tell_department(tx, project.id, &record.department)?;
    insert(tx, &record, "milestone.planned")?;
    Ok((project, record))
}

/// Reports on a milestone: what is expected, or that it was reached.
pub fn report(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &ReportMilestone) -> Result<(Project, Milestone)> {
    let (project, mut record) = locked::<Milestone>(tx, r)?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, &acts::REPORT_MILESTONE, None, Some(&record.department))?;
    if body.forecast_on.is_none() && body.actual_on.is_none() {
        return Err(Problem::validation(
            "/forecast_on",
            "required",
            "Say what is expected or that it was reached.",
            "請填寫預計日期或實際日期。",
        )
        .into());
    }
    super::entry::not_future(tx, body.actual_on, "/actual_on")?;
    record.forecast_on = body.forecast_on.or(record.forecast_on);
    record.actual_on = body.actual_on.or(record.actual_on);
    save(tx, &mut record, "milestone.reported")?;
    Ok((project, record))
}
