//! Transfers over HTTP.

use super::actions::{self, AcceptTransfer, NameOwner, OfferTransfer, ReturnTransfer};
use super::store::Transfer;
use crate::access::{Access, ProjectsReassign, Result, TransfersDecide, TransfersOffer, Tx};
use crate::http::{Answer, Body, CreatedAnswer, IfMatch, OptionalBody, Path, Ref, Reply, Routes};
use crate::records::{self, Shown, made, show};
use crate::workflow::Project;

/// The internal transfer.
pub fn routes(r: &mut Routes) {
    r.tag("Transfers", "From the front owner to the back group: offered with its checklist, accepted, or returned naming what is missing.");
    r.post("/v1/projects/{project}/transfers", offer_transfer, "Offer the transfer", "In acceptance, or on site once the manager approved a termination. Open instructions and unpaid receivables go along by themselves.");
    r.post(
        "/v1/transfers/{transfer}/name-owner",
        name_back_owner,
        "Name the back owner",
        "By the manager or a back leader while the transfer is on offer; else whoever accepts becomes back owner.",
    );
    r.post("/v1/transfers/{transfer}/accept", accept_transfer, "Accept the transfer", "By a leader or specialist of a back group. It takes the step `transfer` (or `terminate`), and is refused with everything that is missing at once.");
    r.post(
        "/v1/transfers/{transfer}/return",
        return_transfer,
        "Return the transfer",
        "Naming what is missing. The front owner stays answerable and may offer again.",
    );
    records::routes_with::<Transfer>(r, "It can be voided while it is on offer.");
}

fn answer(tx: &mut Tx<'_>, acted: Result<(Project, Transfer)>) -> Result<Reply<Shown<Transfer>>> {
    let (project, record) = acted?;
    Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
}

async fn offer_transfer(
    access: Access<TransfersOffer>,
    project: Path<Ref>,
    body: OptionalBody<OfferTransfer>,
) -> CreatedAnswer<Shown<Transfer>> {
    access
        .write(move |tx| {
            let (project, record) = actions::offer(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn name_back_owner(
    access: Access<ProjectsReassign>,
    transfer: Path<Ref>,
    if_match: IfMatch,
    body: Body<NameOwner>,
) -> Answer<Shown<Transfer>> {
    access
        .write(move |tx| {
            let acted = actions::name_owner(tx, &transfer, &if_match, &body);
            answer(tx, acted)
        })
        .await
}

async fn accept_transfer(
    access: Access<TransfersDecide>,
    transfer: Path<Ref>,
    if_match: IfMatch,
    body: OptionalBody<AcceptTransfer>,
) -> Answer<Shown<Transfer>> {
    access
        .write(move |tx| {
            let acted = actions::accept(tx, &transfer, &if_match, &body);
            answer(tx, acted)
        })
        .await
}

async fn return_transfer(
    access: Access<TransfersDecide>,
    transfer: Path<Ref>,
    if_match: IfMatch,
    body: Body<ReturnTransfer>,
) -> Answer<Shown<Transfer>> {
    access
        .write(move |tx| {
            let acted = actions::send_back(tx, &transfer, &if_match, &body);
            answer(tx, acted)
        })
        .await
}
