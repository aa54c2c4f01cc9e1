//! What the document calls nullable is null in some answer of the whole suite.

use crate::harness::nulls::visit;
use fitout::api;
use std::collections::BTreeSet;

#[test]
#[ignore = "reads what the whole suite has recorded before: TEST_NULLS=<file> cargo test --test api, then this with the same file"]
fn what_may_be_null_was() {
    let file = std::env::var("TEST_NULLS").expect("TEST_NULLS names the file of the run before");
    let seen = std::fs::read_to_string(file).unwrap();
    let seen: BTreeSet<&str> = seen.lines().collect();
    let document = serde_json::to_value(api::document(&api::routes(true))).unwrap();
    let mut all = BTreeSet::new();
    for operation in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
    {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let schema = &answer["content"]["application/json"]["schema"];
            if status.starts_with('2') && schema.is_object() {
                visit(&document, schema, "", None, &mut |place, _| {
                    all.insert(place);
                });
            }
        }
    }
    let never: Vec<&String> = all.iter().filter(|place| !seen.contains(place.as_str())).collect();
    assert!(
        all.len() > 400 && never.is_empty(),
        "of {} members that may be null these never were: {never:?}",
        all.len()
    );
}
