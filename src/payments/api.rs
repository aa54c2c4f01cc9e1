//! Payments, allocations and refunds over HTTP.

use super::actions::{self, NewPayment, Reverse};
use super::allocating::refuse_reversal;
use super::api_refunds::{get_refund, list_client_refunds, list_refund_events, refund_unapplied};
use super::store::{Allocation, Method, Payment, PaymentState, allocations_of, find, unapplied_of};
use super::unapplied::{self, Allocate};
use crate::access::{Access, AllocationsMake, MoneyRead, PaymentsWrite, Permission, Result, Tx};
use crate::clients;
use crate::db::schema::{allocations, payments};
use crate::db::{Day, Id, MultiBackend};
use crate::http::{
    Answer, Body, CreatedAnswer, IdempotencyKey, IfMatch, Listed, OperationDraft, Page, PageOf, Path, Problem, Query,
    Ref, Reply, Routes,
};
use crate::page_by_id;
use crate::receivables::{Receivable, ReceivableView};
use crate::records::{EventView, Void, history_of};
use crate::workflow::AvailableAction;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Payments, allocations, refunds.
pub fn routes(r: &mut Routes) {
    r.tag("Payments", "What clients pay: recorded and confirmed by finance, allocated to receivables, refunded, reversed. Bound to no stage.");
    r.post("/v1/clients/{client}/payments", record_payment, "Record a payment", "By finance. It counts once it is confirmed. `to` names receivables of the same client; more than is open on one, or more than the payment, is refused (409 `money`).");
    r.get_with(
        "/v1/clients/{client}/payments",
        list_client_payments,
        "List the payments of a client",
        "Oldest first. All of them, for whoever sees the client.",
        sorted,
    );
    r.get_with("/v1/payments", list_payments, "List payments", "Of every client in the caller's sight.", sorted);
    r.get(
        "/v1/payments/{payment}",
        get_payment,
        "Get one payment",
        "With its allocations, those taken back too, and what this caller may do with it now.",
    );
    r.get(
        "/v1/payments/{payment}/history",
        list_payment_events,
        "The history of one payment",
        "Every event, oldest first.",
    );
    r.post("/v1/payments/{payment}/confirm", confirm_payment, "Confirm a payment", "By finance; whoever recorded it may confirm it. It is allocated now: to what was named, at most what is open; where nothing was named, earliest due first (ties: deposit, interim, balance, retention, then contract number) among receivables with a due date and no dispute. The rest is unapplied.");
    r.post("/v1/payments/{payment}/reverse", reverse_payment, "Reverse a payment", "By finance, for a payment that was dishonoured or wrong. Its allocations are taken back; history stays. Refused (`state`) while it would re-open a receivable of a sealed project, and (`money`) once part of it was refunded.");
    r.post(
        "/v1/payments/{payment}/void",
        void_payment,
        "Void a payment",
        "By finance, for one recorded by mistake and not yet confirmed. It is never deleted.",
    );
    r.post(
        "/v1/clients/{client}/allocations",
        allocate_unapplied,
        "Allocate unapplied money",
        "By finance or the accountable owner of the receivable's project; the oldest payments first.",
    );
    r.get_with(
        "/v1/clients/{client}/allocations",
        list_client_allocations,
        "List the allocations of a client",
        "Those taken back too, each with its time; all of them, for whoever sees the client.",
        sorted,
    );
    r.get("/v1/allocations/{allocation}", get_allocation, "Get one allocation", "Part of a payment on a receivable.");
    r.post(
        "/v1/clients/{client}/refunds",
        refund_unapplied,
        "Refund unapplied money",
        "By finance; taken from the oldest payments first.",
    );
    r.get_with(
        "/v1/clients/{client}/refunds",
        list_client_refunds,
        "List the refunds of a client",
        "Oldest first.",
        sorted,
    );
    r.get("/v1/refunds/{refund}", get_refund, "Get one refund", "With the payments that it was taken from.");
    r.get(
        "/v1/refunds/{refund}/history",
        list_refund_events,
        "The history of one refund",
        "Every event, oldest first.",
    );
}

fn sorted(op: &mut OperationDraft) {
    op.sorts(&["created_at"]).counts();
}

