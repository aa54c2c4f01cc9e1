//! How much of a quota a caller has left: the fields `RateLimit` and `RateLimit-Policy` (IETF draft `ratelimit-headers`, version 10). Who is limited,
//! and by how much, is the access layer's matter.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What is left of one quota after this request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whose quota it is: `account`, `address`, `caller`.
    pub policy: &'static str,
    /// Requests in the window.
    pub quota: u32,
    /// The window in seconds.
    pub window: u64,
    /// Requests left.
    pub remaining: u32,
    /// Seconds until all of it is free again; after a refusal, until the next request is let through.
    pub reset: u64,
}

/// What was told so far of this request, in its extensions.
#[derive(Clone, Debug, Default)]
struct Told(Vec<Allowance>);

/// Tells the caller of a request.
pub fn tell(req: &HttpRequest, allowance: Allowance) {
    let mut extensions = req.extensions_mut();
    match extensions.get_mut::<Told>() {
        Some(told) => told.0.push(allowance),
        None => {
            extensions.insert(Told(vec![allowance]));
        }
    }
}

/// Writes the fields of what was told.
pub(super) fn write(req: &HttpRequest, headers: &mut HeaderMap) {
    let extensions = req.extensions();
    let Some(Told(all)) = extensions.get::<Told>() else { return };
    let list = |one: &dyn Fn(&Allowance) -> String| all.iter().map(one).collect::<Vec<_>>().join(", ");
    let policies = list(&|a| format!("\"{}\";q={};w={}", a.policy, a.quota, a.window));
    let left = list(&|a| format!("\"{}\";r={};t={}", a.policy, a.remaining, a.reset));
    for (name, text) in [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}
