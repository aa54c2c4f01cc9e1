//! Complaints over HTTP.

use super::actions::{self, Analyse, ComplaintFacts, NewComplaint, Propose, ReviewMeasures, SendBack};
use super::counts::{self, ComplaintCounts, CountBy, CountFilter};
use super::following::{self, AskOpinion, CarryOut, Reopen, Verify};
use super::sight::in_sight;
use super::store::{Complaint, ComplaintState, Severity, find, find_measure};
use super::view::{ComplaintView, MeasureView, measure_view, view, view_all};
use crate::access::{
    Access, ComplaintsApprove, ComplaintsCarryOut, ComplaintsHandle, ComplaintsRead, ComplaintsRegister, RecordsVoid,
    Result, Tx,
};
use crate::db::schema::complaints;
use crate::db::{Id, MultiBackend};
use crate::http::{
    Answer, Body, CreatedAnswer, IdempotencyKey, IfMatch, Listed, OperationDraft, Page, PageOf, Patch, Path, Query,
    Ref, Reply, Routes,
};
use crate::page_by_id;
use crate::records::{EventView, Void, history_of};
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

/// Complaints and their measures.
pub fn routes(r: &mut Routes) {
    r.tag("Complaints", "From the registration to the client's opinion, in every stage and after sealing, each answered within the working days of its severity.");
    r.schema::<CountBy>();
    r.get_with("/v1/complaints", list_complaints, "List complaints", "Those in the caller's sight: of the projects they see, of clients where there is no project; contributors those with a measure or review for their department.", |op: &mut OperationDraft| {
        op.sorts(&["created_at"]).counts();
    });
    r.post("/v1/complaints", register_complaint, "Register a complaint", "The project's accountable owner handles it, else the client's owner, else whoever registers it. The answer is due after the working days of its severity.");
    r.get("/v1/complaints/counts", count_complaints, "Count complaints", "By cause, department, client or severity, over the days on which they were registered; the most frequent first.");
    r.get(
        "/v1/complaints/{complaint}",
        get_complaint,
        "Get one complaint",
        "By id or number, with its measures, reviews and what this caller may do now.",
    );
    r.patch("/v1/complaints/{complaint}", update_complaint, "Change severity or handler", "Until it is answered. A changed severity changes the day of the answer, counted from the registration or the last reopening.");
    r.get(
        "/v1/complaints/{complaint}/history",
        list_complaint_events,
        "The history of one complaint",
        "Every event, oldest first.",
    );
    r.post(
        "/v1/complaints/{complaint}/confirm",
        confirm_complaint,
        "Confirm a complaint",
        "It is one, and ours to deal with.",
    );
    r.post(
        "/v1/complaints/{complaint}/analyse",
        analyse_complaint,
        "Record the analysis",
        "Cause and reasons, and whether it was found valid. One that was not goes straight to its answer.",
    );
    r.post(
        "/v1/complaints/{complaint}/propose",
        propose_complaint_measures,
        "Propose measures",
        "On a major complaint every department with a measure is asked to review them.",
    );
    r.post(
        "/v1/complaints/{complaint}/review",
        review_complaint,
        "Review the measures",
        "By a contributor of a department that was asked. An objection sends the complaint back to its analysis.",
    );
    r.post("/v1/complaints/{complaint}/approve", approve_complaint_measures, "Approve the measures", "By the manager or a leader; never by the handler or whoever proposed them; on a major complaint after every department concerned.");
    r.post(
        "/v1/complaints/{complaint}/send-back",
        send_back_complaint_measures,
        "Send the measures back",
        "Instead of approving them, with the reason.",
    );
    r.get(
        "/v1/complaint-measures/{measure}",
        get_complaint_measure,
        "Get one measure",
        "With what this caller may do with it now.",
    );
    r.get(
        "/v1/complaint-measures/{measure}/history",
        list_complaint_measure_events,
        "The history of one measure",
        "Every event, oldest first.",
    );
    r.post(
        "/v1/complaint-measures/{measure}/carry-out",
        carry_out_complaint_measure,
        "Report a measure as carried out",
        "By a contributor of its department. With the last one the complaint is carried out.",
    );
    r.post(
        "/v1/complaints/{complaint}/verify",
        verify_complaint,
        "Verify the effect",
        "Where it is not enough, the complaint goes back to its analysis.",
    );
    r.post(
        "/v1/complaints/{complaint}/answer",
        answer_complaint,
        "Answer the client",
        "Whether it was late is derived.",
    );
    r.post(
        "/v1/complaints/{complaint}/opinion",
        record_complaint_opinion,
        "Record the client's opinion",
        "Asked by somebody other than the handler and whoever answered.",
    );
    r.post(
        "/v1/complaints/{complaint}/close",
        close_complaint,
        "Close a complaint",
        "Whose client is satisfied or finds the outcome acceptable.",
    );
    r.post(
        "/v1/complaints/{complaint}/reopen",
        reopen_complaint,
        "Reopen a complaint",
        "It is analysed again, and the time to the answer begins again.",
    );
    r.post(
        "/v1/complaints/{complaint}/void",
        void_complaint,
        "Void a complaint",
        "For one registered by mistake, before measures are proposed. It is never deleted.",
    );
}

