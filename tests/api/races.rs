//! What may not depend on who comes first.

use crate::harness::{Process, Service};
use serde_json::json;
use std::collections::BTreeSet;
use std::thread;

/// A step racing with what would take its evidence away ends in one of the two legal orders.
#[test]
fn a_step_and_the_void_of_its_evidence_never_both_succeed() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let (mut stepped, mut voided) = (0, 0);
    for _ in 0..12 {
        let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
        let interaction = owner
            .post(&format!("{path}/interactions"), json!({"kind": "call", "summary": "Budget"}))
            .expect(201)
            .location();
        owner
            .post(
                &format!("{path}/qualifications"),
                json!({"finances": 4, "value": 5, "effort": 3, "difficulty": 2, "decision_makers_known": true}),
            )
            .expect(201);
        let (step, void) = thread::scope(|scope| {
            let step = scope.spawn(|| manager.act(&path, "steps/accept", json!({})));
            let void = scope.spawn(|| owner.act(&interaction, "void", json!({"reason": "wrong project"})));
            (step.join().unwrap(), void.join().unwrap())
        });
        match (step.status, void.status) {
            (200, 409) => stepped += 1,
            (409, 200) => voided += 1,
            other => panic!("{other:?}: {} / {}", step.text(), void.text()),
        }
        let stage = service.see(path.rsplit('/').next().unwrap())["stage"].clone();
        assert_eq!(stage, if step.status == 200 { "assignment" } else { "intake" });
    }
    println!("the step came first {stepped} times, the void {voided} times");
}

/// Nothing new comes to stand on a client that is voided at that moment.
#[test]
fn a_client_and_what_builds_on_it_are_never_both() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    for round in 0..24 {
        let client = service.client("a_specialist_1");
        let path = format!("/v1/clients/{client}");
        let inquiry = json!({"client_id": client, "channel": "phone", "name": "Room", "kind": "hotel_room"});
        let complaint = json!({"client_id": client, "channel": "phone", "severity": "minor", "what": "Late"});
        let (what, body) = if round % 2 == 0 { ("/v1/inquiries", inquiry) } else { ("/v1/complaints", complaint) };
        let (made, voided) = thread::scope(|scope| {
            let made = scope.spawn(|| owner.post(what, body.clone()));
            let voided = scope.spawn(|| manager.act(&path, "void", json!({"reason": "twice"})));
            (made.join().unwrap(), voided.join().unwrap())
        });
        match (made.status, voided.status) {
            (201, 409) => {}
            (422, 200) => made.refused(422, "validation").pointers().iter().for_each(|p| assert_eq!(p, "/client_id")),
            other => panic!("{what} {other:?}: {} / {}", made.text(), voided.text()),
        }
    }
}

/// Numbers given to many at once have no gap and no double, also where some of them are refused.
#[test]
fn parallel_numbering_has_no_gap_and_no_double() {
    let service = Service::start();
    let client = service.client("a_specialist_1");
    let owner = service.by("a_specialist_1");
    let numbers: Vec<String> = thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|n| {
                let (owner, client) = (owner.clone(), client.clone());
                scope.spawn(move || {
                    let mut mine = Vec::new();
                    for i in 0..6 {
                        let mut body = json!({"client_id": client, "channel": "phone", "name": format!("Room {n}.{i}"), "kind": "hotel_room"});
                        if i == 3 {
                            // Refused in the transaction, after others may have taken numbers.
                            body["wanted_from"] = json!("2026-12-02");
                            body["wanted_until"] = json!("2026-12-01");
                            owner.post("/v1/inquiries", body).refused(422, "validation");
                        } else {
                            mine.push(owner.post("/v1/inquiries", body).expect(201).body["inquiry_number"].as_str().unwrap().to_owned());
                        }
                    }
                    mine
                })
            })
            .collect();
        callers.into_iter().flat_map(|c| c.join().unwrap()).collect()
    });
    let taken: BTreeSet<u32> = numbers.iter().map(|n| n.rsplit('-').next().unwrap().parse().unwrap()).collect();
    assert_eq!(taken, (1..=40).collect(), "{numbers:?}");
}

/// The same key sent many times at once has one effect, and everybody gets the same answer.
#[test]
fn the_same_key_at_once_has_one_effect() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let body = json!({"name": "Once", "kind": "hotel"});
    let answers: Vec<_> = thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| owner.send("POST", "/v1/clients", &[("idempotency-key", "the-same")], Some(&body))))
            .collect();
        callers.into_iter().map(|c| c.join().unwrap().expect(201)).collect()
    });
    let ids: BTreeSet<String> = answers.iter().map(|a| a.id()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|a| a.header("idempotent-replayed") == "true").count(), 7);
    assert_eq!(owner.get("/v1/clients?include=total").expect(200).body["total"], 1);
}

/// Two processes on one database, half of the callers at each: what is allocated is never more than what was paid. Without the lock on the client's
/// row (`clients::lock`) this fails on PostgreSQL, where the two of them read the same unapplied money.
#[test]
fn two_processes_never_allocate_the_same_money_twice() {
    let service = Service::start();
    service.clock("2026-01-20T10:00:00+08:00");
    let project = service.project_at("settlement");
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    // Two projects, so that the lock of one project alone does not keep the callers apart.
    let other_project = service.inquiry_of("a_specialist_1", &client);
    service.put_at(&other_project, "settlement");
    let rows = [&project, &other_project].map(|project| {
        service.signed(project, "2026-01-01T10:00:00+08:00", &[("balance", 5000, None)])["balance"].clone()
    });
    let finance = service.by("finance");
    let pay = |amount: i64, reference: &str| {
        let body = json!({ "amount": amount, "paid_on": "2026-01-20", "reference": reference });
        let payment = finance.post(&format!("/v1/clients/{client}/payments"), body).expect(201).location();
        finance.act(&payment, "confirm", json!({})).expect(200);
    };
    pay(70, "R-1");
    pay(30, "R-2");
    let other = Process::beside(&service);
    let path = format!("/v1/clients/{client}/allocations");
    let taken: usize = thread::scope(|scope| {
        let callers: Vec<_> = (0..64)
            .map(|n| {
                let caller = if n % 2 == 0 { finance.clone() } else { other.with(&finance) };
                let body = json!({ "receivable_id": rows[n / 2 % 2], "amount": 7 });
                let path = &path;
                scope.spawn(move || match caller.post(path, body) {
                    answer if answer.status == 201 => 1,
                    answer => {
                        answer.refused(409, "money");
                        0
                    }
                })
            })
            .collect();
        callers.into_iter().map(|c| c.join().unwrap()).sum()
    });
    assert_eq!(taken, 14, "14 × 7 fen are there, and no more");
    let balance = finance.get(&format!("/v1/clients/{client}/balance")).expect(200).body;
    assert_eq!(balance["currencies"][0]["unapplied_amount"], 2, "{balance}");
}
