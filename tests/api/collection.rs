//! Collection, disputes, write-offs, invoices.

use crate::harness::{Answer, Service};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A project in settlement with a balance of 300 due on 10 March and a retention of 100 that waits for the invoice's receipt; it is 1 April.
fn settled() -> (Service, String, BTreeMap<String, String>) {
    let service = Service::start();
    let project = service.project_at("settlement");
    let receivables = service.signed(
        &project,
        "2026-01-05T02:00:00Z",
        &[("balance", 300, Some("2026-03-10")), ("retention", 100, None)],
    );
    service.clock("2026-04-01T10:00:00+08:00");
    (service, project, receivables)
}

fn on(receivable: &str, rest: &str) -> String {
    format!("/v1/receivables/{receivable}/{rest}")
}

fn pay(service: &Service, project: &str, amount: i64, paid_on: &str, reference: &str) {
    let client = service.see(project)["client_id"].as_str().unwrap().to_owned();
    let finance = service.by("finance");
    let path = finance
        .post(
            &format!("/v1/clients/{client}/payments"),
            json!({"amount": amount, "paid_on": paid_on, "reference": reference}),
        )
        .expect(201)
        .location();
    finance.act(&path, "confirm", json!({})).expect(200);
}

#[test]
fn only_what_is_overdue_and_undisputed_is_collected() {
    let (service, _, receivables) = settled();
    let collect =
        |by: &str, kind: &str, body: Value| service.by(by).post(&on(&receivables[kind], "collection-entries"), body);
    let reminder = json!({"level": "reminder", "note": "Called"});
    collect("c_specialist_1", "retention", reminder.clone()).refused(409, "state");
    collect("a_specialist_1", "balance", reminder.clone()).refused(403, "not_party");
    collect("finance", "balance", reminder.clone()).refused(403, "forbidden");
    collect("b_specialist_1", "balance", reminder.clone()).refused(404, "not_found");
    let made = collect("c_assistant", "balance", reminder.clone()).expect(201).body;
    assert_eq!((made["days_overdue"].as_i64(), made["promise_state"].as_str()), (Some(22), None));
    let promise = |on: Value, amount: Value| {
        collect(
            "c_specialist_1",
            "balance",
            json!({"level": "letter", "note": "Sent", "promise_on": on, "promise_amount": amount}),
        )
    };
    assert_eq!(promise(json!("2026-04-10"), Value::Null).refused(422, "validation").pointers(), ["/promise_amount"]);
    assert_eq!(promise(Value::Null, json!(5)).refused(422, "validation").pointers(), ["/promise_on"]);
    assert_eq!(promise(json!("2026-03-31"), json!(5)).refused(422, "validation").pointers(), ["/promise_on"]);
    service.by("c_leader").post(&on(&receivables["balance"], "disputes"), json!({"reason": "Fabric"})).expect(201);
    collect("c_specialist_1", "balance", reminder).refused(409, "state");
}

#[test]
fn a_promise_is_kept_or_broken_by_what_was_paid_by_then() {
    let (service, project, receivables) = settled();
    let owner = service.by("c_specialist_1");
    let promised = |on_day: &str, amount: i64| {
        owner
            .post(
                &on(&receivables["balance"], "collection-entries"),
                json!({"level": "reminder", "note": "Called", "promise_on": on_day, "promise_amount": amount}),
            )
            .expect(201)
            .location()
    };
    let (kept, broken) = (promised("2026-04-05", 50), promised("2026-04-06", 150));
    let state = |path: &str| owner.get(path).expect(200).body["promise_state"].as_str().unwrap().to_owned();
    let count =
        || owner.get(&format!("/v1/projects/{project}/overview")).expect(200).body["broken_promises"].as_i64().unwrap();
    assert_eq!((state(&kept), count()), ("open".to_owned(), 0));
    service.clock("2026-04-08T10:00:00+08:00");
    assert_eq!(count(), 2);
    pay(&service, &project, 50, "2026-04-05", "R-1");
    pay(&service, &project, 200, "2026-04-07", "R-2");
    assert_eq!((state(&kept), state(&broken), count()), ("kept".to_owned(), "broken".to_owned(), 1));
    // What is written off later makes no broken promise a kept one.
    let less = json!({"amount": 50, "reason": "Settled"});
    let less = owner.post(&on(&receivables["balance"], "write-offs"), less).expect(201).location();
    service.by("manager").act(&less, "approve", json!({})).expect(200);
    assert_eq!((state(&broken), count()), ("broken".to_owned(), 1));
    owner.act(&broken, "void", json!({"reason": "Heard wrong"})).expect(200);
    assert_eq!(count(), 0);
}

