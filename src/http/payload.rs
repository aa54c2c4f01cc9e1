//! Reading a request's payload: its media type, its size, its pace, its fingerprint, its JSON.

use std::fmt;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{HttpMessage, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use super::problem::{Code, FieldError, MOST_ERRORS, Problem};

/// How much a body may hold and how long it may take; app data of a route overrides the default.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// Bytes.
    pub bytes: usize,
    /// From the first byte to the last.
    pub timeout: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { bytes: 256 * 1024, timeout: Duration::from_secs(20) }
    }
}

impl BodyLimits {
    /// The limits of the operation, else the app's, else the default.
    pub fn of(req: &HttpRequest) -> Self {
        let own = req.extensions().get::<Self>().copied();
        own.or_else(|| req.app_data::<Self>().copied()).unwrap_or_default()
    }
}

/// SHA-256 of the raw body, in the request's extensions: the idempotency store compares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyFingerprint(pub [u8; 32]);

/// Reads the body as JSON if its media type is one of these; `None` when it is empty.
pub(super) async fn read_json(
    req: HttpRequest,
    payload: Payload,
    media_types: &'static [&'static str],
) -> Result<Option<Value>, Problem> {
    let declared = req.headers().contains_key(CONTENT_TYPE);
    if declared {
        check_media_type(&req, media_types)?;
    }
    check_coding(&req)?;
    let limits = BodyLimits::of(&req);
    let bytes = read(&req, payload, limits).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if !declared {
        return Err(unsupported(media_types, "UTF-8"));
    }
    req.extensions_mut().insert(BodyFingerprint(Sha256::digest(&bytes).into()));
    let value = parse(&bytes)?;
    refuse_odd_text(&value)?;
    Ok(Some(value))
}

/// For an act that takes no body: nothing, or an object without members, may stand there; 422 for each member that does.
pub(super) async fn read_nothing(req: HttpRequest, payload: Payload) -> Result<(), Problem> {
    let members = match read_json(req, payload, &["application/json"]).await? {
        None => return Ok(()),
        Some(Value::Object(members)) => members,
        Some(_) => {
            let (en, zh) = ("This operation takes no body.", "此操作不接受請求體。");
            return Err(Problem::validation("", "type", en, zh));
        }
    };
    let unknown = |name: &String| {
        let (en, zh) = ("There is no such field: this operation takes none.", "沒有此字段：此操作不接受任何字段。");
        FieldError::new(format!("/{}", escape(name)), "unknown_field", en, zh)
    };
    let errors: Vec<FieldError> = members.keys().take(MOST_ERRORS).map(unknown).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

/// The problem of an empty body where one is needed.
pub(super) fn empty() -> Problem {
    Problem::bad_request(
        "The body is empty; this operation needs a JSON object.",
        "請求體為空；此操作需要一個 JSON 對象。",
    )
}

pub(super) fn unsupported(media_types: &[&str], encodings: &str) -> Problem {
    let types = media_types.join(", ");
    Problem::new(
        Code::UnsupportedMediaType,
        format!("Send the body as {types} in {encodings}, without a Content-Encoding."),
        format!("請以 {encodings} 編碼的 {types} 發送請求體，且不要使用 Content-Encoding。"),
    )
}

fn check_media_type(req: &HttpRequest, media_types: &[&str]) -> Result<(), Problem> {
    let known = media_types.iter().any(|known| req.content_type().eq_ignore_ascii_case(known));
    let line = req.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let charset = line
        .unwrap_or_default()
        .split(';')
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim_matches('"'));
    let utf8 =
        charset.is_none_or(|name| ["utf-8", "utf8", "us-ascii"].iter().any(|known| name.eq_ignore_ascii_case(known)));
    if known && utf8 { Ok(()) } else { Err(unsupported(media_types, "UTF-8")) }
}

pub(super) fn check_coding(req: &HttpRequest) -> Result<(), Problem> {
    match req.headers().get(CONTENT_ENCODING) {
        Some(coding) if coding != "identity" => Err(unsupported(&["application/json"], "UTF-8")),
        _ => Ok(()),
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        Code::PayloadTooLarge,
        format!("The body may hold at most {limit} bytes."),
        format!("請求體不得超過 {limit} 字節。"),
    )
}

