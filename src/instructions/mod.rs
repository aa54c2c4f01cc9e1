//! Client instructions and our commitments (客戶交代/承諾): who said what, when, for which room, at what cost and with whose approval; open, done or
//! dropped. The accountable owner, that group's leader and the manager keep them in every open stage; every reassignment and transfer lists the
//! open ones, and the receiver acknowledges them.

mod actions;
pub mod api;
mod store;

pub use actions::{RecordInstruction, SettleInstruction, record, settle};
pub use store::{Direction, Instruction, InstructionState, OpenInstruction, acknowledge, open_on};
