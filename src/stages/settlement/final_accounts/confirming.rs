//! Confirming a final account: from then on the receivables add up to it.

use super::figures::{contract_of, figures};
use super::store::{AccountBasis, AccountState, FinalAccount};
use crate::access::{Result, Tx};
use crate::contracts::{Contract, half_up_share, instalments, locked_with_client, not_in_the_future};
use crate::db::schema::acceptance_certificates;
use crate::db::{Day, Id};
use crate::documents::file_as;
use crate::http::{IfMatch, Problem, Ref};
use crate::receivables::{self, InstalmentKind, Receivable, Trigger};
use crate::records::{save, stale};
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// The confirmation of a final account.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConfirmFinalAccount {
    /// The confirmed paper, a document of this project; it is filed as `final_account`.
    pub document_id: Id,
    /// When it was confirmed, not in the future.
    #[schema(example = "2026-06-12")]
    pub confirmed_on: Day,
    /// On what the confirmation rests.
    #[serde(default = "agreed")]
    #[schema(default = "agreed")]
    pub basis: AccountBasis,
}

const fn agreed() -> AccountBasis {
    AccountBasis::Agreed
}

/// Confirms a final account: the balance becomes what makes the receivables add up to it (retention agreed as a share of it is set from it). Refused
/// (409 `money`) where that takes one below what is paid or written off on it. After a termination acceptance and retention count from its date.
pub fn confirm(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    given: &ConfirmFinalAccount,
) -> Result<(Project, FinalAccount)> {
    let (project, mut account) = locked_with_client::<FinalAccount>(tx, r)?;
    stale(tx, &account, if_match)?;
    workflow::allow(tx, &project, &acts::CONFIRM_FINAL_ACCOUNT, Some(account.state.as_str()), None)?;
    let contract = up_to_date(tx, &account)?;
    not_in_the_future(tx, given.confirmed_on, "/confirmed_on")?;
    not_before_the_audit(&account, given.confirmed_on)?;
    file_as(tx, &project, given.document_id, "final_account", "/document_id")?;
    adjust_receivables(tx, &contract, account.amount(), given.confirmed_on)?;
    receivables::fire_of_contract(tx, contract.id, Trigger::FinalAccount, Some(given.confirmed_on))?;
    // After a termination both count from the confirmed final account, whatever certificate there was.
    if workflow::was_terminated(tx.conn, project.id)? || !is_accepted(tx, project.id)? {
        receivables::fire_of_contract(tx, contract.id, Trigger::Acceptance, Some(given.confirmed_on))?;
    }
    account.state = AccountState::Confirmed;
    account.basis = Some(given.basis);
    account.document_id = Some(given.document_id);
    account.confirmed_on = Some(given.confirmed_on);
    save(tx, &mut account, "final_account.confirmed")?;
    Ok((project, account))
}

/// An amendment may have been signed since the draft; then the draft no longer is contract + amendments + adjustments − deductions.
pub(super) fn up_to_date(tx: &mut Tx<'_>, account: &FinalAccount) -> Result<Contract> {
    let contract = contract_of(tx, account)?;
    if figures(tx, &contract)?.less(i128::from(account.deductions_amount)) == Some(account.total_amount) {
        return Ok(contract);
    }
    Err(Problem::state(
        "Contract, amendments or adjustments changed since this draft: draft the final account anew.",
        "合同、增補或調整在起草後有變，請重新起草結算單。",
    )
    .into())
}

/// What was submitted and audited is confirmed afterwards (422).
fn not_before_the_audit(account: &FinalAccount, day: Day) -> Result<()> {
    match account.submitted_on.max(account.audited_on) {
        Some(before) if day < before => Err(Problem::validation(
            "/confirmed_on",
            "range",
            format!("It was submitted or audited on {before}: it is confirmed on that day or later."),
            format!("結算單於 {before} 送審或審定，確認日期不得早於該日。"),
        )
        .into()),
        _ => Ok(()),
    }
}

fn adjust_receivables(tx: &mut Tx<'_>, contract: &Contract, amount: i64, on: Day) -> Result<()> {
    for (mut row, delta) in changes(tx, contract, amount)? {
        if delta != 0 {
            receivables::change_amount(tx, &mut row, delta, on)?;
        }
    }
    Ok(())
}

