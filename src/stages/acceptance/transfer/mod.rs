//! The internal transfer (移交): the front owner offers the files of the transfer list; what the system itself holds (open instructions, unpaid
//! receivables) goes along by itself. A back leader or specialist accepts it, acknowledging the open instructions, and becomes back owner (or whoever
//! was named); or returns it naming what is missing. Accepting takes the step `transfer`, or `terminate` where the manager approved a termination.

mod actions;
pub mod api;
mod store;

pub use actions::{
    AcceptTransfer, NameOwner, OfferTransfer, OfferedDocument, ReturnTransfer, accept, name_owner, offer, send_back,
};
pub use store::{Transfer, TransferKind, TransferState, UnpaidReceivable};
