//! Every example of the document is sent as it stands, to a company in which there is something of every kind, and answers as documented.

use super::world::{Tried, World};
use crate::harness::{Answer, Service};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What ends the test or never ends by itself.
const NOT_SENT: [&str; 7] =
    ["login", "logout", "change_password", "refresh", "reset_sandbox", "force_failure", "stream_events"];
/// Times that all are tried: what one makes serves another.
const ROUNDS: usize = 3;
/// What makes another company of it: tried last.
const LAST: [&str; 3] = ["update_settings", "update_user", "reassign_work"];
/// What this company does not take as it stands: the example is of a state that nothing is in by then, names a paper that is filed first, a day that
/// is past, or is about what nobody here made. Each is refused as documented, and taken in a test of its own.
const REFUSED: &[&str] = &[
    "get_allocation",
    "accept_quotation",
    "accept_transfer",
    "acknowledge_reassignment",
    "allocate_unapplied",
    "answer_complaint",
    "approve_complaint_measures",
    "approve_write_off",
    "assign_project",
    "audit_final_account",
    "book_write_off",
    "carry_out_complaint_measure",
    "close_complaint",
    "collect",
    "confirm_final_account",
    "confirm_payment",
    "file_termination_agreement",
    "get_calendar_day",
    "get_collection_entry",
    "get_contract",
    "get_reassignment",
    "get_receivable",
    "get_refund",
    "get_waiver",
    "issue_quotation",
    "link_document",
    "list_collection_entry_events",
    "list_reassignment_events",
    "list_refund_events",
    "list_waiver_events",
    "name_back_owner",
    "offer_transfer",
    "reassign_project",
    "reassign_work",
    "record_acceptance_certificate",
    "record_commission",
    "record_complaint_opinion",
    "record_opening",
    "record_site_access_confirmation",
    "record_tender_result",
    "refund_unapplied",
    "refuse_adjustment",
    "reopen_complaint",
    "replan_site_access",
    "return_security",
    "return_transfer",
    "reverse_payment",
    "review_complaint",
    "seal_project",
    "set_sandbox_clock",
    "set_up",
    "sign_amendment",
    "sign_contract",
    "sign_off_installation",
    "start_installation",
    "submit_bid",
    "submit_item_list",
    "update_amendment",
    "update_contract",
    "verify_complaint",
    "void_assignment_sheet",
    "void_collection_entry",
    "void_commission",
    "void_contact",
    "void_dispute",
    "void_initiation_form",
    "void_installation_sign_off",
    "void_installation_start",
    "void_interaction",
    "void_invoice",
    "void_payment",
    "void_qualification",
    "void_quotation",
    "void_seal_entry",
    "void_security",
    "void_site_access_confirmation",
    "void_transfer",
    "void_waiver",
    "void_write_off",
];

/// A value that depends on what is stored: the schema cannot say it.
fn is_beyond_a_schema(answer: &Answer) -> bool {
    let codes = [
        "unknown",
        "future",
        "past",
        "used",
        "same",
        "unexpected",
        "missing",
        "sequence",
        "range",
        "not_front_staff",
        "not_back_staff",
        "private",
        "sum",
        "not_allowed",
        "before_start",
    ];
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    !errors.is_empty() && errors.iter().all(|error| codes.contains(&error["code"].as_str().unwrap()))
}

/// What an example may answer, whatever is stored.
fn fits(answer: &Answer) -> bool {
    match answer.status {
        200..300 | 401..=404 | 409 => true,
        422 => is_beyond_a_schema(answer),
        _ => false,
    }
}

/// The example with ids of this company in place of the document's, where those are unknown here.
fn with_ids(world: &World, example: &Value, refused: &Answer) -> Option<Value> {
    let mut body = example.clone();
    let mut changed = false;
    for error in refused.body["errors"].as_array().into_iter().flatten() {
        let pointer = error["pointer"].as_str().unwrap_or_default();
        let field = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
        let known = world.candidates(field.trim_end_matches("_ids").trim_end_matches("_id"), &Value::Null);
        let value =
            body.pointer_mut(pointer).filter(|value| value.as_str().is_some_and(|id| Uuid::parse_str(id).is_ok()));
        if let (Some(value), Some(id)) = (value, known.first()) {
            *value = id.clone().into();
            changed = true;
        }
    }
    changed.then_some(body)
}

