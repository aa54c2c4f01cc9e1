//! Deliveries: what waits behind one that failed, the log of the attempts, and for how long it is kept.

use crate::api_keys::key;
use crate::harness::{Caller, Receiver, Service, wait_until};
use crate::webhooks::{deliveries, endpoint, hurry, interaction, sending, summaries};
use chrono::TimeDelta;
use diesel::prelude::*;
use fitout::db::schema::{webhook_attempts, webhook_deliveries, webhook_endpoints};
use fitout::db::{At, Id};
use fitout::feed::webhooks::purge;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

/// Asks not to be tried again before tomorrow: longer than any test waits.
const TOMORROW: &str = "retry-after: 86400\r\n";

/// What is told of here.
fn interactions() -> Value {
    json!({"kinds": ["interaction.logged"]})
}

fn at(of: &Value, name: &str) -> At {
    serde_json::from_value(of[name].clone()).unwrap()
}

/// In the order of the feed.
fn in_order(service: &Service, endpoint: &str, filter: &str) -> Vec<Value> {
    let mut all = deliveries(service, endpoint, filter);
    all.sort_by_key(|delivery| delivery["event_seq"].as_i64());
    all
}

#[track_caller]
fn replay(service: &Service, delivery: &Value) {
    let path = format!("/v1/webhook-deliveries/{}/replay", delivery["id"].as_str().unwrap());
    service.by("admin").send("POST", &path, &[], None).expect(200);
}

/// Two messages of one project: the first was refused, and both wait until tomorrow.
fn held_back(service: &Service, receiver: &Receiver, endpoint: &str, project: &str) -> Vec<Value> {
    let waiting = || in_order(service, endpoint, "?state=pending");
    receiver.answer(|_| (503, TOMORROW.to_owned()));
    for summary in ["a", "b"] {
        interaction(service, project, summary);
    }
    // The second may have been written down after the first had failed, and is held back by its next failure only.
    wait_until("the first failure", || waiting().len() == 2 && waiting()[0]["attempts"] == 1);
    hurry(service);
    let late = At::now_real() + TimeDelta::hours(1);
    wait_until("both to wait", || waiting().iter().all(|delivery| at(delivery, "next_attempt_at") > late));
    waiting()
}

#[test]
fn what_was_held_back_follows_once_the_first_is_taken() {
    let service = sending();
    let receiver = Receiver::start();
    let (path, _) = endpoint(&service, &receiver.url, interactions());
    for way in ["the first", "the second", "the part"] {
        let project = service.project_at("bidding");
        let before = receiver.received().len();
        let held = held_back(&service, &receiver, &path, &project);
        receiver.answer(|_| (204, String::new()));
        match way {
            "the first" => replay(&service, &held[0]),
            "the second" => replay(&service, &held[1]),
            _ => {
                let after = held[0]["event_seq"].as_i64().unwrap() - 1;
                let part = json!({"after": after, "until": held[1]["event_seq"]});
                let brought = service.by("admin").post(&format!("{path}/replay"), part).expect(200).body;
                assert_eq!(brought["deliveries"], 0, "neither of them ended");
            }
        }
        receiver.wait(before + 4);
        assert_eq!(summaries(&receiver)[before..], ["a", "a", "a", "b"], "{way} is sent again");
        wait_until("both results", || in_order(&service, &path, "?state=pending").is_empty());
    }
}

#[test]
fn one_that_is_sent_again_takes_along_what_failed_after_it() {
    let service = sending();
    let receiver = Receiver::start();
    let (path, _) = endpoint(&service, &receiver.url, interactions());
    let project = service.project_at("bidding");
    interaction(&service, &project, "a");
    wait_until("its result", || deliveries(&service, &path, "?state=delivered").len() == 1);
    receiver.answer(|_| (503, TOMORROW.to_owned()));
    interaction(&service, &project, "b");
    wait_until("its failure", || deliveries(&service, &path, "?state=pending").iter().any(|d| d["attempts"] == 1));
    receiver.answer(|_| (204, String::new()));
    replay(&service, &in_order(&service, &path, "")[0]);
    receiver.wait(4);
    assert_eq!(summaries(&receiver), ["a", "b", "a", "b"]);
}

