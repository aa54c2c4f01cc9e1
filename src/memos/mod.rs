//! Coordination memos (工作聯系函), numbered: a request from the client department to another department with a date to reply by, all through the
//! project. The owner's side sends, a contributor of the department addressed answers; a further answer may follow the first. Contributors see the
//! memos addressed to their department.

mod actions;
pub mod api;
mod store;

pub use actions::{ReplyMemo, SendMemo, reply, send};
pub use store::{Memo, MemoReply, MemoState};
