//! Every answer that a test gets is held against the document: the status, the kind of content, the body by its schema, with no member that it does
//! not name; and against what api.md says of every answer: the request's id, no-store, the version as ETag, the next page as Link.

use super::answer::Answer;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

/// The document, closed: what a schema does not name is not there.
fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = serde_json::to_value(fitout::api::document(&fitout::api::routes(true))).unwrap();
        let schemas = document["components"]["schemas"].as_object_mut().unwrap();
        for schema in schemas.values_mut() {
            close(schema, false);
        }
        document
    })
}

/// Closes an object; the parts of an `allOf` are closed together.
fn close(schema: &mut Value, within: bool) {
    let Some(members) = schema.as_object_mut() else { return };
    let is_object = members.contains_key("properties");
    let is_all = members.contains_key("allOf");
    if (is_object || is_all) && !within && !members.contains_key("additionalProperties") {
        members.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    if let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(|property| close(property, false));
    }
    if let Some(items) = members.get_mut("items") {
        close(items, false);
    }
    for part in members.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        close(part, true);
    }
}

/// Components that are a part of an `allOf` cannot be closed by themselves.
fn parts(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut visit = vec![document];
    while let Some(value) = visit.pop() {
        match value {
            Value::Object(members) => {
                let all = members.get("allOf").and_then(Value::as_array).into_iter().flatten();
                found.extend(all.filter_map(|part| part["$ref"].as_str()).map(str::to_owned));
                visit.extend(members.values());
            }
            Value::Array(items) => visit.extend(items),
            _ => {}
        }
    }
    found
}

/// The operation that answers at this path: its template and its part of the document.
fn operation(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let wanted: Vec<&str> = template.split('/').collect();
        wanted.len() == parts.len() && wanted.iter().zip(&parts).all(|(w, p)| w.starts_with('{') || w == p)
    };
    let paths = document()["paths"].as_object().unwrap();
    // A literal segment wins over a parameter, as in the router.
    let best =
        paths.iter().filter(|(template, _)| fits(template)).min_by_key(|(template, _)| template.matches('{').count());
    best.map(|(template, item)| (template.as_str(), &item[method.to_lowercase()]))
}

/// Whether what answers at this path can be tried first.
pub fn has_trial(method: &str, path: &str) -> bool {
    let parameters = operation(method, path).and_then(|(_, operation)| operation["parameters"].as_array());
    parameters.into_iter().flatten().any(|parameter| parameter["name"] == "dry_run")
}

thread_local! {
    /// Whether the next answer may be a fault, which is documented nowhere.
    static FAULT: Cell<bool> = const { Cell::new(false) };
}

/// The next fault was asked for: whoever asks looks at it themselves.
pub fn expect_fault() {
    FAULT.set(true);
}

/// Fails unless the document says that this operation can answer with this status and this body.
#[track_caller]
pub fn check(answer: &Answer) {
    let place = format!("{} {} {}", answer.method, answer.path, answer.status);
    assert!(!answer.header("x-request-id").is_empty(), "{place} has no X-Request-Id");
    let path = answer.path.split('?').next().unwrap();
    assert!(answer.status != 500 || FAULT.take(), "{place}: {}", answer.text());
    if !path.starts_with("/v1/") || answer.status == 500 {
        return;
    }
    conventions(answer, &place);
    // `HEAD` answers as `GET` does, without the body.
    let (head, method) = if answer.method == "HEAD" { (true, "GET") } else { (false, answer.method.as_str()) };
    let Some((template, operation)) = operation(method, path) else {
        assert!(answer.status == 404, "{path} is not in the document");
        return;
    };
    let place = format!("{} {template} {}", answer.method, answer.status);
    if operation.is_null() {
        assert_eq!(answer.status, 405, "{place} is not in the document");
        return;
    }
    let response = &operation["responses"][answer.status.to_string()];
    assert!(!response.is_null(), "{place}: the status is not in the document");
    let response = match response["$ref"].as_str() {
        Some(target) => document().pointer(target.trim_start_matches('#')).unwrap(),
        None => response,
    };
    let kind = answer.header("content-type").split(';').next().unwrap();
    if head {
        return assert!(answer.bytes.is_empty(), "{place} has a body");
    }
    if kind.is_empty() {
        let empty = answer.bytes.is_empty() && response["content"].is_null();
        assert!(empty, "{place}: the document promises a body");
        return;
    }
    let content = response["content"].get(kind).or_else(|| response["content"].get("application/octet-stream"));
    let Some(content) = content else { panic!("{place}: {kind} is not in the document") };
    if kind.ends_with("json") && !kind.ends_with("ndjson") {
        with_validator(&content["schema"], |validator| {
            let faults = validator.iter_errors(&answer.body).map(|e| format!("{} at {}", e, e.instance_path()));
            let faults: Vec<String> = faults.take(5).collect();
            assert!(faults.is_empty(), "{place} is not as documented: {faults:#?}\n{}", answer.text());
        });
        super::nulls::record(document(), &content["schema"], &answer.body);
    }
}

/// What api.md says of every answer below `/v1`.
#[track_caller]
fn conventions(answer: &Answer, place: &str) {
    let json = answer.header("content-type").ends_with("json");
    if json {
        assert_eq!(answer.header("cache-control"), "no-store", "{place}");
    }
    if answer.header("content-type") == "application/problem+json" {
        assert_eq!(answer.body["request_id"], answer.header("x-request-id"), "{place}");
    }
    let etag = answer.header("etag").trim_matches('"');
    if json && !etag.is_empty() {
        assert_eq!(answer.body["version"].as_i64().map(|v| v.to_string()).as_deref(), Some(etag), "{place}");
    }
    if let Some(next) = answer.body.get("next").filter(|_| answer.is_success() && answer.body["data"].is_array()) {
        let link = answer.header("link");
        match next.as_str() {
            Some(cursor) => assert!(link.contains(cursor) && link.ends_with("rel=\"next\""), "{place}: {link}"),
            None => assert_eq!(link, "", "{place}"),
        }
    }
}

fn with_validator(schema: &Value, check: impl FnOnce(&Validator)) {
    static KNOWN: OnceLock<Mutex<BTreeMap<String, &'static Validator>>> = OnceLock::new();
    let key = schema.to_string();
    let known = KNOWN.get_or_init(Mutex::default);
    let found = known.lock().unwrap().get(&key).copied();
    let validator = found.unwrap_or_else(|| {
        let made: &'static Validator = Box::leak(Box::new(compiled(schema)));
        known.lock().unwrap().insert(key, made);
        made
    });
    check(validator);
}

fn compiled(schema: &Value) -> Validator {
    static OPEN: OnceLock<Value> = OnceLock::new();
    let components = OPEN.get_or_init(|| {
        let mut components = document()["components"].clone();
        for part in parts(document()) {
            let pointer = part.trim_start_matches("#/components").to_owned();
            if let Some(schema) = components.pointer_mut(&pointer).and_then(Value::as_object_mut) {
                schema.remove("unevaluatedProperties");
            }
        }
        components
    });
    let mut whole = schema.clone();
    whole["components"] = components.clone();
    jsonschema::options().should_validate_formats(true).build(&whole).unwrap_or_else(|e| panic!("{schema}: {e}"))
}
