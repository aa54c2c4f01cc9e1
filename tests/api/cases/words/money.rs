//! Payments, collection, disputes, write-offs, invoices, and the figures of money.

use crate::cases::story::{NOTHING, Story};
use crate::harness::Answer;
use serde_json::{Map, Value, json};

pub fn play(story: &mut Story, by: &str, word: &str, with: &Value) -> Option<Answer> {
    let caller = story.by(by);
    let client = format!("/v1/clients/{}", story.client);
    Some(match word {
        "record_payment" => {
            let mut body = with.clone();
            for named in body.get_mut("to").and_then(Value::as_array_mut).into_iter().flatten() {
                let receivable = receivable(story, &named["kind"]);
                *named = json!({ "receivable_id": receivable, "amount": named["amount"] });
            }
            caller.post(&format!("{client}/payments"), body)
        }
        "confirm_payment" => caller.act(&payment(story, with), "confirm", json!({})),
        "reverse_payment" => caller.act(&payment(story, with), "reverse", json!({ "reason": with["reason"] })),
        "allocate_unapplied" => caller.post(
            &format!("{client}/allocations"),
            json!({ "receivable_id": receivable(story, &with["to"]), "amount": with["amount"] }),
        ),
        "refund_unapplied" => caller.post(&format!("{client}/refunds"), with.clone()),
        "collect" => caller.post(&on_receivable(story, with, "collection-entries"), without_kind(with)),
        "dispute" => caller.post(&on_receivable(story, with, "disputes"), without_kind(with)),
        "end_dispute" => caller.act(&newest_of(story, "disputes", with, "open"), "end", without_kind(with)),
        "propose_write_off" => caller.post(&on_receivable(story, with, "write-offs"), without_kind(with)),
        "approve_write_off" => {
            caller.act(&newest_of(story, "write-offs", with, "proposed"), "approve", without_kind(with))
        }
        "request_invoice" => caller.post(&story.under("invoices"), with.clone()),
        "issue_invoice" => {
            let asked = story.newest("invoices", |i| i["state"] == "requested" && i["amount"] == with["amount"]);
            let any = || {
                story.newest("invoices", |i| i["state"] == "requested").or_else(|| story.newest("invoices", |_| true))
            };
            caller.act(&asked.or_else(any).unwrap_or(format!("/v1/invoices/{NOTHING}")), "issue", with.clone())
        }
        _ => return None,
    })
}

fn receivable(story: &Story, kind: &Value) -> String {
    let rows = story.list(&story.under("receivables"));
    rows.iter().find(|r| r["kind"] == *kind).map_or(NOTHING.to_owned(), |r| r["id"].as_str().unwrap().to_owned())
}

fn on_receivable(story: &Story, with: &Value, rest: &str) -> String {
    format!("/v1/receivables/{}/{rest}", receivable(story, &with["kind"]))
}

fn payment(story: &Story, with: &Value) -> String {
    let rows = story.list(&format!("/v1/clients/{}/payments", story.client));
    let found =
        rows.iter().rev().find(|p| p["reference"] == with["reference"]).map_or(NOTHING, |p| p["id"].as_str().unwrap());
    format!("/v1/payments/{found}")
}

/// The newest on that receivable in that state, else the newest on it.
fn newest_of(story: &Story, plural: &str, with: &Value, state: &str) -> String {
    let receivable = receivable(story, &with["kind"]);
    let standing = story.newest(plural, |r| r["receivable_id"] == *receivable && r["state"] == state);
    standing
        .or_else(|| story.newest(plural, |r| r["receivable_id"] == *receivable))
        .unwrap_or(format!("/v1/{plural}/{NOTHING}"))
}

fn without_kind(with: &Value) -> Value {
    let mut body = with.clone();
    body.as_object_mut().unwrap().remove("kind");
    body
}

pub fn figure(story: &mut Story, name: &str, expected: &Value) -> Option<Value> {
    let summary = || story.by("manager").get(&story.under("overview")).expect(200).body;
    Some(match name {
        "receivables" => receivables(story),
        "ageing" => ageing(story, expected),
        "contract_value" => summary()["contract_value_amount"].clone(),
        "receivables_total" => summary()["receivables_total_amount"].clone(),
        "outstanding" => summary()["outstanding_amount"].clone(),
        "unapplied" => summary()["unapplied_amount"].clone(),
        "final_account" => summary()["final_account_amount"].clone(),
        "broken_promises" => summary()["broken_promises"].clone(),
        "open_adjustments" => summary()["open_adjustments"].clone(),
        "open_instructions" => summary()["open_instructions"].clone(),
        "transfer_returns" => summary()["transfer_returns"].clone(),
        "valid_scheme_version" => summary()["valid_scheme_revision"].clone(),
        "quotation_net" => summary()["quotation"]["net_amount"].clone(),
        "quotation_tax" => summary()["quotation"]["tax_amount"].clone(),
        "quotation_total" => summary()["quotation"]["total_amount"].clone(),
        "adjustments" => {
            let all = summary()["adjustments"].clone();
            json!({ "total": all["total"], "refused_once": all["refused_once"], "billable": all["billable_amount"] })
        }
        _ => return None,
    })
}

fn receivables(story: &Story) -> Value {
    let rows = story.list(&story.under("receivables"));
    let shown = |r: &Value| json!({ "kind": r["kind"], "amount": r["amount"], "paid": r["paid_amount"], "due_on": r["due_on"], "status": r["status"], "disputed": r["disputed"] });
    rows.iter().map(shown).collect()
}

fn ageing(story: &Story, expected: &Value) -> Value {
    let on = expected["as_of"].as_str().map_or(String::new(), |day| format!("?on={day}"));
    let body = story.by("manager").get(&format!("/v1/clients/{}/ageing{on}", story.client)).expect(200).body;
    let mut figures: Map<String, Value> = ["not_due", "1-30", "31-60", "61-90", "91-180", "181-365", "over_365"]
        .iter()
        .map(|band| ((*band).to_owned(), json!(0)))
        .collect();
    figures.insert("as_of".to_owned(), body["as_of"].clone());
    for band in body["currencies"][0]["bands"].as_array().into_iter().flatten() {
        figures.insert(band["band"].as_str().unwrap().to_owned(), band["amount"].clone());
    }
    Value::Object(figures)
}
