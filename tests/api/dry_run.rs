//! `?dry_run=true` answers as the act itself would, and leaves nothing behind.

use crate::contracts::{approve, by_share, start_at};
use crate::harness::Service;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use fitout::db::schema::{events, idempotency_keys, number_series};
use serde_json::{Value, json};

/// Everything that a trial must not move.
#[derive(Debug, PartialEq)]
pub struct Traces {
    events: i64,
    kept_answers: i64,
    /// Every series with its year and what was given out last.
    numbers: Vec<(String, i64, i64)>,
    /// On PostgreSQL what need only be unique comes from sequences.
    sequences: Vec<Sequence>,
}

#[derive(Debug, PartialEq, QueryableByName)]
struct Sequence {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    last: i64,
}

const SEQUENCES: &str = "SELECT sequencename::text AS name, COALESCE(last_value, 0) AS last FROM pg_sequences \
    WHERE sequencename LIKE 'unique%' ORDER BY sequencename";

pub fn traces(service: &Service) -> Traces {
    service.sql(|conn| {
        let sequences: Vec<Sequence> =
            if conn.is_postgres() { diesel::sql_query(SEQUENCES).load(conn).unwrap() } else { Vec::new() };
        Traces {
            events: events::table.count().get_result(conn).unwrap(),
            kept_answers: idempotency_keys::table.count().get_result(conn).unwrap(),
            numbers: number_series::table.order((number_series::series, number_series::year)).load(conn).unwrap(),
            sequences,
        }
    })
}

/// Without what is made anew each time.
fn plain(body: &Value) -> Value {
    let mut body = body.clone();
    for name in ["id", "request_id", "created_at", "updated_at", "accepted_at", "stage_entered_at"] {
        body.as_object_mut().unwrap().remove(name);
    }
    body
}

#[test]
fn a_trial_answers_the_same_and_saves_nothing() {
    let service = Service::start();
    service.clock("2026-11-30T09:00:00+08:00");
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let client = service.client("a_specialist_1");
    let inquiry = json!({"client_id": client, "channel": "phone", "name": "Show flats", "kind": "show_flat", "needs": "Two rooms"});
    let before = traces(&service);
    let tried = owner.post("/v1/inquiries?dry_run=true", inquiry.clone()).expect(201);
    assert_eq!(traces(&service), before);
    owner.get(&tried.location()).refused(404, "not_found");
    let made = owner.post("/v1/inquiries", inquiry).expect(201);
    assert_eq!(plain(&tried.body), plain(&made.body), "the number that the trial showed was not used");

    let path = format!("/v1/projects/{}", made.id());
    let refused = manager.act(&path, "steps/accept?dry_run=true", json!({})).refused(409, "evidence");
    assert_eq!(refused.missing(), ["interaction_logged", "qualification"]);
    owner.act(&path, "steps/accept?dry_run=true", json!({})).refused(403, "not_party");
    let unseen = [("idempotency-key", "k1")];
    manager
        .send("POST", &format!("{path}/steps/accept?dry_run=true"), &unseen, None)
        .refused(428, "precondition_required");
    for evidence in ["interaction_logged", "qualification"] {
        let body = json!({"evidence": evidence, "reason": "An old friend"});
        manager.post(&format!("{path}/waivers"), body).expect(201);
    }
    let before = traces(&service);
    let tried = manager.act(&path, "steps/accept?dry_run=true", json!({})).expect(200);
    assert_eq!((tried.body["stage"].as_str(), traces(&service)), (Some("assignment"), before));
    assert_eq!(service.see(&made.id())["stage"], "intake");
    let done = manager.act(&path, "steps/accept", json!({})).expect(200);
    assert_eq!(plain(&tried.body), plain(&done.body));
}

