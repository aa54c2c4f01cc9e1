//! Intake, the steps of the workflow, waivers.

use crate::cases::story::Story;
use crate::harness::Answer;
use serde_json::{Value, json};

pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let caller = story.by(by);
    Some(match word {
        "record_inquiry" => record_inquiry(story, by, with),
        "log_interaction" => caller.post(&story.under("interactions"), with.clone()),
        "qualify" => caller.post(&story.under("qualifications"), with.clone()),
        "waive" => caller.post(&story.under("waivers"), with.clone()),
        "accept"
        | "launch"
        | "win"
        | "finish_installation"
        | "request_acceptance"
        | "return_to_adjustment"
        | "settle"
        | "archive"
        | "resume"
        | "decline"
        | "withdraw"
        | "lose"
        | "close"
        | "shelve" => {
            let project = format!("/v1/projects/{}", story.project);
            caller.act(&project, &format!("steps/{word}"), with.clone())
        }
        _ => return None,
    })
}

fn record_inquiry(story: &mut Story, by: &str, with: &Value) -> Answer {
    let caller = story.by(by);
    // Who may not record an inquiry is told so before a client is recorded for it.
    let asked = caller.post("/v1/inquiries", json!({}));
    if asked.status == 403 {
        return asked;
    }
    let mut client = story.case["client"].clone();
    for contact in client["contacts"].as_array_mut().into_iter().flatten() {
        if let Some(primary) = contact.as_object_mut().and_then(|c| c.remove("primary")) {
            contact["is_primary"] = primary;
        }
    }
    let made = caller.post("/v1/clients", client);
    if !made.is_success() {
        return made;
    }
    story.client = made.id();
    let mut inquiry = story.case["project"].clone();
    if let Some(budget) = inquiry.as_object_mut().and_then(|p| p.remove("budget")) {
        inquiry["budget_amount"] = budget;
    }
    inquiry["client_id"] = json!(story.client);
    inquiry["channel"] = with["channel"].clone();
    let answer = caller.post("/v1/inquiries", inquiry);
    if answer.is_success() {
        story.project = answer.id();
    }
    answer
}

pub fn figure(story: &mut Story, name: &str, _expected: &Value) -> Option<Value> {
    let project = story.service.see(&story.project);
    Some(match name {
        "stage" => project["stage"].clone(),
        "adjustment_round" => project["adjustment_round"].clone(),
        "front_owner" => story.key_of(&project["front_owner_id"]),
        "back_owner" => story.key_of(&project["back_owner_id"]),
        "accountable" => story.key_of(&project["accountable_id"]),
        _ => return None,
    })
}
