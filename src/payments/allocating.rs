//! Putting money on receivables and taking it back: the one place that writes allocations. Client and projects are locked by the caller.

use super::order::Taker;
use super::store::{Allocation, Payment, PaymentState};
use crate::access::{Result, Tx};
use crate::db::schema::{allocations, contracts, projects, receivables};
use crate::db::{Id, on_each};
use crate::http::Problem;
use crate::receivables::{self as claims, Receivable};
use crate::workflow;
use diesel::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Locks projects in the order of their ids.
pub(super) fn lock_projects(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = Id>) -> Result<()> {
    for id in ids.into_iter().collect::<BTreeSet<_>>() {
        workflow::lock_id(tx, id)?;
    }
    Ok(())
}

/// The projects of a client in which money in this currency may still go somewhere.
pub(super) fn projects_with_open(tx: &mut Tx<'_>, client: Id, currency: &str) -> Result<Vec<Id>> {
    let rows = receivables::table
        .filter(receivables::client_id.eq(client))
        .filter(receivables::currency.eq(currency.to_owned()))
        .filter(receivables::amount.gt(receivables::paid_amount + receivables::written_off_amount));
    Ok(rows.select(receivables::project_id).distinct().load(tx.conn)?)
}

/// The client's receivables in a currency as takers.
pub(super) fn takers(tx: &mut Tx<'_>, client: Id, currency: &str) -> Result<Vec<Taker>> {
    let rows = receivables::table
        .filter(receivables::client_id.eq(client))
        .filter(receivables::currency.eq(currency.to_owned()))
        .filter(receivables::amount.gt(receivables::paid_amount + receivables::written_off_amount))
        .select(Receivable::as_select())
        .load::<Receivable>(tx.conn)?;
    let of_contract: Vec<Id> = rows.iter().map(|r| r.contract_id).collect();
    let numbers = contracts::table
        .filter(contracts::id.eq_any(of_contract))
        .select((contracts::id, contracts::number))
        .load::<(Id, String)>(tx.conn)?;
    let numbers: BTreeMap<Id, String> = numbers.into_iter().collect();
    let of_project: Vec<Id> = rows.iter().map(|r| r.project_id).collect();
    let sealed = projects::table
        .filter(projects::id.eq_any(of_project))
        .filter(projects::sealed_at.is_not_null())
        .select(projects::id)
        .load::<Id>(tx.conn)?;
    Ok(rows
        .into_iter()
        .map(|r| Taker {
            receivable: r.id,
            due_on: r.due_on,
            kind: r.kind,
            contract_number: numbers.get(&r.contract_id).cloned().unwrap_or_default(),
            disputed: r.disputed,
            sealed: sealed.contains(&r.project_id),
            open: r.outstanding(),
        })
        .collect())
}

/// Puts part of a confirmed payment on a receivable; the payment itself is saved by the caller.
pub(super) fn put(
    tx: &mut Tx<'_>,
    payment: &mut Payment,
    receivable: &mut Receivable,
    amount: i64,
) -> Result<Allocation> {
    if payment.state != PaymentState::Confirmed || amount > payment.unapplied() || amount > receivable.outstanding() {
        return Err(Problem::internal(&"an allocation was not decided before it was written").into());
    }
    let row = Allocation {
        id: Id::new(),
        payment_id: payment.id,
        receivable_id: receivable.id,
        project_id: receivable.project_id,
        client_id: receivable.client_id,
        amount,
        created_at: tx.now,
        created_by: tx.actor.id,
        reversed_at: None,
    };
    on_each!(tx.conn, c => diesel::insert_into(allocations::table).values(&row).execute(c))?;
    payment.allocated_amount += amount;
    receivable.paid_amount += amount;
    let note =
        json!({ "allocation_id": row.id, "payment_id": payment.id, "reference": payment.reference, "amount": amount });
    claims::save_with(tx, receivable, "receivable.paid", note)?;
    Ok(row)
}

/// Takes all allocations of a payment back; the payment itself is saved by the caller. Refused as [`refuse_reversal`] says.
pub(super) fn take_back(tx: &mut Tx<'_>, payment: &mut Payment) -> Result<()> {
    let standing = allocations::table
        .filter(allocations::payment_id.eq(payment.id))
        .filter(allocations::reversed_at.is_null())
        .order(allocations::id)
        .select(Allocation::as_select())
        .load::<Allocation>(tx.conn)?;
    let of_project: Vec<Id> = standing.iter().map(|a| a.project_id).collect();
    lock_projects(tx, of_project)?;
    refuse_reversal(tx, payment, &standing)?;
    for row in standing {
        let mut receivable = claims::by_id(tx, row.receivable_id)?;
        receivable.paid_amount -= row.amount;
        let note = json!({ "allocation_id": row.id, "payment_id": payment.id, "reference": payment.reference, "amount": row.amount });
        claims::save_with(tx, &mut receivable, "receivable.payment_reversed", note)?;
        diesel::update(allocations::table.filter(allocations::id.eq(row.id)))
            .set(allocations::reversed_at.eq(tx.now))
            .execute(tx.conn)?;
    }
    payment.allocated_amount = 0;
    Ok(())
}

/// Refuses to reverse a payment of which something was refunded (409 `money`), or whose reversal would re-open a receivable of a sealed project (409
/// `state`). Its allocations are given, those taken back too.
pub(super) fn refuse_reversal(tx: &mut Tx<'_>, payment: &Payment, allocations: &[Allocation]) -> Result<()> {
    if payment.refunded_amount > 0 {
        let refunded = payment.refunded_amount;
        return Err(Problem::money(
            format!("{refunded} fen of it were refunded: record what the client pays back as a payment of its own."),
            format!("其中 {refunded} 分已退回；請將客戶退還的款項另行登記。"),
        )
        .into());
    }
    let standing = allocations.iter().filter(|allocation| allocation.reversed_at.is_none());
    let sealed = projects::table
        .filter(projects::id.eq_any(standing.map(|allocation| allocation.project_id)))
        .filter(projects::sealed_at.is_not_null())
        .count()
        .get_result::<i64>(tx.conn)?;
    if sealed > 0 {
        return Err(Problem::state(
            "It would re-open a receivable of a sealed project. Settle it with the client outside this payment.",
            "沖銷會使已封存項目的應收款重新未清；請另行與客戶處理。",
        )
        .into());
    }
    Ok(())
}
