//! Kinds of events that somebody asks to be told of.

use crate::events::{is_kind, kinds};
use crate::http::{Problem, nearest};

/// 422 for the first kind that does not exist; `place` says where in the request the n-th stands.
pub(super) fn existing(wanted: &[String], place: impl FnOnce(usize) -> String) -> Result<(), Problem> {
    let Some((n, wrong)) = wanted.iter().enumerate().find(|(_, kind)| !is_kind(kind)) else { return Ok(()) };
    let all: Vec<String> = kinds().collect();
    let (en, zh) = match nearest(wrong, all.iter().map(String::as_str)) {
        Some(near) => (
            format!("There is no such kind of event; did you mean {near}?"),
            format!("沒有此類事件；您是否想用 {near}？"),
        ),
        None => (
            "There is no such kind of event: the document lists them under `webhooks`.".to_owned(),
            "沒有此類事件；文件的 webhooks 列出全部。".to_owned(),
        ),
    };
    Err(Problem::validation(place(n), "invalid", en, zh))
}
