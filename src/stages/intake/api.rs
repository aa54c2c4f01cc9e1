//! Intake over HTTP.

use super::actions::{self, NewInquiry, Qualify};
use super::store::Qualification;
use crate::access::{Access, InquiriesRecord, QualificationsWrite};
use crate::http::{Body, CreatedAnswer, IdempotencyKey, Path, Ref, Routes};
use crate::projects::{self, ProjectView};
use crate::records::{self, Shown, made};

/// Inquiries and their qualification.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Intake",
        "From the first call to the decision to take the work on. An inquiry is a project in stage intake.",
    );
    r.post("/v1/inquiries", record_inquiry, "Record an inquiry", "By front staff or the manager. Inquiry and project are one record from here on; the answer is the project, in stage intake, with its inquiry number.");
    r.post("/v1/projects/{project}/qualifications", qualify, "Qualify an inquiry", "The score, 0 to 100, is 6 points for each step of finances and of value above 1, 5 for each step of effort and of difficulty below 5, and 12 where the decision makers are known.");
    records::routes::<Qualification>(r);
}

async fn record_inquiry(
    access: Access<InquiriesRecord>,
    _key: IdempotencyKey,
    body: Body<NewInquiry>,
) -> CreatedAnswer<ProjectView> {
    access
        .write(move |tx| {
            let project = actions::record_inquiry(tx, &body)?;
            projects::created(tx, &project)
        })
        .await
}

async fn qualify(
    access: Access<QualificationsWrite>,
    project: Path<Ref>,
    body: Body<Qualify>,
) -> CreatedAnswer<Shown<Qualification>> {
    access
        .write(move |tx| {
            let (project, record) = actions::qualify(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}
