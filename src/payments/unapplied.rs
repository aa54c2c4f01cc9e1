//! Unapplied money: allocated later by name, or refunded; the oldest payments first.

use super::allocating::put;
use super::order::share;
use super::store::{Allocation, Refund, RefundPart, save, with_unapplied};
use crate::access::{Result, Tx};
use crate::clients;
use crate::db::schema::refunds;
use crate::db::{Day, Id, Json};
use crate::http::{Problem, Ref};
use crate::projects as project_facts;
use crate::receivables::{self as claims, Receivable};
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// Unapplied money to put on a receivable.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Allocate {
    /// The receivable; a pending or disputed one too, since it is named.
    pub receivable_id: Id,
    /// Fen.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 11_700_001, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
}

/// Unapplied money to pay back.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// Fen.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 200_000, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
    /// ISO 4217; CNY unless said.
    #[serde(default = "project_facts::cny")]
    #[validate(custom(function = project_facts::currency))]
    #[schema(example = "CNY", min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$", default = "CNY")]
    pub currency: String,
    /// When it was paid out; today unless said, not in the future.
    #[serde(default)]
    #[schema(example = "2026-06-29")]
    pub refunded_on: Option<Day>,
    /// The bank's or our reference.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "R-0629-01", min_length = 1, max_length = 100)]
    pub reference: Option<String>,
    /// Why.
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Paid twice", min_length = 1, max_length = 2000)]
    pub reason: Option<String>,
}

/// Allocates unapplied money of a client, the oldest payments first: finance, or the accountable owner of the receivable's project. More than is
/// unapplied, or more than is outstanding, is refused (`money`).
pub fn allocate(tx: &mut Tx<'_>, client: &Ref, new: &Allocate) -> Result<(Project, Receivable, Vec<Allocation>)> {
    let client = clients::find(tx, client)?;
    clients::lock(tx, client.id)?;
    let unknown = || {
        Problem::validation(
            "/receivable_id",
            "unknown",
            "This client has no such receivable in your sight.",
            "您可見的範圍內，此客戶沒有這筆應收款。",
        )
    };
    let (project, mut receivable) = match claims::locked(tx, &Ref::Id(new.receivable_id.0)) {
        Ok(found) if found.1.client_id == client.id => found,
        Ok(_) => return Err(unknown().into()),
        Err(crate::access::Failure::Refused(_)) => return Err(unknown().into()),
        Err(other) => return Err(other),
    };
    workflow::allow(tx, &project, &acts::ALLOCATE, None, None)?;
    let open = receivable.outstanding();
    if new.amount > open {
        return Err(Problem::money(
            format!("Only {open} fen are outstanding on the {}; allocate at most that.", receivable.kind),
            format!("{} 只餘 {open} 分未清；分配金額不得超過此數。", receivable.kind),
        )
        .into());
    }
    let mut sources = with_unapplied(tx, client.id, &receivable.currency)?;
    let parts = share(new.amount, sources.iter().map(|p| (p.id, p.unapplied())));
    check_enough(new.amount, parts.iter().map(|(_, amount)| *amount).sum())?;
    let mut made = Vec::new();
    for (payment, amount) in parts {
        let Some(payment) = sources.iter_mut().find(|p| p.id == payment) else { continue };
        made.push(put(tx, payment, &mut receivable, amount)?);
        save(tx, payment, "payment.allocated")?;
    }
    Ok((project, receivable, made))
}

/// Refunds unapplied money, taken from the oldest payments first. More than is unapplied is refused (`money`).
pub fn refund(tx: &mut Tx<'_>, client: &Ref, new: &NewRefund) -> Result<Refund> {
    let client = clients::find(tx, client)?;
    clients::lock(tx, client.id)?;
    let today = tx.today()?;
    let refunded_on = new.refunded_on.unwrap_or(today);
    if refunded_on > today {
        return Err(Problem::validation("/refunded_on", "future", "It lies in the future.", "退款日在將來。").into());
    }
    let mut sources = with_unapplied(tx, client.id, &new.currency)?;
    let parts = share(new.amount, sources.iter().map(|p| (p.id, p.unapplied())));
    check_enough(new.amount, parts.iter().map(|(_, amount)| *amount).sum())?;
    for (payment, amount) in &parts {
        let Some(payment) = sources.iter_mut().find(|p| p.id == *payment) else { continue };
        if refunded_on < payment.paid_on {
            return Err(Problem::validation(
                "/refunded_on",
                "range",
                "It lies before the payment that it comes from.",
                "退款日早於所退款項的付款日。",
            )
            .into());
        }
        payment.refunded_amount += amount;
        save(tx, payment, "payment.refunded")?;
    }
    let refund = Refund {
        id: Id::new(),
        version: 1,
        client_id: client.id,
        amount: new.amount,
        currency: new.currency.clone(),
        refunded_on,
        reference: new.reference.clone(),
        reason: new.reason.clone(),
        parts: Json(parts.into_iter().map(|(payment_id, amount)| RefundPart { payment_id, amount }).collect()),
        created_at: tx.now,
        created_by: tx.actor.id,
    };
    diesel::insert_into(refunds::table).values(&refund).execute(tx.conn)?;
    tx.record(&refund, "refund.paid")?;
    Ok(refund)
}

fn check_enough(wanted: i64, there: i64) -> Result<()> {
    if there >= wanted {
        return Ok(());
    }
    Err(Problem::money(
        format!("Only {there} fen of this client's money are unapplied; take at most that."),
        format!("此客戶的未分配款只有 {there} 分；不得超過此數。"),
    )
    .into())
}
