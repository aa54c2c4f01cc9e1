//! The columns of a CSV: what the document says that a row has.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The properties of a type: these first, the rest by name.
pub fn columns<T: ToSchema>(first: &[&str]) -> Vec<String> {
    let json = |schema| serde_json::to_value(schema).unwrap_or_default();
    let mut others = Vec::new();
    T::schemas(&mut others);
    let others: BTreeMap<String, Value> = others.into_iter().map(|(name, schema)| (name, json(schema))).collect();
    let mut names = Vec::new();
    gather(&json(T::schema()), &others, &mut names);
    names.sort();
    names.dedup();
    let (mut ordered, rest): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| first.contains(&name.as_str()));
    ordered.sort_by_key(|name| first.iter().position(|f| f == name));
    ordered.extend(rest);
    ordered
}

fn gather(schema: &Value, others: &BTreeMap<String, Value>, names: &mut Vec<String>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    names.extend(properties.into_iter().flat_map(Map::keys).cloned());
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        gather(part, others, names);
    }
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
    if let Some(other) = target.and_then(|name| others.get(name)) {
        gather(other, others, names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Client;
    use crate::receivables::ReceivableView;

    #[test]
    fn all_properties_are_columns_those_of_parts_too() {
        let names = columns::<Client>(&["number", "name"]);
        assert_eq!(names.iter().take(3).map(String::as_str).collect::<Vec<_>>(), ["number", "name", "contacted_at"]);
        let names = columns::<ReceivableView>(&["kind"]);
        for name in ["kind", "amount", "outstanding_amount", "due_on", "project_id"] {
            assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
        }
        assert_eq!(names.iter().filter(|name| *name == "id").count(), 1);
    }
}