#[test]
fn the_log_tells_of_every_attempt() {
    let service = sending();
    let receiver = Receiver::start();
    let (path, _) = endpoint(&service, &receiver.url, interactions());
    receiver.answer(|_| {
        std::thread::sleep(Duration::from_millis(50));
        (503, String::new())
    });
    interaction(&service, &service.project_at("bidding"), "a");
    wait_until("the failure", || deliveries(&service, &path, "").iter().any(|d| d["attempts"] == 1));
    receiver.answer(|_| (204, String::new()));
    hurry(&service);
    wait_until("the success", || deliveries(&service, &path, "?state=delivered").len() == 1);
    let id = deliveries(&service, &path, "")[0]["id"].as_str().unwrap().to_owned();
    let told = service.by("auditor").get(&format!("/v1/webhook-deliveries/{id}")).expect(200).body;
    let log = told["log"].as_array().unwrap();
    let went: Vec<Value> = log.iter().map(|one| json!([one["status"], one["error"], one["answer"]])).collect();
    assert_eq!(went, [json!([503, "the endpoint answered 503", "told\n"]), json!([204, null, null])]);
    let took: Vec<i64> = log.iter().map(|one| one["duration_ms"].as_i64().unwrap()).collect();
    assert!(took[0] >= 50 && took[1] >= 0, "{took:?}");
    assert!(at(&log[0], "at") < at(&log[1], "at"));
    assert_eq!((&told["attempts"], &told["last_status"], &told["last_error"]), (&json!(2), &json!(204), &Value::Null));
    assert_eq!(told["delivered_at"], log[1]["at"]);
}

#[test]
fn the_log_tells_that_nobody_answered() {
    let service = sending();
    // Free again at once: nobody listens there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (path, _) = endpoint(&service, &format!("http://{nobody}/"), interactions());
    interaction(&service, &service.project_at("bidding"), "a");
    wait_until("the failure", || deliveries(&service, &path, "").iter().any(|d| d["attempts"] == 1));
    let id = deliveries(&service, &path, "")[0]["id"].as_str().unwrap().to_owned();
    let told = service.by("auditor").get(&format!("/v1/webhook-deliveries/{id}")).expect(200).body;
    assert_eq!((&told["log"][0]["status"], &told["last_status"]), (&Value::Null, &Value::Null));
    assert!(!told["log"][0]["error"].as_str().unwrap().is_empty());
}

#[test]
fn what_ended_is_forgotten_after_thirty_days() {
    let service = sending();
    let receiver = Receiver::start();
    let (path, _) = endpoint(&service, &receiver.url, interactions());
    receiver.answer(|one| {
        let taken = one.body["data"]["data"]["summary"] != "waits";
        if taken { (204, String::new()) } else { (503, TOMORROW.to_owned()) }
    });
    for summary in ["old", "new", "waits"] {
        interaction(&service, &service.project_at("bidding"), summary);
    }
    let ids = || -> Vec<Id> {
        let all = in_order(&service, &path, "");
        all.iter().map(|delivery| delivery["id"].as_str().unwrap().parse().unwrap()).collect()
    };
    wait_until("all results", || {
        deliveries(&service, &path, "").iter().filter(|delivery| delivery["attempts"] == 1).count() == 3
    });
    let before = ids();
    for (id, days) in before.iter().zip([31, 29, 31]) {
        service.sql(|conn| {
            diesel::update(webhook_deliveries::table.filter(webhook_deliveries::id.eq(*id)))
                .set(webhook_deliveries::created_at.eq(At::now_real() - TimeDelta::days(days)))
                .execute(conn)
                .unwrap()
        });
    }
    assert_eq!(service.sql(|conn| purge(conn).unwrap()), 1);
    assert_eq!(ids(), before[1..], "what waits is kept however old it is");
    let logged: Vec<Id> =
        service.sql(|conn| webhook_attempts::table.select(webhook_attempts::delivery_id).load(conn).unwrap());
    assert!(logged.len() == 2 && !logged.contains(&before[0]), "{logged:?}");
    service.by("admin").get(&format!("/v1/webhook-deliveries/{}", before[0])).refused(404, "not_found");
}

