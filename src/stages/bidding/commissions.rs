//! A direct commission: the client gives us the work without a tender.

use crate::access::{RecordsRead, Result, Tx};
use crate::db::{At, Id, schema::commissions};
use crate::http::{Problem, Ref};
use crate::project_record;
use crate::records::{NoExtra, Record, insert};
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A direct commission.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = commissions, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Commission {
    /// The commission.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Why without a tender.
    #[schema(example = "Framework agreement of 2025")]
    pub reason: String,
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

project_record!(Commission, commissions, "commission");

impl Record for Commission {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "commissions";
    const NAME: &'static str = "direct commission";
    const EVIDENCE: bool = true;

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }
}

/// A direct commission to record.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DirectCommission {
    /// Why without a tender.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Framework agreement of 2025", min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Records a direct commission; there is one on a project.
pub fn commission(tx: &mut Tx<'_>, r: &Ref, new: &DirectCommission) -> Result<(Project, Commission)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::COMMISSION, None, None)?;
    let there =
        commissions::table.filter(commissions::project_id.eq(project.id)).filter(commissions::voided_at.is_null());
    if there.count().get_result::<i64>(tx.conn)? > 0 {
        return Err(Problem::state(
            "A direct commission is already recorded. Void it first if it was a mistake.",
            "已有直接委託記錄；如屬誤登請先作廢。",
        )
        .into());
    }
    let record = Commission {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        reason: new.reason.clone(),
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "commission.recorded")?;
    Ok((project, record))
}
