//! What is wrong is told in the same order by every operation: the body, then 404, then 428 and 412, before anything that the records say.

use super::exceptions;
use super::world::{Tried, World};
use crate::harness::{Answer, Caller, Service};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const GHOST: &str = "0190a1b2-0000-7000-8000-00000000dead";

fn asks_if_match(tried: &Tried) -> bool {
    tried.parameters("header").any(|parameter| parameter["name"] == "If-Match")
}

fn send(tried: &Tried, caller: &Caller, url: &str, etag: Option<&str>, body: Option<&Value>) -> Answer {
    let key = uuid::Uuid::new_v4().to_string();
    let mut headers = vec![("idempotency-key", key.as_str())];
    headers.extend(etag.map(|etag| ("if-match", etag)));
    caller.send(&tried.method.to_uppercase(), url, &headers, body)
}

/// The same path, of things that are not there; none where the path names no record.
fn of_ghosts(path: &str) -> Option<String> {
    let ghost = |part: &str| match part {
        "{action}" => "accept".to_owned(),
        part if part.starts_with('{') => GHOST.to_owned(),
        part => part.to_owned(),
    };
    let named = path.contains('{') && !exceptions::of("a record can be absent").iter().any(|name| path.contains(name));
    named.then(|| path.split('/').map(ghost).collect::<Vec<_>>().join("/"))
}

#[test]
fn every_operation_tells_what_is_wrong_in_the_same_order() {
    let service = Service::start();
    let mut world = World::of(&service);
    world.stand_projects();
    let (mut wrong, mut bodies, mut absent, mut seen) = (Vec::new(), 0, 0, BTreeSet::new());
    let left_out = exceptions::of("the order of refusals is looked at");
    let nonsense = json!({"nonsense": 1});
    for tried in world.operations(&BTreeSet::new()) {
        if tried.method == "get" || !tried.path.starts_with("/v1/") {
            continue;
        }
        let Some(caller) = world.able(&tried.operation).into_iter().next() else { continue };
        let content = tried.operation["requestBody"]["content"].as_object();
        let example = content.into_iter().flatten().map(|(_, media)| &media["example"]).find(|body| body.is_object());
        let multipart = content.is_some_and(|all| all.keys().any(|kind| left_out.contains(kind.as_str())));
        let mut expect = |what: &str, answer: &Answer, status: u16, codes: &[&str]| {
            if answer.status != status || !codes.contains(&answer.code()) {
                wrong.push(format!("{} {what}: {} {}", tried.id(), answer.status, answer.text()));
            }
        };
        if let Some(ghosts) = of_ghosts(&tried.path) {
            if example.is_some() {
                expect("body before 404", &send(&tried, &caller, &ghosts, None, Some(&nonsense)), 422, &["validation"]);
                bodies += 1;
            }
            if !multipart {
                expect("404 before 428", &send(&tried, &caller, &ghosts, None, example), 404, &["not_found"]);
                absent += 1;
            }
        }
        if multipart || !asks_if_match(&tried) {
            continue;
        }
        // An act is about the resource before it, a change about the resource itself.
        let resource = |url: &str| match tried.method {
            "post" => url.rsplit_once('/').map_or(String::new(), |(head, _)| head.to_owned()),
            _ => url.to_owned(),
        };
        let stands = tried.urls(&world).into_iter().find(|url| caller.etag(&resource(url)).len() > 2);
        let Some(url) = stands else { continue };
        expect("428", &send(&tried, &caller, &url, None, example), 428, &["precondition_required"]);
        let stale = send(&tried, &caller, &url, Some("\"987654\""), example);
        expect("412", &stale, 412, &["precondition_failed"]);
        let etag = caller.etag(&resource(&url));
        let current = stale.body["current"]["version"].as_i64();
        if stale.status == 412 && current != etag.trim_matches('"').parse().ok() {
            wrong.push(format!("{} 412 without the version {etag}: {}", tried.id(), stale.text()));
        }
        seen.insert(tried.id().to_owned());
    }
    println!("{bodies} bodies, {absent} absent records, {} versions", seen.len());
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(bodies > 100 && absent > 150 && seen.len() > 60, "{bodies} {absent} {}", seen.len());
}
