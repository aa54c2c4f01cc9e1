//! From what serde and validator complain about to `errors[]` with JSON Pointers.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use serde_path_to_error::Segment;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::payload::escape;
use super::problem::{FieldError, Problem, Said};

/// Reads a value into its type and validates it; every fault has a pointer.
pub(super) fn typed<T: DeserializeOwned + Validate>(value: Value) -> Result<T, Problem> {
    let typed: T = serde_path_to_error::deserialize(value).map_err(|cause| {
        let pointer = pointer_of(cause.path());
        Problem::invalid(vec![misfit(pointer, &cause.into_inner().to_string())])
    })?;
    validated(&typed, "/").map(|()| typed)
}

/// Runs the validators; `root` is what stands before a top-level name (`/`, or `?` in a query).
pub(super) fn validated<T: Validate>(value: &T, root: &str) -> Result<(), Problem> {
    value.validate().map_err(|faults| {
        let mut errors = Vec::new();
        collect(&faults, "", root, &mut errors);
        errors.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        Problem::invalid(errors)
    })
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape(key))),
            // A variant's name is no member of the JSON that we accept (tags are inside).
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// What serde says, without the refused value that it quotes.
pub(super) fn misfit(pointer: String, message: &str) -> FieldError {
    let quoted = || message.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let expected = message.split_once("expected ").map(|(_, rest)| rest.trim());
    let child = |name: &str| {
        let suffix = format!("/{}", escape(name));
        if pointer.ends_with(&suffix) { pointer.clone() } else { format!("{pointer}{suffix}") }
    };
    let names = quoted();
    let first = names.first().cloned().unwrap_or_default();
    if message.starts_with("missing field") {
        let place = format!("{pointer}/{}", escape(&first));
        return FieldError::new(place, "missing", "This field is required.", "此字段为必填项。");
    }
    if message.starts_with("unknown field") {
        let known: Vec<_> = names.iter().skip(1).collect();
        let nearest = nearest(&first, known.iter().map(|name| name.as_str()));
        return match nearest {
            Some(near) => FieldError::new(
                child(&first),
                "unknown_field",
                format!("There is no such field; did you mean {near}?"),
                format!("没有此字段；您是否想用 {near}？"),
            ),
            None => FieldError::new(child(&first), "unknown_field", "There is no such field.", "没有此字段。"),
        }
        .with_params(json!({ "known": known }));
    }
    if message.starts_with("duplicate field") {
        return FieldError::new(child(&first), "duplicate", "Given twice.", "重复出现。");
    }
    if message.starts_with("unknown variant") {
        let allowed: Vec<_> = names.iter().skip(1).collect();
        let list = allowed.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        return FieldError::new(
            pointer,
            "invalid",
            format!("Must be one of: {list}."),
            format!("必须是以下之一：{list}。"),
        )
        .with_params(json!({ "allowed": allowed }));
    }
    match expected {
        Some(kind) if message.starts_with("invalid type") => FieldError::new(
            pointer,
            "type",
            format!("Has the wrong type; expected {}.", plain_kind(kind).0),
            format!("类型不正确；应为{}。", plain_kind(kind).1),
        ),
        Some(kind) if message.starts_with("invalid") => FieldError::new(
            pointer,
            "invalid",
            format!("Is not valid; expected {}.", plain_kind(kind).0),
            format!("内容无效；应为{}。", plain_kind(kind).1),
        ),
        _ => FieldError::new(pointer, "invalid", format!("Is not valid: {message}."), format!("内容无效：{message}。")),
    }
}

/// What serde expects, in words that are not Rust's.
fn plain_kind(kind: &str) -> (&str, &str) {
    match kind {
        "i8" | "i16" | "i32" | "i64" | "isize" => ("a whole number", "整数"),
        "u8" | "u16" | "u32" | "u64" | "usize" => ("a whole number, not negative", "非负整数"),
        "f32" | "f64" => ("a number", "数字"),
        "a string" | "string" => ("a string", "字符串"),
        "a boolean" => ("true or false", "true 或 false"),
        "a sequence" | "a tuple" => ("an array", "数组"),
        "a map" => ("an object", "对象"),
        _ if kind.starts_with("struct ") || kind.contains("enum ") => ("an object", "对象"),
        _ if kind.to_ascii_lowercase().contains("uuid") => ("a UUID", " UUID"),
        _ => (kind, kind),
    }
}

