//! The API from outside: one service and one database per test, everything over HTTP. Modules in reading order.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it did not expect shall fail there"
)]
#![allow(missing_docs, reason = "tests are read, not linked to")]

mod harness;

mod acceptance;
mod access;
mod adjustments;
mod api_keys;
mod archiving;
mod as_of;
mod assignment;
mod bidding;
mod cases;
mod clients;
mod collection;
mod complaints;
mod contracts;
mod documents;
mod dry_run;
mod exports;
mod feed;
mod final_accounts;
mod idempotency;
mod imports;
mod imports_xlsx;
mod installation;
mod instructions;
mod intake;
mod keeping;
mod late_recording;
mod locks;
mod memos;
mod money_properties;
mod papers_in_use;
mod payments;
mod races;
mod refusals;
mod replicas;
mod sandbox;
mod stalled;
mod standby;
mod surface;
mod transfers;
mod webhook_deliveries;
mod webhook_replicas;
mod webhooks;
mod worklist;
mod worklist_figures;
mod worklist_moves;
mod worklist_plans;
