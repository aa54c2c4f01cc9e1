//! What was recorded late counts from the day on which it happened; and what `available_actions` say is what the acts do.

use crate::contracts::{approve, by_share, file, now, owed, row, seals, signed, signing, start_at};
use crate::harness::{Caller, Service};
use diesel::prelude::*;
use fitout::db::schema::{acceptance_certificates, transfers, users};
use fitout::db::{Day, Id};
use serde_json::{Value, json};

fn outstanding(service: &Service, project: &str, on: &str) -> i64 {
    let path = format!("/v1/projects/{project}/outstanding?on={on}");
    let body = service.by("finance").get(&path).expect(200).body;
    body["currencies"].as_array().unwrap().iter().map(|c| c["outstanding_amount"].as_i64().unwrap()).sum()
}

#[test]
fn a_signing_counts_from_its_day_however_late_it_is_recorded() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let contract = owner.post(&format!("/v1/projects/{project}/contracts"), by_share(1_000_000)).expect(201).location();
    approve(&service, &contract, "c_leader");
    service.clock("2026-03-20T10:00:00+08:00");
    let signed = signing(&service, &project);
    owner.act(&contract, "sign", signed).expect(200);
    let amendment =
        owner.post(&format!("{contract}/amendments"), json!({"amount": 50_000, "why": "Planting"})).expect(201);
    let amendment = amendment.location();
    approve(&service, &amendment, "c_leader");
    service.clock("2026-04-10T10:00:00+08:00");
    let body =
        json!({"signed_on": "2026-03-25", "document_id": file(&service, &project, "contract_scan"), "seals": seals()});
    owner.act(&amendment, "sign", body).expect(200);

    let figures = [
        ("2026-03-03", 0),
        ("2026-03-04", 1_000_000),
        ("2026-03-24", 1_000_000),
        ("2026-03-25", 1_050_000),
        ("2026-04-10", 1_050_000),
    ];
    for (on, amount) in figures {
        assert_eq!(outstanding(&service, &project, on), amount, "on {on}");
    }
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let statement =
        service.by("finance").get(&format!("/v1/clients/{client}/statement?from=2026-03-01&until=2026-04-30"));
    let account = &statement.expect(200).body["accounts"][0];
    let lines: Vec<_> = account["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["on"].as_str().unwrap(), l["amount"].as_i64().unwrap()))
        .collect();
    assert!(lines.iter().all(|(on, _)| ["2026-03-04", "2026-03-25"].contains(on)), "{lines:?}");
    assert_eq!(lines.iter().map(|(_, amount)| amount).sum::<i64>(), 1_050_000);
    assert_eq!(account["closing_amount"], 1_050_000);
}

/// What this caller is told of an act on a record.
fn told(caller: &Caller, record: &str, act: &str) -> (bool, Value) {
    let body = caller.get(record).expect(200).body;
    let found = body["available_actions"].as_array().unwrap().iter().find(|a| a["action"] == act);
    let found = found.unwrap_or_else(|| panic!("{record} knows no {act}: {body}"));
    (found["allowed"].as_bool().unwrap(), found["refusal"].clone())
}

#[test]
fn nobody_is_told_that_they_may_review_their_own() {
    let (service, project) = start_at("settlement");
    let (leader, manager) = (service.by("c_leader"), service.by("manager"));
    let own = leader.post(&format!("/v1/projects/{project}/contracts"), by_share(1_000_000)).expect(201).location();
    assert_eq!(told(&leader, &own, "review"), (false, json!("not_party")));
    assert_eq!(told(&manager, &own, "review"), (true, Value::Null));
    assert_eq!(told(&leader, &own, "void"), (true, Value::Null));
    assert_eq!(told(&service.by("c_specialist_1"), &own, "void"), (false, json!("not_party")));
    manager.act(&own, "review", json!({"verdict": "approved", "opinion": "Fine"})).expect(200);
    leader.act(&own, "sign", signing(&service, &project)).expect(200);
    assert_eq!(told(&leader, &own, "void"), (false, json!("state")), "a signed contract is not voided");
}