#[test]
fn a_trial_of_money_moves_none_and_keeps_no_key() {
    let service = Service::start();
    service.clock("2026-01-20T10:00:00+08:00");
    let project = service.project_at("settlement");
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    service.signed(
        &project,
        "2026-01-01T10:00:00+08:00",
        &[("deposit", 500, Some("2026-01-10")), ("balance", 500, None)],
    );
    let finance = service.by("finance");
    let paid = json!({ "amount": 300, "paid_on": "2026-01-20", "reference": "R-1" });
    let headers = [("idempotency-key", "the-trial")];
    let payments = format!("/v1/clients/{client}/payments");
    let tried = finance.send("POST", &format!("{payments}?dry_run=true"), &headers, Some(&paid)).expect(201);
    let payment = finance.send("POST", &payments, &headers, Some(&paid)).expect(201);
    assert_eq!((tried.header("idempotent-replayed"), payment.header("idempotent-replayed")), ("", ""));
    let payment = payment.location();
    let before = traces(&service);
    let tried = finance.act(&payment, "confirm?dry_run=true", json!({})).expect(200);
    assert_eq!((tried.body["state"].as_str(), tried.body["allocated_amount"].as_i64()), (Some("confirmed"), Some(300)));
    assert_eq!(finance.get(&payment).expect(200).body["state"], "recorded");
    assert_eq!(traces(&service), before);
    let done = finance.act(&payment, "confirm", json!({})).expect(200);
    assert_eq!(done.body["allocated_amount"], 300);
    finance.act(&payment, "confirm?dry_run=yes", json!({})).refused(400, "bad_request");
}

/// Files are no rows: an upload has no trial, and says so.
#[test]
fn what_has_no_trial_refuses_the_parameter() {
    let service = Service::start();
    let project = service.inquiry("a_specialist_1");
    let path = format!("/v1/projects/{project}/documents?dry_run=true");
    service.by("a_specialist_1").upload_bytes(&path, "photos", "a.pdf", b"%PDF-1.4").refused(400, "unknown_parameter");
    service.by("manager").send("POST", "/v1/auth/logout?dry_run=true", &[], None).refused(400, "unknown_parameter");
}

#[test]
fn a_trial_of_the_seal_seals_nothing() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    let stage = json!({"stage": "archiving"});
    let made = service.by("admin").send("POST", "/v1/sandbox/projects", &[], Some(&stage)).expect(201);
    let (owner, path) = (service.by("c_specialist_1"), made.location());
    let shelf = json!({"room": "Archive 1", "shelf": "C4", "box": "17"});
    owner.post(&format!("{path}/paper-files"), shelf).expect(201);
    let seen = || ["", "/archives"].map(|of| owner.get(&format!("{path}{of}")).expect(200).body);
    let before = (seen(), traces(&service));
    let tried = owner.act(&path, "seal?dry_run=true", json!({})).expect(200).body;
    assert_eq!((&tried["state"], tried["sealed_at"].is_string()), (&json!("sealing"), true), "{tried}");
    assert_eq!((seen(), traces(&service)), before);
    // What is sealed takes no more; this does.
    owner.upload(&made.id(), "photos", "x.pdf").expect(201);
    let sealed = owner.act(&path, "seal", json!({})).expect(200).body;
    assert_eq!((&sealed["state"], &sealed["number"]), (&json!("sealed"), &tried["number"]));
}

/// A key that was used answers a trial as it would the act; a trial leaves its key free.
#[test]
fn a_trial_heeds_the_key_and_leaves_it_free() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let send = |query: &str, name: &str| {
        let body = json!({"name": name, "kind": "hotel"});
        owner.send("POST", &format!("/v1/clients{query}"), &[("idempotency-key", "k")], Some(&body))
    };
    let tried = send("?dry_run=true", "First").expect(201);
    assert_eq!(send("?dry_run=true", "Another").expect(201).header("idempotent-replayed"), "");
    let done = send("", "First").expect(201);
    assert_ne!(done.id(), tried.id());
    assert_eq!(send("?dry_run=true", "First").expect(201).bytes, done.bytes);
    send("?dry_run=true", "Another").refused(422, "idempotency_conflict");
}

/// A change that undoes an approval can be tried too.
#[test]
fn a_change_of_a_contract_can_be_tried() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let drafted = owner.post(&format!("/v1/projects/{project}/contracts"), by_share(40_000_000)).expect(201);
    let contract = drafted.location();
    approve(&service, &contract, "c_leader");
    let before = (owner.get(&contract).expect(200).body, traces(&service));
    assert_eq!(before.0["state"], "approved");
    let etag = owner.etag(&contract);
    let change = |query: &str, etag: &str| {
        let body = json!({"defects_liability_months": 12});
        owner.send("PATCH", &format!("{contract}{query}"), &[("if-match", etag)], Some(&body))
    };
    let tried = change("?dry_run=true", &etag).expect(200).body;
    assert_eq!((&tried["state"], &tried["defects_liability_months"]), (&json!("draft"), &json!(12)));
    change("?dry_run=true", "\"77\"").refused(412, "precondition_failed");
    assert_eq!((owner.get(&contract).expect(200).body, traces(&service)), before);
    assert_eq!(change("", &etag).expect(200).body["state"], tried["state"]);
}
