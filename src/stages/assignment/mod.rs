//! Assignment (分配立項): the manager assigns front group and owner (the system suggests); the owner completes the initiation form (立項表) and issues
//! the numbered assignment sheet (項目分派單), which every department on it acknowledges. Reassigning lives here too and goes on through the project's
//! whole life: it needs a reason, moves every open task along, and lists the open instructions for the receiver to acknowledge.

pub mod api;
mod assign;
mod initiation;
mod people;
mod reassign;
mod reassign_all;
mod sheets;
mod suggestions;
mod tasks;

pub use assign::{Assign, assign};
pub use initiation::{Initiation, InitiationFacts, initiate};
pub use reassign::{Position, Reassign, Reassignment, reassign};
pub use reassign_all::{ReassignedWork, reassign_all};
pub use sheets::{AssignmentSheet, IssueSheet, acknowledge_sheet, issue_sheet};
pub use suggestions::{OwnerSuggestion, suggest};
