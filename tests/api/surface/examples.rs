//! Every example of the document is sent as it stands, to a company in which there is something of every kind, and answers as documented.

use crate::harness::{Answer, Caller, PASSWORD, Service};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Who tries, in this order: the first whose role may.
const PEOPLE: [&str; 10] = [
    "manager",
    "a_specialist_1",
    "c_specialist_1",
    "c_leader",
    "finance",
    "design",
    "admin",
    "auditor",
    "a_leader",
    "c_assistant",
];

/// What ends the test or never ends by itself.
const NOT_SENT: [&str; 7] =
    ["login", "logout", "change_password", "refresh", "reset_sandbox", "force_failure", "stream_events"];

struct World {
    people: BTreeMap<&'static str, (Caller, String)>,
    ids: BTreeMap<String, String>,
}

fn signed_in(service: &Service, username: &'static str) -> (Caller, String) {
    let body = json!({"username": username, "password": PASSWORD});
    let mut caller = service.nobody();
    let session = caller.send("POST", "/v1/auth/login", &[], Some(&body)).expect(200).body;
    caller.token = session["access_token"].as_str().map(str::to_owned);
    let role = caller.get("/v1/me").expect(200).body["role"].as_str().unwrap().to_owned();
    (caller, role)
}

impl World {
    fn of(service: &Service) -> Self {
        let body = json!({"password": PASSWORD});
        service.by("admin").send("POST", "/v1/sandbox/reset", &[], Some(&body)).expect(200);
        let people = PEOPLE.map(|name| (name, signed_in(service, name)));
        Self { people: BTreeMap::from(people), ids: BTreeMap::new() }
    }

    /// The first of them whose role has the operation's permission, as its description tells.
    fn able(&self, operation: &Value) -> Option<&Caller> {
        let described = operation["description"].as_str().unwrap();
        let roles = described.split_once("which these roles have: ").map(|(_, roles)| roles.trim_end_matches('.'));
        let may = |role: &str| roles.is_none_or(|roles| roles.split(", ").any(|one| one == role));
        PEOPLE.iter().map(|name| &self.people[name]).find(|(_, role)| may(role)).map(|(caller, _)| caller)
    }

    /// Something that a path's parameter can stand for: the last of its list, else the document's own example.
    fn id(&mut self, name: &str, document: &Value, parameter: &Value) -> String {
        if let Some(known) = self.ids.get(name) {
            return known.clone();
        }
        let paths = document["paths"].as_object().unwrap();
        let of_one =
            paths.keys().find(|path| path.ends_with(&format!("/{{{name}}}")) && path.matches('{').count() == 1);
        let list = of_one.map(|path| path.trim_end_matches(&format!("/{{{name}}}")).to_owned());
        let found = list.filter(|list| paths.contains_key(list) && paths[list].get("get").is_some()).and_then(|list| {
            let reader = self.able(&paths[&list]["get"])?;
            let rows = reader.get(&list).expect(200).body;
            let rows = rows["data"].as_array()?.clone();
            let row =
                if name == "user" { rows.iter().find(|row| row["username"] == "b_specialist_1") } else { rows.last() };
            row?["id"].as_str().map(str::to_owned)
        });
        let id = found.unwrap_or_else(|| {
            let own = [&parameter["example"], &parameter["schema"]["example"], &parameter["schema"]["enum"][0]];
            let own = own.into_iter().find(|value| !value.is_null());
            own.map_or_else(
                || "018f9a1e-7c2b-7d5e-8f10-2a3b4c5d6e7f".to_owned(),
                |v| v.as_str().map_or_else(|| v.to_string(), str::to_owned),
            )
        });
        self.ids.insert(name.to_owned(), id.clone());
        id
    }
}

