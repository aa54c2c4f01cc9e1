//! What was owed on any day: amount and due date are those of the receivable's last after-image that stands from that day or earlier, payments count
//! from the day they were paid on (once confirmed; a reversed one until the day before its reversal), write-offs from the day of their approval.

use super::store::{InstalmentKind, Receivable};
use crate::access::{Result, Tx};
use crate::clock;
use crate::db::schema::{allocations, payments, receivables, refunds, write_offs};
use crate::db::{Day, Id};
use crate::events;
use crate::http::Problem;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Whose receivables.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// A client's.
    Client(Id),
    /// A project's.
    Project(Id),
}

/// A receivable as it stood on a day.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The receivable.
    pub id: Id,
    /// Which instalment.
    pub kind: InstalmentKind,
    /// ISO 4217.
    pub currency: String,
    /// What it came to, in fen.
    pub amount: i64,
    /// What was paid on it, in fen.
    pub paid: i64,
    /// What was written off on it, in fen.
    pub written_off: i64,
    /// When it was due.
    pub due_on: Option<Day>,
}

impl Standing {
    /// What was neither paid nor written off, in fen.
    pub fn outstanding(&self) -> i64 {
        self.amount - self.paid - self.written_off
    }

    #[cfg(test)]
    pub(super) fn sample(amount: i64, paid: i64, due_on: Option<Day>) -> Self {
        Self {
            id: Id::new(),
            kind: InstalmentKind::Balance,
            currency: "CNY".to_owned(),
            amount,
            paid,
            written_off: 0,
            due_on,
        }
    }
}

/// What of a receivable's after-image matters here.
#[derive(Debug, Deserialize)]
struct Image {
    amount: i64,
    due_on: Option<Day>,
    #[serde(default)]
    effective_on: Option<Day>,
}

/// What a receivable came to from a business day on.
#[derive(Debug)]
pub(super) struct Came {
    /// Which.
    pub(super) receivable: Id,
    /// From which day.
    pub(super) on: Day,
    /// Fen.
    pub(super) amount: i64,
    due_on: Option<Day>,
}

/// What these receivables came to, oldest first.
pub(super) fn courses(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<Came>> {
    let zone = tx.zone()?;
    let mut out = Vec::new();
    for (receivable, at, value) in events::images_of(tx.conn, ids)? {
        let image = serde_json::from_value::<Image>(value).map_err(|e| Problem::internal(&e))?;
        let on = image.effective_on.unwrap_or_else(|| clock::day_of(at, zone));
        out.push(Came { receivable, on, amount: image.amount, due_on: image.due_on });
    }
    Ok(out)
}

/// The receivables of a client or project as they stood on a day.
pub fn standing(tx: &mut Tx<'_>, whose: Whose, on: Day) -> Result<Vec<Standing>> {
    let rows = rows_of(tx, whose)?;
    let ids: Vec<Id> = rows.iter().map(|r| r.id).collect();
    let images = if on >= tx.today()? { None } else { Some(courses_on(tx, &ids, on)?) };
    let mut paid = paid_on(tx, &ids, on)?;
    let mut written_off = written_off_on(tx, &ids, on)?;
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        let (amount, due_on) = match &images {
            None => (row.amount, row.due_on),
            // What had not arisen by then was not owed.
            Some(images) => match images.get(&row.id) {
                Some(came) => (came.amount, came.due_on),
                None => continue,
            },
        };
        let written_off = written_off.remove(&row.id).unwrap_or(0).min(amount);
        // Money that came early for what was only agreed later does not make the earlier amount negative.
        let paid = paid.remove(&row.id).unwrap_or(0).min(amount - written_off);
        out.push(Standing { id: row.id, kind: row.kind, currency: row.currency, amount, paid, written_off, due_on });
    }
    Ok(out)
}

/// The receivables of a client or project as they are.
pub(super) fn rows_of(tx: &mut Tx<'_>, whose: Whose) -> Result<Vec<Receivable>> {
    let query = receivables::table.into_boxed::<crate::db::MultiBackend>();
    let query = match whose {
        Whose::Client(id) => query.filter(receivables::client_id.eq(id)),
        Whose::Project(id) => query.filter(receivables::project_id.eq(id)),
    };
    Ok(query.order(receivables::id.asc()).select(Receivable::as_select()).load(tx.conn)?)
}

