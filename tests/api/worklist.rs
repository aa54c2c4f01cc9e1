//! The worklist: what waits for whom, and that its figures are the records' own.

use crate::contracts::by_share;
use crate::harness::{Caller, Service};
use serde_json::{Value, json};

pub fn items(caller: &Caller, kind: &str) -> Vec<Value> {
    let list = caller.get(&format!("/v1/me/worklist?kind={kind}&limit=200")).expect(200).body;
    let items = list["data"].as_array().unwrap().clone();
    let total = list["counts"].as_array().unwrap().iter().map(|count| count["total"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(total, u64::try_from(items.len()).unwrap());
    items
}

/// The only item of its kind: its act, its day, whether that has passed.
pub fn only(caller: &Caller, kind: &str) -> (String, String, bool) {
    let all = items(caller, kind);
    assert_eq!(all.len(), 1, "{kind}: {all:?}");
    let text = |name: &str| all[0][name].as_str().unwrap().to_owned();
    caller.get(&text("href")).expect(200);
    (text("act"), text("due_on"), all[0]["overdue"].as_bool().unwrap())
}

pub fn due(act: &str, on: &str, overdue: bool) -> (String, String, bool) {
    (act.to_owned(), on.to_owned(), overdue)
}

#[test]
fn a_move_waits_for_its_party_and_says_what_it_misses() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let inquiry = service.inquiry("a_specialist_1");
    assert_eq!(items(&owner, "step").len(), 0, "the manager decides on inquiries");
    let project = service.project_at("bidding");
    let steps = owner.get(&format!("/v1/projects/{project}/steps")).expect(200).body;
    let win = steps["data"].as_array().unwrap().iter().find(|step| step["action"] == "win").unwrap();
    let mine = items(&owner, "step");
    assert_eq!((mine.len(), &mine[0]["act"], &mine[0]["missing"]), (1, &json!("win"), &win["missing"]));
    assert!(!win["missing"].as_array().unwrap().is_empty());
    assert_eq!(items(&service.by("b_specialist_1"), "step").len(), 0);
    let managers = items(&manager, "step");
    assert_eq!(
        (managers.len(), &managers[0]["act"], &managers[0]["project_id"]),
        (1, &json!("accept"), &json!(inquiry))
    );
    manager
        .act(&format!("/v1/projects/{project}"), "steps/shelve", json!({"reason": "Funds", "review_on": "2100-01-02"}))
        .expect(200);
    assert_eq!((items(&owner, "step").len(), items(&manager, "step").len()), (0, 1));
    service.clock("2100-01-02T09:00:00+08:00");
    assert_eq!(items(&manager, "step").len(), 2, "its day has come");
}

#[test]
fn a_department_is_told_what_was_addressed_to_it() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (owner, design) = (service.by("a_specialist_1"), service.by("design"));
    let project = service.project_at("bidding");
    let memo =
        json!({"to_department": "design", "subject": "Concept", "body": "Mood boards", "reply_by": "2026-12-03"});
    let memo = owner.post(&format!("/v1/projects/{project}/memos"), memo).expect(201).location();
    assert_eq!(only(&design, "memo"), due("reply", "2026-12-03", false));
    service.clock("2026-12-04T10:00:00+08:00");
    assert_eq!(only(&design, "memo"), due("reply", "2026-12-03", true));
    assert_eq!(items(&service.by("procurement"), "memo").len(), 0);
    design.post(&format!("{memo}/reply"), json!({"body": "Attached"})).expect(200);
    assert_eq!(items(&design, "memo").len(), 0);

    let sheeted = service.project_at("assignment");
    service.by("manager").act(&format!("/v1/projects/{sheeted}"), "assign", assignment(&service)).expect(200);
    let sheet = json!({"departments": ["design"], "note": "Start"});
    let sheet = owner.post(&format!("/v1/projects/{sheeted}/assignment-sheets"), sheet).expect(201).location();
    assert_eq!(only(&design, "assignment_sheet"), due("acknowledge", "2026-12-08", false));
    design.post(&format!("{sheet}/acknowledge"), json!({})).expect(200);
    assert_eq!(items(&design, "assignment_sheet").len(), 0);

    let site = service.project_at("adjustment");
    let wish = json!({"place": "Lobby", "what": "Move the lamp", "cause": "design", "department": "design", "due_on": "2026-12-10", "cost_amount": 0, "borne_by": "company"});
    let wish = owner.post(&format!("/v1/projects/{site}/adjustments"), wish).expect(201).location();
    assert_eq!(only(&design, "adjustment"), due("complete", "2026-12-10", false));
    assert_eq!(items(&owner, "adjustment").len(), 0);
    design.act(&wish, "complete", json!({})).expect(200);
    assert_eq!(items(&design, "adjustment").len(), 0);
    // Done on a Friday; the day that was set was the department's.
    assert_eq!(only(&owner, "adjustment"), due("confirm", "2026-12-08", false));
    owner.act(&wish, "refuse", json!({"why": "Not there"})).expect(200);
    assert_eq!(only(&design, "adjustment"), due("complete", "2026-12-10", false));
}

