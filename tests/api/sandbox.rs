//! What only a sandbox has: reset, projects that stand where a test needs them, failures on demand, the outbox.

use crate::harness::{Caller, PASSWORD, Service};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn make(service: &Service, body: Value) -> crate::harness::Answer {
    service.by("admin").send("POST", "/v1/sandbox/projects", &[], Some(&body))
}

#[test]
fn a_project_stands_at_whatever_stage_a_test_needs() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    for stage in fitout::workflow::Stage::ALL.iter().map(|stage| stage.as_str()) {
        let made = make(&service, json!({"stage": stage, "name": stage})).expect(201);
        assert_eq!((&made.body["stage"], &made.body["name"]), (&json!(stage), &json!(stage)));
        let seen = service.by("manager").get(&made.location()).expect(200).body;
        assert_eq!(seen["stage"], stage);
        let events = service.by("auditor").get(&format!("{}/timeline?limit=200", made.location())).expect(200).body;
        let at: Vec<&str> = events["data"].as_array().unwrap().iter().map(|e| e["at"].as_str().unwrap()).collect();
        assert!(at.iter().all(|at| *at == "2026-03-04T02:00:00Z"), "no time passes: {at:?}");
    }
    // It is as good as any other: what comes next can be done.
    let made =
        make(&service, json!({"stage": "settlement", "owner": "b_specialist_1", "amount": 60_000_000})).expect(201);
    assert_eq!(made.body["front_owner_id"], service.by("b_specialist_1").id.as_str());
    let receivables = service.by("finance").get(&format!("/v1/receivables?project={}", made.id())).expect(200).body;
    let sum: i64 = receivables["data"].as_array().unwrap().iter().map(|r| r["amount"].as_i64().unwrap()).sum();
    assert_eq!(sum, 60_000_000 + 325_000 - 50_000, "the final account is confirmed");
    assert_eq!(make(&service, json!({"stage": "done"})).refused(422, "validation").pointers(), ["/stage"]);
    assert_eq!(
        make(&service, json!({"stage": "intake", "owner": "c_leader"})).refused(422, "validation").pointers(),
        ["/owner"]
    );
    let body = json!({"stage": "intake"});
    service.by("manager").send("POST", "/v1/sandbox/projects", &[], Some(&body)).refused(403, "forbidden");
}

#[test]
fn a_story_that_cannot_go_on_says_so() {
    let service = Service::start();
    let design = format!("/v1/users/{}", service.by("design").id);
    service.by("admin").patch(&design, json!({"active": false})).expect(200);
    let refused = make(&service, json!({"stage": "bidding"})).refused(409, "state");
    assert!(refused.body["detail"].as_str().unwrap().contains("reset the sandbox"), "{}", refused.text());
}

fn signed_in(service: &Service, username: &str, password: &str) -> Caller {
    let body = json!({"username": username, "password": password});
    let session = service.nobody().send("POST", "/v1/auth/login", &[], Some(&body)).expect(200).body;
    let mut caller = service.nobody();
    caller.token = session["access_token"].as_str().map(str::to_owned);
    caller
}

#[test]
fn a_sandbox_is_thrown_away_and_made_anew() {
    let service = Service::start();
    let admin = service.by("admin");
    service.clock("2026-03-04T10:00:00+08:00");
    let kept = service.project_at("settlement");
    service.sealed(&kept);
    let first = admin.get("/v1/events?limit=1").expect(200).body["data"][0]["seq"].as_i64().unwrap();
    let reset = |caller: &Caller, body: Value| caller.send("POST", "/v1/sandbox/reset", &[], Some(&body));
    assert_eq!(
        reset(&admin, json!({})).refused(422, "validation").pointers(),
        ["/password"],
        "no default outside `demo`"
    );
    let later = json!({"how": "delay", "path": "/v1/imports/clients"});
    admin.send("POST", "/v1/sandbox/failures", &[], Some(&later)).expect(200);
    reset(&admin, json!({"password": "short"})).refused(422, "validation");
    reset(&service.by("manager"), json!({"password": PASSWORD})).refused(403, "forbidden");
    let done = reset(&admin, json!({"password": "another password", "projects": false})).expect(200).body;
    assert_eq!(done["people"].as_array().unwrap().len(), 16);
    admin.get("/v1/me").refused(401, "unauthenticated");
    let admin = signed_in(&service, "admin", "another password");
    assert_eq!(admin.get("/v1/projects?include=total").expect(200).body["total"], 0);
    assert_eq!(admin.get("/v1/clients?include=total").expect(200).body["total"], 0);
    assert_eq!(admin.get("/v1/contract-templates?include=total").expect(200).body["total"], 1);
    let events = admin.get("/v1/events?limit=1").expect(200).body;
    assert!(events["data"][0]["seq"].as_i64().unwrap() > first, "no position of the feed is given out twice");
    assert_eq!(admin.get("/v1/sandbox/failures").expect(200).body["data"], json!([]), "what was to fail is forgotten");
    assert_ne!(&admin.get("/v1/sandbox/clock").expect(200).body["now"].as_str().unwrap()[..10], "2026-03-04");
    // The clock is real again, the numbers begin again, and what guards sealed projects and events is back.
    let inquiry = json!({"stage": "archived"});
    let made = admin.send("POST", "/v1/sandbox/projects", &[], Some(&inquiry)).expect(201);
    assert!(made.body["number"].as_str().unwrap().ends_with("-0001"), "{}", made.body["number"]);
    let guarded = service.sql(|conn| {
        use diesel::RunQueryDsl;
        ["UPDATE events SET kind = 'x'", "DELETE FROM events", "UPDATE projects SET name = 'x'"]
            .map(|sql| diesel::sql_query(sql).execute(conn).is_err())
    });
    assert_eq!(guarded, [true, true, true]);
    let again = reset(&admin, json!({"password": "a third password"})).expect(200).body;
    assert_eq!(again["people"][0]["username"], "admin");
    let manager = signed_in(&service, "manager", "a third password");
    let listed = manager.get("/v1/projects?limit=50").expect(200).body;
    let mut stages: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|p| p["stage"].as_str().unwrap()).collect();
    stages.sort_unstable();
    stages.dedup();
    assert_eq!(stages.len(), 11, "{stages:?}");
}

