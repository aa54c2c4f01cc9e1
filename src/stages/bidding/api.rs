//! Bidding over HTTP.

use super::commissions::{self, Commission, DirectCommission};
use super::quotations::{self, IssueQuotation, Quotation};
use super::schemes::{self, CommentScheme, Scheme, SchemeKind, SubmitScheme};
use super::securities::{self, ForfeitSecurity, PaySecurity, ReturnSecurity, Security};
use super::tenders::{self, CorrectTender, RecordOpening, RecordResult, RegisterTender, SubmitBid, Tender};
use crate::access::{
    Access, ProjectsRead, QuotationsWrite, Result, SchemesDecide, SchemesSubmit, SecuritiesWrite, TendersWrite, Tx,
};
use crate::http::{
    Answer, Body, BodyLimits, CreatedAnswer, IdempotencyKey, IfMatch, Listed, OptionalBody, Page, Path, Ref, Reply,
    Routes,
};
use crate::records::{self, Record, Shown, made, show};
use crate::workflow::Project;

/// Tenders, commissions, securities, schemes, item lists, quotations.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Bidding",
        "Tender or direct commission, securities, design schemes and item lists, quotations: up to the contract.",
    );
    r.post(
        "/v1/projects/{project}/commissions",
        record_commission,
        "Record a direct commission",
        "The work is ours without a tender. One on a project.",
    );
    records::routes::<Commission>(r);
    r.post("/v1/projects/{project}/tenders", register_tender, "Register a tender", "With its deadline and the bid security it asks for. One at a time; another may follow a lost or cancelled one.");
    r.post(
        "/v1/tenders/{tender}/correct",
        correct_tender,
        "Correct a tender",
        "Any of what was registered, with the reason, until the opening.",
    );
    r.post(
        "/v1/tenders/{tender}/submit-bid",
        submit_bid,
        "Submit our bid",
        "Not after the deadline, nor before a required bid security is paid (409 `state`).",
    );
    r.post(
        "/v1/tenders/{tender}/opening",
        record_opening,
        "Record the opening of bids",
        "With everybody's prices; not before its time.",
    );
    r.post(
        "/v1/tenders/{tender}/result",
        record_tender_result,
        "Record the result of a tender",
        "`won` needs a submitted bid.",
    );
    records::routes::<Tender>(r);
    r.post("/v1/projects/{project}/securities", pay_security, "Book a security as paid", "By finance, in any stage until sealing. A bid security belongs to the project's last tender, a performance security to its contract. Securities are no receivables.");
    r.post(
        "/v1/securities/{security}/return",
        return_security,
        "Book a security as returned",
        "All that is out, or a part; never more (409 `money`). After `lose` too.",
    );
    r.post(
        "/v1/securities/{security}/forfeit",
        forfeit_security,
        "Book a security as forfeited",
        "What is still out is lost.",
    );
    records::routes::<Security>(r);
    r.post("/v1/projects/{project}/schemes", submit_scheme, "Submit a design scheme", "By a contributor of a department that something of this project was addressed to, from bidding until the transfer.");
    r.post(
        "/v1/projects/{project}/item-lists",
        submit_item_list,
        "Submit an item list",
        "As a design scheme, with a sequence of revisions of its own.",
    );
    r.get(
        "/v1/projects/{project}/item-lists",
        list_project_item_lists,
        "List the item lists of a project",
        "Oldest first.",
    );
    r.post("/v1/schemes/{scheme}/comment", comment_scheme, "Record the client's comment", "On a scheme or item list.");
    r.post(
        "/v1/schemes/{scheme}/confirm",
        confirm_scheme,
        "Make a scheme or item list the valid one",
        "The former valid one of its kind is superseded.",
    );
    records::routes_with::<Scheme>(r, "Item lists stand here too: `kind` tells.");
    r.post_with("/v1/projects/{project}/quotations", issue_quotation, "Issue a quotation", "Each line is quantity × unit price rounded half up to a fen; tax, rounded likewise, on the net after discount.", |op| {
        // Two thousand lines.
        op.body_limits(BodyLimits { bytes: 4 * 1024 * 1024, ..BodyLimits::default() });
    });
    r.post(
        "/v1/quotations/{quotation}/accept",
        accept_quotation,
        "Record the acceptance of a quotation",
        "The one accepted before is superseded. The client may accept after its last day too: `expired` tells.",
    );
    records::routes::<Quotation>(r);
}

/// The answer to an act on a record: the record as it is now.
fn changed<R: Record>(tx: &mut Tx<'_>, (project, record): (Project, R)) -> Result<Reply<Shown<R>>> {
    Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.subject_version()))
}

/// The answer to an act that made a record.
fn created<R: Record>(tx: &mut Tx<'_>, (project, record): (Project, R)) -> Result<Reply<Shown<R>, 201>> {
    made(tx, &project, &record)
}

