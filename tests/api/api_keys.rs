//! API keys: shown once, within their permissions, until they expire or are revoked.

use crate::harness::{Caller, Service, wait_until};
use diesel::prelude::*;
use fitout::access::scope;
use fitout::api;
use fitout::db::schema::api_keys;
use fitout::events::kinds;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

/// A key that acts as this person, and who sends it.
pub fn key(service: &Service, person: &str, permissions: &[&str]) -> (Value, Caller) {
    let user = service.by(person).id;
    let body = json!({"name": "Accounting bridge", "user_id": user, "permissions": permissions, "expires_in_days": 30});
    let made = service.by("admin").send("POST", "/v1/api-keys", &[], Some(&body)).expect(201);
    let mut caller = service.nobody();
    caller.token = made.body["secret"].as_str().map(str::to_owned);
    (made.body, caller)
}

#[test]
fn a_key_acts_as_its_person_within_its_permissions() {
    let service = Service::start();
    let (made, program) = key(&service, "a_specialist_1", &["projects.read", "inquiries.record", "events.read"]);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("fitout_") && secret.len() >= 7 + 43, "{}", secret.len());
    assert!(secret.starts_with(made["prefix"].as_str().unwrap()));
    let client = service.client("a_specialist_1");
    let body = json!({"client_id": client, "channel": "website", "name": "Show flats", "kind": "show_flat"});
    let project = program.post("/v1/inquiries", body).expect(201);
    assert_eq!(project.body["recorded_by"], service.by("a_specialist_1").id.as_str());
    program.get("/v1/projects").expect(200);
    program.get("/v1/events").expect(200);
    let refused = program.get("/v1/clients").refused(403, "forbidden");
    assert!(refused.text().contains("clients.read"), "{}", refused.text());
    // What the person cannot do the key cannot do either, and a session is not its own to end.
    let (_, other) = key(&service, "a_specialist_1", &["waivers.grant"]);
    other.post(&format!("/v1/projects/{}/waivers", project.id()), json!({})).refused(403, "forbidden");
    program.get("/v1/me").refused(403, "forbidden");
    program.send("POST", "/v1/auth/logout", &[], None).refused(403, "forbidden");
}

#[test]
fn a_key_hands_on_no_more_than_it_was_given() {
    let service = Service::start();
    let (_, program) = key(&service, "admin", &["api_keys.manage", "projects.read"]);
    let user = service.by("manager").id;
    let body = |permissions: &[&str]| json!({"name": "Rotation", "user_id": user, "permissions": permissions, "expires_in_days": 30});
    program.send("POST", "/v1/api-keys", &[], Some(&body(&["projects.read"]))).expect(201);
    let refused = program.send("POST", "/v1/api-keys", &[], Some(&body(&["projects.read", "money.read"])));
    assert!(refused.refused(403, "forbidden").text().contains("money.read"));
    service.by("admin").send("POST", "/v1/api-keys", &[], Some(&body(&["money.read"]))).expect(201);
}

