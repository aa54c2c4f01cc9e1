//! Adjustment over HTTP.

use super::actions::{self, Complete, ConfirmAdjustment, PlanAdjustment, RefuseAdjustment, RequestAdjustment};
use crate::access::{Access, AdjustmentsComplete, AdjustmentsWrite, Result, Tx};
use crate::adjustments::{Adjustment, AdjustmentFacts};
use crate::http::{Answer, Body, CreatedAnswer, IfMatch, OptionalBody, Patch, Path, Ref, Reply, Routes};
use crate::records::{Shown, made, show};
use crate::workflow::Project;

/// What is done with adjustment requests.
pub fn routes(r: &mut Routes) {
    r.tag("Adjustment", "Requests from the client, from design or from a failed inspection, in rounds, until the client has confirmed every one.");
    r.post("/v1/projects/{project}/adjustments", request_adjustment, "Request an adjustment", "In stage adjustment, by the accountable owner, the group's leader or the manager; it is addressed to a department and counted in the current round.");
    r.patch(
        "/v1/adjustments/{adjustment}",
        update_adjustment,
        "Change an adjustment request",
        "JSON Merge Patch, while it is open or planned.",
    );
    r.post("/v1/adjustments/{adjustment}/plan", plan_adjustment, "Plan an adjustment", "Open or planned → planned.");
    r.post(
        "/v1/adjustments/{adjustment}/complete",
        complete_adjustment,
        "Report an adjustment as done",
        "Open or planned → done, by a contributor of its department.",
    );
    r.post("/v1/adjustments/{adjustment}/confirm", confirm_adjustment, "Record the client's confirmation", "Done → confirmed. What the client bears is billable only where the signed variation order comes with the confirmation.");
    r.post(
        "/v1/adjustments/{adjustment}/refuse",
        refuse_adjustment,
        "Record the client's refusal",
        "Done → open again; refusals are counted.",
    );
}

type Acted = Result<(Project, Adjustment)>;

fn answer(tx: &mut Tx<'_>, acted: Acted) -> Result<Reply<Shown<Adjustment>>> {
    let (project, record) = acted?;
    Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
}

async fn request_adjustment(
    access: Access<AdjustmentsWrite>,
    project: Path<Ref>,
    body: Body<RequestAdjustment>,
) -> CreatedAnswer<Shown<Adjustment>> {
    access
        .write(move |tx| {
            let (project, record) = actions::request(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn update_adjustment(
    access: Access<AdjustmentsWrite>,
    adjustment: Path<Ref>,
    if_match: IfMatch,
    body: Patch<AdjustmentFacts>,
) -> Answer<Shown<Adjustment>> {
    access
        .write(move |tx| {
            let acted = actions::update(tx, &adjustment, &if_match, &body);
            answer(tx, acted)
        })
        .await
}

async fn plan_adjustment(
    access: Access<AdjustmentsWrite>,
    adjustment: Path<Ref>,
    if_match: IfMatch,
    body: Body<PlanAdjustment>,
) -> Answer<Shown<Adjustment>> {
    access
        .write(move |tx| {
            let acted = actions::plan(tx, &adjustment, &if_match, &body);
            answer(tx, acted)
        })
        .await
}

async fn complete_adjustment(
    access: Access<AdjustmentsComplete>,
    adjustment: Path<Ref>,
    if_match: IfMatch,
    body: OptionalBody<Complete>,
) -> Answer<Shown<Adjustment>> {
    access
        .write(move |tx| {
            let acted = actions::complete(tx, &adjustment, &if_match, &body);
            answer(tx, acted)
        })
        .await
}

async fn confirm_adjustment(
    access: Access<AdjustmentsWrite>,
    adjustment: Path<Ref>,
    if_match: IfMatch,
    body: OptionalBody<ConfirmAdjustment>,
) -> Answer<Shown<Adjustment>> {
    access
        .write(move |tx| {
            let acted = actions::confirm(tx, &adjustment, &if_match, &body);
            answer(tx, acted)
        })
        .await
}

async fn refuse_adjustment(
    access: Access<AdjustmentsWrite>,
    adjustment: Path<Ref>,
    if_match: IfMatch,
    body: Body<RefuseAdjustment>,
) -> Answer<Shown<Adjustment>> {
    access
        .write(move |tx| {
            let acted = actions::refuse(tx, &adjustment, &if_match, &body);
            answer(tx, acted)
        })
        .await
}
