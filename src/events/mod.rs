//! Every write leaves one event per record whose version moves, in the same transaction. Timeline, audit trail and archive are readers of this
//! one table. The events of one project (or of one subject without a project) form a hash chain, so that an archive can be verified offline.
//! Nobody updates or deletes an event; the database refuses it too.

mod canonical;
mod chain;
mod kinds;
mod past;
mod store;

pub use canonical::{canonical, canonical_data};
pub use chain::{GENESIS, Link, hash_of};
pub use kinds::{EventKind, KINDS, is_kind, kinds};
pub use past::{image_at, images_at, images_of_kind_at, images_until};
pub use store::{
    Event, NewEvent, Subject, append, at_version, beginnings, chain_of, head_of, images_but, images_of, last_version,
    latest_of, of_subject, settled_until,
};
