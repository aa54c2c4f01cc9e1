//! What the checks of this surface leave out stands in one file, each with its reason: `.ci/exceptions.toml`.

use crate::harness::Answer;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct File {
    exceptions: Vec<Exception>,
    beyond_a_schema: Beyond,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    check: String,
    of: Vec<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beyond {
    of_one_field: Vec<String>,
    let_pass: Vec<LetPass>,
}

/// Errors that no schema could say; an empty member says nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct LetPass {
    codes: Vec<String>,
    pointer: Option<String>,
    method: Option<String>,
    operation: Option<String>,
    within: bool,
    without_params: bool,
    whatever_it_says: bool,
    reason: String,
}

static FILE: LazyLock<File> =
    LazyLock::new(|| toml::from_str(include_str!("../../../.ci/exceptions.toml")).expect("the exceptions can be read"));

/// What this check leaves out.
pub fn of(check: &str) -> BTreeSet<&'static str> {
    let listed = FILE.exceptions.iter().filter(|listed| listed.check == check);
    let all: BTreeSet<&str> = listed.flat_map(|listed| listed.of.iter().map(String::as_str)).collect();
    assert!(!all.is_empty(), "no exception of {check} is listed");
    all
}

/// Whether every error of this refusal depends on what is stored or on two fields together.
pub fn are_beyond_a_schema(method: &str, operation: &str, answer: &Answer) -> bool {
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    !errors.is_empty() && errors.iter().all(|error| is_let_pass(method, operation, error))
}

fn is_let_pass(method: &str, operation: &str, error: &Value) -> bool {
    let (pointer, message) = (error["pointer"].as_str().unwrap(), error["message"].as_str().unwrap());
    let of_one_field = FILE.beyond_a_schema.of_one_field.iter().any(|start| message.starts_with(start));
    let no_params = error["params"].as_object().is_none_or(serde_json::Map::is_empty);
    let is = |asked: &Option<String>, given: &str| asked.as_deref().is_none_or(|asked| asked == given);
    FILE.beyond_a_schema.let_pass.iter().any(|passed| {
        passed.codes.iter().any(|code| error["code"] == code.as_str())
            && is(&passed.pointer, pointer)
            && is(&passed.method, &method.to_uppercase())
            && is(&passed.operation, operation)
            && (!passed.within || pointer.matches('/').count() > 1)
            && (!passed.without_params || no_params)
            && (passed.whatever_it_says || !of_one_field)
    })
}

#[test]
fn every_exception_has_its_reason_and_stands_once() {
    let mut seen = BTreeSet::new();
    for listed in &FILE.exceptions {
        assert!(listed.reason.len() > 10 && !listed.of.is_empty(), "{} {:?}", listed.check, listed.of);
        for one in &listed.of {
            assert!(seen.insert((&listed.check, one)), "{} {one} stands twice", listed.check);
        }
    }
    for passed in &FILE.beyond_a_schema.let_pass {
        assert!(passed.reason.len() > 10 && !passed.codes.is_empty(), "{:?}", passed.codes);
    }
}
