//! Contracts: drafted from a template with their instalment plan, reviewed (the back leader, above the limit the manager too), sealed by both
//! parties, signed with the scan on file; amended until the confirmed final account. The accountable owner acts. Signing makes the receivables;
//! what becomes of them is not decided here.

mod amendments;
pub mod api;
mod drafting;
mod loading;
mod locks;
mod past;
mod plan;
mod reviews;
mod seals;
mod signing;
mod store;
mod templates;

pub use amendments::Amendment;
pub use loading::{LoadedContract, LoadedInstalment, load};
pub use locks::{locked_with_client, not_in_the_future};
pub use plan::{InstalmentDraft, PlanLine, half_up_share, split};
pub use reviews::{ContractReview, NextReviewer, ReviewVerdict};
pub use seals::{SealEntry, SealKind, SealParty};
pub use store::{
    Contract, ContractState, Instalment, instalments, plans, refuse_if_settled, signed_of_project, signed_of_projects,
};
pub use templates::{ContractTemplate, seed};
