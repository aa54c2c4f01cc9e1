//! One key, one effect: whose a key is, what it is kept with, for how long, who is told, and what is never kept.

use crate::harness::{Answer, Caller, Service};
use chrono::{TimeDelta, Utc};
use diesel::prelude::*;
use fitout::access;
use fitout::db::schema::{idempotency_keys, users};
use fitout::db::{At, Id};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn with_key(caller: &Caller, path: &str, key: &str, body: &Value) -> Answer {
    caller.send("POST", path, &[("idempotency-key", key)], Some(body))
}

fn kept(service: &Service) -> i64 {
    service.sql(|conn| idempotency_keys::table.count().get_result(conn)).unwrap()
}

#[test]
fn a_key_belongs_to_its_caller_and_its_route() {
    let service = Service::start();
    let (one, other) = (service.by("a_specialist_1"), service.by("a_specialist_2"));
    let body = json!({"name": "Twice", "kind": "hotel"});
    let first = with_key(&one, "/v1/clients", "k", &body).expect(201);
    let second = with_key(&other, "/v1/clients", "k", &body).expect(201);
    assert_ne!(first.id(), second.id());
    assert_eq!(second.header("idempotent-replayed"), "");
    let inquiry = json!({"client_id": first.id(), "channel": "phone", "name": "Show flats", "kind": "show_flat"});
    assert_eq!(with_key(&one, "/v1/inquiries", "k", &inquiry).expect(201).header("idempotent-replayed"), "");
    assert_eq!(with_key(&one, "/v1/clients", "k", &body).expect(201).header("idempotent-replayed"), "true");
}

/// Whoever reads the table must not be able to try passwords against it.
#[test]
fn what_a_request_was_is_kept_as_a_sum_that_nobody_else_computes() {
    let service = Service::start();
    let body = json!({"name": "Once", "kind": "hotel"});
    with_key(&service.by("a_specialist_1"), "/v1/clients", "k", &body).expect(201);
    let kept: String =
        service.sql(|conn| idempotency_keys::table.select(idempotency_keys::fingerprint).first(conn)).unwrap();
    let plain = [b"/v1/clients\0".as_slice(), &Sha256::digest(body.to_string())].concat();
    assert_eq!(kept.len(), 64);
    assert_ne!(kept, hex::encode(Sha256::digest(plain)));
}

#[test]
fn what_was_refused_is_not_kept() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let nobody = "0190a1b2-0000-7000-8000-00000000dead";
    let body = |owner: &str| json!({"name": "Later", "kind": "hotel", "owner_id": owner});
    with_key(&owner, "/v1/clients", "k", &body(nobody)).refused(422, "validation");
    assert_eq!(kept(&service), 0);
    let made = with_key(&owner, "/v1/clients", "k", &body(&owner.id)).expect(201);
    assert_eq!(made.header("idempotent-replayed"), "");
    owner
        .send("POST", "/v1/clients", &[("idempotency-key", "two words")], Some(&body(&owner.id)))
        .refused(400, "bad_request");
}

/// The answer comes before the precondition: the first request has raised the version itself.
#[test]
fn a_replay_does_not_look_at_if_match() {
    let service = Service::start();
    let manager = service.by("manager");
    let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    let etag = manager.etag(&path);
    let headers = [("if-match", etag.as_str()), ("idempotency-key", "k")];
    let body = json!({"reason": "funds", "review_on": "2099-12-01"});
    let first = manager.send("POST", &format!("{path}/steps/shelve"), &headers, Some(&body)).expect(200);
    let again = manager.send("POST", &format!("{path}/steps/shelve"), &headers, Some(&body)).expect(200);
    assert_eq!((first.bytes, again.header("idempotent-replayed")), (again.bytes.clone(), "true"));
    let fresh = [("if-match", etag.as_str()), ("idempotency-key", "another")];
    manager.send("POST", &format!("{path}/steps/shelve"), &fresh, Some(&body)).refused(412, "precondition_failed");
}

#[test]
fn an_answer_is_kept_for_48_hours() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let body = json!({"name": "Old", "kind": "hotel"});
    let send = || with_key(&owner, "/v1/clients", "k", &body).expect(201);
    let hours_ago = |hours: i64| {
        let then = At::from(Utc::now() - TimeDelta::hours(hours));
        let aged = |conn: &mut _| {
            diesel::update(idempotency_keys::table).set(idempotency_keys::created_at.eq(then)).execute(conn)
        };
        service.sql(aged).unwrap();
    };
    let first = send();
    hours_ago(47);
    assert_eq!(service.sql(access::purge).unwrap(), 0);
    assert_eq!(send().id(), first.id());
    hours_ago(49);
    let second = send();
    assert_ne!(second.id(), first.id(), "the key is free again");
    assert_eq!(send().id(), second.id());
    hours_ago(49);
    assert_eq!(service.sql(access::purge).unwrap(), 1);
    assert_eq!(kept(&service), 0);
}

