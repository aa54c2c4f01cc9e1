//! Inquiries, interactions, qualification, the decision.

use crate::harness::Service;
use serde_json::json;

#[test]
fn an_inquiry_is_accepted_when_the_evidence_is_there() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let project = service.inquiry("a_specialist_1");
    let path = format!("/v1/projects/{project}");
    assert_eq!(
        manager.act(&path, "steps/accept", json!({})).refused(409, "evidence").missing(),
        ["interaction_logged", "qualification"]
    );
    let steps = manager.get(&format!("{path}/steps")).expect(200).body;
    assert_eq!(steps["data"][0]["missing"].as_array().unwrap().len(), 2, "{steps}");
    owner.post(&format!("{path}/interactions"), json!({"kind": "call", "summary": "Budget"})).expect(201);
    let qualification = json!({"finances": 4, "value": 5, "effort": 3, "difficulty": 2, "decision_makers_known": true});
    assert_eq!(owner.post(&format!("{path}/qualifications"), qualification).expect(201).body["score"], 79);
    owner.act(&path, "steps/accept", json!({})).refused(403, "not_party");
    owner.act(&path, "steps/launch", json!({})).refused(409, "state");
    let accept = format!("{path}/steps/accept");
    manager.send("POST", &accept, &[("idempotency-key", "k1")], None).refused(428, "precondition_required");
    // It gives a number, so it must be safe to repeat; a move that gives none needs no key.
    manager.send("POST", &accept, &[("if-match", "*")], None).refused(400, "idempotency_key_required");
    manager.send("POST", &format!("{path}/steps/launch"), &[("if-match", "*")], None).refused(409, "state");
    let accepted = manager.act(&path, "steps/accept", json!({})).expect(200).body;
    assert_eq!(accepted["stage"], "assignment");
    assert!(accepted["number"].as_str().unwrap().starts_with("P-"));
    owner
        .post(
            &format!("{path}/qualifications"),
            json!({"finances": 1, "value": 1, "effort": 1, "difficulty": 1, "decision_makers_known": false}),
        )
        .refused(409, "state");
}

#[test]
fn sight_is_404_outside_and_follows_the_group() {
    let service = Service::start();
    let project = service.inquiry("a_specialist_1");
    let path = format!("/v1/projects/{project}");
    for (who, status) in [
        ("manager", 200),
        ("a_leader", 200),
        ("a_specialist_2", 404),
        ("b_leader", 404),
        ("c_leader", 404),
        ("design", 404),
        ("finance", 200),
        ("auditor", 200),
        ("a_assistant", 200),
    ] {
        assert_eq!(service.by(who).get(&path).status, status, "{who}");
    }
    service.put_at(&project, "bidding");
    for (who, status) in [("c_leader", 200), ("c_assistant", 200), ("design", 200), ("b_specialist_1", 404)] {
        assert_eq!(service.by(who).get(&path).status, status, "{who}");
    }
}

#[test]
fn declining_and_shelving_need_their_words() {
    let service = Service::start();
    let manager = service.by("manager");
    let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    assert_eq!(manager.act(&path, "steps/decline", json!({})).refused(422, "validation").pointers(), ["/reason"]);
    manager.act(&path, "steps/shelve", json!({"reason": "funds"})).refused(422, "validation");
    let shelved =
        manager.act(&path, "steps/shelve", json!({"reason": "funds", "review_on": "2026-12-01"})).expect(200).body;
    assert_eq!((shelved["stage"].as_str(), shelved["shelved_from"].as_str()), (Some("shelved"), Some("intake")));
    service
        .by("a_specialist_1")
        .post(&format!("{path}/interactions"), json!({"kind": "call", "summary": "x"}))
        .refused(409, "state");
    assert_eq!(manager.act(&path, "steps/resume", json!({})).expect(200).body["stage"], "intake");
    assert_eq!(
        manager.act(&path, "steps/decline", json!({"reason": "too small"})).expect(200).body["stage"],
        "declined"
    );
    manager.act(&path, "steps/resume", json!({})).refused(409, "state");
    manager.act(&path, "steps/transfer", json!({})).refused(409, "state");
    manager.act(&path, "steps/no_such_step", json!({})).refused(404, "not_found");
}

#[test]
fn a_waiver_is_the_managers_and_only_for_what_is_waivable() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    let waivers = format!("{path}/waivers");
    owner.post(&waivers, json!({"evidence": "qualification", "reason": "known client"})).refused(403, "forbidden");
    manager.post(&waivers, json!({"evidence": "client_contact", "reason": "x"})).refused(409, "state");
    manager.post(&waivers, json!({"evidence": "signed_contract", "reason": "x"})).refused(409, "state");
    manager
        .post(&waivers, json!({"evidence": "site_ready", "item": "sauna", "reason": "x"}))
        .refused(422, "validation");
    let waiver =
        manager.post(&waivers, json!({"evidence": "qualification", "reason": "known client"})).expect(201).location();
    assert_eq!(
        manager.act(&path, "steps/accept", json!({})).refused(409, "evidence").missing(),
        ["interaction_logged"]
    );
    manager.post(&waivers, json!({"evidence": "qualification", "reason": "again"})).refused(409, "state");
    let item = |item: &str| json!({"evidence": "site_ready", "item": item, "reason": "We clean"});
    manager.post(&waivers, item("cleaning")).expect(201);
    manager.post(&waivers, item("cleaning")).refused(409, "state");
    manager.post(&waivers, item("storage")).expect(201);
    manager.act(&waiver, "void", json!({"reason": "by mistake"})).expect(200);
    assert_eq!(
        manager.act(&path, "steps/accept", json!({})).refused(409, "evidence").missing(),
        ["interaction_logged", "qualification"]
    );
}

