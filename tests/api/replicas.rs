//! Two processes on one database: what one ends has ended at the other.

use crate::harness::{Answer, Caller, PASSWORD, Process, Service};
use serde_json::json;
use std::thread;

#[test]
fn log_out_and_deactivation_bite_at_the_other_process_at_once() {
    let service = Service::start();
    let other = Process::beside(&service);
    let session = service
        .nobody()
        .send("POST", "/v1/auth/login", &[], Some(&json!({"username": "manager", "password": PASSWORD})))
        .expect(200)
        .body;
    let mut caller = service.nobody();
    caller.token = session["access_token"].as_str().map(str::to_owned);
    let there = other.with(&caller);
    there.get("/v1/me").expect(200);
    caller.send("POST", "/v1/auth/logout", &[], None).expect(204);
    there.get("/v1/me").refused(401, "unauthenticated");

    let leader = other.with(&service.by("b_leader"));
    leader.get("/v1/me").expect(200);
    service.by("admin").patch("/v1/users/b_leader", json!({"active": false})).expect(200);
    leader.get("/v1/me").refused(401, "unauthenticated");
}

#[test]
fn the_sandbox_clock_holds_for_every_process_and_survives_a_restart() {
    let service = Service::start();
    service.clock("2031-05-01T10:00:00+08:00");
    for _ in 0..2 {
        let process = Process::beside(&service);
        let clock = process.with(&service.by("auditor")).get("/v1/sandbox/clock").expect(200).body;
        assert_eq!((clock["today"].as_str(), clock["frozen"].as_bool()), (Some("2031-05-01"), Some(true)));
    }
    let admin = service.by("admin");
    admin.put("/v1/sandbox/clock", json!({"now": "2031-04-30T10:00:00+08:00"})).refused(409, "state");
    service
        .by("manager")
        .put("/v1/sandbox/clock", json!({"now": "2031-06-30T10:00:00+08:00"}))
        .refused(403, "forbidden");
}

#[test]
fn the_clock_stays_within_the_calendar() {
    let service = Service::start();
    let answer = service.by("admin").put("/v1/sandbox/clock", json!({"now": "9999-12-31T23:59:59Z"}));
    assert!(matches!(answer.status, 422), "{}", answer.text());
}

#[test]
fn fifty_callers_with_one_key_have_one_effect_at_two_processes_and_across_a_kill() {
    let service = Service::start();
    let other = Process::beside(&service);
    let client = service.client("a_specialist_1");
    let here = service.by("a_specialist_1");
    let there = other.with(&here);
    let body = json!({"client_id": client, "channel": "phone", "name": "Asked fifty times", "kind": "show_flat"});
    let ask = |caller: &Caller, key: &str| {
        caller.send("POST", "/v1/inquiries", &[("idempotency-key", key)], Some(&body)).expect(201)
    };
    let answers: Vec<Answer> = thread::scope(|scope| {
        let callers: Vec<_> = (0..50)
            .map(|n| {
                let (caller, ask) = (if n % 2 == 0 { &here } else { &there }, &ask);
                scope.spawn(move || ask(caller, "the-same"))
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    let first = &answers[0];
    for answer in &answers {
        assert_eq!((answer.text(), answer.location()), (first.text(), first.location()));
    }
    let made = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_empty()).count();
    assert_eq!(made, 1, "one of them did it, the others were told");
    let count = || here.get("/v1/projects?q=fifty&include=total").expect(200).body["total"].clone();
    assert_eq!(count(), 1);

    // A process is killed by being dropped; the next one knows what it had answered.
    drop(other);
    let next = Process::beside(&service);
    let again = ask(&next.with(&here), "the-same");
    assert_eq!((again.text(), again.header("idempotent-replayed")), (first.text(), "true"));
    assert_eq!(count(), 1);
    ask(&next.with(&here), "another");
    assert_eq!(count(), 2, "another key is another inquiry");
}