/// 404 comes before the replay, for clients as for projects.
#[test]
fn whoever_lost_sight_is_not_told_again() {
    let service = Service::start();
    let (first, second) = (service.by("a_specialist_1"), service.by("b_specialist_1"));
    let client = format!("/v1/clients/{}", service.client("a_specialist_1"));
    first.patch(&client, json!({"owner_id": second.id})).expect(200);
    let contact = json!({"name": "Mr Wu"});
    let path = format!("{client}/contacts");
    with_key(&second, &path, "k", &contact).expect(201);
    assert_eq!(with_key(&second, &path, "k", &contact).expect(201).header("idempotent-replayed"), "true");
    first.patch(&client, json!({"owner_id": first.id})).expect(200);
    second.get(&client).refused(404, "not_found");
    with_key(&second, &path, "k", &contact).refused(404, "not_found");
    // A leader sees what the people of the group recorded.
    let leader = service.by("a_leader");
    let project = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    let (path, call) = (format!("{project}/interactions"), json!({"kind": "call", "summary": "Budget"}));
    with_key(&leader, &path, "k", &call).expect(201);
    let group: Option<Id> = service.sql(|conn| of("b_leader").select(users::group_id).first(conn)).unwrap();
    service
        .sql(|conn| {
            diesel::update(users::table.filter(users::username.eq("a_specialist_1")))
                .set(users::group_id.eq(group))
                .execute(conn)
        })
        .unwrap();
    leader.get(&project).refused(404, "not_found");
    with_key(&leader, &path, "k", &call).refused(404, "not_found");
}

/// Who sees something for another reason than its client is told again: a department that carries out a measure does not see the client.
#[test]
fn a_department_is_told_again() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (manager, leader, department) = (service.by("manager"), service.by("c_leader"), service.by("engineering"));
    let client = service.client("a_specialist_1");
    let body = json!({"client_id": client, "channel": "email", "severity": "minor", "what": "Doors scrape"});
    let at = leader.post("/v1/complaints", body).expect(201).location();
    manager.act(&at, "confirm", json!({})).expect(200);
    let analysis = json!({"found_valid": true, "reasons": "hinges", "cause": "quality", "department": "engineering"});
    manager.act(&at, "analyse", analysis).expect(200);
    let measures = json!({"measures": [{"what": "Hinges", "department": "engineering", "due_on": "2026-12-10"}]});
    manager.act(&at, "propose", measures).expect(200);
    let approved = leader.act(&at, "approve", json!({})).expect(200).body;
    let measure = format!("/v1/complaint-measures/{}", approved["measures"][0]["id"].as_str().unwrap());
    let headers = [("if-match", "\"2\""), ("idempotency-key", "k")];
    let carry_out = || {
        let body = json!({"note": "Hinges reset"});
        department.send("POST", &format!("{measure}/carry-out"), &headers, Some(&body)).expect(200)
    };
    assert_eq!(carry_out().header("idempotent-replayed"), "");
    assert_eq!(carry_out().header("idempotent-replayed"), "true");
}

#[diesel::dsl::auto_type]
fn of(name: &'static str) -> _ {
    users::table.filter(users::username.eq(name))
}

/// An answer that holds a secret is told once: the same key makes no other one, and is not told what was not kept.
#[test]
fn secrets_are_never_kept() {
    let service = Service::start();
    let admin = service.by("admin");
    let key = json!({"name": "Bridge", "user_id": service.by("manager").id, "permissions": ["projects.read"], "expires_in_days": 30});
    let endpoint = json!({"name": "Bridge", "url": "https://hooks.example.com/in"});
    for (path, body) in [("/v1/api-keys", key), ("/v1/webhook-endpoints", endpoint)] {
        let made = with_key(&admin, path, "k", &body).expect(201);
        assert!(made.body["secret"].is_string(), "{path}: {}", made.text());
        let list = admin.get(path).expect(200).body["data"].clone();
        with_key(&admin, path, "k", &body).refused(409, "conflict");
        let mut other = body.clone();
        other["name"] = json!("Another");
        with_key(&admin, path, "k", &other).refused(422, "idempotency_conflict");
        assert_eq!(admin.get(path).expect(200).body["data"], list, "{path}: one effect");
    }
    let answers = idempotency_keys::table.filter(idempotency_keys::reply.is_not_null()).count();
    assert_eq!(service.sql(|conn| answers.get_result::<i64>(conn)).unwrap(), 0);
}

/// What is asked for besides the file is part of the request that a key stands for; a trial is of the same request.
#[test]
fn a_key_stands_for_the_file_and_what_is_asked_of_it() {
    let service = Service::start();
    let manager = service.by("manager");
    let ask = |query: &str| {
        let headers = [("content-type", "text/csv"), ("idempotency-key", "one-file")];
        manager.send_bytes(
            "POST",
            &format!("/v1/imports/clients{query}"),
            &headers,
            crate::imports::CLIENTS.as_bytes().to_vec(),
        )
    };
    ask("?dry_run=true").expect(200);
    let done = ask("").expect(200);
    assert_eq!(ask("").expect(200).bytes, done.bytes);
    assert_eq!(ask("?dry_run=true").expect(200).bytes, done.bytes);
    ask("?duplicates=skip").refused(422, "idempotency_conflict");
}
