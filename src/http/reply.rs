//! Answers: serialised where the data is read, so that what is stored for a replay is what was sent.

use std::marker::PhantomData;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LINK, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::describe::{Describe, OperationDraft};
use super::listing::PageOf;
use super::precondition::etag;
use super::problem::Problem;
use super::query::pairs;

/// A finished answer of type `T`. `Send`, so that a database thread can make it.
#[derive(Clone, Debug)]
pub struct Reply<T, const STATUS: u16 = 200> {
    sent: Sent,
    kind: PhantomData<fn() -> T>,
}

/// An answer without its type.
#[derive(Clone, Debug)]
pub struct Sent {
    status: u16,
    bytes: Bytes,
    etag: Option<i64>,
    location: Option<String>,
    /// The parameter and its value that give the next page.
    next: Option<(&'static str, String)>,
    replayed: bool,
}

/// 200 with a `T`.
pub type Answer<T> = Result<Reply<T>, Problem>;
/// 201 with a `T` and its `Location`.
pub type CreatedAnswer<T> = Result<Reply<T, 201>, Problem>;
/// 204.
pub type EmptyAnswer = Result<Reply<(), 204>, Problem>;
/// 200 with one page of a list.
pub type Listed<T> = Result<Reply<PageOf<T>>, Problem>;

/// An answer as it is kept for replays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReply {
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte; JSON, and so text.
    pub body: String,
    /// The version in the `ETag`.
    pub etag: Option<i64>,
    /// The `Location`.
    pub location: Option<String>,
}

impl<T: Serialize> Reply<T, 200> {
    /// 200.
    pub fn ok(value: &T) -> Result<Self, Problem> {
        Self::of(value)
    }
}

impl<T: Serialize> Reply<PageOf<T>, 200> {
    /// 200 with one page of a list and the `Link` to the next.
    pub fn page(page: &PageOf<T>) -> Result<Self, Problem> {
        let mut reply = Self::of(page)?;
        reply.sent.next = page.next.clone().map(|cursor| ("cursor", cursor));
        Ok(reply)
    }

    /// The same from its parts.
    pub fn list(data: Vec<T>, next: Option<String>, total: Option<i64>) -> Result<Self, Problem> {
        Self::page(&PageOf { data, next, total })
    }
}

impl<T: Serialize> Reply<T, 201> {
    /// 201 and where the new resource is found.
    pub fn created(value: &T, location: impl Into<String>) -> Result<Self, Problem> {
        let mut reply = Self::of(value)?;
        reply.sent.location = Some(location.into());
        Ok(reply)
    }
}

impl Reply<(), 204> {
    /// 204.
    pub fn empty() -> Self {
        Self::from_parts(Bytes::new())
    }
}

impl<T: Serialize, const STATUS: u16> Reply<T, STATUS> {
    /// An answer with the status of its type.
    pub fn of(value: &T) -> Result<Self, Problem> {
        let bytes = serde_json::to_vec(value).map_err(|cause| Problem::internal(&cause))?;
        Ok(Self::from_parts(bytes.into()))
    }
}

impl<T, const STATUS: u16> Reply<T, STATUS> {
    fn from_parts(bytes: Bytes) -> Self {
        let sent = Sent { status: STATUS, bytes, etag: None, location: None, next: None, replayed: false };
        Self { sent, kind: PhantomData }
    }

    /// The same with the version of the resource as its `ETag`.
    pub fn version(mut self, version: i64) -> Self {
        self.sent.etag = Some(version);
        self
    }

    /// The same with the `Link` to what comes after this position of the feed.
    pub fn next_after(mut self, position: Option<&str>) -> Self {
        self.sent.next = position.map(|position| ("after", position.to_owned()));
        self
    }

    /// The body.
    pub fn bytes(&self) -> &Bytes {
        &self.sent.bytes
    }

    /// The same without its type.
    pub fn into_sent(self) -> Sent {
        self.sent
    }

    /// The same with its type again.
    pub fn of_sent(sent: Sent) -> Self {
        Self { sent, kind: PhantomData }
    }
}

impl Sent {
    /// What to keep for a replay.
    pub fn to_stored(&self) -> StoredReply {
        StoredReply {
            status: self.status,
            body: String::from_utf8_lossy(&self.bytes).into_owned(),
            etag: self.etag,
            location: self.location.clone(),
        }
    }

    /// A kept answer once more, marked as replayed.
    pub fn replayed(stored: StoredReply) -> Self {
        Self { replayed: true, ..Self::from(stored) }
    }
}

/// What a request was answered, or would have been.
impl From<StoredReply> for Sent {
    fn from(StoredReply { status, body, etag, location }: StoredReply) -> Self {
        Self { status, bytes: body.into(), etag, location, next: None, replayed: false }
    }
}

impl<T, const STATUS: u16> Responder for Reply<T, STATUS> {
    type Body = BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        self.sent.respond_to(req)
    }
}

impl Sent {
    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let empty = self.bytes.is_empty();
        let mut response = HttpResponse::with_body(status, BoxBody::new(self.bytes));
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        };
        if !empty {
            set(CONTENT_TYPE, "application/json");
        }
        set(CACHE_CONTROL, "no-store");
        if let Some(version) = self.etag {
            set(ETAG, &etag(version));
        }
        if let Some(location) = &self.location {
            set(LOCATION, location);
        }
        if let Some((name, value)) = &self.next {
            set(LINK, &next_link(req, name, value));
        }
        if self.replayed {
            set(HeaderName::from_static("idempotent-replayed"), "true");
        }
        response
    }
}

/// The same request for the next page (RFC 8288).
fn next_link(req: &HttpRequest, parameter: &str, value: &str) -> String {
    let kept = pairs(req.query_string()).into_iter().filter(|(name, _)| name != parameter);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(kept).append_pair(parameter, value);
    format!("<{}?{}>; rel=\"next\"", req.path(), query.finish())
}

impl<T: ToSchema, const STATUS: u16> Describe for Reply<T, STATUS> {
    fn describe(op: &mut OperationDraft) {
        if STATUS == 204 {
            op.empty_answer();
        } else {
            op.answer::<T>(STATUS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_page_links_to_the_next() -> Result<(), Problem> {
        let req = TestRequest::get().uri("/v1/memos?q=%E4%B8%AD&cursor=old&limit=2");
        let reply = Reply::list(vec![1, 2], Some("abc".into()), None)?;
        let response = reply.respond_to(&req.to_http_request());
        let link = response.headers().get(LINK).and_then(|v| v.to_str().ok());
        assert_eq!(link, Some("</v1/memos?q=%E4%B8%AD&limit=2&cursor=abc>; rel=\"next\""));
        Ok(())
    }

    #[test]
    fn a_replay_is_byte_for_byte_the_same() -> Result<(), Problem> {
        let reply = Reply::<_, 201>::created(&"x", "/v1/x")?.version(4);
        let stored = reply.into_sent().to_stored();
        let again = Sent::replayed(stored.clone());
        assert_eq!(again.to_stored(), stored);
        let response = again.respond_to(&TestRequest::get().to_http_request());
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers().get(ETAG).map(|v| v.as_bytes()), Some(&b"\"4\""[..]));
        assert!(response.headers().contains_key("idempotent-replayed"));
        Ok(())
    }
}
