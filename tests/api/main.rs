//! The API from outside: one service and one database per test, everything over HTTP. Modules in reading order.

mod harness;

mod access;
mod cases;
mod clients;
mod documents;
mod intake;
mod archiving;
