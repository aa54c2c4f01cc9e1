//! The rows of final accounts.

use super::confirming::{changes, up_to_date};
use super::figures;
use crate::access::{MoneyRead, Result, Tx};
use crate::db::{At, Day, Id, Json, schema::final_accounts, text_enum};
use crate::project_record;
use crate::records::Record;
use crate::workflow::{Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// How far a final account is.
    AccountState {
        /// Drafted.
        Draft = "draft",
        /// Submitted to the client.
        Submitted = "submitted",
        /// Audited by the client.
        Audited = "audited",
        /// Confirmed.
        Confirmed = "confirmed",
        /// A later draft took its place.
        Replaced = "replaced",
    }
}

text_enum! {
    /// On what a confirmation rests.
    AccountBasis {
        /// The client agreed.
        Agreed = "agreed",
        /// The client did not answer in the agreed time.
        Deemed = "deemed",
        /// A court or arbitrator decided.
        Judgment = "judgment",
    }
}

/// Something that is deducted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Deduction {
    /// What.
    #[validate(length(min = 1, max = 400))]
    #[schema(example = "Rug delivered late", min_length = 1, max_length = 400)]
    pub what: String,
    /// Fen.
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 500_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
}

/// By what the client's audited figure differs from ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// What.
    #[validate(length(min = 1, max = 400))]
    #[schema(example = "Curtains in room 3", min_length = 1, max_length = 400)]
    pub what: String,
    /// Fen; negative where the client took something off.
    #[validate(range(min = -1_000_000_000_000_000_i64, max = 1_000_000_000_000_000_i64))]
    #[schema(example = -120_000, minimum = -1_000_000_000_000_000_i64, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
    /// Why.
    #[validate(length(min = 1, max = 1000))]
    #[schema(example = "Counted twice", min_length = 1, max_length = 1000)]
    pub reason: String,
}

/// A final account.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = final_accounts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct FinalAccount {
    /// The final account.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The contract.
    pub contract_id: Id,
    /// The contract amount, in fen.
    #[schema(example = 128_643_157)]
    pub contract_amount: i64,
    /// Its signed amendments.
    #[schema(example = 4_860_000)]
    pub amendments_amount: i64,
    /// Billable adjustments.
    #[schema(example = 325_000)]
    pub adjustments_amount: i64,
    /// What is deducted.
    #[schema(example = 500_000)]
    pub deductions_amount: i64,
    /// Contract + amendments + adjustments − deductions.
    #[schema(example = 133_328_157)]
    pub total_amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// What is deducted, line by line.
    #[schema(value_type = Vec<Deduction>)]
    pub deductions: Json<Vec<Deduction>>,
    /// The client's audited figure, in fen.
    #[schema(example = 133_208_157)]
    pub audited_amount: Option<i64>,
    /// By what it differs, line by line.
    #[schema(value_type = Vec<Difference>)]
    pub audit_differences: Json<Vec<Difference>>,
    /// How far it is.
    pub state: AccountState,
    /// On what its confirmation rests.
    pub basis: Option<AccountBasis>,
    /// The confirmed paper.
    pub document_id: Option<Id>,
    /// When submitted.
    pub submitted_on: Option<Day>,
    /// When audited.
    pub audited_on: Option<Day>,
    /// When confirmed.
    #[schema(example = "2026-06-12")]
    pub confirmed_on: Option<Day>,
    /// When drafted.
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

project_record!(FinalAccount, final_accounts, "final_account", state = state);

/// What is shown with a final account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FinalAccountDetails {
    /// What it comes to, in fen: the audited figure where there is one, else the total.
    #[schema(example = 133_328_157)]
    pub amount: i64,
}

impl Record for FinalAccount {
    type Read = MoneyRead;
    type Extra = FinalAccountDetails;
    const PLURAL: &'static str = "final-accounts";
    const NAME: &'static str = "final account";

    fn acts() -> &'static [Act] {
        const ACTS: &[Act] = &[acts::SUBMIT_FINAL_ACCOUNT, acts::AUDIT_FINAL_ACCOUNT, acts::CONFIRM_FINAL_ACCOUNT];
        ACTS
    }

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        let open = rows.iter().filter(|row| acts::CONFIRM_FINAL_ACCOUNT.states.contains(&row.state.as_str()));
        figures::look_ahead(tx, &open.collect::<Vec<_>>())
    }

    fn check(&self, tx: &mut Tx<'_>, _project: &Project, act: &Act) -> Result<()> {
        if act.name == acts::CONFIRM_FINAL_ACCOUNT.name {
            let contract = up_to_date(tx, self)?;
            changes(tx, &contract, self.amount())?;
        }
        Ok(())
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<FinalAccountDetails> {
        Ok(FinalAccountDetails { amount: self.amount() })
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok((self.state == AccountState::Confirmed).then_some("it is confirmed"))
    }
}

impl FinalAccount {
    /// What it comes to, in fen: the audited figure where there is one, else the total.
    pub fn amount(&self) -> i64 {
        self.audited_amount.unwrap_or(self.total_amount)
    }
}
