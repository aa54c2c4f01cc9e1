//! Site issues: what a department must put right while we are on site.

use crate::access::{ProjectsRead, Result, Tx, organisation};
use crate::db::{At, Id, schema::site_issues, text_enum};
use crate::http::{IfMatch, Ref};
use crate::project_record;
use crate::records::{NoExtra, Record, insert, locked, save, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// How a site issue stands.
    SiteIssueState {
        /// Still to be put right.
        Open = "open",
        /// Put right.
        Resolved = "resolved",
    }
}

/// A site issue.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = site_issues, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct SiteIssue {
    /// The issue.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What is wrong.
    #[schema(example = "Power fails on the second floor")]
    pub text: String,
    /// The department addressed.
    #[schema(example = "engineering")]
    pub department: String,
    /// How it stands.
    pub state: SiteIssueState,
    /// How it was put right.
    #[schema(example = "Temporary line laid")]
    pub resolution: Option<String>,
    /// When it was put right.
    pub resolved_at: Option<At>,
    /// By whom.
    pub resolved_by: Option<Id>,
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

project_record!(SiteIssue, site_issues, "site_issue", state = state, department = department);

impl Record for SiteIssue {
    type Read = ProjectsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "site-issues";
    const NAME: &'static str = "site issue";

    fn acts() -> &'static [Act] {
        &[acts::RESOLVE_ISSUE]
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }
}

/// A site issue to report.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReportIssue {
    /// What is wrong.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Power fails on the second floor", min_length = 1, max_length = 4000)]
    pub text: String,
    /// The department that must put it right, by key.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "engineering", min_length = 1, max_length = 40)]
    pub department: String,
}

/// How a site issue was put right.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ResolveIssue {
    /// How.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Temporary line laid", min_length = 1, max_length = 4000)]
    pub resolution: String,
}

/// Reports a site issue to a department, which sees the project from now on.
pub fn report(tx: &mut Tx<'_>, r: &Ref, new: &ReportIssue) -> Result<(Project, SiteIssue)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::REPORT_ISSUE, None, None)?;
    organisation::department(tx, &new.department, "/department")?;
    let record = SiteIssue {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        text: new.text.clone(),
        department: new.department.clone(),
        state: SiteIssueState::Open,
        resolution: None,
        resolved_at: None,
        resolved_by: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    workflow::tell_department(tx, project.id, &record.department)?;
    insert(tx, &record, "site_issue.reported")?;
    Ok((project, record))
}

/// Resolves a site issue.
pub fn resolve(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &ResolveIssue) -> Result<(Project, SiteIssue)> {
    let (project, mut record) = locked::<SiteIssue>(tx, r)?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, &acts::RESOLVE_ISSUE, Some(record.state.as_str()), Some(&record.department))?;
    record.state = SiteIssueState::Resolved;
    record.resolution = Some(body.resolution.clone());
    (record.resolved_at, record.resolved_by) = (Some(tx.now), Some(tx.actor.id));
    save(tx, &mut record, "site_issue.resolved")?;
    Ok((project, record))
}
