//! The OpenAPI 3.1 document, built from the drafts of the routes.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::{Method, StatusCode};
use serde_json::Value;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathItem};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder, Responses};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContactBuilder, ContentBuilder, Info, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Paths, Ref,
    RefOr, Required, Schema, Server,
};
use utoipa::{PartialSchema, ToSchema};

use super::describe::{AnswerDraft, OperationDraft};
use super::exact;
use super::examples::{self, compose, compose_request};
use super::limits;
use super::problem::{Code, ProblemBody};
use super::routes::Routes;
use super::shared::{header_ref, headers, refusal, response_name};
use super::webhooks;

/// The name of the security scheme.
pub const BEARER: &str = "bearer";

/// The head of the document.
pub fn info(title: &str, version: &str, description: &str) -> Info {
    let mut license = LicenseBuilder::new().name("MIT OR Apache-2.0").build();
    license.identifier = Some("MIT OR Apache-2.0".to_owned());
    let contact = ContactBuilder::new().name(Some(format!("The developers of {title}"))).build();
    let info = InfoBuilder::new().title(title).version(version).description(Some(description));
    info.license(Some(license)).contact(Some(contact)).build()
}

/// Builds the document. Only components that something refers to are kept.
pub(super) fn build(routes: &Routes, info: Info) -> OpenApi {
    let (mut schemas, _) = collect_schemas(routes);
    let asked = routes.resources.iter().flat_map(|resource| &resource.operations).flat_map(|o| &o.draft.bodies);
    let asked = asked.flat_map(|body| references(&serde_json::to_value(&body.schema).unwrap_or_default())).collect();
    let asked = exact::reachable(&schemas, asked);
    limits::limit_answers(&mut schemas, &asked);
    exact::refine(&mut schemas, &asked);
    let components: examples::Components =
        schemas.iter().map(|(name, schema)| (name.clone(), serde_json::to_value(schema).unwrap_or_default())).collect();

    let mut paths = Paths::new();
    let mut statuses = BTreeMap::<StatusCode, BTreeSet<Code>>::new();
    for code in Code::ALL {
        statuses.entry(code.status()).or_default().insert(code);
    }
    let mut used = BTreeSet::new();
    for resource in &routes.resources {
        for operation in &resource.operations {
            let draft = &operation.draft;
            used.extend(draft.codes.iter().map(|code| code.status()));
            let method = method_of(&draft.method);
            let built = operation_of(draft, &components);
            let path = without_patterns(&draft.path);
            match paths.paths.get_mut(&path) {
                Some(item) => item.merge_operations(PathItem::new(method, built)),
                None => {
                    paths.paths.insert(path, PathItem::new(method, built));
                }
            }
        }
    }

    let mut all = Components::new();
    all.schemas = schemas;
    for (status, codes) in statuses.into_iter().filter(|(status, _)| used.contains(status)) {
        all.responses.insert(response_name(status), refusal(status, &codes).into());
    }
    all.headers = headers();
    let scheme = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token of a sign-in, or an API key."))
        .build();
    all.add_security_scheme(BEARER, SecurityScheme::Http(scheme));

    let sent = webhooks::build(&routes.webhooks, &mut all, &components);
    let tags = collect_tags(routes);
    let mut document = OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .paths(paths)
        .components(Some(all))
        .tags(Some(tags))
        .build();
    document.webhooks = sent;
    keep_reachable(&mut document);
    document
}

/// Names that two different types claim; the document could tell the truth about one of them only.
pub fn schema_clashes(routes: &Routes) -> BTreeSet<String> {
    collect_schemas(routes).1
}

fn collect_schemas(routes: &Routes) -> (BTreeMap<String, RefOr<Schema>>, BTreeSet<String>) {
    let mut clashes = BTreeSet::new();
    let mut problem = Vec::new();
    ProblemBody::schemas(&mut problem);
    problem.push((ProblemBody::name().into_owned(), ProblemBody::schema()));
    let drafts = routes.resources.iter().flat_map(|resource| &resource.operations);
    let mut schemas = BTreeMap::<String, RefOr<Schema>>::new();
    let all = drafts.flat_map(|operation| &operation.draft.schemas);
    for (name, schema) in problem.iter().chain(&routes.schemas).chain(all) {
        if let Some(known) = schemas.get(name)
            && known != schema
        {
            clashes.insert(name.clone());
        }
        schemas.entry(name.clone()).or_insert_with(|| schema.clone());
    }
    (schemas, clashes)
}

