//! The rows of complaints, their measures and reviews, found within the caller's sight: whoever sees the project (the client, where there is none),
//! handles or registered it; contributors those with a measure or review for their department.

use super::sight::in_sight;
use crate::access::{ComplaintsRead, Permission, Result, Tx};
use crate::db::schema::{complaint_measures, complaint_reviews, complaints, events};
use crate::db::{At, Day, Id, Locked, cols, text_enum};
use crate::events::Subject;
use crate::http::{Problem, Ref};
use crate::workflow::{self, Project};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

text_enum! {
    /// How a complaint reached us.
    ComplaintChannel {
        /// By telephone.
        Phone = "phone",
        /// In a meeting.
        Meeting = "meeting",
        /// By e-mail.
        Email = "email",
        /// By letter.
        Letter = "letter",
        /// Over the website.
        Website = "website",
        /// On a visit.
        Visit = "visit",
        /// In another way.
        Other = "other",
    }
}

text_enum! {
    /// How grave a complaint is: it decides by when it is answered.
    Severity {
        /// Small.
        Minor = "minor",
        /// As they are.
        Normal = "normal",
        /// Grave: the departments concerned review the measures.
        Major = "major",
    }
}

text_enum! {
    /// Where a complaint stands.
    ComplaintState {
        /// It was registered.
        Registered = "registered",
        /// It is really one, and ours to deal with; or it was reopened.
        Confirmed = "confirmed",
        /// Its cause is analysed; found valid or not.
        Analysed = "analysed",
        /// Measures are proposed.
        Proposed = "proposed",
        /// The measures are approved.
        Approved = "approved",
        /// Every measure is carried out.
        CarriedOut = "carried_out",
        /// Their effect is verified.
        Verified = "verified",
        /// The client has our answer.
        Answered = "answered",
        /// The client is content.
        Closed = "closed",
    }
}

text_enum! {
    /// What a complaint comes from.
    ComplaintCause {
        /// The design.
        Design = "design",
        /// The quality of goods or work.
        Quality = "quality",
        /// The delivery.
        Delivery = "delivery",
        /// Damage.
        Damage = "damage",
        /// How we dealt with the client.
        Service = "service",
        /// The dates.
        Schedule = "schedule",
        /// The price.
        Price = "price",
        /// Something else.
        Other = "other",
    }
}

text_enum! {
    /// What the client thinks of how a complaint was dealt with.
    Opinion {
        /// Content.
        Satisfied = "satisfied",
        /// Can live with it.
        Acceptable = "acceptable",
        /// Not content.
        Dissatisfied = "dissatisfied",
    }
}

text_enum! {
    /// Where a measure stands.
    MeasureState {
        /// Proposed.
        Proposed = "proposed",
        /// To be carried out.
        Approved = "approved",
        /// Carried out.
        Done = "done",
        /// Sent back: other measures took its place.
        Replaced = "replaced",
    }
}

text_enum! {
    /// What a department says to the measures.
    MeasureVerdict {
        /// They will do.
        Approved = "approved",
        /// They will not.
        Objected = "objected",
    }
}

/// A complaint.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = complaints, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Complaint {
    /// The complaint.
    pub id: Id,
    /// Its number.
    #[schema(example = "CP-2026-0003")]
    pub number: String,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The client.
    pub client_id: Id,
    /// The project it is about.
    pub project_id: Option<Id>,
    /// How it reached us.
    pub channel: ComplaintChannel,
    /// How grave it is.
    pub severity: Severity,
    /// What the client complains of.
    #[schema(example = "Wardrobe doors scrape in two rooms")]
    pub what: String,
    /// Where it stands.
    pub state: ComplaintState,
    /// Who handles it.
    pub handler_id: Id,
    /// By when the client is to have our answer.
    #[schema(example = "2026-06-12")]
    pub answer_due_on: Day,
    /// What it comes from.
    pub cause: Option<ComplaintCause>,
    /// The department it is about.
    #[schema(example = "engineering")]
    pub department: Option<String>,
    /// Whether it was found valid.
    pub found_valid: Option<bool>,
    /// The analysis, with its reasons.
    #[schema(example = "Hinges were set before the floor was levelled")]
    pub analysis: Option<String>,
    /// What the measures brought about.
    #[schema(example = "All doors run free; checked on site")]
    pub effect: Option<String>,
    /// What the client was answered.
    #[schema(example = "The hinges were reset on 10 June at our cost")]
    pub answer: Option<String>,
    /// When.
    pub answered_on: Option<Day>,
    /// What the client thinks of it.
    pub client_opinion: Option<Opinion>,
    /// In the client's words.
    #[schema(example = "Content; would have liked a call before the visit")]
    pub client_opinion_note: Option<String>,
    /// When it was closed.
    pub closed_on: Option<Day>,
    /// How often it was reopened.
    #[schema(example = 0)]
    pub reopened: i64,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

/// A measure against the cause of a complaint.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = complaint_measures, treat_none_as_default_value = false, treat_none_as_null = true)]
#[schema(as = ComplaintMeasure)]
pub struct Measure {
    /// The measure.
    pub id: Id,
    /// The complaint.
    pub complaint_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What is to be done.
    #[schema(example = "Reset the hinges in rooms 801 and 802")]
    pub what: String,
    /// By which department.
    #[schema(example = "engineering")]
    pub department: String,
    /// By when.
    #[schema(example = "2026-06-10")]
    pub due_on: Option<Day>,
    /// Where it stands.
    pub state: MeasureState,
    /// What was done.
    #[schema(example = "Hinges reset on all four doors")]
    pub done_note: Option<String>,
    /// When.
    pub done_at: Option<At>,
    /// By whom.
    pub done_by: Option<Id>,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
}

