//! The committed document is the one that the code gives, and it is whole.

use super::exceptions;
use fitout::api;
use fitout::http::openapi::references;
use serde_json::Value;
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::to_value(api::document(&api::routes(false))).unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut out = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                out.push((method.clone(), path.clone(), operation.clone()));
            }
        }
    }
    out
}

#[test]
fn the_committed_document_is_the_codes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    let code = format!("{}\n", api::document(&api::routes(false)).to_pretty_json().unwrap());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &code).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == code,
        "openapi/openapi.json is not what the code gives: run `UPDATE_OPENAPI=1 cargo test --test api surface::document` and look at the difference"
    );
}

#[test]
fn every_reference_resolves_and_no_component_dangles() {
    let document = document();
    let used: BTreeSet<String> = references(&document);
    assert!(!used.is_empty());
    for reference in used {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_operation_is_told_in_full() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let at = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{at} has no id")).to_owned();
        assert!(ids.insert(id.clone()), "{at}: {id} is there twice");
        for part in ["summary", "description"] {
            assert!(operation[part].as_str().is_some_and(|t| t.len() > 3), "{at} has no {part}");
        }
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{at}");
        let named: Vec<&str> =
            path.split('/').filter_map(|s| s.strip_prefix('{').and_then(|s| s.strip_suffix('}'))).collect();
        let listed = operation["parameters"].as_array().cloned().unwrap_or_default();
        for name in named {
            assert!(listed.iter().any(|p| p["in"] == "path" && p["name"] == name), "{at}: {name} is not listed");
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            if !status.starts_with('2') {
                continue;
            }
            for (media, content) in answer["content"].as_object().into_iter().flatten() {
                if media == "application/json" {
                    assert!(
                        !content["example"].is_null() || content["examples"].is_object(),
                        "{at} {status} has no example"
                    );
                }
            }
        }
        let body = &operation["requestBody"]["content"]["application/json"];
        if body.is_object() {
            assert!(!body["example"].is_null() || body["examples"].is_object(), "{at} has no example of its body");
        }
        let public = operation["security"].as_array().is_some_and(Vec::is_empty);
        assert!(public || operation["x-required-permission"].is_string(), "{at} says nothing of permission");
        if !public {
            assert!(
                operation["responses"]["401"].is_object() && operation["responses"]["403"].is_object(),
                "{at} leaves 401 or 403 out"
            );
        }
    }
    assert!(ids.len() > 40);
}

/// An example shows what somebody would write; the name of its member told again shows nothing.
#[test]
fn no_example_only_repeats_its_name() {
    fn members<'v>(value: &'v Value, within: bool, found: &mut Vec<(&'v str, &'v str)>) {
        match value {
            Value::Object(all) => {
                for (name, value) in all {
                    if let (true, Some(text)) = (within, value.as_str()) {
                        found.push((name, text));
                    }
                    members(value, within || name == "example" || name == "examples", found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| members(item, within, found)),
            _ => {}
        }
    }
    let (document, mut found) = (document(), Vec::new());
    members(&document, false, &mut found);
    assert!(found.len() > 3_000, "{}", found.len());
    let repeats = |(name, text): &&(&str, &str)| name.replace('_', " ") == text.to_lowercase();
    let repeating: BTreeSet<_> = found.iter().filter(repeats).collect();
    assert!(repeating.is_empty(), "{repeating:?}");
}

/// Members are snake_case, bodies closed, and the tags stand in the order of the work.
#[test]
fn names_bodies_and_tags_are_as_agreed() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let is_snake = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    for (schema, shape) in schemas {
        for name in shape["properties"].as_object().into_iter().flat_map(|all| all.keys()) {
            assert!(is_snake(name), "{schema}.{name}");
        }
    }
    let mut bodies = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) else { continue };
            let closed =
                schemas[name]["additionalProperties"] == false || schemas[name]["unevaluatedProperties"] == false;
            assert!(closed, "{path} takes what {name} does not name");
            bodies += 1;
        }
    }
    assert!(bodies > 140, "{bodies}");
    let work =
        ["Intake", "Assignment", "Bidding", "Installation", "Adjustment", "Acceptance", "Settlement", "Archiving"];
    let tags = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap());
    let stages: Vec<&str> = tags.filter(|tag| work.contains(tag)).collect();
    assert_eq!(stages, work);
}

#[test]
fn no_two_schemas_share_a_name() {
    let clashes = fitout::http::openapi::schema_clashes(&api::routes(true));
    assert!(clashes.is_empty(), "{clashes:?}");
}

#[test]
fn the_sandbox_is_not_in_the_production_document() {
    assert!(!document()["paths"].as_object().unwrap().keys().any(|path| path.contains("sandbox")));
}

#[test]
fn every_kind_of_event_is_a_webhook_and_a_ping_is_the_only_other() {
    let document = document();
    let told: BTreeSet<String> = document["webhooks"].as_object().unwrap().keys().cloned().collect();
    let kinds: BTreeSet<String> = fitout::events::kinds().chain(["webhook.ping".to_owned()]).collect();
    assert_eq!(told, kinds);
}

/// The words of every enum have their labels, a sandbox's too, and no label is left over.
#[test]
fn every_enum_has_its_labels() {
    let document = serde_json::to_value(api::document(&api::routes(true))).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let words = |schema: &Value| -> Option<Vec<String>> {
        let all = schema["enum"].as_array()?;
        Some(all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let mut told: Vec<(String, Vec<String>)> =
        schemas.iter().filter_map(|(name, schema)| Some((name.clone(), words(schema)?))).collect();
    told.retain(|(name, _)| !exceptions::of("an enum has labels").contains(name.as_str()));
    let labelled = fitout::meta::LABELS;
    let kept: Vec<(String, Vec<String>)> = labelled
        .iter()
        .map(|(name, rows)| ((*name).to_owned(), rows.iter().map(|row| row.0.to_owned()).collect()))
        .collect();
    let missing: Vec<_> = told.iter().filter(|row| !kept.contains(row)).collect();
    assert!(missing.is_empty(), "without labels, or with others: {missing:?}");
    let left_over: Vec<_> = kept.iter().filter(|row| !told.contains(row)).collect();
    assert!(left_over.is_empty(), "{left_over:?}");
    for (name, rows) in labelled {
        for (word, en, zh) in *rows {
            assert!(!en.is_empty() && zh.chars().any(|c| c >= '\u{4e00}' || c.is_numeric()), "{name}.{word}");
        }
    }
}