/// Tries until it is taken: by each who may, on everything that the path can stand for.
fn is_taken(world: &mut World, tried: &Tried, query: &str, answers: &mut Vec<Answer>) -> bool {
    let callers = world.able(&tried.operation);
    for url in tried.urls(world) {
        for caller in &callers {
            let mut answer = tried.send(caller, &url, query, None);
            let example = tried.operation.pointer("/requestBody/content/application~1json/example");
            if let Some(body) = example.filter(|_| answer.status == 422).and_then(|e| with_ids(world, e, &answer)) {
                answers.push(answer);
                answer = tried.send(caller, &url, query, Some(&body));
            }
            world.remember(&answer);
            let (taken, another) = (answer.is_success(), [403, 404].contains(&answer.status));
            answers.push(answer);
            if taken {
                return true;
            }
            if !another {
                break;
            }
        }
    }
    false
}

#[test]
fn every_example_answers_as_documented() {
    let service = Service::start();
    let mut world = World::of(&service);
    let mut left: Vec<(Tried, String)> = Vec::new();
    for tried in world.operations(&NOT_SENT) {
        left.extend(tried.queries().into_iter().map(|query| (tried.clone(), query)));
    }
    let (all, mut sent, mut wrong, mut last) = (left.len(), 0, BTreeSet::new(), BTreeMap::new());
    for round in 1..=ROUNDS {
        world.stand_projects();
        let mut refused = Vec::new();
        for (tried, query) in left {
            if round < ROUNDS && (LAST.contains(&tried.id()) || tried.id().starts_with("void_")) {
                refused.push((tried, query));
                continue;
            }
            let mut answers = Vec::new();
            let taken = is_taken(&mut world, &tried, &query, &mut answers);
            sent += answers.len();
            for answer in answers.iter().filter(|answer| !fits(answer)) {
                let said = answer.text().replace(answer.header("x-request-id"), "");
                wrong.insert(format!("{} {}{query}: {} {said}", tried.method, tried.path, answer.status));
            }
            if !taken {
                let told = answers.iter().rev().find(|answer| answer.status != 404).or(answers.last());
                last.insert(
                    tried.id().to_owned(),
                    told.map(|answer| answer.text().chars().take(300).collect::<String>()),
                );
                refused.push((tried, query));
            }
        }
        println!("round {round}: {} left", refused.len());
        left = refused;
    }
    println!("{all} examples, {} taken, {sent} requests", all - left.len());
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.iter().cloned().collect::<Vec<_>>().join("\n"));
    let news: Vec<_> = left.iter().filter(|(tried, _)| !REFUSED.contains(&tried.id())).collect();
    let news: Vec<_> = news.iter().map(|(tried, query)| (tried.id(), query, &last[tried.id()])).collect();
    assert!(news.is_empty(), "{} examples are taken by nothing:\n{news:#?}", news.len());
    assert!(all > 480 && left.len() <= REFUSED.len(), "{} of {all} are refused", left.len());
}

/// What no parameter is called is refused with the name of the nearest that there is, before anything is looked for.
#[test]
fn a_misspelt_parameter_is_told_the_nearest_one() {
    let service = Service::start();
    let world = World::of(&service);
    let (mut asked, mut wrong) = (0, Vec::new());
    for tried in world.operations(&NOT_SENT) {
        let own = tried.parameters("query").find_map(|parameter| parameter["name"].as_str());
        let query = own.map_or_else(|| "?nonsense=1".to_owned(), |name| format!("?{name}x=1"));
        let (urls, callers) = (tried.urls(&world), world.able(&tried.operation));
        let (Some(url), Some(caller)) = (urls.first(), callers.first()) else { continue };
        let answer = tried.send(caller, url, &query, None);
        asked += 1;
        let near = own.is_none_or(|name| answer.text().contains(&format!("did you mean {name}?")));
        if (answer.status, answer.code()) != (400, "unknown_parameter") || !near {
            wrong.push(format!("{} {}{query}: {}", tried.method, tried.path, answer.text()));
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 400, "{asked}");
}