#[test]
fn what_does_not_fit_the_endpoint_any_more_is_not_sent_again() {
    let service = sending();
    let receiver = Receiver::start();
    let (one, other) = (service.project_at("bidding"), service.project_at("bidding"));
    let (path, _) = endpoint(&service, &receiver.url, interactions());
    interaction(&service, &one, "a");
    interaction(&service, &other, "b");
    wait_until("both", || deliveries(&service, &path, "?state=delivered").len() == 2);
    let admin = service.by("admin");
    let again = |n: usize| {
        let brought = admin.post(&format!("{path}/replay"), json!({"after": 0})).expect(200).body;
        assert_eq!(brought["deliveries"], 1);
        wait_until("again", || deliveries(&service, &path, "?state=delivered").len() == 2);
        receiver.wait(n);
        summaries(&receiver)[n - 1].clone()
    };
    admin.patch(&path, json!({"project_id": one})).expect(200);
    assert_eq!(again(3), "a");
    let client = service.see(&other)["client_id"].clone();
    admin.patch(&path, json!({"project_id": null, "client_id": client})).expect(200);
    assert_eq!(again(4), "b");
}

#[test]
fn a_key_has_nothing_sent_again_or_elsewhere_that_it_may_not_read() {
    let service = sending();
    let receiver = Receiver::start();
    let project = service.project_at("bidding");
    let (path, _) = endpoint(&service, &receiver.url, interactions());
    interaction(&service, &project, "a");
    wait_until("it", || deliveries(&service, &path, "?state=delivered").len() == 1);
    receiver.answer(|_| (503, TOMORROW.to_owned()));
    interaction(&service, &project, "b");
    receiver.wait(2);
    let admin = service.by("admin");
    admin.patch(&path, json!({"kinds": ["client.changed"]})).expect(200);
    let sent = deliveries(&service, &path, "?state=delivered")[0]["id"].as_str().unwrap().to_owned();
    let replay = |by: &Caller| by.send("POST", &format!("/v1/webhook-deliveries/{sent}/replay"), &[], None);
    let elsewhere = |by: &Caller| by.patch(&path, json!({"url": format!("{}/mine", receiver.url)}));
    let (_, program) = key(&service, "admin", &["webhooks.manage", "webhooks.read", "clients.read"]);
    replay(&program).refused(403, "forbidden");
    assert!(elsewhere(&program).refused(403, "forbidden").text().contains("interaction.logged"));
    let (_, program) = key(&service, "admin", &["webhooks.manage", "webhooks.read", "clients.read", "records.read"]);
    replay(&program).expect(200);
    elsewhere(&program).expect(200);
}

/// What is settled lies before what was settled, while a late transaction writes its events.
#[test]
fn an_endpoint_that_is_enabled_from_now_does_not_go_back() {
    let service = sending();
    let receiver = Receiver::start();
    let (path, _) = endpoint(&service, &receiver.url, interactions());
    let admin = service.by("admin");
    admin.send("POST", &format!("{path}/disable"), &[("if-match", "*")], None).expect(200);
    let far = 1_000_000_i64;
    service.sql(|conn| {
        diesel::update(webhook_endpoints::table).set(webhook_endpoints::position.eq(far)).execute(conn).unwrap()
    });
    let from_now = json!({"from": "now"});
    admin.send("POST", &format!("{path}/enable"), &[("if-match", "*")], Some(&from_now)).expect(200);
    let position =
        service.sql(|conn| webhook_endpoints::table.select(webhook_endpoints::position).first::<i64>(conn).unwrap());
    assert_eq!(position, far);
}

/// It is the status that says whether a message was taken.
#[test]
fn a_message_is_taken_though_the_body_of_the_answer_does_not_end() {
    let service = sending();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let project = service.project_at("bidding");
    let (path, _) = endpoint(&service, &url, interactions());
    interaction(&service, &project, "a");
    let (mut stream, _) = listener.accept().unwrap();
    let head = stream.read(&mut [0; 4096]).unwrap();
    assert!(head > 0);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok").unwrap();
    wait_until("it", || deliveries(&service, &path, "?state=delivered").len() == 1);
    assert_eq!(deliveries(&service, &path, "")[0]["attempts"], 1);
}