fn collect_tags(routes: &Routes) -> Vec<utoipa::openapi::Tag> {
    let mut tags: Vec<utoipa::openapi::Tag> = Vec::new();
    for (name, description) in &routes.tags {
        if !tags.iter().any(|tag| tag.name == *name) {
            let mut tag = utoipa::openapi::Tag::new(name);
            tag.description = Some(description.clone());
            tags.push(tag);
        }
    }
    tags
}

fn method_of(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        "HEAD" => HttpMethod::Head,
        "OPTIONS" => HttpMethod::Options,
        _ => HttpMethod::Get,
    }
}

/// `/a/{rest:.*}` of the router is `/a/{rest}` in the document.
fn without_patterns(path: &str) -> String {
    let mut plain = String::new();
    for (index, part) in path.split('{').enumerate() {
        if index == 0 {
            plain.push_str(part);
        } else if let Some((name, rest)) = part.split_once('}') {
            let name = name.split_once(':').map_or(name, |(name, _)| name);
            plain.push_str(&format!("{{{name}}}{rest}"));
        }
    }
    plain
}

fn operation_of(draft: &OperationDraft, components: &examples::Components) -> Operation {
    let mut description = draft.description.clone();
    let mut extensions = Vec::<(&str, Value)>::new();
    let mut security = None;
    if draft.public {
        security = Some(Vec::new());
    } else if let Some(permission) = &draft.permission {
        security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
        if !permission.name.is_empty() {
            let (name, roles) = (&permission.name, permission.roles.join(", "));
            description.push_str(&format!("\n\nNeeds the permission `{name}`"));
            description.push_str(&match roles.as_str() {
                "" => ".".to_owned(),
                roles => format!(", which these roles have: {roles}."),
            });
            extensions.push(("x-required-permission", name.as_str().into()));
        }
    }
    let mut operation = OperationBuilder::new()
        .operation_id(Some(&draft.id))
        .summary(Some(&draft.summary))
        .description(Some(description.trim()))
        .tag(&draft.tag)
        .responses(responses_of(draft, components))
        .build();
    operation.security = security;
    if !draft.parameters.is_empty() {
        let mut parameters = draft.parameters.clone();
        parameters.iter_mut().for_each(exact::refine_parameter);
        operation.parameters = Some(parameters.into_iter().map(RefOr::T).collect());
    }
    operation.request_body = body_of(draft, components).map(RefOr::T);
    operation.extensions = (!extensions.is_empty()).then(|| extensions.into_iter().collect::<Extensions>());
    operation
}

fn body_of(draft: &OperationDraft, components: &examples::Components) -> Option<RequestBody> {
    if draft.bodies.is_empty() {
        return None;
    }
    let required = if draft.body_required { Required::True } else { Required::False };
    let mut body = RequestBodyBuilder::new().required(Some(required));
    for form in &draft.bodies {
        let schema = serde_json::to_value(&form.schema).unwrap_or_default();
        body = body.description(described(&schema, components));
        let mut content = ContentBuilder::new().schema(Some(form.schema.clone()));
        if let Some(example) = form.example {
            content = content.example(Some(example.into()));
        } else if !form.media_type.starts_with("multipart/") && !is_binary(&schema) {
            content = content.example(Some(compose_request(&schema, components)));
        }
        body = body.content(form.media_type.as_str(), content.build());
    }
    Some(body.build())
}

fn responses_of(draft: &OperationDraft, components: &examples::Components) -> Responses {
    let mut responses = Responses::new();
    for (status, answer) in &draft.answers {
        let built = answer_of(draft, *status, answer, components);
        responses.responses.insert(status.to_string(), built.into());
    }
    for code in &draft.codes {
        let status = code.status();
        let name = format!("#/components/responses/{}", response_name(status));
        responses.responses.insert(status.as_str().to_owned(), RefOr::Ref(Ref::new(name)));
    }
    responses
}

