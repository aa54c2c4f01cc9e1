//! A running service per test, callers by key, and projects put at a stage.
//!
//! ```ignore
//! let service = Service::start();                       // SQLite, or PostgreSQL with TEST_DATABASE_URL; the company of people.rs is there
//! let project = service.project_at("bidding");          // owned by a_specialist_1 of group A
//! let memo = service.by("a_specialist_1").post(&format!("/v1/projects/{project}/memos"), json!({…})).expect(201);
//! service.by("design").act(&memo.location(), "reply", json!({"body": "…"})).expect(200);   // reads the ETag, sends If-Match
//! service.by("finance").post(…).refused(403, "forbidden");
//! service.clock("2026-05-30T10:00:00+08:00");           // moves and freezes business time
//! ```

mod answer;
mod contract;
mod database;
mod filed;
mod given;
pub mod nulls;
mod people;
mod port;
mod process;
mod receiver;
mod service;
mod signed;

pub use answer::Answer;
pub use contract::expect_fault;
pub use database::{Backend, PASSWORD, Seed, TestDatabase};
pub use process::Process;
pub use receiver::{Received, Receiver, wait_until};
pub use service::{Caller, Service};
