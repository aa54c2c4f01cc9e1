//! Clients: code, kind, grade, credit, source, region, contacts, owner. They outlast every project and every person; a prospect stays in the base.
//! Money of a client locks the client's row first, then projects by id.

mod actions;
pub mod api;
mod contacting;
mod contacts;
mod store;

pub use crate::access::client_sight::{own_ids, sees, sees_all};
pub use actions::{NewClient, create, hand_over, locked_standing};
pub use contacting::contacted;
pub use contacts::ContactFacts;
pub use store::{Client, Contact, find, find_for_use, lock};
