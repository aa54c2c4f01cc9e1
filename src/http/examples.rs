//! Realistic examples composed from schemas: what a schema says itself, else its format, its name.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The components by name, as JSON.
pub(super) type Components = BTreeMap<String, Value>;

/// An example of a schema.
pub(super) fn compose(schema: &Value, components: &Components) -> Value {
    Composer { components, sendable: false }.example(schema, "", &mut Vec::new())
}

/// An example of a body that can be sent as it stands: what may be left out and names another record by its id is left out, since no record has
/// the id of an example.
pub(super) fn compose_request(schema: &Value, components: &Components) -> Value {
    Composer { components, sendable: true }.example(schema, "", &mut Vec::new())
}

struct Composer<'a> {
    components: &'a Components,
    sendable: bool,
}

impl Composer<'_> {
    fn example(&self, schema: &Value, name: &str, path: &mut Vec<String>) -> Value {
        if let Some(own) = own_example(schema) {
            return own;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            return self.referred(target, name, path);
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.merged(parts, name, path);
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(options) = schema.get(choice).and_then(Value::as_array) {
                let real = options.iter().find(|option| kind(option) != "null");
                let value = real.map_or(Value::Null, |option| self.example(option, name, path));
                // Members common to all alternatives stand beside them.
                return match (value, schema.get("properties")) {
                    (Value::Object(mut members), Some(_)) => {
                        if let Value::Object(common) = self.object(schema, path) {
                            members.extend(common);
                        }
                        Value::Object(members)
                    }
                    (value, _) => value,
                };
            }
        }
        match kind(schema) {
            "object" => self.object(schema, path),
            "array" => self.array(schema, name, path),
            "string" => text(schema, name),
            "integer" => number(schema, whole(name)),
            "number" => number(schema, json!(0.5)),
            "boolean" => Value::Bool(true),
            "null" => Value::Null,
            _ if schema.get("properties").is_some() => self.object(schema, path),
            _ => json!({}),
        }
    }

    fn referred(&self, target: &str, name: &str, path: &mut Vec<String>) -> Value {
        let component = target.rsplit('/').next().unwrap_or(target).to_owned();
        let Some(schema) = self.components.get(&component) else {
            return Value::Null;
        };
        // A type that holds itself ends here.
        if path.contains(&component) {
            return if kind(schema) == "array" { json!([]) } else { Value::Null };
        }
        path.push(component);
        let value = self.example(schema, name, path);
        path.pop();
        value
    }

    fn merged(&self, parts: &[Value], name: &str, path: &mut Vec<String>) -> Value {
        let mut all = Map::new();
        for part in parts {
            match self.example(part, name, path) {
                Value::Object(members) => all.extend(members),
                other if parts.len() == 1 => return other,
                _ => {}
            }
        }
        Value::Object(all)
    }

    fn object(&self, schema: &Value, path: &mut Vec<String>) -> Value {
        let mut members = Map::new();
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let required = schema
                    .get("required")
                    .and_then(Value::as_array)
                    .is_some_and(|list| list.iter().any(|entry| entry == name));
                if self.sendable && !required && own_example(property).is_none() && self.names_a_record(property) {
                    continue;
                }
                let value = self.example(property, name, path);
                // An optional member that could only be null here (a type within itself) is left out.
                if required || !value.is_null() || own_example(property).is_some() {
                    members.insert(name.clone(), value);
                }
            }
        } else if let Some(values) = schema.get("additionalProperties").filter(|v| v.is_object()) {
            let key = schema.get("propertyNames").map_or(json!("key"), |names| self.example(names, "code", path));
            let key = key.as_str().unwrap_or("key").to_owned();
            let value = self.example(values, &key, path);
            members.insert(key, value);
        }
        Value::Object(members)
    }

    /// Whether a value is the id of something, or a list of ids.
    fn names_a_record(&self, schema: &Value) -> bool {
        let within = |name: &str| schema.get(name).and_then(Value::as_array).into_iter().flatten();
        let referred = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
        schema.get("format").is_some_and(|format| format == "uuid")
            || schema.get("items").is_some_and(|items| self.names_a_record(items))
            || referred.and_then(|name| self.components.get(name)).is_some_and(|schema| self.names_a_record(schema))
            || within("oneOf").chain(within("anyOf")).any(|option| self.names_a_record(option))
    }

    fn array(&self, schema: &Value, name: &str, path: &mut Vec<String>) -> Value {
        if let Some(items) = schema.get("prefixItems").and_then(Value::as_array) {
            return items.iter().map(|item| self.example(item, name, path)).collect();
        }
        let singular = name.strip_suffix('s').unwrap_or(name);
        match schema.get("items") {
            Some(items) if items.is_object() => match self.example(items, singular, path) {
                Value::Null if kind(items) != "null" => json!([]),
                item => json!([item]),
            },
            _ => json!([]),
        }
    }
}

