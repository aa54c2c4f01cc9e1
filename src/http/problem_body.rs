//! The JSON of a problem as the document tells it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A refusal (RFC 9457). `code` is stable and never translated; `title` and `detail` follow
/// `Accept-Language`.
#[derive(Serialize, ToSchema)]
pub struct ProblemBody {
    /// A page that explains the code.
    #[serde(rename = "type")]
    #[schema(example = "/problems/validation")]
    pub r#type: String,
    /// The code in words.
    #[schema(example = "Some values are not valid")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong this time, and what to do next.
    #[schema(example = "Each entry of errors points at one value and says what is wrong with it.")]
    pub detail: String,
    /// The code.
    #[schema(example = "validation")]
    pub code: String,
    /// The id of the request, as in `X-Request-Id`.
    #[schema(example = "0193e6a0-5c1e-7d2b-9f3a-8b7c6d5e4f30")]
    pub request_id: String,
    /// One entry for each value that is not valid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldErrorBody>,
    /// What has to be supplied first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = Vec<String>, example = json!(["site_ready.cleaning"]))]
    pub missing: Vec<Value>,
    /// What may be done instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = Vec<String>, example = json!(["decline", "shelve"]))]
    pub allowed: Vec<Value>,
    /// When the caller's copy is stale: the `version` that stands now and, where it is known, which fields `changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, value_type = BTreeMap<String, Value>, example = json!({"version": 4, "changed": ["name"]}))]
    pub current: Option<Value>,
}

/// One value that is not valid.
#[derive(Serialize, ToSchema)]
pub struct FieldErrorBody {
    /// JSON Pointer into the body; `?name` for a query parameter; the name of a header.
    #[schema(example = "/lines/2/amount")]
    pub pointer: String,
    /// The kind of fault.
    #[schema(example = "range")]
    pub code: String,
    /// The fault in words.
    #[schema(example = "Must be at least 1.")]
    pub message: String,
    /// The limits that were missed; never the refused value.
    #[schema(value_type = BTreeMap<String, Value>, example = json!({"min": 1}))]
    pub params: Value,
}
