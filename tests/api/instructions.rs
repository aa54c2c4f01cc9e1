//! Client instructions and our commitments.

use crate::harness::Service;
use serde_json::json;

#[test]
fn an_instruction_is_recorded_and_settled() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("bidding");
    let instructions = format!("/v1/projects/{project}/instructions");
    let made = owner.post(&instructions, json!({"what": "No red anywhere", "place": "all", "by_whom": "Hall manager", "said_on": "2020-01-02", "cost_amount": 120000})).expect(201);
    assert_eq!(
        (made.body["direction"].as_str(), made.body["state"].as_str()),
        (Some("client_instruction"), Some("open"))
    );
    let ours = owner
        .post(&instructions, json!({"direction": "our_commitment", "what": "Ready by Friday"}))
        .expect(201)
        .location();
    let settled = owner.act(&made.location(), "settle", json!({"outcome": "done"})).expect(200).body;
    assert_eq!((settled["state"].as_str(), settled["settled_by"].as_str()), (Some("done"), Some(owner.id.as_str())));
    assert_eq!(
        service
            .by("a_leader")
            .act(&ours, "settle", json!({"outcome": "dropped", "note": "Client moved the date"}))
            .expect(200)
            .body["outcome_note"],
        "Client moved the date"
    );
    assert_eq!(service.by("design").get(&instructions).expect(200).body["data"].as_array().unwrap().len(), 2);
    assert!(owner.get(&format!("{instructions}?state=open")).expect(200).body["data"].as_array().unwrap().is_empty());
}

#[test]
fn an_instruction_is_refused_with_its_reason() {
    let service = Service::start();
    let (owner, other) = (service.by("a_specialist_1"), service.by("a_specialist_2"));
    let project = service.project_at("bidding");
    let instructions = format!("/v1/projects/{project}/instructions");
    assert_eq!(owner.post(&instructions, json!({"what": ""})).refused(422, "validation").pointers(), ["/what"]);
    assert_eq!(
        owner.post(&instructions, json!({"what": "x", "said_on": "2999-01-01"})).refused(422, "validation").pointers(),
        ["/said_on"]
    );
    service.by("a_assistant").post(&instructions, json!({"what": "x"})).refused(403, "forbidden");
    service.by("c_leader").post(&instructions, json!({"what": "x"})).refused(403, "not_party");
    other.post(&instructions, json!({"what": "x"})).refused(404, "not_found");
    let made = owner.post(&instructions, json!({"what": "No red anywhere"})).expect(201).location();
    owner
        .send("POST", &format!("{made}/settle"), &[], Some(&json!({"outcome": "done"})))
        .refused(428, "precondition_required");
    owner.act_at(&made, "settle", "\"9\"", json!({"outcome": "done"})).refused(412, "precondition_failed");
    service.by("c_specialist_1").act(&made, "settle", json!({"outcome": "done"})).refused(403, "not_party");
    assert_eq!(
        owner.act(&made, "settle", json!({"outcome": "open"})).refused(422, "validation").pointers(),
        ["/outcome"]
    );
    owner.act(&made, "settle", json!({"outcome": "done"})).expect(200);
    owner.act(&made, "settle", json!({"outcome": "dropped"})).refused(409, "state");
    service.put_at(&project, "shelved");
    owner.post(&instructions, json!({"what": "x"})).refused(409, "state");
}
