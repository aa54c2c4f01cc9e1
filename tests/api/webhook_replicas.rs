//! Webhooks of several processes on one database: each message once, and what a killed one had in hand by the next.

use crate::harness::{Process, Receiver, Service, wait_until};
use crate::webhooks::{PRIVATE, deliveries, endpoint, interaction, sending, summaries};
use chrono::TimeDelta;
use diesel::prelude::*;
use fitout::db::At;
use fitout::db::schema::{webhook_deliveries, webhook_endpoints};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn two_processes_send_each_message_once() {
    let service = sending();
    let second = Process::beside_with(&service, &[PRIVATE]);
    let receiver = Receiver::start();
    receiver.answer(|_| {
        std::thread::sleep(Duration::from_millis(20));
        (204, String::new())
    });
    let projects: Vec<String> = (0..5).map(|_| service.project_at("bidding")).collect();
    let (path, _) = endpoint(&service, &receiver.url, json!({"kinds": ["interaction.logged"]}));
    for n in 0..40 {
        let by = service.by("a_specialist_1");
        let by = if n % 2 == 0 { by } else { second.with(&by) };
        let body = json!({"kind": "call", "summary": format!("{:02}", n)});
        by.post(&format!("/v1/projects/{}/interactions", projects[n % 5]), body).expect(201);
    }
    receiver.wait(40);
    wait_until("all results", || deliveries(&service, &path, "?state=delivered&limit=100").len() == 40);
    let got = receiver.received();
    let mut ids: Vec<&str> = got.iter().map(crate::harness::Received::id).collect();
    assert_eq!(ids.len(), 40);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40, "none twice");
    for project in &projects {
        let of = got.iter().filter(|one| one.body["data"]["project_id"] == project.as_str());
        let told: Vec<&str> = of.map(|one| one.body["data"]["data"]["summary"].as_str().unwrap()).collect();
        assert!(told.is_sorted() && told.len() == 8, "{told:?}");
    }
}

#[test]
fn what_a_killed_process_had_in_hand_is_sent_by_the_next() {
    let service = Service::start();
    let receiver = Receiver::start();
    let project = service.project_at("bidding");
    let first = Process::beside_with(&service, &[PRIVATE]);
    let body = json!({"name": "Bridge", "url": receiver.url, "kinds": ["interaction.logged"]});
    let admin = first.with(&service.by("admin"));
    let path = admin.send("POST", "/v1/webhook-endpoints", &[], Some(&body)).expect(201).location();
    receiver.answer(|_| {
        std::thread::sleep(Duration::from_secs(60));
        (204, String::new())
    });
    for summary in ["a", "b"] {
        interaction(&service, &project, summary);
    }
    receiver.wait(1);
    drop(first);
    receiver.answer(|_| (204, String::new()));
    let held: i64 = service.sql(|conn| {
        let held = webhook_deliveries::table.filter(webhook_deliveries::leased_until.gt(At::now_real()));
        held.count().get_result(conn).unwrap()
    });
    assert_eq!(held, 1, "it is still the killed one's");
    let lease_ends = |until: At| {
        service.sql(|conn| {
            let held = webhook_deliveries::table.filter(webhook_deliveries::leased_until.is_not_null());
            diesel::update(held).set(webhook_deliveries::leased_until.eq(Some(until))).execute(conn).unwrap()
        })
    };
    // However slow the machine is, it holds until this test ends it.
    assert_eq!(lease_ends(At::now_real() + TimeDelta::hours(1)), 1);
    let _second = Process::beside_with(&service, &[PRIVATE]);
    // The second process looks for work twice, and finds nothing but another project's.
    let other = service.project_at("bidding");
    for (before, summary) in ["c", "d"].into_iter().enumerate() {
        interaction(&service, &other, summary);
        wait_until("its result", || deliveries(&service, &path, "?state=delivered").len() == before + 1);
    }
    assert_eq!(summaries(&receiver), ["a", "c", "d"], "until its lease runs out nobody else sends it");
    assert_eq!(lease_ends(At::now_real() - TimeDelta::seconds(1)), 1);
    receiver.wait(5);
    assert_eq!(summaries(&receiver)[3..], ["a", "b"]);
    wait_until("all", || deliveries(&service, &path, "?state=delivered").len() == 4);
    let behind: i64 =
        service.sql(|conn| webhook_endpoints::table.select(webhook_endpoints::position).first(conn).unwrap());
    assert!(behind > 0);
}

#[test]
fn the_process_that_sends_looks_at_the_address_again() {
    let service = Service::start();
    let receiver = Receiver::start();
    let project = service.project_at("bidding");
    let open = Process::beside_with(&service, &[PRIVATE]);
    let refused = [
        (receiver.url.clone(), "Webhooks go to `https` addresses."),
        (
            receiver.url.replace("http://", "https://"),
            "It points into a private network or to this machine: webhooks go to public addresses.",
        ),
    ];
    let admin = open.with(&service.by("admin"));
    let made = refused.map(|(url, why)| {
        let body = json!({"name": "Bridge", "url": url, "kinds": ["interaction.logged"]});
        (admin.send("POST", "/v1/webhook-endpoints", &[], Some(&body)).expect(201).location(), why)
    });
    drop(open);
    interaction(&service, &project, "a");
    let _closed = Process::beside(&service);
    for (path, why) in made {
        wait_until("its result", || deliveries(&service, &path, "").iter().any(|d| d["last_error"].is_string()));
        let told = &deliveries(&service, &path, "")[0];
        assert_eq!((&told["state"], &told["last_status"]), (&json!("pending"), &Value::Null));
        assert_eq!(told["last_error"], why);
    }
    assert!(receiver.received().is_empty());
}