#[test]
fn a_mistaken_interaction_is_voided_and_counts_no_more() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    let made = owner
        .post(&format!("{path}/interactions"), json!({"kind": "call", "summary": "wrong project"}))
        .expect(201)
        .location();
    service.by("b_leader").act(&made, "void", json!({"reason": "x"})).refused(404, "not_found");
    owner.act(&made, "void", json!({"reason": "wrong project"})).expect(200);
    owner.act(&made, "void", json!({"reason": "again"})).refused(409, "state");
    assert_eq!(owner.get(&format!("{path}/interactions")).expect(200).body["data"].as_array().unwrap().len(), 0);
    assert_eq!(
        owner.get(&format!("{path}/interactions?include_voided=true")).expect(200).body["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let history = owner.get(&format!("{made}/history")).expect(200).body["data"].as_array().unwrap().clone();
    assert_eq!(
        history.iter().map(|e| e["kind"].as_str().unwrap()).collect::<Vec<_>>(),
        ["interaction.logged", "interaction.voided"]
    );
}

/// Shelving rests on no record, so it keeps nothing from being voided; a step that asks for evidence does, also within one frozen instant.
#[test]
fn a_mistake_is_voided_until_a_step_rests_on_it() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    service.clock("2026-11-30T09:00:00+08:00");
    let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    let log = || {
        let body = json!({"kind": "call", "summary": "Budget"});
        owner.post(&format!("{path}/interactions"), body).expect(201).location()
    };
    let (mistake, kept) = (log(), log());
    manager.act(&path, "steps/shelve", json!({"reason": "funds", "review_on": "2026-12-01"})).expect(200);
    manager.act(&path, "steps/resume", json!({})).expect(200);
    owner.act(&mistake, "void", json!({"reason": "wrong project"})).expect(200);
    owner
        .post(
            &format!("{path}/qualifications"),
            json!({"finances": 4, "value": 5, "effort": 3, "difficulty": 2, "decision_makers_known": true}),
        )
        .expect(201);
    manager.act(&path, "steps/accept", json!({})).expect(200);
    owner.act(&kept, "void", json!({"reason": "too late"})).refused(409, "state");
    // Only what is shelved has a day on which it is looked at again.
    manager.act(&path, "steps/shelve", json!({"reason": "funds", "review_on": "2026-12-01"})).expect(200);
    assert_eq!(manager.get(&path).expect(200).body["review_on"], "2026-12-01");
    manager.act(&path, "steps/close", json!({"reason": "no funds"})).expect(200);
    assert!(manager.get(&path).expect(200).body["review_on"].is_null());
}

/// The order of checks: what is wrong with the body comes before what is wrong with `If-Match`.
#[test]
fn a_patch_is_read_before_its_precondition() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    for (body, pointer) in
        [(json!({"nmae": "x"}), "/nmae"), (json!({"name": 5}), "/name"), (json!({"name": ""}), "/name")]
    {
        let refused = owner.send("PATCH", &path, &[("if-match", "\"77\"")], Some(&body));
        assert_eq!(refused.refused(422, "validation").pointers(), [pointer]);
    }
    let good = json!({"name": "Show flats, block 2"});
    owner.send("PATCH", &path, &[], Some(&good)).refused(428, "precondition_required");
    let stale = owner.send("PATCH", &path, &[("if-match", "\"77\"")], Some(&good)).refused(412, "precondition_failed");
    assert_eq!(stale.body["current"]["version"], 1);
    let nowhere = owner.send("PATCH", "/v1/projects/P-1999-0001", &[], Some(&json!({"nmae": "x"})));
    assert_eq!(nowhere.refused(422, "validation").pointers(), ["/nmae"]);
    let beyond = json!({"name": "x".repeat(500), "budget_amount": -1, "area_m2": 40});
    let nowhere = owner.send("PATCH", "/v1/projects/P-1999-0001", &[], Some(&beyond));
    assert_eq!(nowhere.refused(422, "validation").pointers(), ["/budget_amount", "/name"]);
    owner.send("PATCH", "/v1/projects/P-1999-0001", &[], Some(&good)).refused(404, "not_found");
    assert_eq!(owner.send("PATCH", &path, &[], Some(&json!({}))).refused(422, "validation").pointers(), [""]);
}
