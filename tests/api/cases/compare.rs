//! Comparing what a story expects with what the service says: only what is named is compared.

use serde_json::Value;

/// Compares and answers how many figures were compared.
#[track_caller]
pub fn compare(at: &str, expected: &Value, actual: &Value) -> usize {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(got)) => wanted
            .iter()
            .map(|(name, value)| {
                compare(
                    &format!("{at}.{name}"),
                    value,
                    got.get(name).unwrap_or_else(|| panic!("{at}: nothing is said of {name} in {actual}")),
                )
            })
            .sum(),
        (Value::Array(wanted), Value::Array(got)) if wanted.iter().all(|w| w.get("kind").is_some()) => wanted
            .iter()
            .map(|w| {
                let kind = &w["kind"];
                let found =
                    got.iter().find(|g| g["kind"] == *kind).unwrap_or_else(|| panic!("{at}: no {kind} in {actual}"));
                compare(&format!("{at}[{kind}]"), w, found)
            })
            .sum(),
        _ => {
            assert_eq!(actual, expected, "{at}");
            1
        }
    }
}