fn assignment(service: &Service) -> Value {
    let admin = service.by("admin");
    let find = |list: &str, name: &str, word: &str| {
        let all = admin.get(&format!("/v1/{list}?limit=200")).expect(200).body;
        let row = all["data"].as_array().unwrap().iter().find(|row| row[name] == word).cloned();
        row.unwrap()["id"].clone()
    };
    json!({"front_group_id": find("groups", "key", "A"), "front_owner_id": find("users", "username", "a_specialist_1")})
}

#[test]
fn the_owners_money_and_complaints_are_the_records_own_figures() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let owner = service.by("c_specialist_1");
    let project = service.project_at("settlement");
    let plan = [("deposit", 50, Some("2026-11-10")), ("balance", 300, Some("2026-11-20")), ("retention", 100, None)];
    let receivables = service.signed(&project, "2026-01-05T02:00:00Z", &plan);
    let entry = json!({"level": "letter", "note": "Promised", "promise_on": "2026-12-04", "promise_amount": 200});
    owner.post(&format!("/v1/receivables/{}/collection-entries", receivables["balance"]), entry).expect(201);
    assert_eq!(items(&owner, "promise").len(), 0, "its day has not passed");
    service.clock("2026-12-05T10:00:00+08:00");
    let collect = items(&owner, "collection");
    let overdue = owner.get("/v1/receivables?overdue=true&disputed=false").expect(200).body;
    assert_eq!((collect.len(), overdue["data"].as_array().unwrap().len()), (2, 2));
    assert_eq!((&collect[0]["due_on"], &collect[1]["due_on"]), (&json!("2026-11-10"), &json!("2026-11-20")));
    assert_eq!(only(&owner, "promise"), due("collect", "2026-12-04", true));
    let overview = owner.get(&format!("/v1/projects/{project}/overview")).expect(200).body;
    assert_eq!(overview["broken_promises"], 1, "{overview}");
    owner
        .post(&format!("/v1/receivables/{}/disputes", receivables["deposit"]), json!({"reason": "Fabric"}))
        .expect(201);
    assert_eq!(items(&owner, "collection").len(), 1);
    let balance = format!("/v1/receivables/{}", receivables["balance"]);
    owner.post(&format!("{balance}/disputes"), json!({"reason": "Length"})).expect(201);
    assert_eq!(
        (items(&owner, "collection").len(), items(&owner, "promise").len()),
        (0, 0),
        "a dispute stops collection"
    );
    assert_eq!(items(&service.by("a_specialist_1"), "collection").len(), 0, "the back owner collects");

    let client = service.see(&project)["client_id"].clone();
    let complaint = json!({"client_id": client, "project_id": project, "channel": "phone", "severity": "major", "what": "Doors scrape"});
    let made = service.by("c_leader").post("/v1/complaints", complaint).expect(201);
    let (act, on, _) = only(&owner, "complaint");
    assert_eq!((act.as_str(), Some(on.as_str())), ("confirm", made.body["answer_due_on"].as_str()));
}

#[test]
fn finance_and_the_manager_see_what_waits_for_them() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (owner, finance, manager) = (service.by("c_specialist_1"), service.by("finance"), service.by("manager"));
    let project = service.project_at("settlement");
    let receivables = service.signed(&project, "2026-01-05T02:00:00Z", &[("balance", 300, Some("2026-11-20"))]);
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let paid = json!({"amount": 100, "paid_on": "2026-11-30", "reference": "B-1"});
    let payment = finance.post(&format!("/v1/clients/{client}/payments"), paid).expect(201).location();
    assert_eq!(only(&finance, "booking"), due("confirm", "2026-12-03", false));
    finance.act(&payment, "confirm", json!({})).expect(200);
    assert_eq!(items(&finance, "booking").len(), 0);
    let proposal = json!({"amount": 20, "reason": "Bank charges"});
    let proposed = owner.post(&format!("/v1/receivables/{}/write-offs", receivables["balance"]), proposal).expect(201);
    assert_eq!(items(&owner, "approval").len(), 0, "nobody approves their own");
    assert_eq!(only(&manager, "approval"), due("approve", "2026-12-03", false));
    manager.act(&proposed.location(), "approve", json!({})).expect(200);
    assert_eq!(items(&manager, "approval").len(), 0);
    assert_eq!(only(&finance, "booking"), due("book", "2026-12-03", false));
}

