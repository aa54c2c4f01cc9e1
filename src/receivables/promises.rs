//! Promises of payment: kept or broken by what was paid by then, never by what somebody ticks. What counts is the money that came after the promise
//! on that receivable, paid on its day at the latest and still standing; a receivable closed by then is a promise kept too.

use crate::access::{Result, Tx};
use crate::clock;
use crate::db::schema::{allocations, collection_entries, payments};
use crate::db::{At, Day, Id, text_enum};
use crate::events;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use std::collections::BTreeMap;

text_enum! {
    /// What became of a promise.
    PromiseState {
        /// Its day has not passed.
        Open = "open",
        /// Paid by then.
        Kept = "kept",
        /// Not paid by then.
        Broken = "broken",
    }
}

/// A promise as a collection entry holds it.
#[derive(Debug, Clone, Queryable)]
struct Promise {
    entry: Id,
    receivable: Id,
    made_at: At,
    by: Day,
    /// Fen.
    amount: i64,
}

/// The columns of a [`Promise`], of entries that hold one.
#[auto_type]
fn promise() -> _ {
    (
        collection_entries::id,
        collection_entries::receivable_id,
        collection_entries::created_at,
        collection_entries::promise_on.assume_not_null(),
        collection_entries::promise_amount.assume_not_null(),
    )
}

/// Money on a receivable that still stands.
#[derive(Debug, Clone)]
struct Paid {
    allocation: Id,
    at: At,
    paid_on: Day,
    amount: i64,
}

/// What became of a promise, given the standing money on its receivable and what the receivable comes to without write-offs.
fn judge(promise: &Promise, paid: &[Paid], due: i64, today: Day) -> PromiseState {
    let in_time = paid.iter().filter(|p| p.paid_on <= promise.by);
    let since: i64 =
        in_time.clone().filter(|p| (p.at, p.allocation) > (promise.made_at, promise.entry)).map(|p| p.amount).sum();
    let all: i64 = in_time.map(|p| p.amount).sum();
    if since >= promise.amount || (since > 0 && all >= due) {
        PromiseState::Kept
    } else if promise.by >= today {
        PromiseState::Open
    } else {
        PromiseState::Broken
    }
}

/// What became of these promises.
fn promises_of(tx: &mut Tx<'_>, promises: &[Promise]) -> Result<BTreeMap<Id, PromiseState>> {
    let today = tx.today()?;
    let on: Vec<Id> = promises.iter().map(|p| p.receivable).collect();
    let rows = allocations::table
        .inner_join(payments::table.on(payments::id.eq(allocations::payment_id)))
        .filter(allocations::receivable_id.eq_any(on.clone()))
        .filter(allocations::reversed_at.is_null())
        .select((
            allocations::receivable_id,
            allocations::id,
            allocations::created_at,
            payments::paid_on,
            allocations::amount,
        ))
        .load::<(Id, Id, At, Day, i64)>(tx.conn)?;
    let mut paid: BTreeMap<Id, Vec<Paid>> = BTreeMap::new();
    for (receivable, allocation, at, paid_on, amount) in rows {
        paid.entry(receivable).or_default().push(Paid { allocation, at, paid_on, amount });
    }
    let zone = tx.zone()?;
    let images = events::images_of(tx.conn, &on)?;
    // What the receivable came to by the promised day: what became of it later keeps no promise and breaks none.
    let due = |p: &Promise| {
        let mut until = images.iter().filter(|(id, at, _)| *id == p.receivable && clock::day_of(*at, zone) <= p.by);
        let last = until
            .next_back()
            .and_then(|(_, _, row)| Some(row.get("amount")?.as_i64()? - row.get("written_off_amount")?.as_i64()?));
        last.unwrap_or(i64::MAX)
    };
    let nothing = Vec::new();
    Ok(promises
        .iter()
        .map(|p| {
            let state = judge(p, paid.get(&p.receivable).unwrap_or(&nothing), due(p), today);
            (p.entry, state)
        })
        .collect())
}

/// What became of the promises of these collection entries; nothing of those that promise nothing.
pub fn promise_states(tx: &mut Tx<'_>, entries: &[Id]) -> Result<Vec<(Id, PromiseState)>> {
    let rows = collection_entries::table
        .filter(collection_entries::id.eq_any(entries))
        .filter(collection_entries::promise_on.is_not_null())
        .select(promise())
        .load::<Promise>(tx.conn)?;
    Ok(promises_of(tx, &rows)?.into_iter().collect())
}

/// How many promises on a project were broken.
pub fn broken_promises(tx: &mut Tx<'_>, project: Id) -> Result<i64> {
    let rows = collection_entries::table
        .filter(collection_entries::project_id.eq(project))
        .filter(collection_entries::voided_at.is_null())
        .filter(collection_entries::promise_on.is_not_null())
        .select(promise())
        .load::<Promise>(tx.conn)?;
    let broken = promises_of(tx, &rows)?.into_values().filter(|state| *state == PromiseState::Broken).count();
    Ok(i64::try_from(broken).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn paid(at: &str, paid_on: &str, amount: i64) -> Paid {
        Paid { allocation: Id::new(), at: at.parse().unwrap(), paid_on: day(paid_on), amount }
    }

    #[test]
    fn a_promise_is_judged_by_what_came_after_it_and_in_time() {
        let promise = Promise {
            entry: Id::new(),
            receivable: Id::new(),
            made_at: "2026-07-10T02:00:00Z".parse().unwrap(),
            by: day("2026-07-25"),
            amount: 100,
        };
        let state = |paid: &[Paid], today| judge(&promise, paid, 300, day(today)).as_str();
        let before = paid("2026-07-09T00:00:00Z", "2026-07-09", 100);
        let in_time = paid("2026-07-28T00:00:00Z", "2026-07-25", 100);
        let late = paid("2026-07-26T00:00:00Z", "2026-07-26", 100);
        assert_eq!(state(&[], "2026-07-25"), "open");
        assert_eq!(state(&[], "2026-07-26"), "broken");
        assert_eq!(
            state(std::slice::from_ref(&before), "2026-07-26"),
            "broken",
            "what was there before was not promised"
        );
        assert_eq!(state(std::slice::from_ref(&in_time), "2026-07-30"), "kept", "its day counts, not its confirmation");
        assert_eq!(state(&[late], "2026-07-30"), "broken");
        let rest = paid("2026-07-20T00:00:00Z", "2026-07-20", 50);
        assert_eq!(
            judge(&promise, &[before, rest], 150, day("2026-08-01")),
            PromiseState::Kept,
            "nothing is left to pay"
        );
    }
}
