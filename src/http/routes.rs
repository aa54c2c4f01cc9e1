//! The routes of the service: what actix serves and what the document tells, from one list.

use std::sync::Arc;

use actix_web::guard;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, Responder, ResponseError, Route};
use utoipa::ToSchema;
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::{Info, OpenApi, RefOr, Required, Schema};

use super::describe::{OperationDraft, template_names};
use super::dispatch::{Endpoint, Serve, Table};
use super::dry_run;
use super::idempotency;
use super::problem::{Code, Problem};
use super::schemas::{component_name, own_schemas};
use super::signature::HandlerSignature;
use super::webhooks::Webhooks;

/// All operations, in the order in which they were added.
pub struct Routes {
    pub(super) tags: Vec<(String, String)>,
    pub(super) resources: Vec<Resource>,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
    pub(super) webhooks: Vec<Webhooks>,
    /// Whether the types of bodies and answers are told.
    describing: bool,
}

/// One path with its methods.
pub(super) struct Resource {
    pub(super) path: String,
    pub(super) operations: Vec<Operation>,
}

pub(super) struct Operation {
    pub(super) draft: OperationDraft,
    endpoint: Endpoint,
}

/// What an operation asks of its caller; for tests that visit every operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationFacts {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path template.
    pub path: String,
    /// The operation id.
    pub id: String,
    /// The permission's name; empty when a token alone is enough, none when it is public.
    pub permission: Option<String>,
    /// The roles that have it.
    pub roles: Vec<String>,
    /// Needs no token.
    pub public: bool,
}

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! methods {
    ($($plain:ident $with:ident $method:ident;)*) => { $(
        #[doc = concat!("Adds a `", stringify!($method), "`; the operation follows from the handler's signature.")]
        pub fn $plain<Args: 'static, H: HandlerSignature<Args>>(
            &mut self,
            path: &str,
            handler: H,
            summary: &str,
            description: &str,
        ) -> &mut Self {
            self.add(Method::$method, path, handler, summary, description, |_| {})
        }

        #[doc = concat!("Adds a `", stringify!($method), "` and completes its description by hand.")]
        pub fn $with<Args: 'static, H: HandlerSignature<Args>>(
            &mut self,
            path: &str,
            handler: H,
            summary: &str,
            description: &str,
            complete: impl FnOnce(&mut OperationDraft),
        ) -> &mut Self {
            self.add(Method::$method, path, handler, summary, description, complete)
        }
    )* };
}

impl Routes {
    /// No routes yet.
    pub fn new() -> Self {
        let (tags, resources, webhooks) = (Vec::new(), Vec::new(), Vec::new());
        Self { tags, resources, schemas: own_schemas(), webhooks, describing: true }
    }

    /// No routes yet; of those that come only what serving asks for is kept, not the types of bodies and answers, which are most of the document and of a
    /// start. [`Routes::document`] is not for these.
    pub fn to_serve() -> Self {
        Self { tags: Vec::new(), resources: Vec::new(), schemas: Vec::new(), webhooks: Vec::new(), describing: false }
    }

    /// The tag of the operations that follow.
    pub fn tag(&mut self, name: &str, description: &str) -> &mut Self {
        // A tag may be taken up again; the last one in the list is the current one.
        self.tags.push((name.to_owned(), description.to_owned()));
        self
    }

    methods! {
        get get_with GET;
        post post_with POST;
        put put_with PUT;
        patch patch_with PATCH;
        delete delete_with DELETE;
    }

