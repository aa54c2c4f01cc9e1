//! Collection, disputes, write-offs and invoices over HTTP.

use super::collection::{self, Collect, CollectionEntry};
use super::disputes::{self, Dispute, EndDispute, OpenDispute};
use super::invoices::{self, Invoice, IssueInvoice, ReceiveInvoice, RedLetter, RequestInvoice};
use super::write_offs::{self, ApproveWriteOff, ProposeWriteOff, RejectWriteOff, WriteOff};
use crate::access::{
    Access, CollectionsRecord, DisputesWrite, InvoicesIssue, InvoicesRequest, Result, Tx, WriteOffsApprove,
    WriteOffsBook, WriteOffsPropose,
};
use crate::http::{Answer, Body, CreatedAnswer, IdempotencyKey, IfMatch, OptionalBody, Path, Ref, Reply, Routes};
use crate::records::{self, Record, Shown, made, show};
use crate::workflow::Project;

/// Collection, disputes, write-offs, invoices.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Collection",
        "What is overdue is collected by whoever is accountable; disputes stop that, write-offs end it.",
    );
    r.post("/v1/receivables/{receivable}/collection-entries", collect, "Record a collection entry", "By the accountable owner, the group's leader or assistant, or the manager; only while the receivable is overdue and not disputed (409 `state`).");
    records::routes_with::<CollectionEntry>(
        r,
        "A promise reads open until its day has passed, then kept or broken by what was paid by then.",
    );
    r.post(
        "/v1/receivables/{receivable}/disputes",
        open_dispute,
        "Open a dispute",
        "It stops collection, not ageing. A receivable has at most one that is open.",
    );
    r.post(
        "/v1/disputes/{dispute}/end",
        end_dispute,
        "End a dispute",
        "With its outcome; the receivable may be collected again.",
    );
    records::routes::<Dispute>(r);
    r.post(
        "/v1/receivables/{receivable}/write-offs",
        propose_write_off,
        "Propose a write-off",
        "By the owner; never above what is outstanding (409 `money`), which the approval checks again.",
    );
    r.post(
        "/v1/write-offs/{write_off}/approve",
        approve_write_off,
        "Approve a write-off",
        "By the manager, never one's own. What is outstanding is checked again (409 `money`); it counts from today on.",
    );
    r.post("/v1/write-offs/{write_off}/reject", reject_write_off, "Reject a write-off", "By the manager, with a note.");
    r.post(
        "/v1/write-offs/{write_off}/book",
        book_write_off,
        "Mark a write-off as booked",
        "By finance, once approved.",
    );
    records::routes::<WriteOff>(r);
    r.tag("Invoices", "Asked for by the owner from signing on, issued and red-lettered by finance.");
    r.post(
        "/v1/projects/{project}/invoices",
        request_invoice,
        "Ask for an invoice",
        "From signing on. All standing invoices together never exceed what the receivables come to (409 `money`).",
    );
    r.post("/v1/invoices/{invoice}/issue", issue_invoice, "Issue an invoice", "By finance, with its number.");
    r.post(
        "/v1/invoices/{invoice}/record-receipt",
        record_invoice_receipt,
        "Record the client's receipt",
        "Where a due date waits for it, the first receipt sets it.",
    );
    r.post(
        "/v1/invoices/{invoice}/red-letter",
        red_letter_invoice,
        "Red-letter an invoice",
        "By finance: it no longer stands.",
    );
    records::routes::<Invoice>(r);
}

fn changed<R: Record>(tx: &mut Tx<'_>, (project, record): (Project, R)) -> Result<Reply<Shown<R>>> {
    Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.subject_version()))
}

fn created<R: Record>(tx: &mut Tx<'_>, (project, record): (Project, R)) -> Result<Reply<Shown<R>, 201>> {
    made(tx, &project, &record)
}

async fn collect(
    access: Access<CollectionsRecord>,
    receivable: Path<Ref>,
    body: Body<Collect>,
) -> CreatedAnswer<Shown<CollectionEntry>> {
    access.write(move |tx| collection::collect(tx, &receivable, &body).and_then(|done| created(tx, done))).await
}

async fn open_dispute(
    access: Access<DisputesWrite>,
    receivable: Path<Ref>,
    body: Body<OpenDispute>,
) -> CreatedAnswer<Shown<Dispute>> {
    access.write(move |tx| disputes::open(tx, &receivable, &body).and_then(|done| created(tx, done))).await
}

async fn end_dispute(
    access: Access<DisputesWrite>,
    dispute: Path<Ref>,
    if_match: IfMatch,
    body: Body<EndDispute>,
) -> Answer<Shown<Dispute>> {
    access.write(move |tx| disputes::end(tx, &dispute, &if_match, &body).and_then(|done| changed(tx, done))).await
}

async fn propose_write_off(
    access: Access<WriteOffsPropose>,
    receivable: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<ProposeWriteOff>,
) -> CreatedAnswer<Shown<WriteOff>> {
    access.write(move |tx| write_offs::propose(tx, &receivable, &body).and_then(|done| created(tx, done))).await
}

async fn approve_write_off(
    access: Access<WriteOffsApprove>,
    write_off: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
    body: OptionalBody<ApproveWriteOff>,
) -> Answer<Shown<WriteOff>> {
    access
        .write(move |tx| write_offs::approve(tx, &write_off, &if_match, &body).and_then(|done| changed(tx, done)))
        .await
}

async fn reject_write_off(
    access: Access<WriteOffsApprove>,
    write_off: Path<Ref>,
    if_match: IfMatch,
    body: Body<RejectWriteOff>,
) -> Answer<Shown<WriteOff>> {
    access
        .write(move |tx| write_offs::reject(tx, &write_off, &if_match, &body).and_then(|done| changed(tx, done)))
        .await
}

async fn book_write_off(
    access: Access<WriteOffsBook>,
    write_off: Path<Ref>,
    if_match: IfMatch,
) -> Answer<Shown<WriteOff>> {
    access.write(move |tx| write_offs::book(tx, &write_off, &if_match).and_then(|done| changed(tx, done))).await
}

async fn request_invoice(
    access: Access<InvoicesRequest>,
    project: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<RequestInvoice>,
) -> CreatedAnswer<Shown<Invoice>> {
    access.write(move |tx| invoices::request(tx, &project, &body).and_then(|done| created(tx, done))).await
}

async fn issue_invoice(
    access: Access<InvoicesIssue>,
    invoice: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
    body: Body<IssueInvoice>,
) -> Answer<Shown<Invoice>> {
    access.write(move |tx| invoices::issue(tx, &invoice, &if_match, &body).and_then(|done| changed(tx, done))).await
}

async fn record_invoice_receipt(
    access: Access<InvoicesRequest>,
    invoice: Path<Ref>,
    if_match: IfMatch,
    body: OptionalBody<ReceiveInvoice>,
) -> Answer<Shown<Invoice>> {
    access.write(move |tx| invoices::receive(tx, &invoice, &if_match, &body).and_then(|done| changed(tx, done))).await
}

async fn red_letter_invoice(
    access: Access<InvoicesIssue>,
    invoice: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
    body: Body<RedLetter>,
) -> Answer<Shown<Invoice>> {
    access
        .write(move |tx| invoices::red_letter(tx, &invoice, &if_match, &body).and_then(|done| changed(tx, done)))
        .await
}
