//! Receivables and their ageing as the books stood at an earlier moment: what was recorded by then, whatever day it counts from.

use super::api::ReceivableFilter;
use super::figures::{Standing, Whose, rows_of};
use super::store::Receivable;
use crate::access::{Result, Tx};
use crate::clock;
use crate::db::{At, Day, Id};
use crate::events;
use crate::http::Problem;
use crate::records::from_image;
use crate::settings;

/// Receivables that are looked back on at once.
pub(super) const PART: i64 = 500;
/// Such parts that one answer looks at.
pub(super) const PARTS: usize = 4;

/// The business date of an instant, in the time zone that the company kept then.
pub(super) fn day_at(tx: &mut Tx<'_>, at: At) -> Result<Day> {
    let zone = settings::zone_at(tx.conn, at)?;
    Ok(clock::day_of(at, zone))
}

fn as_they_were(tx: &mut Tx<'_>, ids: &[Id], at: At) -> Result<Vec<Receivable>> {
    events::images_at(tx.conn, ids, at)?.into_values().map(from_image).collect()
}

/// Those of `now` that fitted the filter then, oldest first.
pub(super) fn fitting(tx: &mut Tx<'_>, now: &[Id], filter: &ReceivableFilter, at: At) -> Result<Vec<Receivable>> {
    let today = day_at(tx, at)?;
    let mut rows = as_they_were(tx, now, at)?;
    rows.retain(|row| {
        filter.status.is_none_or(|status| row.status() == status)
            && filter.overdue.is_none_or(|overdue| row.is_overdue(today) == overdue)
            && filter.disputed.is_none_or(|disputed| row.disputed == disputed)
    });
    Ok(rows)
}

/// A total cannot be told of more than one answer looks at.
pub(super) fn too_many() -> Problem {
    Problem::validation(
        "?include",
        "range",
        "That is too much to count as it was: leave the total out, or name a project, a client or a contract.",
        "範圍過大，無法統計當時總數；請去掉 total，或指定項目、客戶或合同。",
    )
}

/// What a client's or project's receivables stood at.
pub(super) fn standing_at(tx: &mut Tx<'_>, whose: Whose, at: At) -> Result<Vec<Standing>> {
    let ids: Vec<Id> = rows_of(tx, whose)?.into_iter().map(|row| row.id).collect();
    let rows = as_they_were(tx, &ids, at)?;
    Ok(rows
        .into_iter()
        .map(|row| Standing {
            id: row.id,
            kind: row.kind,
            currency: row.currency,
            amount: row.amount,
            paid: row.paid_amount,
            written_off: row.written_off_amount,
            due_on: row.due_on,
        })
        .collect())
}