    /// Adds an operation whose body or answer is a stream, so that its types tell nothing about it:
    /// `complete` has to.
    pub fn raw<Args: 'static, H: HandlerSignature<Args>>(
        &mut self,
        method: Method,
        path: &str,
        handler: H,
        summary: &str,
        description: &str,
        complete: impl FnOnce(&mut OperationDraft),
    ) -> &mut Self {
        self.add(method, path, handler, summary, description, |op| complete(op.no_dry_run()))
    }

    /// What is sent to integrators under the current tag: a body of this type for each kind of event.
    pub fn webhooks<T: ToSchema>(&mut self, kinds: impl Iterator<Item = String>) -> &mut Self {
        let tag = self.tags.last().map(|(name, _)| name.clone()).unwrap_or_default();
        self.webhooks.push(Webhooks { tag, schema: component_name::<T>(), kinds: kinds.collect() });
        self.schema::<T>()
    }

    /// Makes a type known that only parameters or webhooks mention.
    pub fn schema<T: ToSchema>(&mut self) -> &mut Self {
        if self.describing {
            self.schemas.push((component_name::<T>(), T::schema()));
            T::schemas(&mut self.schemas);
        }
        self
    }

    fn add<Args: 'static, H: HandlerSignature<Args>>(
        &mut self,
        method: Method,
        path: &str,
        handler: H,
        summary: &str,
        description: &str,
        complete: impl FnOnce(&mut OperationDraft),
    ) -> &mut Self {
        let id = function_name(std::any::type_name::<H>());
        let mut draft = OperationDraft::new(method, path, &id, summary, description);
        draft.describing = self.describing;
        draft.tag = self.tags.last().map(|(name, _)| name.clone()).unwrap_or_default();
        H::describe(&mut draft);
        complete(&mut draft);
        self.mount(draft, Arc::new(move |req, payload, asked| handler.answer(req, payload, asked)))
    }

    /// What does not depend on the handler's type: hundreds of operations share its code.
    fn mount(&mut self, mut draft: OperationDraft, serve: Serve) -> &mut Self {
        derive_the_rest(&mut draft);
        let (asked, limits) = (Arc::new(draft.asked()), draft.limits);
        let endpoint = Endpoint { method: draft.method.clone(), serve, asked, limits };
        let path = draft.path.clone();
        let operation = Operation { draft, endpoint };
        match self.resources.iter_mut().find(|resource| resource.path == path) {
            Some(resource) => resource.operations.push(operation),
            None => self.resources.push(Resource { path, operations: vec![operation] }),
        }
        self
    }

    /// What every worker's app is configured with; it keeps nothing of what the document needs.
    pub fn configure(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + Sync + 'static + use<> {
        let table = Arc::new(Table::of(self.resources.iter().map(|resource| {
            let endpoints = resource.operations.iter().map(|op| op.endpoint.clone()).collect();
            (resource.path.as_str(), resource.allow(), endpoints)
        })));
        move |config| table.clone().serve(config)
    }

    /// The OpenAPI 3.1 document.
    pub fn document(&self, info: Info) -> OpenApi {
        super::openapi::build(self, info)
    }

    /// What every operation asks of its caller, in the order of registration.
    pub fn operations(&self) -> Vec<OperationFacts> {
        let all = self.resources.iter().flat_map(|resource| &resource.operations);
        all.map(|Operation { draft, .. }| OperationFacts {
            method: draft.method.to_string(),
            path: draft.path.clone(),
            id: draft.id.clone(),
            permission: draft.permission.as_ref().map(|p| p.name.clone()),
            roles: draft.permission.as_ref().map(|p| p.roles.clone()).unwrap_or_default(),
            public: draft.public,
        })
        .collect()
    }
}

/// A page that is not an operation of the API (probes, metrics, the document): `GET` and `HEAD`, and 405 for the rest.
pub fn page<F, Args>(path: &str, handler: F) -> actix_web::Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(reading().to(handler)).default_service(not_allowed(READS))
}

const READS: &str = "GET, HEAD";

fn reading() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

fn not_allowed(allow: &str) -> Route {
    let problem = Problem::plain(Code::MethodNotAllowed).with_allow(allow);
    web::to(move || std::future::ready(problem.error_response()))
}

impl Resource {
    fn allow(&self) -> String {
        let mut methods = Vec::new();
        for operation in &self.operations {
            methods.push(operation.draft.method.as_str());
            if operation.draft.method == Method::GET {
                methods.push("HEAD");
            }
        }
        methods.join(", ")
    }
}

/// `list_memos` of `fitout::memos::api::list_memos`.
fn function_name(full: &str) -> String {
    let plain = full.split('<').next().unwrap_or(full);
    plain.rsplit("::").next().unwrap_or(plain).to_owned()
}

/// What follows from the method, the path and the parameters together.
fn derive_the_rest(op: &mut OperationDraft) {
    // Every operation refuses query parameters it does not document.
    op.refuses(Code::UnknownParameter);
    if template_names(&op.path).next().is_some() {
        if !op.parameters.iter().any(|p| p.parameter_in == ParameterIn::Path) {
            op.path_of("");
        }
        op.refuses(Code::NotFound);
    }
    let reads = op.method == Method::GET || op.method == Method::HEAD;
    if !reads && op.permission.is_some() {
        op.refuses(Code::State);
    }
    if op.asked().no_body {
        for code in [Code::BadRequest, Code::MalformedJson, Code::PayloadTooLarge, Code::UnsupportedMediaType] {
            op.refuses(code);
        }
        op.refuses(Code::RequestTimeout).refuses(Code::Validation);
    }
    if op.dryable && op.permission.is_some() {
        op.parameter(dry_run::parameter());
        op.refuses(Code::BadRequest);
    }
    let has_key = op.parameters.iter().any(|p| p.name == idempotency::HEADER);
    if op.idempotent && !has_key {
        op.parameter(idempotency::header(Required::False));
        op.refuses(Code::BadRequest).refuses(Code::IdempotencyConflict);
    }
}

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