#[test]
fn a_bid_without_its_security_or_past_its_deadline_is_not_offered() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let body = json!({"notice_no": "GZ-1", "submission_deadline": "2026-03-10T09:00:00Z", "security_amount": 100});
    let tender = owner.post(&format!("/v1/projects/{project}/tenders"), body).expect(201).location();
    assert_eq!(told(&owner, &tender, "submit_bid"), (false, json!("state")), "the security is not paid");
    let paid = json!({"purpose": "bid", "amount": 100, "form": "cash"});
    service.by("finance").post(&format!("/v1/projects/{project}/securities"), paid).expect(201);
    assert_eq!(told(&owner, &tender, "submit_bid"), (true, Value::Null));
    service.clock("2026-03-11T10:00:00+08:00");
    assert_eq!(told(&owner, &tender, "submit_bid"), (false, json!("state")), "the deadline passed");
}

/// An acceptance certificate of 28 February, straight in the database.
fn certified(service: &Service, project: &str) {
    let id: Id = project.parse().unwrap();
    service.sql(|conn| {
        let by: Id = users::table.select(users::id).first(conn).unwrap();
        let day: Day = "2026-02-28".parse().unwrap();
        let row = (
            (
                acceptance_certificates::id.eq(Id::new()),
                acceptance_certificates::project_id.eq(id),
                acceptance_certificates::version.eq(1_i64),
            ),
            (
                acceptance_certificates::document_id.eq(Id::new()),
                acceptance_certificates::accepted_on.eq(day),
                acceptance_certificates::basis.eq("signed"),
            ),
            (
                acceptance_certificates::created_at.eq(now()),
                acceptance_certificates::created_by.eq(by),
                acceptance_certificates::updated_at.eq(now()),
            ),
        );
        diesel::insert_into(acceptance_certificates::table).values(row).execute(conn).unwrap();
    });
}

#[test]
fn a_late_contract_finds_what_happened_before() {
    let (service, project) = start_at("acceptance");
    certified(&service, &project);
    let contract = signed(&service, &project, "a_specialist_1", by_share(1_000_000));
    assert_eq!(
        owed(&service, &contract)[2..],
        [row("balance", 250_000, Some("2026-03-30")), row("retention", 50_000, Some("2028-02-28"))]
    );
}

#[test]
fn after_a_termination_no_certificate_sets_a_due_date() {
    let (service, project) = start_at("settlement");
    certified(&service, &project);
    service.sql(|conn| {
        let by: Id = users::table.select(users::id).first(conn).unwrap();
        let row = (
            (
                transfers::id.eq(Id::new()),
                transfers::project_id.eq(project.parse::<Id>().unwrap()),
                transfers::version.eq(1_i64),
                transfers::kind.eq("termination"),
                transfers::state.eq("accepted"),
            ),
            (
                transfers::documents.eq("[]"),
                transfers::open_instructions.eq("[]"),
                transfers::unpaid_receivables.eq("[]"),
                transfers::missing.eq("[]"),
                transfers::acknowledged.eq("[]"),
            ),
            (transfers::created_at.eq(now()), transfers::created_by.eq(by), transfers::updated_at.eq(now())),
        );
        diesel::insert_into(transfers::table).values(row).execute(conn).unwrap();
    });
    let contract = signed(&service, &project, "c_specialist_1", by_share(1_000_000));
    assert_eq!(
        owed(&service, &contract)[2..],
        [row("balance", 250_000, None), row("retention", 50_000, None)],
        "both wait for the confirmed final account"
    );
}

/// Otherwise an instalment that waits for it would wait for ever.
#[test]
fn a_site_access_that_was_never_planned_is_planned_whenever() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let draft = owner.post(&format!("/v1/projects/{project}/contracts"), by_share(1_000_000)).expect(201).location();
    approve(&service, &draft, "c_leader");
    let mut body = signing(&service, &project);
    body.as_object_mut().unwrap().remove("planned_site_access_on");
    owner.act(&draft, "sign", body).expect(200);
    service.put_at(&project, "settlement");
    let back = service.by("c_specialist_1");
    let plan = json!({ "planned_site_access_on": "2026-03-09" });
    back.act(&draft, "replan-site-access", plan.clone()).expect(200);
    assert_eq!(owed(&service, &draft)[1].2.as_deref(), Some("2026-03-09"));
    back.act(&draft, "replan-site-access", plan).refused(409, "state");
}
