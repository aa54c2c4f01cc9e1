//! Calls the API in process, as anybody of the demo company.

use crate::access::{Claims, Failure, Keys, Role};
use crate::app::App;
use crate::db::schema::users;
use crate::db::{At, Database, Id};
use crate::http::Problem;
use actix_web::body::to_bytes;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::test::{TestRequest, init_service};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

type Call = Box<dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = Result<(u16, Option<String>, Vec<u8>), String>>>>>;

/// The API in process, with tokens and the story's time.
pub struct Caller {
    call: Call,
    db: Database,
    keys: Keys,
    tokens: RefCell<BTreeMap<String, String>>,
    now: Cell<At>,
    walks: bool,
    /// Idempotency keys of one story are not those of another.
    story: Id,
    count: Cell<u64>,
}

impl Caller {
    /// Begins at this business instant; `walks` lets business time pass with the story.
    pub async fn new(app: &App, begin: At, walks: bool) -> Self {
        let service = std::rc::Rc::new(init_service(app.undisturbed().actix()).await);
        let call: Call = Box::new(move |request| {
            let service = service.clone();
            Box::pin(async move {
                let answer: ServiceResponse<_> = service.call(request.to_request()).await.map_err(|e| e.to_string())?;
                let status = answer.status().as_u16();
                let etag = answer.headers().get("etag").and_then(|v| v.to_str().ok()).map(str::to_owned);
                let bytes = to_bytes(answer.into_body()).await.map_err(|_| "an answer broke off".to_owned())?;
                Ok((status, etag, bytes.to_vec()))
            })
        });
        Self {
            call,
            db: app.services.db.clone(),
            keys: app.services.keys.clone(),
            tokens: RefCell::default(),
            now: Cell::new(begin),
            walks,
            story: Id::new(),
            count: Cell::new(0),
        }
    }

    /// Lets business time pass, where it walks with the story.
    pub async fn pass(&self, days: i64, hours: i64) -> Result<(), String> {
        if !self.walks {
            return Ok(());
        }
        let now = At::from(self.now.get().utc() + TimeDelta::days(days) + TimeDelta::hours(hours));
        self.now.set(now);
        self.put("admin", "/v1/sandbox/clock", json!({ "now": now, "frozen": true })).await.map(|_| ())
    }

    /// The story's date, this many days on (or back).
    pub fn day(&self, days: i64) -> String {
        let zone = chrono_tz::Tz::Asia__Shanghai;
        crate::clock::day_of(self.now.get(), zone).plus_days(days).to_string()
    }

    /// Reads.
    pub async fn get(&self, by: &str, path: &str) -> Result<Value, String> {
        Ok(self.send(by, Method::GET, path, None, None).await?.1)
    }

    /// Posts with a new idempotency key.
    pub async fn post(&self, by: &str, path: &str, body: Value) -> Result<Value, String> {
        Ok(self.send(by, Method::POST, path, None, Some(body)).await?.1)
    }

    /// Puts.
    pub async fn put(&self, by: &str, path: &str, body: Value) -> Result<Value, String> {
        Ok(self.send(by, Method::PUT, path, None, Some(body)).await?.1)
    }

    /// Reads the record's `ETag` and does an act on it.
    pub async fn act(&self, by: &str, record: &str, act: &str, body: Value) -> Result<Value, String> {
        let etag = self.send(by, Method::GET, record, None, None).await?.0;
        Ok(self.send(by, Method::POST, &format!("{record}/{act}"), etag, Some(body)).await?.1)
    }

    /// Files a small paper on a project; the document's id.
    pub async fn file(&self, by: &str, project: &str, category: &str, name: &str) -> Result<String, String> {
        let boundary = "fitout-demo-boundary";
        let text = format!("%PDF-1.4\n% demo paper: {category}, {name}, project {project}\n%%EOF\n");
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"category\"\r\n\r\n{category}\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/pdf\r\n\r\n{text}\r\n--{boundary}--\r\n"
        );
        let request = TestRequest::post()
            .uri(&format!("/v1/projects/{project}/documents"))
            .insert_header(("content-type", format!("multipart/form-data; boundary={boundary}")))
            .set_payload(body);
        let (_, answer) = self.finish(by, request, "file").await?;
        answer.get("id").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| "a filed paper has no id".to_owned())
    }

    async fn send(
        &self,
        by: &str,
        method: Method,
        path: &str,
        etag: Option<String>,
        body: Option<Value>,
    ) -> Result<(Option<String>, Value), String> {
        let mut request = TestRequest::with_uri(path).method(method);
        if let Some(etag) = etag {
            request = request.insert_header(("if-match", etag));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        self.finish(by, request, path).await
    }

    async fn finish(&self, by: &str, request: TestRequest, what: &str) -> Result<(Option<String>, Value), String> {
        let n = self.count.get() + 1;
        self.count.set(n);
        let token = self.token(by).await?;
        let request = request
            .insert_header(("authorization", format!("Bearer {token}")))
            .insert_header(("idempotency-key", format!("{}-{n}", self.story)));
        let (status, etag, bytes) = (self.call)(request).await?;
        if !(200..300).contains(&status) {
            return Err(format!(
                "the demo's {what} by {by} was answered {status}: {}",
                String::from_utf8_lossy(&bytes)
            ));
        }
        Ok((etag, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }

    async fn token(&self, key: &str) -> Result<String, String> {
        if let Some(token) = self.tokens.borrow().get(key) {
            return Ok(token.clone());
        }
        let name = key.to_owned();
        let row = self.db.read(move |conn| -> Result<(Id, Role, i64), Failure> {
            Ok(users::table
                .filter(users::username.eq(name))
                .select((users::id, users::role, users::token_generation))
                .first(conn)?)
        });
        let (id, role, generation) = row.await.map_err(|e| Problem::from(e).to_string())?;
        let claims = Claims::new(id, role, generation, Id::new(), At::now_real().utc().timestamp());
        let token = self.keys.sign(&claims).map_err(|e| e.to_string())?;
        self.tokens.borrow_mut().insert(key.to_owned(), token.clone());
        Ok(token)
    }

    /// The id of a person.
    pub async fn person(&self, key: &str) -> Result<String, String> {
        id_of(&self.get("admin", &format!("/v1/users/{key}")).await?)
    }
}

/// The id of what was answered.
pub fn id_of(answer: &Value) -> Result<String, String> {
    answer.get("id").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("no id in {answer}"))
}
