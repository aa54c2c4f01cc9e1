//! What the checks of this surface leave out stands in one file, each with its reason: `.ci/exceptions.toml`.

use crate::harness::Answer;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What schemathesis and mypy read.
    #[serde(rename = "tool")]
    _tool: toml::Table,
    /// What the lint of the document reads.
    #[serde(rename = "document")]
    _document: toml::Table,
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
    own_rules: Vec<String>,
    let_pass: Vec<LetPass>,
}

/// Errors that no schema could say. A member that is left out says nothing.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LetPass {
    codes: Vec<String>,
    pointer: Option<String>,
    method: Option<String>,
    operation: Option<String>,
    within: bool,
    without_params: bool,
    whatever_it_says: bool,
    of_the_body: bool,
    of_the_problem: bool,
    reason: String,
}

static FILE: LazyLock<File> =
    LazyLock::new(|| toml::from_str(include_str!("../../../.ci/exceptions.toml")).expect("the exceptions can be read"));

/// The checks that leave something out.
const CHECKS: [&str; 14] = [
    // In .ci/contract/hooks.py.
    "a request reaches the account under test",
    "a parameter is sent in chains of requests",
    // Here.
    "a change asks for If-Match",
    "a POST takes a key",
    "a record can be absent",
    "a write can be tried",
    "an enum has labels",
    "each role asks without a body",
    "the order of refusals is looked at",
    "a move that the table does not list is refused",
    "a trial is refused as its act is",
    "the statements of a read are counted",
    "an example is sent",
    "an example is taken",
];

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
    let own_rules = FILE.beyond_a_schema.own_rules.iter().any(|own| own == pointer);
    FILE.beyond_a_schema.let_pass.iter().any(|passed| {
        passed.codes.iter().any(|code| error["code"] == code.as_str())
            && !(passed.of_the_body || passed.of_the_problem)
            && passed.pointer.as_deref().map_or(!own_rules, |own| own == pointer)
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
    let document = serde_json::to_string(&fitout::api::document(&fitout::api::routes(true))).unwrap();
    let named: BTreeSet<&str> = FILE.exceptions.iter().map(|listed| listed.check.as_str()).collect();
    assert_eq!(named, CHECKS.into_iter().collect());
    for listed in &FILE.exceptions {
        assert!(listed.reason.len() > 10 && !listed.of.is_empty(), "{} {:?}", listed.check, listed.of);
        for one in &listed.of {
            // An operation, a path, a parameter, a word: without what a query or a method adds.
            let name = one.split('?').next().and_then(|one| one.split(' ').next_back()).unwrap();
            assert!(document.contains(name), "{}: there is no {one} any more", listed.check);
            assert!(seen.insert((&listed.check, one)), "{} {one} stands twice", listed.check);
        }
    }
    for passed in &FILE.beyond_a_schema.let_pass {
        assert!(passed.reason.len() > 10 && !passed.codes.is_empty(), "{:?}", passed.codes);
    }
}
