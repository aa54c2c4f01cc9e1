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
mod cases;
mod collection;
mod clients;
mod intake;
mod money_properties;
mod payments;
mod surface;
