//! What can be tried is tried before it is done: the act answers as its trial did, and the trial leaves nothing.

use super::exceptions;
use super::world::Tried;
use crate::dry_run::traces;
use crate::harness::{Answer, Caller, Service};
use serde_json::Value;
use uuid::Uuid;

/// Sends it, first as a trial where it can be tried. The second says where the two differ.
pub fn send(
    service: &Service,
    tried: &Tried,
    (caller, url, query): (&Caller, &str, &str),
    body: Option<&Value>,
) -> (Answer, Option<String>) {
    let can = tried.parameters("query").any(|parameter| parameter["name"] == "dry_run");
    if !can || query.contains("dry_run") {
        return (tried.send(caller, url, query, body), None);
    }
    let before = traces(service);
    let with = if query.is_empty() { "?dry_run=true".to_owned() } else { format!("{query}&dry_run=true") };
    let trial = tried.send(caller, url, &with, body);
    let left = traces(service);
    let done = tried.send(caller, url, query, body);
    let reports = exceptions::of("a trial is refused as its act is").contains(tried.id()) && !done.is_success();
    let same = (trial.status, plain(&trial.body)) == (done.status, plain(&done.body));
    let why = match (left == before, same || reports) {
        (false, _) => format!("the trial left {left:?} where {before:?} was"),
        (true, true) => return (done, None),
        (true, false) => {
            format!("the trial answered {} {}, the act {} {}", trial.status, trial.text(), done.status, done.text())
        }
    };
    (done, Some(format!("{} {url}{query}: {why}", tried.id())))
}

/// Without what is made anew each time: ids and instants.
fn plain(body: &Value) -> Value {
    match body {
        Value::Object(all) => all.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        Value::Array(all) => all.iter().map(plain).collect(),
        Value::String(text) if Uuid::parse_str(text).is_ok() || text.parse::<fitout::db::At>().is_ok() => Value::Null,
        other => other.clone(),
    }
}