/// The kinds of records that are told of.
fn told(program: &Caller, path: &str) -> BTreeSet<String> {
    let events = program.get(path).expect(200).body["data"].clone();
    events.as_array().unwrap().iter().map(|event| event["subject_kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_key_is_told_only_of_what_it_may_read() {
    let service = Service::start();
    let manager = service.by("manager");
    let client = service.client("a_specialist_1");
    let project = service.inquiry_of("a_specialist_1", &client);
    let call = json!({"kind": "call", "summary": "x"});
    service.by("a_specialist_1").post(&format!("/v1/projects/{project}/interactions"), call).expect(201);
    let paid = json!({"amount": 100, "paid_on": "2026-01-20", "reference": "T1", "to": []});
    service.by("finance").post(&format!("/v1/clients/{client}/payments"), paid).expect(201);
    let feed = format!("/v1/events?client={client}&limit=200");
    let timeline = format!("/v1/projects/{project}/timeline?limit=200");
    let all = ["client", "contact", "interaction", "payment", "project"];
    assert!(told(&manager, &feed).iter().eq(all));
    assert!(told(&manager, &timeline).iter().eq(["interaction", "project"]));
    for (given, seen) in [
        (vec!["events.read"], vec![]),
        (vec!["events.read", "money.read"], vec!["payment"]),
        (vec!["events.read", "clients.read", "projects.read"], vec!["client", "contact", "project"]),
    ] {
        let (_, program) = key(&service, "manager", &given);
        assert!(told(&program, &feed).iter().eq(seen.iter()), "{given:?}");
        let exported = program.get(&format!("/v1/exports/events?format=ndjson&client={client}")).expect(200).text();
        assert_eq!(exported.contains("payment.recorded"), seen.contains(&"payment"), "{given:?}");
    }
    let (_, papers) = key(&service, "manager", &["records.read"]);
    assert!(told(&papers, &timeline).iter().eq(["interaction"]));
}

#[test]
fn events_are_read_with_the_permission_of_their_records() {
    let document = serde_json::to_value(api::document(&api::routes(false))).unwrap();
    let mut checked = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        // `/v1/write-offs/{write_off}` reads one write-off.
        let Some((list, name)) = path.strip_prefix("/v1/").and_then(|path| path.split_once("/{")) else { continue };
        let Some(kind) = name.strip_suffix('}').filter(|_| !list.contains('/')) else { continue };
        let kind = match (list, kind) {
            ("complaint-measures", _) => "complaint_measure",
            ("calendar-days", _) => "calendar_day",
            // An allocation and a delivery of a webhook have no events of their own.
            ("allocations" | "webhook-deliveries", _) => continue,
            (_, kind) => kind,
        };
        if let Some(permission) = item["get"]["x-required-permission"].as_str() {
            assert_eq!(scope::read_with(kind), permission, "{kind}");
            checked.insert(kind.to_owned());
        }
    }
    let told: BTreeSet<String> = kinds().map(|kind| kind.split('.').next().unwrap().to_owned()).collect();
    let alone: Vec<&String> = told.difference(&checked).collect();
    assert_eq!(alone, ["contact", "settings"], "these have no route of one record");
    assert_eq!((scope::read_with("contact"), scope::read_with("settings")), ("clients.read", "settings.read"));
}

#[test]
fn a_key_is_kept_as_a_hash_and_shown_once() {
    let service = Service::start();
    let (made, program) = key(&service, "finance", &["projects.read"]);
    let secret = made["secret"].as_str().unwrap();
    let admin = service.by("admin");
    let path = format!("/v1/api-keys/{}", made["id"].as_str().unwrap());
    assert!(admin.get(&path).expect(200).body["last_used_at"].is_null());
    program.get("/v1/projects").expect(200);
    assert!(admin.get(&path).expect(200).body["last_used_at"].is_string(), "its use is written down");
    let kept: String = service.sql(|conn| api_keys::table.select(api_keys::key_hash).first(conn).unwrap());
    for shown in
        [&path, &format!("{path}/history"), &"/v1/api-keys".to_owned(), &"/v1/events?kind=api_key.created".to_owned()]
    {
        let text = admin.get(shown).expect(200).text();
        assert!(!text.contains(secret) && !text.contains(&kept), "{shown}");
    }
    assert!(!kept.contains(secret) && kept.len() == 64);
    let days = |made: &Value| {
        let at = |name: &str| made[name].as_str().unwrap().parse::<fitout::db::At>().unwrap().utc();
        (at("expires_at") - at("created_at")).num_days()
    };
    let lasting = json!({"name": "Bridge", "user_id": service.by("finance").id, "permissions": ["projects.read"]});
    let lasting = admin.send("POST", "/v1/api-keys", &[], Some(&lasting)).expect(201).body;
    assert_eq!((days(&made), days(&lasting)), (30, 365));
    service.by("auditor").get("/v1/api-keys").expect(200);
    service.by("auditor").post("/v1/api-keys", json!({})).refused(403, "forbidden");
    for key in ["manager", "finance"] {
        let told = service.by(key).get("/v1/events?kind=api_key.created").expect(200).body;
        assert_eq!(told["data"], json!([]), "{key} is told nothing of keys in the feed either");
        service.by(key).get("/v1/api-keys").refused(403, "forbidden");
    }
}

#[test]
fn revoked_expired_and_orphaned_keys_open_nothing() {
    let service = Service::start();
    let admin = service.by("admin");
    let (made, program) = key(&service, "finance", &["projects.read"]);
    program.get("/v1/projects").expect(200);
    let path = format!("/v1/api-keys/{}", made["id"].as_str().unwrap());
    admin.send("POST", &format!("{path}/revoke"), &[], None).refused(428, "precondition_required");
    admin.send("POST", &format!("{path}/revoke"), &[("if-match", "\"1\"")], None).expect(200);
    program.get("/v1/projects").refused(401, "unauthenticated");
    admin.send("POST", &format!("{path}/revoke"), &[("if-match", "\"2\"")], None).refused(409, "state");

    let (made, expired) = key(&service, "finance", &["projects.read"]);
    service.sql(|conn| {
        let id: fitout::db::Id = made["id"].as_str().unwrap().parse().unwrap();
        let past: fitout::db::At = "2020-01-01T00:00:00Z".parse().unwrap();
        let row = api_keys::table.filter(api_keys::id.eq(id));
        diesel::update(row).set(api_keys::expires_at.eq(past)).execute(conn).unwrap()
    });
    expired.get("/v1/projects").refused(401, "unauthenticated");

    let (_, orphan) = key(&service, "b_leader", &["projects.read"]);
    orphan.get("/v1/projects").expect(200);
    admin.patch("/v1/users/b_leader", json!({"active": false})).expect(200);
    orphan.get("/v1/projects").refused(401, "unauthenticated");
    let mut wrong = service.nobody();
    wrong.token = Some("fitout_nobody".to_owned());
    wrong.get("/v1/projects").refused(401, "unauthenticated");
}

#[test]
fn a_key_is_made_of_what_exists() {
    let service = Service::start();
    let admin = service.by("admin");
    let make = |body: Value| admin.send("POST", "/v1/api-keys", &[], Some(&body));
    let user = service.by("finance").id;
    let document = serde_json::to_value(fitout::api::document(&fitout::api::routes(false))).unwrap();
    let every = &document["components"]["schemas"]["KeyPermission"]["enum"];
    let named: BTreeSet<&str> = every.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let asked: BTreeSet<&str> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .filter_map(|operation| operation["x-required-permission"].as_str())
        .filter(|name| *name != "session.use")
        .collect();
    assert!(asked.is_subset(&named), "what an operation asks for can be given");
    make(json!({"name": "Everything", "user_id": user, "permissions": every})).expect(201);
    let body = |permissions: Value, user: &str| json!({"name": "x", "user_id": user, "permissions": permissions});
    let refused = make(body(json!(["projects.read", "project.read"]), &user)).refused(422, "validation");
    assert_eq!(refused.pointers(), ["/permissions/1"]);
    assert!(refused.text().contains("projects.read"));
    make(body(json!(["session.use"]), &user)).refused(422, "validation");
    make(body(json!([]), &user)).refused(422, "validation");
    let nobody = "0190a1b2-0000-7000-8000-00000000dead";
    assert_eq!(make(body(json!(["projects.read"]), nobody)).refused(422, "validation").pointers(), ["/user_id"]);
    admin.get(&format!("/v1/api-keys/{nobody}")).refused(404, "not_found");
}

#[test]
fn a_key_reaches_nothing_by_another_way_that_it_may_not_read() {
    let service = Service::start();
    let admin = service.by("admin");
    let (_, program) = key(&service, "admin", &["webhooks.manage", "clients.read"]);
    let endpoint = |kinds: Value| json!({"name": "Mine", "url": "https://hooks.example.com/", "kinds": kinds});
    let all = program.send("POST", "/v1/webhook-endpoints", &[], Some(&endpoint(json!([]))));
    all.refused(403, "forbidden");
    let body = endpoint(json!(["contract.signed"]));
    let refused = program.send("POST", "/v1/webhook-endpoints", &[], Some(&body)).refused(403, "forbidden");
    assert!(refused.text().contains("money.read"), "{}", refused.text());
    let body = endpoint(json!(["client.changed"]));
    let made = program.send("POST", "/v1/webhook-endpoints", &[], Some(&body)).expect(201).location();
    program.patch(&made, json!({"kinds": ["payment.recorded"]})).refused(403, "forbidden");
    // What others had told to it is not a key's to send elsewhere either.
    admin.patch(&made, json!({"kinds": ["payment.recorded"]})).expect(200);
    let elsewhere = json!({"url": "https://mine.example.com/", "kinds": ["client.changed"]});
    program.patch(&made, elsewhere).refused(403, "forbidden");
    program.send("POST", &format!("{made}/replay"), &[], Some(&json!({"after": 0}))).refused(403, "forbidden");

    let client = service.client("a_specialist_1");
    let (_, bridge) = key(&service, "a_specialist_1", &["interactions.log"]);
    let call = json!({"kind": "call", "summary": "x"});
    let log = |query: &str| format!("/v1/clients/{client}/log-interaction{query}");
    bridge.send("POST", &log(""), &[], Some(&call)).refused(404, "not_found");
    bridge.send("POST", &log("?dry_run=true"), &[], Some(&call)).refused(404, "not_found");
    let (_, bridge) = key(&service, "a_specialist_1", &["interactions.log", "clients.read"]);
    bridge.send("POST", &log(""), &[], Some(&call)).expect(200);

    let project = service.project_at("bidding");
    let bought = json!({"valid_until": "2199-01-01", "lines": [{"code": "A", "name": "Sofa", "quantity": 1, "unit_price_amount": 5}], "tax_rate_bp": 600});
    let quoted = service.by("a_specialist_1").post(&format!("/v1/projects/{project}/quotations"), bought);
    let quotation = quoted.expect(201).location();
    let (_, voiding) = key(&service, "a_specialist_1", &["records.void", "records.read"]);
    let void = |by: &Caller| {
        let why = json!({"reason": "mistake"});
        by.send("POST", &format!("{quotation}/void"), &[("if-match", "*")], Some(&why))
    };
    void(&voiding).refused(404, "not_found");
    let (_, both) = key(&service, "a_specialist_1", &["records.void", "money.read"]);
    void(&both).expect(200);

    let complaint = json!({"client_id": client, "channel": "phone", "severity": "minor", "what": "Late"});
    let complaint = service.by("a_specialist_1").post("/v1/complaints", complaint).expect(201).location();
    let void = |by: &Caller| {
        let why = json!({"reason": "mistake"});
        by.send("POST", &format!("{complaint}/void?dry_run=true"), &[("if-match", "*")], Some(&why))
    };
    void(&key(&service, "manager", &["records.void"]).1).refused(404, "not_found");
    void(&key(&service, "manager", &["records.void", "complaints.read"]).1).expect(200);

    // One picture of a project holds its money.
    let overview = format!("/v1/projects/{project}/overview");
    let (_, picture) = key(&service, "manager", &["records.read"]);
    picture.get(&overview).refused(403, "forbidden");
    let (_, picture) = key(&service, "manager", &["records.read", "money.read"]);
    assert!(picture.get(&overview).refused(403, "forbidden").text().contains("projects.read"));
    let (_, picture) = key(&service, "manager", &["records.read", "projects.read", "money.read"]);
    picture.get(&overview).expect(200);
}

#[test]
fn a_key_is_shown_the_work_that_it_may_read() {
    let service = Service::start();
    let client = service.client("a_specialist_1");
    let complaint = json!({"client_id": client, "channel": "phone", "severity": "minor", "what": "Late"});
    service.by("a_specialist_1").post("/v1/complaints", complaint).expect(201);
    service.by("a_specialist_1").get("/v1/me/worklist?kind=complaint").expect(200);
    let kinds = |given: &[&str]| -> BTreeSet<String> {
        let (_, program) = key(&service, "a_specialist_1", given);
        let body = program.get("/v1/me/worklist").expect(200).body;
        body["data"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert!(!kinds(&["projects.read"]).contains("complaint"));
    assert!(kinds(&["projects.read", "complaints.read"]).contains("complaint"));
}

/// It is looked at again with what it does, not only at the gate.
#[test]
fn a_key_that_is_revoked_meanwhile_does_not_finish_what_it_began() {
    let service = Service::start();
    let project = service.project_at("bidding");
    let body = "--e\r\nContent-Disposition: form-data; name=\"category\"\r\n\r\nphotos\r\n--e\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.txt\"\r\n\r\nabc\r\n--e--\r\n";
    let (first, rest) = body.split_at(60);
    let host = service.base.trim_start_matches("http://").to_owned();
    let upload = |meanwhile: &dyn Fn(&str)| -> String {
        let (made, program) = key(&service, "a_specialist_1", &["documents.write"]);
        let path = format!("/v1/api-keys/{}", made["id"].as_str().unwrap());
        let mut stream = TcpStream::connect(&host).unwrap();
        let token = program.token.as_deref().unwrap();
        write!(stream, "POST /v1/projects/{project}/documents HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\ncontent-type: multipart/form-data; boundary=e\r\ncontent-length: {}\r\n\r\n{first}", body.len()).unwrap();
        // Past the gate, where its first use is written down.
        wait_until("the key is let in", || service.by("admin").get(&path).expect(200).body["last_used_at"].is_string());
        meanwhile(&path);
        stream.write_all(rest.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(upload(&|_| ()).starts_with("HTTP/1.1 201"));
    let revoke = |path: &str| service.by("admin").send("POST", &format!("{path}/revoke"), &[("if-match", "*")], None);
    let answer = upload(&|path| drop(revoke(path).expect(200)));
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}
