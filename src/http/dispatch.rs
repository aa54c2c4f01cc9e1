//! From a path to its operation. One table serves all workers: actix's own would be a compiled pattern for every path, tried in turn, anew for each
//! worker (17 MiB of them); a tree of the paths costs nothing to share and one walk to search.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse, fn_service};
use actix_web::http::Method;
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{Error, HttpMessage, HttpRequest, ResponseError};
use matchit::Router;

use super::body::BodyLimits;
use super::problem::{Code, Problem};
use super::query::Documented;
use super::signature::Answering;

/// A handler without its types.
pub(super) type Serve = Arc<dyn Fn(HttpRequest, Payload, Arc<Documented>) -> Answering + Send + Sync>;

/// What answers one method of a path.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) method: Method,
    pub(super) serve: Serve,
    pub(super) asked: Arc<Documented>,
    pub(super) limits: Option<BodyLimits>,
}

/// One path with what answers its methods.
struct Place {
    pattern: Arc<str>,
    allow: String,
    endpoints: Vec<Endpoint>,
}

/// The pattern of the path that a request went to, such as `/v1/projects/{project}`.
#[derive(Debug, Clone)]
pub struct RoutePattern(Arc<str>);

impl RoutePattern {
    /// That of this request, also where it is a page of actix's own table.
    pub fn of(req: &HttpRequest) -> Option<String> {
        let ours = req.extensions().get::<Self>().map(|pattern| pattern.0.to_string());
        ours.or_else(|| req.match_pattern())
    }
}

/// All paths.
pub(super) struct Table(Router<Place>);

impl Table {
    /// The table of these endpoints; a path that contradicts another is left out and told, which the tests of every operation would see.
    pub(super) fn of<'a>(resources: impl Iterator<Item = (&'a str, String, Vec<Endpoint>)>) -> Self {
        let mut router = Router::new();
        for (path, allow, endpoints) in resources {
            let place = Place { pattern: path.into(), allow, endpoints };
            if let Err(error) = router.insert(path, place) {
                tracing::error!(path, %error, "a path cannot be served");
            }
        }
        Self(router)
    }

    /// Makes a worker's app answer by this table whatever it does not answer itself: 405 with `Allow` for the methods that a path has not, 404 for
    /// everything else.
    pub(super) fn serve(self: Arc<Self>, config: &mut ServiceConfig) {
        config.default_service(fn_service(move |req: ServiceRequest| self.clone().answer(req)));
    }

    async fn answer(self: Arc<Self>, mut req: ServiceRequest) -> Result<ServiceResponse, Error> {
        let path = req.match_info().as_str().to_owned();
        let Ok(found) = self.0.at(&path) else {
            return Ok(req.into_response(Problem::not_found().error_response()));
        };
        let (place, values) = (found.value, found.params);
        // In the order of the path, as tuples take them.
        let values: Vec<(String, String)> = values.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        req.extensions_mut().insert(RoutePattern(place.pattern.clone()));
        let asked = |method: &Method| place.endpoints.iter().find(|endpoint| endpoint.method == method);
        // What can be read can be asked for without its body.
        let endpoint = asked(req.method()).or_else(|| asked(&Method::GET).filter(|_| req.method() == Method::HEAD));
        let Some(endpoint) = endpoint.cloned() else {
            let problem = Problem::plain(Code::MethodNotAllowed).with_allow(&place.allow);
            return Ok(req.into_response(problem.error_response()));
        };
        for (name, value) in values {
            req.match_info_mut().add_static(name, value);
        }
        if let Some(limits) = endpoint.limits {
            req.extensions_mut().insert(limits);
        }
        let (req, payload) = req.into_parts();
        let mut response = (endpoint.serve)(req.clone(), payload, endpoint.asked).await;
        if req.method() == Method::HEAD {
            response = response.map_body(|_, body| BoxBody::new(Unsent(body.size())));
        }
        Ok(ServiceResponse::new(req, response))
    }
}

/// The body of an answer to HEAD: as long as the real one, of which nothing is read; a stream of events would never end. Of a length that nobody
/// knows nothing is said, or the mark of its end would be sent.
struct Unsent(BodySize);

impl MessageBody for Unsent {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        match self.0 {
            BodySize::Stream => BodySize::None,
            known => known,
        }
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<std::result::Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
