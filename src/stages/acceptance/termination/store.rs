//! The rows of termination approvals.

use crate::access::{RecordsRead, Result, Tx};
use crate::db::schema::{termination_approvals, transfers};
use crate::db::{At, Id};
use crate::project_record;
use crate::records::{NoExtra, Record};
use crate::workflow::{Act, Project, acts};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

/// The manager's approval of a termination.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = termination_approvals, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct TerminationApproval {
    /// The approval.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Why the project ends.
    #[schema(example = "Fair cancelled; the client pays what is delivered")]
    pub reason: String,
    /// The signed termination agreement.
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

project_record!(TerminationApproval, termination_approvals, "termination_approval");

impl Record for TerminationApproval {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "termination-approvals";
    const NAME: &'static str = "termination approval";

    fn acts() -> &'static [Act] {
        const ACTS: &[Act] = &[acts::FILE_AGREEMENT];
        ACTS
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        let accepted = transfers::table
            .filter(transfers::project_id.eq(self.project_id))
            .filter(transfers::voided_at.is_null())
            .filter(transfers::state.eq("accepted"))
            .count()
            .get_result::<i64>(tx.conn)?;
        Ok((accepted > 0).then_some("a transfer was accepted since"))
    }
}

/// The approval that stands, if any.
pub fn standing(tx: &mut Tx<'_>, project: Id) -> Result<Option<TerminationApproval>> {
    let rows = termination_approvals::table
        .filter(termination_approvals::project_id.eq(project))
        .filter(termination_approvals::voided_at.is_null());
    Ok(rows
        .order(termination_approvals::id.desc())
        .select(TerminationApproval::as_select())
        .first(tx.conn)
        .optional()?)
}
