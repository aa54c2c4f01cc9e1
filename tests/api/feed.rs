//! The change feed: every event once, in one order, nothing skipped by late commits; page by page, and as a stream (`streams`).

mod streams;

use crate::harness::{Caller, Service};
use fitout::access::Actor;
use fitout::db::Id;
use serde_json::{Value, json};
use std::time::Duration;

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
    // By comma or one by one.
    for kinds in
        ["kind=interaction.logged,project.inquiry_recorded", "kind=interaction.logged&kind=project.inquiry_recorded"]
    {
        assert_eq!(told(&format!("&{kinds}&project={one}")).len(), 2, "{kinds}");
    }
    let (many, most) = (vec!["interaction.logged"; 301].join(","), vec!["interaction.logged"; 300].join(","));
    assert_eq!(told(&format!("&kind={most}&project={one}")).len(), 1);
    for wrong in ["", "interaction.logged,", "interaction.logged&kind=nonsense", &many] {
        let refused = manager.get(&format!("/v1/events?kind={wrong}")).refused(422, "validation");
        assert_eq!(refused.body["errors"][0]["pointer"], "?kind", "{}", refused.text());
    }
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

/// What belongs to no project is told to whoever sees the client.
#[test]
fn events_of_clients_end_where_sight_of_clients_ends() {
    let service = Service::start();
    let (of_a, of_b) = (service.client("a_specialist_1"), service.client("b_specialist_1"));
    service.by("a_specialist_1").patch(&format!("/v1/clients/{of_a}"), json!({"grade": "A"})).expect(200);
    let told = |key: &str, filter: &str| {
        let mut events = all(&service.by(key), 0, 200, filter).0;
        events.retain(|event| ["client", "contact"].contains(&event["subject_kind"].as_str().unwrap()));
        let of = |client: &str| events.iter().filter(|event| event["client_id"] == client).count();
        (of(&of_a), of(&of_b), events.len())
    };
    let kinds: Vec<_> = all(&service.by("a_leader"), 0, 200, "").0.iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["client.recorded", "contact.recorded", "client.changed"]);
    for key in ["manager", "finance", "auditor", "c_specialist_1"] {
        assert_eq!(told(key, ""), (3, 2, 5), "{key}");
    }
    for key in ["a_specialist_1", "a_leader", "a_assistant"] {
        assert_eq!(told(key, ""), (3, 0, 3), "{key}");
    }
    for key in ["b_specialist_1", "b_leader"] {
        assert_eq!(told(key, ""), (0, 2, 2), "{key}");
        assert_eq!(told(key, &format!("&client={of_a}")), (0, 0, 0), "{key}");
    }
    assert_eq!(told("a_specialist_2", ""), (0, 0, 0));
}

#[test]
fn the_versions_of_a_record_are_told_without_a_gap() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let client = service.client("a_specialist_1");
    let project = format!("/v1/projects/{}", service.inquiry_of("a_specialist_1", &client));
    let client = format!("/v1/clients/{client}");
    for rooms in 3..6 {
        let needs = json!({"needs": format!("{rooms} rooms")});
        owner.patch(&client, needs.clone()).expect(200);
        owner.patch(&project, needs).expect(200);
    }
    let call = json!({"kind": "call", "summary": "Wrong project"});
    let call = owner.post(&format!("{project}/interactions"), call).expect(201).location();
    owner.act(&call, "void", json!({"reason": "wrong project"})).expect(200);
    for (record, last) in [(client, 4), (project, 4), (call, 2)] {
        let id = record.rsplit('/').next().unwrap();
        let told = all(&owner, 0, 200, &format!("&subject={id}")).0;
        let versions: Vec<i64> = told.iter().map(|event| event["subject_version"].as_i64().unwrap()).collect();
        assert_eq!(versions, (1..=last).collect::<Vec<i64>>(), "{record}");
        assert_eq!(owner.get(&record).expect(200).header("etag"), format!("\"{last}\""), "{record}");
    }
}

