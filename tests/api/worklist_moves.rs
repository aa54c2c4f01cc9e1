//! The worklist: the moves that it offers an owner are the owner's.

use crate::harness::{Caller, Service};
use crate::worklist::items;
use fitout::workflow::Stage;
use serde_json::{Value, json};

/// The steps of the project say to the same caller what the move says. Offering is an act of the owner's that leads to a step of the back group's.
#[track_caller]
pub fn agrees_with_the_steps(caller: &Caller, item: &Value, offering: &str) {
    let steps = caller.get(&format!("{}/steps", item["href"].as_str().unwrap())).expect(200).body;
    let offered = item["act"] == "offer_transfer";
    let action = if offered { offering } else { item["act"].as_str().unwrap() };
    let step = steps["data"].as_array().unwrap().iter().find(|step| step["action"] == action);
    let step = step.unwrap_or_else(|| panic!("{item} is no step of {steps}"));
    assert_eq!(item["missing"], step["missing"], "{item}");
    assert_eq!(step["refusal"] == "not_party", offered, "{item}: {step}");
}

/// The only move that waits for the caller; none where nothing does.
#[track_caller]
fn next_move(caller: &Caller, offering: &str) -> Option<String> {
    let all = items(caller, "step");
    assert!(all.len() < 2, "{all:?}");
    let item = all.first()?;
    agrees_with_the_steps(caller, item, offering);
    item["act"].as_str().map(str::to_owned)
}

#[test]
fn a_move_is_its_callers_at_every_stage() {
    let service = Service::start();
    // From here on it has its front owner, wherever it stands.
    let project = service.project_at("bidding");
    let mut waited = Vec::new();
    for stage in Stage::ALL {
        service.put_at(&project, stage.as_str());
        for who in ["manager", "a_specialist_1", "c_specialist_1", "a_leader", "c_leader"] {
            waited.extend(next_move(&service.by(who), "transfer").map(|act| (stage.as_str(), who, act)));
        }
    }
    let waited: Vec<(&str, &str, &str)> = waited.iter().map(|(stage, who, act)| (*stage, *who, act.as_str())).collect();
    assert_eq!(
        waited,
        [
            ("intake", "manager", "accept"),
            ("assignment", "a_specialist_1", "launch"),
            ("bidding", "a_specialist_1", "win"),
            ("installation", "a_specialist_1", "finish_installation"),
            ("adjustment", "a_specialist_1", "request_acceptance"),
            ("acceptance", "a_specialist_1", "offer_transfer"),
            ("settlement", "c_specialist_1", "settle"),
            ("archiving", "c_specialist_1", "archive"),
        ]
    );
}

#[test]
fn an_owner_in_acceptance_offers_the_transfer_once_or_goes_back() {
    let service = Service::start();
    let (owner, leader) = (service.by("a_specialist_1"), service.by("c_leader"));
    let project = service.project_at("acceptance");
    let path = format!("/v1/projects/{project}");
    let next = || next_move(&owner, "transfer");
    assert_eq!(next().as_deref(), Some("offer_transfer"));
    let offer = || owner.post(&format!("{path}/transfers"), json!({"documents": []})).expect(201).location();
    let first = offer();
    assert_eq!(next(), None, "it waits for the back group");
    leader.act(&first, "return", json!({"missing": ["photos"]})).expect(200);
    assert_eq!(next().as_deref(), Some("offer_transfer"));
    offer();
    let inspect = |passed: bool| {
        let items = json!({"items": [{"name": "Wardrobe doors", "passed": passed, "department": "engineering"}]});
        owner.post(&format!("{path}/inspections"), items).expect(201).body["adjustment_ids"][0].clone()
    };
    inspect(true);
    assert_eq!(next(), None);
    let snag = format!("/v1/adjustments/{}", inspect(false).as_str().unwrap());
    assert_eq!(next().as_deref(), Some("return_to_adjustment"), "an offer keeps nobody from going back");
    owner.act(&path, "steps/return_to_adjustment", json!({})).expect(200);
    assert_eq!(next().as_deref(), Some("request_acceptance"));
    service.by("engineering").act(&snag, "complete", json!({})).expect(200);
    owner.act(&snag, "confirm", json!({})).expect(200);
    owner.act(&path, "steps/request_acceptance", json!({})).expect(200);
    assert_eq!(next(), None, "nothing was inspected since, and the offer stands");
}

#[test]
fn an_owner_whose_project_is_terminated_offers_the_transfer() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let project = service.project_at("installation");
    let path = format!("/v1/projects/{project}");
    let next = || next_move(&owner, "terminate");
    let approve = || {
        let approval = json!({"reason": "Fair cancelled"});
        manager.post(&format!("{path}/termination-approvals"), approval).expect(201).location()
    };
    let approval = approve();
    assert_eq!(next().as_deref(), Some("offer_transfer"));
    manager.act(&approval, "void", json!({"reason": "The fair takes place"})).expect(200);
    assert_eq!(next().as_deref(), Some("finish_installation"));
    approve();
    owner.post(&format!("{path}/transfers"), json!({"documents": []})).expect(201);
    assert_eq!(next(), None, "it waits for the back group");
}

#[test]
fn one_more_project_on_site_asks_the_database_no_more() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let one_more = || {
        for stage in ["installation", "adjustment", "acceptance"] {
            service.project_at(stage);
        }
    };
    let cost = || {
        let _ = service.threads.statements().take();
        let rows = items(&owner, "step").len();
        (service.threads.statements().take().len(), rows)
    };
    service.threads.statements().record();
    one_more();
    let (few, before) = cost();
    one_more();
    let (many, after) = cost();
    assert_eq!((before, after), (3, 6));
    assert!(many <= few, "{few} statements for three projects, {many} for six");
}
