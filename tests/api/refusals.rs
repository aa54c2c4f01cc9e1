//! What is refused wherever it is sent: bodies where none is taken, text that says nothing, words that a filter does not know.

use crate::contracts::{approve, by_share, owed, signing, start_at};
use crate::harness::{Service, expect_fault};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn an_act_without_a_body_takes_none() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("bidding");
    let quotation = json!({"lines": [{"code": "A", "name": "Sofa", "quantity": 1, "unit_price_amount": 100}], "tax_rate_bp": 600, "valid_until": "2199-01-01"});
    let made = owner.post(&format!("/v1/projects/{project}/quotations"), quotation).expect(201).location();
    for (body, pointer) in [(json!({"zzz": 1}), "/zzz"), (json!([]), "")] {
        assert_eq!(owner.act(&made, "accept", body).refused(422, "validation").pointers(), [pointer]);
    }
    let path = format!("{made}/accept");
    let text = [("content-type", "text/plain"), ("if-match", "*")];
    owner.send_bytes("POST", &path, &text, b"x".to_vec()).refused(415, "unsupported_media_type");
    let headers = [("idempotency-key", "once"), ("if-match", "*")];
    owner.send("POST", &path, &headers, None).expect(200);
    owner.send("POST", &path, &headers, Some(&json!({}))).refused(422, "idempotency_conflict");
    assert_eq!(owner.send("POST", &path, &headers, None).expect(200).header("idempotent-replayed"), "true");
}

#[test]
fn blank_text_is_no_reason_and_no_name() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let client = json!({"name": "  ", "kind": "hotel"});
    assert_eq!(owner.post("/v1/clients", client).refused(422, "validation").pointers(), ["/name"]);
    let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    let manager = service.by("manager");
    let decline = json!({"reason": " \t"});
    assert_eq!(manager.act(&path, "steps/decline", decline).refused(422, "validation").pointers(), ["/reason"]);
    let shelve = json!({"reason": "funds", "review_on": "2001-01-01"});
    assert_eq!(manager.act(&path, "steps/shelve", shelve).refused(422, "validation").pointers(), ["/review_on"]);
}

#[test]
fn a_filter_takes_the_words_that_it_documents() {
    let service = Service::start();
    let auditor = service.by("auditor");
    auditor.get("/v1/contracts?state=signed").expect(200);
    let refused = auditor.get("/v1/contracts?state=zzz").refused(422, "validation");
    assert_eq!(refused.pointers(), ["?state"]);
    assert!(refused.text().contains("draft, in_review, approved, signed"), "{}", refused.text());
    auditor.get("/v1/acceptance-certificates?state=any").refused(400, "unknown_parameter");
    let not_an_id = auditor.get("/v1/projects?client=K-2026-0001").refused(422, "validation");
    assert!(not_an_id.text().contains("UUID of the record"), "{}", not_an_id.text());
}

/// The letter on which the contract was waived stays what it is.
#[test]
fn a_letter_that_a_waiver_rests_on_is_neither_voided_nor_renamed() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let project = service.project_at("bidding");
    let letter = owner.upload(&project, "award_letter", "award.pdf").expect(201).location();
    let waiver = json!({"evidence": "signed_contract", "reason": "The client starts now"});
    manager.post(&format!("/v1/projects/{project}/waivers"), waiver).expect(201);
    owner.act(&letter, "void", json!({"reason": "wrong file"})).refused(409, "state");
    owner.patch(&letter, json!({"category": "photos"})).refused(409, "state");
    owner.patch(&letter, json!({"title": "Letter of award"})).expect(200);
}

#[test]
fn what_waits_for_the_site_access_is_pending_until_it_is_planned() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let contract = owner.post(&format!("/v1/projects/{project}/contracts"), by_share(1_000_000)).expect(201).location();
    approve(&service, &contract, "c_leader");
    let mut sign = signing(&service, &project);
    sign.as_object_mut().unwrap().remove("planned_site_access_on");
    owner.act(&contract, "sign", sign).expect(200);
    assert_eq!(owed(&service, &contract)[1], ("interim".to_owned(), 400_000, None));
    // Nothing is counted past the last day of the calendar, and everything can be read again.
    let on = |day: &str| json!({ "planned_site_access_on": day });
    owner.act(&contract, "replan-site-access", on("2199-12-31")).expect(200);
    assert_eq!(owed(&service, &contract)[1], ("interim".to_owned(), 400_000, Some("2199-12-31".to_owned())));
}

#[test]
fn a_body_that_is_not_json_or_never_ends_is_told_so() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let json = [("content-type", "application/json"), ("idempotency-key", "k")];
    let broken = owner.send_bytes("POST", "/v1/clients", &json, b"{\"name\": ".to_vec()).refused(400, "malformed_json");
    assert!(broken.body["detail"].as_str().unwrap().contains("line 1"), "{}", broken.text());
    // A sender that stops in the middle is not waited for; refused(408, "request_timeout") by hand, since no client library does this.
    let mut stream = TcpStream::connect(service.base.trim_start_matches("http://")).unwrap();
    let head = format!(
        "POST /v1/clients HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nidempotency-key: k\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        owner.token.clone().unwrap()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0_u8; 4096];
    let n = stream.read(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer[..n]);
    assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("\"code\":\"request_timeout\""), "{text}");
}

/// What must never happen is made to happen in a sandbox, so that its problem document is seen once.
#[test]
fn our_own_mistake_says_nothing_but_where_to_ask() {
    let service = Service::start();
    let body = json!({"how": "refusal", "code": "internal", "path": "/v1/projects"});
    service.by("admin").send("POST", "/v1/sandbox/failures", &[], Some(&body)).expect(200);
    expect_fault();
    let refused = service.by("manager").get("/v1/projects");
    assert_eq!((refused.status, refused.code()), (500, "internal"));
    assert!(refused.body["request_id"].is_string() && refused.body.get("errors").is_none(), "{}", refused.text());
}

/// A quarter of a megabyte holds tens of thousands of faults: a hundred are told, and no more are looked for.
#[test]
fn a_hundred_faults_are_told_at_most() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let path = format!("/v1/clients/{}", service.client("a_specialist_1"));
    let many: serde_json::Map<String, serde_json::Value> = (0..18_000).map(|n| (format!("a{n}"), json!(0))).collect();
    let many = serde_json::Value::Object(many);
    assert_eq!(owner.patch(&path, many.clone()).refused(422, "validation").pointers().len(), 100);
    let blanks = json!({"name": "Riverside", "kind": "hotel", "note": vec![" "; 40_000]});
    assert_eq!(owner.post("/v1/clients", blanks).refused(422, "validation").pointers().len(), 100);
    let complaint =
        json!({"client_id": service.client("a_specialist_1"), "channel": "phone", "severity": "minor", "what": "Late"});
    let complaint = owner.post("/v1/complaints", complaint).expect(201).location();
    assert_eq!(owner.act(&complaint, "confirm", many).refused(422, "validation").pointers().len(), 100);
}