/// A department's review of the measures against a major complaint.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = complaint_reviews, treat_none_as_default_value = false, treat_none_as_null = true)]
#[schema(as = ComplaintReview)]
pub struct Review {
    /// The review.
    pub id: Id,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) complaint_id: Id,
    /// Which proposal it is about, counted from 1.
    #[schema(example = 1)]
    pub round: i64,
    /// The department asked.
    #[schema(example = "engineering")]
    pub department: String,
    /// What it says; none: still to answer.
    pub verdict: Option<MeasureVerdict>,
    /// In its words.
    #[schema(example = "Feasible this week")]
    pub opinion: Option<String>,
    /// When.
    pub reviewed_at: Option<At>,
    /// By whom.
    pub reviewed_by: Option<Id>,
    /// When asked.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
}

impl Subject for Complaint {
    const SEEN_BESIDES: bool = true;
    const KIND: &'static str = "complaint";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        self.project_id
    }
    fn about_client(&self) -> Option<Id> {
        Some(self.client_id)
    }
    fn is_voided(&self) -> bool {
        self.voided_at.is_some()
    }
}

/// A measure as a subject of events: it belongs where its complaint does.
#[derive(Debug, Serialize)]
pub(super) struct MeasureOf<'a> {
    #[serde(flatten)]
    pub measure: &'a Measure,
    pub project_id: Option<Id>,
    pub client_id: Id,
}

impl Subject for MeasureOf<'_> {
    const SEEN_BESIDES: bool = true;
    const KIND: &'static str = "complaint_measure";
    fn subject_id(&self) -> Id {
        self.measure.id
    }
    fn subject_version(&self) -> i64 {
        self.measure.version
    }
    fn about_project(&self) -> Option<Id> {
        self.project_id
    }
    fn about_client(&self) -> Option<Id> {
        Some(self.client_id)
    }
}

/// Finds a complaint within the caller's sight, or 404.
pub fn find(tx: &mut Tx<'_>, r: &Ref) -> Result<Complaint> {
    let rows = complaints::table.into_boxed().filter(in_sight(&tx.actor));
    let rows = match r {
        Ref::Id(id) => rows.filter(complaints::id.eq(Id(*id))),
        Ref::Number(number) => rows.filter(complaints::number.eq(number.clone())),
    };
    rows.select(Complaint::as_select()).first(tx.conn).optional()?.ok_or_else(|| Problem::not_found().into())
}

/// As [`find`], and locks its project (whose chain of events it writes to) and the row. A voided one too: `stale` refuses it.
/// Every act answers the complaint: an API key that may not read it does not find it (404).
pub(super) fn locked(tx: &mut Tx<'_>, r: &Ref) -> Result<(Option<Project>, Complaint)> {
    if !tx.key_has(ComplaintsRead::NAME) {
        return Err(Problem::not_found().into());
    }
    let found = find(tx, r)?;
    let project = match found.project_id {
        Some(id) => Some(workflow::lock_id(tx, id)?),
        None => None,
    };
    let complaint: Complaint =
        Locked(complaints::table.filter(complaints::id.eq(found.id)).select(cols::<Complaint>()))
            .get_result(tx.conn)?;
    Ok((project, complaint))
}

/// Saves a changed complaint: raises its version, leaves its event.
pub(super) fn save(tx: &mut Tx<'_>, complaint: &mut Complaint, kind: &str, note: Option<Value>) -> Result<()> {
    complaint.version += 1;
    complaint.updated_at = tx.now;
    diesel::update(complaints::table.filter(complaints::id.eq(complaint.id))).set(&*complaint).execute(tx.conn)?;
    match note {
        Some(note) => tx.record_with(complaint, kind, note),
        None => tx.record(complaint, kind),
    }
}

/// A measure and its complaint, within the caller's sight, or 404.
pub(super) fn find_measure(tx: &mut Tx<'_>, r: &Ref) -> Result<(Complaint, Measure)> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    let row = complaint_measures::table.filter(complaint_measures::id.eq(Id(*id))).select(Measure::as_select());
    let measure: Measure = row.first(tx.conn).optional()?.ok_or_else(Problem::not_found)?;
    Ok((find(tx, &Ref::Id(measure.complaint_id.0))?, measure))
}

/// Saves a changed measure: raises its version, leaves its event.
pub(super) fn save_measure(tx: &mut Tx<'_>, complaint: &Complaint, measure: &mut Measure, kind: &str) -> Result<()> {
    measure.version += 1;
    measure.updated_at = tx.now;
    diesel::update(complaint_measures::table.filter(complaint_measures::id.eq(measure.id)))
        .set(&*measure)
        .execute(tx.conn)?;
    tx.record(&MeasureOf { measure, project_id: complaint.project_id, client_id: complaint.client_id }, kind)
}

/// Who did this to a complaint last, and when.
pub(super) fn last(tx: &mut Tx<'_>, complaint: Id, kind: &str) -> Result<Option<(Option<Id>, At)>> {
    let rows =
        events::table.filter(events::subject_id.eq(complaint)).filter(events::kind.eq(kind)).order(events::seq.desc());
    Ok(rows.select((events::actor_id, events::at)).first(tx.conn).optional()?)
}
