//! How much of what a project is owed may be invoiced.

use super::invoices::InvoiceState;
use crate::access::{Result, Tx};
use crate::db::Id;
use crate::db::schema::{invoices, receivables as claims};
use crate::http::Problem;
use crate::workflow::Project;
use diesel::prelude::*;
use std::collections::BTreeSet;

/// Reads for a page what [`refuse_beyond`] asks about each of these projects.
pub(super) fn look_ahead(tx: &mut Tx<'_>, projects: BTreeSet<Id>) -> Result<()> {
    tx.read_ahead(projects.iter().copied(), owed)?;
    tx.read_ahead(projects, standing)
}

/// What the receivables come to, and of that what no standing invoice names; less than nothing after an amendment that takes away.
fn left_to_invoice(tx: &mut Tx<'_>, project: &Project, currency: &str) -> Result<(i64, i64)> {
    let sum = |rows: Vec<(String, i64)>| rows.iter().filter(|row| row.0 == currency).map(|row| row.1).sum::<i64>();
    let worth = sum(tx.found(project.id, owed)?);
    let standing = sum(tx.found(project.id, standing)?);
    Ok((worth, worth - standing))
}

/// What the receivables of projects come to, each with its currency.
fn owed(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, (String, i64))>> {
    let rows = claims::table.filter(claims::project_id.eq_any(projects));
    Ok(rows.select((claims::project_id, (claims::currency, claims::amount))).load(tx.conn)?)
}

/// What the standing invoices of projects come to, each with its currency.
fn standing(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, (String, i64))>> {
    let rows = invoices::table
        .filter(invoices::project_id.eq_any(projects))
        .filter(invoices::voided_at.is_null())
        .filter(invoices::state.ne(InvoiceState::RedLettered));
    Ok(rows.select((invoices::project_id, (invoices::currency, invoices::amount))).load(tx.conn)?)
}

/// Refuses (409 `money`) to issue while the receivables come to less than the invoices.
pub(super) fn refuse_beyond(tx: &mut Tx<'_>, project: &Project, currency: &str) -> Result<()> {
    let (worth, left) = left_to_invoice(tx, project, currency)?;
    if left >= 0 {
        return Ok(());
    }
    Err(Problem::money(
        format!(
            "The receivables come to {worth} fen now, {} less than the invoices: void this one, or red-letter another.",
            -left
        ),
        format!("應收款現為 {worth} 分，比已申請及已開發票少 {} 分；請作廢此張或紅沖其他發票。", -left),
    )
    .into())
}

/// Refuses (409 `money`) to ask for more than is not invoiced yet.
pub(super) fn check_sum(tx: &mut Tx<'_>, project: &Project, currency: &str, amount: i64) -> Result<()> {
    let (worth, left) = left_to_invoice(tx, project, currency)?;
    if amount <= left {
        return Ok(());
    }
    let left = left.max(0);
    Err(Problem::money(
        format!("Only {left} fen of the contract's {worth} are not invoiced yet; ask for at most that, or red-letter an invoice first."),
        format!("合同價 {worth} 分中只有 {left} 分尚未開票；申請不得超過此數，或先紅沖已開發票。"),
    )
    .into())
}
