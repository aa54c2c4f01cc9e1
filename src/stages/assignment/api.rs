//! Assignment and reassignment over HTTP.

use super::assign::{self, Assign};
use super::initiation::{self, Initiation, InitiationFacts};
use super::reassign::{self, Reassign, Reassignment};
use super::reassign_all::{self, ReassignedWork};
use super::sheets::{self, AssignmentSheet, IssueSheet};
use super::suggestions::{self, OwnerSuggestion};
use crate::access::{Access, InstructionsWrite, ProjectsAssign, ProjectsReassign, SheetsAcknowledge, SheetsIssue};
use crate::http::{Answer, Body, CreatedAnswer, IdempotencyKey, IfMatch, Listed, Patch, Path, Ref, Reply, Routes};
use crate::projects::{self, ProjectView};
use crate::records::{self, Shown, made, show};

/// Owners, the initiation form, the assignment sheet.
pub fn routes(r: &mut Routes) {
    r.tag("Assignment", "Who owns a project, the initiation form, the assignment sheet to the departments; reassigning through the whole life.");
    r.get("/v1/projects/{project}/owner-suggestions", list_owner_suggestions, "Suggest owners", "The specialists of every active front group with the work they have in hand, least load first. The manager decides.");
    r.post(
        "/v1/projects/{project}/assign",
        assign_project,
        "Assign a project",
        "To a front group and one of its leaders or specialists; by the manager, in stage assignment, once.",
    );
    r.post("/v1/projects/{project}/reassign", reassign_project, "Reassign a project", "To another owner, with a reason: by the manager, or inside the group by its leader. Open disputes and complaints of the old owner move along; the open instructions are listed in a reassignment, which the receiver acknowledges.");
    r.post("/v1/users/{user}/reassign-work", reassign_work, "Reassign all that a person holds", "Every project, inquiry, open task and client in one act, by the manager. Ended and sealed projects stay as they are.");
    r.post(
        "/v1/reassignments/{reassignment}/acknowledge",
        acknowledge_reassignment,
        "Acknowledge a reassignment",
        "By the receiver; the listed instructions that are still open count as acknowledged.",
    );
    records::routes::<Reassignment>(r);
    r.post(
        "/v1/projects/{project}/initiation-forms",
        create_initiation_form,
        "Fill in the initiation form",
        "In intake or assignment, by the accountable owner, that group's leader or the manager.",
    );
    r.patch(
        "/v1/initiation-forms/{initiation_form}",
        update_initiation_form,
        "Change the initiation form",
        "JSON Merge Patch, until the project is launched.",
    );
    records::routes::<Initiation>(r);
    r.post("/v1/projects/{project}/assignment-sheets", issue_assignment_sheet, "Issue an assignment sheet", "Numbered without gaps, to every department involved. The latest sheet is the evidence: every department on it must acknowledge it.");
    r.post("/v1/assignment-sheets/{assignment_sheet}/acknowledge", acknowledge_assignment_sheet, "Acknowledge an assignment sheet", "By a contributor for the own department, once. Departments may do so at the same time, so it needs no `If-Match`.");
    records::routes::<AssignmentSheet>(r);
}

async fn list_owner_suggestions(access: Access<ProjectsAssign>, project: Path<Ref>) -> Listed<OwnerSuggestion> {
    access.list(move |tx| Ok(Reply::list(suggestions::suggest(tx, &project)?, None, None)?)).await
}

async fn assign_project(
    access: Access<ProjectsAssign>,
    project: Path<Ref>,
    if_match: IfMatch,
    body: Body<Assign>,
) -> Answer<ProjectView> {
    access
        .write(move |tx| {
            let project = assign::assign(tx, &project, &if_match, &body)?;
            Ok(Reply::ok(&projects::view(tx, &project)?)?.version(project.version))
        })
        .await
}

async fn reassign_project(
    access: Access<ProjectsReassign>,
    project: Path<Ref>,
    if_match: IfMatch,
    body: Body<Reassign>,
) -> Answer<ProjectView> {
    access
        .write(move |tx| {
            let project = reassign::reassign(tx, &project, &if_match, &body)?;
            Ok(Reply::ok(&projects::view(tx, &project)?)?.version(project.version))
        })
        .await
}

async fn reassign_work(
    access: Access<ProjectsAssign>,
    user: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<Reassign>,
) -> Answer<ReassignedWork> {
    access.write(move |tx| Ok(Reply::ok(&reassign_all::reassign_all(tx, &user, &body)?)?)).await
}

async fn acknowledge_reassignment(
    access: Access<InstructionsWrite>,
    reassignment: Path<Ref>,
    if_match: IfMatch,
) -> Answer<Shown<Reassignment>> {
    access
        .write(move |tx| {
            let (project, record) = reassign::acknowledge(tx, &reassignment, &if_match)?;
            Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
        })
        .await
}

async fn create_initiation_form(
    access: Access<SheetsIssue>,
    project: Path<Ref>,
    body: Body<InitiationFacts>,
) -> CreatedAnswer<Shown<Initiation>> {
    access
        .write(move |tx| {
            let (project, record) = initiation::initiate(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn update_initiation_form(
    access: Access<SheetsIssue>,
    initiation_form: Path<Ref>,
    if_match: IfMatch,
    body: Patch<InitiationFacts>,
) -> Answer<Shown<Initiation>> {
    access
        .write(move |tx| {
            let (project, record) = initiation::change(tx, &initiation_form, &if_match, &body)?;
            Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
        })
        .await
}

async fn issue_assignment_sheet(
    access: Access<SheetsIssue>,
    project: Path<Ref>,
    _key: IdempotencyKey,
    body: Body<IssueSheet>,
) -> CreatedAnswer<Shown<AssignmentSheet>> {
    access
        .write(move |tx| {
            let (project, record) = sheets::issue_sheet(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}

async fn acknowledge_assignment_sheet(
    access: Access<SheetsAcknowledge>,
    assignment_sheet: Path<Ref>,
) -> Answer<Shown<AssignmentSheet>> {
    access
        .write(move |tx| {
            let (project, record) = sheets::acknowledge_sheet(tx, &assignment_sheet)?;
            Ok(Reply::ok(&show(tx, &project, &record)?)?.version(record.version))
        })
        .await
}
