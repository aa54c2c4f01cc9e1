//! The worklist: what has a day of its own, and what was handed over.

use crate::harness::Service;
use crate::worklist::{due, items, only};
use serde_json::json;

#[test]
fn what_was_agreed_with_a_client_waits_until_the_next_interaction() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let owner = service.by("a_specialist_1");
    let project = service.inquiry("a_specialist_1");
    let interactions = format!("/v1/projects/{project}/interactions");
    let before = items(&owner, "follow_up").len();
    let visit = json!({"kind": "meeting", "summary": "Wants two rooms", "follow_up_on": "2026-12-03"});
    let visit = owner.post(&interactions, visit).expect(201).location();
    assert_eq!((before, only(&owner, "follow_up")), (0, due("log_interaction", "2026-12-03", false)));
    assert_eq!(items(&service.by("b_specialist_1"), "follow_up").len(), 0);
    service.clock("2026-12-04T10:00:00+08:00");
    assert_eq!(only(&owner, "follow_up"), due("log_interaction", "2026-12-03", true));
    let call = json!({"kind": "call", "summary": "Not yet", "follow_up_on": "2026-12-20"});
    let call = owner.post(&interactions, call).expect(201).location();
    assert_eq!(only(&owner, "follow_up"), due("log_interaction", "2026-12-20", false));
    owner.act(&call, "void", json!({"reason": "Another client"})).expect(200);
    assert_eq!(items(&owner, "follow_up")[0]["href"], json!(visit));
    let long = json!({"kind": "call", "summary": "長".repeat(8000), "follow_up_on": "2026-12-06"});
    owner.post(&interactions, long).expect(201);
    assert_eq!(items(&owner, "follow_up").len(), 1, "as documented, however long its title");
    owner.post(&interactions, json!({"kind": "call", "summary": "Two rooms it is"})).expect(201);
    assert_eq!(items(&owner, "follow_up").len(), 0);
}

#[test]
fn a_bid_waits_until_it_is_in_or_its_deadline_has_passed() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let owner = service.by("a_specialist_1");
    let project = service.project_at("bidding");
    let tender = json!({"notice_no": "T-1", "submission_deadline": "2026-12-05T17:00:00+08:00", "security_amount": 0});
    let tender = owner.post(&format!("/v1/projects/{project}/tenders"), tender).expect(201).location();
    assert_eq!(only(&owner, "tender"), due("submit_bid", "2026-12-05", false));
    assert_eq!(items(&service.by("b_specialist_1"), "tender").len(), 0);
    owner.act(&tender, "submit-bid", json!({"amount": 500})).expect(200);
    assert_eq!(items(&owner, "tender").len(), 0);
    let other = service.project_at("bidding");
    let tender = json!({"notice_no": "T-2", "submission_deadline": "2026-12-05T17:00:00+08:00", "security_amount": 0});
    owner.post(&format!("/v1/projects/{other}/tenders"), tender).expect(201);
    assert_eq!(items(&owner, "tender").len(), 1);
    service.clock("2026-12-05T18:00:00+08:00");
    assert_eq!(items(&owner, "tender").len(), 0, "too late");
}

#[test]
fn a_milestone_waits_for_the_owner_and_for_its_department() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (owner, procurement) = (service.by("a_specialist_1"), service.by("procurement"));
    let project = service.project_at("installation");
    let milestone = json!({"department": "procurement", "name": "Goods ready", "planned_on": "2026-12-10"});
    let milestone = owner.post(&format!("/v1/projects/{project}/milestones"), milestone).expect(201).location();
    for who in [&owner, &procurement] {
        assert_eq!(only(who, "milestone"), due("report", "2026-12-10", false));
    }
    assert_eq!(items(&service.by("design"), "milestone").len(), 0);
    procurement.act(&milestone, "report", json!({"forecast_on": "2026-12-14"})).expect(200);
    assert_eq!(only(&owner, "milestone"), due("report", "2026-12-14", false));
    procurement.act(&milestone, "report", json!({"actual_on": "2026-12-01"})).expect(200);
    assert_eq!((items(&owner, "milestone").len(), items(&procurement, "milestone").len()), (0, 0));
}

#[test]
fn a_project_that_was_handed_over_waits_to_be_acknowledged() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (manager, receiver) = (service.by("manager"), service.by("b_specialist_1"));
    let project = service.project_at("bidding");
    let handed = json!({"to": receiver.id, "reason": "Parental leave"});
    manager.act(&format!("/v1/projects/{project}"), "reassign", handed).expect(200);
    assert_eq!(only(&receiver, "reassignment"), due("acknowledge", "2026-12-03", false));
    assert_eq!(items(&service.by("a_specialist_1"), "reassignment").len(), 0);
    let language = |tag| receiver.send("GET", "/v1/me/worklist?kind=reassignment", &[("Accept-Language", tag)], None);
    assert_eq!(language("de").expect(200).body["data"][0]["why"], "You received this project");
    assert_eq!(language("zh-CN, en;q=0.5").expect(200).body["data"][0]["why"], "此項目已轉交給你");
    let again = json!({"to": service.by("a_specialist_1").id, "reason": "Back from leave"});
    manager.act(&format!("/v1/projects/{project}"), "reassign", again).expect(200);
    assert_eq!(items(&receiver, "reassignment").len(), 0, "handed on");
    let back = json!({"to": receiver.id, "reason": "Ill"});
    manager.act(&format!("/v1/projects/{project}"), "reassign", back).expect(200);
    assert_eq!(items(&receiver, "reassignment").len(), 2, "each of them waits for its word");
    let href = items(&receiver, "reassignment")[0]["href"].as_str().unwrap().to_owned();
    receiver.act(&href, "acknowledge", json!({})).expect(200);
    assert_eq!(items(&receiver, "reassignment").len(), 1);
}

