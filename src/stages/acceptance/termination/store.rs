//! The rows of termination approvals.

use crate::access::{RecordsRead, Result, Tx};
use crate::db::schema::{termination_approvals, transfers};
use crate::db::{At, Id};
use crate::documents;
use crate::project_record;
use crate::records::{NoExtra, Record};
use crate::workflow::{Act, Project, acts};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
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

    fn look_ahead(tx: &mut Tx<'_>, _rows: &[Self], projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(projects.keys().copied(), accepted)
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok((!tx.found(self.project_id, accepted)?.is_empty()).then_some("a transfer was accepted since"))
    }

    fn on_void(&self, tx: &mut Tx<'_>, _project: &mut Project) -> Result<()> {
        self.document_id.map_or(Ok(()), |agreement| documents::release(tx, agreement))
    }
}

fn accepted(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, Id)>> {
    let rows = transfers::table
        .filter(transfers::project_id.eq_any(projects))
        .filter(transfers::voided_at.is_null())
        .filter(transfers::state.eq("accepted"));
    Ok(rows.select((transfers::project_id, transfers::id)).load(tx.conn)?)
}

/// The approval that stands, if any.
pub fn standing(tx: &mut Tx<'_>, project: Id) -> Result<Option<TerminationApproval>> {
    Ok(tx.found(project, standings)?.pop())
}

/// The approvals that stand, the latest of a project last.
pub fn standings(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, TerminationApproval)>> {
    let rows = termination_approvals::table
        .filter(termination_approvals::project_id.eq_any(projects))
        .filter(termination_approvals::voided_at.is_null())
        .order(termination_approvals::id);
    Ok(rows.select((termination_approvals::project_id, TerminationApproval::as_select())).load(tx.conn)?)
}
