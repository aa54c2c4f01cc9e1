//! Webhooks: told in order, signed, again and again until they are taken, and never to a private network.

use crate::harness::{Backend, Receiver, Seed, Service, TestDatabase, wait_until};
use diesel::prelude::*;
use fitout::db::At;
use fitout::db::schema::{webhook_deliveries, webhook_endpoints};
use serde_json::{Value, json};
use std::time::Duration;

pub const PRIVATE: &str = "--webhook-private-targets";

/// A service that sends, to private targets too.
pub fn sending() -> Service {
    Service::start_with(TestDatabase::create(Backend::of_this_run(), Seed::Company), &[PRIVATE])
}

/// An endpoint at this address; its path and secret.
#[track_caller]
pub fn endpoint(service: &Service, url: &str, more: Value) -> (String, String) {
    let mut body = json!({"name": "Bridge", "url": url});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = service.by("admin").send("POST", "/v1/webhook-endpoints", &[], Some(&body)).expect(201);
    (made.location(), made.body["secret"].as_str().unwrap().to_owned())
}

pub fn interaction(service: &Service, project: &str, summary: &str) {
    let body = json!({"kind": "call", "summary": summary});
    service.by("a_specialist_1").post(&format!("/v1/projects/{project}/interactions"), body).expect(201);
}

pub fn summaries(receiver: &Receiver) -> Vec<String> {
    let all = receiver.received();
    all.iter().map(|one| one.body["data"]["data"]["summary"].as_str().unwrap_or("-").to_owned()).collect()
}

pub fn deliveries(service: &Service, endpoint: &str, filter: &str) -> Vec<Value> {
    let body = service.by("admin").get(&format!("{endpoint}/deliveries{filter}")).expect(200).body;
    body["data"].as_array().unwrap().clone()
}

/// What waits for its next attempt need not wait any longer.
pub fn hurry(service: &Service) {
    service.sql(|conn| {
        diesel::update(webhook_deliveries::table)
            .set(webhook_deliveries::next_attempt_at.eq(At::now_real()))
            .execute(conn)
            .unwrap()
    });
}

