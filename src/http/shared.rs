//! What many operations of the document share: error answers, headers, path parameters.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Required, SchemaFormat,
};

use super::language::Language;
use super::path::{ref_schema, uuid_schema};
use super::problem::{Code, ProblemBody};
use super::samples::sample;

pub(super) fn response_name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("Other").replace(' ', "")
}

pub(super) fn header_ref(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

/// The shared answer of one error status, with an example for each of its codes.
pub(super) fn refusal(status: StatusCode, codes: &BTreeSet<Code>) -> Response {
    let titles: Vec<_> = codes.iter().map(|code| format!("`{}`", code.name())).collect();
    let advice: Vec<_> = codes.iter().map(|code| code.advice()).collect();
    let examples = codes.iter().map(|code| {
        let example = utoipa::openapi::example::ExampleBuilder::new()
            .summary(code.title_en())
            .value(Some(sample(*code, Language::En)))
            .build();
        (code.name(), RefOr::T(example))
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemBody::name())))
        .examples_from_iter(examples)
        .build();
    let mut response = ResponseBuilder::new()
        .description(format!("{}: {}", titles.join(", "), advice.join(" ")))
        .header_ref("X-Request-Id", header_ref("RequestId"))
        .content("application/problem+json", content);
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        response = response.header_ref("Retry-After", header_ref("RetryAfter"));
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        response = response.header_ref("RateLimit", header_ref("RateLimit"));
        response = response.header_ref("RateLimit-Policy", header_ref("RateLimitPolicy"));
    }
    response.build()
}

pub(super) fn headers() -> BTreeMap<String, RefOr<Header>> {
    let text = |example: &str| ObjectBuilder::new().schema_type(Type::String).examples([example]);
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).examples([1]);
    let id = "0193e6a0-5c1e-7d2b-9f3a-8b7c6d5e4f30";
    let rows = [
        ("RequestId", text(id), "The id of the request, in our log too."),
        (
            "ETag",
            text("\"3\""),
            "The version, for `If-Match`; of a download the SHA-256 of its bytes, for `If-None-Match`.",
        ),
        ("ContentDisposition", text("attachment; filename=\"contract.pdf\""), "The name to save it under."),
        ("AcceptRanges", text("bytes"), "Ranges of bytes can be asked for."),
        ("ContentRange", text("bytes 0-1023/48213"), "Which bytes these are, and of how many."),
        ("Location", text("/v1/projects/P-2026-0042"), "Where the new resource is found."),
        ("Link", text("</v1/projects?cursor=WyJhIl0>; rel=\"next\""), "The next page, if any."),
        ("IdempotentReplayed", text("true"), "`true` when this is the stored answer once more."),
        ("RetryAfter", seconds, "Seconds to wait."),
        (
            "RateLimit",
            text("\"account\";r=9;t=6"),
            "What is left of each quota, and the seconds until it is free again.",
        ),
        ("RateLimitPolicy", text("\"account\";q=10;w=60"), "Each quota: requests in a window of seconds."),
    ];
    rows.into_iter()
        .map(|(name, schema, description)| {
            let header = HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build();
            (name.to_owned(), RefOr::T(header))
        })
        .collect()
}

/// A `{name}` of the path, as the handler takes it.
pub(super) fn path_parameter(name: &str, kind: Option<&str>) -> Parameter {
    let subject = name.replace('_', " ");
    let text = || ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let id = "0193e6a0-5c1e-7d2b-9f3a-8b7c6d5e4f30";
    let (schema, description, example) = match kind {
        Some("Uuid" | "Id") => (uuid_schema(), format!("UUID of the {subject}."), json!(id)),
        Some("Ref") => {
            let text = format!("UUID or business number of the {subject}.");
            (ref_schema(&text).examples([id]), text, json!(id))
        }
        Some("Day") => {
            let format = SchemaFormat::KnownFormat(KnownFormat::Date);
            let day = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
            (day, "The date.".to_owned(), json!("2026-10-01"))
        }
        Some("i32" | "i64" | "u32" | "u64" | "usize") => {
            (ObjectBuilder::new().schema_type(Type::Integer), format!("The {subject}."), json!(1))
        }
        _ => (text(), format!("The {subject}."), json!("design")),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .example(Some(example))
        .schema(Some(schema))
        .build()
}
