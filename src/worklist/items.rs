//! An item of the worklist.

use super::due::Due;
use crate::access::scope;
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
    /// By when: the day that the record sets, else days after it began to wait, as the business settings say.
    #[schema(example = "2026-03-06")]
    pub due_on: Day,
    /// Whether that day has passed.
    pub overdue: bool,
    /// Why it is the caller's, in the language that they prefer.
    #[schema(example = "Addressed to your department")]
    pub why: &'static str,
    /// What a move still misses.
    pub missing: Vec<MissingView>,
}

/// Something that waits, as the records say it: what is answered is made of it once its day is known.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub kind: WorkKind,
    act: &'static str,
    /// The path segment of its records.
    plural: &'static str,
    pub subject_id: Id,
    /// The record that is linked: the subject, unless the act is done elsewhere.
    record_id: Id,
    pub project_id: Option<Id>,
    title: String,
    why: Why,
    pub due: Due,
    pub missing: Vec<MissingView>,
    /// The step that a move takes or leads to: what it asks for is what the move misses.
    pub step: Option<Action>,
}

impl Work {
    /// Work on this record, found under `/v1/{plural}/{id}`.
    pub fn new(
        kind: WorkKind,
        act: &'static str,
        plural: &'static str,
        id: Id,
        title: String,
        why: Why,
        due: Due,
    ) -> Self {
        Self {
            kind,
            act,
            plural,
            subject_id: id,
            record_id: id,
            project_id: None,
            title,
            why,
            due,
            missing: Vec::new(),
            step: None,
        }
    }

    /// On this project.
    pub fn on(mut self, project: impl Into<Option<Id>>) -> Self {
        self.project_id = project.into();
        self
    }

    /// What waits is another record than the one at which it is done.
    pub fn about(mut self, subject: Id) -> Self {
        self.subject_id = subject;
        self
    }

    /// It takes this step, or leads to it.
    pub fn leading_to(mut self, step: Option<Action>) -> Self {
        self.step = step;
        self
    }

    /// The permission with which its record is read. Kinds of records are the singular of their paths.
    pub fn read_with(&self) -> &'static str {
        scope::read_with(&self.plural.strip_suffix('s').unwrap_or(self.plural).replace('-', "_"))
    }

    /// What is answered.
    pub fn item(self, due_on: Day, today: Day, language: Language) -> WorkItem {
        WorkItem {
            kind: self.kind,
            act: self.act,
            subject_id: self.subject_id,
            project_id: self.project_id,
            title: self.title,
            href: format!("/v1/{}/{}", self.plural, self.record_id),
            due_on,
            overdue: due_on < today,
            why: match language {
                Language::En => self.why.0,
                Language::Zh => self.why.1,
            },
            missing: self.missing,
        }
    }
}