#[test]
fn a_newly_allocated_client_waits_for_its_first_contact() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let project = service.inquiry("a_specialist_1");
    let client = format!("/v1/clients/{}", service.see(&project)["client_id"].as_str().unwrap());
    let id = owner.get("/v1/me").expect(200).body["id"].clone();
    manager.patch(&client, json!({"owner_id": null})).expect(200);
    assert_eq!(items(&owner, "client_contact").len(), 0);
    service.clock("2026-12-02T10:00:00+08:00");
    manager.patch(&client, json!({"owner_id": id})).expect(200);
    assert_eq!(only(&owner, "client_contact"), due("log_interaction", "2026-12-09", false));
    service.clock("2026-12-10T10:00:00+08:00");
    assert_eq!(only(&owner, "client_contact"), due("log_interaction", "2026-12-09", true));
    let call = json!({"kind": "call", "summary": "Introduced myself"});
    owner.post(&format!("/v1/projects/{project}/interactions"), call).expect(201);
    assert_eq!(items(&owner, "client_contact").len(), 0);
}

#[test]
fn a_client_without_a_project_is_contacted_and_followed_up() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let client = format!("/v1/clients/{}", service.client("manager"));
    let id = owner.get("/v1/me").expect(200).body["id"].clone();
    manager.patch(&client, json!({"owner_id": id})).expect(200);
    assert_eq!(only(&owner, "client_contact"), due("log_interaction", "2026-12-08", false));
    service.clock("2026-12-02T10:00:00+08:00");
    let log = |on: Value| {
        let call = json!({"kind": "call", "summary": "Introduced myself", "follow_up_on": on});
        owner.post(&format!("{client}/log-interaction"), call).expect(200);
    };
    log(json!("2026-12-04"));
    assert_eq!(items(&owner, "client_contact").len(), 0);
    assert_eq!(only(&owner, "follow_up"), due("log_interaction", "2026-12-04", false));
    assert_eq!(items(&manager, "follow_up").len(), 0);
    service.clock("2026-12-05T10:00:00+08:00");
    assert_eq!(only(&owner, "follow_up"), due("log_interaction", "2026-12-04", true));
    let heir = service.by("a_specialist_2");
    let whom = |who: &Caller| json!({"owner_id": who.get("/v1/me").expect(200).body["id"]});
    manager.patch(&client, whom(&heir)).expect(200);
    assert_eq!(only(&heir, "client_contact"), due("log_interaction", "2026-12-12", false));
    assert_eq!(only(&heir, "follow_up"), due("log_interaction", "2026-12-04", true), "what was agreed is handed over");
    manager.patch(&client, whom(&owner)).expect(200);
    log(Value::Null);
    assert_eq!(items(&owner, "follow_up").len(), 0);
    log(json!("2026-12-20"));
    let project = service.inquiry_of("a_specialist_1", client.rsplit('/').next().unwrap());
    service.clock("2026-12-06T10:00:00+08:00");
    let call = json!({"kind": "call", "summary": "Two rooms"});
    owner.post(&format!("/v1/projects/{project}/interactions"), call).expect(201);
    assert_eq!(items(&owner, "follow_up").len(), 0, "what came later has done it");
    service.clock("2026-12-07T10:00:00+08:00");
    let hello = json!({"kind": "call", "summary": "Hello"});
    service.by("c_specialist_1").post(&format!("{client}/log-interaction"), hello).expect(200);
    assert_eq!(items(&owner, "follow_up").len(), 0, "and a call in between does not bring it back");
}

#[test]
fn a_transfer_and_a_review_wait_for_whose_turn_it_is() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (owner, back, leader) = (service.by("a_specialist_1"), service.by("c_specialist_1"), service.by("c_leader"));
    let project = service.project_at("acceptance");
    let photos = service.document(&project, "photos");
    let offer = json!({"documents": [{"category": "photos", "document_id": photos}]});
    owner.post(&format!("/v1/projects/{project}/transfers"), offer).expect(201);
    for receiver in [&back, &leader] {
        assert_eq!(only(receiver, "transfer"), due("accept", "2026-12-03", false));
    }
    assert_eq!(items(&owner, "transfer").len(), 0);
    // Nobody can accept while the project is shelved.
    service.put_at(&project, "shelved");
    assert_eq!(items(&back, "transfer").len(), 0);
    service.put_at(&project, "acceptance");

    let bidding = service.project_at("bidding");
    let contracts = format!("/v1/projects/{bidding}/contracts");
    let drafted = owner.post(&contracts, by_share(60_000_000)).expect(201).location();
    assert_eq!(
        (only(&leader, "review"), items(&service.by("manager"), "review").len()),
        (due("review", "2026-12-03", false), 0)
    );
    leader.act(&drafted, "review", json!({"verdict": "approved", "opinion": "Fine"})).expect(200);
    assert_eq!(
        (items(&leader, "review").len(), only(&service.by("manager"), "review")),
        (0, due("review", "2026-12-03", false))
    );
    owner.get("/v1/me/worklist?kind=nothing").refused(422, "validation");
    owner.get("/v1/me/worklist?limit=0").refused(422, "validation");
    service.nobody().get("/v1/me/worklist").refused(401, "unauthenticated");
}

