//! The API from outside: one service and one database per test, everything over HTTP. Modules in reading order.

mod harness;

mod access;
mod assignment;
mod cases;
mod clients;
mod installation;
mod instructions;
mod intake;
mod memos;
