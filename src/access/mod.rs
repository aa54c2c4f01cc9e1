//! Who is calling and what they may do. A handler reaches the database only through [`Access<P>`]: no permission named, no database.
//! The token is checked before the body is read; the caller's row is read in the same job as the work and decides, so that a revocation
//! bites at once on every replica. Sight of projects is the workflow's; passwords, sessions and people are kept here.

mod actor;
mod ahead;
pub mod api;
pub mod api_keys;
pub mod api_keys_api;
mod belonging;
mod caller;
pub mod client_sight;
mod failure;
mod once;
pub mod organisation;
mod organisation_api;
mod passwords;
pub mod people;
pub mod people_api;
mod permissions;
pub mod scope;
mod session;
pub mod sessions;
pub mod sight;
pub mod throttle;
mod tokens;
mod transaction;

pub use actor::{Actor, GroupKind, Role};
pub use failure::{Failure, Result};
pub use once::purge;
pub use organisation::{Department, Group};
pub use passwords::{Passwords, hash as hash_password};
pub use people::{NewUser, User};
pub use permissions::*;
pub use session::{Access, Public, Services, run_as};
pub use sight::{Sight, own_in_sight, sees, visible};
pub use tokens::{Claims, Keys, digest, random_secret};
pub use transaction::{Tx, enable_sandbox, sandbox_enabled};
