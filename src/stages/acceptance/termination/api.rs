//! Terminations over HTTP.

use super::actions::{self, ApproveTermination, FileAgreement};
use super::store::TerminationApproval;
use crate::access::{AcceptanceWrite, Access, TerminationsApprove};
use crate::http::{Answer, Body, CreatedAnswer, IfMatch, Path, Ref, Reply, Routes};
use crate::records::{self, Shown, made, show};

/// Approving terminations.
pub fn routes(r: &mut Routes) {
    r.tag("Terminations", "The manager's approval that a project on site ends; accepting its transfer ends it.");
    r.post("/v1/projects/{project}/termination-approvals", approve_termination, "Approve a termination", "In installation, adjustment or acceptance, by the manager. From then on a transfer that is offered ends the project.");
    r.post(
        "/v1/termination-approvals/{termination_approval}/file-agreement",
        file_termination_agreement,
        "File the termination agreement",
        "Where it came after the approval.",
    );
    records::routes_with::<TerminationApproval>(r, "It can be voided until the transfer is accepted.");
}

async fn approve_termination(
    access: Access<TerminationsApprove>,
    project: Path<Ref>,
    body: Body<ApproveTermination>,
) -> CreatedAnswer<Shown<TerminationApproval>> {
    access
        .write(move |tx| {
            let (project, record) = actions::approve(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn file_termination_agreement(
    access: Access<AcceptanceWrite>,
    approval: Path<Ref>,
    if_match: IfMatch,
    body: Body<FileAgreement>,
) -> Answer<Shown<TerminationApproval>> {
    access
        .write(move |tx| {
            let (project, record) = actions::file_agreement(tx, &approval, &if_match, &body)?;
            Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
        })
        .await
}
