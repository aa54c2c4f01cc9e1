//! Final accounts (結算單): contract + amendments + billable adjustments − deductions, by draft → (submitted → audited) → confirmed; a new draft
//! replaces the old. The accountable owner acts. Confirmation makes the receivables add up to it; nothing changes it afterwards.

mod actions;
pub mod api;
mod confirming;
mod figures;
mod store;

pub use store::{AccountBasis, AccountState, Deduction, Difference, FinalAccount};