fn send(
    world: &mut World,
    document: &Value,
    (method, path): (&str, &str),
    operation: &Value,
    query: &str,
) -> Option<Answer> {
    let mut url = path.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "path") {
        let name = parameter["name"].as_str().unwrap();
        let id = world.id(name, document, parameter);
        url = url.replace(&format!("{{{name}}}"), &id);
    }
    let caller = world.able(operation)?;
    // An act is about the resource before it, a change about the resource itself.
    let resource = if method == "post" { url.rsplit_once('/').map_or("", |(head, _)| head) } else { &url };
    let etag = Some(caller.etag(resource)).filter(|etag| !etag.is_empty()).unwrap_or_else(|| "*".to_owned());
    let key = uuid::Uuid::new_v4().to_string();
    let headers = [("if-match", etag.as_str()), ("idempotency-key", key.as_str())];
    let headers = if method == "get" { &[][..] } else { &headers[..] };
    let content = operation["requestBody"]["content"].as_object();
    let body = match content {
        None => None,
        Some(content) => {
            let (_, json) = content.iter().find(|(kind, _)| kind.ends_with("json"))?;
            Some(json["example"].clone())
        }
    };
    Some(caller.send(&method.to_uppercase(), &format!("{url}{query}"), headers, body.as_ref()))
}

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

#[test]
fn every_example_answers_as_documented() {
    let service = Service::start();
    let document = serde_json::to_value(fitout::api::document(&fitout::api::routes(true))).unwrap();
    let mut world = World::of(&service);
    let (mut sent, mut taken, mut wrong) = (0, 0, Vec::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            if NOT_SENT.contains(&operation["operationId"].as_str().unwrap()) {
                continue;
            }
            // Once as it is, and once with the example of each query parameter.
            let mut queries = vec![String::new()];
            for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
                if let Some(example) = Some(&parameter["example"]).filter(|e| !e.is_null()) {
                    let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
                    let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
                    queries.push(format!("?{}={text}", parameter["name"].as_str().unwrap()));
                }
            }
            for query in queries {
                let Some(answer) = send(&mut world, &document, (method, path), operation, &query) else { continue };
                let status = answer.status;
                // The status and the body stand in the document, or this fails.
                let answer = answer.expect(status);
                sent += 1;
                taken += usize::from(answer.is_success());
                let fits = match status {
                    200..300 | 401..=404 | 409 => true,
                    422 => is_beyond_a_schema(&answer),
                    _ => false,
                };
                if !fits {
                    wrong.push(format!("{method} {path}{query}: {status} {}", answer.text()));
                }
            }
        }
    }
    let ids: BTreeSet<&str> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .filter_map(|op| op["operationId"].as_str())
        .collect();
    assert!(NOT_SENT.iter().all(|id| ids.contains(id)), "an operation that is not sent is not there");
    println!("{sent} examples sent, {taken} taken");
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent > 450 && taken * 10 > sent * 6, "{taken} of {sent} were taken");
}

/// What no parameter is called is refused with the name of the nearest that there is, before anything is looked for.
#[test]
fn a_misspelt_parameter_is_told_the_nearest_one() {
    let service = Service::start();
    let document = serde_json::to_value(fitout::api::document(&fitout::api::routes(true))).unwrap();
    let mut world = World::of(&service);
    let (mut asked, mut wrong) = (0, Vec::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            if NOT_SENT.contains(&operation["operationId"].as_str().unwrap()) {
                continue;
            }
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let own = parameters.filter(|p| p["in"] == "query").find_map(|p| p["name"].as_str());
            let query = own.map_or_else(|| "?nonsense=1".to_owned(), |name| format!("?{name}x=1"));
            let Some(answer) = send(&mut world, &document, (method, path), operation, &query) else { continue };
            asked += 1;
            let near = own.is_none_or(|name| answer.text().contains(&format!("did you mean {name}?")));
            if (answer.status, answer.code()) != (400, "unknown_parameter") || !near {
                wrong.push(format!("{method} {path}{query}: {}", answer.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 400, "{asked}");
}
