//! What an operation is, told by the types of its handler's signature.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{ObjectBuilder, Ref as DocRef, RefOr, Schema};

use super::page::named;
use super::payload::BodyLimits;
use super::problem::{Code, Problem};
use super::query::{Asked, Documented};
use super::schemas::{component_name, component_ref, loosened};

/// Every extractor and every answer says what it adds to the operation.
pub trait Describe {
    /// Adds to the draft.
    fn describe(op: &mut OperationDraft);
}

/// One operation of the document while its handler's types describe it.
pub struct OperationDraft {
    pub(super) id: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) tag: String,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) bodies: Vec<BodyDraft>,
    pub(super) body_required: bool,
    pub(super) answers: BTreeMap<u16, AnswerDraft>,
    pub(super) codes: BTreeSet<Code>,
    pub(super) permission: Option<Permission>,
    pub(super) public: bool,
    pub(super) idempotent: bool,
    pub(super) dryable: bool,
    pub(super) limits: Option<BodyLimits>,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
    /// Whether the types of its body and answers are told.
    pub(super) describing: bool,
}

/// A body in one media type.
pub(super) struct BodyDraft {
    pub(super) media_type: String,
    pub(super) schema: RefOr<Schema>,
    /// What such a body can look like, where its schema does not tell.
    pub(super) example: Option<&'static str>,
}

/// An answer with one status.
#[derive(Default)]
pub(super) struct AnswerDraft {
    pub(super) description: Option<String>,
    pub(super) contents: Vec<(String, RefOr<Schema>)>,
    pub(super) versioned: bool,
}

/// The permission that an operation asks for, and the roles that have it.
pub(super) struct Permission {
    pub(super) name: String,
    pub(super) roles: Vec<String>,
}

impl OperationDraft {
    pub(super) fn new(method: Method, path: &str, id: &str, summary: &str, text: &str) -> Self {
        let idempotent = method == Method::POST;
        Self {
            id: id.to_owned(),
            method,
            path: path.to_owned(),
            tag: String::new(),
            summary: summary.to_owned(),
            description: text.to_owned(),
            parameters: Vec::new(),
            bodies: Vec::new(),
            body_required: false,
            answers: BTreeMap::new(),
            codes: BTreeSet::from([Code::TooManyRequests, Code::Unavailable]),
            permission: None,
            public: false,
            idempotent,
            dryable: idempotent,
            limits: None,
            schemas: Vec::new(),
            describing: true,
        }
    }

    /// The method of the operation.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path template.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Another operation id than the handler's name.
    pub fn id(&mut self, id: &str) -> &mut Self {
        self.id = id.to_owned();
        self
    }

    /// Needs a token whose role has this permission.
    pub fn permission(&mut self, name: &str, roles: &[&str]) -> &mut Self {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        self.permission = Some(Permission { name: name.to_owned(), roles });
        self.refuses(Code::Unauthenticated).refuses(Code::Forbidden)
    }

    /// Needs a token, whatever its role.
    pub fn signed_in(&mut self) -> &mut Self {
        self.permission = Some(Permission { name: String::new(), roles: Vec::new() });
        self.refuses(Code::Unauthenticated)
    }

    /// Needs no token.
    pub fn public(&mut self) -> &mut Self {
        self.public = true;
        self
    }

    /// Another sentence of description.
    pub fn note(&mut self, sentence: &str) -> &mut Self {
        if !self.description.is_empty() {
            self.description.push(' ');
        }
        self.description.push_str(sentence);
        self
    }

    /// Another refusal than those that follow from the signature.
    pub fn refuses(&mut self, code: Code) -> &mut Self {
        self.codes.insert(code);
        self
    }

    /// Another parameter; it replaces one of the same name and place.
    pub fn parameter(&mut self, parameter: Parameter) -> &mut Self {
        let same = |p: &Parameter| p.name == parameter.name && p.parameter_in == parameter.parameter_in;
        match self.parameters.iter_mut().find(|p| same(p)) {
            Some(known) => *known = parameter,
            None => self.parameters.push(parameter),
        }
        self
    }

