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

mod access;
mod bidding;
mod assignment;
mod cases;
mod collection;
mod clients;
mod complaints;
mod contracts;
mod final_accounts;
mod installation;
mod instructions;
mod documents;
mod intake;
mod memos;
mod races;
mod replicas;
mod money_properties;
mod payments;
mod surface;
mod adjustments;
mod acceptance;
mod transfers;
mod archiving;
