//! Adjustment (調整): in rounds, until the client has confirmed every request. The front owner requests, plans, and records what the client says;
//! the department that was asked reports what it has done. Nothing is invoiced here: what the client pays is counted in the final account.

mod actions;
pub mod api;

pub use actions::{
    Complete, ConfirmAdjustment, PlanAdjustment, RefuseAdjustment, RequestAdjustment, complete, confirm, plan, refuse,
    request, update,
};
