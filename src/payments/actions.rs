//! Recording, confirming and reversing payments: finance alone, bound to no stage.

use super::allocating::{lock_projects, projects_with_open, put, take_back, takers};
use super::order;
use super::store::{Method, NamedReceivable, Payment, PaymentState, locked, reference_taken, save};
use crate::access::{Result, Tx};
use crate::clients;
use crate::db::schema::{documents, payments, projects};
use crate::db::{Day, Id, Json, on_each};
use crate::http::{IfMatch, Problem, Ref};
use crate::projects as project_facts;
use crate::receivables::{self as claims, Receivable};
use crate::records::{Void, stale};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

/// What a payer named.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NamedPart {
    /// The receivable.
    pub receivable_id: Id,
    /// Fen.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 38_592_947, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
}

/// A payment to record.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "amount": 38_592_947, "currency": "CNY", "method": "transfer", "paid_on": "2026-11-21", "reference": "B-1121-01"
}))]
pub struct NewPayment {
    /// Fen.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 38_592_947, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
    /// ISO 4217; CNY unless said.
    #[serde(default = "project_facts::cny")]
    #[validate(custom(function = project_facts::currency))]
    #[schema(example = "CNY", min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$", default = "CNY")]
    pub currency: String,
    /// How it was paid; a transfer unless said.
    #[serde(default)]
    pub method: Option<Method>,
    /// Who paid, where it was not the client; then with an authorisation.
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Riverside Holdings Ltd", min_length = 1, max_length = 200)]
    pub payer: Option<String>,
    /// The document by which that payer pays for the client.
    #[serde(default)]
    pub authorisation_document_id: Option<Id>,
    /// When an acceptance bill falls due; for these only.
    #[serde(default)]
    #[schema(example = "2026-09-02")]
    pub matures_on: Option<Day>,
    /// The day from which it counts once confirmed; not in the future.
    #[schema(example = "2026-03-02")]
    pub paid_on: Day,
    /// The bank's or our reference, once per client.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "B-0302-01", min_length = 1, max_length = 100)]
    pub reference: String,
    /// What the payer named; without: earliest due first.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub to: Vec<NamedPart>,
}

/// Why a payment is reversed.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Reverse {
    /// The reason.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Acceptance bill dishonoured", min_length = 1, max_length = 2000)]
    pub reason: String,
    /// The day from which it no longer counts; today unless said, not before it was paid, not in the future.
    #[serde(default)]
    #[schema(example = "2026-07-31")]
    pub reversed_on: Option<Day>,
}

