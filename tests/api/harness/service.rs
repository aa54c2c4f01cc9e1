//! A service in this process, on a port of its own.

use super::answer::Answer;
use super::contract::has_trial;
use super::database::{Backend, Seed, TestDatabase};
use clap::Parser;
use diesel::prelude::*;
use fitout::access::{Claims, Keys, Role};
use fitout::app::{App, Mode};
use fitout::config::Cli;
use fitout::db::schema::{events, users};
use fitout::db::{AnyConnection, Database, Id};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Mutex, mpsc};

pub const KEY: &str = "kX3vQ0pZ7sLm2Wc9Ty5Rb8Nd1Hf4Gj6Ke";

pub struct Service {
    pub base: String,
    pub database: TestDatabase,
    /// The threads of this service alone.
    pub threads: Database,
    agent: ureq::Agent,
    callers: Mutex<BTreeMap<String, Caller>>,
    handle: actix_web::dev::ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Somebody with a token (or nobody).
#[derive(Clone)]
pub struct Caller {
    pub base: String,
    agent: ureq::Agent,
    pub id: String,
    pub token: Option<String>,
    /// The database of somebody who tries everything first.
    tries: Option<String>,
}

impl Service {
    /// On the database of this run, with the company.
    pub fn start() -> Self {
        Self::start_on(Backend::of_this_run(), Seed::Company)
    }

    pub fn start_on(backend: Backend, seed: Seed) -> Self {
        Self::start_in(TestDatabase::create(backend, seed))
    }

    pub fn start_in(database: TestDatabase) -> Self {
        Self::start_with(database, &[])
    }

