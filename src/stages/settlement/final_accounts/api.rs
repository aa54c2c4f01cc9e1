//! Final accounts over HTTP.

use super::actions::{self, AuditFinalAccount, NewFinalAccount, SubmitFinalAccount};
use super::confirming::{self, ConfirmFinalAccount};
use super::store::FinalAccount;
use crate::access::{Access, FinalAccountsWrite, Result, Tx};
use crate::events::Subject;
use crate::http::{Answer, Body, CreatedAnswer, IdempotencyKey, IfMatch, OptionalBody, Path, Ref, Reply, Routes};
use crate::records::{self, Shown, made, show};
use crate::workflow::Project;

/// Final accounts.
pub fn routes(r: &mut Routes) {
    r.tag("Settlement", "The final account: contract + amendments + billable adjustments − deductions.");
    r.post("/v1/projects/{project}/final-accounts", draft_final_account, "Draft a final account", "Contract, signed amendments and billable adjustments come from the records. A new draft takes the place of the old one.");
    r.post(
        "/v1/final-accounts/{final_account}/submit",
        submit_final_account,
        "Submit a final account to the client",
        "Optional.",
    );
    r.post(
        "/v1/final-accounts/{final_account}/audit",
        audit_final_account,
        "Record the client's audited figure",
        "With every difference and its reason; they add up to the audited figure less ours.",
    );
    r.post("/v1/final-accounts/{final_account}/confirm", confirm_final_account, "Confirm a final account", "The balance becomes what makes the receivables add up to it; refused (`money`) where that takes it below what is paid or written off on it. Nothing changes it afterwards, and the contract takes no more amendments.");
    records::routes_with::<FinalAccount>(r, "A confirmed one cannot be voided.");
}

fn answer(tx: &mut Tx<'_>, (project, account): (Project, FinalAccount)) -> Result<Reply<Shown<FinalAccount>>> {
    Ok(Reply::ok(&show(tx, &project, &account)?)?.version(account.subject_version()))
}

async fn draft_final_account(
    access: Access<FinalAccountsWrite>,
    project: Path<Ref>,
    _key: IdempotencyKey,
    body: OptionalBody<NewFinalAccount>,
) -> CreatedAnswer<Shown<FinalAccount>> {
    access
        .write(move |tx| {
            let (project, account) = actions::draft(tx, &project, &body)?;
            made(tx, &project, &account)
        })
        .await
}

async fn submit_final_account(
    access: Access<FinalAccountsWrite>,
    account: Path<Ref>,
    if_match: IfMatch,
    body: OptionalBody<SubmitFinalAccount>,
) -> Answer<Shown<FinalAccount>> {
    access.write(move |tx| actions::submit(tx, &account, &if_match, &body).and_then(|done| answer(tx, done))).await
}

async fn audit_final_account(
    access: Access<FinalAccountsWrite>,
    account: Path<Ref>,
    if_match: IfMatch,
    body: Body<AuditFinalAccount>,
) -> Answer<Shown<FinalAccount>> {
    access.write(move |tx| actions::audit(tx, &account, &if_match, &body).and_then(|done| answer(tx, done))).await
}

async fn confirm_final_account(
    access: Access<FinalAccountsWrite>,
    account: Path<Ref>,
    if_match: IfMatch,
    _key: IdempotencyKey,
    body: Body<ConfirmFinalAccount>,
) -> Answer<Shown<FinalAccount>> {
    access.write(move |tx| confirming::confirm(tx, &account, &if_match, &body).and_then(|done| answer(tx, done))).await
}
