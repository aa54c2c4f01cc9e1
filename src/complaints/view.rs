//! A complaint as it is answered: the row, its measures and reviews, what is derived, and what the caller may do.

use super::reading::{look_ahead, measures, project_of, reviews};
use super::rules::{available, cannot_carry_out};
use super::store::{Complaint, ComplaintState, Measure, MeasureState, Review};
use crate::access::{Result, Tx};
use crate::db::Day;
use crate::workflow::AvailableAction;
use serde::Serialize;
use utoipa::ToSchema;

/// A measure with what the caller may do with it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeasureView {
    /// The measure.
    #[serde(flatten)]
    pub measure: Measure,
    /// Whether it is still to be done and its day has passed.
    pub overdue: bool,
    /// What this caller may do with it now.
    pub available_actions: Vec<AvailableAction>,
}

/// A complaint with everything that belongs to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComplaintView {
    /// The complaint.
    #[serde(flatten)]
    pub complaint: Complaint,
    /// Whether the answer came after the promised day; none until it is answered.
    pub answered_late: Option<bool>,
    /// Whether it is unanswered and the promised day has passed.
    pub overdue: bool,
    /// The measures, oldest first, the replaced ones too.
    pub measures: Vec<MeasureView>,
    /// The departments' reviews, oldest first.
    pub reviews: Vec<Review>,
    /// What this caller may do with it now, act by act.
    pub available_actions: Vec<AvailableAction>,
}

impl Complaint {
    /// Whether the answer came after the promised day; none until it is answered.
    pub fn answered_late(&self) -> Option<bool> {
        self.answered_on.map(|on| on > self.answer_due_on)
    }

    /// Whether it is unanswered and the promised day has passed.
    pub fn is_overdue(&self, today: Day) -> bool {
        !matches!(self.state, ComplaintState::Answered | ComplaintState::Closed) && today > self.answer_due_on
    }
}

/// Shows a page of complaints to the caller.
pub(super) fn view_all(tx: &mut Tx<'_>, rows: Vec<Complaint>) -> Result<Vec<ComplaintView>> {
    look_ahead(tx, &rows)?;
    rows.into_iter().map(|row| view(tx, row)).collect()
}

/// Shows a complaint to the caller.
pub(super) fn view(tx: &mut Tx<'_>, complaint: Complaint) -> Result<ComplaintView> {
    let project = project_of(tx, &complaint)?;
    let today = tx.today()?;
    let rows = measures(tx, complaint.id)?;
    let measures = rows.into_iter().map(|measure| measure_view(tx, &complaint, measure, today)).collect();
    let reviews = reviews(tx, complaint.id)?;
    let available_actions = available(tx, project.as_ref(), &complaint)?;
    Ok(ComplaintView {
        answered_late: complaint.answered_late(),
        overdue: complaint.is_overdue(today),
        complaint,
        measures,
        reviews,
        available_actions,
    })
}

/// Shows a measure to the caller.
pub(super) fn measure_view(tx: &Tx<'_>, complaint: &Complaint, measure: Measure, today: Day) -> MeasureView {
    let refusal = cannot_carry_out(tx, complaint, &measure);
    let available_actions =
        if complaint.voided_at.is_some() { Vec::new() } else { vec![AvailableAction::plain("carry-out", refusal)] };
    let open = matches!(measure.state, MeasureState::Proposed | MeasureState::Approved);
    MeasureView { overdue: open && measure.due_on.is_some_and(|due| today > due), measure, available_actions }
}
