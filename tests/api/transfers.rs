//! The internal transfer: offered, returned, accepted; terminations.

use crate::harness::{Answer, Service};
use diesel::prelude::*;
use fitout::db::schema::receivables;
use serde_json::{Value, json};

const ITEMS: &[&str] = &[
    "contract_scan",
    "confirmed_scheme",
    "final_item_list",
    "quotation",
    "assignment_sheet",
    "site_access_confirmation",
    "acceptance_certificate",
    "memos",
    "photos",
];

fn files(service: &Service, project: &str, categories: &[&str]) -> Vec<Value> {
    categories
        .iter()
        .map(|category| json!({"category": category, "document_id": service.document(project, "other")}))
        .collect()
}

fn offer(service: &Service, project: &str, categories: &[&str]) -> Answer {
    service
        .by("a_specialist_1")
        .post(&format!("/v1/projects/{project}/transfers"), json!({"documents": files(service, project, categories)}))
}

/// A project in acceptance with everything but the transfer.
fn accepted_by_the_client(service: &Service) -> String {
    let project = service.project_at("acceptance");
    let (owner, path) = (service.by("a_specialist_1"), format!("/v1/projects/{project}"));
    owner.post(&format!("{path}/inspections"), json!({"items": [{"name": "All", "passed": true}]})).expect(201);
    owner
        .post(
            &format!("{path}/acceptance-certificates"),
            json!({"document_id": service.document(&project, "other"), "accepted_on": "2026-05-30"}),
        )
        .expect(201);
    owner
        .post(&format!("{path}/project-summaries"), json!({"went_well": "a", "problems": "b", "lessons": "c"}))
        .expect(201);
    project
}