fn answer_of(draft: &OperationDraft, status: u16, answer: &AnswerDraft, components: &examples::Components) -> Response {
    let mut response = ResponseBuilder::new().header_ref("X-Request-Id", header_ref("RequestId"));
    let mut description = answer.description.clone();
    for (media_type, schema) in &answer.contents {
        let json = serde_json::to_value(schema).unwrap_or_default();
        description = description.or_else(|| described(&json, components));
        let properties = properties_of(&json, components);
        if properties.contains("version") || answer.versioned {
            response = response.header_ref("ETag", header_ref("ETag"));
        }
        if is_binary(&json) {
            for name in ["ETag", "Content-Disposition", "Accept-Ranges"] {
                response = response.header_ref(name, header_ref(&name.replace('-', "")));
            }
        }
        if status == 206 {
            response = response.header_ref("Content-Range", header_ref("ContentRange"));
        }
        if properties.contains("data") && properties.contains("next") {
            response = response.header_ref("Link", header_ref("Link"));
        }
        let mut content = ContentBuilder::new().schema(Some(schema.clone()));
        if media_type.ends_with("json") && !media_type.ends_with("ndjson") {
            content = content.example(Some(compose(&json, components)));
        }
        response = response.content(media_type.as_str(), content.build());
    }
    if status == 201 {
        response = response.header_ref("Location", header_ref("Location"));
    }
    if draft.idempotent {
        response = response.header_ref("Idempotent-Replayed", header_ref("IdempotentReplayed"));
    }
    let fallback = if status == 204 { "Done; there is nothing to say." } else { "Done." };
    response.description(description.unwrap_or_else(|| fallback.to_owned())).build()
}

/// The description of a schema or of the component it refers to.
fn described(schema: &Value, components: &examples::Components) -> Option<String> {
    let text = resolved(schema, components).get("description")?.as_str()?;
    let first = text.split("\n\n").next().unwrap_or(text);
    Some(first.replace('\n', " ")).filter(|text| !text.is_empty())
}

fn resolved<'a>(schema: &'a Value, components: &'a examples::Components) -> &'a Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    name.and_then(|name| components.get(name)).unwrap_or(schema)
}

fn properties_of(schema: &Value, components: &examples::Components) -> BTreeSet<String> {
    let schema = resolved(schema, components);
    let own = schema.get("properties").and_then(Value::as_object);
    let mut names: BTreeSet<_> = own.into_iter().flat_map(|own| own.keys().cloned()).collect();
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        names.extend(properties_of(part, components));
    }
    names
}

fn is_binary(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == "binary")
}

/// Drops the components to which nothing leads from the paths.
fn keep_reachable(document: &mut OpenApi) {
    let mut wanted = BTreeSet::new();
    let mut next = references(&serde_json::to_value(&document.paths).unwrap_or_default());
    next.extend(references(&serde_json::to_value(&document.webhooks).unwrap_or_default()));
    let all = serde_json::to_value(&document.components).unwrap_or_default();
    while let Some(reference) = next.pop_first() {
        if !wanted.insert(reference.clone()) {
            continue;
        }
        let pointer = reference.trim_start_matches("#/components");
        if let Some(component) = all.pointer(pointer) {
            next.extend(references(component));
        }
    }
    if let Some(components) = &mut document.components {
        let has = |kind: &str, name: &str| wanted.contains(&format!("#/components/{kind}/{name}"));
        components.schemas.retain(|name, _| has("schemas", name));
        components.responses.retain(|name, _| has("responses", name));
        components.headers.retain(|name, _| has("headers", name));
    }
}

/// Every `$ref` in a part of the document.
pub fn references(part: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match part {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(target) if name == "$ref" => {
                        found.insert(target.to_owned());
                    }
                    _ => found.extend(references(member)),
                }
            }
        }
        Value::Array(items) => found.extend(items.iter().flat_map(references)),
        _ => {}
    }
    found
}
