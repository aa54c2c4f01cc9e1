//! The statement of account (對賬單): everything that moved a client's account between two days, with a running balance. What was agreed and what was
//! paid back raise it; payments and write-offs lower it. A balance above zero is owed to us, one below zero is the client's unapplied money.

use super::figures::{Came, Whose, courses, rows_of};
use crate::access::{Result, Tx};
use crate::db::schema::{contracts, payments, refunds, write_offs};
use crate::db::{Day, Id, text_enum};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

text_enum! {
    /// What moved an account.
    LineKind {
        /// A receivable arose at a signing.
        Receivable = "receivable",
        /// A receivable changed: an amendment or the final account.
        ReceivableChanged = "receivable_changed",
        /// A confirmed payment, on the day it was paid.
        Payment = "payment",
        /// A payment was reversed.
        Reversal = "reversal",
        /// An approved write-off.
        WriteOff = "write_off",
        /// Unapplied money went back.
        Refund = "refund",
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    /// The business date.
    #[schema(example = "2026-03-02")]
    pub on: Day,
    /// What moved the account.
    pub kind: LineKind,
    /// The receivable, payment, write-off or refund.
    pub subject_id: Id,
    /// The contract's number and instalment, or the payment's reference.
    #[schema(example = "C-2026-0003 deposit")]
    pub text: String,
    /// Fen; positive: more is owed to us.
    #[schema(example = 38_592_947)]
    pub amount: i64,
    /// The account after this line, in fen.
    #[schema(example = 38_592_947)]
    pub balance_amount: i64,
}

/// A client's account in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Account {
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// The account before the first day, in fen.
    #[schema(example = 0)]
    pub opening_amount: i64,
    /// What moved it, in the order of the days.
    pub lines: Vec<Line>,
    /// The account at the end of the last day, in fen.
    #[schema(example = 38_592_947)]
    pub closing_amount: i64,
}

#[derive(Debug, Clone)]
struct Move {
    on: Day,
    kind: LineKind,
    subject: Id,
    text: String,
    currency: String,
    amount: i64,
}

/// A client's accounts from one day to another, both included.
pub(super) fn accounts(tx: &mut Tx<'_>, client: Id, from: Day, until: Day) -> Result<Vec<Account>> {
    let mut moves = of_receivables(tx, client)?;
    moves.extend(of_payments(tx, client)?);
    moves.extend(of_write_offs(tx, client)?);
    moves.extend(of_refunds(tx, client)?);
    Ok(balanced(moves, from, until))
}

fn balanced(mut moves: Vec<Move>, from: Day, until: Day) -> Vec<Account> {
    moves.retain(|m| m.on <= until);
    moves.sort_by_key(|m| (m.on, m.kind, m.subject));
    let mut out: BTreeMap<String, Account> = BTreeMap::new();
    for m in moves {
        let account = out.entry(m.currency.clone()).or_insert_with(|| Account {
            currency: m.currency.clone(),
            opening_amount: 0,
            lines: Vec::new(),
            closing_amount: 0,
        });
        account.closing_amount += m.amount;
        if m.on < from {
            account.opening_amount += m.amount;
        } else {
            account.lines.push(Line {
                on: m.on,
                kind: m.kind,
                subject_id: m.subject,
                text: m.text,
                amount: m.amount,
                balance_amount: account.closing_amount,
            });
        }
    }
    out.into_values().collect()
}

