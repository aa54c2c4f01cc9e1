//! Inspections, acceptance certificates, project summaries.

use crate::harness::{Caller, Service};
use serde_json::{Value, json};

fn items(doors: bool) -> Value {
    json!({"items": [{"name": "Lighting", "passed": true}, {"name": "Wardrobe doors", "passed": doors, "note": "Two scrape", "department": "engineering"}, {"name": "Cleaning", "passed": true}]})
}

fn inspect(by: &Caller, project: &str, doors: bool) -> crate::harness::Answer {
    by.post(&format!("/v1/projects/{project}/inspections"), items(doors)).expect(201)
}

#[test]
fn a_failed_item_becomes_a_request_of_the_next_round() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("acceptance");
    let path = format!("/v1/projects/{project}");
    owner.act(&path, "steps/return_to_adjustment", json!({})).refused(409, "evidence");
    let failed = inspect(&owner, &project, false);
    assert_eq!(failed.body["passed"], false);
    let snag = format!("/v1/adjustments/{}", failed.body["adjustment_ids"][0].as_str().unwrap());
    let request = service.by("engineering").get(&snag).expect(200).body;
    assert_eq!(
        (request["what"].as_str(), request["source"].as_str(), request["cause"].as_str()),
        (Some("Wardrobe doors: Two scrape"), Some("inspection"), Some("quality"))
    );
    assert_eq!((request["round"].as_i64(), &request["inspection_id"]), (Some(2), &failed.body["id"]));
    owner.act(&snag, "void", json!({"reason": "x"})).refused(409, "state");
    let back = owner.act(&path, "steps/return_to_adjustment", json!({})).expect(200).body;
    assert_eq!((back["stage"].as_str(), back["adjustment_round"].as_i64()), (Some("adjustment"), Some(2)));
    service.by("engineering").act(&snag, "complete", json!({})).expect(200);
    owner.act(&snag, "confirm", json!({})).expect(200);
    owner.act(&failed.location(), "void", json!({"reason": "x"})).refused(409, "state");
    owner.act(&path, "steps/request_acceptance", json!({})).expect(200);
    owner.act(&path, "steps/return_to_adjustment", json!({})).refused(409, "evidence");
    assert_eq!(inspect(&owner, &project, true).body["passed"], true);
}

#[test]
fn an_inspection_is_refused_where_it_says_too_little() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("acceptance");
    let all = format!("/v1/projects/{project}/inspections");
    let unaddressed = json!({"items": [{"name": "a", "passed": true}, {"name": "b", "passed": false}, {"name": "c", "passed": false}]});
    assert_eq!(
        owner.post(&all, unaddressed).refused(422, "validation").pointers(),
        ["/items/1/department", "/items/2/department"]
    );
    let unknown = json!({"items": [{"name": "b", "passed": false, "department": "magic"}]});
    assert_eq!(owner.post(&all, unknown).refused(422, "validation").pointers(), ["/items/0/department"]);
    assert_eq!(owner.post(&all, json!({"items": []})).refused(422, "validation").pointers(), ["/items"]);
    let mut tomorrow = items(true);
    tomorrow["inspected_on"] = json!("2199-01-01");
    assert_eq!(owner.post(&all, tomorrow).refused(422, "validation").pointers(), ["/inspected_on"]);
    service.by("c_specialist_1").post(&all, items(true)).refused(403, "forbidden");
    service.by("b_leader").post(&all, items(true)).refused(404, "not_found");
    let early = service.project_at("adjustment");
    owner.post(&format!("/v1/projects/{early}/inspections"), items(true)).refused(409, "state");
    assert_eq!(owner.get("/v1/adjustments").expect(200).body["data"].as_array().unwrap().len(), 0);
}

#[test]
fn voiding_an_inspection_voids_what_it_made_unless_touched() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("acceptance");
    let failed = inspect(&owner, &project, false);
    owner.act(&failed.location(), "void", json!({"reason": "wrong flat"})).expect(200);
    let requests = owner.get(&format!("/v1/projects/{project}/adjustments")).expect(200).body;
    assert_eq!(requests["data"].as_array().unwrap().len(), 0);
    let failed = inspect(&owner, &project, false);
    let snag = failed.body["adjustment_ids"][0].as_str().unwrap();
    service.sql(|conn| {
        use diesel::prelude::*;
        use fitout::db::{Id, schema::adjustments};
        diesel::update(adjustments::table.filter(adjustments::id.eq(snag.parse::<Id>().unwrap())))
            .set(adjustments::version.eq(2_i64))
            .execute(conn)
            .unwrap();
    });
    owner.act(&failed.location(), "void", json!({"reason": "wrong flat"})).refused(409, "state");
}

