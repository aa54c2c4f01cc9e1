//! Adjustment requests: asked for, planned, done, confirmed or refused.

use crate::harness::Service;
use serde_json::{Value, json};

fn request(what: &str, department: &str) -> Value {
    json!({"what": what, "cause": "damage", "department": department, "due_on": "2026-05-24"})
}

#[test]
fn a_request_goes_from_open_to_confirmed() {
    let service = Service::start();
    service.clock("2026-05-25T10:00:00+08:00");
    let (owner, procurement) = (service.by("a_specialist_1"), service.by("procurement"));
    let project = service.project_at("adjustment");
    let path = format!("/v1/projects/{project}");
    let made =
        owner.post(&format!("{path}/adjustments"), request("Replace chandelier glass", "procurement")).expect(201);
    let adjustment = made.location();
    assert_eq!(
        (made.body["round"].as_i64(), made.body["state"].as_str(), made.body["source"].as_str()),
        (Some(1), Some("open"), Some("client"))
    );
    assert_eq!(
        (made.body["borne_by"].as_str(), made.body["cost_amount"].as_i64(), made.body["overdue"].as_bool()),
        (Some("company"), Some(0), Some(true))
    );
    let changed = owner.patch(&adjustment, json!({"place": "T3", "due_on": "2026-05-30"})).expect(200).body;
    assert_eq!((changed["place"].as_str(), changed["overdue"].as_bool()), (Some("T3"), Some(false)));
    assert_eq!(
        owner.patch(&adjustment, json!({"department": "magic"})).refused(422, "validation").pointers(),
        ["/department"]
    );
    assert_eq!(
        owner.act(&adjustment, "plan", json!({"planned_on": "2026-05-27"})).expect(200).body["state"],
        "planned"
    );
    assert_eq!(
        service.by("a_leader").act(&adjustment, "plan", json!({"planned_on": "2026-05-28"})).expect(200).body["planned_on"],
        "2026-05-28"
    );
    owner.act(&adjustment, "confirm", json!({})).refused(409, "state");
    owner.act(&adjustment, "refuse", json!({"why": "x"})).refused(409, "state");
    assert_eq!(
        owner.act(&path, "steps/request_acceptance", json!({})).refused(409, "evidence").missing(),
        ["no_open_adjustments"]
    );
    let done = procurement.act(&adjustment, "complete", json!({"note": "fitted"})).expect(200).body;
    assert_eq!((done["state"].as_str(), done["done_by"].as_str()), (Some("done"), Some(procurement.id.as_str())));
    procurement.act(&adjustment, "complete", json!({})).refused(409, "state");
    assert_eq!(
        owner.act(&path, "steps/request_acceptance", json!({})).refused(409, "evidence").missing(),
        ["no_open_adjustments"]
    );
    owner.patch(&adjustment, json!({"place": "T4"})).refused(409, "state");
    let refused = owner.act(&adjustment, "refuse", json!({"why": "Still too small"})).expect(200).body;
    assert_eq!(
        (refused["state"].as_str(), refused["refusals"].as_i64(), refused["last_refusal"].as_str()),
        (Some("open"), Some(1), Some("Still too small"))
    );
    procurement.act(&adjustment, "complete", json!({})).expect(200);
    assert_eq!(owner.act(&adjustment, "confirm", json!({})).expect(200).body["state"], "confirmed");
    owner.act(&adjustment, "plan", json!({"planned_on": "2026-05-28"})).refused(409, "state");
    owner.act(&path, "steps/request_acceptance", json!({})).expect(200);
    owner.post(&format!("{path}/adjustments"), request("Too late", "design")).refused(409, "state");
}

