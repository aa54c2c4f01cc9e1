//! Adjustment requests (調整): what is still to be put right on site, for whom, by when, at whose cost. The client or our design asks in stage
//! adjustment; a failed inspection item becomes one too (a snag), which is why the record stands outside its stage. One ends when the client
//! confirms it. Billable is what is confirmed, borne by the client, and covered by the client's signed variation order.

mod actions;
pub mod api;
mod store;

pub use actions::{AdjustmentFacts, NewRequest, open};
pub use store::{Adjustment, AdjustmentCause, AdjustmentSource, AdjustmentState, BorneBy, of_inspections};
