//! Drafting, submitting and auditing a final account.

use super::figures::figures;
use super::store::{AccountState, Deduction, Difference, FinalAccount};
use crate::access::{Result, Tx};
use crate::contracts::{Contract, not_in_the_future, refuse_if_settled, signed_of_project};
use crate::db::schema::final_accounts;
use crate::db::{Day, Id, Json};
use crate::http::{IfMatch, Problem, Ref};
use crate::records::{insert, locked, save, stale};
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// A final account to draft.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewFinalAccount {
    /// The contract; needed only where several are signed.
    #[serde(default)]
    pub contract_id: Option<Id>,
    /// What is deducted.
    #[serde(default)]
    #[validate(length(max = 200), nested)]
    #[schema(max_items = 200)]
    pub deductions: Vec<Deduction>,
}

/// A submission to the client.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SubmitFinalAccount {
    /// When, not in the future; today unless said.
    #[serde(default)]
    #[schema(example = "2026-06-09")]
    pub submitted_on: Option<Day>,
}

/// The client's audited figure.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AuditFinalAccount {
    /// What the client arrived at, in fen.
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 133_208_157, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub audited_amount: i64,
    /// Every difference with its reason; they add up to the audited figure less ours.
    #[serde(default)]
    #[validate(length(max = 200), nested)]
    #[schema(max_items = 200)]
    pub differences: Vec<Difference>,
    /// When, not in the future; today unless said.
    #[serde(default)]
    #[schema(example = "2026-06-11")]
    pub audited_on: Option<Day>,
}

/// Drafts a final account; it takes the place of the contract's earlier one. Refused (409 `state`) without a signed contract and after the confirmed one.
pub fn draft(tx: &mut Tx<'_>, r: &Ref, new: &NewFinalAccount) -> Result<(Project, FinalAccount)> {
    let project = workflow::lock(tx, r)?;
    workflow::acts::check_state(&project, &acts::DRAFT_FINAL_ACCOUNT, None)?;
    let contract = contract_for(tx, &project, new.contract_id)?;
    refuse_if_settled(tx, contract.id)?;
    workflow::allow(tx, &project, &acts::DRAFT_FINAL_ACCOUNT, None, None)?;
    let parts = figures(tx, &contract)?;
    let deductions: i128 = new.deductions.iter().map(|d| i128::from(d.amount)).sum();
    let negative = || {
        Problem::validation(
            "/deductions",
            "range",
            "The deductions come to more than there is to deduct from.",
            "扣款超過結算總額。",
        )
    };
    let total_amount = parts.less(deductions).ok_or_else(negative)?;
    let deductions_amount = i64::try_from(deductions).map_err(|_| negative())?;
    replace_earlier(tx, contract.id)?;
    let account = FinalAccount {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        contract_id: contract.id,
        contract_amount: parts.contract,
        amendments_amount: parts.amendments,
        adjustments_amount: parts.adjustments,
        deductions_amount,
        total_amount,
        currency: contract.currency,
        deductions: Json(new.deductions.clone()),
        audited_amount: None,
        audit_differences: Json(Vec::new()),
        state: AccountState::Draft,
        basis: None,
        document_id: None,
        submitted_on: None,
        audited_on: None,
        confirmed_on: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &account, "final_account.drafted")?;
    Ok((project, account))
}

fn contract_for(tx: &mut Tx<'_>, project: &Project, named: Option<Id>) -> Result<Contract> {
    let mut signed = signed_of_project(tx, project.id)?;
    if let Some(id) = named {
        let unknown = || {
            Problem::validation(
                "/contract_id",
                "unknown",
                "The project has no such signed contract.",
                "此項目沒有這份已簽合同。",
            )
        };
        return signed.into_iter().find(|c| c.id == id).ok_or_else(|| unknown().into());
    }
    match (signed.pop(), signed.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(Problem::validation(
            "/contract_id",
            "missing",
            "Several contracts are signed: name one.",
            "有多份已簽合同，請指明其一。",
        )
        .into()),
        (None, _) => Err(Problem::state(
            "No contract of this project is signed: there is nothing to settle.",
            "此項目沒有已簽合同，無可結算。",
        )
        .into()),
    }
}

fn replace_earlier(tx: &mut Tx<'_>, contract: Id) -> Result<()> {
    let earlier = final_accounts::table
        .filter(final_accounts::contract_id.eq(contract))
        .filter(final_accounts::voided_at.is_null());
    let earlier = earlier.filter(final_accounts::state.eq_any([
        AccountState::Draft,
        AccountState::Submitted,
        AccountState::Audited,
    ]));
    for mut account in earlier.select(FinalAccount::as_select()).load(tx.conn)? {
        account.state = AccountState::Replaced;
        save(tx, &mut account, "final_account.replaced")?;
    }
    Ok(())
}

/// Submits a final account to the client.
pub fn submit(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    given: &SubmitFinalAccount,
) -> Result<(Project, FinalAccount)> {
    let (project, mut account) = locked::<FinalAccount>(tx, r)?;
    stale(tx, &account, if_match)?;
    workflow::allow(tx, &project, &acts::SUBMIT_FINAL_ACCOUNT, Some(account.state.as_str()), None)?;
    account.submitted_on = Some(on(tx, given.submitted_on, "/submitted_on")?);
    account.state = AccountState::Submitted;
    save(tx, &mut account, "final_account.submitted")?;
    Ok((project, account))
}

/// Records the client's audited figure with the reason for every difference.
pub fn audit(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    given: &AuditFinalAccount,
) -> Result<(Project, FinalAccount)> {
    let (project, mut account) = locked::<FinalAccount>(tx, r)?;
    stale(tx, &account, if_match)?;
    workflow::allow(tx, &project, &acts::AUDIT_FINAL_ACCOUNT, Some(account.state.as_str()), None)?;
    let sum: i128 = given.differences.iter().map(|d| i128::from(d.amount)).sum();
    let wanted = i128::from(given.audited_amount) - i128::from(account.total_amount);
    if sum != wanted {
        return Err(Problem::validation(
            "/differences",
            "sum",
            format!("The differences add up to {sum} fen; the audited figure differs by {wanted}."),
            format!("差異合計 {sum} 分，審定額相差 {wanted} 分。"),
        )
        .into());
    }
    account.audited_on = Some(on(tx, given.audited_on, "/audited_on")?);
    account.audited_amount = Some(given.audited_amount);
    account.audit_differences = Json(given.differences.clone());
    account.state = AccountState::Audited;
    save(tx, &mut account, "final_account.audited")?;
    Ok((project, account))
}

fn on(tx: &mut Tx<'_>, day: Option<Day>, pointer: &str) -> Result<Day> {
    let day = match day {
        Some(day) => day,
        None => tx.today()?,
    };
    not_in_the_future(tx, day, pointer)?;
    Ok(day)
}