    /// An optional query parameter of text, for handlers that read it themselves.
    pub fn query(&mut self, name: &str, description: &str) -> &mut Self {
        let text = ObjectBuilder::new().schema_type(Type::String);
        self.parameter(named(name, description, text))
    }

    /// The fields a list may be sorted by, as given to `Page::sort`.
    pub fn sorts(&mut self, allowed: &[&str]) -> &mut Self {
        let plain = allowed.iter().map(|name| name.trim_start_matches('-'));
        let both: Vec<String> = plain.flat_map(|name| [name.to_owned(), format!("-{name}")]).collect();
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(both))
            .default(allowed.first().map(|name| Value::from(*name)));
        self.parameter(named("sort", "The field to sort by; `-` before it: largest first.", text))
    }

    /// What a list may expand, as given to `Page::expand`.
    pub fn expands(&mut self, allowed: &[&str]) -> &mut Self {
        let one = allowed.join("|");
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(format!("^({one})(,({one}))*$")))
            .examples(allowed.first().map(|name| Value::from(*name)));
        let list = allowed.join("`, `");
        self.parameter(named("expand", &format!("Related records to show in full: any of `{list}`, by comma."), text))
    }

    /// The list can count itself, by `Page::wants_total`.
    pub fn counts(&mut self) -> &mut Self {
        let total = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["total"]));
        self.parameter(named("include", "`total` counts all rows of the list.", total))
    }

    /// The answer is never stored, because it holds a secret or a stream: no `Idempotency-Key`.
    pub fn no_idempotency(&mut self) -> &mut Self {
        self.idempotent = false;
        self
    }

    /// The operation has effects outside the database, or none that a trial could show: no `dry_run`.
    pub fn no_dry_run(&mut self) -> &mut Self {
        self.dryable = false;
        self
    }

    /// A change that moves a state or money can be tried, as the acts can.
    pub fn dry_run(&mut self) -> &mut Self {
        self.dryable = true;
        self
    }

    /// Other limits for the body of this operation.
    pub fn body_limits(&mut self, limits: BodyLimits) -> &mut Self {
        self.limits = Some(limits);
        self
    }

    /// A body of type `T` in each of these media types.
    pub fn body<T: ToSchema>(&mut self, media_types: &[&str], required: bool) -> &mut Self {
        self.schema::<T>();
        self.body_of(media_types, component_ref::<T>(), required)
    }

    /// A body with a schema made by hand (a multipart form, raw bytes).
    pub fn body_of(&mut self, media_types: &[&str], schema: RefOr<Schema>, required: bool) -> &mut Self {
        self.body_required = required;
        self.bodies.extend(media_types.iter().map(|media_type| BodyDraft {
            media_type: (*media_type).to_owned(),
            schema: schema.clone(),
            example: None,
        }));
        for code in [Code::BadRequest, Code::PayloadTooLarge, Code::UnsupportedMediaType] {
            self.codes.insert(code);
        }
        self.refuses(Code::MalformedJson).refuses(Code::RequestTimeout).refuses(Code::Validation)
    }

    /// What a body of this kind can look like, as it is sent.
    pub fn body_example(&mut self, media_type: &str, example: &'static str) -> &mut Self {
        for body in self.bodies.iter_mut().filter(|body| body.media_type == media_type) {
            body.example = Some(example);
        }
        self
    }

    pub(super) fn patch_body<T: ToSchema>(&mut self, media_types: &[&str]) -> &mut Self {
        let name = format!("{}Patch", component_name::<T>());
        self.schema::<T>();
        if self.describing {
            let mut parts = Vec::new();
            T::schemas(&mut parts);
            self.schemas.push((name.clone(), loosened(T::schema(), &parts)));
        }
        self.body_of(media_types, DocRef::from_schema_name(name).into(), true)
    }

    /// An answer of type `T`.
    pub fn answer<T: ToSchema>(&mut self, status: u16) -> &mut Self {
        self.schema::<T>();
        self.answer_of(status, "application/json", component_ref::<T>())
    }

    /// An answer with a schema made by hand, in one more media type.
    pub fn answer_of(&mut self, status: u16, media_type: &str, schema: RefOr<Schema>) -> &mut Self {
        let answer = self.answers.entry(status).or_default();
        answer.contents.push((media_type.to_owned(), schema));
        self
    }

    /// An answer of bytes: a download, a page of text, a stream of events.
    pub fn bytes_answer(&mut self, status: u16, media_type: &str, description: &str) -> &mut Self {
        let mut object = Object::with_type(Type::String);
        let text = media_type.starts_with("text/") || media_type.ends_with("ndjson");
        object.format =
            (!text).then_some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Binary));
        self.answer_of(status, media_type, Schema::Object(object).into());
        self.describe_answer(status, description)
    }

    /// The answer has an `ETag`, though its type shows no `version`.
    pub fn versioned(&mut self, status: u16) -> &mut Self {
        self.answers.entry(status).or_default().versioned = true;
        self
    }

    /// An answer without a body.
    pub fn empty_answer(&mut self) -> &mut Self {
        self.answers.entry(204).or_default();
        self
    }

    /// The sentence that describes an answer, instead of the description of its type.
    pub fn describe_answer(&mut self, status: u16, description: &str) -> &mut Self {
        self.answers.entry(status).or_default().description = Some(description.to_owned());
        self
    }

    /// A type that only parameters mention.
    pub fn schema<T: ToSchema>(&mut self) -> &mut Self {
        if self.describing {
            self.schemas.push((component_name::<T>(), T::schema()));
            T::schemas(&mut self.schemas);
        }
        self
    }

    /// What a request may hold: parameters with the words they take, and whether there is a body.
    pub(super) fn asked(&self) -> Documented {
        let in_query = self.parameters.iter().filter(|p| p.parameter_in == ParameterIn::Query);
        Documented {
            parameters: in_query.map(Asked::from).collect(),
            no_body: self.method == Method::POST && self.bodies.is_empty() && self.dryable,
        }
    }

    /// The words that a filter or a segment of the path takes; none: the list has no such filter.
    pub fn words<W: AsRef<str>>(&mut self, name: &str, words: &[W]) -> &mut Self {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        if words.is_empty() {
            self.parameters.retain(|p| p.name != name);
        } else if let Some(known) = self.parameters.iter_mut().find(|p| p.name == name) {
            let example = words.first().map(|word| Value::from(*word));
            let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
            *known = ParameterBuilder::from(known.clone()).schema(Some(schema)).example(example).build();
        }
        self
    }

    /// The segments of the path, typed by what the handler takes.
    pub(super) fn path_of(&mut self, type_name: &str) {
        let inner = type_name.trim_start_matches('(').trim_end_matches(')');
        let kinds = inner.split(", ").map(|kind| kind.rsplit("::").next().unwrap_or(kind));
        let mut kinds = kinds.map(str::to_owned).collect::<Vec<_>>().into_iter();
        let names: Vec<_> = template_names(&self.path).map(str::to_owned).collect();
        for name in names {
            let parameter = super::shared::path_parameter(&name, kinds.next().as_deref());
            self.parameter(parameter);
        }
        self.codes.insert(Code::NotFound);
    }
}

/// The `{names}` of a path template.
pub(super) fn template_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.split_once(':').map_or(name, |(name, _)| name))
}

impl<R: Describe> Describe for Result<R, Problem> {
    fn describe(op: &mut OperationDraft) {
        R::describe(op);
    }
}

/// What a handler may take beside the extractors of this module; they say nothing.
macro_rules! silent {
    ($($kind:ty),*) => { $(impl Describe for $kind { fn describe(_: &mut OperationDraft) {} })* };
}

silent!((), actix_web::HttpRequest, actix_web::HttpResponse, actix_web::web::Payload, actix_multipart::Multipart);

impl<T: ?Sized> Describe for actix_web::web::Data<T> {
    fn describe(_: &mut OperationDraft) {}
}