/// Records a payment. It counts once it is confirmed. Refused (`money`) where a name asks for more than is open, or all names for more than the payment.
pub fn record(tx: &mut Tx<'_>, client: &Ref, new: &NewPayment) -> Result<Payment> {
    let client = clients::locked_standing(tx, client)?;
    check_form(tx, &client.name, new)?;
    check_authorisation(tx, client.id, new.authorisation_document_id)?;
    let named = merged(&new.to);
    let found = named_receivables(tx, client.id, &named)?;
    if reference_taken(tx, client.id, &new.reference)? {
        return Err(Problem::conflict(
            "The client already has a payment with this reference. Look it up, or give this one its own.",
            "此客戶已有相同憑證號的收款；請先查閱，或改用其他憑證號。",
        )
        .into());
    }
    check_named(new, &named, &found)?;
    let payment = Payment {
        id: Id::new(),
        version: 1,
        client_id: client.id,
        amount: new.amount,
        currency: new.currency.clone(),
        method: new.method.unwrap_or(Method::Transfer),
        payer: new.payer.clone(),
        authorisation_document_id: new.authorisation_document_id,
        matures_on: new.matures_on,
        paid_on: new.paid_on,
        reference: new.reference.clone(),
        named: Json(named),
        state: PaymentState::Recorded,
        allocated_amount: 0,
        refunded_amount: 0,
        confirmed_at: None,
        confirmed_by: None,
        reversed_at: None,
        reversed_on: None,
        reversed_by: None,
        reversal_reason: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    on_each!(tx.conn, c => diesel::insert_into(payments::table).values(&payment).execute(c))?;
    tx.record(&payment, "payment.recorded")?;
    Ok(payment)
}

fn check_form(tx: &mut Tx<'_>, client: &str, new: &NewPayment) -> Result<()> {
    if new.paid_on > tx.today()? {
        return Err(Problem::validation(
            "/paid_on",
            "future",
            "It lies in the future: record it when it was paid.",
            "付款日在將來；請於付款後登記。",
        )
        .into());
    }
    if new.matures_on.is_some() && new.method != Some(Method::AcceptanceBill) {
        return Err(Problem::validation(
            "/matures_on",
            "unexpected",
            "Only an acceptance bill matures.",
            "只有承兌匯票有到期日。",
        )
        .into());
    }
    if new.matures_on.is_none() && new.method == Some(Method::AcceptanceBill) {
        return Err(Problem::validation(
            "/matures_on",
            "missing",
            "Say when the acceptance bill matures.",
            "請填寫承兌匯票的到期日。",
        )
        .into());
    }
    if new.payer.as_deref().is_some_and(|payer| payer != client) && new.authorisation_document_id.is_none() {
        return Err(Problem::validation(
            "/authorisation_document_id",
            "missing",
            "Another payer needs the client's authorisation on file.",
            "非客戶本人付款，須附客戶的付款授權文件。",
        )
        .into());
    }
    Ok(())
}

/// The authorisation must be a paper of this client or of one of its projects.
fn check_authorisation(tx: &mut Tx<'_>, client: Id, document: Option<Id>) -> Result<()> {
    let Some(document) = document else { return Ok(()) };
    let of_client = projects::table.filter(projects::client_id.eq(client)).select(projects::id.nullable());
    let found = documents::table
        .filter(documents::id.eq(document))
        .filter(documents::voided_at.is_null())
        .filter(documents::client_id.eq(client).or(documents::project_id.eq_any(of_client)))
        .count()
        .get_result::<i64>(tx.conn)?;
    if found > 0 {
        return Ok(());
    }
    Err(Problem::validation(
        "/authorisation_document_id",
        "unknown",
        "This client has no such document.",
        "此客戶沒有這份文件。",
    )
    .into())
}

/// Each receivable once, in the order in which they were named.
fn merged(parts: &[NamedPart]) -> Vec<NamedReceivable> {
    let mut out: Vec<NamedReceivable> = Vec::new();
    for part in parts {
        match out.iter_mut().find(|n| n.receivable_id == part.receivable_id) {
            Some(same) => same.amount += part.amount,
            None => out.push(NamedReceivable { receivable_id: part.receivable_id, amount: part.amount }),
        }
    }
    out
}

fn named_receivables(tx: &mut Tx<'_>, client: Id, named: &[NamedReceivable]) -> Result<BTreeMap<Id, Receivable>> {
    let mut found = BTreeMap::new();
    for part in named {
        let receivable = claims::find_by_id(tx, part.receivable_id)?.ok_or_else(|| {
            Problem::validation(
                "/to",
                "unknown",
                "It names a receivable that does not exist.",
                "所指定的應收款不存在。",
            )
        })?;
        if receivable.client_id != client {
            return Err(
                Problem::money("It names a receivable of another client.", "所指定的應收款屬於其他客戶。").into()
            );
        }
        found.insert(receivable.id, receivable);
    }
    Ok(found)
}

fn check_named(new: &NewPayment, named: &[NamedReceivable], found: &BTreeMap<Id, Receivable>) -> Result<()> {
    let mut sum: i128 = 0;
    for part in named {
        sum += i128::from(part.amount);
        let Some(receivable) = found.get(&part.receivable_id) else { continue };
        if receivable.currency != new.currency {
            return Err(Problem::money(
                format!("The {} is in {}, the payment in {}.", receivable.kind, receivable.currency, new.currency),
                format!("{} 以 {} 計，收款以 {} 計。", receivable.kind, receivable.currency, new.currency),
            )
            .into());
        }
        let open = receivable.outstanding();
        if part.amount > open {
            return Err(Problem::money(
                format!("Only {open} fen are open on the {}; name at most that.", receivable.kind),
                format!("{} 只餘 {open} 分未清；指定金額不得超過此數。", receivable.kind),
            )
            .into());
        }
    }
    if sum > i128::from(new.amount) {
        return Err(Problem::money(
            format!("It names {sum} fen, but the payment is {} fen.", new.amount),
            format!("指定合計 {sum} 分，多於收款的 {} 分。", new.amount),
        )
        .into());
    }
    Ok(())
}

/// Confirms a payment: from now on it counts, and it is allocated. By name each receivable gets what was named, at most what is open now, and the rest
/// stays unapplied; where nothing is named, the earliest due first.
pub fn confirm(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<Payment> {
    let mut payment = locked(tx, r)?;
    stale(tx, &payment, if_match)?;
    require_state(&payment, "confirm", &[PaymentState::Recorded])?;
    payment.state = PaymentState::Confirmed;
    payment.confirmed_at = Some(tx.now);
    payment.confirmed_by = Some(tx.actor.id);
    let of_project = projects_with_open(tx, payment.client_id, &payment.currency)?;
    lock_projects(tx, of_project)?;
    let takers = takers(tx, payment.client_id, &payment.currency)?;
    let parts = if payment.named.is_empty() {
        order::by_due_date(payment.amount, takers)
    } else {
        let open = |id: Id| takers.iter().find(|t| t.receivable == id && !t.sealed).map_or(0, |t| t.open);
        order::by_name(payment.amount, payment.named.iter().map(|n| (n.receivable_id, n.amount, open(n.receivable_id))))
    };
    for (receivable, amount) in parts {
        let mut receivable = claims::by_id(tx, receivable)?;
        put(tx, &mut payment, &mut receivable, amount)?;
    }
    save(tx, &mut payment, "payment.confirmed")?;
    Ok(payment)
}

/// Reverses a payment: its allocations are taken back, history stays. What was refunded of it cannot be taken back, so that such a payment is refused
/// (`money`); a reversal that would re-open a receivable of a sealed project too (`state`).
pub fn reverse(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, how: &Reverse) -> Result<Payment> {
    let mut payment = locked(tx, r)?;
    stale(tx, &payment, if_match)?;
    require_state(&payment, "reverse", &[PaymentState::Recorded, PaymentState::Confirmed])?;
    let today = tx.today()?;
    let reversed_on = how.reversed_on.unwrap_or(today);
    if reversed_on > today || reversed_on < payment.paid_on {
        return Err(Problem::validation(
            "/reversed_on",
            "range",
            "It lies between the day it was paid and today.",
            "須在付款日與今日之間。",
        )
        .into());
    }
    take_back(tx, &mut payment)?;
    payment.state = PaymentState::Reversed;
    payment.reversed_at = Some(tx.now);
    payment.reversed_on = Some(reversed_on);
    payment.reversed_by = Some(tx.actor.id);
    payment.reversal_reason = Some(how.reason.clone());
    save(tx, &mut payment, "payment.reversed")?;
    Ok(payment)
}

/// Voids a payment that was recorded by mistake and not yet confirmed; its reference is free again.
pub(super) fn void(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, why: &Void) -> Result<Payment> {
    let mut payment = locked(tx, r)?;
    stale(tx, &payment, if_match)?;
    require_state(&payment, "void", &[PaymentState::Recorded])?;
    payment.voided_at = Some(tx.now);
    payment.voided_by = Some(tx.actor.id);
    payment.void_reason = Some(why.reason.clone());
    save(tx, &mut payment, "payment.voided")?;
    Ok(payment)
}

fn require_state(payment: &Payment, act: &str, states: &[PaymentState]) -> Result<()> {
    if states.contains(&payment.state) {
        return Ok(());
    }
    let allowed: Vec<&str> = states.iter().map(|s| s.as_str()).collect();
    Err(Problem::state(
        format!("`{act}` is not possible while the payment is {}; it must be: {}.", payment.state, allowed.join(", ")),
        format!("收款狀態為 {}，不能「{act}」；須為：{}。", payment.state, allowed.join("、")),
    )
    .into())
}