/// The known name nearest to a mistyped one, if any is near.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + name.len().max(candidate.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn collect(faults: &ValidationErrors, at: &str, root: &str, errors: &mut Vec<FieldError>) {
    for (field, kind) in faults.errors() {
        let field = field.strip_prefix("r#").unwrap_or(field);
        let place = match field {
            // A rule about the whole object.
            "__all__" => at.to_owned(),
            _ if at.is_empty() => format!("{root}{}", escape(field)),
            _ => format!("{at}/{}", escape(field)),
        };
        match kind {
            ValidationErrorsKind::Field(list) => {
                errors.extend(list.iter().map(|fault| broken_rule(&place, fault)));
            }
            ValidationErrorsKind::Struct(inner) => collect(inner, &place, root, errors),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{place}/{index}"), root, errors);
                }
            }
        }
    }
}

fn broken_rule(pointer: &str, fault: &ValidationError) -> FieldError {
    // `value` is the refused value, which may be a password; `other` the field it must equal.
    let params: Map<String, Value> = fault
        .params
        .iter()
        .filter(|(name, _)| !matches!(name.as_ref(), "value" | "other"))
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect();
    let message = match &fault.message {
        // A rule may say it in both languages: "English | 中文".
        Some(text) => match text.split_once(" | ") {
            Some((en, zh)) => Said::new(en, zh),
            None => Said::new(text.as_ref(), text.as_ref()),
        },
        None => rule_in_words(&fault.code, &params),
    };
    FieldError { pointer: pointer.to_owned(), code: fault.code.to_string(), message, params: Value::Object(params) }
}

fn rule_in_words(code: &str, params: &Map<String, Value>) -> Said {
    let limit = |name: &str| params.get(name).map(plain_number);
    match code {
        "length" => match (limit("equal"), limit("min"), limit("max")) {
            (Some(n), _, _) => Said::new(format!("Must have a length of {n}."), format!("长度必须为 {n}。")),
            (_, Some(min), Some(max)) => {
                Said::new(format!("Must have a length from {min} to {max}."), format!("长度必须为 {min} 至 {max}。"))
            }
            (_, Some(min), None) => {
                Said::new(format!("Must have a length of at least {min}."), format!("长度不得小于 {min}。"))
            }
            (_, None, Some(max)) => {
                Said::new(format!("Must have a length of at most {max}."), format!("长度不得大于 {max}。"))
            }
            _ => Said::new("Has the wrong length.", "长度不正确。"),
        },
        "range" => match (limit("min"), limit("max")) {
            (Some(min), Some(max)) => {
                Said::new(format!("Must be from {min} to {max}."), format!("必须在 {min} 至 {max} 之间。"))
            }
            (Some(min), None) => Said::new(format!("Must be at least {min}."), format!("不得小于 {min}。")),
            (None, Some(max)) => Said::new(format!("Must be at most {max}."), format!("不得大于 {max}。")),
            (None, None) => Said::new("Is out of range.", "超出范围。"),
        },
        "email" => Said::new("Is not an e-mail address.", "不是有效的电子邮件地址。"),
        "url" => Said::new("Is not a URL.", "不是有效的网址。"),
        "required" => Said::new("This field is required.", "此字段为必填项。"),
        "regex" => Said::new("Does not have the required form.", "格式不正确。"),
        "must_match" => Said::new("Does not match the other field.", "与另一字段不一致。"),
        other => Said::new(format!("Breaks the rule {}.", other.replace('_', " ")), format!("不符合规则 {other}。")),
    }
}

/// validator keeps whole limits as floats at times; `1.0` reads better as `1`.
fn plain_number(value: &Value) -> String {
    let text = value.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
