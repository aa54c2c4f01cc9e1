//! Canonical JSON (RFC 8785). The library that writes it collects and sorts the members of every object; what an event holds is sorted already and needs
//! only its numbers written as ECMAScript does.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};
use std::io::{Result, Write};

/// The integers that a double holds exactly; RFC 8785 writes others as the double nearest to them.
const EXACT: u64 = 1 << 53;

/// The canonical JSON of a value.
pub fn canonical(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json_canonicalizer::to_string(value)
}

/// As [`canonical`], of data whose objects are sorted by nature.
pub fn canonical_data(data: &Value) -> serde_json::Result<String> {
    if !is_plain(data) {
        return canonical(data);
    }
    let mut text = Vec::with_capacity(1024);
    data.serialize(&mut Serializer::with_formatter(&mut text, Numbers))?;
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

/// Whether the order of its names is the canonical one, by UTF-16 (as by bytes for ASCII alone), and its integers are exact.
fn is_plain(data: &Value) -> bool {
    match data {
        Value::Object(members) => members.iter().all(|(name, value)| name.is_ascii() && is_plain(value)),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Number(number) => {
            let integer = number.as_i64().map(i64::unsigned_abs).or_else(|| number.as_u64());
            integer.is_none_or(|integer| integer <= EXACT)
        }
        _ => true,
    }
}

/// Numbers as ECMAScript writes them; the rest of JSON without blanks is canonical.
struct Numbers;

impl Formatter for Numbers {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> Result<()> {
        // Data of JSON are finite.
        writer.write_all(ryu_js::Buffer::new().format_finite(value).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn data() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1_000_000_i64..1_000_000).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (-1_000_000_i32..1_000_000).prop_map(|cents| Value::from(f64::from(cents) / 100.0)),
            any::<String>().prop_map(Value::from),
            "[\\x00-\\x7f]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(prop_oneof!["[a-z_]{1,8}", any::<String>()], inner, 0..6)
                    .prop_map(|members| members.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn both_ways_write_the_same(data in data()) {
            prop_assert_eq!(canonical_data(&data)?, canonical(&data)?);
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_library() {
        let exact =
            json!({"a": 1_000_000_000_000_000_i64, "b": [386.0, -0.0, 1e21, null], "c": "\u{1f600}\u{7f}\n\u{1}"});
        assert!(is_plain(&exact));
        let written = canonical_data(&exact);
        let expected = "{\"a\":1000000000000000,\"b\":[386,0,1e+21,null],\"c\":\"\u{1f600}\u{7f}\\n\\u0001\"}";
        assert_eq!(written.ok().as_deref(), Some(expected));
        assert!(!is_plain(&json!({"\u{e9}": 1})) && !is_plain(&json!([i64::MAX])) && !is_plain(&json!([u64::MAX])));
    }
}
