//! api.md, point by point, over all operations: which need `If-Match`, which take a key, the order of the checks, what a number stands for, what
//! `q` finds and `expand` adds. What holds of every single answer is looked at with each of them (`harness/contract.rs`).

use super::exceptions;
use crate::harness::{Caller, PASSWORD, Service};
use fitout::api;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Every operation of the production document: its method, path and description.
fn operations() -> Vec<(String, String, Value)> {
    let document = serde_json::to_value(api::document(&api::routes(false))).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, op)| (method.clone(), path.clone(), op.clone())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

fn takes(operation: &Value, name: &str) -> bool {
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|p| p["name"] == name))
}

#[test]
fn every_change_needs_if_match_but_for_these() {
    let (mut without, mut with) = (Vec::new(), 0);
    for (method, path, operation) in operations() {
        let is_act = method == "post" && operation["responses"]["200"].is_object();
        if !is_act && !["put", "patch", "delete"].contains(&method.as_str()) {
            continue;
        }
        if takes(&operation, "If-Match") {
            assert!(operation["responses"]["412"].is_object() && operation["responses"]["428"].is_object(), "{path}");
            with += 1;
        } else {
            without.push(format!("{method} {path}"));
        }
    }
    let without: BTreeSet<&str> = without.iter().map(String::as_str).collect();
    assert_eq!(without, exceptions::of("a change asks for If-Match"));
    assert!(with > 100, "{with}");
}

#[test]
fn every_post_takes_a_key_but_for_these() {
    let posts = operations().into_iter().filter(|(method, ..)| method == "post");
    let without: Vec<String> =
        posts.filter(|(_, _, op)| !takes(op, "Idempotency-Key")).map(|(_, path, _)| path).collect();
    let without: BTreeSet<&str> = without.iter().map(String::as_str).collect();
    assert_eq!(without, exceptions::of("a POST takes a key"));
}

#[test]
fn every_write_can_be_tried_but_for_these() {
    let writes = operations().into_iter().filter(|(method, ..)| method != "get");
    let without: Vec<Value> = writes.filter(|(_, _, op)| !takes(op, "dry_run")).map(|(_, _, op)| op).collect();
    let without: BTreeSet<&str> = without.iter().filter_map(|op| op["operationId"].as_str()).collect();
    assert_eq!(without, exceptions::of("a write can be tried"));
}

/// Two things are wrong each time, and the first of them is told: 401, 403 by role, the body, 404, 428, 412, the state, the party, the evidence.
#[test]
fn what_is_wrong_is_told_in_the_same_order_everywhere() {
    let service = Service::start();
    let client = json!({"name": "Nobody yet", "kind": "private"});
    let client = service.by("a_specialist_1").post("/v1/clients", client).expect(201).id();
    let project = format!("/v1/projects/{}", service.inquiry_of("a_specialist_1", &client));
    let ghost = "/v1/projects/0190a1b2-0000-7000-8000-00000000dead";
    let wrong = json!({"nonsense": 1});
    let ask = |who: &Caller, project: &str, act: &str, etag: Option<&str>, body: &Value| {
        let key = uuid::Uuid::new_v4().to_string();
        let etag = etag.map(|etag| ("if-match", etag)).into_iter();
        let headers: Vec<(&str, &str)> = etag.chain([("idempotency-key", key.as_str())]).collect();
        who.send("POST", &format!("{project}/steps/{act}"), &headers, Some(body))
    };
    let (nobody, auditor) = (service.nobody(), service.by("auditor"));
    let (manager, stranger) = (service.by("manager"), service.by("a_specialist_1"));
    let (stale, plain) = (Some("\"77\""), json!({}));
    ask(&nobody, ghost, "accept", None, &wrong).refused(401, "unauthenticated");
    ask(&auditor, ghost, "accept", None, &wrong).refused(403, "forbidden");
    ask(&manager, ghost, "accept", None, &wrong).refused(422, "validation");
    ask(&manager, ghost, "accept", None, &plain).refused(404, "not_found");
    ask(&manager, &project, "win", None, &plain).refused(428, "precondition_required");
    ask(&manager, &project, "win", stale, &plain).refused(412, "precondition_failed");
    let seen = manager.etag(&project);
    ask(&stranger, &project, "win", Some(&seen), &plain).refused(409, "state");
    ask(&stranger, &project, "accept", Some(&seen), &plain).refused(403, "not_party");
    ask(&manager, &project, "accept", Some(&seen), &plain).refused(409, "evidence");
}