/// `example`, `examples`, `default`, `const` or the first of `enum`.
fn own_example(schema: &Value) -> Option<Value> {
    let first = |name: &str| schema.get(name).and_then(Value::as_array).and_then(|v| v.first());
    schema
        .get("example")
        .or_else(|| first("examples"))
        .or_else(|| schema.get("const"))
        .or_else(|| schema.get("default").filter(|value| !value.is_null()))
        .or_else(|| first("enum"))
        .cloned()
}

/// The type of a schema; of several the first that is not null.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ => "",
    }
}

fn whole(name: &str) -> Value {
    match name {
        _ if name.contains("amount") || name.contains("balance") => json!(1_250_000),
        _ if name.ends_with("bytes") || name == "size" => json!(48_213),
        _ if name.contains("percent") => json!(30),
        _ if name.ends_with("days") => json!(14),
        _ if name == "year" => json!(2026),
        _ => json!(1),
    }
}

fn number(schema: &Value, wanted: Value) -> Value {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    let value = wanted.as_f64().unwrap_or_default();
    if limit("minimum").is_some_and(|minimum| value < minimum) {
        return schema.get("minimum").cloned().unwrap_or(wanted);
    }
    if limit("maximum").is_some_and(|maximum| value > maximum) {
        return schema.get("maximum").cloned().unwrap_or(wanted);
    }
    wanted
}

fn text(schema: &Value, name: &str) -> Value {
    let by_format = match schema.get("format").and_then(Value::as_str) {
        Some("uuid") => Some("0193e6a0-5c1e-7d2b-9f3a-8b7c6d5e4f30"),
        Some("date") => Some("2026-11-21"),
        Some("date-time") => Some("2026-11-21T08:30:00Z"),
        Some("time") => Some("08:30:00"),
        Some("email") => Some("lin.wei@example.com"),
        Some("uri" | "url") => Some("https://example.com/hooks/fitout"),
        Some("password") => Some("correct horse battery staple"),
        Some("binary") => Some("(bytes)"),
        Some("byte") => Some("Zml0b3V0"),
        _ => None,
    };
    let text = by_format.map(str::to_owned).unwrap_or_else(|| by_name(name));
    fitted(schema, text)
}

fn by_name(name: &str) -> String {
    let known = match name {
        "currency" => "CNY",
        "number" | "ref" | "reference" => "P-2026-0042",
        "name" | "title" | "subject" => "Harbour Hotel, mock-up rooms",
        "city" => "Shanghai",
        "address" => "18 Harbour Road, Shanghai",
        "sha256" => "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "token" | "secret" => "q3Yx0mT7dW2vB8nK5rL1sC9zF4hJ6pGa",
        "type" | "kind" | "code" | "action" => "handover",
        "media_type" | "content_type" => "application/pdf",
        _ if name.contains("email") => "lin.wei@example.com",
        _ if name.contains("phone") => "+86 21 5555 0142",
        _ if name.ends_with("file_name") || name == "filename" => "site-survey.pdf",
        _ if name.contains("url") => "https://example.com/hooks/fitout",
        _ if name.ends_with("_at") => "2026-11-21T08:30:00Z",
        _ if name.ends_with("_on") || name.ends_with("date") => "2026-11-21",
        _ if name.ends_with("_by") || name.contains("person") || name.contains("contact") => "Lin Wei",
        "reason" => "The client asked for it.",
        "void_reason" => "Recorded twice",
        "note" | "remark" | "comment" | "description" | "text" | "content" | "body" => {
            "Marble in the lobby as sampled on 12 November."
        }
        "" => "Text",
        _ => return sentence(name),
    };
    known.to_owned()
}

/// `site_condition` → `Site condition`.
fn sentence(name: &str) -> String {
    let plain = name.replace('_', " ");
    let mut letters = plain.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "Text".to_owned(),
    }
}

/// The text cut or padded to the lengths of the schema.
fn fitted(schema: &Value, mut text: String) -> Value {
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    if let Some(max) = limit("maxLength") {
        text = text.chars().take(max).collect();
    }
    if let Some(min) = limit("minLength") {
        while text.chars().count() < min {
            text.push('x');
        }
    }
    Value::String(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_follow_the_schema() {
        let components = Components::from([(
            "Node".to_owned(),
            json!({"type": "object", "required": ["id", "children"], "properties": {
                "id": {"type": "string", "format": "uuid"},
                "note": {"type": ["string", "null"]},
                "kind": {"type": "string", "enum": ["a", "b"]},
                "paid_amount": {"type": "integer", "maximum": 5},
                "parent": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Node"}]},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            }}),
        )]);
        let example = compose(&json!({"$ref": "#/components/schemas/Node"}), &components);
        assert_eq!(
            example,
            json!({
                "id": "0193e6a0-5c1e-7d2b-9f3a-8b7c6d5e4f30",
                "note": "Marble in the lobby as sampled on 12 November.",
                "kind": "a",
                "paid_amount": 5,
                "children": [],
            })
        );
    }
}