#[test]
fn a_dispute_stands_beside_the_status_until_it_ends() {
    let (service, _, receivables) = settled();
    let open = |by: &str| service.by(by).post(&on(&receivables["balance"], "disputes"), json!({"reason": "Fabric"}));
    open("a_specialist_1").refused(403, "not_party");
    open("c_assistant").refused(403, "forbidden");
    let dispute = open("c_specialist_1").expect(201);
    assert_eq!(dispute.body["owner_id"], json!(service.by("c_specialist_1").id));
    open("c_specialist_1").refused(409, "state");
    let shown = || service.by("auditor").get(&format!("/v1/receivables/{}", receivables["balance"])).expect(200).body;
    assert_eq!(
        (shown()["disputed"].as_bool(), shown()["status"].as_str(), shown()["overdue"].as_bool()),
        (Some(true), Some("open"), Some(true))
    );
    let end = |by: &str| -> Answer { service.by(by).act(&dispute.location(), "end", json!({"outcome": "Replaced"})) };
    end("a_specialist_1").refused(403, "not_party");
    end("c_specialist_1").expect(200);
    assert_eq!(shown()["disputed"], false);
    end("c_specialist_1").refused(409, "state");
    let mistaken = open("c_specialist_1").expect(201).location();
    service.by("c_specialist_1").act(&mistaken, "void", json!({"reason": "Another project"})).expect(200);
    assert_eq!(shown()["disputed"], false, "a voided dispute disputes nothing");
}

#[test]
fn a_write_off_is_proposed_approved_by_another_and_booked() {
    let (service, project, receivables) = settled();
    let propose = |by: &str, amount: i64| {
        service.by(by).post(&on(&receivables["balance"], "write-offs"), json!({"amount": amount, "reason": "Charges"}))
    };
    propose("c_specialist_1", 301).refused(409, "money");
    propose("a_specialist_1", 1).refused(403, "not_party");
    propose("c_assistant", 1).refused(403, "forbidden");
    let first = propose("c_specialist_1", 200).expect(201).location();
    let beside = propose("c_specialist_1", 101).expect(201).location();
    service.by("c_specialist_1").act(&beside, "void", json!({"reason": "Asked twice"})).expect(200);
    let own = propose("manager", 10).expect(201).location();
    service.by("manager").act(&own, "approve", json!({})).refused(403, "not_party");
    service.by("manager").act(&own, "reject", json!({"note": "Collect it"})).expect(200);
    service.by("c_leader").act(&first, "approve", json!({})).refused(403, "forbidden");
    service.by("finance").act(&first, "book", json!({})).refused(409, "state");
    pay(&service, &project, 150, "2026-04-01", "R-1");
    service.by("manager").act(&first, "approve", json!({})).refused(409, "money");
    service.by("manager").act(&first, "reject", json!({"note": "Paid since"})).expect(200);
    let rest = propose("c_specialist_1", 150).expect(201).location();
    service.by("manager").act(&rest, "approve", json!({"note": "Agreed"})).expect(200);
    let row = service.by("finance").get(&format!("/v1/receivables/{}", receivables["balance"])).expect(200).body;
    assert_eq!((row["status"].as_str(), row["outstanding_amount"].as_i64()), (Some("written_off"), Some(0)));
    service.by("finance").act(&rest, "book", json!({})).expect(200);
    service.by("finance").act(&rest, "book", json!({})).refused(409, "state");
    service.by("c_specialist_1").act(&rest, "void", json!({"reason": "x"})).refused(409, "state");
    let past = service.by("finance").get(&format!("/v1/projects/{project}/outstanding?on=2026-03-31")).expect(200).body;
    assert_eq!(past["currencies"][0]["outstanding_amount"], 400, "it counts from the day of its approval");
}

#[test]
fn invoices_are_asked_for_from_signing_on_and_never_exceed_the_contract() {
    let (service, project, receivables) = settled();
    let early = service.project_at("bidding");
    service
        .by("a_specialist_1")
        .post(&format!("/v1/projects/{early}/invoices"), json!({"amount": 1}))
        .refused(409, "state");
    let ask = |by: &str, amount: i64| {
        service.by(by).post(&format!("/v1/projects/{project}/invoices"), json!({"amount": amount}))
    };
    ask("a_specialist_1", 1).refused(403, "not_party");
    ask("finance", 1).refused(403, "forbidden");
    ask("c_specialist_1", 401).refused(409, "money");
    let one = ask("c_specialist_1", 300).expect(201).location();
    ask("c_specialist_1", 101).refused(409, "money");
    service.by("c_specialist_1").act(&one, "issue", json!({"number": "1"})).refused(403, "forbidden");
    let finance = service.by("finance");
    finance.act(&one, "issue", json!({"number": "0440", "amount": 299})).refused(409, "money");
    finance.act(&one, "issue", json!({"number": "0440", "issued_on": "2026-04-02"})).refused(422, "validation");
    finance.act(&one, "issue", json!({"number": "0440", "amount": 300})).expect(200);
    let two = ask("c_specialist_1", 100).expect(201).location();
    finance.act(&two, "issue", json!({"number": "0440"})).refused(409, "conflict");
    let due =
        || finance.get(&format!("/v1/receivables/{}", receivables["retention"])).expect(200).body["due_on"].clone();
    let received = json!({"received_on": "2026-04-01"});
    service.by("c_assistant").act(&one, "record-receipt", received.clone()).refused(403, "forbidden");
    service.by("c_specialist_1").act(&one, "record-receipt", received).expect(200);
    assert_eq!(due(), "2026-04-08", "seven days after the receipt");
    finance.act(&one, "red-letter", json!({"number": "0441", "reason": "Wrong title"})).expect(200);
    assert!(due().is_null());
    finance.act(&one, "red-letter", json!({"number": "0442", "reason": "Again"})).refused(409, "state");
    ask("c_specialist_1", 300).expect(201);
}
