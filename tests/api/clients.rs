//! Clients and contacts.

use crate::harness::Service;
use serde_json::{Value, json};

#[test]
fn a_client_is_recorded_found_and_changed() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let made = owner.post("/v1/clients", json!({"name": "臨江置業有限公司", "kind": "developer", "contacts": [{"name": "Design manager", "phone": "020"}]})).expect(201);
    let path = made.location();
    assert_eq!(owner.get(&path).expect(200).body["contacts"][0]["name"], "Design manager");
    assert_eq!(
        owner.get(&format!("/v1/clients/{}", made.body["number"].as_str().unwrap())).expect(200).body["id"],
        made.body["id"]
    );
    for found in ["%E6%B1%9F", "ljzy", "linjiang"] {
        let rows = owner.get(&format!("/v1/clients?q={found}")).expect(200).body;
        assert_eq!(rows["data"].as_array().unwrap().len(), 1, "one character, initials, sound: {found}");
    }
    // An address is read by itself: it takes none of the readings that the name has.
    let inquiry = json!({"client_id": made.body["id"], "channel": "website", "name": "重慶長城酒店", "kind": "hotel",
        "address": "重慶市渝中區解放碑大都會廣場1號"});
    let project = owner.post("/v1/inquiries", inquiry).expect(201).id();
    for found in ["chongqingchangcheng", "cqccjd", "jiefangbei"] {
        let rows = owner.get(&format!("/v1/projects?q={found}")).expect(200).body;
        assert_eq!(rows["data"][0]["id"], project, "{found}");
    }
    owner.send("PATCH", &path, &[], Some(&json!({"grade": "A"}))).refused(428, "precondition_required");
    let changed = owner.patch(&path, json!({"grade": "A"})).expect(200);
    assert_eq!((changed.body["grade"].as_str(), changed.header("etag")), (Some("A"), "\"2\""));
    let stale = owner
        .send("PATCH", &path, &[("if-match", "\"1\"")], Some(&json!({"grade": "B"})))
        .refused(412, "precondition_failed");
    assert!(stale.body["current"]["changed"].as_array().unwrap().contains(&json!("grade")), "{}", stale.text());
    assert_eq!(owner.get(&format!("{path}/history")).expect(200).body["data"].as_array().unwrap().len(), 2);
    service.by("b_specialist_1").get(&path).refused(404, "not_found");
    service.by("c_specialist_1").get(&path).expect(200);
    service.by("design").get(&path).refused(403, "forbidden");
}

#[test]
fn the_same_key_has_one_effect() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let body = json!({"name": "Once", "kind": "hotel"});
    owner.send("POST", "/v1/clients", &[], Some(&body)).refused(400, "idempotency_key_required");
    let first = owner.send("POST", "/v1/clients", &[("idempotency-key", "k-1")], Some(&body)).expect(201);
    let again = owner.send("POST", "/v1/clients", &[("idempotency-key", "k-1")], Some(&body)).expect(201);
    assert_eq!((first.bytes, again.header("idempotent-replayed")), (again.bytes.clone(), "true"));
    let other = json!({"name": "Another", "kind": "hotel"});
    owner.send("POST", "/v1/clients", &[("idempotency-key", "k-1")], Some(&other)).refused(422, "idempotency_conflict");
    assert_eq!(owner.get("/v1/clients?include=total").expect(200).body["total"], 1);
}

#[test]
fn contacts_come_and_go() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let client = service.client("a_specialist_1");
    let contact = owner
        .post(&format!("/v1/clients/{client}/contacts"), json!({"name": "Mr Wu", "email": "wu@client.example"}))
        .expect(201)
        .id();
    owner
        .post(&format!("/v1/clients/{client}/contacts"), json!({"name": "Mr Wu", "email": "no address"}))
        .refused(422, "validation");
    owner
        .send("PATCH", &format!("/v1/contacts/{contact}"), &[("if-match", "\"1\"")], Some(&json!({"phone": "020"})))
        .expect(200);
    owner
        .send(
            "POST",
            &format!("/v1/contacts/{contact}/void"),
            &[("if-match", "\"2\"")],
            Some(&json!({"reason": "left"})),
        )
        .expect(200);
    assert_eq!(owner.get(&format!("/v1/clients/{client}")).expect(200).body["contacts"].as_array().unwrap().len(), 1);
}

#[test]
fn a_client_on_whom_something_builds_is_not_voided() {
    let service = Service::start();
    let (owner, finance) = (service.by("a_specialist_1"), service.by("finance"));
    let void = |client: &str| owner.act(&format!("/v1/clients/{client}"), "void", json!({"reason": "mistake"}));
    let client = service.client("a_specialist_1");
    service.inquiry_of("a_specialist_1", &client);
    void(&client).refused(409, "state");
    let client = service.client("a_specialist_1");
    let complaint = json!({"client_id": client, "channel": "phone", "severity": "minor", "what": "Late"});
    let complaint = owner.post("/v1/complaints", complaint).expect(201).location();
    void(&client).refused(409, "state");
    owner.act(&complaint, "void", json!({"reason": "mistake"})).expect(200);
    let payments = format!("/v1/clients/{client}/payments");
    let paid = |reference: &str| {
        let today = fitout::db::Day::from(chrono::Utc::now().date_naive());
        finance.post(&payments, json!({"amount": 5, "paid_on": today, "reference": reference}))
    };
    let payment = paid("1").expect(201).location();
    void(&client).refused(409, "state");
    finance.act(&payment, "void", json!({"reason": "mistake"})).expect(200);
    void(&client).expect(200);
    paid("2").refused(409, "state");
    owner
        .post("/v1/inquiries", json!({"client_id": client, "channel": "phone", "name": "Room", "kind": "hotel_room"}))
        .refused(422, "validation");
}

