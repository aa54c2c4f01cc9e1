//! The workflow table over HTTP: a step that is not in it does not exist; every evidence that a step names is asked for.

use super::exceptions;
use crate::harness::Service;
use fitout::workflow::{Action, STEPS, Stage};
use serde_json::json;

/// The whole complement: every action from every stage that the table does not list is a 409 that names the moves from there.
#[test]
fn every_unlisted_step_is_refused() {
    let service = Service::start();
    let manager = service.by("manager");
    let project = service.inquiry("a_specialist_1");
    let path = format!("/v1/projects/{project}");
    for stage in Stage::ALL {
        service.put_at(&project, stage.as_str());
        let etag = manager.etag(&path);
        for action in Action::ALL {
            if STEPS.iter().any(|s| s.action == *action && s.from.contains(stage))
                || exceptions::of("a move that the table does not list is refused").contains(action.as_str())
            {
                continue;
            }
            let body = json!({"reason": "because", "review_on": "2027-01-01"});
            let answer = manager.act_at(&path, &format!("steps/{action}"), &etag, body).refused(409, "state");
            let allowed: Vec<&str> =
                STEPS.iter().filter(|s| s.from.contains(stage)).map(|s| s.action.as_str()).collect();
            assert_eq!(
                answer.body["allowed"].as_array().map_or(0, Vec::len),
                allowed.len(),
                "{action} from {stage}: {}",
                answer.text()
            );
        }
    }
    assert_eq!(service.see(&project)["stage"], "shelved", "nothing moved");
}

/// From every stage, on a project without records, every step asks for all of its evidence at once, and the steps list says the same.
#[test]
fn every_listed_step_asks_for_its_evidence() {
    let service = Service::start();
    let manager = service.by("manager");
    let client = service
        .by("a_specialist_1")
        .post("/v1/clients", json!({"name": "Nobody yet", "kind": "private"}))
        .expect(201)
        .id();
    let project = service.inquiry_of("a_specialist_1", &client);
    let path = format!("/v1/projects/{project}");
    let document = serde_json::to_value(fitout::api::document(&fitout::api::routes(false))).unwrap();
    for step in STEPS {
        for from in step.from {
            service.put_at(&project, from.as_str());
            let body = manager.get(&format!("{path}/steps")).expect(200).body;
            let row =
                body["data"].as_array().unwrap().iter().find(|r| r["action"] == step.action.as_str()).unwrap().clone();
            let missing: Vec<&str> =
                row["missing"].as_array().unwrap().iter().map(|m| m["evidence"].as_str().unwrap()).collect();
            for one in row["missing"].as_array().unwrap() {
                let supply = one["supply"]
                    .as_str()
                    .unwrap_or_default()
                    .replace(&project, "{project}")
                    .replace(&client, "{client}");
                assert!(document["paths"][&supply].is_object(), "{} misses {one}: nothing is there", step.action);
            }
            for need in step.needs {
                // What a project without records has by itself.
                let there = [
                    "no_signed_contract",
                    "no_open_adjustments",
                    "no_open_complaints",
                    "receivables_closed",
                    "needs_recorded",
                ]
                .contains(&need.evidence.as_str());
                assert_eq!(
                    missing.contains(&need.evidence.as_str()),
                    !there,
                    "{} from {from}: {}: {row}",
                    step.action,
                    need.evidence
                );
            }
            assert_eq!(row["allowed"], json!(missing.is_empty() && row["refusal"].is_null()));
        }
    }
}

#[test]
fn the_table_is_there_as_data_and_as_a_picture() {
    let service = Service::start();
    let body = service.by("auditor").get("/v1/workflow").expect(200).body;
    assert_eq!(body["steps"].as_array().unwrap().len(), STEPS.len());
    let picture = body["mermaid"].as_str().unwrap();
    for step in STEPS {
        assert!(picture.contains(step.action.as_str()), "{} is not in the picture", step.action);
    }
}