/// A payment in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentRow {
    /// The payment.
    #[serde(flatten)]
    pub payment: Payment,
    /// What of it is neither allocated nor refunded, in fen; 0 unless it is confirmed.
    #[schema(example = 0)]
    pub unapplied_amount: i64,
}

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentView {
    /// The payment.
    #[serde(flatten)]
    pub payment: Payment,
    /// What of it is neither allocated nor refunded, in fen; 0 unless it is confirmed.
    #[schema(example = 0)]
    pub unapplied_amount: i64,
    /// Its allocations, those taken back too.
    pub allocations: Vec<Allocation>,
    /// What this caller may do with it now, act by act.
    pub available_actions: Vec<AvailableAction>,
}

/// What was allocated.
#[derive(Debug, Serialize, ToSchema)]
pub struct Allocated {
    /// The receivable after it.
    pub receivable: ReceivableView,
    /// The allocations that were made, one for each payment the money came from.
    pub allocations: Vec<Allocation>,
    /// What of the client's money is unapplied now, in fen.
    #[schema(example = 539_999)]
    pub unapplied_amount: i64,
}

/// What narrows a list of payments.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PaymentFilter {
    /// Only in this state.
    pub state: Option<PaymentState>,
    /// Only paid in this way.
    pub method: Option<Method>,
    /// Only with this reference.
    #[validate(length(min = 1, max = 100))]
    #[param(example = "B-0302-01", min_length = 1, max_length = 100)]
    pub reference: Option<String>,
    /// Only paid on this day or later.
    #[param(example = "2026-01-01")]
    pub paid_from: Option<Day>,
    /// Only paid on this day or earlier.
    #[param(example = "2026-12-31")]
    pub paid_until: Option<Day>,
    /// Voided ones too.
    pub include_voided: Option<bool>,
}

fn view(tx: &mut Tx<'_>, payment: Payment) -> Result<PaymentView> {
    let allocations = allocations_of(tx, payment.id)?;
    let finance = PaymentsWrite::ROLES.contains(&tx.actor.role);
    let refusal = |states: &[PaymentState]| {
        if payment.voided_at.is_some() || !states.contains(&payment.state) {
            Some("state")
        } else if !finance {
            Some("not_party")
        } else {
            None
        }
    };
    let reverse = match refusal(&[PaymentState::Recorded, PaymentState::Confirmed]) {
        None => AvailableAction::judged("reverse", None, refuse_reversal(tx, &payment, &allocations))?,
        refused => AvailableAction::plain("reverse", refused),
    };
    let available_actions = vec![
        AvailableAction::plain("confirm", refusal(&[PaymentState::Recorded])),
        reverse,
        AvailableAction::plain("void", refusal(&[PaymentState::Recorded])),
    ];
    Ok(PaymentView { unapplied_amount: payment.unapplied(), payment, allocations, available_actions })
}

fn changed(tx: &mut Tx<'_>, payment: Payment) -> Result<Reply<PaymentView>> {
    let version = payment.version;
    Ok(Reply::ok(&view(tx, payment)?)?.version(version))
}

async fn record_payment(
    access: Access<PaymentsWrite>,
    client: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<NewPayment>,
) -> CreatedAnswer<PaymentView> {
    access
        .write(move |tx| {
            let payment = actions::record(tx, &client, &body)?;
            let (location, version) = (format!("/v1/payments/{}", payment.id), payment.version);
            Ok(Reply::created(&view(tx, payment)?, location)?.version(version))
        })
        .await
}

type Rows = payments::BoxedQuery<'static, MultiBackend>;

fn wanted(tx: &Tx<'_>, client: Option<Id>, filter: &PaymentFilter) -> Rows {
    let rows = payments::table.into_boxed();
    let mut rows = match client {
        Some(client) => rows.filter(payments::client_id.eq(client)),
        None if clients::sees_all(&tx.actor) => rows,
        None => rows.filter(payments::client_id.eq_any(clients::own_ids(&tx.actor))),
    };
    if let Some(state) = filter.state {
        rows = rows.filter(payments::state.eq(state));
    }
    if let Some(method) = filter.method {
        rows = rows.filter(payments::method.eq(method));
    }
    if let Some(reference) = &filter.reference {
        rows = rows.filter(payments::reference.eq(reference.clone()));
    }
    if let Some(from) = filter.paid_from {
        rows = rows.filter(payments::paid_on.ge(from));
    }
    if let Some(until) = filter.paid_until {
        rows = rows.filter(payments::paid_on.le(until));
    }
    if !filter.include_voided.unwrap_or(false) {
        rows = rows.filter(payments::voided_at.is_null());
    }
    rows
}

