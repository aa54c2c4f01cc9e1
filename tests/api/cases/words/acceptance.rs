//! Adjustment, acceptance, transfer, termination.

use crate::cases::story::{NOTHING, Story};
use crate::harness::Answer;
use serde_json::{Value, json};

pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let caller = story.by(by);
    Some(match word {
        "request_adjustment" => request_adjustment(story, by, with),
        "plan_adjustment" => caller.act(&keyed(story, with), "plan", json!({ "planned_on": with["on"] })),
        "complete_adjustment" => caller.act(&keyed(story, with), "complete", json!({})),
        "confirm_adjustment" => {
            let document = document(story, by, "variation_order", with);
            caller.act(&keyed(story, with), "confirm", json!({ "document_id": document }))
        }
        "refuse_adjustment" => caller.act(&keyed(story, with), "refuse", json!({ "why": with["why"] })),
        "inspect" => inspect(story, by, with),
        "record_acceptance_certificate" => {
            let document = document(story, by, "acceptance_certificate", with);
            caller.post(
                &story.under("acceptance-certificates"),
                json!({ "document_id": document, "accepted_on": with["accepted_on"] }),
            )
        }
        "write_project_summary" => caller.post(&story.under("project-summaries"), with.clone()),
        "offer_transfer" => offer_transfer(story, by, with),
        "return_transfer" => {
            caller.act(&current_transfer(story), "return", json!({ "missing": with["missing"], "note": with["note"] }))
        }
        "accept_transfer" => {
            let acknowledged: Vec<String> =
                with["acknowledges"].as_array().into_iter().flatten().map(|key| id_of(story, key)).collect();
            caller.act(&current_transfer(story), "accept", json!({ "acknowledges": acknowledged }))
        }
        "approve_termination" => {
            let document = document(story, by, "termination_agreement", with);
            caller.post(
                &story.under("termination-approvals"),
                json!({ "reason": with["reason"], "document_id": document }),
            )
        }
        _ => return None,
    })
}

/// The record of the story with the key in `with`.
#[track_caller]
fn keyed(story: &Story, with: &Value) -> String {
    let key = with["key"].as_str().unwrap();
    story.records.get(key).cloned().unwrap_or_else(|| panic!("no record {key}"))
}

#[track_caller]
fn id_of(story: &Story, key: &Value) -> String {
    let key = key.as_str().unwrap();
    let path = story.records.get(key).unwrap_or_else(|| panic!("no record {key}"));
    path.rsplit('/').next().unwrap().to_owned()
}

/// Uploads what `with` names as `document`; null where it names none.
fn document(story: &Story, by: &str, category: &str, with: &Value) -> Value {
    with["document"].as_str().map_or(Value::Null, |name| json!(story.file(by, category, name)))
}

fn request_adjustment(story: &mut Story, by: &str, with: &Value) -> Answer {
    let mut body = with.clone();
    let members = body.as_object_mut().unwrap();
    let key = members.remove("key");
    if let Some(cost) = members.remove("cost") {
        members.insert("cost_amount".to_owned(), cost);
    }
    let answer = story.by(by).post(&story.under("adjustments"), body);
    if let (true, Some(Value::String(key))) = (answer.is_success(), key) {
        story.records.insert(key, answer.location());
    }
    answer
}

/// `snag_N` is the N-th request that failed inspections have made in the story.
fn inspect(story: &mut Story, by: &str, with: &Value) -> Answer {
    let answer = story.by(by).post(&story.under("inspections"), with.clone());
    for id in answer.body["adjustment_ids"].as_array().into_iter().flatten() {
        let made = story.records.keys().filter(|key| key.starts_with("snag_")).count();
        story.records.insert(format!("snag_{}", made + 1), format!("/v1/adjustments/{}", id.as_str().unwrap()));
    }
    answer
}

fn offer_transfer(story: &mut Story, by: &str, with: &Value) -> Answer {
    let categories = with["documents"].as_array().cloned().unwrap_or_default();
    let offered = categories.iter().filter_map(Value::as_str).map(|category| {
        let id = story.file(by, category, &format!("{category}.pdf"));
        json!({ "category": category, "document_id": id })
    });
    let documents: Vec<Value> = offered.collect();
    story.by(by).post(&story.under("transfers"), json!({ "documents": documents }))
}

/// The transfer that is on offer, else the newest one.
#[track_caller]
fn current_transfer(story: &Story) -> String {
    let offered = story.newest("transfers", |row| row["state"] == "offered");
    offered.or_else(|| story.newest("transfers", |_| true)).unwrap_or_else(|| format!("/v1/transfers/{NOTHING}"))
}

pub fn figure(story: &mut Story, name: &str, _expected: &Value) -> Option<Value> {
    let adjustments = |story: &Story| story.list(&story.under("adjustments"));
    Some(match name {
        "adjustments" => {
            let all = adjustments(story);
            let refused_once = all.iter().filter(|a| a["refusals"].as_i64().unwrap() > 0).count();
            let billable: i64 =
                all.iter().filter(|a| a["billable"] == true).map(|a| a["cost_amount"].as_i64().unwrap()).sum();
            json!({ "total": all.len(), "refused_once": refused_once, "billable": billable })
        }
        "open_adjustments" => json!(adjustments(story).iter().filter(|a| a["state"] != "confirmed").count()),
        "transfer_returns" => {
            json!(story.list(&story.under("transfers")).iter().filter(|t| t["state"] == "returned").count())
        }
        _ => return None,
    })
}
