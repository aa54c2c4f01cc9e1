//! Receivables: every instalment is one from the signing on, with a due date, an age and a history. Their amounts always add up to the contract's
//! current value (or its confirmed final account). Paid and written-off amounts are kept with a CHECK behind them; status is derived.
//! Whoever writes here has locked the client's row, then the project. What a client owed on any day is read from the events.

mod ageing;
pub mod api;
mod api_figures;
mod figures;
mod past;
mod promises;
mod statement;
mod store;
mod triggers;
mod view;

pub use ageing::{Band, band_of};
pub use figures::{Balance, Standing, Whose, balances, standing};
pub use promises::{PromiseState, broken_promises, promise_states};
pub use store::{
    InstalmentKind, Receivable, Status, Trigger, by_id, by_ids, by_kind, change_amount, check_change, find, find_by_id,
    locked, locked_of_project, of_contract, of_contracts, save, save_with, status,
};
pub use triggers::{Plan, fire, fire_of_contract, open};
pub use view::ReceivableView;
