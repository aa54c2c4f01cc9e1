//! Assigning, reassigning, the initiation form and the assignment sheet.

use crate::harness::{Answer, Service};
use diesel::prelude::*;
use fitout::db::Id;
use fitout::db::schema::{groups, projects, users};
use serde_json::{Value, json};

fn group(service: &Service, key: &str) -> String {
    service
        .sql(|conn| groups::table.filter(groups::key.eq(key)).select(groups::id).first::<Id>(conn).unwrap())
        .to_string()
}

fn assign(service: &Service, by: &str, project: &str, key: &str, owner: &str) -> Answer {
    let body = json!({"front_group_id": group(service, key), "front_owner_id": service.by(owner).id});
    service.by(by).act(&format!("/v1/projects/{project}"), "assign", body)
}

fn reassign(service: &Service, by: &str, project: &str, to: &str) -> Answer {
    service.by(by).act(
        &format!("/v1/projects/{project}"),
        "reassign",
        json!({"to": service.by(to).id, "reason": "Parental leave"}),
    )
}

#[test]
fn the_manager_assigns_once() {
    let service = Service::start();
    let project = service.project_at("assignment");
    let path = format!("/v1/projects/{project}");
    assign(&service, "a_leader", &project, "A", "a_specialist_1").refused(403, "forbidden");
    assert_eq!(
        assign(&service, "manager", &project, "C", "c_specialist_1").refused(422, "validation").pointers(),
        ["/front_group_id"]
    );
    for owner in ["b_specialist_1", "a_assistant", "manager"] {
        assert_eq!(
            assign(&service, "manager", &project, "A", owner).refused(422, "validation").pointers(),
            ["/front_owner_id"],
            "{owner}"
        );
    }
    reassign(&service, "manager", &project, "b_specialist_1").refused(409, "state");
    service
        .by("manager")
        .send(
            "POST",
            &format!("{path}/assign"),
            &[],
            Some(&json!({"front_group_id": group(&service, "B"), "front_owner_id": service.by("b_specialist_1").id})),
        )
        .refused(428, "precondition_required");
    let assigned = assign(&service, "manager", &project, "B", "b_specialist_1").expect(200).body;
    assert_eq!(
        (assigned["front_owner_id"].as_str(), assigned["accountable_id"].as_str()),
        (Some(service.by("b_specialist_1").id.as_str()), assigned["front_owner_id"].as_str())
    );
    service.by("b_specialist_1").get(&path).expect(200);
    assign(&service, "manager", &project, "A", "a_specialist_1").refused(409, "state");
    assign(&service, "manager", &service.project_at("bidding"), "A", "a_specialist_1").refused(409, "state");
}

#[test]
fn reassigning_lists_the_open_instructions_for_the_receiver() {
    let service = Service::start();
    let project = service.project_at("bidding");
    let path = format!("/v1/projects/{project}");
    let owner = service.by("a_specialist_1");
    let instruction =
        owner.post(&format!("{path}/instructions"), json!({"what": "No red anywhere"})).expect(201).location();
    for (by, status, code) in
        [("a_specialist_1", 403, "forbidden"), ("b_leader", 404, "not_found"), ("c_leader", 403, "not_party")]
    {
        reassign(&service, by, &project, "a_specialist_2").refused(status, code);
    }
    reassign(&service, "a_leader", &project, "b_specialist_1").refused(403, "not_party");
    for to in ["a_specialist_1", "a_assistant"] {
        assert_eq!(reassign(&service, "a_leader", &project, to).refused(422, "validation").pointers(), ["/to"], "{to}");
    }
    assert_eq!(
        reassign(&service, "manager", &project, "c_specialist_1").refused(422, "validation").pointers(),
        ["/to"]
    );
    let moved = reassign(&service, "a_leader", &project, "a_specialist_2").expect(200).body;
    assert_eq!(moved["accountable_id"], json!(service.by("a_specialist_2").id));
    owner.act(&instruction, "settle", json!({"outcome": "done"})).refused(403, "not_party");
    let listed = service.by("a_specialist_2").get(&format!("{path}/reassignments")).expect(200).body["data"][0].clone();
    assert_eq!(
        (listed["position"].as_str(), listed["open_instructions"][0]["what"].as_str()),
        (Some("front"), Some("No red anywhere"))
    );
    let reassignment = format!("/v1/reassignments/{}", listed["id"].as_str().unwrap());
    service.by("a_leader").act(&reassignment, "acknowledge", json!({})).refused(403, "not_party");
    let acknowledged = service.by("a_specialist_2").act(&reassignment, "acknowledge", json!({})).expect(200).body;
    assert!(acknowledged["acknowledged_at"].is_string(), "{acknowledged}");
    service.by("a_specialist_2").act(&reassignment, "acknowledge", json!({})).refused(409, "state");
    assert_eq!(owner.get(&instruction).expect(200).body["acknowledged_by"], json!(service.by("a_specialist_2").id));
}