#[test]
fn whoever_accepts_becomes_back_owner() {
    let service = Service::start();
    let project = accepted_by_the_client(&service);
    service.signed_contract(&project);
    let (owner, receiver) = (service.by("a_specialist_1"), service.by("c_specialist_1"));
    let red = service.instruction(&project, "No red anywhere", "open");
    let settled = service.instruction(&project, "Sockets", "done");
    let made = offer(&service, &project, ITEMS).expect(201);
    let transfer = made.location();
    assert_eq!(
        (made.body["kind"].as_str(), &made.body["missing_now"]),
        (Some("acceptance"), &json!(["transfer_complete.open_instructions"]))
    );
    assert_eq!(made.body["open_instructions"], json!([{"id": red, "what": "No red anywhere"}]));
    let unpaid: Vec<_> = made.body["unpaid_receivables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["kind"].as_str().unwrap(), r["outstanding_amount"].as_i64().unwrap()))
        .collect();
    assert_eq!(unpaid, [("balance", 900), ("retention", 100)]);
    assert_eq!(service.category(made.body["documents"][8]["document_id"].as_str().unwrap()), "photos");
    offer(&service, &project, ITEMS).refused(409, "state");
    owner.act(&transfer, "accept", json!({})).refused(403, "not_party");
    service.by("manager").act(&transfer, "accept", json!({})).refused(403, "forbidden");
    service.by("c_assistant").act(&transfer, "accept", json!({})).refused(403, "forbidden");
    service.by("b_leader").act(&transfer, "accept", json!({})).refused(404, "not_found");
    receiver.send("POST", &format!("{transfer}/accept"), &[], Some(&json!({}))).refused(428, "precondition_required");
    receiver.act_at(&transfer, "accept", "\"7\"", json!({})).refused(412, "precondition_failed");
    assert_eq!(
        receiver.act(&transfer, "accept", json!({})).refused(409, "evidence").missing(),
        ["transfer_complete.open_instructions"]
    );
    let stranger = uuid::Uuid::new_v4().to_string();
    assert_eq!(
        receiver
            .act(&transfer, "accept", json!({"acknowledges": [red, stranger]}))
            .refused(422, "validation")
            .pointers(),
        ["/acknowledges/1"]
    );
    let done =
        receiver.act(&transfer, "accept", json!({"acknowledges": [red, settled], "note": "Complete"})).expect(200).body;
    assert_eq!((done["state"].as_str(), &done["acknowledged"]), (Some("accepted"), &json!([red])));
    assert_eq!((service.acknowledged_by(&red), service.acknowledged_by(&settled)), (Some(receiver.id.clone()), None));
    let seen = service.see(&project);
    assert_eq!(
        (seen["stage"].as_str(), seen["back_owner_id"].as_str(), seen["accountable_id"].as_str()),
        (Some("settlement"), Some(receiver.id.as_str()), Some(receiver.id.as_str()))
    );
    receiver.act(&transfer, "accept", json!({})).refused(409, "state");
    receiver.act(&transfer, "return", json!({"missing": ["photos"]})).refused(409, "state");
    offer(&service, &project, ITEMS).refused(409, "state");
    owner.act(&transfer, "void", json!({"reason": "x"})).refused(409, "state");
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let service = Service::start();
    let project = service.project_at("acceptance");
    let (receiver, manager) = (service.by("c_specialist_1"), service.by("manager"));
    let some: Vec<&str> = ITEMS.iter().copied().filter(|item| !matches!(*item, "photos" | "memos")).collect();
    let made = offer(&service, &project, &some).expect(201);
    let transfer = made.location();
    let missing = [
        "acceptance_certificate",
        "passed_inspection",
        "project_summary",
        "transfer_complete.memos",
        "transfer_complete.photos",
    ];
    assert_eq!(receiver.act(&transfer, "accept", json!({})).refused(409, "evidence").missing(), missing);
    manager
        .post(
            &format!("/v1/projects/{project}/waivers"),
            json!({"evidence": "transfer_complete", "item": "photos", "reason": "None were taken"}),
        )
        .expect(201);
    service.void_document(made.body["documents"][0]["document_id"].as_str().unwrap());
    let missing = [
        "acceptance_certificate",
        "passed_inspection",
        "project_summary",
        "transfer_complete.contract_scan",
        "transfer_complete.memos",
    ];
    assert_eq!(receiver.act(&transfer, "accept", json!({})).refused(409, "evidence").missing(), missing);
    assert_eq!(service.see(&project)["back_owner_id"], Value::Null);
}

#[test]
fn a_return_names_what_is_missing_and_is_counted() {
    let service = Service::start();
    let project = accepted_by_the_client(&service);
    let leader = service.by("c_leader");
    let transfer = offer(&service, &project, &["memos"]).expect(201).location();
    assert_eq!(
        leader.act(&transfer, "return", json!({"missing": []})).refused(422, "validation").pointers(),
        ["/missing"]
    );
    assert_eq!(
        leader.act(&transfer, "return", json!({"missing": ["photos", "sauna"]})).refused(422, "validation").pointers(),
        ["/missing/1"]
    );
    service.by("a_specialist_1").act(&transfer, "return", json!({"missing": ["photos"]})).refused(403, "not_party");
    let returned = leader.act(&transfer, "return", json!({"missing": ["photos"], "note": "T3-C"})).expect(200).body;
    assert_eq!(
        (returned["state"].as_str(), &returned["missing"], returned["returns"].as_i64()),
        (Some("returned"), &json!(["photos"]), Some(1))
    );
    assert_eq!(service.see(&project)["stage"], "acceptance");
    leader.act(&transfer, "accept", json!({})).refused(409, "state");
    let again = offer(&service, &project, ITEMS).expect(201).location();
    assert_eq!(leader.act(&again, "accept", json!({})).expect(200).body["returns"], 1);
}

#[test]
fn the_manager_or_a_back_leader_names_the_back_owner() {
    let service = Service::start();
    let project = accepted_by_the_client(&service);
    let (owner, manager, leader) = (service.by("a_specialist_1"), service.by("manager"), service.by("c_leader"));
    let all = format!("/v1/projects/{project}/transfers");
    let named =
        |who: &str| json!({"documents": files(&service, &project, ITEMS), "named_owner_id": service.by(who).id});
    owner.post(&all, named("c_leader")).refused(403, "not_party");
    assert_eq!(manager.post(&all, named("a_leader")).refused(422, "validation").pointers(), ["/named_owner_id"]);
    assert_eq!(manager.post(&all, named("c_assistant")).refused(422, "validation").pointers(), ["/named_owner_id"]);
    let transfer = manager.post(&all, named("c_specialist_1")).expect(201).location();
    assert_eq!(
        leader.act(&transfer, "name-owner", json!({"named_owner_id": leader.id})).expect(200).body["named_owner_id"],
        json!(leader.id)
    );
    service
        .by("c_specialist_1")
        .act(&transfer, "name-owner", json!({"named_owner_id": leader.id}))
        .refused(403, "forbidden");
    service.by("a_leader").act(&transfer, "name-owner", json!({"named_owner_id": leader.id})).refused(403, "not_party");
    service.by("c_specialist_1").act(&transfer, "accept", json!({})).expect(200);
    assert_eq!(service.see(&project)["back_owner_id"], json!(leader.id));
}

#[test]
fn an_offer_is_well_formed_and_in_its_stage() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("acceptance");
    let all = format!("/v1/projects/{project}/transfers");
    let file = |category: &str, id: &str| json!({"documents": [{"category": category, "document_id": id}]});
    let document = service.document(&project, "other");
    assert_eq!(
        owner.post(&all, file("open_instructions", &document)).refused(422, "validation").pointers(),
        ["/documents/0/category"]
    );
    assert_eq!(
        owner.post(&all, file("Photos!", &document)).refused(422, "validation").pointers(),
        ["/documents/0/category"]
    );
    let elsewhere = service.document(&service.inquiry("a_specialist_1"), "other");
    assert_eq!(
        owner.post(&all, file("photos", &elsewhere)).refused(422, "validation").pointers(),
        ["/documents/0/document_id"]
    );
    let twice = json!({"documents": [{"category": "photos", "document_id": document}, {"category": "memos", "document_id": document}]});
    assert_eq!(owner.post(&all, twice).refused(422, "validation").pointers(), ["/documents/1/document_id"]);
    service.by("c_leader").post(&all, file("photos", &document)).refused(403, "forbidden");
    let mistaken = owner.post(&all, file("photos", &document)).expect(201).location();
    owner.act(&mistaken, "void", json!({"reason": "too early"})).expect(200);
    for stage in ["installation", "adjustment", "bidding"] {
        let early = service.project_at(stage);
        owner.post(&format!("/v1/projects/{early}/transfers"), json!({"documents": []})).refused(409, "state");
    }
}

