//! `If-Match`: nobody overwrites what he has not seen (RFC 9110, 13.1.1).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};
use serde_json::Value;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};

use super::describe::{Describe, OperationDraft};
use super::problem::{Code, FieldError, Problem};

/// The version that the caller has seen. Absence is no fault until [`IfMatch::require`] is asked,
/// because the replay of an idempotent request comes before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// No header.
    Absent,
    /// `*`: any version.
    Any,
    /// The entity tags, as they were sent.
    Tags(Vec<String>),
}

impl IfMatch {
    /// 428 without the header, 412 with `current` when it names another version.
    pub fn require(&self, version: i64, current: impl FnOnce() -> Value) -> Result<(), Problem> {
        match self {
            IfMatch::Any => Ok(()),
            IfMatch::Tags(tags) if tags.contains(&etag(version)) => Ok(()),
            IfMatch::Tags(_) => Err(Problem::plain(Code::PreconditionFailed).with_current(current())),
            IfMatch::Absent => Err(Problem::plain(Code::PreconditionRequired)),
        }
    }
}

/// The strong entity tag of a version.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut lines = Vec::new();
        for line in req.headers().get_all(IF_MATCH) {
            match line.to_str() {
                Ok(line) => lines.push(line),
                Err(_) => return ready(Err(malformed())),
            }
        }
        ready(if lines.is_empty() { Ok(IfMatch::Absent) } else { parse(&lines.join(",")) })
    }
}

fn parse(line: &str) -> Result<IfMatch, Problem> {
    if line.trim() == "*" {
        return Ok(IfMatch::Any);
    }
    let mut tags = Vec::new();
    for tag in line.split(',').map(str::trim) {
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match inner {
            Some(inner) if !inner.contains('"') => tags.push(tag.to_owned()),
            _ => return Err(malformed()),
        }
    }
    Ok(IfMatch::Tags(tags))
}

fn malformed() -> Problem {
    let en = "If-Match must be an ETag with its quotes, such as \"3\".";
    let zh = "If-Match 必須是帶引號的 ETag，例如 \"3\"。";
    Problem::bad_request(en, zh).with_errors(vec![FieldError::new("If-Match", "invalid", en, zh)])
}

impl Describe for IfMatch {
    fn describe(op: &mut OperationDraft) {
        // A comma within a tag is legal, and never in one of ours.
        let one = r#"(W/)?"[!#-+.-~-]*""#;
        let tags = format!(r"^(\*|{one}( *, *{one})*)$");
        let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(tags)).examples(["\"1\""]);
        op.parameter(
            ParameterBuilder::new()
                .name("If-Match")
                .parameter_in(ParameterIn::Header)
                .required(Required::True)
                .description(Some("The ETag of the version that you have seen."))
                .example(Some("\"1\"".into()))
                .schema(Some(schema))
                .build(),
        );
        op.refuses(Code::BadRequest);
        op.refuses(Code::PreconditionFailed);
        op.refuses(Code::PreconditionRequired);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn verdict(header: &str) -> Result<(), Code> {
        parse(header).and_then(|tags| tags.require(3, || json!({"version": 3}))).map_err(|problem| problem.code)
    }

    #[test]
    fn the_tag_must_match_strongly() {
        assert_eq!(verdict("\"3\""), Ok(()));
        assert_eq!(verdict("\"2\", \"3\""), Ok(()));
        assert_eq!(verdict("*"), Ok(()));
        for stale in ["\"2\"", "W/\"3\"", "\"abc\""] {
            assert_eq!(verdict(stale), Err(Code::PreconditionFailed));
        }
        for malformed in ["3", "\"3", "", "\"3\",", "\"3\" \"4\""] {
            assert_eq!(verdict(malformed), Err(Code::BadRequest), "{malformed}");
        }
        let absent = IfMatch::Absent.require(3, || json!({})).map_err(|p| p.code);
        assert_eq!(absent, Err(Code::PreconditionRequired));
        let stale = parse("\"2\"").and_then(|m| m.require(3, || json!({"version": 3})));
        assert_eq!(stale.map_err(|p| p.current.clone()), Err(Some(json!({"version": 3}))));
    }
}
