//! Drafting, submitting and auditing a final account.

use super::store::{AccountState, Deduction, Difference, FinalAccount};
use crate::access::{Result, Tx};
use crate::contracts::{Contract, not_in_the_future, refuse_if_settled, signed_of_project};
use crate::db::schema::{adjustments, final_accounts, projects};
use crate::db::{Day, Id, Json, total};
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

/// What a final account is made of, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// The contract.
    pub contract: i64,
    /// Its signed amendments.
    pub amendments: i64,
    /// Billable adjustments.
    pub adjustments: i64,
}

impl Figures {
    /// Contract + amendments + adjustments − deductions; none where it is negative or cannot be counted.
    pub fn less(&self, deductions: i128) -> Option<i64> {
        let sum = i128::from(self.contract) + i128::from(self.amendments) + i128::from(self.adjustments) - deductions;
        i64::try_from(sum).ok().filter(|total| *total >= 0)
    }
}

/// What the records say now. Billable adjustments (confirmed, borne by the client, with a variation order) count on the contract signed first, less
/// what another contract's confirmed account has billed: one that is signed later with an earlier date does not bill them again.
pub fn figures(tx: &mut Tx<'_>, contract: &Contract) -> Result<Figures> {
    let first = signed_of_project(tx, contract.project_id)?.first().map(|c| c.id);
    let billable = adjustments::table
        .filter(adjustments::project_id.eq(contract.project_id))
        .filter(adjustments::voided_at.is_null())
        .filter(adjustments::state.eq("confirmed"))
        .filter(adjustments::borne_by.eq("client"))
        .filter(adjustments::variation_order_id.is_not_null());
    // An adjustment's cost is in the project's currency: sums are per currency, so it cannot count on a contract in another one.
    let currency = projects::table.filter(projects::id.eq(contract.project_id)).select(projects::currency);
    let same_currency = currency.first::<String>(tx.conn)? == contract.currency;
    let adjustments = if first == Some(contract.id) && same_currency {
        billable.select(total(adjustments::cost_amount)).get_result::<i64>(tx.conn)? - billed_elsewhere(tx, contract)?
    } else {
        0
    };
    Ok(Figures { contract: contract.amount, amendments: contract.current_amount - contract.amount, adjustments })
}

fn billed_elsewhere(tx: &mut Tx<'_>, contract: &Contract) -> Result<i64> {
    let confirmed = final_accounts::table
        .filter(final_accounts::project_id.eq(contract.project_id))
        .filter(final_accounts::contract_id.ne(contract.id))
        .filter(final_accounts::state.eq(AccountState::Confirmed))
        .filter(final_accounts::voided_at.is_null());
    Ok(confirmed.select(total(final_accounts::adjustments_amount)).get_result::<i64>(tx.conn)?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_account_is_never_negative() {
        let parts = Figures { contract: 128_643_157, amendments: 4_860_000, adjustments: 325_000 };
        assert_eq!(parts.less(500_000), Some(133_328_157));
        assert_eq!(parts.less(133_828_157), Some(0));
        assert_eq!(parts.less(133_828_158), None);
        assert_eq!(parts.less(-i128::from(i64::MAX)), None, "beyond 64 bits");
    }
}
