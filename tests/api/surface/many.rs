//! More to show is not more to ask: what looks at complaints, final accounts and the work that waits asks as much about many as about two.

use crate::contracts::{by_share, signed};
use crate::harness::{Caller, Service};
use serde_json::json;

/// One more of each: a contract in review, a draft of a final account, and three complaints: registered, proposed and answered.
fn one_more_of_each(service: &Service) {
    let (owner, front, leader) = (service.by("c_specialist_1"), service.by("a_specialist_1"), service.by("c_leader"));
    let bidding = service.project_at("bidding");
    front.post(&format!("/v1/projects/{bidding}/contracts"), by_share(40_000_000)).expect(201);
    let project = service.project_at("bidding");
    signed(service, &project, "a_specialist_1", by_share(30_000_000));
    service.put_at(&project, "settlement");
    owner.post(&format!("/v1/projects/{project}/final-accounts"), json!({})).expect(201);
    let client = service.see(&project)["client_id"].clone();
    let body = json!({"client_id": client, "project_id": project, "channel": "phone", "severity": "normal", "what": "Doors scrape"});
    let complaint = || leader.post("/v1/complaints", body.clone()).expect(201).location();
    complaint();
    for valid in [true, false] {
        let at = complaint();
        owner.act(&at, "confirm", json!({})).expect(200);
        let cause = json!({"found_valid": valid, "reasons": "hinges", "cause": "quality", "department": "engineering"});
        owner.act(&at, "analyse", cause).expect(200);
        if valid {
            let measures =
                json!({"measures": [{"what": "Hinges", "department": "engineering", "due_on": "2026-03-10"}]});
            owner.act(&at, "propose", measures).expect(200);
        } else {
            owner.act(&at, "answer", json!({"answer": "They are as ordered"})).expect(200);
        }
    }
}

/// How many statements each of these reads takes.
fn costs(service: &Service, callers: &[Caller], paths: &[&str]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for who in callers {
        for path in paths {
            let _ = service.threads.statements().take();
            let rows = who.get(path).expect(200).body["data"].as_array().map_or(0, Vec::len);
            // What the writer does with SQLite's log when nobody waits is no part of a request.
            let ran = service.threads.statements().take();
            out.push((ran.iter().filter(|text| !text.contains("wal_checkpoint")).count(), rows));
        }
    }
    out
}

#[test]
fn more_complaints_accounts_and_work_ask_no_more() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    service.threads.statements().record();
    let callers = ["manager", "c_leader", "c_specialist_1"].map(|name| service.by(name));
    let paths = ["/v1/complaints", "/v1/final-accounts", "/v1/me/worklist"];
    for _ in 0..2 {
        one_more_of_each(&service);
    }
    let two = costs(&service, &callers, &paths);
    for _ in 0..2 {
        one_more_of_each(&service);
    }
    let four = costs(&service, &callers, &paths);
    assert_eq!(two.len(), 9);
    for (n, ((few, before), (many, after))) in two.into_iter().zip(four).enumerate() {
        let what = format!("{} for caller {}", paths[n % 3], n / 3);
        assert!(before > 1 && after > before, "{what}: {before} and {after} rows");
        assert!(many <= few, "{what}: {few} statements for {before} rows, {many} for {after}");
    }
}
