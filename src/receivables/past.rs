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

/// Receivables that one answer about the past looks at.
const AT_MOST: usize = 2_000;

/// The business date of an instant.
pub(super) fn day_at(tx: &mut Tx<'_>, at: At) -> Result<Day> {
    let zone = tx.zone()?;
    Ok(clock::day_of(at, zone))
}

fn as_they_were(tx: &mut Tx<'_>, ids: &[Id], at: At) -> Result<Vec<Receivable>> {
    events::images_at(tx.conn, ids, at)?.into_values().map(from_image).collect()
}

/// Those of `now` that fitted the filter then, oldest first. 422 where that is too much to look through.
pub(super) fn listed_at(tx: &mut Tx<'_>, now: &[Id], filter: &ReceivableFilter, at: At) -> Result<Vec<Receivable>> {
    if now.len() > AT_MOST {
        return Err(Problem::validation(
            "?as_of",
            "range",
            "That is too much to look back on at once: name a project, a client or a contract.",
            "範圍過大；請指定項目、客戶或合同。",
        )
        .into());
    }
    let today = day_at(tx, at)?;
    let mut rows = as_they_were(tx, now, at)?;
    rows.retain(|row| {
        filter.status.is_none_or(|status| row.status() == status)
            && filter.overdue.is_none_or(|overdue| row.is_overdue(today) == overdue)
            && filter.disputed.is_none_or(|disputed| row.disputed == disputed)
    });
    Ok(rows)
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

/// How many are looked at, at most, with one more that tells of too many.
pub(super) fn limit() -> i64 {
    i64::try_from(AT_MOST).unwrap_or(i64::MAX) + 1
}
