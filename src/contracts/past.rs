//! A contract as it was at an earlier moment, from the events of itself, its amendments and its final account. Reviews never change, so of them those
//! that were given by then; whose review was next is judged by today's limit.

use super::amendments::Amendment;
use super::reviews::{NextReviewer, next_among, reviews_of};
use super::store::{Contract, ContractDetails, ContractState, ContractValue, Instalment, instalments};
use crate::access::{Result, Tx};
use crate::db::At;
use crate::events::{self, Subject};
use crate::http::Problem;
use crate::records::{from_image, record_at};
use serde::Deserialize;
use serde_json::Value;

/// What matters here of a final account's after-image.
#[derive(Debug, Deserialize)]
struct Account {
    contract_id: crate::db::Id,
    state: String,
    total_amount: i64,
    audited_amount: Option<i64>,
    voided_at: Option<At>,
}

/// The contract and what is shown with it.
pub(super) fn contract_at(tx: &mut Tx<'_>, now: &Contract, at: At) -> Result<(Contract, ContractDetails)> {
    let contract: Contract = record_at(tx, now.id, at)?;
    let signed = contract.state == ContractState::Signed;
    let mut reviews = reviews_of(tx, contract.id, None)?;
    reviews.retain(|review| review.created_at <= at);
    let next_reviewer = match contract.state {
        ContractState::InReview => next_among(tx, &contract.under_review(), &reviews)?,
        ContractState::Draft | ContractState::Approved | ContractState::Signed => NextReviewer::None,
    };
    let value = ContractValue {
        signed_amount: if signed { contract.amount } else { 0 },
        pending_amount: if signed { open_amendments(tx, &contract, at)? } else { contract.amount },
        current_amount: contract.current_amount,
    };
    let details = ContractDetails {
        instalments: plan_at(tx, &contract, at)?,
        reviews,
        next_reviewer,
        value,
        final_account_amount: final_account(tx, &contract, at)?,
    };
    Ok((contract, details))
}

fn open_amendments(tx: &mut Tx<'_>, contract: &Contract, at: At) -> Result<i64> {
    let images = events::images_of_kind_at(tx.conn, contract.project_id, Amendment::KIND, at)?;
    let all = images.into_values().map(from_image::<Amendment>).collect::<Result<Vec<_>>>()?;
    let open = all.iter().filter(|amendment| {
        amendment.contract_id == contract.id
            && amendment.voided_at.is_none()
            && amendment.state != ContractState::Signed
    });
    Ok(open.map(|amendment| amendment.amount).sum())
}

fn final_account(tx: &mut Tx<'_>, contract: &Contract, at: At) -> Result<Option<i64>> {
    let images = events::images_of_kind_at(tx.conn, contract.project_id, "final_account", at)?;
    let all = images.into_values().map(from_image::<Account>).collect::<Result<Vec<_>>>()?;
    let confirmed = all.into_iter().find(|account| {
        account.contract_id == contract.id && account.state == "confirmed" && account.voided_at.is_none()
    });
    Ok(confirmed.map(|account| account.audited_amount.unwrap_or(account.total_amount)))
}

/// The plan stands in the note of the event that set it.
fn plan_at(tx: &mut Tx<'_>, contract: &Contract, at: At) -> Result<Vec<Instalment>> {
    let images = events::images_until(tx.conn, contract.id, at)?;
    let last = images.iter().rev().find_map(|image| image.pointer("/event_note/instalments").cloned());
    let Some(Value::Array(lines)) = last else { return instalments(tx, contract.id) };
    let of_contract = |mut line: Value| {
        if let Some(members) = line.as_object_mut() {
            for (name, id) in [("contract_id", contract.id), ("project_id", contract.project_id)] {
                members.insert(name.to_owned(), serde_json::to_value(id).map_err(|e| Problem::internal(&e))?);
            }
        }
        from_image::<Instalment>(line)
    };
    lines.into_iter().map(of_contract).collect()
}
