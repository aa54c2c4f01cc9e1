//! The outermost layer: request ids, log, metrics, security headers, and problems put into words.

use std::time::{Duration, Instant};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderName, HeaderValue, LAST_MODIFIED, REFERRER_POLICY, TRANSFER_ENCODING, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use tracing::Instrument;

use super::dispatch::RoutePattern;
use super::problem::{Code, Language, Problem};

/// The id of a request: the caller's own if it is sane, else a fresh UUIDv7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Who is calling, for the access log; the access layer puts it into the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerId(pub String);

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl RequestId {
    /// The id that the outermost layer gave this request; empty outside of it.
    pub fn of(req: &HttpRequest) -> String {
        req.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
    }

    fn accept(headers: &HeaderMap) -> Self {
        let sane = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        let given = headers.get(X_REQUEST_ID).and_then(|id| id.to_str().ok()).filter(sane);
        Self(given.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned))
    }
}

/// The trace id of a `traceparent` (W3C Trace Context, 3.2), else 32 hex digits of our own.
fn trace_id(headers: &HeaderMap) -> String {
    let given = headers.get("traceparent").and_then(|value| value.to_str().ok());
    let mut parts = given.unwrap_or_default().split('-');
    let version = parts.next().unwrap_or_default();
    let id = parts.next().unwrap_or_default();
    let hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let known = version.len() == 2 && hex(version) && version != "ff" && id.len() == 32 && hex(id);
    if known && id.bytes().any(|b| b != b'0') { id.to_owned() } else { uuid::Uuid::now_v7().simple().to_string() }
}

/// The middleware function: `App::new()….wrap(actix_web::middleware::from_fn(outermost))`, added last.
pub async fn outermost<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let started = Instant::now();
    let id = RequestId::accept(req.headers());
    let language = Language::of_headers(req.headers());
    let (method, docs) = (req.method().clone(), req.path().starts_with("/docs"));
    let span = tracing::info_span!(
        "request",
        request_id = %id.0,
        trace_id = %trace_id(req.headers()),
    );
    req.extensions_mut().insert(id.clone());
    let answered = next.call(req).instrument(span.clone()).await;
    let _entered = span.enter();
    match answered {
        Ok(answered) => {
            let problem = problem_of(answered.response());
            let mut answered = match problem {
                None => answered.map_into_left_body(),
                Some(problem) => {
                    let mut rendered = problem.render(language, &id.0);
                    keep_headers(answered.headers(), rendered.headers_mut());
                    answered.into_response(rendered).map_into_right_body()
                }
            };
            protect(answered.headers_mut(), &id, docs);
            let req = answered.request().clone();
            super::allowance::write(&req, answered.headers_mut());
            let pattern = RoutePattern::of(&req);
            let caller = req.extensions().get::<CallerId>().map(|caller| caller.0.clone());
            record(&method, pattern.as_deref(), answered.status(), started.elapsed(), caller);
            Ok(answered)
        }
        Err(error) => {
            // A layer further in gave up; the request is gone with it.
            let problem = match error.as_error::<Problem>() {
                Some(problem) => problem.clone(),
                None => from_framework(error.as_response_error().status_code(), &error, None),
            };
            let mut rendered = problem.render(language, &id.0);
            keep_headers(error.error_response().headers(), rendered.headers_mut());
            protect(rendered.headers_mut(), &id, docs);
            record(&method, None, rendered.status(), started.elapsed(), None);
            Err(InternalError::from_response(error, rendered).into())
        }
    }
}

/// The problem that a response stands for, if it is an error that nobody has put into words yet.
fn problem_of<B>(response: &HttpResponse<B>) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    if let Some(problem) = response.error().and_then(|error| error.as_error::<Problem>()) {
        return Some(problem.clone());
    }
    let status = response.status();
    let worded = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
    if worded || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let allow = response.headers().get("allow").and_then(|allow| allow.to_str().ok());
    Some(match response.error() {
        Some(error) => from_framework(status, error, allow),
        None => from_framework(status, &status, allow),
    })
}

fn from_framework(status: StatusCode, cause: &impl std::fmt::Display, allow: Option<&str>) -> Problem {
    match Code::for_status(status) {
        Code::Internal => Problem::internal(cause),
        code => {
            let mut problem = Problem::plain(code);
            problem.allow = allow.map(str::to_owned);
            problem
        }
    }
}

/// What other layers said in headers (CORS, rate limits, Allow) stays; what described the body goes.
fn keep_headers(from: &HeaderMap, to: &mut HeaderMap) {
    let of_the_body =
        [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, TRANSFER_ENCODING, CACHE_CONTROL, ETAG, LAST_MODIFIED];
    let worded: Vec<HeaderName> = to.keys().cloned().collect();
    for (name, value) in from {
        if !of_the_body.contains(name) && !worded.contains(name) {
            to.append(name.clone(), value.clone());
        }
    }
    // The words follow the caller's language, whatever else a cache must look at.
    to.append(VARY, HeaderValue::from_static("Accept-Language"));
}

const STRICT: &str = "default-src 'none'; frame-ancestors 'none'";
const DOCS: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                    img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The headers that every response has; one that a handler set itself stays.
fn protect(headers: &mut HeaderMap, id: &RequestId, docs: bool) {
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(X_REQUEST_ID, id);
    }
    let is_json =
        headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.contains("json"));
    let mut add = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    add(X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(REFERRER_POLICY, "no-referrer");
    add(X_FRAME_OPTIONS, "DENY");
    add(CONTENT_SECURITY_POLICY, if docs { DOCS } else { STRICT });
    if is_json {
        add(CACHE_CONTROL, "no-store");
    }
}

fn record(method: &Method, pattern: Option<&str>, status: StatusCode, took: Duration, caller: Option<String>) {
    // Only patterns and known methods become labels: whatever a caller invents would be a new series.
    let route = pattern.unwrap_or("unmatched").to_owned();
    let method = match method.as_str() {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method.to_string(),
        _ => "other".to_owned(),
    };
    let labels = [("method", method.clone()), ("route", route.clone()), ("status", status.as_str().to_owned())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_seconds", &labels).record(took.as_secs_f64());
    let duration_ms = took.as_secs_f64() * 1000.0;
    let (status, user) = (status.as_u16(), caller.unwrap_or_default());
    if status >= 500 {
        tracing::warn!(%method, route, status, duration_ms, user, "answered");
    } else {
        tracing::info!(%method, route, status, duration_ms, user, "answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
        headers
    }

    #[test]
    fn only_sane_ids_are_taken_over() {
        let id = |value: &str| RequestId::accept(&headers("x-request-id", value)).0;
        assert_eq!(id("abc-1"), "abc-1");
        assert_eq!(id("a b").len(), 36);
        assert_eq!(id(&"x".repeat(65)).len(), 36);
    }

    #[test]
    fn a_traceparent_is_honoured() {
        let given = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = format!("00-{given}-00f067aa0ba902b7-01");
        assert_eq!(trace_id(&headers("traceparent", &parent)), given);
        for wrong in ["", "00-xyz-1-01", "00-00000000000000000000000000000000-1-01"] {
            let made = trace_id(&headers("traceparent", wrong));
            assert!(made.len() == 32 && made != "0".repeat(32));
        }
    }
}
