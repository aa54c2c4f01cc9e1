//! Complaints (投訴), beside the projects and in every stage, after sealing too: registered and confirmed → analysed, found valid or not → measures
//! proposed, for major ones reviewed by the departments concerned, approved → carried out → effect verified → answered within the promised working
//! days → the client's opinion asked by somebody else → closed, or reopened. [`rules`] holds who may do what when; only [`store`] writes rows.

mod actions;
pub mod api;
mod counts;
mod following;
mod reading;
mod rules;
mod sight;
mod store;
mod view;

pub use actions::{
    Analyse, ComplaintFacts, NewComplaint, NewMeasure, Propose, ReviewMeasures, SendBack, analyse, approve, change,
    confirm, propose, register, review, send_back,
};
pub use counts::{ComplaintCounts, CountBy};
pub use following::{
    Answer, AskOpinion, CarryOut, Reopen, Verify, answer, carry_out, close, opinion, reopen, verify, void,
};
pub use rules::approvable;
pub use sight::in_sight;
pub use store::{
    Complaint, ComplaintCause, ComplaintChannel, ComplaintState, Measure, MeasureState, MeasureVerdict, Opinion,
    Review, Severity, find,
};
pub use view::{ComplaintView, MeasureView};
