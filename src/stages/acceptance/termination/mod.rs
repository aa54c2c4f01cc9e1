//! Terminations: the manager approves that a project on site ends early. The approval itself ends nothing: the front owner then offers the transfer
//! from where the project stands, and accepting it takes the project into settlement. The termination agreement may come with the approval or later.

mod actions;
pub mod api;
mod store;

pub use actions::{ApproveTermination, FileAgreement, approve, file_agreement};
pub use store::{TerminationApproval, standing, standings};
