//! From what serde and validator complain about to `errors[]` with JSON Pointers.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use serde_path_to_error::Segment;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::payload::escape;
use super::problem::{FieldError, Problem, Said};

/// Reads a value into its type and validates it; every fault has a pointer.
pub fn typed<T: DeserializeOwned + Validate>(value: Value) -> Result<T, Problem> {
    let typed: T = parsed(value)?;
    validated(&typed, "/").map(|()| typed)
}

/// Reads a value into its type.
pub(super) fn parsed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(misfits)
}

fn misfits(cause: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let pointer = pointer_of(cause.path());
    Problem::invalid(vec![misfit(pointer, &cause.into_inner().to_string())])
}

/// A broken rule in both languages, for a validator of one's own.
pub fn broken(code: &'static str, en: &str, zh: &str) -> ValidationError {
    ValidationError::new(code).with_message(format!("{en}{BETWEEN}{zh}").into())
}

/// Stands between the English and the Chinese of a rule's message.
const BETWEEN: &str = " | ";

/// Runs the validators; `root` is what stands before a top-level name (`/`, or `?` in a query).
pub(super) fn validated<T: Validate>(value: &T, root: &str) -> Result<(), Problem> {
    value.validate().map_err(|faults| broken_rules(&faults, root))
}

fn broken_rules(faults: &ValidationErrors, root: &str) -> Problem {
    let mut errors = Vec::new();
    collect(faults, "", root, &mut errors);
    errors.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    Problem::invalid(errors)
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
        return FieldError::new(place, "missing", "This field is required.", "此字段為必填項。");
    }
    if message.starts_with("unknown field") {
        let known: Vec<_> = names.iter().skip(1).collect();
        let nearest = nearest(&first, known.iter().map(|name| name.as_str()));
        return match nearest {
            Some(near) => FieldError::new(
                child(&first),
                "unknown_field",
                format!("There is no such field; did you mean {near}?"),
                format!("沒有此字段；您是否想用 {near}？"),
            ),
            None => FieldError::new(child(&first), "unknown_field", "There is no such field.", "沒有此字段。"),
        }
        .with_params(json!({ "known": known }));
    }
    if message.starts_with("duplicate field") {
        return FieldError::new(child(&first), "duplicate", "Given twice.", "重複出現。");
    }
    if message.starts_with("unknown variant") {
        let allowed: Vec<_> = names.iter().skip(1).collect();
        let list = allowed.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        return FieldError::new(
            pointer,
            "invalid",
            format!("Must be one of: {list}."),
            format!("必須是以下之一：{list}。"),
        )
        .with_params(json!({ "allowed": allowed }));
    }
    match expected {
        Some(kind) if message.starts_with("invalid type") => FieldError::new(
            pointer,
            "type",
            format!("Has the wrong type; expected {}.", plain_kind(kind).0),
            format!("類型不正確；應為{}。", plain_kind(kind).1),
        ),
        Some(kind) if message.starts_with("invalid") => FieldError::new(
            pointer,
            "invalid",
            format!("Is not valid; expected {}.", plain_kind(kind).0),
            format!("內容無效；應為{}。", plain_kind(kind).1),
        ),
        _ if message.starts_with("UUID parsing failed") => {
            FieldError::new(pointer, "invalid", "Must be the UUID of the record, its `id`.", "須為記錄的 id（UUID）。")
        }
        _ if message.starts_with("provided string was not `true`") => {
            FieldError::new(pointer, "invalid", "Must be true or false.", "只能是 true 或 false。")
        }
        _ => FieldError::new(pointer, "invalid", format!("Is not valid: {message}."), format!("內容無效：{message}。")),
    }
}

/// What serde expects, in words that are not Rust's.
fn plain_kind(kind: &str) -> (&str, &str) {
    match kind {
        "i8" | "i16" | "i32" | "i64" | "isize" => ("a whole number", "整數"),
        "u8" | "u16" | "u32" | "u64" | "usize" => ("a whole number, not negative", "非負整數"),
        "f32" | "f64" => ("a number", "數字"),
        "a string" | "string" => ("a string", "字符串"),
        "a boolean" => ("true or false", "true 或 false"),
        "a sequence" | "a tuple" => ("an array", "數組"),
        "a map" => ("an object", "對象"),
        _ if kind.starts_with("struct ") || kind.contains("enum ") => ("an object", "對象"),
        _ if kind.to_ascii_lowercase().contains("uuid") => ("a UUID", " UUID"),
        _ => (kind, kind),
    }
}

/// A longer name is no slip of the pen, and comparing it would take as long as it is.
const LONGEST_SLIP: usize = 80;

/// The known name nearest to a mistyped one, if any is near; else one of which it is a word.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST_SLIP {
        return None;
    }
    let known: Vec<&str> = known.collect();
    let length = name.chars().count();
    let distances = known.iter().map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate));
    let near = distances
        // As many slips as there are thirds, so that nothing is near to a single letter.
        .filter(|(distance, candidate)| {
            *distance <= length.max(candidate.chars().count()).div_ceil(3) && *distance < length
        })
        .min_by_key(|(distance, _)| *distance);
    let one_word = || known.iter().find(|known| length > 2 && known.split(['_', '.']).any(|word| word == name));
    near.map(|(_, candidate)| candidate).or_else(|| one_word().copied())
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
        Some(text) => match text.split_once(BETWEEN) {
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
            (Some(n), _, _) => Said::new(format!("Must have a length of {n}."), format!("長度必須為 {n}。")),
            (_, Some(min), Some(max)) => {
                Said::new(format!("Must have a length from {min} to {max}."), format!("長度必須為 {min} 至 {max}。"))
            }
            (_, Some(min), None) => {
                Said::new(format!("Must have a length of at least {min}."), format!("長度不得小於 {min}。"))
            }
            (_, None, Some(max)) => {
                Said::new(format!("Must have a length of at most {max}."), format!("長度不得大於 {max}。"))
            }
            _ => Said::new("Has the wrong length.", "長度不正確。"),
        },
        "range" => match (limit("min"), limit("max")) {
            (Some(min), Some(max)) => {
                Said::new(format!("Must be from {min} to {max}."), format!("必須在 {min} 至 {max} 之間。"))
            }
            (Some(min), None) => Said::new(format!("Must be at least {min}."), format!("不得小於 {min}。")),
            (None, Some(max)) => Said::new(format!("Must be at most {max}."), format!("不得大於 {max}。")),
            (None, None) => Said::new("Is out of range.", "超出範圍。"),
        },
        "email" => Said::new("Is not an e-mail address.", "不是有效的電子郵件地址。"),
        "url" => Said::new("Is not a URL.", "不是有效的網址。"),
        "required" => Said::new("This field is required.", "此字段為必填項。"),
        "regex" => Said::new("Does not have the required form.", "格式不正確。"),
        "must_match" => Said::new("Does not match the other field.", "與另一字段不一致。"),
        other => Said::new(format!("Breaks the rule {}.", other.replace('_', " ")), format!("不符合規則 {other}。")),
    }
}

/// validator keeps whole limits as floats at times; `1.0` reads better as `1`.
fn plain_number(value: &Value) -> String {
    let text = value.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