#[test]
fn the_manager_moves_across_groups_and_the_back_owner_moves_from_settlement_on() {
    let service = Service::start();
    let project = service.project_at("installation");
    let moved = reassign(&service, "manager", &project, "b_specialist_1").expect(200).body;
    assert_eq!(
        (moved["front_group_id"].clone(), moved["front_owner_id"].clone()),
        (json!(group(&service, "B")), json!(service.by("b_specialist_1").id))
    );
    reassign(&service, "b_leader", &project, "b_leader").expect(200);
    service.put_at(&project, "settlement");
    reassign(&service, "b_leader", &project, "c_leader").refused(403, "not_party");
    assert_eq!(
        reassign(&service, "manager", &project, "a_specialist_1").refused(422, "validation").pointers(),
        ["/to"]
    );
    let moved = reassign(&service, "c_leader", &project, "c_leader").expect(200).body;
    assert_eq!(moved["back_owner_id"], json!(service.by("c_leader").id));
    service.put_at(&project, "archived");
    reassign(&service, "manager", &project, "c_specialist_1").refused(409, "state");
}

#[test]
fn all_that_a_leaver_holds_moves_in_one_act() {
    let service = Service::start();
    let (held, inquiry, ended, of_back) = (
        service.project_at("bidding"),
        service.inquiry("a_specialist_1"),
        service.project_at("lost"),
        service.project_at("settlement"),
    );
    let leaver = service.by("a_specialist_1").id;
    let act = |by: &str, to: &str| {
        service.by(by).post(
            &format!("/v1/users/{leaver}/reassign-work"),
            json!({"to": service.by(to).id, "reason": "Left the company"}),
        )
    };
    act("a_leader", "a_specialist_2").refused(403, "forbidden");
    let client = service.see(&held)["client_id"].clone();
    let complaint = json!({"client_id": client, "channel": "email", "severity": "minor", "what": "Rude on the phone"});
    let complaint = service.by("a_specialist_1").post("/v1/complaints", complaint).expect(201).location();
    for to in ["a_specialist_1", "a_assistant", "c_leader"] {
        assert_eq!(act("manager", to).refused(422, "validation").pointers(), ["/to"], "{to}");
    }
    assert_eq!(act("manager", "b_specialist_1").expect(200).body, json!({"projects": 2, "clients": 4}));
    let receiver = json!(service.by("b_specialist_1").id);
    assert_eq!(service.see(&held)["front_owner_id"], receiver);
    let moved = service.by("b_specialist_1").get(&complaint).expect(200).body;
    assert_eq!(moved["handler_id"], receiver, "a complaint without a project goes along too");
    assert_eq!(service.see(&inquiry)["recorded_by"], receiver);
    assert_eq!(service.see(&ended)["front_owner_id"], json!(leaver));
    assert_eq!(service.see(&of_back)["front_owner_id"], json!(leaver), "what was handed over is history");
    service
        .by("b_specialist_1")
        .post(&format!("/v1/projects/{inquiry}/interactions"), json!({"kind": "call", "summary": "Introduced myself"}))
        .expect(201);
    assert_eq!(act("manager", "b_specialist_1").expect(200).body, json!({"projects": 0, "clients": 0}));
}

/// A dispute that stood when its project was sealed stays as it is, and is no obstacle.
#[test]
fn what_is_sealed_holds_up_nothing() {
    let service = Service::start();
    let project = service.project_at("settlement");
    let rows = service.signed(&project, "2026-01-01T10:00:00+08:00", &[("balance", 500, Some("2026-01-10"))]);
    let owner = service.by("c_specialist_1");
    let body = json!({"reason": "Fabric", "owner_id": owner.id});
    owner.post(&format!("/v1/receivables/{}/disputes", rows["balance"]), body).expect(201);
    service.sealed(&project);
    let body = json!({"to": service.by("c_leader").id, "reason": "Left the company"});
    service.by("manager").post(&format!("/v1/users/{}/reassign-work", owner.id), body).expect(200);
}

#[test]
fn the_system_suggests_who_has_the_least_to_do() {
    let service = Service::start();
    let project = service.project_at("bidding");
    let path = format!("/v1/projects/{project}/owner-suggestions");
    service.by("a_leader").get(&path).refused(403, "forbidden");
    let listed: Vec<Value> = service.by("manager").get(&path).expect(200).body["data"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 3);
    assert_eq!(
        (listed[2]["user_id"].clone(), listed[2]["open_projects"].clone(), listed[2]["clients"].clone()),
        (json!(service.by("a_specialist_1").id), json!(1), json!(1))
    );
}