/// What narrows the list of complaints.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ComplaintFilter {
    /// Only in this state.
    pub state: Option<ComplaintState>,
    /// Only of this severity.
    pub severity: Option<Severity>,
    /// Only of this client.
    pub client: Option<Id>,
    /// Only on this project.
    pub project: Option<Id>,
    /// Only about this department.
    #[validate(length(min = 1, max = 60))]
    #[param(example = "engineering", min_length = 1, max_length = 60)]
    pub department: Option<String>,
    /// Only those that are unanswered after the promised day, or only the others.
    pub overdue: Option<bool>,
    /// Voided ones too.
    pub include_voided: Option<bool>,
}

fn wanted(tx: &mut Tx<'_>, filter: &ComplaintFilter) -> Result<complaints::BoxedQuery<'static, MultiBackend>> {
    let today = tx.today()?;
    let mut rows = complaints::table.into_boxed().filter(in_sight(&tx.actor));
    if let Some(state) = filter.state {
        rows = rows.filter(complaints::state.eq(state));
    }
    if let Some(severity) = filter.severity {
        rows = rows.filter(complaints::severity.eq(severity));
    }
    if let Some(client) = filter.client {
        rows = rows.filter(complaints::client_id.eq(client));
    }
    if let Some(project) = filter.project {
        rows = rows.filter(complaints::project_id.eq(project));
    }
    if let Some(department) = &filter.department {
        rows = rows.filter(complaints::department.eq(department.clone()));
    }
    let answered = || complaints::state.eq_any([ComplaintState::Answered, ComplaintState::Closed]);
    match filter.overdue {
        Some(true) => rows = rows.filter(diesel::dsl::not(answered()).and(complaints::answer_due_on.lt(today))),
        Some(false) => rows = rows.filter(answered().or(complaints::answer_due_on.ge(today))),
        None => {}
    }
    if filter.include_voided != Some(true) {
        rows = rows.filter(complaints::voided_at.is_null());
    }
    Ok(rows)
}

async fn list_complaints(
    access: Access<ComplaintsRead>,
    query: Query<ComplaintFilter>,
    page: Page,
) -> Listed<ComplaintView> {
    access.list(move |tx| listed(tx, &query, &page)).await
}

/// One page of the list.
pub fn listed(tx: &mut Tx<'_>, filter: &ComplaintFilter, page: &Page) -> Result<Reply<PageOf<ComplaintView>>> {
    let total = if page.wants_total() { Some(wanted(tx, filter)?.count().get_result::<i64>(tx.conn)?) } else { None };
    let (rows, next) = page_by_id!(tx, page, complaints, Complaint, wanted(tx, filter)?);
    Ok(Reply::list(view_all(tx, rows)?, next, total)?)
}

fn shown(tx: &mut Tx<'_>, complaint: Complaint) -> Result<Reply<ComplaintView>> {
    let version = complaint.version;
    Ok(Reply::ok(&view(tx, complaint)?)?.version(version))
}

async fn register_complaint(
    access: Access<ComplaintsRegister>,
    _key: IdempotencyKey,
    body: Body<NewComplaint>,
) -> CreatedAnswer<ComplaintView> {
    access
        .write(move |tx| {
            let complaint = actions::register(tx, &body)?;
            let (location, version) = (format!("/v1/complaints/{}", complaint.id), complaint.version);
            Ok(Reply::created(&view(tx, complaint)?, location)?.version(version))
        })
        .await
}

async fn count_complaints(access: Access<ComplaintsRead>, query: Query<CountFilter>) -> Answer<ComplaintCounts> {
    access.report(move |tx| Ok(Reply::ok(&counts::counts(tx, &query)?)?)).await
}

async fn get_complaint(access: Access<ComplaintsRead>, complaint: Path<Ref>) -> Answer<ComplaintView> {
    access.read(move |tx| find(tx, &complaint).and_then(|c| shown(tx, c))).await
}

async fn list_complaint_events(access: Access<ComplaintsRead>, complaint: Path<Ref>, page: Page) -> Listed<EventView> {
    access.list(move |tx| find(tx, &complaint).and_then(|c| history_of(tx, c.id, &page))).await
}

async fn update_complaint(
    access: Access<ComplaintsHandle>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Patch<ComplaintFacts>,
) -> Answer<ComplaintView> {
    access.write(move |tx| actions::change(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}

async fn confirm_complaint(
    access: Access<ComplaintsHandle>,
    complaint: Path<Ref>,
    if_match: IfMatch,
) -> Answer<ComplaintView> {
    access.write(move |tx| actions::confirm(tx, &complaint, &if_match).and_then(|c| shown(tx, c))).await
}

async fn analyse_complaint(
    access: Access<ComplaintsHandle>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Body<Analyse>,
) -> Answer<ComplaintView> {
    access.write(move |tx| actions::analyse(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}

async fn propose_complaint_measures(
    access: Access<ComplaintsHandle>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Body<Propose>,
) -> Answer<ComplaintView> {
    access.write(move |tx| actions::propose(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}

async fn review_complaint(
    access: Access<ComplaintsCarryOut>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Body<ReviewMeasures>,
) -> Answer<ComplaintView> {
    access.write(move |tx| actions::review(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}

async fn approve_complaint_measures(
    access: Access<ComplaintsApprove>,
    complaint: Path<Ref>,
    if_match: IfMatch,
) -> Answer<ComplaintView> {
    access.write(move |tx| actions::approve(tx, &complaint, &if_match).and_then(|c| shown(tx, c))).await
}

async fn send_back_complaint_measures(
    access: Access<ComplaintsApprove>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Body<SendBack>,
) -> Answer<ComplaintView> {
    access.write(move |tx| actions::send_back(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}

async fn get_complaint_measure(access: Access<ComplaintsRead>, measure: Path<Ref>) -> Answer<MeasureView> {
    access
        .read(move |tx| {
            let (complaint, measure) = find_measure(tx, &measure)?;
            let (today, version) = (tx.today()?, measure.version);
            Ok(Reply::ok(&measure_view(tx, &complaint, measure, today))?.version(version))
        })
        .await
}

async fn list_complaint_measure_events(
    access: Access<ComplaintsRead>,
    measure: Path<Ref>,
    page: Page,
) -> Listed<EventView> {
    access.list(move |tx| find_measure(tx, &measure).and_then(|(_, m)| history_of(tx, m.id, &page))).await
}

async fn carry_out_complaint_measure(
    access: Access<ComplaintsCarryOut>,
    measure: Path<Ref>,
    if_match: IfMatch,
    body: Body<CarryOut>,
) -> Answer<MeasureView> {
    access
        .write(move |tx| {
            let (complaint, measure) = following::carry_out(tx, &measure, &if_match, &body)?;
            let (today, version) = (tx.today()?, measure.version);
            Ok(Reply::ok(&measure_view(tx, &complaint, measure, today))?.version(version))
        })
        .await
}

async fn verify_complaint(
    access: Access<ComplaintsHandle>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Body<Verify>,
) -> Answer<ComplaintView> {
    access.write(move |tx| following::verify(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}

async fn answer_complaint(
    access: Access<ComplaintsHandle>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Body<following::Answer>,
) -> Answer<ComplaintView> {
    access.write(move |tx| following::answer(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}

async fn record_complaint_opinion(
    access: Access<ComplaintsRegister>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Body<AskOpinion>,
) -> Answer<ComplaintView> {
    access.write(move |tx| following::opinion(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}

async fn close_complaint(
    access: Access<ComplaintsHandle>,
    complaint: Path<Ref>,
    if_match: IfMatch,
) -> Answer<ComplaintView> {
    access.write(move |tx| following::close(tx, &complaint, &if_match).and_then(|c| shown(tx, c))).await
}

async fn reopen_complaint(
    access: Access<ComplaintsHandle>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Body<Reopen>,
) -> Answer<ComplaintView> {
    access.write(move |tx| following::reopen(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}

async fn void_complaint(
    access: Access<RecordsVoid>,
    complaint: Path<Ref>,
    if_match: IfMatch,
    body: Body<Void>,
) -> Answer<ComplaintView> {
    access.write(move |tx| following::void(tx, &complaint, &if_match, &body).and_then(|c| shown(tx, c))).await
}