/// What has a number is found under it, wherever its id is taken.
#[test]
fn a_number_stands_for_its_id() {
    let service = Service::start();
    reset(&service);
    let reader = service.by("auditor");
    let reads: Vec<String> =
        operations().into_iter().filter(|(method, ..)| method == "get").map(|(_, path, _)| path).collect();
    let mut kinds = 0;
    for path in &reads {
        let Some((list, rest)) = path.split_once("/{") else { continue };
        if !reads.iter().any(|one| one == list) || !rest.ends_with('}') || rest.contains('/') {
            continue;
        }
        let page = reader.get(list);
        let rows = page.body["data"].as_array().cloned().unwrap_or_default();
        let Some(row) = rows.iter().find(|row| row["number"].is_string() && row["id"].is_string()) else { continue };
        let found = reader.get(&format!("{list}/{}", row["number"].as_str().unwrap())).expect(200).body;
        assert_eq!(found["id"], row["id"], "{path}");
        kinds += 1;
    }
    assert!(kinds >= 8, "{kinds} kinds of record have a number");
}

/// The demo company: something of everything.
fn reset(service: &Service) {
    let body = json!({"password": PASSWORD});
    service.by("admin").send("POST", "/v1/sandbox/reset", &[], Some(&body)).expect(200);
}

/// Each list with `q` finds its one row by a character, by initials and by sound, and by nothing else, with what matches nothing beside it.
#[test]
fn a_search_finds_chinese_by_character_and_by_sound() {
    let service = Service::start();
    let (owner, admin) = (service.by("a_specialist_1"), service.by("admin"));
    let named = |name: &str| {
        let client = json!({"name": name, "kind": "developer"});
        let client = owner.post("/v1/clients", client).expect(201).id();
        let inquiry = json!({"client_id": client, "channel": "phone", "name": name, "kind": "show_flat"});
        let project = owner.post("/v1/inquiries", inquiry).expect(201).id();
        for of in [format!("/v1/clients/{client}"), format!("/v1/projects/{project}")] {
            owner
                .upload_bytes(&format!("{of}/documents"), "correspondence", &format!("{name}.pdf"), name.as_bytes())
                .expect(201);
        }
        (client, project)
    };
    let (client, project) = named("綠地重慶花園 100%");
    named("Riverside 1000");
    let person = |username: &str, name: &str| {
        let body =
            json!({"username": username, "password": "a long first password", "display_name": name, "role": "finance"});
        admin.post("/v1/users", body).expect(201);
    };
    person("zhang_3", "張三");
    person("li_4", "Li Si");
    let reader = service.by("manager");
    let count = |list: &str, q: &str| {
        let q: String = form_urlencoded::byte_serialize(q.as_bytes()).collect();
        let sign = if list.contains('?') { '&' } else { '?' };
        reader.get(&format!("{list}{sign}q={q}")).expect(200).body["data"].as_array().unwrap().len()
    };
    let of_client = format!("/v1/clients/{client}/documents");
    let of_project = format!("/v1/projects/{project}/documents");
    for (list, all) in
        [("/v1/clients", 1), ("/v1/projects", 1), ("/v1/documents", 2), (&of_client, 1), (&of_project, 1)]
    {
        for q in ["綠", "慶花", "lvdi", "ldzqhy", "ldcqhy", "chongqing", "0%"] {
            assert_eq!(count(list, q), all, "{list} q={q}");
        }
        for q in ["紅", "xyz", "100_", "%100"] {
            assert_eq!(count(list, q), 0, "{list} q={q}");
        }
    }
    for (q, found) in [("張", 1), ("zs", 1), ("zhangsan", 1), ("li_4", 1), ("王", 0)] {
        assert_eq!(count("/v1/users", q), found, "users q={q}");
    }
}

/// `expand` puts in what is asked for, and nothing else.
#[test]
fn expand_adds_what_it_names() {
    let service = Service::start();
    let project = service.project_at("bidding");
    let owner = service.by("a_specialist_1");
    let row = |query: &str| {
        let rows = owner.get(&format!("/v1/projects{query}")).expect(200).body;
        rows["data"].as_array().unwrap().iter().find(|row| row["id"] == project.as_str()).unwrap().clone()
    };
    let plain = row("");
    assert!(plain.get("client").is_none() && plain.get("owner").is_none(), "{plain}");
    let one = row("?expand=client");
    assert_eq!((one["client"]["id"].clone(), one.get("owner")), (one["client_id"].clone(), None));
    let both = row("?expand=client,owner");
    assert_eq!((&both["client"]["name"], &both["owner"]["id"]), (&json!("Riverside Properties"), &json!(owner.id)));
}