/// A complaint about this project, registered by its owner; where it is.
fn complaint(service: &Service, owner: &Caller, project: &str) -> String {
    let client = service.see(project)["client_id"].clone();
    let body = json!({"client_id": client, "project_id": project, "channel": "phone", "severity": "normal", "what": "Doors scrape"});
    owner.post("/v1/complaints", body).expect(201).location()
}

fn analysis(valid: bool) -> Value {
    json!({"found_valid": valid, "reasons": "Hinges", "cause": "quality", "department": "engineering"})
}

fn measures() -> Value {
    json!({"measures": [{"what": "Reset the hinges", "department": "engineering"}]})
}

#[test]
fn measures_wait_for_every_leader_who_may_approve_them() {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let (owner, front, back) = (service.by("a_specialist_1"), service.by("a_leader"), service.by("c_leader"));
    let (manager, other) = (service.by("manager"), service.by("b_leader"));
    let project = service.project_at("installation");
    let at = complaint(&service, &owner, &project);
    for (act, body) in [("confirm", json!({})), ("analyse", analysis(true)), ("propose", measures())] {
        owner.act(&at, act, body).expect(200);
    }
    for leader in [&front, &back, &manager] {
        assert_eq!(only(leader, "approval"), due("approve", "2026-12-08", false));
    }
    for nobody in [&other, &owner, &service.by("a_specialist_2"), &service.by("a_assistant")] {
        assert_eq!(items(nobody, "approval").len(), 0);
    }
    other.act(&at, "approve", json!({})).refused(404, "not_found");
    owner.act(&at, "approve", json!({})).refused(403, "forbidden");
    front.act(&at, "send-back", json!({"reason": "Say by when"})).expect(200);
    for leader in [&front, &back, &manager] {
        assert_eq!(items(leader, "approval").len(), 0);
    }
    // Whoever proposed them does not approve them.
    front.act(&at, "propose", measures()).expect(200);
    assert_eq!((items(&front, "approval").len(), items(&back, "approval").len()), (0, 1));
    front.act(&at, "approve", json!({})).refused(403, "not_party");
    back.act(&at, "approve", json!({})).expect(200);
    assert_eq!((items(&back, "approval").len(), items(&manager, "approval").len()), (0, 0));
}

/// What the handler of the only complaint does next; the complaint itself must allow it.
fn next_act(handler: &Caller, at: &str) -> Option<String> {
    let act = items(handler, "complaint").first()?["act"].as_str().unwrap().to_owned();
    let seen = handler.get(at).expect(200).body;
    let mut allowed = seen["available_actions"].as_array().unwrap().iter().filter(|action| action["allowed"] == true);
    assert!(allowed.any(|action| action["action"] == act.as_str()), "{act}: {seen}");
    Some(act)
}

#[test]
fn a_complaint_waits_with_the_act_that_is_next() {
    let service = Service::start();
    let (handler, leader) = (service.by("a_specialist_1"), service.by("a_leader"));
    let project = service.project_at("installation");
    let at = complaint(&service, &handler, &project);
    let walk = |steps: &[(&str, Value)]| {
        for (act, body) in steps {
            assert_eq!(next_act(&handler, &at).as_deref(), Some(*act));
            handler.act(&at, act, body.clone()).expect(200);
        }
    };
    walk(&[("confirm", json!({})), ("analyse", analysis(true)), ("propose", measures())]);
    assert_eq!(next_act(&handler, &at).as_deref(), Some("update"), "a leader approves; the day stays the handler's");
    leader.act(&at, "approve", json!({})).expect(200);
    assert_eq!(next_act(&handler, &at).as_deref(), Some("update"), "the department carries them out");
    assert_eq!(items(&service.by("engineering"), "complaint").len(), 1);
    let measure = handler.get(&at).expect(200).body["measures"][0]["id"].as_str().unwrap().to_owned();
    let measure = format!("/v1/complaint-measures/{measure}");
    service.by("engineering").act(&measure, "carry-out", json!({"note": "Hinges reset"})).expect(200);
    walk(&[("verify", json!({"effect": "Doors run free"})), ("answer", json!({"answer": "The hinges were reset"}))]);
    assert_eq!(next_act(&handler, &at), None, "somebody else asks the client");
    service.by("manager").act(&at, "opinion", json!({"opinion": "dissatisfied"})).expect(200);
    handler.act(&at, "reopen", json!({"reason": "One scrapes again"})).expect(200);
    walk(&[("analyse", analysis(false)), ("answer", json!({"answer": "The floor is the client's"}))]);
}
