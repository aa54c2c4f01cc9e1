//! Acceptance over HTTP.

use super::actions::{self, Certify, Inspect, SummaryFacts};
use super::store::{AcceptanceCertificate, Inspection, ProjectSummary};
use super::{termination, transfer};
use crate::access::{AcceptanceWrite, Access};
use crate::http::{Answer, Body, CreatedAnswer, IfMatch, Patch, Path, Ref, Reply, Routes};
use crate::records::{self, Shown, made, show};

/// Inspections, acceptance certificates, project summaries, then terminations and transfers.
pub fn routes(r: &mut Routes) {
    r.tag("Acceptance", "Inspection, acceptance certificate and project summary.");
    r.post("/v1/projects/{project}/inspections", inspect, "Record an inspection", "Passed where every item passed. Each failed item becomes an adjustment request, addressed to its department and counted in the next round.");
    records::routes_with::<Inspection>(
        r,
        "Voiding one voids the requests that it made, as long as nobody touched them.",
    );
    r.post("/v1/projects/{project}/acceptance-certificates", record_acceptance_certificate, "File the acceptance certificate", "Only after a passed inspection and never dated in the future. Balance and retention get their due dates from it.");
    records::routes_with::<AcceptanceCertificate>(r, "Voiding it takes the due dates back.");
    r.post(
        "/v1/projects/{project}/project-summaries",
        write_project_summary,
        "Write the project summary",
        "What went well, what did not, what to do differently.",
    );
    r.patch(
        "/v1/project-summaries/{project_summary}",
        update_project_summary,
        "Change a project summary",
        "JSON Merge Patch, until the transfer is accepted.",
    );
    records::routes::<ProjectSummary>(r);
    termination::api::routes(r);
    transfer::api::routes(r);
}

async fn inspect(
    access: Access<AcceptanceWrite>,
    project: Path<Ref>,
    body: Body<Inspect>,
) -> CreatedAnswer<Shown<Inspection>> {
    access
        .write(move |tx| {
            let (project, record) = actions::inspect(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn record_acceptance_certificate(
    access: Access<AcceptanceWrite>,
    project: Path<Ref>,
    body: Body<Certify>,
) -> CreatedAnswer<Shown<AcceptanceCertificate>> {
    access
        .write(move |tx| {
            let (project, record) = actions::certify(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn write_project_summary(
    access: Access<AcceptanceWrite>,
    project: Path<Ref>,
    body: Body<SummaryFacts>,
) -> CreatedAnswer<Shown<ProjectSummary>> {
    access
        .write(move |tx| {
            let (project, record) = actions::summarise(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn update_project_summary(
    access: Access<AcceptanceWrite>,
    summary: Path<Ref>,
    if_match: IfMatch,
    body: Patch<SummaryFacts>,
) -> Answer<Shown<ProjectSummary>> {
    access
        .write(move |tx| {
            let (project, record) = actions::change_summary(tx, &summary, &if_match, &body)?;
            Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
        })
        .await
}