/// Every item has a day: where the record sets none, it follows from since when it waits, the settings and the calendar.
#[test]
fn what_sets_no_day_is_due_working_days_after_it_began_to_wait() {
    let service = Service::start();
    // A Friday.
    service.clock("2026-12-04T10:00:00+08:00");
    let (admin, manager, owner) = (service.by("admin"), service.by("manager"), service.by("a_specialist_1"));
    service.inquiry("a_specialist_1");
    service.project_at("installation");
    assert_eq!(only(&manager, "step"), due("accept", "2026-12-08", false));
    assert_eq!(only(&owner, "step"), due("finish_installation", "2027-01-01", false));
    let holiday = json!({"kind": "holiday", "name": "Company day"});
    admin.put("/v1/calendar-days/2026-12-07", holiday).expect(200);
    admin.patch("/v1/settings", json!({"answer_days": 3, "move_days": 5})).expect(200);
    assert_eq!(only(&manager, "step"), due("accept", "2026-12-10", false));
    assert_eq!(only(&owner, "step"), due("finish_installation", "2026-12-14", false));
    service.clock("2026-12-11T10:00:00+08:00");
    assert_eq!(only(&manager, "step"), due("accept", "2026-12-10", true));
    let (settling, back) = (service.project_at("settlement"), service.by("c_specialist_1"));
    assert_eq!(only(&back, "step"), due("settle", "2026-12-18", false));
    service.signed(&settling, "2026-01-05T02:00:00Z", &[("retention", 300, Some("2028-03-01"))]);
    assert_eq!(only(&back, "step"), due("settle", "2028-03-01", false), "nothing is settled before the last is due");
    let list = manager.get("/v1/me/worklist").expect(200).body;
    let steps = list["counts"].as_array().unwrap().iter().find(|count| count["kind"] == "step").unwrap();
    assert_eq!((&steps["total"], &steps["overdue"]), (&json!(1), &json!(1)));
}

#[test]
fn an_amendment_waits_for_its_review_and_a_project_for_its_owner() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (owner, leader, manager) = (service.by("a_specialist_1"), service.by("c_leader"), service.by("manager"));
    let body = json!({"stage": "installation", "owner": "a_specialist_1"});
    let project = service.by("admin").send("POST", "/v1/sandbox/projects", &[], Some(&body)).expect(201).location();
    let contracts = owner.get(&format!("{project}/contracts")).expect(200).body;
    let contract = contracts["data"][0]["id"].as_str().unwrap();
    let amendment = json!({"amount": 4_000_000, "why": "Planting"});
    owner.post(&format!("/v1/contracts/{contract}/amendments"), amendment).expect(201);
    assert_eq!(only(&leader, "review"), due("review", "2026-12-03", false));
    let waits = items(&leader, "review")[0].clone();
    assert!(waits["href"].as_str().unwrap().starts_with("/v1/amendments/"), "{waits}");
    assert_eq!(waits["why"], "It is your turn to review it");
    let reviewed = json!({"verdict": "approved", "opinion": "Fine"});
    leader.act(waits["href"].as_str().unwrap(), "review", reviewed).expect(200);
    assert_eq!(items(&leader, "review").len(), 0);

    let inquiry = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    for evidence in ["interaction_logged", "qualification"] {
        let body = json!({"evidence": evidence, "reason": "An old friend"});
        manager.post(&format!("{inquiry}/waivers"), body).expect(201);
    }
    manager.act(&inquiry, "steps/accept", json!({})).expect(200);
    assert_eq!(only(&manager, "step"), due("assign", "2026-12-03", false));
    service.inquiry("a_specialist_1");
    let list = manager.get("/v1/me/worklist?limit=1").expect(200).body;
    let counted: u64 = list["counts"].as_array().unwrap().iter().map(|kind| kind["total"].as_u64().unwrap()).sum();
    assert!(counted > 1 && list["data"].as_array().unwrap().len() == 1, "what is counted is all of it: {list}");
    let group = owner.get("/v1/me").expect(200).body["group_id"].clone();
    let to = json!({"front_group_id": group, "front_owner_id": owner.id});
    manager.act(&inquiry, "assign", to).expect(200);
    let launches = items(&owner, "step").iter().filter(|item| item["act"] == "launch").count();
    assert_eq!((items(&manager, "step").len(), launches), (1, 1));
}