async fn record_commission(
    access: Access<TendersWrite>,
    project: Path<Ref>,
    body: Body<DirectCommission>,
) -> CreatedAnswer<Shown<Commission>> {
    access.write(move |tx| commissions::commission(tx, &project, &body).and_then(|done| created(tx, done))).await
}

async fn register_tender(
    access: Access<TendersWrite>,
    project: Path<Ref>,
    body: Body<RegisterTender>,
) -> CreatedAnswer<Shown<Tender>> {
    access.write(move |tx| tenders::register(tx, &project, &body).and_then(|done| created(tx, done))).await
}

async fn correct_tender(
    access: Access<TendersWrite>,
    tender: Path<Ref>,
    if_match: IfMatch,
    body: Body<CorrectTender>,
) -> Answer<Shown<Tender>> {
    access.write(move |tx| tenders::correct(tx, &tender, &if_match, &body).and_then(|done| changed(tx, done))).await
}

async fn submit_bid(
    access: Access<TendersWrite>,
    tender: Path<Ref>,
    if_match: IfMatch,
    body: Body<SubmitBid>,
) -> Answer<Shown<Tender>> {
    access.write(move |tx| tenders::submit_bid(tx, &tender, &if_match, &body).and_then(|done| changed(tx, done))).await
}

async fn record_opening(
    access: Access<TendersWrite>,
    tender: Path<Ref>,
    if_match: IfMatch,
    body: Body<RecordOpening>,
) -> Answer<Shown<Tender>> {
    access.write(move |tx| tenders::open(tx, &tender, &if_match, &body).and_then(|done| changed(tx, done))).await
}

async fn record_tender_result(
    access: Access<TendersWrite>,
    tender: Path<Ref>,
    if_match: IfMatch,
    body: Body<RecordResult>,
) -> Answer<Shown<Tender>> {
    access.write(move |tx| tenders::result(tx, &tender, &if_match, &body).and_then(|done| changed(tx, done))).await
}

async fn pay_security(
    access: Access<SecuritiesWrite>,
    project: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<PaySecurity>,
) -> CreatedAnswer<Shown<Security>> {
    access.write(move |tx| securities::pay(tx, &project, &body).and_then(|done| created(tx, done))).await
}

async fn return_security(
    access: Access<SecuritiesWrite>,
    security: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
    body: OptionalBody<ReturnSecurity>,
) -> Answer<Shown<Security>> {
    access
        .write(move |tx| securities::give_back(tx, &security, &if_match, &body).and_then(|done| changed(tx, done)))
        .await
}

async fn forfeit_security(
    access: Access<SecuritiesWrite>,
    security: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
    body: Body<ForfeitSecurity>,
) -> Answer<Shown<Security>> {
    access
        .write(move |tx| securities::forfeit(tx, &security, &if_match, &body).and_then(|done| changed(tx, done)))
        .await
}

async fn submit_scheme(
    access: Access<SchemesSubmit>,
    project: Path<Ref>,
    body: Body<SubmitScheme>,
) -> CreatedAnswer<Shown<Scheme>> {
    access
        .write(move |tx| schemes::submit(tx, &project, SchemeKind::Scheme, &body).and_then(|done| created(tx, done)))
        .await
}

async fn submit_item_list(
    access: Access<SchemesSubmit>,
    project: Path<Ref>,
    body: Body<SubmitScheme>,
) -> CreatedAnswer<Shown<Scheme>> {
    access
        .write(move |tx| schemes::submit(tx, &project, SchemeKind::ItemList, &body).and_then(|done| created(tx, done)))
        .await
}

async fn list_project_item_lists(
    access: Access<ProjectsRead>,
    project: Path<Ref>,
    page: Page,
) -> Listed<Shown<Scheme>> {
    access.list(move |tx| schemes::item_lists(tx, &project, &page)).await
}

async fn comment_scheme(
    access: Access<SchemesDecide>,
    scheme: Path<Ref>,
    body: Body<CommentScheme>,
) -> Answer<Shown<Scheme>> {
    access.write(move |tx| schemes::comment(tx, &scheme, &body).and_then(|done| changed(tx, done))).await
}

async fn confirm_scheme(access: Access<SchemesDecide>, scheme: Path<Ref>, if_match: IfMatch) -> Answer<Shown<Scheme>> {
    access.write(move |tx| schemes::confirm(tx, &scheme, &if_match).and_then(|done| changed(tx, done))).await
}

async fn issue_quotation(
    access: Access<QuotationsWrite>,
    project: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<IssueQuotation>,
) -> CreatedAnswer<Shown<Quotation>> {
    access.write(move |tx| quotations::issue(tx, &project, &body).and_then(|done| created(tx, done))).await
}

async fn accept_quotation(
    access: Access<QuotationsWrite>,
    quotation: Path<Ref>,
    if_match: IfMatch,
) -> Answer<Shown<Quotation>> {
    access.write(move |tx| quotations::accept(tx, &quotation, &if_match).and_then(|done| changed(tx, done))).await
}
