//! The rows of payments, allocations and refunds.

use crate::access::{Result, Tx};
use crate::clients;
use crate::db::schema::{allocations, payments, refunds};
use crate::db::{At, Day, Id, Json, full_update, on_each, text_enum, total};
use crate::events::Subject;
use crate::http::{Problem, Ref};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// How a client paid.
    Method {
        /// A bank transfer.
        Transfer = "transfer",
        /// A bank's or merchant's acceptance bill (承兌匯票), with a maturity.
        AcceptanceBill = "acceptance_bill",
        /// Cash.
        Cash = "cash",
        /// Set off against what we owe the client.
        Offset = "offset",
    }
}

text_enum! {
    /// Where a payment stands.
    PaymentState {
        /// Recorded; it does not count yet.
        Recorded = "recorded",
        /// Confirmed by finance: it counts from its day on.
        Confirmed = "confirmed",
        /// Reversed or dishonoured: its allocations are taken back.
        Reversed = "reversed",
    }
}

/// Part of an amount that belongs to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedReceivable {
    /// The receivable that the payer named.
    pub receivable_id: Id,
    /// Fen.
    #[schema(example = 38_592_947)]
    pub amount: i64,
}

/// Part of a refund: the payment it was taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefundPart {
    /// The payment.
    pub payment_id: Id,
    /// Fen.
    #[schema(example = 200_000)]
    pub amount: i64,
}

/// A payment of a client.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = payments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Payment {
    /// The payment.
    pub id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The client whose money it is.
    #[diesel(skip_update)]
    pub client_id: Id,
    /// Fen.
    #[schema(example = 38_592_947)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// How it was paid.
    pub method: Method,
    /// Who paid, where it was not the client.
    #[schema(example = "Riverside Holdings Ltd")]
    pub payer: Option<String>,
    /// The document by which that payer pays for the client.
    pub authorisation_document_id: Option<Id>,
    /// When an acceptance bill falls due.
    #[schema(example = "2026-09-02")]
    pub matures_on: Option<Day>,
    /// The day from which it counts once confirmed.
    #[schema(example = "2026-03-02")]
    pub paid_on: Day,
    /// The bank's or our reference.
    #[schema(example = "B-0302-01")]
    pub reference: String,
    /// What the payer named; empty: earliest due first.
    #[serde(rename = "to")]
    #[schema(value_type = Vec<NamedReceivable>)]
    pub named: Json<Vec<NamedReceivable>>,
    /// Where it stands.
    pub state: PaymentState,
    /// What of it is allocated, in fen.
    #[schema(example = 38_592_947)]
    pub allocated_amount: i64,
    /// What of it went back, in fen.
    #[schema(example = 0)]
    pub refunded_amount: i64,
    /// When confirmed.
    pub confirmed_at: Option<At>,
    /// By whom.
    pub confirmed_by: Option<Id>,
    /// When the reversal was recorded.
    pub reversed_at: Option<At>,
    /// The day from which it no longer counts.
    pub reversed_on: Option<Day>,
    /// Who recorded the reversal.
    pub reversed_by: Option<Id>,
    /// Why it was reversed.
    #[schema(example = "Recorded twice")]
    pub reversal_reason: Option<String>,
    /// When recorded.
    #[diesel(skip_update)]
    pub created_at: At,
    /// By whom.
    #[diesel(skip_update)]
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

/// Part of a payment on a receivable.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = allocations, treat_none_as_default_value = false)]
pub struct Allocation {
    /// The allocation.
    pub id: Id,
    /// The payment.
    pub payment_id: Id,
    /// The receivable.
    pub receivable_id: Id,
    /// The project.
    pub project_id: Id,
    /// The client.
    pub client_id: Id,
    /// Fen.
    #[schema(example = 38_592_947)]
    pub amount: i64,
    /// When made.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When it was taken back with its payment; history stays.
    pub reversed_at: Option<At>,
}

/// Unapplied money that went back to the client.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = refunds, treat_none_as_default_value = false)]
pub struct Refund {
    /// The refund.
    pub id: Id,
    /// Always 1: a refund does not change.
    #[schema(example = 1)]
    pub version: i64,
    /// The client.
    pub client_id: Id,
    /// Fen.
    #[schema(example = 200_000)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// When it was paid out.
    #[schema(example = "2026-06-29")]
    pub refunded_on: Day,
    /// The bank's or our reference.
    #[schema(example = "R-0629-01")]
    pub reference: Option<String>,
    /// Why.
    #[schema(example = "Paid twice")]
    pub reason: Option<String>,
    /// The payments it was taken from, the oldest first.
    #[schema(value_type = Vec<RefundPart>)]
    pub parts: Json<Vec<RefundPart>>,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
}

