//! Every list takes what it documents and nothing else.

use crate::harness::{Caller, PASSWORD, Service};
use fitout::api;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The query parameters of every list whose path a test can fill in.
fn lists(service: &Service) -> Vec<(String, Vec<(String, Value)>)> {
    let project = service.project_at("settlement");
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let document = serde_json::to_value(api::document(&api::routes(false))).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let query: Vec<(String, Value)> = parameters
            .iter()
            .filter(|p| p["in"] == "query")
            .map(|p| (p["name"].as_str().unwrap().to_owned(), p["schema"].clone()))
            .collect();
        let path = path.replace("{project}", &project).replace("{client}", &client);
        if query.iter().any(|(name, _)| name == "cursor") && !path.contains('{') {
            found.push((path, query));
        }
    }
    assert!(found.len() > 80, "{}", found.len());
    found
}

/// What to ask a parameter for: each of its values, or each that its pattern names.
fn values(schema: &Value) -> Vec<String> {
    let listed = |v: &Value| v.as_array().map(|all| all.iter().map(|v| v.as_str().unwrap().to_owned()).collect());
    let named = |pattern: &str| pattern.split(['(', ')']).nth(1).unwrap().split('|').map(str::to_owned).collect();
    listed(&schema["enum"]).or_else(|| schema["pattern"].as_str().map(named)).unwrap_or_default()
}

#[test]
fn every_list_takes_what_it_documents_and_nothing_else() {
    let service = Service::start();
    let reader = service.by("auditor");
    for (path, query) in lists(&service) {
        let ask = |query: &str| reader.get(&format!("{path}?{query}"));
        for name in ["sort", "include", "expand"] {
            let Some((_, schema)) = query.iter().find(|(n, _)| n == name) else {
                ask(&format!("{name}=total")).refused(400, "unknown_parameter");
                continue;
            };
            let values = values(schema);
            assert!(!values.is_empty(), "{path}: {name} says nothing of its values");
            for value in values {
                let body = ask(&format!("{name}={value}")).expect(200).body;
                assert!(name != "include" || body["total"].is_i64(), "{path}: {body}");
            }
            ask(&format!("{name}=nonsense")).refused(400, "bad_request");
        }
        for wrong in ["limit=0", "limit=201", "limit=x", "cursor=", "cursor=WzFd", "limit=1&limit=2"] {
            assert_eq!(ask(wrong).refused(400, "bad_request").pointers().len(), 1, "{path}?{wrong}");
        }
    }
}

#[test]
fn a_cursor_belongs_to_its_list_its_filters_and_its_order() {
    let service = Service::start();
    let project = service.inquiry("a_specialist_1");
    let owner = service.by("a_specialist_1");
    let list = format!("/v1/projects/{project}/interactions");
    for n in 0..3 {
        owner.post(&list, serde_json::json!({"kind": "call", "summary": format!("Call {n}")})).expect(201);
    }
    let next = |caller: &Caller, path: &str| caller.get(path).expect(200).body["next"].as_str().unwrap().to_owned();
    let cursor = next(&owner, &format!("{list}?limit=2"));
    let second = owner.get(&format!("{list}?limit=50&include=total&cursor={cursor}")).expect(200).body;
    assert_eq!((second["data"].as_array().unwrap().len(), &second["total"]), (1, &serde_json::json!(3)));
    for elsewhere in [
        format!("{list}?sort=-created_at&cursor={cursor}"),
        format!("{list}?include_voided=true&cursor={cursor}"),
        format!("/v1/interactions?cursor={cursor}"),
        format!("/v1/projects/{project}/memos?cursor={cursor}"),
    ] {
        assert_eq!(owner.get(&elsewhere).refused(400, "bad_request").pointers(), ["?cursor"], "{elsewhere}");
    }
}

