//! Every example of the document is sent as it stands, to a company in which there is something of every kind, and answers as documented.

use super::world::{Tried, World};
use crate::harness::{Answer, Service};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What ends the test or never ends by itself.
const NOT_SENT: [&str; 7] =
    ["login", "logout", "change_password", "refresh", "reset_sandbox", "force_failure", "stream_events"];
/// Times that all are tried: what one makes serves another.
const ROUNDS: usize = 4;
/// What no company of ours takes as it stands, with what stands in the way.
const REFUSED: &[(&str, &str)] = &[];

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
        if let (Some(value), Some(id)) = (body.pointer_mut(pointer), known.first()) {
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
    for _ in 0..ROUNDS {
        world.stand_projects();
        let mut refused = Vec::new();
        for (tried, query) in left {
            let mut answers = Vec::new();
            let taken = is_taken(&mut world, &tried, &query, &mut answers);
            sent += answers.len();
            for answer in answers.iter().filter(|answer| !fits(answer)) {
                wrong.insert(format!("{} {}{query}: {} {}", tried.method, tried.path, answer.status, answer.text()));
            }
            if !taken {
                last.insert(tried.id().to_owned(), answers.last().map(|answer| answer.text().to_string()));
                refused.push((tried, query));
            }
        }
        left = refused;
    }
    println!("{all} examples, {} taken, {sent} requests", all - left.len());
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.iter().cloned().collect::<Vec<_>>().join("\n"));
    let left: BTreeSet<&str> = left.iter().map(|(tried, _)| tried.id()).collect();
    let known: BTreeSet<&str> = REFUSED.iter().map(|(id, _)| *id).collect();
    let news: Vec<_> = left.difference(&known).map(|id| (id, &last[*id])).collect();
    assert!(news.is_empty(), "{} examples are taken by nothing:\n{news:#?}", news.len());
    assert_eq!(known.difference(&left).collect::<Vec<_>>(), Vec::<&&str>::new(), "they are taken");
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
