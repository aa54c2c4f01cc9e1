//! Templates, contracts with their plan, reviews, seals, signing, amendments.

use crate::harness::Service;
use diesel::prelude::*;
use fitout::db::schema::{documents, installation_starts, receivables, users};
use fitout::db::{At, Day, Id};
use serde_json::{Value, json};

/// A service at a moment, and a project at a stage.
pub fn start_at(stage: &str) -> (Service, String) {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    let project = service.project_at(stage);
    (service, project)
}

/// A document on file, straight in the database.
pub fn file(service: &Service, project: &str, category: &str) -> String {
    let (id, project): (Id, Id) = (Id::new(), project.parse().unwrap());
    service.sql(|conn| {
        let by: Id = users::table.select(users::id).first(conn).unwrap();
        let at: At = now();
        let row = (
            (
                documents::id.eq(id),
                documents::project_id.eq(Some(project)),
                documents::version.eq(1_i64),
                documents::category.eq(category),
                documents::title.eq("paper"),
            ),
            (
                documents::confidentiality.eq("normal"),
                documents::latest_revision.eq(1_i64),
                documents::created_at.eq(at),
                documents::created_by.eq(by),
                documents::updated_at.eq(at),
            ),
        );
        diesel::insert_into(documents::table).values(row).execute(conn).unwrap();
    });
    id.to_string()
}

pub fn now() -> At {
    serde_json::from_value(json!("2026-03-04T02:00:00Z")).unwrap()
}

pub fn by_share(amount: i64) -> Value {
    json!({ "template": "fit-out-standard", "amount": amount, "defects_liability_months": 24, "instalments": [
        { "kind": "deposit", "share_bp": 3000, "days": 7 }, { "kind": "interim", "share_bp": 4000 },
        { "kind": "balance", "share_bp": 2500, "days": 30 }, { "kind": "retention", "share_bp": 500 } ] })
}

pub fn seals() -> Value {
    json!([{ "party": "us", "seal": "contract", "copies": 4, "sealed_by": "Office" }, { "party": "client", "seal": "company", "copies": 4, "sealed_by": "Ms Liang" }])
}

/// What signs a contract or (without the date of access) an amendment.
pub fn signing(service: &Service, project: &str) -> Value {
    json!({ "signed_on": "2026-03-04", "planned_site_access_on": "2026-04-20", "document_id": file(service, project, "contract_scan"), "seals": seals() })
}

pub fn approve(service: &Service, paper: &str, who: &str) {
    service.by(who).act(paper, "review", json!({ "verdict": "approved", "opinion": "Fine" })).expect(200);
}

/// A signed contract, drafted by this person; its path.
pub fn signed(service: &Service, project: &str, by: &str, draft: Value) -> String {
    let above = draft["amount"].as_i64().unwrap() > 50_000_000;
    let contract = service.by(by).post(&format!("/v1/projects/{project}/contracts"), draft).expect(201).location();
    approve(service, &contract, "c_leader");
    if above {
        approve(service, &contract, "manager");
    }
    service.by(by).act(&contract, "sign", signing(service, project)).expect(200);
    contract
}

/// A signed amendment.
pub fn amended(service: &Service, project: &str, contract: &str, by: &str, body: Value) {
    let amendment = service.by(by).post(&format!("{contract}/amendments"), body).expect(201).location();
    approve(service, &amendment, "c_leader");
    let body =
        json!({ "signed_on": "2026-03-04", "document_id": file(service, project, "contract_scan"), "seals": seals() });
    service.by(by).act(&amendment, "sign", body).expect(200);
}

/// Kind, amount and due date of the contract's receivables.
pub fn owed(service: &Service, contract: &str) -> Vec<(String, i64, Option<String>)> {
    let id: Id = contract.rsplit('/').next().unwrap().parse().unwrap();
    let rows = receivables::table.filter(receivables::contract_id.eq(id)).order(receivables::id).select((
        receivables::kind,
        receivables::amount,
        receivables::due_on,
    ));
    let rows: Vec<(String, i64, Option<Day>)> = service.sql(|conn| rows.load(conn).unwrap());
    rows.into_iter().map(|(kind, amount, due)| (kind, amount, due.map(|d| d.to_string()))).collect()
}

