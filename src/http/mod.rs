//! HTTP as this service speaks it; knows no business and no database.
//!
//! An operation of the OpenAPI document is derived from its handler's own signature: every extractor
//! and every answer says through [`describe::Describe`] what it adds, so the document cannot claim
//! what the handler does not do. Refusals are [`problem::Problem`]s everywhere; only
//! [`middleware::outermost`] puts them into words, because only there the caller's language is known.

mod allowance;
mod codes;
mod dispatch;
pub mod docs;
mod exact;
mod examples;
mod faults;
mod forced;
mod language;
mod limits;
mod listing;
mod payload;
mod problem_body;
mod samples;
mod schemas;
mod shared;
mod sheet_body;
mod signature;
mod webhooks;

pub mod body;
pub mod describe;
pub mod dry_run;
pub mod idempotency;
pub mod middleware;
pub mod openapi;
pub mod page;
pub mod patch;
pub mod path;
pub mod precondition;
pub mod problem;
pub mod problem_pages;
pub mod query;
pub mod reply;
pub mod routes;
pub mod server;

pub use allowance::{Allowance, tell as tell_allowance};
pub use body::{Body, BodyFingerprint, BodyLimits, OptionalBody};
pub use describe::{Describe, OperationDraft};
pub use dispatch::RoutePattern;
pub use faults::{broken, nearest, typed};
pub use forced::{Failing, Forced, ForcedFailures, forced};
pub use idempotency::IdempotencyKey;
pub use listing::PageOf;
pub use middleware::{CallerId, RequestId};
pub use page::{Page, Sort};
pub use patch::Patch;
pub use path::{Path, Ref};
pub use precondition::IfMatch;
pub use problem::{Code, FieldError, Language, Problem, Said};
pub use query::Query;
pub use reply::{Answer, CreatedAnswer, EmptyAnswer, Listed, Reply, Sent, StoredReply};
pub use routes::Routes;
pub use sheet_body::SheetBody;
pub use signature::HandlerSignature;