/// The receivables of the contract, each with what it must change by so that they add up to `amount`. Refused (409 `money`) where that takes one below
/// what is paid or written off on it.
pub(super) fn changes(tx: &mut Tx<'_>, contract: &Contract, amount: i64) -> Result<Vec<(Receivable, i64)>> {
    let rows = receivables::of_contract(tx, contract.id)?;
    let share = if contract.retention_from_final_account { retention_share(tx, contract.id)? } else { None };
    let targets = targets(&rows, amount, share);
    let changes = rows.into_iter().zip(targets).map(|(row, target)| {
        let delta = target - row.amount;
        receivables::check_change(&row, delta)?;
        Ok((row, delta))
    });
    changes.collect()
}

fn retention_share(tx: &mut Tx<'_>, contract: Id) -> Result<Option<i64>> {
    let plan = instalments(tx, contract)?;
    Ok(plan.iter().find(|i| i.kind == InstalmentKind::Retention).and_then(|i| i.share_bp))
}

/// What each receivable must come to so that they add up to `amount`: the balance takes what the others leave; the retention is its share of the
/// final account where that is agreed. The balance can be negative here: the caller refuses it.
fn targets(rows: &[Receivable], amount: i64, retention_share: Option<i64>) -> Vec<i64> {
    let kept = |row: &Receivable| match (row.kind, retention_share) {
        (InstalmentKind::Balance, _) => 0,
        (InstalmentKind::Retention, Some(share)) => half_up_share(amount, share),
        (InstalmentKind::Retention, None) | (InstalmentKind::Deposit | InstalmentKind::Interim, _) => row.amount,
    };
    let others: i64 = rows.iter().map(kept).sum();
    rows.iter().map(|row| if row.kind == InstalmentKind::Balance { amount - others } else { kept(row) }).collect()
}

fn is_accepted(tx: &mut Tx<'_>, project: Id) -> Result<bool> {
    let certificates = acceptance_certificates::table
        .filter(acceptance_certificates::project_id.eq(project))
        .filter(acceptance_certificates::voided_at.is_null());
    Ok(certificates.count().get_result::<i64>(tx.conn)? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::At;
    use proptest::prelude::*;

    fn rows(amounts: [i64; 4]) -> Vec<Receivable> {
        let one = |(kind, amount): (&InstalmentKind, i64)| Receivable {
            id: Id::new(),
            version: 1,
            project_id: Id::new(),
            client_id: Id::new(),
            contract_id: Id::new(),
            kind: *kind,
            amount,
            paid_amount: 0,
            written_off_amount: 0,
            currency: "CNY".into(),
            trigger_kind: Trigger::Signing,
            days: 0,
            due_on: None,
            effective_on: None,
            disputed: false,
            created_at: At::now_real(),
            created_by: Id::new(),
            updated_at: At::now_real(),
        };
        InstalmentKind::ALL.iter().zip(amounts).map(one).collect()
    }

    #[test]
    fn the_balance_takes_what_the_others_leave() {
        let river_bend = rows([38_592_947, 51_457_263, 37_020_789, 6_432_158]);
        assert_eq!(targets(&river_bend, 133_328_157, None), [38_592_947, 51_457_263, 36_845_789, 6_432_158]);
        assert_eq!(targets(&river_bend, 133_328_157, Some(500)), [38_592_947, 51_457_263, 36_611_539, 6_666_408]);
        let south_lake = rows([9_000_000, 12_000_000, 7_500_000, 1_500_000]);
        assert_eq!(targets(&south_lake, 24_000_000, None), [9_000_000, 12_000_000, 1_500_000, 1_500_000]);
        assert_eq!(targets(&south_lake, 21_800_000, None)[2], -700_000, "which is refused");
    }

    proptest! {
        #[test]
        fn receivables_add_up_to_the_final_account(amounts in proptest::array::uniform4(0_i64..1_000_000_000_000), amount in 0_i64..10_000_000_000_000, share in proptest::option::of(0_i64..=10_000)) {
            prop_assert_eq!(targets(&rows(amounts), amount, share).iter().sum::<i64>(), amount);
        }
    }
}