#[test]
fn the_next_calls_fail_as_they_were_asked_to() {
    let service = Service::start();
    let (admin, manager) = (service.by("admin"), service.by("manager"));
    let force = |body: Value| admin.send("POST", "/v1/sandbox/failures", &[], Some(&body));
    force(json!({"how": "refusal", "path": "/v1/clients", "times": 2})).expect(200);
    manager.get("/v1/projects").expect(200);
    for _ in 0..2 {
        let refused = manager.get("/v1/clients").refused(503, "unavailable");
        assert!(!refused.header("retry-after").is_empty());
    }
    manager.get("/v1/clients").expect(200);
    force(json!({"how": "refusal", "code": "too_many_requests", "method": "POST"})).expect(200);
    let waiting = admin.get("/v1/sandbox/failures").expect(200).body;
    assert_eq!(
        waiting["data"],
        json!([{"how": "refusal", "code": "too_many_requests", "delay_ms": 0, "method": "POST", "path": null, "times": 1}])
    );
    manager.get("/v1/projects").expect(200);
    let call = json!({"kind": "hotel", "name": "Refused"});
    manager.post("/v1/clients", call).refused(429, "too_many_requests");
    force(json!({"how": "refusal", "path": "/v1/imports/clients"})).expect(200);
    admin.send("DELETE", "/v1/sandbox/failures", &[], None).expect(204);
    assert_eq!(admin.get("/v1/sandbox/failures").expect(200).body["data"], json!([]));
    force(json!({"how": "delay", "delay_ms": 300})).expect(200);
    let began = Instant::now();
    manager.get("/v1/projects").expect(200);
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(
        force(json!({"how": "refusal", "code": "unavailabel"})).refused(422, "validation").pointers(),
        ["/code"]
    );
    assert_eq!(force(json!({"how": "delay", "code": "state"})).refused(422, "validation").pointers(), ["/code"]);
    assert_eq!(force(json!({"how": "delay", "times": 0})).refused(422, "validation").pointers(), ["/times"]);
    manager.send("POST", "/v1/sandbox/failures", &[], Some(&json!({"how": "delay"}))).refused(403, "forbidden");
}

#[test]
fn a_lost_answer_comes_back_under_the_same_key() {
    let service = Service::start();
    let client = service.client("a_specialist_1");
    let owner = service.by("a_specialist_1");
    for wrong in [
        json!({"how": "delay", "path": "projects"}),
        json!({"how": "delay", "path": "/v1/projects?limit=1"}),
        json!({"how": "delay", "method": "FOO"}),
    ] {
        service.by("admin").send("POST", "/v1/sandbox/failures", &[], Some(&wrong)).refused(422, "validation");
    }
    let force = json!({"how": "answer_lost", "path": "/v1/inquiries"});
    service.by("admin").send("POST", "/v1/sandbox/failures", &[], Some(&force)).expect(200);
    let body = json!({"client_id": client, "channel": "phone", "name": "Show flats", "kind": "show_flat"});
    // A call that is refused anyhow loses no answer.
    owner.post("/v1/inquiries", json!({})).refused(422, "validation");
    let sent = ureq::post(format!("{}/v1/inquiries", service.base))
        .header("authorization", format!("Bearer {}", owner.token.clone().unwrap()))
        .header("idempotency-key", "the-one-key")
        .header("content-type", "application/json")
        .send(body.to_string());
    let read = sent.and_then(|mut answer| answer.body_mut().read_to_vec());
    assert!(read.is_err(), "the connection broke: {read:?}");
    let again = owner.send("POST", "/v1/inquiries", &[("idempotency-key", "the-one-key")], Some(&body)).expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(owner.get("/v1/projects?include=total").expect(200).body["total"], 1, "it took effect once");
}

#[test]
fn the_outbox_shows_what_left_and_what_waits() {
    let service = Service::start();
    let admin = service.by("admin");
    // Nothing sends in this service.
    let body = json!({"name": "Bridge", "url": "https://hooks.example.com/fitout"});
    let endpoint = admin.send("POST", "/v1/webhook-endpoints", &[], Some(&body)).expect(201).location();
    admin.send("POST", &format!("{endpoint}/ping"), &[], None).expect(201);
    let listed = admin.get("/v1/sandbox/outbox").expect(200).body;
    let only = &listed["data"][0];
    assert_eq!((&only["kind"], &only["state"], &only["to"]), (&json!("webhook.ping"), &json!("pending"), &body["url"]));
    assert_eq!(only["body"]["type"], "webhook.ping");
    service.by("auditor").get("/v1/sandbox/outbox").refused(403, "forbidden");
}