/// Says how much is paid on an instalment.
pub fn pay(service: &Service, contract: &str, kind: &str, amount: i64) {
    let id: Id = contract.rsplit('/').next().unwrap().parse().unwrap();
    let row = receivables::table.filter(receivables::contract_id.eq(id)).filter(receivables::kind.eq(kind.to_owned()));
    assert_eq!(
        service.sql(|conn| diesel::update(row).set(receivables::paid_amount.eq(amount)).execute(conn).unwrap()),
        1
    );
}

pub fn row(kind: &str, amount: i64, due: Option<&str>) -> (String, i64, Option<String>) {
    (kind.to_owned(), amount, due.map(str::to_owned))
}

#[test]
fn a_template_has_editions() {
    let (service, project) = start_at("bidding");
    let manager = service.by("manager");
    assert_eq!(manager.get("/v1/contract-templates/fit-out-standard").expect(200).body["edition"], 1);
    let new = json!({ "code": "fit-out-standard", "title": "Standard", "body": "1. Works" });
    service.by("a_specialist_1").post("/v1/contract-templates", new.clone()).refused(403, "forbidden");
    let second = manager.post("/v1/contract-templates", new).expect(201);
    assert_eq!(second.body["edition"], 2);
    let contract =
        service.by("a_specialist_1").post(&format!("/v1/projects/{project}/contracts"), by_share(100)).expect(201).body;
    assert_eq!(contract["template_id"], second.body["id"]);
    manager
        .post("/v1/contract-templates", json!({ "code": "Größe", "title": "x", "body": "x" }))
        .refused(422, "validation");
    assert_eq!(manager.get("/v1/contract-templates").expect(200).body["data"].as_array().unwrap().len(), 2);
    manager.get("/v1/contract-templates/none-such").refused(404, "not_found");
}

#[test]
fn a_contract_is_reviewed_in_rounds_sealed_and_signed() {
    let (service, project) = start_at("bidding");
    let (owner, leader, manager) = (service.by("a_specialist_1"), service.by("c_leader"), service.by("manager"));
    let drafted = owner.post(&format!("/v1/projects/{project}/contracts"), by_share(128_643_157)).expect(201);
    let contract = drafted.location();
    assert_eq!(
        (drafted.body["number"].as_str(), drafted.body["state"].as_str(), drafted.body["next_reviewer"].as_str()),
        (Some("C-2026-0001"), Some("in_review"), Some("back_leader"))
    );
    assert_eq!(
        drafted.body["value"],
        json!({ "signed_amount": 0, "pending_amount": 128_643_157, "current_amount": 0 })
    );
    owner
        .act(&contract, "sign", json!({ "signed_on": "2026-03-04", "planned_site_access_on": "2026-04-20" }))
        .refused(409, "state");
    let yes = json!({ "verdict": "approved", "opinion": "Fine" });
    owner.act(&contract, "review", yes.clone()).refused(403, "forbidden");
    service.by("a_leader").act(&contract, "review", yes.clone()).refused(403, "not_party");
    manager.act(&contract, "review", yes.clone()).refused(403, "not_party");
    assert_eq!(
        leader
            .act(&contract, "review", json!({ "verdict": "changes_requested", "opinion": "Not capped" }))
            .expect(200)
            .body["state"],
        "draft"
    );
    leader.act(&contract, "review", yes.clone()).refused(409, "state");
    assert_eq!(owner.act(&contract, "submit", json!({ "changes": "Capped" })).expect(200).body["review_round"], 2);
    assert_eq!(leader.act(&contract, "review", yes.clone()).expect(200).body["next_reviewer"], "manager");
    leader.act(&contract, "review", yes.clone()).refused(403, "not_party");
    let approved = manager.act(&contract, "review", yes.clone()).expect(200).body;
    assert_eq!((approved["state"].as_str(), approved["reviews"].as_array().unwrap().len()), (Some("approved"), 3));

    let refused = owner
        .act(&contract, "sign", json!({ "signed_on": "2026-03-04", "planned_site_access_on": "2026-04-20" }))
        .refused(409, "state");
    assert!(
        ["our seal", "client's seal", "scan"].iter().all(|part| refused.text().contains(part)),
        "{}",
        refused.text()
    );
    let mut sign = signing(&service, &project);
    sign["signed_on"] = json!("2026-03-05");
    assert_eq!(owner.act(&contract, "sign", sign.clone()).refused(422, "validation").pointers(), ["/signed_on"]);
    sign["signed_on"] = json!("2026-03-04");
    let before = owner.get(&contract).expect(200).header("etag").to_owned();
    owner
        .send("POST", &format!("{contract}/sign"), &[("idempotency-key", "k1")], Some(&signing(&service, &project)))
        .refused(428, "precondition_required");
    let done = owner.act_at(&contract, "sign", &before, signing(&service, &project)).expect(200).body;
    assert_eq!(
        done["value"],
        json!({ "signed_amount": 128_643_157, "pending_amount": 0, "current_amount": 128_643_157 })
    );
    let wanted = [
        row("deposit", 38_592_947, Some("2026-03-11")),
        row("interim", 51_457_263, Some("2026-04-20")),
        row("balance", 32_160_789, None),
        row("retention", 6_432_158, None),
    ];
    assert_eq!(owed(&service, &contract), wanted);
    owner.act_at(&contract, "sign", &before, signing(&service, &project)).refused(412, "precondition_failed");
    owner.act(&contract, "sign", signing(&service, &project)).refused(409, "state");
    owner.act(&contract, "void", json!({ "reason": "x" })).refused(409, "state");
    assert_eq!(manager.get("/v1/contracts?state=signed").expect(200).body["data"].as_array().unwrap().len(), 1);
}

