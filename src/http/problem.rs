//! Refusals as RFC 9457 problems: one type for every error of every layer.

use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use std::ops::{Deref, DerefMut};

use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::http::{StatusCode, header::HeaderName};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value, json};

pub use super::codes::Code;
pub use super::language::{Language, Said};
pub use super::problem_body::{FieldErrorBody, ProblemBody};

/// So many faults are told at once, which is more than anybody mends in one go; a body of a quarter of a megabyte can hold tens of thousands.
pub(super) const MOST_ERRORS: usize = 100;

/// A refusal. The message is rendered by the outermost middleware, where the caller's language and
/// the request id are known. Boxed, so that a `Result` with it stays small.
#[derive(Clone, Debug)]
pub struct Problem(Box<Refusal>);

/// What a [`Problem`] carries; reached by dereferencing it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The line of the table.
    pub code: Code,
    /// What is wrong this time, and what to do next.
    pub detail: Said,
    /// One entry for each value that is not valid.
    pub errors: Vec<FieldError>,
    /// What has to be supplied first.
    pub missing: Vec<Value>,
    /// What may be done instead.
    pub allowed: Vec<Value>,
    /// The state of the resource, when the caller's copy is stale.
    pub current: Option<Value>,
    /// Seconds to wait.
    pub retry_after: Option<u64>,
    /// The `Allow` header of a 405.
    pub allow: Option<String>,
}

/// One value that is not valid.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body; `?name` for a query parameter, the name for a header.
    pub pointer: String,
    /// What kind of fault: `missing`, `type`, `unknown_field`, `length`, `range`, …
    pub code: String,
    /// The fault in words.
    pub message: Said,
    /// The limits that were missed; never the refused value.
    pub params: Value,
}

impl FieldError {
    /// A fault at a place.
    pub fn new(
        pointer: impl Into<String>,
        code: impl Into<String>,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.into(),
            message: Said::new(en, zh),
            params: Value::Object(Map::new()),
        }
    }

    /// The same with its limits.
    pub fn with_params(mut self, params: Value) -> Self {
        self.params = params;
        self
    }
}

impl Deref for Problem {
    type Target = Refusal;
    fn deref(&self) -> &Refusal {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Refusal {
        &mut self.0
    }
}

impl Problem {
    /// A problem with this code and detail.
    pub fn new(code: Code, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self(Box::new(Refusal {
            code,
            detail: Said::new(en, zh),
            errors: Vec::new(),
            missing: Vec::new(),
            allowed: Vec::new(),
            current: None,
            retry_after: None,
            allow: None,
        }))
    }

    /// A problem that has nothing to add to its title.
    pub fn plain(code: Code) -> Self {
        Self::new(code, code.advice(), code.advice_zh())
    }

    /// 401: no token, or one that no longer counts.
    pub fn unauthenticated() -> Self {
        Self::plain(Code::Unauthenticated)
    }

    /// 403: the role may not do this.
    pub fn forbidden(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, en, zh)
    }

