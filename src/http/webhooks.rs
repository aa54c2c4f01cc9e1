//! The document's `webhooks`: what is sent to integrators, one entry per kind of event. They differ in their name alone, so the rest stands once among
//! the components.

use super::examples::{Components as Known, compose};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Components, ContentBuilder, ObjectBuilder, Paths, Ref, RefOr, Required};

/// What is sent, and when.
pub(super) struct Webhooks {
    /// The tag of its operations.
    pub tag: String,
    /// The name of the schema of the body.
    pub schema: String,
    /// Every kind of event.
    pub kinds: Vec<String>,
}

const ANSWER: &str = "WebhookAnswer";

/// The entries, with what they refer to put among the components.
pub(super) fn build(all: &[Webhooks], components: &mut Components, known: &Known) -> Option<Paths> {
    for (name, parameter) in parameters() {
        components.parameters.insert(name.to_owned(), parameter.into());
    }
    let answer = "Any 2xx: taken; answer at once and work afterwards. 410: nobody listens here any more, the endpoint is disabled. Everything else is tried \
                  again by the schedule.";
    let response: Response = ResponseBuilder::new().description(answer).build();
    components.responses.insert(ANSWER.to_owned(), response.into());
    let mut paths = Paths::new();
    for webhooks in all {
        let schema = RefOr::Ref(Ref::from_schema_name(&webhooks.schema));
        let json = serde_json::to_value(&schema).unwrap_or_default();
        let content = ContentBuilder::new().example(Some(compose(&json, known))).schema(Some(schema)).build();
        let body = RequestBodyBuilder::new()
            .required(Some(Required::True))
            .description(Some("What is told."))
            .content("application/json", content)
            .build();
        components.request_bodies.insert(webhooks.schema.clone(), body.into());
        for kind in &webhooks.kinds {
            paths.paths.insert(kind.clone(), PathItem::new(HttpMethod::Post, operation(webhooks, kind)));
        }
    }
    (!all.is_empty()).then_some(paths)
}

fn operation(webhooks: &Webhooks, kind: &str) -> utoipa::openapi::path::Operation {
    let (record, what) = kind.split_once('.').unwrap_or((kind, ""));
    let reference = |kind: &str, name: &str| Ref::new(format!("#/components/{kind}/{name}"));
    let mut operation = OperationBuilder::new()
        .operation_id(Some(format!("on_{record}_{what}")))
        .summary(Some(format!("{}: {}", spoken(record), what.replace('_', " "))))
        .description(Some(format!("Sent after `{kind}`; `data` tells of it.")))
        .tag(&webhooks.tag);
    for (name, _) in parameters() {
        operation = operation.parameter_ref(reference("parameters", name));
    }
    let mut operation = operation.build();
    operation.security = Some(Vec::new());
    operation.request_body = Some(RefOr::Ref(reference("requestBodies", &webhooks.schema)));
    operation.responses.responses.insert("default".to_owned(), RefOr::Ref(reference("responses", ANSWER)));
    operation
}

/// `contract_template` is told as "Contract template".
fn spoken(record: &str) -> String {
    let text = record.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn parameters() -> [(&'static str, Parameter); 3] {
    let header = |name: &str, description: &str, example: &str, pattern: &str, longest: usize| {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).max_length(Some(longest));
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(description))
            .example(Some(example.into()))
            .schema(Some(text))
            .build()
    };
    [
        (
            "WebhookId",
            header(
                "webhook-id",
                "Which message this is: the same at every attempt.",
                "018f9a1e-7c2b-7d5e-8f10-2a3b4c5d6e7f",
                "^[0-9a-f-]{36}$",
                36,
            ),
        ),
        (
            "WebhookTimestamp",
            header(
                "webhook-timestamp",
                "When this attempt was made, in seconds since 1970; refuse one that lies far off.",
                "1779343200",
                "^[0-9]{1,12}$",
                12,
            ),
        ),
        (
            "WebhookSignature",
            header(
                "webhook-signature",
                "`v1,` and the Base64 of HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>` by the secret after `whsec_`, Base64-decoded; several, \
                 with spaces, while a secret is changed.",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                "^v1,[A-Za-z0-9+/=]{44}( v1,[A-Za-z0-9+/=]{44})*$",
                200,
            ),
        ),
    ]
}
