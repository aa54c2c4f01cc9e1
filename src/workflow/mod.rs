//! The project's state machine. [`STEPS`] is THE table; evidence is derived from the records, never a flag somebody ticks; [`advance`] alone
//! changes a stage. Acts inside a stage stand in [`acts`]. The projects row lives here because it is what moves.

pub mod acts;
mod advance;
pub mod api;
mod evidence;
mod facts;
mod parties;
pub mod picture;
mod project;
mod table;
mod words;

pub use crate::access::{sees, visible};
pub use acts::{Act, AvailableAction, allow};
pub use advance::{
    MissingView, StepView, Taking, WaivedView, advance, look_for_steps_since, on_record, refuse_without,
    require_evidence, stepped_since, steps_from, waived,
};
pub use evidence::{Missing, Offer, OfferedFile, current_offers, missing, offer_of, offers_of};
pub use facts::{Facts, look_for_starts, starts_of, was_terminated};
pub use parties::{accountable, groups_of, is_any, look_ahead as look_for_parties};
pub use project::{Project, find, find_all, lock, lock_id, manager, save, take_part, tell_department};
pub use table::{Need, SEAL_NEEDS, START_NEEDS, STEPS, Step, Target, is_waivable};
pub use words::{Action, Evidence, Party, Stage};
