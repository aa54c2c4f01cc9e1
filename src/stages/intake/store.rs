//! The rows of intake.

use crate::access::{RecordsRead, Result, Tx};
use crate::db::{At, Id, schema::qualifications};
use crate::project_record;
use crate::records::{NoExtra, Record};
use crate::workflow::Project;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

/// How far an inquiry is worth taking on.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = qualifications, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Qualification {
    /// The qualification.
    pub id: Id,
    /// The inquiry.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Finances and credit, 1 (weak) to 5 (strong).
    #[schema(example = 4)]
    pub finances: i64,
    /// Value of the work, 1 to 5.
    #[schema(example = 5)]
    pub value: i64,
    /// Effort it takes, 1 (little) to 5 (much).
    #[schema(example = 3)]
    pub effort: i64,
    /// Difficulty, 1 (easy) to 5 (hard).
    #[schema(example = 2)]
    pub difficulty: i64,
    /// Whether we know who decides.
    pub decision_makers_known: bool,
    /// Who supplies them today.
    #[schema(example = "another staging house")]
    pub incumbent: Option<String>,
    /// How they pay.
    #[schema(example = "pays within 45 days")]
    pub payment_habit: Option<String>,
    /// What the background check of a new client found.
    #[schema(example = "Registered capital 50 million yuan; no court cases")]
    pub background_check: Option<String>,
    /// 0 to 100: see the operation for the formula.
    #[schema(example = 79)]
    pub score: i64,
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

project_record!(Qualification, qualifications, "qualification");

impl Record for Qualification {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "qualifications";
    const NAME: &'static str = "qualification";
    const EVIDENCE: bool = true;

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }
}