#[test]
fn a_plan_that_breaks_a_rule_is_refused() {
    let (service, project) = start_at("bidding");
    let (owner, path) = (service.by("a_specialist_1"), format!("/v1/projects/{project}/contracts"));
    let draft = |lines: Value| json!({ "template": "fit-out-standard", "amount": 46_800_001, "defects_liability_months": 12, "instalments": lines });
    for lines in [
        json!([{ "kind": "deposit", "amount": 14_040_000, "days": 5 }, { "kind": "balance", "amount": 1, "days": 30 }]),
        json!([{ "kind": "deposit", "share_bp": 10_000 }]),
        json!([{ "kind": "deposit", "share_bp": 5000 }, { "kind": "balance", "amount": 23_400_001 }]),
        json!([{ "kind": "balance", "share_bp": 9999 }]),
        json!([]),
    ] {
        let refused = owner.post(&path, draft(lines)).refused(422, "validation");
        assert_eq!(refused.pointers(), ["/instalments"], "{}", refused.text());
    }
    let balance = json!([{ "kind": "balance", "share_bp": 10_000 }]);
    let mut unknown = draft(balance.clone());
    unknown["template"] = json!("none-such");
    assert_eq!(owner.post(&path, unknown).refused(422, "validation").pointers(), ["/template"]);
    let mut retention = draft(balance.clone());
    retention["retention_from_final_account"] = json!(true);
    assert_eq!(owner.post(&path, retention).refused(422, "validation").pointers(), ["/retention_from_final_account"]);
    let first = owner.post(&path, draft(balance.clone())).expect(201).body;
    assert_eq!(first["number"], "C-2026-0001", "refused drafts take no number");
    service.by("b_specialist_1").post(&path, draft(balance.clone())).refused(404, "not_found");
    service.by("c_specialist_1").post(&path, draft(balance.clone())).refused(403, "not_party");
    service.by("auditor").post(&path, draft(balance.clone())).refused(403, "forbidden");
    owner.send("POST", &path, &[], Some(&draft(balance.clone()))).refused(400, "idempotency_key_required");
    service.put_at(&project, "assignment");
    service.by("manager").post(&path, draft(balance)).refused(409, "state");
}