#[test]
fn who_may_ask_and_who_reports() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("adjustment");
    let all = format!("/v1/projects/{project}/adjustments");
    service.by("design").post(&all, request("x", "design")).refused(403, "forbidden");
    service.by("finance").post(&all, request("x", "design")).refused(403, "forbidden");
    service.by("b_specialist_1").post(&all, request("x", "design")).refused(404, "not_found");
    service.by("manager").post(&all, request("The manager may", "design")).expect(201);
    assert_eq!(owner.post(&all, request("x", "magic")).refused(422, "validation").pointers(), ["/department"]);
    let bad = json!({"what": "", "cause": "fate", "department": "design"});
    owner.post(&all, bad).refused(422, "validation");
    let mut snag = request("x", "design");
    snag["source"] = json!("inspection");
    assert_eq!(owner.post(&all, snag).refused(422, "validation").pointers(), ["/source"]);
    let made = owner.post(&all, request("Rug too small", "design")).expect(201).location();
    service.by("engineering").act(&made, "complete", json!({})).refused(404, "not_found");
    service.by("engineering").get(&made).refused(404, "not_found");
    owner.act(&made, "complete", json!({})).refused(403, "forbidden");
    owner
        .send("POST", &format!("{made}/plan"), &[], Some(&json!({"planned_on": "2026-05-28"})))
        .refused(428, "precondition_required");
    owner.act_at(&made, "plan", "\"9\"", json!({"planned_on": "2026-05-28"})).refused(412, "precondition_failed");
    service.by("design").act(&made, "complete", json!({})).expect(200);
    service.by("a_assistant").act(&made, "confirm", json!({})).refused(403, "forbidden");
}

#[test]
fn billable_is_what_the_client_bears_with_a_variation_order() {
    let service = Service::start();
    let (owner, design) = (service.by("a_specialist_1"), service.by("design"));
    let project = service.project_at("adjustment");
    let confirmed = |borne_by: &str, document: Value| {
        let mut body = request("Writing desk", "design");
        body["borne_by"] = json!(borne_by);
        body["cost_amount"] = json!(325_000);
        let made = owner.post(&format!("/v1/projects/{project}/adjustments"), body).expect(201);
        assert_eq!(made.body["billable"], false);
        design.act(&made.location(), "complete", json!({})).expect(200);
        owner.act(&made.location(), "confirm", json!({"document_id": document})).expect(200).body["billable"] == true
    };
    let order = service.document(&project, "other");
    assert!(confirmed("client", json!(order)));
    assert_eq!(service.category(&order), "variation_order");
    assert!(!confirmed("client", Value::Null));
    assert!(!confirmed("company", Value::Null));
    let elsewhere = service.document(&service.inquiry("a_specialist_1"), "other");
    let made =
        owner.post(&format!("/v1/projects/{project}/adjustments"), request("x", "design")).expect(201).location();
    design.act(&made, "complete", json!({})).expect(200);
    assert_eq!(
        owner.act(&made, "confirm", json!({"document_id": elsewhere})).refused(422, "validation").pointers(),
        ["/document_id"]
    );
}

#[test]
fn lists_are_narrowed_and_departments_see_their_own() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("adjustment");
    let all = format!("/v1/projects/{project}/adjustments");
    let mistaken = owner.post(&all, request("a", "design")).expect(201).location();
    let done = owner.post(&all, request("b", "design")).expect(201).location();
    owner.post(&all, request("c", "engineering")).expect(201);
    service.by("design").act(&done, "complete", json!({})).expect(200);
    owner.act(&done, "confirm", json!({})).expect(200);
    let count = |who: &str, query: &str| {
        service.by(who).get(&format!("/v1/adjustments{query}")).expect(200).body["data"].as_array().unwrap().len()
    };
    assert_eq!(count("a_specialist_1", ""), 3);
    assert_eq!(count("a_specialist_1", "?department=design"), 2);
    assert_eq!(count("a_specialist_1", "?open=true"), 2);
    assert_eq!(count("a_specialist_1", "?open=false&cause=damage"), 1);
    assert_eq!(count("a_specialist_1", "?cause=omission"), 0);
    assert_eq!(count("a_specialist_1", "?state=confirmed"), 1);
    assert_eq!(count("design", ""), 2);
    assert_eq!(count("engineering", "?department=design"), 0);
    assert_eq!(count("b_specialist_1", ""), 0);
    owner.get("/v1/adjustments?case=damage").refused(400, "unknown_parameter");
    let first = owner.get("/v1/adjustments?limit=2&include=total&sort=-created_at").expect(200).body;
    assert_eq!((first["total"].as_i64(), first["data"][0]["what"].as_str()), (Some(3), Some("c")));
    let rest = owner
        .get(&format!("/v1/adjustments?limit=2&sort=-created_at&cursor={}", first["next"].as_str().unwrap()))
        .expect(200)
        .body;
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);
    owner.act(&done, "void", json!({"reason": "x"})).refused(409, "state");
    owner.act(&mistaken, "void", json!({"reason": "twice"})).expect(200);
    assert_eq!(count("a_specialist_1", ""), 2);
}