/// Transactions that took their numbers early hold the feed back, in whatever order they end; none is skipped, and what was rolled back is not told.
#[test]
fn a_late_commit_is_not_skipped() {
    let service = Service::start();
    let manager = service.by("manager");
    let (_, before) = all(&manager, 0, 200, "");
    if !service.database.connect().is_postgres() {
        // One writer: nobody else could commit meanwhile.
        return;
    }
    let stream = streams::Stream::open(&manager, &format!("/v1/events/stream?after={before}"), &[]);
    let (first, second, third) = (hold(&service), hold(&service), hold(&service));
    service.inquiry("a_specialist_1");
    let waits = || {
        let (meanwhile, position) = all(&manager, before, 200, "");
        assert!(meanwhile.is_empty(), "what came after an open transaction waits for it: {meanwhile:?}");
        assert!(position < before + 2, "the position does not run ahead of what is settled");
    };
    waits();
    let third = third.end(true);
    waits();
    second.end(false);
    waits();
    assert!(stream.within(Duration::from_millis(300), "data: ").is_none(), "a stream waits as well");
    let first = first.end(true);
    let (after, _) = all(&manager, before, 200, "");
    let subjects: Vec<&str> = after.iter().map(|event| event["subject_id"].as_str().unwrap()).collect();
    assert_eq!(subjects[..2], [first.as_str(), third.as_str()], "first numbered, first told");
    assert!(after.iter().any(|event| event["kind"] == "project.inquiry_recorded"));
    let streamed: Vec<i64> = after.iter().map(|_| told_by(&stream)).collect();
    assert_eq!(streamed, seqs(&after));
}

/// An open transaction that has written an event.
struct Holding {
    subject: String,
    go: std::sync::mpsc::Sender<bool>,
    ends: std::thread::JoinHandle<()>,
}

fn hold(service: &Service) -> Holding {
    let mut late = service.database.connect();
    let (begun, go) = (std::sync::mpsc::channel::<()>(), std::sync::mpsc::channel::<bool>());
    let actor = service.sql(|conn| {
        use diesel::prelude::*;
        use fitout::db::schema::users;
        let id = users::table.filter(users::username.eq("manager")).select(users::id).first::<Id>(conn).unwrap();
        Actor::by_id(conn, id).unwrap().unwrap()
    });
    let event = Held { id: Id::new(), form: json!({}) };
    let subject = event.id.to_string();
    let ends = std::thread::spawn(move || {
        use diesel::Connection;
        let ended = late.transaction(|conn| -> Result<(), Box<dyn std::error::Error>> {
            let mut tx = fitout::access::Tx::new(conn, actor).unwrap();
            tx.record(&event, "calendar_day.put").unwrap();
            tx.flush().unwrap();
            begun.0.send(()).unwrap();
            if go.1.recv().unwrap() { Ok(()) } else { Err("rolled back".into()) }
        });
        assert!(ended.is_ok() || ended.unwrap_err().to_string() == "rolled back");
    });
    begun.1.recv().unwrap();
    Holding { subject, go: go.0, ends }
}

impl Holding {
    /// Ends it; says what its event was about.
    fn end(self, commits: bool) -> String {
        self.go.send(commits).unwrap();
        self.ends.join().unwrap();
        self.subject
    }
}

/// The number of the next event of a stream.
fn told_by(stream: &streams::Stream) -> i64 {
    let event: Value = serde_json::from_str(&stream.next("data: ").unwrap()).unwrap();
    event["seq"].as_i64().unwrap()
}

/// Whoever reads on while many write is told everything once, by pages and by the stream.
#[test]
fn nothing_is_missed_while_many_write() {
    const WRITERS: i64 = 6;
    const EACH: i64 = 15;
    let service = Service::start();
    let manager = service.by("manager");
    let projects: Vec<String> = (0..WRITERS).map(|_| service.inquiry("a_specialist_1")).collect();
    let (_, before) = all(&manager, 0, 200, "");
    let stream = streams::Stream::open(&manager, &format!("/v1/events/stream?after={before}"), &[]);
    let mut told: Vec<i64> = Vec::new();
    std::thread::scope(|scope| {
        for project in &projects {
            let owner = service.by("a_specialist_1");
            scope.spawn(move || {
                for n in 0..EACH {
                    let call = json!({"kind": "call", "summary": format!("Call {n}")});
                    owner.post(&format!("/v1/projects/{project}/interactions"), call).expect(201);
                }
            });
        }
        let mut position = before;
        let deadline = std::time::Instant::now() + Duration::from_secs(120);
        while told.len() < usize::try_from(WRITERS * EACH).unwrap() && std::time::Instant::now() < deadline {
            let page = manager.get(&format!("/v1/events?after={position}&limit=3")).expect(200).body;
            told.extend(seqs(page["data"].as_array().unwrap()));
            position = page["position"].as_i64().unwrap();
        }
    });
    let written: Vec<i64> = service.sql(|conn| {
        use diesel::prelude::*;
        use fitout::db::schema::events;
        events::table.filter(events::seq.gt(before)).order(events::seq).select(events::seq).load(conn).unwrap()
    });
    assert_eq!(told, written);
    let streamed: Vec<i64> = written.iter().map(|_| told_by(&stream)).collect();
    assert_eq!(streamed, written);
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