impl Subject for Payment {
    const KIND: &'static str = "payment";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn is_voided(&self) -> bool {
        self.voided_at.is_some()
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
    fn about_client(&self) -> Option<Id> {
        Some(self.client_id)
    }
}

impl Subject for Refund {
    const KIND: &'static str = "refund";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
    fn about_client(&self) -> Option<Id> {
        Some(self.client_id)
    }
}

impl Payment {
    /// What of a confirmed payment is neither allocated nor refunded, in fen.
    pub fn unapplied(&self) -> i64 {
        match self.state {
            PaymentState::Confirmed => self.amount - self.allocated_amount - self.refunded_amount,
            PaymentState::Recorded | PaymentState::Reversed => 0,
        }
    }
}

/// Finds a payment of a client within the caller's sight, or 404.
pub(super) fn find(tx: &mut Tx<'_>, r: &Ref) -> Result<Payment> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    let found = payments::table
        .filter(payments::id.eq(Id(*id)))
        .select(Payment::as_select())
        .first::<Payment>(tx.conn)
        .optional()?;
    let payment = found.ok_or_else(Problem::not_found)?;
    if clients::sees(tx, payment.client_id)? { Ok(payment) } else { Err(Problem::not_found().into()) }
}

/// As [`find`]; locks the client, then looks again.
pub(super) fn locked(tx: &mut Tx<'_>, r: &Ref) -> Result<Payment> {
    let seen = find(tx, r)?;
    clients::lock(tx, seen.client_id)?;
    find(tx, r)
}

/// Saves a payment with a new version and its event.
pub(super) fn save(tx: &mut Tx<'_>, payment: &mut Payment, kind: &str) -> Result<()> {
    payment.version += 1;
    payment.updated_at = tx.now;
    let same = payments::id.eq(payment.id);
    on_each!(tx.conn, c => full_update::<Payment, _, _, _>(payments::table, &*payment, same).execute(c))?;
    tx.record(payment, kind)
}

/// Whether a standing payment of the client has this reference; one that was reversed gives it free.
pub(super) fn reference_taken(tx: &mut Tx<'_>, client: Id, reference: &str) -> Result<bool> {
    let same = payments::table
        .filter(payments::client_id.eq(client))
        .filter(payments::reference.eq(reference))
        .filter(payments::state.ne(PaymentState::Reversed))
        .filter(payments::voided_at.is_null());
    Ok(same.count().get_result::<i64>(tx.conn)? > 0)
}

/// The confirmed payments of a client with something unapplied, the oldest first.
pub(super) fn with_unapplied(tx: &mut Tx<'_>, client: Id, currency: &str) -> Result<Vec<Payment>> {
    let rows = payments::table
        .filter(payments::client_id.eq(client))
        .filter(payments::currency.eq(currency.to_owned()))
        .filter(payments::state.eq(PaymentState::Confirmed))
        .filter(payments::amount.gt(payments::allocated_amount + payments::refunded_amount));
    Ok(rows.order((payments::paid_on, payments::id)).select(Payment::as_select()).load(tx.conn)?)
}

/// A client's unapplied money in a currency, in fen.
pub fn unapplied_of(tx: &mut Tx<'_>, client: Id, currency: &str) -> Result<i64> {
    let rows = payments::table
        .filter(payments::client_id.eq(client))
        .filter(payments::currency.eq(currency.to_owned()))
        .filter(payments::state.eq(PaymentState::Confirmed));
    Ok(rows
        .select(total(payments::amount - payments::allocated_amount - payments::refunded_amount))
        .get_result::<i64>(tx.conn)?)
}

/// The allocations of a payment, the oldest first, those taken back too.
pub(super) fn allocations_of(tx: &mut Tx<'_>, payment: Id) -> Result<Vec<Allocation>> {
    let rows = allocations::table.filter(allocations::payment_id.eq(payment)).order(allocations::id);
    Ok(rows.select(Allocation::as_select()).load(tx.conn)?)
}