/// Reads all of the payload within the limits.
pub(super) async fn read(req: &HttpRequest, mut payload: Payload, limits: BodyLimits) -> Result<Bytes, Problem> {
    let announced = req.headers().get(CONTENT_LENGTH);
    let announced = announced.and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if announced.is_some_and(|n| usize::try_from(n).map_or(true, |n| n > limits.bytes)) {
        return Err(too_large(limits.bytes));
    }
    let reading = async {
        let mut all = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|cause| match cause {
                PayloadError::Overflow => too_large(limits.bytes),
                _ => Problem::bad_request("The body broke off before its end.", "請求體在結束之前中斷。"),
            })?;
            if all.len() + chunk.len() > limits.bytes {
                return Err(too_large(limits.bytes));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    };
    match tokio::time::timeout(limits.timeout, reading).await {
        Ok(read) => read,
        Err(_) => Err(Problem::plain(Code::RequestTimeout)),
    }
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice::<Unique>(bytes).map(|unique| unique.0).map_err(|cause| {
        let (line, column) = (cause.line(), cause.column());
        let text = cause.to_string();
        // A key given twice is our own finding; everything else is the parser's, which may quote
        // the body: say only where.
        match text.strip_prefix(TWICE).and_then(|rest| rest.split_once(" at line")) {
            Some((key, _)) => Problem::new(
                Code::MalformedJson,
                format!("The key {key} stands twice in one object (line {line}, column {column})."),
                format!("同一對象中重複出現鍵 {key}（第 {line} 行，第 {column} 列）。"),
            ),
            None => Problem::new(
                Code::MalformedJson,
                format!("The JSON is wrong at line {line}, column {column}."),
                format!("JSON 在第 {line} 行、第 {column} 列有語法錯誤。"),
            ),
        }
    })
}

const TWICE: &str = "key twice: ";

/// Text that says nothing is no reason and no name; U+0000, which PostgreSQL cannot hold, is refused on either database.
fn refuse_odd_text(value: &Value) -> Result<(), Problem> {
    let mut found = Vec::new();
    find_odd_text(value, "", &mut found);
    if found.is_empty() { Ok(()) } else { Err(Problem::invalid(found)) }
}

fn find_odd_text(value: &Value, pointer: &str, found: &mut Vec<FieldError>) {
    if found.len() >= MOST_ERRORS {
        return;
    }
    let mut report = |pointer: String| {
        found.push(FieldError::new(pointer, "nul", "Must not contain the character U+0000.", "不得包含字符 U+0000。"));
    };
    match value {
        Value::String(text) if text.contains('\0') => report(pointer.to_owned()),
        Value::String(text) if !text.is_empty() && text.chars().all(is_blank) => {
            found.push(FieldError::new(pointer, "blank", "Must not be blank.", "不得只有空白。"));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_odd_text(item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let place = format!("{pointer}/{}", escape(key));
                if key.contains('\0') {
                    found.push(FieldError::new(
                        place.replace('\0', "\u{fffd}"),
                        "nul",
                        "A key must not contain the character U+0000.",
                        "鍵名不得包含字符 U+0000。",
                    ));
                }
                find_odd_text(member, &place, found);
            }
        }
        _ => {}
    }
}

/// White space to Rust, to ECMAScript or to Python: the patterns of the document mean the same to everybody.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}' | '\u{feff}')
}

/// A key as a segment of a JSON Pointer (RFC 6901, 3).
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A JSON value none of whose objects has a key twice.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Unique)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    /// `7.0` is the whole number 7 (JSON Schema 2020-12, 6.1.1), as far as a double holds whole numbers exactly.
    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        let whole = v.fract() == 0.0 && v.abs() <= 9_007_199_254_740_992.0;
        if let Some(whole) = format!("{v:.0}").parse::<i64>().ok().filter(|_| whole) {
            return Ok(Value::Number(whole.into()));
        }
        Ok(Number::from_f64(v).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Unique(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let Unique(member) = map.next_value()?;
            if members.contains_key(&key) {
                return Err(A::Error::custom(format!("{TWICE}{key:?}")));
            }
            members.insert(key, member);
        }
        Ok(Value::Object(members))
    }
}
