//! Coordination memos.

use crate::harness::Service;
use serde_json::json;

#[test]
fn a_memo_goes_to_a_department_which_answers() {
    let service = Service::start();
    let (owner, design) = (service.by("a_specialist_1"), service.by("design"));
    let project = service.inquiry("a_specialist_1");
    let memos = format!("/v1/projects/{project}/memos");
    let body =
        json!({"to_department": "design", "subject": "Concept", "body": "Mood boards", "reply_by": "2020-01-26"});
    design.get(&format!("/v1/projects/{project}")).refused(404, "not_found");
    let memo = owner.post(&memos, body.clone()).expect(201);
    assert!(memo.body["number"].as_str().unwrap().starts_with("M-"), "{}", memo.text());
    assert_eq!((memo.body["state"].as_str(), memo.body["overdue"].as_bool()), (Some("open"), Some(true)));
    let path = memo.location();
    assert_eq!(owner.get(&format!("/v1/memos/{}", memo.body["number"].as_str().unwrap())).expect(200).id(), memo.id());
    assert_eq!(
        design.get(&path).expect(200).body["available_actions"][0],
        json!({"action": "reply", "allowed": true, "refusal": null, "missing": []})
    );
    let answered = design.post(&format!("{path}/reply"), json!({"body": "Concept attached"})).expect(200);
    assert_eq!(
        (answered.body["state"].as_str(), answered.body["overdue"].as_bool(), answered.header("etag")),
        (Some("answered"), Some(false), "\"2\"")
    );
    let again = design.post(&format!("{path}/reply"), json!({"body": "And the item list"})).expect(200).body;
    assert_eq!(again["replies"].as_array().unwrap().len(), 2);
    owner.act(&path, "void", json!({"reason": "x"})).refused(409, "state");
}

#[test]
fn a_memo_is_refused_with_its_reason() {
    let service = Service::start();
    let (owner, assistant) = (service.by("a_specialist_1"), service.by("a_assistant"));
    let project = service.project_at("bidding");
    let memos = format!("/v1/projects/{project}/memos");
    let body = |department: &str| json!({"to_department": department, "subject": "Concept", "body": "Mood boards"});
    assert_eq!(owner.post(&memos, body("sauna")).refused(422, "validation").pointers(), ["/to_department"]);
    assert_eq!(
        owner
            .post(&memos, json!({"to_department": "design", "subject": "", "body": "x"}))
            .refused(422, "validation")
            .pointers(),
        ["/subject"]
    );
    owner.send("POST", &memos, &[], Some(&body("design"))).refused(400, "idempotency_key_required");
    service.by("c_specialist_1").post(&memos, body("design")).refused(403, "not_party");
    service.by("b_specialist_1").post(&memos, body("design")).refused(404, "not_found");
    service.by("design").post(&memos, body("design")).refused(403, "forbidden");
    let memo = assistant.post(&memos, body("design")).expect(201).location();
    owner.post(&format!("{memo}/reply"), json!({"body": "x"})).refused(403, "forbidden");
    service.by("procurement").post(&format!("{memo}/reply"), json!({"body": "x"})).refused(404, "not_found");
    assert!(service.by("procurement").get(&memos).expect(200).body["data"].as_array().unwrap().is_empty());
    service.put_at(&project, "archived");
    owner.post(&memos, body("design")).refused(409, "state");
    service.by("design").post(&format!("{memo}/reply"), json!({"body": "x"})).refused(409, "state");
}

#[test]
fn memo_numbers_have_no_gaps() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let memos = format!("/v1/projects/{}/memos", service.project_at("bidding"));
    let number = |department: &str| {
        owner.post(&memos, json!({"to_department": department, "subject": "s", "body": "b"})).body["number"]
            .as_str()
            .map(str::to_owned)
    };
    let (first, refused, second) = (number("design").unwrap(), number("sauna"), number("design").unwrap());
    let count = |n: &str| n.rsplit('-').next().unwrap().parse::<i64>().unwrap();
    assert_eq!((refused, count(&second) - count(&first)), (None, 1));
}