#[test]
fn a_misspelt_member_is_refused_even_where_it_is_null() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let path = format!("/v1/clients/{}", service.client("a_specialist_1"));
    assert_eq!(owner.patch(&path, json!({"nane": null})).refused(422, "validation").pointers(), ["/nane"]);
    owner.patch(&path, json!({"invoice_particulars": {"title": "Riverside"}})).expect(200);
    owner.patch(&path, json!({"invoice_particulars": {"bogus": null}})).refused(422, "validation");
    assert_eq!(
        owner.patch(&path, json!({"invoice_particulars": null})).expect(200).body["invoice_particulars"],
        json!(null)
    );
}

#[test]
fn a_client_is_contacted_outside_any_project() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let owner = service.by("a_specialist_1");
    let client = format!("/v1/clients/{}", service.client("a_specialist_1"));
    let log = format!("{client}/log-interaction");
    let call =
        json!({"kind": "call", "summary": "Plans two hotels", "attendees": ["Ms Lin"], "follow_up_on": "2026-12-09"});
    let said = owner.post(&log, call).expect(200);
    assert_eq!((said.header("etag"), &said.body), ("\"2\"", &owner.get(&client).expect(200).body));
    let told = |shown: &Value| (shown["contacted_at"].clone(), shown["follow_up_on"].clone());
    let now = (json!("2026-12-01T02:00:00Z"), json!("2026-12-09"));
    assert_eq!(told(&said.body), now);
    let history = owner.get(&format!("{client}/history")).expect(200).body;
    let event = history["data"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&event["kind"], &event["data"]["event_note"]["summary"]),
        (&json!("client.contacted"), &json!("Plans two hotels"))
    );
    let earlier = json!({"kind": "letter", "summary": "A card", "occurred_at": "2026-11-20T10:00:00+08:00"});
    assert_eq!(told(&owner.post(&log, earlier).expect(200).body), now, "what was said before decides nothing");
    let later = json!({"kind": "call", "summary": "x", "occurred_at": "2026-12-01T10:00:01+08:00"});
    assert_eq!(owner.post(&log, later).refused(422, "validation").pointers(), ["/occurred_at"]);
    assert_eq!(told(&owner.post(&log, json!({"kind": "email", "summary": "Thanks"})).expect(200).body).1, Value::Null);
    let hello = json!({"kind": "call", "summary": "Hello"});
    owner.post(&log, json!({"kind": "call", "summary": "x", "follow_up_on": "2026-12-11"})).expect(200);
    let beside = service.by("c_specialist_1").post(&log, hello.clone()).expect(200).body;
    assert_eq!(beside["follow_up_on"], "2026-12-11", "what the owner agreed on stays");
    let led = service.by("a_leader").post(&log, hello.clone()).expect(200).body;
    assert_eq!(led["follow_up_on"], Value::Null, "unless their leader says otherwise");
    service.by("b_specialist_1").post(&log, hello.clone()).refused(404, "not_found");
    service.by("finance").post(&log, hello.clone()).refused(403, "forbidden");
    owner.act(&client, "void", json!({"reason": "mistake"})).expect(200);
    owner.post(&log, hello).refused(409, "state");
}

#[test]
fn what_was_voided_is_refused_after_its_version() {
    let service = Service::start();
    let (owner, reason) = (service.by("a_specialist_1"), json!({"reason": "mistake"}));
    let project = service.inquiry("a_specialist_1");
    let client = service.client("a_specialist_1");
    let complaint = json!({"client_id": client, "channel": "phone", "severity": "minor", "what": "Late"});
    let call = json!({"kind": "call", "summary": "x"});
    let document = service.document(&project, "other");
    let person = owner.post(&format!("/v1/clients/{client}/contacts"), json!({"name": "Ms Lin"})).expect(201).id();
    for path in [
        owner.post("/v1/complaints", complaint).expect(201).location(),
        owner.post(&format!("/v1/projects/{project}/interactions"), call).expect(201).location(),
        format!("/v1/documents/{document}"),
        format!("/v1/clients/{client}"),
    ] {
        let seen = owner.etag(&path);
        owner.act(&path, "void", reason.clone()).expect(200);
        let void = format!("{path}/void");
        owner.send("POST", &void, &[("idempotency-key", "k")], Some(&reason)).refused(428, "precondition_required");
        owner.act_at(&path, "void", &seen, reason.clone()).refused(412, "precondition_failed");
        owner.act_at(&path, "void", &seen, json!({"reason": ""})).refused(422, "validation");
        owner.act(&path, "void", reason.clone()).refused(409, "state");
    }
    let person = format!("/v1/contacts/{person}");
    let rename = json!({"name": "Ms Liang"});
    owner.send("PATCH", &person, &[], Some(&rename)).refused(428, "precondition_required");
    owner.send("PATCH", &person, &[("if-match", "\"7\"")], Some(&rename)).refused(412, "precondition_failed");
    owner.send("PATCH", &person, &[("if-match", "\"1\"")], Some(&rename)).refused(409, "state");
    for path in [format!("/v1/clients/{client}"), format!("/v1/documents/{document}"), person] {
        let wrong = json!({"name": "", "title": 7});
        owner.send("PATCH", &path, &[("if-match", "\"9\"")], Some(&wrong)).refused(422, "validation");
    }
}
