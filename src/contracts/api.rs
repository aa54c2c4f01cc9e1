//! Contracts over HTTP.

use super::amendments::{self, Amendment, AmendmentFacts, NewAmendment};
use super::drafting::{self, ContractFacts, NewContract, SubmitForReview};
use super::reviews::ReviewGiven;
use super::seals::{self, LogSeal, SealEntry};
use super::signing::{self, ReplanSiteAccess, SignAmendment, SignContract};
use super::store::Contract;
use super::templates;
use crate::access::{Access, ContractsReview, ContractsWrite, Result, Tx};
use crate::http::{
    Answer, Body, CreatedAnswer, IdempotencyKey, IfMatch, OptionalBody, Patch, Path, Ref, Reply, Routes,
};
use crate::records::{self, Record, Shown, made, show};
use crate::workflow::Project;

/// Templates, contracts, seals, amendments.
pub fn routes(r: &mut Routes) {
    templates::routes(r);
    r.post("/v1/projects/{project}/contracts", draft_contract, "Draft a contract", "From a template, with its instalment plan; submitted for review unless told otherwise. By share, every instalment but the last of the list is amount × share ÷ 10,000 rounded half up to a fen, and the last takes the rest.");
    r.patch_with("/v1/contracts/{contract}", update_contract, "Change a contract", "JSON Merge Patch on its facts while it is a draft. An approved one becomes a draft again: it is reviewed and sealed anew.", |op| {
        op.dry_run();
    });
    r.post(
        "/v1/contracts/{contract}/submit",
        submit_contract,
        "Submit a contract for review",
        "A new round, in which every level reviews again. An approved one only with what was changed.",
    );
    r.post("/v1/contracts/{contract}/review", review_contract, "Review a contract", "The back leader first, above the limit of the settings then the manager; `changes_requested` makes it a draft again. Nobody reviews what they drafted: where the back leader drafted it, the manager reviews alone.");
    r.post(
        "/v1/contracts/{contract}/seals",
        log_seal,
        "Log a seal",
        "On an approved contract, or with `amendment_id` on its approved amendment.",
    );
    r.post(
        "/v1/contracts/{contract}/sign",
        sign_contract,
        "Sign a contract",
        "Needs both parties' seals (logged, or given here) and the scan. Its instalments become receivables.",
    );
    r.post(
        "/v1/contracts/{contract}/replan-site-access",
        replan_site_access,
        "Plan the site access anew",
        "Before staging starts on site, or later where it was never planned; what is due by the planned site access moves along.",
    );
    r.post("/v1/contracts/{contract}/amendments", draft_amendment, "Draft an amendment", "A signed ± amount on one instalment of a signed contract; submitted for review unless told otherwise. One is open at a time, none after the confirmed final account.");
    records::routes_with::<Contract>(r, "With its plan, reviews, value and whose review is next.");
    records::routes_with::<SealEntry>(r, "The seal log.");
    r.patch_with(
        "/v1/amendments/{amendment}",
        update_amendment,
        "Change an amendment",
        "JSON Merge Patch on its facts while it is a draft. An approved one becomes a draft again.",
        |op| {
            op.dry_run();
        },
    );
    r.post(
        "/v1/amendments/{amendment}/submit",
        submit_amendment,
        "Submit an amendment for review",
        "A new round, in which every level reviews again. An approved one only with what was changed.",
    );
    r.post(
        "/v1/amendments/{amendment}/review",
        review_amendment,
        "Review an amendment",
        "As a contract; the amount under review is the amendment's without its sign.",
    );
    r.post(
        "/v1/amendments/{amendment}/sign",
        sign_amendment,
        "Sign an amendment",
        "Needs both parties' seals (logged, or given here) and the scan. The receivable it names changes.",
    );
    records::routes_with::<Amendment>(r, "With its reviews and whose review is next.");
}

fn answer<R: Record>(tx: &mut Tx<'_>, (project, record): (Project, R)) -> Result<Reply<Shown<R>>> {
    Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.subject_version()))
}