/// One page of the list.
pub fn listed(
    tx: &mut Tx<'_>,
    client: Option<Id>,
    filter: &PaymentFilter,
    page: &Page,
) -> Result<Reply<PageOf<PaymentRow>>> {
    let total =
        if page.wants_total() { Some(wanted(tx, client, filter).count().get_result::<i64>(tx.conn)?) } else { None };
    let (rows, next) = page_by_id!(tx, page, payments, Payment, wanted(tx, client, filter));
    Ok(Reply::list(
        rows.into_iter().map(|p| PaymentRow { unapplied_amount: p.unapplied(), payment: p }).collect(),
        next,
        total,
    )?)
}

async fn list_client_payments(
    access: Access<MoneyRead>,
    client: Path<Ref>,
    query: Query<PaymentFilter>,
    page: Page,
) -> Listed<PaymentRow> {
    access
        .list(move |tx| {
            let client = clients::find(tx, &client)?;
            listed(tx, Some(client.id), &query, &page)
        })
        .await
}

async fn list_payments(access: Access<MoneyRead>, query: Query<PaymentFilter>, page: Page) -> Listed<PaymentRow> {
    access.list(move |tx| listed(tx, None, &query, &page)).await
}

async fn get_payment(access: Access<MoneyRead>, payment: Path<Ref>) -> Answer<PaymentView> {
    access.snapshot(move |tx| find(tx, &payment).and_then(|payment| changed(tx, payment))).await
}

async fn list_payment_events(access: Access<MoneyRead>, payment: Path<Ref>, page: Page) -> Listed<EventView> {
    access.list(move |tx| find(tx, &payment).and_then(|payment| history_of(tx, payment.id, &page))).await
}

async fn confirm_payment(
    access: Access<PaymentsWrite>,
    payment: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
) -> Answer<PaymentView> {
    access.write(move |tx| actions::confirm(tx, &payment, &if_match).and_then(|payment| changed(tx, payment))).await
}

async fn reverse_payment(
    access: Access<PaymentsWrite>,
    payment: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
    body: Body<Reverse>,
) -> Answer<PaymentView> {
    access
        .write(move |tx| actions::reverse(tx, &payment, &if_match, &body).and_then(|payment| changed(tx, payment)))
        .await
}

async fn void_payment(
    access: Access<PaymentsWrite>,
    payment: Path<Ref>,
    if_match: IfMatch,
    body: Body<Void>,
) -> Answer<PaymentView> {
    access.write(move |tx| actions::void(tx, &payment, &if_match, &body).and_then(|payment| changed(tx, payment))).await
}

async fn allocate_unapplied(
    access: Access<AllocationsMake>,
    client: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<Allocate>,
) -> CreatedAnswer<Allocated> {
    access
        .write(move |tx| {
            let (_, receivable, allocations) = unapplied::allocate(tx, &client, &body)?;
            let location = format!("/v1/receivables/{}", receivable.id);
            let unapplied_amount = unapplied_of(tx, receivable.client_id, &receivable.currency)?;
            let today = tx.today()?;
            let shown = Allocated { receivable: shown(receivable, today), allocations, unapplied_amount };
            Ok(Reply::created(&shown, location)?)
        })
        .await
}

fn shown(receivable: Receivable, today: Day) -> ReceivableView {
    ReceivableView::of(receivable, today)
}

async fn list_client_allocations(access: Access<MoneyRead>, client: Path<Ref>, page: Page) -> Listed<Allocation> {
    access
        .list(move |tx| {
            let client = clients::find(tx, &client)?;
            let all = || allocations::table.filter(allocations::client_id.eq(client.id)).into_boxed();
            let total = if page.wants_total() { Some(all().count().get_result::<i64>(tx.conn)?) } else { None };
            let (data, next) = page_by_id!(tx, &page, allocations, Allocation, all());
            Ok(Reply::list(data, next, total)?)
        })
        .await
}

async fn get_allocation(access: Access<MoneyRead>, allocation: Path<Id>) -> Answer<Allocation> {
    access
        .read(move |tx| {
            let row = allocations::table
                .filter(allocations::id.eq(*allocation))
                .select(Allocation::as_select())
                .first::<Allocation>(tx.conn)
                .optional()?;
            let row = row.ok_or_else(Problem::not_found)?;
            if clients::sees(tx, row.client_id)? { Ok(Reply::ok(&row)?) } else { Err(Problem::not_found().into()) }
        })
        .await
}
