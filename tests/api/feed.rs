//! The change feed: every event once, in one order, nothing skipped by late commits; page by page and as a stream.

use crate::harness::{Caller, PASSWORD, Process, Service};
use fitout::access::Actor;
use fitout::db::Id;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

/// All of the feed after a position, page by page.
fn all(caller: &Caller, after: i64, limit: usize, filter: &str) -> (Vec<Value>, i64) {
    let (mut events, mut after) = (Vec::new(), after);
    loop {
        let page = caller.get(&format!("/v1/events?after={after}&limit={limit}{filter}")).expect(200).body;
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        events.extend(data.clone());
        after = page["position"].as_i64().unwrap();
        if page["next"].is_null() {
            return (events, after);
        }
        assert_eq!(page["next"], after.to_string());
    }
}

fn seqs(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["seq"].as_i64().unwrap()).collect()
}

#[test]
fn every_event_is_told_once_in_order() {
    let service = Service::start();
    let manager = service.by("manager");
    let (_, before) = all(&manager, 0, 200, "");
    let project = service.inquiry("a_specialist_1");
    let path = format!("/v1/projects/{project}");
    for n in 0..7 {
        let body = json!({"kind": "call", "summary": format!("Call {n}")});
        service.by("a_specialist_1").post(&format!("{path}/interactions"), body).expect(201);
    }
    let (whole, position) = all(&manager, before, 200, "");
    let (pieces, same) = all(&manager, before, 2, "");
    assert_eq!((seqs(&whole), position), (seqs(&pieces), same));
    let mut sorted = seqs(&whole);
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted, seqs(&whole));
    let kinds: Vec<_> = whole.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "interaction.logged").count(), 7);
    let (nothing, still) = all(&manager, position, 50, "");
    assert!(nothing.is_empty() && still == position);
    // Each event holds the record at its version, as its own history does.
    let last = whole.last().unwrap();
    let subject = last["subject_id"].as_str().unwrap();
    let history = manager.get(&format!("/v1/interactions/{subject}/history")).expect(200).body;
    assert_eq!(history["data"][0]["data"], last["data"]);
    assert_eq!(last["subject_version"], 1);
}

#[test]
fn the_feed_is_filtered_by_kind_project_client_and_record() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let client = service.client("a_specialist_1");
    let (one, other) = (service.inquiry_of("a_specialist_1", &client), service.inquiry("a_specialist_1"));
    for project in [&one, &other] {
        let body = json!({"kind": "call", "summary": "Budget"});
        owner.post(&format!("/v1/projects/{project}/interactions"), body).expect(201);
    }
    let told = |filter: &str| all(&manager, 0, 200, filter).0;
    let of_one = told(&format!("&project={one}"));
    assert!(!of_one.is_empty() && of_one.iter().all(|event| event["project_id"] == one.as_str()));
    let logged = told(&format!("&kind=interaction.logged&project={one}"));
    assert_eq!(logged.len(), 1);
    let of_client = told(&format!("&client={client}"));
    assert!(of_client.len() > of_one.len(), "the client's own events come with those of its projects");
    assert!(of_client.iter().all(|event| event["project_id"] != other.as_str()));
    let record = logged[0]["subject_id"].as_str().unwrap();
    assert_eq!(told(&format!("&subject={record}")).len(), 1);
    let refused = manager.get("/v1/events?kind=interaction.loged").refused(422, "validation");
    assert!(refused.text().contains("interaction.logged"), "{}", refused.text());
    manager.get("/v1/events?after=-1").refused(422, "validation");
    manager.get("/v1/events?limit=201").refused(422, "validation");
}

#[test]
fn the_feed_ends_where_sight_ends() {
    let service = Service::start();
    let project = service.inquiry("a_specialist_1");
    let path = format!("/v1/projects/{project}");
    let body = json!({"kind": "call", "summary": "Budget"});
    service.by("a_specialist_1").post(&format!("{path}/interactions"), body).expect(201);
    service.by("admin").patch("/v1/users/b_leader", json!({"display_name": "Wong Fai"})).expect(200);
    let told = |key: &str| all(&service.by(key), 0, 200, "").0;
    let of_project = |events: &[Value]| events.iter().filter(|event| event["project_id"] == project.as_str()).count();
    for key in ["manager", "auditor", "a_specialist_1", "a_leader"] {
        assert_eq!(of_project(&told(key)), 2, "{key}");
    }
    for key in ["b_leader", "b_specialist_1", "c_specialist_1"] {
        assert_eq!(of_project(&told(key)), 0, "{key}");
        assert!(told(key).iter().all(|event| event["subject_kind"] != "user"), "{key}");
    }
    assert!(told("manager").iter().any(|event| event["kind"] == "user.changed"));
    service.by("design").get("/v1/events").refused(403, "forbidden");
}

