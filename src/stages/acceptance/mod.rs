//! Acceptance (驗收) and the internal transfer (移交). The front owner inspects: a failed item becomes an adjustment request; after a passed
//! inspection the client's acceptance certificate sets the due dates of balance and retention. The owner writes the project summary and offers
//! the transfer; a back leader or specialist accepts it, which ends the stage, or returns it naming what is missing. The manager's approval of a
//! termination lets the same transfer happen from installation and adjustment too. Nothing is collected or settled here.

mod actions;
pub mod api;
mod store;
pub mod termination;
pub mod transfer;

pub use actions::{Certify, Inspect, NewItem, SummaryFacts, certify, change_summary, inspect, summarise};
pub use store::{AcceptanceBasis, AcceptanceCertificate, Inspection, InspectionItem, ProjectSummary};
