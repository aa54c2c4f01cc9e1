//! `?as_of=`: what was answered at a moment is answered again, however much has happened since.

use crate::contracts::{amended, approve, by_share, seals, signing, start_at};
use crate::harness::{Caller, Service};
use serde_json::{Value, json};

/// What can be asked about the past, and the same without what depends on now: what the caller may do.
fn answers(caller: &Caller, paths: &[String], when: Option<&str>) -> Vec<Value> {
    let ask = |path: &String| {
        let path = match when {
            Some(at) => format!("{path}{}as_of={at}", if path.contains('?') { '&' } else { '?' }),
            None => path.clone(),
        };
        let mut body = caller.get(&path).expect(200).body;
        let mut rows = vec![&mut body];
        while let Some(row) = rows.pop() {
            if let Some(members) = row.as_object_mut() {
                members.remove("available_actions");
                // A cursor is bound to its query.
                if let Some(next) = members.get_mut("next") {
                    *next = json!(next.is_string());
                }
                rows.extend(members.get_mut("data").and_then(Value::as_array_mut).into_iter().flatten());
            }
        }
        body
    };
    paths.iter().map(ask).collect()
}

#[test]
fn what_was_answered_is_answered_again() {
    // Every step of it has its event, as a project put at a stage by hand has not.
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    let made = service.by("admin").send("POST", "/v1/sandbox/projects", &[], Some(&json!({"stage": "assignment"})));
    let project = made.expect(201).id();
    service.by("a_specialist_1").act(&format!("/v1/projects/{project}"), "steps/launch", json!({})).expect(200);
    let (owner, finance) = (service.by("a_specialist_1"), service.by("finance"));
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let contract =
        owner.post(&format!("/v1/projects/{project}/contracts"), by_share(60_000_000)).expect(201).location();
    let mut paths = vec![format!("/v1/projects/{project}"), contract.clone()];
    let mut recorded: Vec<(String, Vec<String>, Vec<Value>)> = Vec::new();
    let mut hour = 10;
    // Business time stands still while something happens; the answers are taken before it goes on.
    let mut then = |paths: &[String]| {
        let at = format!("2026-03-04T{:02}:00:00Z", hour - 8);
        recorded.push((at, paths.to_vec(), answers(&service.by("manager"), paths, None)));
        hour += 1;
        service.clock(&format!("2026-03-04T{hour:02}:00:00+08:00"));
    };
    then(&paths);
    approve(&service, &contract, "c_leader");
    then(&paths);
    service
        .by("manager")
        .act(&contract, "review", json!({"verdict": "changes_requested", "opinion": "Days"}))
        .expect(200);
    then(&paths);
    let mut body = by_share(50_000_000);
    body["instalments"][0]["days"] = json!(14);
    owner.patch(&contract, json!({"amount": 50_000_000, "instalments": body["instalments"]})).expect(200);
    owner.act(&contract, "submit", json!({"changes": "Days"})).expect(200);
    then(&paths);
    approve(&service, &contract, "c_leader");
    owner.act(&contract, "sign", signing(&service, &project)).expect(200);
    let rows = owner.get(&format!("/v1/projects/{project}/receivables")).expect(200).body;
    let of_kind = |kind: &str| {
        let row = rows["data"].as_array().unwrap().iter().find(|r| r["kind"] == kind).unwrap();
        format!("/v1/receivables/{}", row["id"].as_str().unwrap())
    };
    let (deposit, balance) = (of_kind("deposit"), of_kind("balance"));
    paths.extend([deposit.clone(), balance.clone()]);
    paths.extend(
        ["", "?status=open", "?status=paid", "?overdue=true", "?disputed=true", "?sort=-created_at&limit=2"]
            .map(|filter| format!("/v1/projects/{project}/receivables{filter}")),
    );
    paths.extend(["?client=", "?include=total&client="].map(|filter| format!("/v1/receivables{filter}{client}")));
    paths.push(format!("/v1/clients/{client}/ageing"));
    then(&paths);
    let amendment = json!({"amount": 4_000_000, "why": "Planting"});
    let amendment = owner.post(&format!("{contract}/amendments"), amendment).expect(201).location();
    then(&paths);
    approve(&service, &amendment, "c_leader");
    let body = json!({"signed_on": "2026-03-04", "document_id": owner.upload(&project, "contract_scan", "x.pdf").expect(201).body["id"], "seals": seals()});
    owner.act(&amendment, "sign", body).expect(200);
    then(&paths);
    let paid = json!({"amount": 20_000_000, "paid_on": "2026-03-04", "reference": "B-1"});
    let payment = finance.post(&format!("/v1/clients/{client}/payments"), paid).expect(201).location();
    finance.act(&payment, "confirm", json!({})).expect(200);
    then(&paths);
    owner.post(&format!("{balance}/disputes"), json!({"reason": "Fabric"})).expect(201);
    then(&paths);
    finance.act(&payment, "reverse", json!({"reason": "Dishonoured"})).expect(200);
    then(&paths);
    service.clock("2026-04-20T10:00:00+08:00");
    service
        .by("manager")
        .act(&format!("/v1/projects/{project}"), "steps/shelve", json!({"reason": "Loan", "review_on": "2026-06-01"}))
        .expect(200);
    owner.patch(&format!("/v1/projects/{project}"), json!({"name": "Other"})).refused(409, "state");

    assert_eq!(recorded.len(), 10);
    for (at, paths, before) in recorded {
        let again = answers(&service.by("manager"), &paths, Some(&at));
        for ((path, before), again) in paths.iter().zip(before).zip(again) {
            assert_eq!(again, before, "{path} at {at}");
        }
    }
}

#[test]
fn the_past_has_its_bounds() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let path = format!("/v1/projects/{project}");
    owner.get(&format!("{path}?as_of=2020-01-01T00:00:00Z")).refused(404, "not_found");
    assert_eq!(
        owner.get(&format!("{path}?as_of=2026-03-05T00:00:00Z")).refused(422, "validation").pointers(),
        ["?as_of"]
    );
    owner.get(&format!("{path}?as_of=0152-10-01T00:00:00Z")).refused(422, "validation");
    owner.get(&format!("{path}?as_of=yesterday")).refused(422, "validation");
    service.by("b_specialist_1").get(&format!("{path}?as_of=2026-03-04T02:00:00Z")).refused(404, "not_found");
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let ageing = format!("/v1/clients/{client}/ageing?as_of=2026-03-04T02:00:00Z");
    assert_eq!(owner.get(&ageing).expect(200).body["currencies"], json!([]));
    assert_eq!(owner.get(&format!("{ageing}&on=2026-03-04")).refused(422, "validation").pointers(), ["?as_of"]);
    let empty = owner.get(&format!("{path}/receivables?as_of=2026-03-04T02:00:00Z")).expect(200).body;
    assert_eq!(empty, json!({"data": [], "next": null}));
    let contract = amended_contract(&service, &project);
    let then = owner.get(&format!("{contract}?as_of=2026-03-04T02:00:00Z")).expect(200);
    assert_eq!((&then.body["available_actions"], then.headers.get("etag")), (&json!([]), None));
}

fn amended_contract(service: &Service, project: &str) -> String {
    let contract = crate::contracts::signed(service, project, "a_specialist_1", by_share(1_000_000));
    amended(service, project, &contract, "a_specialist_1", json!({"amount": 5, "why": "x"}));
    contract
}