#[test]
fn a_change_after_approval_reopens_the_review() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let mut new = by_share(1_000_000);
    new["submit"] = json!(false);
    let contract = owner.post(&format!("/v1/projects/{project}/contracts"), new).expect(201);
    assert_eq!(
        (contract.body["state"].as_str(), contract.body["next_reviewer"].as_str()),
        (Some("draft"), Some("none"))
    );
    let contract = contract.location();
    let seal =
        json!({ "party": "us", "seal": "contract", "copies": 2, "sealed_on": "2026-03-03", "sealed_by": "Office" });
    owner.post(&format!("{contract}/seals"), seal.clone()).refused(409, "state");
    owner.act(&contract, "submit", json!({})).expect(200);
    owner.act(&contract, "submit", json!({ "changes": "x" })).refused(409, "state");
    owner.patch(&contract, json!({ "amount": 2_000_000 })).refused(409, "state");
    approve(&service, &contract, "c_leader");
    let entry = owner.post(&format!("{contract}/seals"), seal.clone()).expect(201).location();
    assert!(entry.starts_with("/v1/seal-entries/"));
    owner.act(&contract, "void", json!({ "reason": "x" })).refused(409, "state");
    let changed = owner.patch(&contract, json!({ "amount": 2_000_001 })).expect(200).body;
    assert_eq!(
        (changed["state"].as_str(), changed["instalments"][3]["amount"].as_i64()),
        (Some("draft"), Some(100_001)),
        "{changed}"
    );
    assert!(owner.get(&entry).expect(200).body["voided_at"].is_string(), "what was sealed no longer counts");
    assert_eq!(owner.act(&contract, "submit", json!({ "changes": "Price" })).expect(200).body["review_round"], 2);
    approve(&service, &contract, "c_leader");
    owner.act(&contract, "submit", json!({})).refused(409, "state");
    assert_eq!(owner.act(&contract, "submit", json!({ "changes": "Dates" })).expect(200).body["state"], "in_review");
    owner.act(&contract, "void", json!({ "reason": "Started anew" })).expect(200);
}

#[test]
fn nobody_reviews_their_own() {
    let (service, project) = start_at("settlement");
    let (leader, manager) = (service.by("c_leader"), service.by("manager"));
    let yes = json!({ "verdict": "approved", "opinion": "Fine" });
    let path = format!("/v1/projects/{project}/contracts");
    let own = leader.post(&path, by_share(1_000_000)).expect(201);
    assert_eq!(own.body["next_reviewer"], "manager");
    leader.act(&own.location(), "review", yes.clone()).refused(403, "not_party");
    assert_eq!(manager.act(&own.location(), "review", yes.clone()).expect(200).body["state"], "approved");
    let managers = manager.post(&path, by_share(90_000_000)).expect(201).location();
    manager.act(&managers, "review", yes.clone()).refused(403, "not_party");
    assert_eq!(leader.act(&managers, "review", yes).expect(200).body["state"], "approved");
}

#[test]
fn nobody_reviews_what_they_changed_in_anothers_draft() {
    let (service, project) = start_at("settlement");
    let (owner, leader, manager) = (service.by("c_specialist_1"), service.by("c_leader"), service.by("manager"));
    let yes = json!({ "verdict": "approved", "opinion": "Fine" });
    let mut body = by_share(1_000_000);
    body["submit"] = json!(false);
    let contract = owner.post(&format!("/v1/projects/{project}/contracts"), body).expect(201).location();
    leader.patch(&contract, json!({ "amount": 2_000_000 })).expect(200);
    let changed = owner.patch(&contract, json!({ "defects_liability_months": 12 })).expect(200).body;
    assert_eq!((&changed["created_by"], &changed["redrafted_by"]), (&json!(owner.id), &json!(leader.id)));
    assert_eq!(owner.act(&contract, "submit", json!({})).expect(200).body["next_reviewer"], "manager");
    leader.act(&contract, "review", yes.clone()).refused(403, "not_party");
    assert_eq!(manager.act(&contract, "review", yes.clone()).expect(200).body["state"], "approved");
    // Both wrote in it now: whoever did not write last reviews.
    manager.patch(&contract, json!({ "amount": 3_000_000 })).expect(200);
    owner.act(&contract, "submit", json!({})).expect(200);
    manager.act(&contract, "review", yes.clone()).refused(403, "not_party");
    leader.act(&contract, "review", yes.clone()).expect(200);
    owner.act(&contract, "sign", signing(&service, &project)).expect(200);
    let more = json!({ "amount": 50_000, "why": "Planting", "submit": false });
    let amendment = owner.post(&format!("{contract}/amendments"), more).expect(201).location();
    leader.patch(&amendment, json!({ "amount": 60_000 })).expect(200);
    owner.act(&amendment, "submit", json!({})).expect(200);
    leader.act(&amendment, "review", yes.clone()).refused(403, "not_party");
    assert_eq!(manager.act(&amendment, "review", yes).expect(200).body["redrafted_by"], json!(leader.id));
}