async fn draft_contract(
    access: Access<ContractsWrite>,
    project: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<NewContract>,
) -> CreatedAnswer<Shown<Contract>> {
    access
        .write(move |tx| {
            let (project, contract) = drafting::draft(tx, &project, &body)?;
            made(tx, &project, &contract)
        })
        .await
}

async fn update_contract(
    access: Access<ContractsWrite>,
    contract: Path<Ref>,
    if_match: IfMatch,
    body: Patch<ContractFacts>,
) -> Answer<Shown<Contract>> {
    access.write(move |tx| drafting::update(tx, &contract, &if_match, &body).and_then(|done| answer(tx, done))).await
}

async fn submit_contract(
    access: Access<ContractsWrite>,
    contract: Path<Ref>,
    if_match: IfMatch,
    body: OptionalBody<SubmitForReview>,
) -> Answer<Shown<Contract>> {
    access.write(move |tx| drafting::submit(tx, &contract, &if_match, &body).and_then(|done| answer(tx, done))).await
}

async fn review_contract(
    access: Access<ContractsReview>,
    contract: Path<Ref>,
    if_match: IfMatch,
    body: Body<ReviewGiven>,
) -> Answer<Shown<Contract>> {
    access
        .write(move |tx| drafting::give_review(tx, &contract, &if_match, &body).and_then(|done| answer(tx, done)))
        .await
}

async fn log_seal(
    access: Access<ContractsWrite>,
    contract: Path<Ref>,
    body: Body<LogSeal>,
) -> CreatedAnswer<Shown<SealEntry>> {
    access
        .write(move |tx| {
            let (project, entry) = seals::log(tx, &contract, &body)?;
            made(tx, &project, &entry)
        })
        .await
}

async fn sign_contract(
    access: Access<ContractsWrite>,
    contract: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
    body: Body<SignContract>,
) -> Answer<Shown<Contract>> {
    access.write(move |tx| signing::sign(tx, &contract, &if_match, &body).and_then(|done| answer(tx, done))).await
}

async fn replan_site_access(
    access: Access<ContractsWrite>,
    contract: Path<Ref>,
    if_match: IfMatch,
    body: Body<ReplanSiteAccess>,
) -> Answer<Shown<Contract>> {
    access
        .write(move |tx| signing::replan_site_access(tx, &contract, &if_match, &body).and_then(|done| answer(tx, done)))
        .await
}

async fn draft_amendment(
    access: Access<ContractsWrite>,
    contract: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<NewAmendment>,
) -> CreatedAnswer<Shown<Amendment>> {
    access
        .write(move |tx| {
            let (project, amendment) = amendments::draft(tx, &contract, &body)?;
            made(tx, &project, &amendment)
        })
        .await
}

async fn update_amendment(
    access: Access<ContractsWrite>,
    amendment: Path<Ref>,
    if_match: IfMatch,
    body: Patch<AmendmentFacts>,
) -> Answer<Shown<Amendment>> {
    access.write(move |tx| amendments::update(tx, &amendment, &if_match, &body).and_then(|done| answer(tx, done))).await
}

async fn submit_amendment(
    access: Access<ContractsWrite>,
    amendment: Path<Ref>,
    if_match: IfMatch,
    body: OptionalBody<SubmitForReview>,
) -> Answer<Shown<Amendment>> {
    access.write(move |tx| amendments::submit(tx, &amendment, &if_match, &body).and_then(|done| answer(tx, done))).await
}

async fn review_amendment(
    access: Access<ContractsReview>,
    amendment: Path<Ref>,
    if_match: IfMatch,
    body: Body<ReviewGiven>,
) -> Answer<Shown<Amendment>> {
    access
        .write(move |tx| amendments::give_review(tx, &amendment, &if_match, &body).and_then(|done| answer(tx, done)))
        .await
}

async fn sign_amendment(
    access: Access<ContractsWrite>,
    amendment: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
    body: Body<SignAmendment>,
) -> Answer<Shown<Amendment>> {
    access
        .write(move |tx| signing::sign_amendment(tx, &amendment, &if_match, &body).and_then(|done| answer(tx, done)))
        .await
}
