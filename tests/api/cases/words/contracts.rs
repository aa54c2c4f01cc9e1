//! Contracts, amendments, final accounts.

use crate::cases::story::Story;
use crate::harness::Answer;
use serde_json::{Value, json};

pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let caller = story.by(by);
    Some(match word {
        "draft_contract" => caller.post(&story.under("contracts"), with.clone()),
        "submit_contract" => caller.act(&open_paper(story), "submit", with.clone()),
        "review_contract" => caller.act(&open_paper(story), "review", with.clone()),
        "sign_contract" => sign(story, by, with),
        "amend_contract" => caller.post(&format!("{}/amendments", contract(story)), with.clone()),
        "draft_final_account" => caller.post(&story.under("final-accounts"), with.clone()),
        "confirm_final_account" => confirm(story, by, with),
        _ => return None,
    })
}

const NOWHERE: &str = "/v1/contracts/0190a1b2-0000-7000-8000-00000000dead";

fn contract(story: &Story) -> String {
    story.newest("contracts", |_| true).unwrap_or_else(|| NOWHERE.to_owned())
}

/// The open amendment, or the contract where none is open.
fn open_paper(story: &Story) -> String {
    story.newest("amendments", |a| a["state"] != "signed").unwrap_or_else(|| contract(story))
}

fn sign(story: &Story, by: &str, with: &Value) -> Answer {
    let amendment = with["amendment"] == true;
    let paper = if amendment {
        story.newest("amendments", |_| true).unwrap_or_else(|| NOWHERE.to_owned())
    } else {
        contract(story)
    };
    let seal = |party: &str| json!({ "party": party, "seal": "contract", "copies": 4, "sealed_by": "Office" });
    let mut body = json!({ "signed_on": with["signed_on"], "document_id": story.file(by, "contract_scan", "contract.pdf"), "seals": [seal("us"), seal("client")] });
    if !amendment && with["planned_site_access_on"].is_string() {
        body["planned_site_access_on"] = with["planned_site_access_on"].clone();
    }
    story.by(by).act(&paper, "sign", body)
}

fn confirm(story: &Story, by: &str, with: &Value) -> Answer {
    let account =
        story.newest("final-accounts", |_| true).unwrap_or_else(|| NOWHERE.replace("contracts", "final-accounts"));
    let mut body = with.clone();
    let name = body.as_object_mut().unwrap().remove("document");
    let name = name.as_ref().and_then(Value::as_str).unwrap_or("final-account.pdf");
    body["document_id"] = json!(story.file(by, "final_account", name));
    story.by(by).act(&account, "confirm", body)
}

pub fn figure(story: &mut Story, name: &str, _expected: &Value) -> Option<Value> {
    Some(match name {
        "contract_value" => {
            let contracts = story.list(&story.under("contracts"));
            json!(contracts.iter().filter_map(|c| c["value"]["current_amount"].as_i64()).sum::<i64>())
        }
        "final_account" => {
            let accounts = story.list(&story.under("final-accounts"));
            accounts.iter().rev().find(|a| a["state"] != "replaced").map_or(Value::Null, |a| a["amount"].clone())
        }
        _ => return None,
    })
}