#[test]
fn the_certificate_follows_a_passed_inspection_and_sets_due_dates() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("acceptance");
    service.signed_contract(&project);
    let all = format!("/v1/projects/{project}/acceptance-certificates");
    let document = service.document(&project, "other");
    let on = |day: &str| json!({"document_id": document, "accepted_on": day});
    owner.post(&all, on("2026-05-30")).refused(409, "state");
    inspect(&owner, &project, false);
    owner.post(&all, on("2026-05-30")).refused(409, "state");
    inspect(&owner, &project, true);
    assert_eq!(owner.post(&all, on("2199-01-01")).refused(422, "validation").pointers(), ["/accepted_on"]);
    assert_eq!(owner.post(&all, json!({"document_id": service.document(&service.inquiry("a_specialist_1"), "x"), "accepted_on": "2026-05-30"})).refused(422, "validation").pointers(), ["/document_id"]);
    let reserved = json!({"document_id": document, "accepted_on": "2026-05-30", "basis": "signed_with_reservations"});
    assert_eq!(owner.post(&all, reserved).refused(422, "validation").pointers(), ["/reservations"]);
    service.by("a_assistant").post(&all, on("2026-05-30")).refused(403, "forbidden");
    let made = owner.post(&all, on("2026-05-30")).expect(201);
    assert_eq!(
        (made.body["basis"].as_str(), service.category(&document).as_str()),
        (Some("signed"), "acceptance_certificate")
    );
    assert_eq!(service.due_dates(&project), [Some("2026-06-29".to_owned()), Some("2028-05-30".to_owned())]);
    owner.post(&all, on("2026-05-30")).refused(409, "state");
    owner.act(&made.location(), "void", json!({"reason": "wrong date"})).expect(200);
    assert_eq!(service.due_dates(&project), [None, None]);
    owner.post(&all, on("2026-05-29")).expect(201);
    assert_eq!(service.due_dates(&project), [Some("2026-06-28".to_owned()), Some("2028-05-29".to_owned())]);
}

#[test]
fn a_later_acceptance_replaces_the_certificate() {
    let service = Service::start();
    // What came first is told by the order of things, not by a clock that stands still.
    service.clock("2026-06-01T10:00:00+08:00");
    let owner = service.by("a_specialist_1");
    let project = service.project_at("acceptance");
    let path = format!("/v1/projects/{project}");
    let certify = || {
        owner.post(
            &format!("{path}/acceptance-certificates"),
            json!({"document_id": service.document(&project, "other"), "accepted_on": "2026-05-30"}),
        )
    };
    inspect(&owner, &project, true);
    let first = certify().expect(201).location();
    let mut failing = items(false);
    failing["items"][1]["department"] = json!("engineering");
    let snag = owner.post(&format!("{path}/inspections"), failing).expect(201).body["adjustment_ids"][0]
        .as_str()
        .unwrap()
        .to_owned();
    owner.act(&path, "steps/return_to_adjustment", json!({})).expect(200);
    service.by("engineering").act(&format!("/v1/adjustments/{snag}"), "complete", json!({})).expect(200);
    owner.act(&format!("/v1/adjustments/{snag}"), "confirm", json!({})).expect(200);
    owner.act(&path, "steps/request_acceptance", json!({})).expect(200);
    certify().refused(409, "state");
    inspect(&owner, &project, true);
    certify().expect(201);
    let replaced = owner.get(&first).expect(200).body;
    assert!(replaced["voided_at"].is_string());
    // Its paper is free again.
    let paper = format!("/v1/documents/{}", replaced["document_id"].as_str().unwrap());
    owner.act(&paper, "void", json!({"reason": "the wrong scan"})).expect(200);
}

#[test]
fn the_summary_is_written_and_changed_in_acceptance() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("acceptance");
    let all = format!("/v1/projects/{project}/project-summaries");
    let body = json!({"went_well": "Scheme", "problems": "Glass", "lessons": "Crates"});
    assert_eq!(
        owner
            .post(&all, json!({"went_well": "Scheme", "problems": "", "lessons": "Crates"}))
            .refused(422, "validation")
            .pointers(),
        ["/problems"]
    );
    service.by("finance").post(&all, body.clone()).refused(403, "forbidden");
    let made = owner.post(&all, body.clone()).expect(201).location();
    assert_eq!(
        owner.patch(&made, json!({"lessons": "Crate glass separately"})).expect(200).body["lessons"],
        "Crate glass separately"
    );
    owner.send("PATCH", &made, &[], Some(&json!({"lessons": "x"}))).refused(428, "precondition_required");
    service.put_at(&project, "installation");
    owner.post(&all, body).refused(409, "state");
    owner.patch(&made, json!({"lessons": "x"})).refused(409, "state");
}
