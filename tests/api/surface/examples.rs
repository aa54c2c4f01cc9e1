//! Every example of the document is sent as it stands, to a company in which there is something of every kind, and answers as documented.

use super::world::{Tried, World};
use super::{exceptions, trials};
use crate::harness::{Answer, Service};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Times that all are tried: what one makes serves another.
const ROUNDS: usize = 3;
/// What makes another company of it: tried last, in this order.
const LAST: [&str; 3] = ["reassign_work", "update_settings", "update_user"];

/// What an example may answer, whatever is stored.
fn fits(tried: &Tried, answer: &Answer) -> bool {
    match answer.status {
        200..300 | 403 | 404 | 409 => true,
        422 => exceptions::are_beyond_a_schema(tried.method, &tried.name(), answer),
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

/// What came of trying.
#[derive(Default)]
struct Seen {
    answers: Vec<Answer>,
    /// Where a trial and what followed it differ.
    wrong: Vec<String>,
}

/// Tries until it is taken: by each who may, on everything that the path can stand for.
fn is_taken(service: &Service, world: &mut World, tried: &Tried, query: &str, seen: &mut Seen) -> bool {
    let callers = world.able(&tried.operation);
    for url in tried.urls(world) {
        for caller in &callers {
            let mut send = |body| {
                let (answer, differs) = trials::send(service, tried, (caller, &url, query), body);
                seen.wrong.extend(differs);
                answer
            };
            let mut answer = send(None);
            let example = tried.operation.pointer("/requestBody/content/application~1json/example");
            if let Some(body) = example.filter(|_| answer.status == 422).and_then(|e| with_ids(world, e, &answer)) {
                let first = std::mem::replace(&mut answer, send(Some(&body)));
                seen.answers.push(first);
            }
            world.remember(&answer);
            let (taken, another) = (answer.is_success(), [403, 404].contains(&answer.status));
            seen.answers.push(answer);
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

/// When it is tried: what ends a record after what begins one.
fn turn(tried: &Tried) -> usize {
    match LAST.iter().position(|id| *id == tried.id()) {
        Some(place) => 2 + place,
        None => usize::from(tried.id().starts_with("void_")),
    }
}

#[test]
fn every_example_answers_as_documented() {
    let service = Service::start();
    let mut world = World::of(&service);
    let mut left: Vec<(Tried, String)> = Vec::new();
    for tried in world.operations(&exceptions::of("an example is sent")) {
        left.extend(tried.queries().into_iter().map(|query| (tried.clone(), query)));
    }
    left.sort_by_key(|(tried, _)| turn(tried));
    let (all, mut sent, mut wrong) = (left.len(), 0, BTreeSet::new());
    for round in 1..=ROUNDS {
        world.stand_projects();
        let mut refused = Vec::new();
        for (tried, query) in left {
            let mut seen = Seen::default();
            let waits = round < ROUNDS && turn(&tried) > 0;
            if waits || !is_taken(&service, &mut world, &tried, &query, &mut seen) {
                refused.push((tried.clone(), query.clone()));
            }
            sent += seen.answers.len();
            wrong.extend(seen.wrong);
            if !waits && seen.answers.is_empty() {
                wrong.insert(format!("{} {}{query} was not sent", tried.method, tried.path));
            }
            for answer in seen.answers.iter().filter(|answer| !fits(&tried, answer)) {
                let said = answer.text().replace(answer.header("x-request-id"), "");
                wrong.insert(format!("{} {}{query}: {} {said}", tried.method, tried.path, answer.status));
            }
        }
        println!("round {round}: {} left", refused.len());
        left = refused;
    }
    println!("{all} examples, {} taken, {sent} requests", all - left.len());
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.iter().cloned().collect::<Vec<_>>().join("\n"));
    let left: BTreeSet<String> = left.iter().map(|(tried, query)| format!("{}{query}", tried.id())).collect();
    let listed = exceptions::of("an example is taken");
    let missing: Vec<_> = left.iter().filter(|one| !listed.contains(one.as_str())).collect();
    let taken: Vec<_> = listed.iter().filter(|one| !left.contains(**one)).collect();
    assert!(
        missing.is_empty() && taken.is_empty(),
        "refused without a reason: {missing:?}; listed, but taken: {taken:?}"
    );
    assert!(all > 480 && left.len() * 6 < all, "{} of {all} are refused", left.len());
}

/// What no parameter is called is refused with the name of the nearest that there is, before anything is looked for.
#[test]
fn a_misspelt_parameter_is_told_the_nearest_one() {
    let service = Service::start();
    let world = World::of(&service);
    let (mut asked, mut wrong) = (0, Vec::new());
    for tried in world.operations(&BTreeSet::new()) {
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
