//! `?dry_run=true`: the same answer and the same refusals, and nothing is saved.

use actix_web::HttpRequest;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, schema::SchemaType};

use super::page::named;
use super::problem::Problem;
use super::query::{pairs, wrong};

/// The name of the parameter.
pub(super) const NAME: &str = "dry_run";

/// Whether the request is only a trial; 400 when the parameter is neither `true` nor `false`.
pub fn wanted(req: &HttpRequest) -> Result<bool, Problem> {
    let given = pairs(req.query_string()).into_iter().find(|(name, _)| name == NAME);
    match given.as_ref().map(|(_, value)| value.as_str()) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(wrong(NAME, "invalid", "must be true or false", "只能是 true 或 false")),
    }
}

pub(super) fn parameter() -> Parameter {
    let truth = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Boolean)).default(Some(false.into()));
    let text = "`true` tries the request: the same answer and the same refusals, but nothing is saved, no number is used and no event is left.";
    named(NAME, text, truth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn only_true_is_a_trial() {
        let asked = |query: &str| wanted(&TestRequest::post().uri(&format!("/x?{query}")).to_http_request());
        assert_eq!(asked("dry_run=true").ok(), Some(true));
        assert_eq!(asked("dry_run=false").ok(), Some(false));
        assert_eq!(asked("").ok(), Some(false));
        assert!(asked("dry_run=1").is_err());
    }
}
