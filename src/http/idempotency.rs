//! The `Idempotency-Key` header; what is stored under it is the access layer's matter.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};

use super::describe::{Describe, OperationDraft};
use super::problem::{Code, FieldError, Problem};

/// The name of the header.
pub const HEADER: &str = "Idempotency-Key";

/// A key that this operation requires: money and numbering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl Deref for IdempotencyKey {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

/// The key of a request, if it has one; 400 when it is not 1–255 visible ASCII characters.
pub fn key_of(req: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut lines = req.headers().get_all(HEADER);
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    let key = line.to_str().unwrap_or_default();
    let plain = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if plain && lines.next().is_none() {
        return Ok(Some(key.to_owned()));
    }
    let en = "Idempotency-Key must be sent once, with 1 to 255 visible ASCII characters.";
    let zh = "Idempotency-Key 只能出現一次，且須為 1 至 255 個可見 ASCII 字符。";
    Err(Problem::bad_request(en, zh).with_errors(vec![FieldError::new(HEADER, "invalid", en, zh)]))
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match key_of(req) {
            Ok(Some(key)) => Ok(Self(key)),
            Ok(None) => Err(Problem::plain(Code::IdempotencyKeyRequired)),
            Err(problem) => Err(problem),
        })
    }
}

impl Describe for IdempotencyKey {
    fn describe(op: &mut OperationDraft) {
        op.parameter(header(Required::True));
        op.refuses(Code::IdempotencyKeyRequired);
        op.refuses(Code::IdempotencyConflict);
    }
}

/// The header in the document.
pub(super) fn header(required: Required) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"))
        .examples(["4f6c1d2e-9a7b-4c3d-8e5f-0a1b2c3d4e5f"]);
    ParameterBuilder::new()
        .name(HEADER)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(
            "A fresh random value for every new request; repeat it with a repeated request, and \
             the first answer comes back instead of a second effect. Kept for 48 hours.",
        ))
        .example(Some("4f6c1d2e-9a7b-4c3d-8e5f-0a1b2c3d4e5f".into()))
        .schema(Some(schema))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_key_is_visible_ascii() {
        let key = |value: &str| key_of(&TestRequest::post().insert_header((HEADER, value)).to_http_request());
        assert_eq!(key("abc-1").ok(), Some(Some("abc-1".to_owned())));
        assert!(key("a b").is_err() && key("").is_err() && key(&"k".repeat(256)).is_err());
        assert_eq!(key_of(&TestRequest::post().to_http_request()).ok(), Some(None));
    }
}