#[test]
fn an_amendment_changes_one_instalment() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let draft = owner.post(&format!("/v1/projects/{project}/contracts"), by_share(1_000_000)).expect(201).location();
    let more = json!({ "amount": 50_000, "why": "Planting" });
    owner.post(&format!("{draft}/amendments"), more.clone()).refused(409, "state");
    owner.act(&draft, "void", json!({ "reason": "by mistake" })).expect(200);
    let contract = signed(&service, &project, "a_specialist_1", by_share(1_000_000));
    let path = format!("{contract}/amendments");
    assert_eq!(
        owner.post(&path, json!({ "amount": 0, "why": "x" })).refused(422, "validation").pointers(),
        ["/amount"]
    );
    service.by("c_specialist_1").post(&path, more.clone()).refused(403, "not_party");
    let amendment = owner.post(&path, more.clone()).expect(201);
    assert_eq!(
        (amendment.body["on"].as_str(), amendment.body["number"].as_str()),
        (Some("balance"), Some("CA-2026-0001"))
    );
    owner.post(&path, more).refused(409, "state");
    let amendment = amendment.location();
    assert_eq!(owner.get(&contract).expect(200).body["value"]["pending_amount"], 50_000);
    approve(&service, &amendment, "c_leader");
    service.clock("2026-03-05T10:00:00+08:00");
    owner
        .act(&amendment, "sign", json!({ "signed_on": "2026-03-04", "document_id": file(&service, &project, "x") }))
        .refused(409, "state");
    let sign = json!({ "signed_on": "2026-03-04", "seals": seals(), "document_id": file(&service, &project, "contract_scan") });
    owner.act(&amendment, "sign", sign).expect(200);
    assert_eq!(owed(&service, &contract)[2], row("balance", 300_000, None));
    assert_eq!(
        owner.get(&contract).expect(200).body["value"],
        json!({ "signed_amount": 1_000_000, "pending_amount": 0, "current_amount": 1_050_000 })
    );
    pay(&service, &contract, "deposit", 300_000);
    owner.post(&path, json!({ "amount": -1, "on": "deposit", "why": "x" })).refused(409, "money");
    let less = owner.post(&path, json!({ "amount": -300_000, "why": "Less" })).expect(201).location();
    approve(&service, &less, "c_leader");
    assert_eq!(owner.foreseen(&less, "sign"), None);
    pay(&service, &contract, "balance", 1);
    let body = json!({ "signed_on": "2026-03-05", "document_id": file(&service, &project, "contract_scan"), "seals": seals() });
    owner.act(&less, "sign", body).refused(409, "money");
    assert_eq!(owner.foreseen(&less, "sign").as_deref(), Some("money"));
    assert_eq!(owner.patch(&less, json!({ "amount": -299_999 })).expect(200).body["state"], "draft");
    owner.patch(&less, json!({ "amount": -300_000 })).refused(409, "money");
    owner.act(&less, "submit", json!({})).expect(200);
    owner.act(&less, "void", json!({ "reason": "by mistake" })).expect(200);
}

#[test]
fn the_site_access_is_planned_anew_before_entry_only() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let contract = signed(&service, &project, "a_specialist_1", by_share(1_000_000));
    let on = |day: &str| json!({ "planned_site_access_on": day });
    owner.act(&contract, "replan-site-access", on("2026-04-27")).expect(200);
    assert_eq!(owed(&service, &contract)[1], row("interim", 400_000, Some("2026-04-27")));
    let id: Id = project.parse().unwrap();
    service.sql(|conn| {
        let by: Id = users::table.select(users::id).first(conn).unwrap();
        let row = (
            installation_starts::id.eq(Id::new()),
            installation_starts::project_id.eq(id),
            installation_starts::version.eq(1_i64),
            installation_starts::created_at.eq(now()),
            installation_starts::created_by.eq(by),
            installation_starts::updated_at.eq(now()),
        );
        diesel::insert_into(installation_starts::table)
            .values((row, installation_starts::started_on.eq("2026-03-04".parse::<Day>().unwrap())))
            .execute(conn)
            .unwrap();
    });
    owner.act(&contract, "replan-site-access", on("2026-05-04")).refused(409, "state");
}