    /// 403: the role may, but not in this project.
    pub fn not_party(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Code::NotParty, en, zh)
    }

    /// 400: a header, parameter or the form of the request.
    pub fn bad_request(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, en, zh)
    }

    /// 404: absent or out of sight.
    pub fn not_found() -> Self {
        Self::plain(Code::NotFound)
    }

    /// 409: something with the same identifying value exists, or it is in use.
    pub fn conflict(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Code::Conflict, en, zh)
    }

    /// 409: not in this state.
    pub fn state(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Code::State, en, zh)
    }

    /// 409: evidence is missing; add it with [`Problem::with_missing`].
    pub fn evidence(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Code::Evidence, en, zh)
    }

    /// 409: the amounts do not add up.
    pub fn money(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(Code::Money, en, zh)
    }

    /// 422 with one entry; further ones by [`Problem::and_field`].
    pub fn validation(
        pointer: impl Into<String>,
        code: impl Into<String>,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        Self::invalid(vec![FieldError::new(pointer, code, en, zh)])
    }

    /// 422 with its entries, the first hundred of them.
    pub fn invalid(mut errors: Vec<FieldError>) -> Self {
        let mut problem = Self::plain(Code::Validation);
        errors.truncate(MOST_ERRORS);
        problem.errors = errors;
        problem
    }

    /// 503 with the seconds to wait.
    pub fn unavailable(retry_after: u64) -> Self {
        Self::plain(Code::Unavailable).with_retry_after(retry_after)
    }

    /// 500: logged here, once; the caller learns nothing but the request id.
    pub fn internal(cause: &impl Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::plain(Code::Internal)
    }

    /// 503: there is no room to save anything. Who runs the service has to make some; the service goes on by itself once there is.
    pub fn no_room(cause: &impl Display) -> Self {
        tracing::error!(%cause, "the disk is full");
        let (en, zh) = (
            "The service's disk is full or failing, so nothing was saved. Whoever runs it has to mend that; try again later.",
            "服務的磁盤已滿或有故障，未保存任何內容；須由運維人員處理，請稍後再試。",
        );
        Self::new(Code::Unavailable, en, zh).with_retry_after(30)
    }

    /// A file that could not be written or read: [`no_room`](Self::no_room) where the disk is full, else 500.
    pub fn storage(cause: &(dyn Error + 'static)) -> Self {
        let mut next = Some(cause);
        while let Some(error) = next {
            let io = error.downcast_ref::<io::Error>();
            if io.is_some_and(|e| matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)) {
                return Self::no_room(&cause);
            }
            // An I/O error passes over what it wraps when it is asked for its source.
            let wrapped = io.and_then(io::Error::get_ref).map(|e| -> &(dyn Error + 'static) { e });
            next = wrapped.or_else(|| error.source());
        }
        Self::internal(&cause)
    }

    /// Another value that is not valid.
    pub fn and_field(
        mut self,
        pointer: impl Into<String>,
        code: impl Into<String>,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        self.errors.push(FieldError::new(pointer, code, en, zh));
        self
    }

    /// The same with these entries in `errors`.
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// What has to be supplied first.
    pub fn with_missing(mut self, missing: Vec<Value>) -> Self {
        self.missing = missing;
        self
    }

    /// What may be done instead.
    pub fn with_allowed(mut self, allowed: Vec<Value>) -> Self {
        self.allowed = allowed;
        self
    }

    /// The resource as it is now.
    pub fn with_current(mut self, current: Value) -> Self {
        self.current = Some(current);
        self
    }

    /// `Retry-After` in seconds.
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The `Allow` header of a 405.
    pub fn with_allow(mut self, methods: impl Into<String>) -> Self {
        self.allow = Some(methods.into());
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The JSON of the problem in one language; optional members only where they say something.
    pub fn to_json(&self, language: Language, request_id: &str) -> Value {
        let title = match language {
            Language::En => self.code.title_en(),
            Language::Zh => self.code.title_zh(),
        };
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("type", format!("/problems/{}", self.code.name()).into());
        put("title", title.into());
        put("status", self.status().as_u16().into());
        put("detail", self.detail.in_language(language).into());
        put("code", self.code.name().into());
        put("request_id", request_id.into());
        if !self.errors.is_empty() {
            let errors = self.errors.iter().map(|error| {
                json!({
                    "pointer": error.pointer,
                    "code": error.code,
                    "message": error.message.in_language(language),
                    "params": error.params,
                })
            });
            put("errors", errors.collect());
        }
        if !self.missing.is_empty() {
            put("missing", self.missing.clone().into());
        }
        if !self.allowed.is_empty() {
            put("allowed", self.allowed.clone().into());
        }
        if let Some(current) = &self.current {
            put("current", current.clone());
        }
        Value::Object(body)
    }

    /// The finished response, for the outermost middleware.
    pub(crate) fn render(&self, language: Language, request_id: &str) -> HttpResponse {
        let bytes = serde_json::to_vec(&self.to_json(language, request_id)).unwrap_or_default();
        let mut response =
            HttpResponse::with_body(self.status(), actix_web::body::BoxBody::new(bytes::Bytes::from(bytes)));
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        };
        set(CONTENT_TYPE, "application/problem+json");
        set(CONTENT_LANGUAGE, language.tag());
        set(CACHE_CONTROL, "no-store");
        match self.code {
            Code::Unauthenticated => set(WWW_AUTHENTICATE, "Bearer"),
            Code::TooManyRequests | Code::Unavailable => {
                set(RETRY_AFTER, &self.retry_after.unwrap_or(1).to_string());
            }
            _ => {}
        }
        if let Some(allow) = &self.allow {
            set(ALLOW, allow);
        }
        response
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail.en)?;
        for error in &self.errors {
            write!(f, " [{} {}: {}]", error.pointer, error.code, error.message.en)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// An empty answer that carries the problem; the middleware writes the body.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status());
        response.extensions_mut().insert(self.clone());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_wherever_it_is_wrapped() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(Problem::storage(&full()).code, Code::Unavailable);
        assert_eq!(Problem::storage(&io::Error::other(io::Error::other(full()))).code, Code::Unavailable);
        assert_eq!(Problem::storage(&io::Error::from(io::ErrorKind::NotFound)).code, Code::Internal);
    }

    #[test]
    fn a_problem_speaks_both_languages_and_omits_what_is_empty() {
        let problem = Problem::validation("/name", "length", "Too long.", "過長。");
        let en = problem.to_json(Language::En, "r-1");
        assert_eq!(en["type"], "/problems/validation");
        assert_eq!(en["status"], 422);
        assert_eq!(en["request_id"], "r-1");
        assert_eq!(en["errors"][0]["message"], "Too long.");
        assert!(en.get("missing").is_none() && en.get("current").is_none());
        let zh = problem.to_json(Language::Zh, "r-1");
        assert_eq!(zh["title"], "部分內容未通過校驗");
        assert_eq!(zh["errors"][0]["message"], "過長。");
        assert_eq!(zh["code"], "validation");
    }
}