/// Every list, row by row, is what it is in one page, in each of its orders: rows with equal keys are neither left out nor told twice.
#[test]
fn every_list_is_the_same_row_by_row() {
    let service = Service::start();
    let body = json!({"password": PASSWORD});
    service.by("admin").send("POST", "/v1/sandbox/reset", &[], Some(&body)).expect(200);
    let stand = json!({"stage": "archived"});
    service.fresh("admin").send("POST", "/v1/sandbox/projects", &[], Some(&stand)).expect(201);
    let (reader, mut long) = (service.by("auditor"), 0);
    for (path, query) in lists(&service) {
        let sorts = query.iter().find(|(name, _)| name == "sort").map(|(_, schema)| values(schema)).unwrap_or_default();
        let orders = sorts.iter().map(|sort| format!("&sort={sort}")).chain([String::new()]);
        for order in orders {
            let whole = reader.get(&format!("{path}?limit=200{order}")).expect(200).body;
            let rows = whole["data"].as_array().unwrap();
            if rows.len() < 2 || rows.len() > 60 || !whole["next"].is_null() {
                continue;
            }
            let (mut met, mut next) = (Vec::new(), Some(String::new()));
            while let Some(cursor) = next {
                let page = reader.get(&format!("{path}?limit=1{order}{cursor}")).expect(200).body;
                met.extend(page["data"].as_array().unwrap().iter().cloned());
                next = page["next"].as_str().map(|cursor| format!("&cursor={cursor}"));
            }
            assert_eq!(&met, rows, "{path}{order}");
            long += 1;
        }
    }
    assert!(long > 60, "{long} lists had more than one row");
}

/// Whoever walks all pages meets every lasting row exactly once, however many come and go meanwhile, in either order.
#[test]
fn a_walk_over_all_pages_meets_every_lasting_row_once() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.inquiry("a_specialist_1");
    let client = |name: &str| json!({"name": name, "kind": "developer"});
    let call = |name: &str| json!({"kind": "call", "summary": name});
    for sort in ["created_at", "-created_at"] {
        walk(&owner, ("/v1/clients", "/v1/clients"), sort, client);
        walk(&owner, (&format!("/v1/projects/{project}/interactions"), "/v1/interactions"), sort, call);
    }
    let page = owner.get("/v1/clients").expect(200);
    let rows = page.body["data"].as_array().unwrap();
    assert_eq!(rows.len(), 50, "where no limit is asked for");
    for row in rows {
        let id: uuid::Uuid = row["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(id.get_version_num(), 7, "{id}");
        assert!(row["created_at"].as_str().unwrap().ends_with('Z'), "{row}");
    }
    let row = format!("/v1/clients/{}", rows[0]["id"].as_str().unwrap());
    let seen = owner.etag(&row);
    owner.send("GET", &row, &[("if-none-match", &seen)], None).expect(200);
}

/// Walks a list, whose records are found below another path, while records come and go.
fn walk(owner: &Caller, (list, records): (&str, &str), sort: &str, body: fn(&str) -> Value) {
    let make = |name: &str| owner.post(list, body(name)).expect(201).location();
    // Among each other: what goes moves those after it one place ahead, in either order.
    let (mut lasting, mut doomed) = (BTreeSet::new(), Vec::new());
    for n in 0..24 {
        lasting.insert(make(&format!("Lasting {n}")));
        doomed.extend((n % 3 == 0).then(|| make(&format!("Doomed {n}"))));
    }
    // The first of them in this order go first: those are behind the walk already.
    if sort == "created_at" {
        doomed.reverse();
    }
    let mut met: Vec<String> = Vec::new();
    let mut next = Some(format!("{list}?limit=4&sort={sort}"));
    while let Some(page) = next {
        let page = owner.get(&page).expect(200).body;
        let rows = page["data"].as_array().unwrap().iter();
        met.extend(rows.map(|row| format!("{records}/{}", row["id"].as_str().unwrap())));
        next = page["next"].as_str().map(|cursor| format!("{list}?limit=4&sort={sort}&cursor={cursor}"));
        make("Newcomer");
        make("Another newcomer");
        if let Some(gone) = doomed.pop() {
            owner.act(&gone, "void", json!({"reason": "Typed twice"})).expect(200);
        }
    }
    let once = |row: &&String| met.iter().filter(|other| other == row).count() == 1;
    assert_eq!(lasting.iter().filter(once).count(), lasting.len(), "{list} {sort}");
}