#[test]
fn an_endpoint_hears_what_it_asked_for_in_order_and_signed() {
    let service = sending();
    let (all, some) = (Receiver::start(), Receiver::start());
    let project = service.project_at("bidding");
    let other = service.project_at("bidding");
    let (_, secret) = endpoint(&service, &all.url, json!({"kinds": ["interaction.logged", "memo.sent"]}));
    let (of_project, _) = endpoint(&service, &some.url, json!({"project_id": project}));
    for n in 0..10 {
        interaction(&service, if n % 2 == 0 { &project } else { &other }, &n.to_string());
    }
    let got = all.wait(10);
    let by_project = |id: &str| {
        let of = got.iter().filter(|one| one.body["data"]["project_id"] == id);
        of.map(|one| one.body["data"]["data"]["summary"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(by_project(&project), ["0", "2", "4", "6", "8"]);
    assert_eq!(by_project(&other), ["1", "3", "5", "7", "9"]);
    for one in &got {
        assert!(one.is_signed_with(&secret) && !one.is_signed_with("whsec_AAAA"));
        let told = &one.body["data"];
        let page = service.by("admin").get(&format!("/v1/events?after={}&limit=1", told["seq"].as_i64().unwrap() - 1));
        assert_eq!(page.expect(200).body["data"][0], *told, "the feed tells the same");
        assert_eq!((one.id(), &one.body["timestamp"]), (told["id"].as_str().unwrap(), &told["at"]));
        assert_eq!(one.headers["content-type"], "application/json");
    }
    some.wait(5);
    assert!(some.received().iter().all(|one| one.body["data"]["project_id"] == project.as_str()));
    let ping = service.by("admin").send("POST", &format!("{of_project}/ping"), &[], None).expect(201);
    let got = some.wait(6);
    assert_eq!((got[5].kind(), got[5].id()), ("webhook.ping", ping.body["message_id"].as_str().unwrap()));
    wait_until("the ping's log", || service.by("admin").get(&ping.location()).expect(200).body["state"] == "delivered");
    let log = service.by("auditor").get(&ping.location()).expect(200).body;
    assert_eq!((log["attempts"].as_i64(), &log["log"][0]["status"]), (Some(1), &json!(204)));
    assert!(service.by("admin").get(&of_project).expect(200).body["last_success_at"].is_string());
}

#[test]
fn an_endpoint_of_a_client_hears_of_it_and_of_its_projects_only() {
    let service = sending();
    let receiver = Receiver::start();
    let (project, other) = (service.project_at("bidding"), service.project_at("bidding"));
    let client_of = |project: &str| service.see(project)["client_id"].as_str().unwrap().to_owned();
    let client = client_of(&project);
    let (path, _) = endpoint(&service, &receiver.url, json!({"client_id": client}));
    // Another's first: what is heard later tells that these were passed over.
    for project in [&other, &project] {
        interaction(&service, project, "a");
        let client = format!("/v1/clients/{}", client_of(project));
        service.by("a_specialist_1").patch(&client, json!({"grade": "A"})).expect(200);
    }
    wait_until("both results", || deliveries(&service, &path, "?state=delivered").len() == 2);
    assert_eq!(deliveries(&service, &path, "").len(), 2);
    let got = receiver.received();
    let heard = |kind: &str| got.iter().find(|one| one.kind() == kind).unwrap().body["data"].clone();
    assert_eq!(got.len(), 2);
    assert_eq!(heard("interaction.logged")["project_id"], project.as_str());
    assert_eq!(heard("client.changed")["client_id"], client.as_str());
}

#[test]
fn what_fails_is_repeated_and_holds_up_its_own_project_only() {
    let service = sending();
    let receiver = Receiver::start();
    let (slow, other) = (service.project_at("bidding"), service.project_at("bidding"));
    let (path, _) = endpoint(&service, &receiver.url, json!({"kinds": ["interaction.logged"]}));
    receiver.answer(|one| {
        if one.body["data"]["data"]["summary"] == "a" { (503, String::new()) } else { (200, String::new()) }
    });
    for (project, summary) in [(&slow, "a"), (&slow, "b"), (&other, "c")] {
        interaction(&service, project, summary);
    }
    receiver.wait(2);
    wait_until("two results", || deliveries(&service, &path, "?state=delivered").len() == 1);
    wait_until("the failure", || service.by("admin").get(&path).expect(200).body["last_failure_at"].is_string());
    let waiting = deliveries(&service, &path, "?state=pending");
    assert_eq!(waiting.len(), 2);
    let failed = waiting.iter().find(|d| d["attempts"] == 1).unwrap();
    assert_eq!((&failed["last_status"], &failed["last_error"]), (&json!(503), &json!("the endpoint answered 503")));
    let log = service.by("admin").get(&format!("/v1/webhook-deliveries/{}", failed["id"].as_str().unwrap()));
    let at = |instant: &Value| serde_json::from_value::<At>(instant.clone()).unwrap();
    let wait = (at(&failed["next_attempt_at"]) - at(&log.expect(200).body["log"][0]["at"])).num_milliseconds();
    assert!((5_000..=6_000).contains(&wait), "five seconds after the attempt and a little: {wait}");
    let mut told = summaries(&receiver);
    told.sort();
    assert_eq!(told, ["a", "c"], "b waits for a");
    receiver.answer(|_| (200, String::new()));
    hurry(&service);
    receiver.wait(4);
    assert_eq!(summaries(&receiver)[2..], ["a", "b"]);
    let ids: Vec<String> = receiver.received().iter().map(|one| one.id().to_owned()).collect();
    let first = summaries(&receiver).iter().position(|s| s == "a").unwrap();
    assert_eq!(ids[first], ids[2], "the same message has the same id");
}

#[test]
fn an_endpoint_that_is_gone_is_disabled_and_goes_on_where_it_stopped() {
    let service = sending();
    let receiver = Receiver::start();
    let project = service.project_at("bidding");
    let (path, _) = endpoint(&service, &receiver.url, json!({"kinds": ["interaction.logged"]}));
    let admin = service.by("admin");
    receiver.answer(|_| (410, String::new()));
    interaction(&service, &project, "a");
    wait_until("the end", || admin.get(&path).expect(200).body["disabled_because"] == "gone");
    interaction(&service, &project, "b");
    for act in ["ping", "disable"] {
        let etag = admin.etag(&path);
        admin.send("POST", &format!("{path}/{act}"), &[("if-match", &etag)], None).refused(409, "state");
    }
    admin.act(&path, "replay", json!({"after": 0})).refused(409, "state");
    let history = admin.get(&format!("{path}/history")).expect(200).body;
    let last = &history["data"][1];
    assert_eq!((&last["kind"], &last["actor_id"]), (&json!("webhook_endpoint.disabled"), &Value::Null));
    receiver.answer(|_| (204, String::new()));
    admin.act(&path, "enable", json!({})).expect(200);
    hurry(&service);
    receiver.wait(3);
    assert_eq!(summaries(&receiver), ["a", "a", "b"]);
    admin.act(&path, "enable", json!({})).refused(409, "state");

    // From now on: what it missed is given up.
    let etag = admin.etag(&path);
    admin.send("POST", &format!("{path}/disable"), &[("if-match", &etag)], None).expect(200);
    interaction(&service, &project, "missed");
    admin.act(&path, "enable", json!({"from": "now"})).expect(200);
    interaction(&service, &project, "heard");
    receiver.wait(4);
    assert_eq!(summaries(&receiver)[3], "heard");
}

#[test]
fn a_schedule_that_is_used_up_disables_an_endpoint_that_took_nothing() {
    let service = sending();
    let receiver = Receiver::start();
    let project = service.project_at("bidding");
    let (path, _) = endpoint(&service, &receiver.url, json!({"kinds": ["interaction.logged"]}));
    receiver.answer(|_| (302, "location: http://127.0.0.1:1/elsewhere\r\n".to_owned()));
    interaction(&service, &project, "a");
    receiver.wait(1);
    for tried in 2..=10 {
        wait_until("its result", || deliveries(&service, &path, "")[0]["attempts"] == tried - 1);
        hurry(&service);
        receiver.wait(usize::try_from(tried).unwrap());
    }
    let admin = service.by("admin");
    wait_until("the end", || admin.get(&path).expect(200).body["disabled_because"] == "failing");
    let waiting = deliveries(&service, &path, "?state=pending");
    assert_eq!((waiting.len(), &waiting[0]["attempts"], &waiting[0]["last_status"]), (1, &json!(10), &json!(302)));
    // What it was not told waits for it.
    receiver.answer(|_| (204, String::new()));
    admin.act(&path, "enable", json!({})).expect(200);
    receiver.wait(11);
    assert_eq!(summaries(&receiver)[10], "a");
    // An endpoint that takes other messages is not given up for one that it refuses to the end.
    receiver.answer(|one| {
        if one.body["data"]["data"]["summary"] == "b" { (400, String::new()) } else { (204, String::new()) }
    });
    interaction(&service, &project, "b");
    wait_until("its result", || deliveries(&service, &path, "")[0]["attempts"] == 1);
    let other = service.project_at("bidding");
    interaction(&service, &other, "c");
    receiver.wait(13);
    wait_until("its result", || deliveries(&service, &path, "?state=delivered").len() == 2);
    for tried in 2..=10 {
        hurry(&service);
        wait_until("its result", || {
            deliveries(&service, &path, "").iter().any(|d| d["attempts"] == tried && d["state"] != "delivered")
        });
    }
    assert_eq!(deliveries(&service, &path, "?state=failed").len(), 1);
    assert!(admin.get(&path).expect(200).body["disabled_at"].is_null());
}

#[test]
fn an_endpoint_that_hangs_delays_nobody_else() {
    let service = sending();
    let (hanging, quick) = (Receiver::start(), Receiver::start());
    hanging.answer(|_| {
        std::thread::sleep(Duration::from_secs(20));
        (204, String::new())
    });
    let project = service.project_at("bidding");
    for receiver in [&hanging, &quick] {
        endpoint(&service, &receiver.url, json!({"kinds": ["interaction.logged"]}));
    }
    interaction(&service, &project, "0");
    hanging.wait(1);
    let began = std::time::Instant::now();
    for n in 1..=5 {
        interaction(&service, &project, &n.to_string());
    }
    quick.wait(6);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(hanging.received().len(), 1, "its own order holds");
}

#[test]
fn one_delivery_or_a_part_of_the_feed_is_sent_again() {
    let service = sending();
    let receiver = Receiver::start();
    let project = service.project_at("bidding");
    interaction(&service, &project, "before");
    let (path, _) = endpoint(&service, &receiver.url, json!({"kinds": ["interaction.logged"]}));
    let admin = service.by("admin");
    for summary in ["a", "b"] {
        interaction(&service, &project, summary);
    }
    receiver.wait(2);
    wait_until("both", || deliveries(&service, &path, "?state=delivered").len() == 2);
    let one = deliveries(&service, &path, "?sort=created_at")[0].clone();
    let at = format!("/v1/webhook-deliveries/{}", one["id"].as_str().unwrap());
    let again = admin.send("POST", &format!("{at}/replay"), &[], None).expect(200).body;
    assert_eq!((&again["state"], &again["message_id"]), (&json!("pending"), &one["message_id"]));
    receiver.wait(3);
    assert_eq!(summaries(&receiver), ["a", "b", "a"]);
    wait_until("again", || deliveries(&service, &path, "?state=delivered").len() == 2);
    let none = admin.post(&format!("{path}/replay"), json!({"after": 0, "only_failed": true})).expect(200).body;
    assert_eq!(none["deliveries"], 0);
    let all = admin.post(&format!("{path}/replay"), json!({"after": 0})).expect(200).body;
    assert_eq!(all["deliveries"], 3, "with what happened before it was made");
    receiver.wait(6);
    assert_eq!(summaries(&receiver)[3..], ["before", "a", "b"]);
    let nothing = json!({"after": 5, "until": 5});
    admin.post(&format!("{path}/replay"), nothing).refused(422, "validation");
    let part = json!({"after": one["event_seq"].as_i64().unwrap() - 1, "until": one["event_seq"]});
    wait_until("again", || deliveries(&service, &path, "?state=delivered").len() == 3);
    assert_eq!(admin.post(&format!("{path}/replay"), part).expect(200).body["deliveries"], 1);
    receiver.wait(7);
    assert_eq!(summaries(&receiver)[6], "a");
    admin
        .send("POST", "/v1/webhook-deliveries/018f9a1e-7c2b-7d5e-8f10-2a3b4c5d6e7f/replay", &[], None)
        .refused(404, "not_found");
    service.by("auditor").send("POST", &format!("{at}/replay"), &[], None).refused(403, "forbidden");
}

#[test]
fn a_secret_is_shown_once_and_changed_with_an_overlap() {
    let service = sending();
    let receiver = Receiver::start();
    let project = service.project_at("bidding");
    let (path, first) = endpoint(&service, &receiver.url, json!({"kinds": ["interaction.logged"]}));
    let admin = service.by("admin");
    let key = [("idempotency-key", "once-and-never-again"), ("if-match", "*")];
    let body = json!({"overlap_hours": 1});
    let changed = admin.send("POST", &format!("{path}/rotate-secret"), &key, Some(&body)).expect(200).body;
    let again = admin.send("POST", &format!("{path}/rotate-secret"), &key, Some(&body)).refused(409, "conflict");
    assert!(again.text().contains("not kept"), "{}", again.text());
    // A third secret would end the overlap that was promised.
    admin.send("POST", &format!("{path}/rotate-secret"), &[("if-match", "*")], Some(&body)).refused(409, "state");
    let second = changed["secret"].as_str().unwrap().to_owned();
    interaction(&service, &project, "a");
    let got = receiver.wait(1);
    assert!(got[0].is_signed_with(&first) && got[0].is_signed_with(&second));
    service.sql(|conn| {
        let past: fitout::db::At = "2020-01-01T00:00:00Z".parse().unwrap();
        let ended = webhook_endpoints::former_secret_until.eq(past);
        diesel::update(webhook_endpoints::table).set(ended).execute(conn).unwrap()
    });
    interaction(&service, &project, "after the overlap");
    let got = receiver.wait(2);
    assert!(!got[1].is_signed_with(&first) && got[1].is_signed_with(&second));
    let made = |key: &str, name: &str| {
        let facts = json!({"name": name, "url": receiver.url, "kinds": ["contract.signed"]});
        admin.send("POST", "/v1/webhook-endpoints", &[("idempotency-key", key)], Some(&facts))
    };
    made("one-endpoint-only", "x").expect(201);
    made("one-endpoint-only", "x").refused(409, "conflict");
    made("one-endpoint-only", "y").refused(422, "idempotency_conflict");
    assert_eq!(admin.get("/v1/webhook-endpoints?include=total").expect(200).body["total"], 2);
    let third = admin.act(&path, "rotate-secret", json!({"overlap_hours": 0})).expect(200).body["secret"].clone();
    interaction(&service, &project, "b");
    let got = receiver.wait(3);
    assert!(got[2].is_signed_with(third.as_str().unwrap()) && !got[2].is_signed_with(&second));
    let kept: String = service.sql(|conn| {
        let replies = diesel::sql_query("SELECT COALESCE(reply, '') AS text FROM idempotency_keys");
        replies.load::<Text>(conn).unwrap().into_iter().map(|row| row.text).collect()
    });
    let shown = [
        admin.get(&path).expect(200).text(),
        admin.get("/v1/webhook-endpoints").expect(200).text(),
        admin.get(&format!("{path}/history")).expect(200).text(),
        admin.get("/v1/events?kind=webhook_endpoint.created,webhook_endpoint.secret_rotated").expect(200).text(),
        kept,
    ];
    for text in shown {
        assert!(!text.contains("whsec_"), "{text}");
    }
    assert_eq!(
        service.by("manager").get("/v1/events?kind=webhook_endpoint.created").expect(200).body["data"],
        json!([])
    );
}

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

#[test]
fn endpoints_are_public_and_known_kinds_only() {
    let service = Service::start();
    let admin = service.by("admin");
    let make = |body: Value| admin.send("POST", "/v1/webhook-endpoints", &[], Some(&body));
    let wrong = [
        (json!({"name": "x", "url": "https://127.0.0.1/"}), "/url"),
        (json!({"name": "x", "url": "https://[::1]/"}), "/url"),
        (json!({"name": "x", "url": "http://hooks.example.com/"}), "/url"),
        (json!({"name": "x", "url": "not one"}), "/url"),
        (json!({"name": "x", "url": "https://hooks.example.com/", "kinds": ["contract.sign"]}), "/kinds/0"),
        (json!({"name": "x", "url": "https://hooks.example.com/", "project_id": admin.id}), "/project_id"),
        (json!({"name": "x", "url": "https://hooks.example.com/", "client_id": admin.id}), "/client_id"),
    ];
    for (body, pointer) in wrong {
        assert_eq!(make(body.clone()).refused(422, "validation").pointers(), [pointer], "{body}");
    }
    let made = make(json!({"name": "Bridge", "url": "https://hooks.example.com/fitout"})).expect(201);
    let path = made.location();
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(admin.patch(&path, json!({"url": "https://10.0.0.1/"})).refused(422, "validation").pointers(), ["/url"]);
    let changed = admin.patch(&path, json!({"name": "Other", "kinds": ["memo.sent"]})).expect(200).body;
    assert_eq!((&changed["name"], &changed["kinds"]), (&json!("Other"), &json!(["memo.sent"])));
    admin
        .send("PATCH", &path, &[("if-match", "\"1\"")], Some(&json!({"name": "x"})))
        .refused(412, "precondition_failed");
    admin.send("POST", &format!("{path}/rotate-secret"), &[], Some(&json!({}))).refused(428, "precondition_required");
    service.by("auditor").get(&path).expect(200);
    service.by("auditor").patch(&path, json!({"name": "x"})).refused(403, "forbidden");
    service.by("manager").get(&path).refused(403, "forbidden");
    let listed = admin.get("/v1/webhook-endpoints?include=total").expect(200).body;
    assert_eq!((listed["total"].as_i64(), &listed["data"][0]["id"]), (Some(1), &changed["id"]));
    let every: Vec<String> = fitout::events::kinds().collect();
    let facts = json!({"name": "Everything", "url": "https://hooks.example.com/all", "kinds": every});
    let made = service.by("admin").post("/v1/webhook-endpoints", facts).expect(201).body;
    assert_eq!(made["kinds"].as_array().unwrap().len(), every.len());
}
