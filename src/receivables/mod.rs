//! Receivables: every instalment is one from the signing on, with a due date, an age and a history. Their amounts always add up to the contract's
//! current value (or its confirmed final account). Paid and written-off amounts are kept with a CHECK behind them; status is derived.
//! Whoever writes here has locked the client's row, then the project.

pub mod api;
mod store;
mod triggers;

pub use store::{InstalmentKind, Receivable, Status, Trigger, by_kind, change_amount, check_change, locked_of_project, of_contract, save};
pub use triggers::{Plan, fire, fire_of_contract, open};
