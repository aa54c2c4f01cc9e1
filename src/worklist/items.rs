//! An item of the worklist.

use crate::db::{Day, Id, text_enum};
use crate::http::Language;
use crate::workflow::{Action, MissingView};
use serde::Serialize;
use utoipa::ToSchema;

text_enum! {
    /// What kind of work waits.
    WorkKind {
        /// A move of a project that is the caller's to take.
        Step = "step",
        /// An internal transfer that the caller may accept or return.
        Transfer = "transfer",
        /// A coordination memo to answer.
        Memo = "memo",
        /// An assignment sheet to acknowledge.
        AssignmentSheet = "assignment_sheet",
        /// An adjustment to carry out, or one that is done and waits for the client's word.
        Adjustment = "adjustment",
        /// A contract or amendment to review, or the measures of a major complaint that concern the department.
        Review = "review",
        /// Something that waits for the caller's approval.
        Approval = "approval",
        /// Money that finance books: payments to confirm, invoices to issue, write-offs to book.
        Booking = "booking",
        /// An overdue receivable to collect.
        Collection = "collection",
        /// A promise of payment that was broken.
        Promise = "promise",
        /// A complaint to answer, or a measure to carry out.
        Complaint = "complaint",
        /// A newly allocated client whom nobody has contacted yet.
        ClientContact = "client_contact",
        /// What was agreed with a client to be taken up again.
        FollowUp = "follow_up",
        /// A bid to submit before its deadline.
        Tender = "tender",
        /// A milestone to reach and to report on.
        Milestone = "milestone",
        /// A project handed to the caller, to acknowledge.
        Reassignment = "reassignment",
    }
}

/// Why something is somebody's, in English and in Chinese.
pub(super) type Why = (&'static str, &'static str);

/// Something to do next.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkItem {
    /// What kind of work it is.
    pub kind: WorkKind,
    /// The act that would do it.
    #[schema(example = "reply")]
    pub act: &'static str,
    /// The record that waits.
    pub subject_id: Id,
    /// Its project.
    pub project_id: Option<Id>,
    /// What it is about, as the record says.
    #[schema(example = "Site survey drawings", max_length = 8000)]
    pub title: String,
    /// The record.
    #[schema(example = "/v1/memos/0190a1b2-0000-7000-8000-000000000001")]
    pub href: String,
    /// By when.
    #[schema(example = "2026-03-06")]
    pub due_on: Option<Day>,
    /// Whether that day has passed.
    pub overdue: bool,
    /// Why it is the caller's, in the language that they prefer.
    #[schema(example = "Addressed to your department")]
    pub why: &'static str,
    /// The same in both languages.
    #[serde(skip)]
    pub(super) reason: Why,
    /// The step that a move takes or leads to: what it asks for is what the move misses.
    #[serde(skip)]
    pub(super) step: Option<Action>,
    /// What a move still misses.
    pub missing: Vec<MissingView>,
}

impl WorkItem {
    /// An item about this record, found under `/v1/{plural}/{id}`.
    pub(super) fn new(kind: WorkKind, act: &'static str, plural: &str, id: Id, title: String, why: Why) -> Self {
        let href = format!("/v1/{plural}/{id}");
        Self {
            kind,
            act,
            subject_id: id,
            project_id: None,
            title,
            href,
            due_on: None,
            overdue: false,
            why: why.0,
            reason: why,
            step: None,
            missing: Vec::new(),
        }
    }

    /// Says why in this language.
    pub(super) fn tell(&mut self, language: Language) {
        self.why = match language {
            Language::En => self.reason.0,
            Language::Zh => self.reason.1,
        };
    }

    /// On this project.
    pub(super) fn on(mut self, project: Id) -> Self {
        self.project_id = Some(project);
        self
    }

    /// To be done by this day.
    pub(super) fn by(mut self, due_on: Option<Day>, today: Day) -> Self {
        self.due_on = due_on;
        self.overdue = due_on.is_some_and(|due| due < today);
        self
    }
}
