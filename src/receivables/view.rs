//! How a receivable is shown.

use super::store::{Receivable, Status};
use crate::db::Day;
use serde::Serialize;
use utoipa::ToSchema;

/// A receivable with what is derived from it on the business date.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceivableView {
    /// The receivable.
    #[serde(flatten)]
    pub receivable: Receivable,
    /// How it reads.
    pub status: Status,
    /// What is neither paid nor written off, in fen.
    #[schema(example = 38_592_947)]
    pub outstanding_amount: i64,
    /// Whether it is past due with something outstanding.
    pub overdue: bool,
    /// Days past due; 0 unless overdue.
    #[schema(example = 0)]
    pub days_overdue: i64,
}

impl ReceivableView {
    /// As it reads on a day.
    pub fn of(receivable: Receivable, today: Day) -> Self {
        let overdue = receivable.is_overdue(today);
        let days_overdue = match receivable.due_on {
            Some(due_on) if overdue => today.days_since(due_on),
            Some(_) | None => 0,
        };
        Self {
            status: receivable.status(),
            outstanding_amount: receivable.outstanding(),
            overdue,
            days_overdue,
            receivable,
        }
    }
}
