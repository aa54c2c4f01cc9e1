//! Assignment, reassignment, memos, instructions.

use crate::cases::story::{NOTHING, Story};
use crate::harness::Answer;
use serde_json::{Value, json};

pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let caller = story.by(by);
    let project = format!("/v1/projects/{}", story.project);
    Some(match word {
        "assign" => {
            let (group, owner) = (
                story.group(with["front_group"].as_str().unwrap()),
                story.person(with["front_owner"].as_str().unwrap()),
            );
            caller.act(&project, "assign", json!({"front_group_id": group, "front_owner_id": owner}))
        }
        "reassign" => {
            let to = story.person(with["to"].as_str().unwrap());
            caller.act(&project, "reassign", json!({"to": to, "reason": with["reason"]}))
        }
        "issue_assignment_sheet" => caller.post(&story.under("assignment-sheets"), with.clone()),
        "acknowledge_assignment_sheet" => {
            let sheet = story.newest("assignment-sheets", |_| true).unwrap_or_else(|| nowhere("assignment-sheets"));
            caller.post(&format!("{sheet}/acknowledge"), json!({}))
        }
        "send_memo" => {
            let mut memo = with.clone();
            let to = memo.as_object_mut().and_then(|m| m.remove("to")).unwrap_or_default();
            memo["to_department"] = to;
            caller.post(&story.under("memos"), memo)
        }
        "reply_memo" => {
            let own = caller.get("/v1/me").body["department"].clone();
            let open = story.newest("memos", |m| m["to_department"] == own && m["state"] == "open");
            let memo = open
                .or_else(|| story.newest("memos", |m| m["to_department"] == own))
                .or_else(|| story.newest("memos", |_| true))
                .unwrap_or_else(|| nowhere("memos"));
            caller.post(&format!("{memo}/reply"), with.clone())
        }
        "record_instruction" => {
            let mut instruction = with.clone();
            let key = instruction
                .as_object_mut()
                .and_then(|i| i.remove("key"))
                .and_then(|k| k.as_str().map(str::to_owned))
                .unwrap_or_default();
            let answer = caller.post(&story.under("instructions"), instruction);
            if answer.is_success() {
                let path = format!("/v1/instructions/{}", answer.id());
                story.records.insert(format!("instruction {key}"), path.clone());
                story.records.insert(key, path);
            }
            answer
        }
        "settle_instruction" => {
            let key = with["key"].as_str().unwrap_or_default();
            let instruction =
                story.records.get(&format!("instruction {key}")).cloned().unwrap_or_else(|| nowhere("instructions"));
            caller.act(&instruction, "settle", json!({"outcome": with["outcome"]}))
        }
        _ => return None,
    })
}

/// A record that is not there.
fn nowhere(plural: &str) -> String {
    format!("/v1/{plural}/{NOTHING}")
}

pub fn figure(story: &mut Story, name: &str, _expected: &Value) -> Option<Value> {
    Some(match name {
        "open_instructions" => json!(story.list(&story.under("instructions?state=open")).len()),
        _ => return None,
    })
}