#[test]
fn a_termination_goes_through_the_transfer_too() {
    let service = Service::start();
    let project = service.project_at("installation");
    let (owner, manager, receiver) =
        (service.by("a_specialist_1"), service.by("manager"), service.by("c_specialist_1"));
    let all = format!("/v1/projects/{project}/termination-approvals");
    owner.post(&all, json!({"reason": "Fair cancelled"})).refused(403, "forbidden");
    let early = service.project_at("bidding");
    manager.post(&format!("/v1/projects/{early}/termination-approvals"), json!({"reason": "x"})).refused(409, "state");
    assert_eq!(manager.post(&all, json!({"reason": ""})).refused(422, "validation").pointers(), ["/reason"]);
    let mistaken = manager.post(&all, json!({"reason": "x"})).expect(201).location();
    manager.post(&all, json!({"reason": "again"})).refused(409, "state");
    manager.act(&mistaken, "void", json!({"reason": "by mistake"})).expect(200);
    let approval = manager.post(&all, json!({"reason": "Fair cancelled"})).expect(201).location();
    let made = offer(&service, &project, &ITEMS[..8]).expect(201);
    assert_eq!(made.body["kind"], "termination");
    let transfer = made.location();
    assert_eq!(
        receiver.act(&transfer, "accept", json!({})).refused(409, "evidence").missing(),
        ["termination_agreement", "transfer_complete.photos"]
    );
    let document = service.document(&project, "other");
    owner.act(&approval, "file-agreement", json!({"document_id": document})).expect(200);
    assert_eq!(service.category(&document), "termination_agreement");
    owner.act(&approval, "file-agreement", json!({"document_id": document})).refused(409, "state");
    manager
        .post(
            &format!("/v1/projects/{project}/waivers"),
            json!({"evidence": "transfer_complete", "item": "photos", "reason": "Terminated"}),
        )
        .expect(201);
    // A certificate of before gave the balance its day; after a termination it waits for the final account.
    service.signed_contract(&project);
    service.sql(|conn| {
        let id: fitout::db::Id = project.parse().unwrap();
        let rows = receivables::table.filter(receivables::project_id.eq(id));
        let day: fitout::db::Day = "2026-02-10".parse().unwrap();
        diesel::update(rows).set(receivables::due_on.eq(Some(day))).execute(conn).unwrap();
    });
    receiver.act(&transfer, "accept", json!({})).expect(200);
    let owed = manager.get(&format!("/v1/projects/{project}/receivables")).expect(200).body;
    for row in owed["data"].as_array().unwrap() {
        assert_eq!((&row["status"], &row["due_on"]), (&json!("pending"), &json!(null)), "{row}");
    }
    let seen = service.see(&project);
    assert_eq!(
        (seen["stage"].as_str(), seen["end_reason"].as_str(), seen["back_owner_id"].as_str()),
        (Some("settlement"), Some("Fair cancelled"), Some(receiver.id.as_str()))
    );
    manager.act(&approval, "void", json!({"reason": "x"})).refused(409, "state");
}

#[test]
fn a_termination_needs_its_approval_to_the_end() {
    let service = Service::start();
    let project = service.project_at("adjustment");
    let (manager, receiver) = (service.by("manager"), service.by("c_specialist_1"));
    let body = json!({"reason": "Fair cancelled", "document_id": service.document(&project, "other")});
    let approval = manager.post(&format!("/v1/projects/{project}/termination-approvals"), body).expect(201).location();
    let transfer = offer(&service, &project, ITEMS).expect(201).location();
    manager.act(&approval, "void", json!({"reason": "The fair takes place"})).expect(200);
    receiver.act(&transfer, "accept", json!({})).refused(409, "state");
    receiver.act(&transfer, "return", json!({"missing": ["photos"]})).expect(200);
}