/// What a receivable came to, told by its events: it arose with an amount, and each change is a line of its own.
fn of_receivables(tx: &mut Tx<'_>, client: Id) -> Result<Vec<Move>> {
    let rows = rows_of(tx, Whose::Client(client))?;
    let of_contract: Vec<Id> = rows.iter().map(|r| r.contract_id).collect();
    let numbers = contracts::table
        .filter(contracts::id.eq_any(of_contract))
        .select((contracts::id, contracts::number))
        .load::<(Id, String)>(tx.conn)?;
    let numbers: BTreeMap<Id, String> = numbers.into_iter().collect();
    let facts: BTreeMap<Id, (String, String)> = rows
        .iter()
        .map(|r| {
            (
                r.id,
                (r.currency.clone(), format!("{} {}", numbers.get(&r.contract_id).map_or("", String::as_str), r.kind)),
            )
        })
        .collect();
    let ids: Vec<Id> = rows.iter().map(|r| r.id).collect();
    let mut known: BTreeMap<Id, i64> = BTreeMap::new();
    let mut moves = Vec::new();
    for Came { receivable: subject, on, amount, .. } in courses(tx, &ids)? {
        let (amount, kind) = match known.insert(subject, amount) {
            None => (amount, LineKind::Receivable),
            Some(before) => (amount - before, LineKind::ReceivableChanged),
        };
        let Some((currency, text)) = facts.get(&subject).filter(|_| amount != 0) else { continue };
        moves.push(Move { on, kind, subject, text: text.clone(), currency: currency.clone(), amount });
    }
    Ok(moves)
}

type Paid = (Id, Day, Option<Day>, String, String, i64);

fn of_payments(tx: &mut Tx<'_>, client: Id) -> Result<Vec<Move>> {
    let rows = payments::table
        .filter(payments::client_id.eq(client))
        .filter(payments::confirmed_at.is_not_null())
        .select((
            payments::id,
            payments::paid_on,
            payments::reversed_on,
            payments::reference,
            payments::currency,
            payments::amount,
        ))
        .load::<Paid>(tx.conn)?;
    let mut moves = Vec::new();
    for (subject, on, reversed_on, text, currency, amount) in rows {
        if let Some(on) = reversed_on {
            moves.push(Move {
                on,
                kind: LineKind::Reversal,
                subject,
                text: text.clone(),
                currency: currency.clone(),
                amount,
            });
        }
        moves.push(Move { on, kind: LineKind::Payment, subject, text, currency, amount: -amount });
    }
    Ok(moves)
}

fn of_write_offs(tx: &mut Tx<'_>, client: Id) -> Result<Vec<Move>> {
    let rows = write_offs::table
        .filter(write_offs::client_id.eq(client))
        .filter(write_offs::voided_at.is_null())
        .filter(write_offs::state.eq_any(["approved", "booked"]))
        .filter(write_offs::decided_on.is_not_null())
        .select((
            write_offs::id,
            write_offs::decided_on.assume_not_null(),
            write_offs::reason,
            write_offs::currency,
            write_offs::amount,
        ))
        .load::<(Id, Day, String, String, i64)>(tx.conn)?;
    Ok(rows
        .into_iter()
        .map(|(subject, on, text, currency, amount)| Move {
            on,
            kind: LineKind::WriteOff,
            subject,
            text,
            currency,
            amount: -amount,
        })
        .collect())
}

fn of_refunds(tx: &mut Tx<'_>, client: Id) -> Result<Vec<Move>> {
    let rows = refunds::table
        .filter(refunds::client_id.eq(client))
        .select((refunds::id, refunds::refunded_on, refunds::reference, refunds::currency, refunds::amount))
        .load::<(Id, Day, Option<String>, String, i64)>(tx.conn)?;
    let moved = |(subject, on, text, currency, amount): (Id, Day, Option<String>, String, i64)| Move {
        on,
        kind: LineKind::Refund,
        subject,
        text: text.unwrap_or_default(),
        currency,
        amount,
    };
    Ok(rows.into_iter().map(moved).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balance_runs_from_opening_to_closing() {
        let m = |on: &str, kind, amount| Move {
            on: on.parse().unwrap(),
            kind,
            subject: Id::new(),
            text: String::new(),
            currency: "CNY".to_owned(),
            amount,
        };
        let moves = vec![
            m("2026-03-05", LineKind::Payment, -60),
            m("2026-03-01", LineKind::Receivable, 100),
            m("2026-04-01", LineKind::Reversal, 60),
            m("2026-05-01", LineKind::WriteOff, -100),
        ];
        let accounts = balanced(moves, "2026-03-02".parse().unwrap(), "2026-04-30".parse().unwrap());
        let account = &accounts[0];
        assert_eq!((account.opening_amount, account.closing_amount), (100, 100));
        assert_eq!(account.lines.iter().map(|l| l.balance_amount).collect::<Vec<_>>(), vec![40, 100]);
    }
}
