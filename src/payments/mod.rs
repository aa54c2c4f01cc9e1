//! Payments: what clients pay, how it is allocated to receivables, what is left unapplied, and what goes back. Finance records, confirms, reverses
//! and refunds; the accountable owner may allocate unapplied money to a receivable of the project. At every moment, per client and currency:
//! payments confirmed = allocated + unapplied + refunded. Whoever writes here locks the client's row first, then projects by id; CHECK constraints
//! stand behind the sums. It does not decide what a receivable comes to: that is the contract's matter.

mod actions;
mod allocating;
pub mod api;
mod api_refunds;
mod order;
mod store;
mod unapplied;

pub use actions::{NamedPart, NewPayment, Reverse, confirm, record, reverse};
pub use store::{Allocation, Method, Payment, PaymentState, Refund, unapplied_of};
pub use unapplied::{Allocate, NewRefund, allocate, refund};
