//! Tenders, commissions, bid securities, schemes, quotations.

use crate::cases::story::{NOTHING, Story};
use crate::harness::Answer;
use serde_json::{Value, json};

pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let caller = story.by(by);
    Some(match word {
        "direct_commission" => caller.post(&story.under("commissions"), with.clone()),
        "register_tender" => caller.post(&story.under("tenders"), renamed(with, &[("security", "security_amount")])),
        "correct_tender" => caller.act(&tender(story), "correct", renamed(with, &[("security", "security_amount")])),
        "submit_bid" => caller.act(&tender(story), "submit-bid", with.clone()),
        "record_opening" => caller.act(&tender(story), "opening", with.clone()),
        "bid_result" => caller.act(&tender(story), "result", with.clone()),
        "pay_bid_security" => {
            caller.post(&story.under("securities"), json!({"purpose": "bid", "form": "cash", "amount": with["amount"]}))
        }
        "bid_security_returned" => return_security(story, by, with),
        "submit_scheme" => caller.post(&story.under("schemes"), renamed(with, &[("version", "revision")])),
        "comment_scheme" => caller.act(&scheme(story, with), "comment", json!({"comment": with["comment"]})),
        "confirm_scheme" => caller.act(&scheme(story, with), "confirm", json!({})),
        "issue_quotation" => caller.post(&story.under("quotations"), quotation(with)),
        "accept_quotation" => {
            let version = with["version"].clone();
            let path = story.newest("quotations", |row| row["revision"] == version);
            caller.act(&path.unwrap_or_else(|| format!("/v1/quotations/{NOTHING}")), "accept", json!({}))
        }
        _ => return None,
    })
}

fn renamed(with: &Value, names: &[(&str, &str)]) -> Value {
    let mut body = with.clone();
    for (said, ours) in names {
        if let Some(value) = body.as_object_mut().and_then(|b| b.remove(*said)) {
            body[*ours] = value;
        }
    }
    body
}

fn quotation(with: &Value) -> Value {
    let mut body = renamed(with, &[("version", "revision"), ("discount", "discount_amount")]);
    for line in body["lines"].as_array_mut().into_iter().flatten() {
        *line = renamed(line, &[("unit_price", "unit_price_amount")]);
    }
    body
}

fn tender(story: &Story) -> String {
    story.newest("tenders", |_| true).unwrap_or_else(|| format!("/v1/tenders/{NOTHING}"))
}

/// The newest bid security that is out; else the newest.
fn bid_security(story: &Story) -> String {
    let out = story.newest("securities", |row| row["purpose"] == "bid" && row["outstanding_amount"] != 0);
    let any = || story.newest("securities", |row| row["purpose"] == "bid");
    out.or_else(any).unwrap_or_else(|| format!("/v1/securities/{NOTHING}"))
}

/// Paid in parts, it comes back in parts: from each that is still out until the amount is reached. What cannot be is asked for in one.
fn return_security(story: &Story, by: &str, with: &Value) -> Answer {
    let mut left = with["amount"].as_i64().unwrap();
    let open = |row: &Value| row["outstanding_amount"].as_i64().unwrap_or_default();
    let out: Vec<Value> = story
        .list(&story.under("securities"))
        .into_iter()
        .filter(|row| row["purpose"] == "bid" && open(row) > 0)
        .collect();
    if by != "finance" || out.len() < 2 || left <= 0 || left > out.iter().map(open).sum() {
        return story.by(by).act(&bid_security(story), "return", with.clone());
    }
    let mut last = None;
    for row in &out {
        let part = left.min(open(row));
        if part > 0 {
            let path = format!("/v1/securities/{}", row["id"].as_str().unwrap());
            last = Some(story.by(by).act(&path, "return", json!({ "amount": part })).expect(200));
        }
        left -= part;
    }
    last.unwrap()
}

fn scheme(story: &Story, with: &Value) -> String {
    let path = story.newest("schemes", |row| row["kind"] == "scheme" && row["revision"] == with["version"]);
    path.unwrap_or_else(|| format!("/v1/schemes/{NOTHING}"))
}

pub fn figure(story: &mut Story, name: &str, _expected: &Value) -> Option<Value> {
    let latest = |field: &str| {
        let rows = story.list(&story.under("quotations"));
        rows.iter().max_by_key(|row| row["revision"].as_i64()).map_or(Value::Null, |row| row[field].clone())
    };
    Some(match name {
        "quotation_net" => latest("net_amount"),
        "quotation_tax" => latest("tax_amount"),
        "quotation_total" => latest("total_amount"),
        "valid_scheme_version" => {
            let rows = story.list(&story.under("schemes"));
            rows.iter()
                .find(|row| row["kind"] == "scheme" && row["state"] == "valid")
                .map_or(Value::Null, |row| row["revision"].clone())
        }
        _ => return None,
    })
}