fn courses_on(tx: &mut Tx<'_>, ids: &[Id], on: Day) -> Result<BTreeMap<Id, Came>> {
    let by_then = courses(tx, ids)?.into_iter().filter(|came| came.on <= on);
    Ok(by_then.map(|came| (came.receivable, came)).collect())
}

fn paid_on(tx: &mut Tx<'_>, ids: &[Id], on: Day) -> Result<BTreeMap<Id, i64>> {
    let rows = allocations::table
        .inner_join(payments::table.on(payments::id.eq(allocations::payment_id)))
        .filter(allocations::receivable_id.eq_any(ids))
        .filter(payments::paid_on.le(on))
        .filter(payments::reversed_on.is_null().or(payments::reversed_on.gt(on)))
        .select((allocations::receivable_id, allocations::amount))
        .load::<(Id, i64)>(tx.conn)?;
    Ok(summed(rows))
}

fn written_off_on(tx: &mut Tx<'_>, ids: &[Id], on: Day) -> Result<BTreeMap<Id, i64>> {
    let rows = write_offs::table
        .filter(write_offs::receivable_id.eq_any(ids))
        .filter(write_offs::voided_at.is_null())
        .filter(write_offs::state.eq_any(["approved", "booked"]))
        .filter(write_offs::decided_on.le(on))
        .select((write_offs::receivable_id, write_offs::amount))
        .load::<(Id, i64)>(tx.conn)?;
    Ok(summed(rows))
}

fn summed<K: Ord>(rows: Vec<(K, i64)>) -> BTreeMap<K, i64> {
    let mut sums = BTreeMap::new();
    for (key, amount) in rows {
        *sums.entry(key).or_insert(0) += amount;
    }
    sums
}

/// Where a client stood on a day, in one currency. `confirmed_amount` = `allocated_amount` + `unapplied_amount` + `refunded_amount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Balance {
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// All that was neither paid nor written off, pending included, in fen.
    #[schema(example = 23_277_947)]
    pub outstanding_amount: i64,
    /// Payments that counted, in fen.
    #[schema(example = 110_590_209)]
    pub confirmed_amount: i64,
    /// What of them was allocated, in fen.
    #[schema(example = 110_050_210)]
    pub allocated_amount: i64,
    /// What of them was neither allocated nor refunded, in fen.
    #[schema(example = 539_999)]
    pub unapplied_amount: i64,
    /// What of them went back, in fen.
    #[schema(example = 0)]
    pub refunded_amount: i64,
}

/// Where a client stood on a day, currency by currency.
pub fn balances(tx: &mut Tx<'_>, client: Id, on: Day) -> Result<Vec<Balance>> {
    let mut out: BTreeMap<String, Balance> = BTreeMap::new();
    let mut at = |currency: String, change: &dyn Fn(&mut Balance)| {
        let blank = Balance {
            currency: currency.clone(),
            outstanding_amount: 0,
            confirmed_amount: 0,
            allocated_amount: 0,
            unapplied_amount: 0,
            refunded_amount: 0,
        };
        change(out.entry(currency).or_insert(blank));
    };
    for row in standing(tx, Whose::Client(client), on)? {
        at(row.currency.clone(), &|b| {
            b.outstanding_amount += row.outstanding();
            b.allocated_amount += row.paid;
        });
    }
    let counted = payments::table
        .filter(payments::client_id.eq(client))
        .filter(payments::confirmed_at.is_not_null())
        .filter(payments::paid_on.le(on))
        .filter(payments::reversed_on.is_null().or(payments::reversed_on.gt(on)))
        .select((payments::currency, payments::amount))
        .load::<(String, i64)>(tx.conn)?;
    for (currency, amount) in counted {
        at(currency, &|b| b.confirmed_amount += amount);
    }
    let paid_out = refunds::table
        .filter(refunds::client_id.eq(client))
        .filter(refunds::refunded_on.le(on))
        .select((refunds::currency, refunds::amount))
        .load::<(String, i64)>(tx.conn)?;
    for (currency, amount) in paid_out {
        at(currency, &|b| b.refunded_amount += amount);
    }
    Ok(out
        .into_values()
        .map(|mut b| {
            b.unapplied_amount = b.confirmed_amount - b.allocated_amount - b.refunded_amount;
            b
        })
        .collect())
}
