//! Which members that may be null were null in an answer of the suite: what never is, the document should not call so. Recorded where `TEST_NULLS` names
//! a file, which a run begins anew; `surface/nulls.rs` reads it afterwards.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, OnceLock};

/// Whether this schema takes null.
fn is_nullable(schema: &Value) -> bool {
    let has_null = |kind: &Value| kind == "null" || kind.as_array().is_some_and(|all| all.iter().any(|k| k == "null"));
    let parts = ["oneOf", "anyOf"].into_iter().filter_map(|word| schema[word].as_array()).flatten();
    has_null(&schema["type"]) || parts.into_iter().any(|part| has_null(&part["type"]))
}

/// Visits every member that may be null of what this schema describes: with a value only where it has one, without every one that there is.
pub fn visit(document: &Value, schema: &Value, at: &str, value: Option<&Value>, seen: &mut dyn FnMut(String, bool)) {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap();
        // Without a value a schema that holds itself would have no end.
        if value.is_none() && at.split(' ').any(|within| within == name) {
            return;
        }
        let at = if value.is_none() { format!("{at} {name}") } else { name.to_owned() };
        return visit(document, document.pointer(target.trim_start_matches('#')).unwrap(), &at, value, seen);
    }
    let parts = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|word| schema[word].as_array()).flatten();
    for part in parts {
        visit(document, part, at, value, seen);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let own = match value {
            Some(value) => match value.get(name) {
                Some(own) => Some(own),
                None => continue,
            },
            None => None,
        };
        if is_nullable(member) {
            let place = format!("{}.{name}", at.rsplit(' ').next().unwrap());
            seen(place, own.is_some_and(Value::is_null));
        }
        visit(document, member, at, own, seen);
    }
    if schema["items"].is_object() {
        match value {
            Some(value) => {
                let items = value.as_array().into_iter().flatten();
                items.for_each(|item| visit(document, &schema["items"], at, Some(item), seen));
            }
            None => visit(document, &schema["items"], at, None, seen),
        }
    }
}

/// The file and what stands in it.
type Recorded = (File, BTreeSet<String>);

/// Notes what is null in an answer.
pub fn record(document: &Value, schema: &Value, value: &Value) {
    static FILE: OnceLock<Option<Mutex<Recorded>>> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let path = std::env::var_os("TEST_NULLS")?;
        Some(Mutex::new((File::create(path).unwrap(), BTreeSet::new())))
    });
    let Some(file) = file else { return };
    let mut found = BTreeSet::new();
    visit(document, schema, "", Some(value), &mut |place, is_null| {
        if is_null {
            found.insert(place);
        }
    });
    let mut file = file.lock().unwrap();
    for place in found {
        if file.1.insert(place.clone()) {
            writeln!(file.0, "{place}").unwrap();
        }
    }
}