/// Settings tell what has changed since, as every record does.
#[test]
fn stale_settings_tell_what_changed() {
    let service = Service::start();
    let admin = service.by("admin");
    let patch = |etag: &str, body: Value| admin.send("PATCH", "/v1/settings", &[("if-match", etag)], Some(&body));
    let first = admin.etag("/v1/settings");
    patch(&first, json!({"time_zone": "Asia/Tokyo"})).expect(200);
    let second = admin.etag("/v1/settings");
    patch(&second, json!({"time_zone": "Asia/Seoul"})).expect(200);
    let stale = patch(&second, json!({"time_zone": "Asia/Tokyo"})).refused(412, "precondition_failed");
    assert_eq!(stale.body["current"]["changed"], json!(["time_zone", "version"]), "{}", stale.text());
}

/// A front end elsewhere reads the headers that it needs.
#[test]
fn another_origin_reads_the_headers() {
    let origin = "https://app.example.com";
    let database =
        crate::harness::TestDatabase::create(crate::harness::Backend::of_this_run(), crate::harness::Seed::Company);
    let service = Service::start_with(database, &["--cors-origins", origin]);
    let answer = service.by("manager").send("GET", "/v1/me", &[("origin", origin)], None).expect(200);
    let exposed = answer.header("access-control-expose-headers").to_lowercase();
    for name in
        ["etag", "link", "location", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id", "content-range"]
    {
        assert!(exposed.split(',').any(|one| one.trim() == name), "{name}: {exposed}");
    }
}

/// A method that a path does not have is told with those that it has, before anybody is asked who they are.
#[test]
fn a_method_that_is_not_there_names_those_that_are() {
    let service = Service::start();
    let nobody = service.nobody();
    let mut methods: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for (method, path, _) in operations() {
        methods.entry(path).or_default().push(method.to_uppercase());
    }
    for (path, there) in methods {
        let filled = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let filled = filled.collect::<Vec<_>>().join("/");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().filter(|m| !there.iter().any(|t| t == *m)) {
            let refused = nobody.send(method, &filled, &[], None).refused(405, "method_not_allowed");
            let allow: Vec<&str> = refused.header("allow").split(", ").collect();
            assert!(there.iter().all(|method| allow.contains(&method.as_str())), "{method} {path}: {allow:?}");
            assert!(!allow.contains(method), "{method} {path}: {allow:?}");
        }
    }
}

/// A body has a limit, which its operation names; beyond it nothing is read.
#[test]
fn a_body_that_is_too_long_is_refused() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let long = json!({"name": "x".repeat(2 * 1024 * 1024), "kind": "hotel"});
    owner.post("/v1/clients", long).refused(413, "payload_too_large");
}

/// The longest text that a schema allows somewhere in it, in characters.
fn longest(document: &Value, schema: &Value, within: &mut Vec<String>) -> u64 {
    if let Some(to) = schema["$ref"].as_str() {
        if within.iter().any(|name| name == to) {
            return 0;
        }
        within.push(to.to_owned());
        let longest = longest(document, document.pointer(to.trim_start_matches('#')).unwrap(), within);
        within.pop();
        return longest;
    }
    let parts = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|word| schema[word].as_array()).flatten();
    let members = schema["properties"].as_object().into_iter().flat_map(|all| all.values());
    let all = parts.chain(members).chain(schema.get("items")).map(|part| longest(document, part, within)).max();
    schema["maxLength"].as_u64().max(all).unwrap_or(0)
}

#[test]
fn a_text_that_its_schema_allows_is_not_too_long_for_a_body() {
    let document = serde_json::to_value(api::document(&api::routes(false))).unwrap();
    let service = Service::start();
    let mut long = Vec::new();
    for (method, path, operation) in operations() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let longest = longest(&document, schema, &mut Vec::new());
        // In the worst case each character is sent as two escapes of six bytes; of 256 KiB every body may be.
        if longest * 12 < 256 * 1024 {
            continue;
        }
        let text = "\\ud83d\\ude00".repeat(usize::try_from(longest).unwrap());
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "as-long-as-allowed")];
        let body = format!(r#"{{"code": "long", "title": "Long", "body": "{text}"}}"#).into_bytes();
        let answer = service.by("manager").send_bytes(&method.to_uppercase(), &path, &headers, body);
        assert_eq!(
            answer.expect(201).body["body"].as_str().unwrap().chars().count(),
            usize::try_from(longest).unwrap()
        );
        long.push(path);
    }
    assert_eq!(long, ["/v1/contract-templates"], "a test of its own asks each of these");
}