/// A transaction that took its number early and commits late holds the feed back; it is never skipped.
#[test]
fn a_late_commit_is_not_skipped() {
    let service = Service::start();
    let manager = service.by("manager");
    let (_, before) = all(&manager, 0, 200, "");
    let mut late = service.database.connect();
    if !late.is_postgres() {
        // One writer: nobody else could commit meanwhile.
        return;
    }
    let (begun, go) = (std::sync::mpsc::channel::<()>(), std::sync::mpsc::channel::<()>());
    let actor = service.sql(|conn| {
        use diesel::prelude::*;
        use fitout::db::schema::users;
        let id = users::table.filter(users::username.eq("manager")).select(users::id).first::<Id>(conn).unwrap();
        Actor::by_id(conn, id).unwrap().unwrap()
    });
    let holding = std::thread::spawn(move || {
        use diesel::Connection;
        late.transaction(|conn| -> Result<(), Box<dyn std::error::Error>> {
            let mut tx = fitout::access::Tx::new(conn, actor).unwrap();
            let form = json!({});
            let event = Held { id: Id::new(), form };
            tx.record(&event, "calendar_day.put").unwrap();
            tx.flush().unwrap();
            begun.0.send(()).unwrap();
            go.1.recv().unwrap();
            Ok::<(), Box<dyn std::error::Error>>(())
        })
        .map_err(|e| e.to_string())
        .unwrap();
    });
    begun.1.recv().unwrap();
    service.inquiry("a_specialist_1");
    let (meanwhile, position) = all(&manager, before, 200, "");
    assert!(meanwhile.is_empty(), "what came after the open transaction waits for it: {meanwhile:?}");
    assert!(position < before + 2, "the position does not run ahead of what is settled");
    go.0.send(()).unwrap();
    holding.join().unwrap();
    let (after, _) = all(&manager, position, 200, "");
    assert_eq!(after[0]["kind"], "calendar_day.put", "first numbered, first told");
    assert!(after.iter().any(|event| event["kind"] == "project.inquiry_recorded"));
}

#[derive(serde::Serialize)]
struct Held {
    id: Id,
    form: Value,
}

impl fitout::events::Subject for Held {
    const KIND: &'static str = "calendar_day";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        1
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
}

/// An open stream, read line by line on a thread of its own.
struct Stream(std::sync::mpsc::Receiver<Option<String>>);

impl Stream {
    fn open(caller: &Caller, path: &str, headers: &[(&str, &str)]) -> Self {
        let agent = ureq::Agent::new_with_config(ureq::config::Config::builder().http_status_as_error(false).build());
        let mut request = agent
            .get(format!("{}{path}", caller.base))
            .header("authorization", format!("Bearer {}", caller.token.as_deref().unwrap()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.call().unwrap();
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (send, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(response.into_body().into_reader()).lines() {
                let Ok(line) = line else { break };
                if send.send(Some(line)).is_err() {
                    break;
                }
            }
            let _ = send.send(None);
        });
        Self(lines)
    }

    /// The next line that begins so, without the beginning; `None` where the stream ended.
    fn next(&self, begins: &str) -> Option<String> {
        let until = Instant::now() + Duration::from_secs(10);
        while let Ok(line) = self.0.recv_timeout(until.saturating_duration_since(Instant::now())) {
            match line {
                None => return None,
                Some(line) => {
                    if let Some(rest) = line.strip_prefix(begins) {
                        return Some(rest.to_owned());
                    }
                }
            }
        }
        panic!("no line `{begins}` within ten seconds")
    }
}

#[test]
fn a_stream_tells_what_happens_and_is_taken_up_again() {
    let service = Service::start();
    let manager = service.by("manager");
    let stream = Stream::open(&manager, "/v1/events/stream?kind=project.inquiry_recorded", &[]);
    stream.next(": from ");
    let first = service.inquiry("a_specialist_1");
    let id = stream.next("id: ").unwrap();
    assert_eq!(stream.next("event: ").unwrap(), "project.inquiry_recorded");
    let told: Value = serde_json::from_str(&stream.next("data: ").unwrap()).unwrap();
    assert_eq!((told["subject_id"].as_str(), told["seq"].to_string()), (Some(first.as_str()), id.clone()));
    drop(stream);
    let missed = service.inquiry("a_specialist_1");
    let again = Stream::open(
        &manager,
        "/v1/events/stream?kind=project.inquiry_recorded&after=0",
        &[("last-event-id", id.as_str())],
    );
    let told: Value = serde_json::from_str(&again.next("data: ").unwrap()).unwrap();
    assert_eq!(told["subject_id"], missed.as_str(), "it goes on after the last event that was read");
    manager.send("GET", "/v1/events/stream", &[("last-event-id", "yesterday")], None).refused(400, "bad_request");
}

#[test]
fn a_stream_keeps_to_sight_and_ends_with_the_session() {
    let service = Service::start();
    let theirs = Stream::open(&service.by("b_specialist_1"), "/v1/events/stream", &[]);
    theirs.next(": from ");
    service.inquiry("a_specialist_1");
    let mine = service.inquiry("b_specialist_1");
    let told: Value = serde_json::from_str(&theirs.next("data: ").unwrap()).unwrap();
    assert!(told["project_id"].is_null() || told["project_id"] == mine.as_str(), "{told}");
    let session = json!({"username": "manager", "password": PASSWORD});
    let session = service.nobody().send("POST", "/v1/auth/login", &[], Some(&session)).expect(200).body;
    let mut fresh = service.nobody();
    fresh.token = session["access_token"].as_str().map(str::to_owned);
    let stream = Stream::open(&fresh, "/v1/events/stream", &[]);
    stream.next(": from ");
    fresh.send("POST", "/v1/auth/logout", &[], None).expect(204);
    service.inquiry("a_specialist_1");
    assert_eq!(stream.next("data: "), None, "a stream ends at log-out");
}

/// What one process commits, the streams of another tell.
#[test]
fn a_stream_at_another_process_tells_it_soon() {
    let service = Service::start();
    let other = Process::beside(&service);
    let manager = service.by("manager");
    let stream = Stream::open(&other.with(&manager), "/v1/events/stream?kind=project.inquiry_recorded", &[]);
    stream.next(": from ");
    let mut delays: Vec<Duration> = (0..20)
        .map(|_| {
            service.inquiry("a_specialist_1");
            let committed = Instant::now();
            stream.next("data: ").unwrap();
            committed.elapsed()
        })
        .collect();
    delays.sort();
    println!("from commit to client: median {:?}, p95 {:?}", delays[10], delays[18]);
    assert!(delays[18] < Duration::from_secs(2), "{delays:?}");
}