    /// With settings besides those of every test.
    pub fn start_with(database: TestDatabase, settings: &[&str]) -> Self {
        let data = database.folder.join("data");
        let arguments = [
            "fitout",
            "--database-url",
            &database.url,
            "--data-dir",
            data.to_str().unwrap(),
            "--signing-key",
            KEY,
            "--workers",
            "1",
            "--db-threads",
            "4",
            "--max-upload",
            "1048576",
        ];
        let config = Cli::try_parse_from(arguments.iter().chain(settings)).unwrap().config;
        let app = App::build(&config, Mode::Sandbox).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let threads = app.services.db.clone();
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let db = app.services.db.clone();
                let sender = app.config.webhook_private_targets.then(|| app.sender());
                let sending = sender.clone().map(|sender| actix_web::rt::spawn(sender.run()));
                let server = app.server(listener).unwrap();
                send.send(server.handle()).unwrap();
                server.await.unwrap();
                if let (Some(sender), Some(sending)) = (sender, sending) {
                    sender.stop();
                    sending.await.unwrap();
                }
                db.shutdown();
            });
        });
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Self {
            base,
            database,
            threads,
            agent,
            callers: Mutex::default(),
            handle: receive.recv().unwrap(),
            thread: Some(thread),
        }
    }

    /// A person of the company, by key.
    #[track_caller]
    pub fn by(&self, key: &str) -> Caller {
        if let Some(caller) = self.callers.lock().unwrap().get(key) {
            return caller.clone();
        }
        let caller = self.fresh(key);
        self.callers.lock().unwrap().insert(key.to_owned(), caller.clone());
        caller
    }

    /// As [`Service::by`], with a new token (after a change of role, say).
    #[track_caller]
    pub fn fresh(&self, key: &str) -> Caller {
        let row =
            users::table.filter(users::username.eq(key)).select((users::id, users::role, users::token_generation));
        let (id, role, generation): (Id, Role, i64) =
            self.sql(|conn| row.first(conn)).unwrap_or_else(|e| panic!("nobody is {key}: {e}"));
        let claims = Claims::new(id, role, generation, Id::new(), chrono::Utc::now().timestamp());
        let token = Keys::new(KEY.as_bytes()).sign(&claims).unwrap();
        Caller { id: id.to_string(), token: Some(token), ..self.nobody() }
    }

    /// A caller without a token.
    pub fn nobody(&self) -> Caller {
        Caller { base: self.base.clone(), agent: self.agent.clone(), id: String::new(), token: None, tries: None }
    }

    /// Straight to the database.
    pub fn sql<T>(&self, work: impl FnOnce(&mut AnyConnection) -> T) -> T {
        work(&mut self.database.connect())
    }

    /// Moves and freezes business time.
    #[track_caller]
    pub fn clock(&self, now: &str) {
        self.by("admin").put("/v1/sandbox/clock", json!({ "now": now, "frozen": true })).expect(200);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let stop = self.handle.stop(false);
        let _ = std::thread::spawn(move || actix_web::rt::System::new().block_on(stop)).join();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Caller {
    /// The same person at another replica.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The same person, who sends first as a trial what has one: it must be answered alike and leave no event.
    pub fn trying(self, database: &TestDatabase) -> Self {
        Self { tries: Some(database.url.clone()), ..self }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    /// With a new idempotency key.
    pub fn post(&self, path: &str, body: Value) -> Answer {
        let key = uuid::Uuid::new_v4().to_string();
        self.send("POST", path, &[("idempotency-key", &key)], Some(&body))
    }

    pub fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, &[], Some(&body))
    }

    /// Reads the `ETag` and patches with it.
    #[track_caller]
    pub fn patch(&self, path: &str, body: Value) -> Answer {
        let etag = self.etag(path);
        self.send("PATCH", path, &[("if-match", &etag)], Some(&body))
    }

    /// Reads the record's `ETag` and does an act on it.
    #[track_caller]
    pub fn act(&self, record: &str, act: &str, body: Value) -> Answer {
        let etag = self.etag(record);
        self.act_at(record, act, &etag, body)
    }

    /// Does an act on the version with this `ETag`.
    pub fn act_at(&self, record: &str, act: &str, etag: &str, body: Value) -> Answer {
        let key = uuid::Uuid::new_v4().to_string();
        self.send("POST", &format!("{record}/{act}"), &[("if-match", etag), ("idempotency-key", &key)], Some(&body))
    }

    /// Why this caller may not do an act on a record now, as its `available_actions` say; nothing where it is allowed.
    pub fn foreseen(&self, record: &str, act: &str) -> Option<String> {
        let shown = self.get(record).expect(200).body;
        let acts = shown["available_actions"].as_array().unwrap();
        let told = acts.iter().find(|told| told["action"] == act).unwrap();
        assert_eq!(told["allowed"], told["refusal"].is_null());
        told["refusal"].as_str().map(str::to_owned)
    }

    /// The record's `ETag`; `*` where the caller cannot read it, so that the act itself answers.
    pub fn etag(&self, path: &str) -> String {
        let answer = self.get(path);
        if answer.status == 200 { answer.header("etag").to_owned() } else { "*".to_owned() }
    }

    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let bytes = body.map(|b| serde_json::to_vec(b).unwrap()).unwrap_or_default();
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/json"));
        }
        let tried = self.tries.as_deref().filter(|_| has_trial(method, path)).map(|url| {
            let before = events_in(url);
            let tried = self.send_bytes(method, &format!("{path}?dry_run=true"), &all, bytes.clone());
            assert_eq!(events_in(url), before, "a trial left events: {method} {path}");
            tried
        });
        let answer = self.send_bytes(method, path, &all, bytes);
        if let Some(tried) = tried {
            let both = format!("{method} {path}\n  tried: {}\n  done: {}", tried.text(), answer.text());
            assert_eq!((tried.status, tried.code()), (answer.status, answer.code()), "{both}");
        }
        answer
    }

    /// Every answer is held against the document, whatever the test looks at.
    #[track_caller]
    pub fn send_bytes(&self, method: &str, path: &str, headers: &[(&str, &str)], bytes: Vec<u8>) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response =
            self.agent.run(request.body(bytes).unwrap()).unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        let headers = response
            .headers()
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect();
        let bytes = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec().unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let (method, path, status) = (method.to_owned(), path.to_owned(), response.status().as_u16());
        let answer = Answer { method, path, status, headers, body, bytes };
        super::contract::check(&answer);
        answer
    }

    /// Uploads a small file to a project in a category; the document's id.
    #[track_caller]
    pub fn upload(&self, project: &str, category: &str, file_name: &str) -> Answer {
        self.upload_bytes(
            &format!("/v1/projects/{project}/documents"),
            category,
            file_name,
            format!("%PDF-1.4 {category} {}", uuid::Uuid::new_v4()).as_bytes(),
        )
    }

    pub fn upload_bytes(&self, path: &str, category: &str, file_name: &str, content: &[u8]) -> Answer {
        self.send_file(path, &[], Some(category), (file_name, content))
    }

    /// Uploads a file, in a category where the form has one.
    pub fn send_file(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        category: Option<&str>,
        (file_name, content): (&str, &[u8]),
    ) -> Answer {
        let boundary = "fitout-test-boundary";
        let part = |name: &str, more: &str| {
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n")
        };
        let category = category.map(|category| format!("{}{category}\r\n", part("category", "")));
        let file = format!("; filename=\"{file_name}\"\r\nContent-Type: application/octet-stream");
        let mut body = format!("{}{}", category.unwrap_or_default(), part("file", &file)).into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.send_bytes("POST", path, &[headers, &[("content-type", kind.as_str())]].concat(), body)
    }
}

fn events_in(url: &str) -> i64 {
    let mut conn = AnyConnection::open(&url.parse().unwrap()).unwrap();
    events::table.count().get_result(&mut conn).unwrap()
}