#[test]
fn the_initiation_form_is_the_needs() {
    let service = Service::start();
    let project = service.project_at("assignment");
    service.sql(|conn| diesel::update(projects::table).set(projects::needs.eq(None::<String>)).execute(conn).unwrap());
    let path = format!("/v1/projects/{project}");
    let forms = format!("{path}/initiation-forms");
    assert!(
        service
            .by("manager")
            .act(&path, "steps/launch", json!({}))
            .refused(409, "evidence")
            .missing()
            .contains(&"needs_recorded".to_owned())
    );
    assert_eq!(
        service.by("manager").post(&forms, json!({"needs": ""})).refused(422, "validation").pointers(),
        ["/needs"]
    );
    service.by("c_leader").post(&forms, json!({"needs": "x"})).refused(403, "forbidden");
    let form = service
        .by("manager")
        .post(&forms, json!({"needs": "Three flats", "style": "Warm wood"}))
        .expect(201)
        .location();
    assert_eq!(
        service.by("manager").patch(&form, json!({"style": null, "risks": "Lift"})).expect(200).body["style"],
        Value::Null
    );
    assert!(
        !service
            .by("manager")
            .act(&path, "steps/launch", json!({}))
            .refused(409, "evidence")
            .missing()
            .contains(&"needs_recorded".to_owned())
    );
    service.put_at(&project, "bidding");
    service.by("manager").patch(&form, json!({"risks": "None"})).refused(409, "state");
    service.by("manager").post(&forms, json!({"needs": "x"})).refused(409, "state");
}

#[test]
fn every_department_on_the_sheet_acknowledges_it() {
    let service = Service::start();
    let manager = service.by("manager");
    let project = service.inquiry("a_specialist_1");
    service.put_at(&project, "assignment");
    let path = format!("/v1/projects/{project}");
    let sheets = format!("{path}/assignment-sheets");
    for (departments, pointer) in [
        (json!([]), "/departments"),
        (json!(["design", "sauna"]), "/departments/1"),
        (json!(["design", "design"]), "/departments/1"),
    ] {
        assert_eq!(
            manager.post(&sheets, json!({"departments": departments})).refused(422, "validation").pointers(),
            [pointer]
        );
    }
    service.by("a_assistant").post(&sheets, json!({"departments": ["design"]})).refused(403, "forbidden");
    let sheet =
        manager.post(&sheets, json!({"departments": ["design", "procurement"], "note": "Dates are fixed"})).expect(201);
    assert!(sheet.body["number"].as_str().unwrap().starts_with("AS-"));
    let acknowledge = format!("{}/acknowledge", sheet.location());
    let design = service.by("design");
    assert_eq!(design.get(&sheet.location()).expect(200).body["available_actions"][0]["allowed"], true);
    let after = design.post(&acknowledge, json!({})).expect(200);
    assert_eq!(
        (after.header("etag"), after.body["acknowledgements"][0]["acknowledged_by"].clone()),
        ("\"2\"", json!(design.id))
    );
    assert_eq!(after.body["available_actions"][0]["refusal"], "state");
    design.post(&acknowledge, json!({})).refused(409, "state");
    service.by("engineering").post(&acknowledge, json!({})).refused(404, "not_found");
    assert!(service.by("engineering").get(&sheets).expect(200).body["data"].as_array().unwrap().is_empty());
    manager.post(&acknowledge, json!({})).refused(403, "forbidden");
    let missing = |expected: bool| {
        assert_eq!(
            manager
                .act(&path, "steps/launch", json!({}))
                .refused(409, "evidence")
                .missing()
                .contains(&"assignment_sheet_acknowledged".to_owned()),
            expected
        )
    };
    missing(true);
    service.by("procurement").post(&acknowledge, json!({})).expect(200);
    missing(false);
    let bare = manager.post(&sheets, json!({"departments": ["engineering"]})).expect(201);
    assert_eq!(bare.body["note"], Value::Null);
    service.put_at(&project, "bidding");
    manager.post(&sheets, json!({"departments": ["design"]})).refused(409, "state");
}

#[test]
fn nobody_is_answerable_for_an_inquiry_where_there_is_no_manager() {
    let service = Service::start();
    let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    let auditor = service.by("auditor");
    let answerable =
        || ["", "/overview"].map(|end| auditor.get(&format!("{path}{end}")).expect(200).body["accountable_id"].clone());
    assert_eq!(answerable(), [json!(service.by("manager").id), json!(service.by("manager").id)]);
    service.sql(|conn| {
        diesel::update(users::table.filter(users::role.eq("manager")))
            .set(users::active.eq(false))
            .execute(conn)
            .unwrap()
    });
    assert_eq!(answerable(), [Value::Null, Value::Null]);
}
