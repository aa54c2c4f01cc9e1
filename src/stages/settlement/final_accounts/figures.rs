//! What a final account is made of: contract + amendments + billable adjustments, now for one, in a statement each for all of a page.

use super::store::{AccountState, FinalAccount};
use crate::access::{Result, Tx};
use crate::contracts::{Contract, plans, signed_of_projects};
use crate::db::Id;
use crate::db::schema::{adjustments, contracts, final_accounts, projects};
use crate::receivables;
use diesel::prelude::*;

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

/// What the records say now. Billable adjustments (confirmed, borne by the client, with a variation order) count on the contract signed first of those
/// in the project's currency, in which their costs are (sums are per currency), less what another contract's confirmed account has
/// billed: one that is signed later with an earlier date does not bill them again.
pub fn figures(tx: &mut Tx<'_>, contract: &Contract) -> Result<Figures> {
    let project = contract.project_id;
    let own = tx.found(project, currencies)?;
    let signed = tx.found(project, signed_of_projects)?;
    let first = signed.iter().find(|signed| own.contains(&signed.currency));
    let adjustments = if first.is_some_and(|first| first.id == contract.id) {
        let elsewhere = tx.found(project, billed)?.into_iter().filter(|(by, _)| *by != contract.id);
        tx.found(project, billable)?.into_iter().sum::<i64>() - elsewhere.map(|(_, amount)| amount).sum::<i64>()
    } else {
        0
    };
    Ok(Figures { contract: contract.amount, amendments: contract.current_amount - contract.amount, adjustments })
}

/// The contract of a final account.
pub fn contract_of(tx: &mut Tx<'_>, account: &FinalAccount) -> Result<Contract> {
    tx.found(account.contract_id, contracts_of)?.pop().ok_or_else(|| diesel::result::Error::NotFound.into())
}

/// Reads for a page what [`contract_of`] and [`figures`] ask about each of these.
pub fn look_ahead(tx: &mut Tx<'_>, accounts: &[&FinalAccount]) -> Result<()> {
    let projects = || accounts.iter().map(|account| account.project_id);
    let contracts = || accounts.iter().map(|account| account.contract_id);
    tx.read_ahead(contracts(), contracts_of)?;
    tx.read_ahead(contracts(), plans)?;
    tx.read_ahead(contracts(), receivables::of_contracts)?;
    tx.read_ahead(projects(), signed_of_projects)?;
    tx.read_ahead(projects(), currencies)?;
    tx.read_ahead(projects(), billable)?;
    tx.read_ahead(projects(), billed)
}

fn contracts_of(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<(Id, Contract)>> {
    let rows = contracts::table.filter(contracts::id.eq_any(ids)).select((contracts::id, Contract::as_select()));
    Ok(rows.load(tx.conn)?)
}

fn currencies(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<(Id, String)>> {
    Ok(projects::table.filter(projects::id.eq_any(ids)).select((projects::id, projects::currency)).load(tx.conn)?)
}

fn billable(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, i64)>> {
    let rows = adjustments::table
        .filter(adjustments::project_id.eq_any(projects))
        .filter(adjustments::voided_at.is_null())
        .filter(adjustments::state.eq("confirmed"))
        .filter(adjustments::borne_by.eq("client"))
        .filter(adjustments::variation_order_id.is_not_null());
    Ok(rows.select((adjustments::project_id, adjustments::cost_amount)).load(tx.conn)?)
}

/// What confirmed accounts have billed of a project's adjustments, each with its contract.
fn billed(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, (Id, i64))>> {
    let rows = final_accounts::table
        .filter(final_accounts::project_id.eq_any(projects))
        .filter(final_accounts::state.eq(AccountState::Confirmed))
        .filter(final_accounts::voided_at.is_null());
    let rows =
        rows.select((final_accounts::project_id, (final_accounts::contract_id, final_accounts::adjustments_amount)));
    Ok(rows.load(tx.conn)?)
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
