//! A company in which there is something of every kind, and what of it a path's parameter can stand for.

use crate::harness::{Answer, Caller, PASSWORD, Service};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Who tries, in this order.
const PEOPLE: [&str; 13] = [
    "manager",
    "a_specialist_1",
    "b_specialist_1",
    "c_specialist_1",
    "a_leader",
    "c_leader",
    "finance",
    "design",
    "procurement",
    "engineering",
    "admin",
    "auditor",
    "c_assistant",
];
/// Rows of a list that are tried, of each state or stage.
const OF_EACH_STATE: usize = 3;

pub struct World {
    pub document: Value,
    people: BTreeMap<&'static str, (Caller, String)>,
    /// What was made on the way, by the name of its parameter.
    made: BTreeMap<String, Vec<String>>,
}

/// An operation with its place.
#[derive(Clone)]
pub struct Tried {
    pub method: &'static str,
    pub path: String,
    pub operation: Value,
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
    pub fn of(service: &Service) -> Self {
        let body = json!({"password": PASSWORD});
        service.by("admin").send("POST", "/v1/sandbox/reset", &[], Some(&body)).expect(200);
        let people = BTreeMap::from(PEOPLE.map(|name| (name, signed_in(service, name))));
        let document = serde_json::to_value(fitout::api::document(&fitout::api::routes(true))).unwrap();
        Self { document, people, made: BTreeMap::new() }
    }

    /// Every operation but these.
    pub fn operations(&self, without: &BTreeSet<&str>) -> Vec<Tried> {
        let paths = self.document["paths"].as_object().unwrap();
        let mut all = Vec::new();
        for (path, item) in paths {
            for method in ["get", "post", "put", "patch", "delete"] {
                if let Some(operation) = item.get(method) {
                    all.push(Tried { method, path: path.clone(), operation: operation.clone() });
                }
            }
        }
        let ids: Vec<&str> = all.iter().map(Tried::id).collect();
        assert!(without.iter().all(|id| ids.contains(id)), "an operation that is not sent is not there");
        let left = all.iter().filter(|tried| !without.contains(&tried.id()));
        left.cloned().collect()
    }

    /// Those whose role has the operation's permission, as its description tells.
    pub fn able(&self, operation: &Value) -> Vec<Caller> {
        let described = operation["description"].as_str().unwrap();
        let roles = described.split_once("which these roles have: ").map(|(_, roles)| roles.trim_end_matches('.'));
        let may = |role: &str| roles.is_none_or(|roles| roles.split(", ").any(|one| one == role));
        let people = PEOPLE.iter().map(|name| &self.people[name]);
        people.filter(|(_, role)| may(role)).map(|(caller, _)| caller.clone()).collect()
    }

    /// What a path's parameter can stand for: what was made, some rows of its list of each state, else the document's own example.
    pub fn candidates(&self, name: &str, parameter: &Value) -> Vec<String> {
        let mut ids = self.listed(name);
        ids.extend(self.made.get(name).cloned().unwrap_or_default());
        let own = [&parameter["example"], &parameter["schema"]["example"], &parameter["schema"]["enum"][0]];
        let own = own.into_iter().find(|value| !value.is_null());
        ids.extend(own.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
        ids.dedup();
        ids
    }

    fn listed(&self, name: &str) -> Vec<String> {
        let paths = self.document["paths"].as_object().unwrap();
        let of_one = |path: &&String| path.ends_with(&format!("/{{{name}}}")) && path.matches('{').count() == 1;
        let list = paths.keys().find(of_one).map(|path| path.trim_end_matches(&format!("/{{{name}}}")).to_owned());
        let Some(list) = list.filter(|list| paths.contains_key(list) && !paths[list]["get"].is_null()) else {
            return Vec::new();
        };
        let Some(reader) = self.able(&paths[&list]["get"]).into_iter().next() else { return Vec::new() };
        let rows = reader.get(&format!("{list}?limit=200"));
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut ids = Vec::new();
        for row in rows.body["data"].as_array().into_iter().flatten().rev() {
            let of_state = seen.entry(format!("{}{}{}", row["stage"], row["state"], row["status"])).or_default();
            *of_state += 1;
            if *of_state <= OF_EACH_STATE && row["voided_at"].is_null() {
                ids.extend(row["id"].as_str().map(str::to_owned));
            }
        }
        ids
    }

    /// Remembers what an answer made: where it is says what kind of thing it is.
    pub fn remember(&mut self, answer: &Answer) {
        for (name, rows) in answer.body.as_object().into_iter().flatten().filter(|_| answer.is_success()) {
            // What is listed within another thing has no list of its own: contacts, measures.
            let ids = rows.as_array().into_iter().flatten().filter_map(|row| row["id"].as_str());
            let one = name.trim_end_matches('s').to_owned();
            self.made.entry(one).or_default().splice(0..0, ids.map(str::to_owned));
        }
        let place = answer.header("location").trim_start_matches("/v1/").to_owned();
        let Some((plural, id)) = place.split_once('/') else { return };
        let of_one = format!("/v1/{plural}/{{");
        let paths = self.document["paths"].as_object().unwrap();
        let template = paths.keys().find(|path| path.starts_with(&of_one) && path.ends_with('}'));
        let Some(name) = template.and_then(|path| path.strip_prefix(&of_one)).map(|name| name.trim_end_matches('}'))
        else {
            return;
        };
        self.made.entry(name.to_owned()).or_default().insert(0, id.to_owned());
    }

    /// Projects that stand at every stage, with all that brought them there.
    pub fn stand_projects(&mut self) {
        let admin = self.people["admin"].0.clone();
        for stage in
            ["intake", "assignment", "bidding", "installation", "adjustment", "acceptance", "settlement", "archiving"]
        {
            let made = admin.send("POST", "/v1/sandbox/projects", &[], Some(&json!({"stage": stage}))).expect(201);
            self.remember(&made);
        }
    }
}

impl Tried {
    /// The method and the path, as the exceptions name it.
    pub fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    pub fn id(&self) -> &str {
        self.operation["operationId"].as_str().unwrap()
    }

    /// Once as it is, and once with the example of each query parameter; those that must be given always are.
    pub fn queries(&self) -> Vec<String> {
        let pair = |parameter: &Value| {
            let example = Some(&parameter["example"]).filter(|example| !example.is_null())?;
            // The values of a list go by comma: `explode` is false.
            let values: Vec<&Value> = example.as_array().map_or_else(|| vec![example], |list| list.iter().collect());
            let text = |value: &&Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let text = values.iter().map(text).collect::<Vec<_>>().join(",");
            let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            Some(format!("&{}={text}", parameter["name"].as_str().unwrap()))
        };
        let (needed, other): (Vec<_>, Vec<_>) = self.parameters("query").partition(|one| one["required"] == true);
        let needed: String = needed.into_iter().filter_map(pair).collect();
        let with = |more: String| format!("{needed}{more}").replacen('&', "?", 1);
        std::iter::once(with(String::new())).chain(other.into_iter().filter_map(pair).map(with)).collect()
    }

    pub fn parameters(&self, place: &'static str) -> impl Iterator<Item = &Value> {
        let all = self.operation["parameters"].as_array().into_iter().flatten();
        all.filter(move |parameter| parameter["in"] == place)
    }

    /// The paths that this stands for in this world.
    pub fn urls(&self, world: &World) -> Vec<String> {
        let mut urls = vec![self.path.clone()];
        for parameter in self.parameters("path") {
            let name = parameter["name"].as_str().unwrap();
            let ids = world.candidates(name, parameter);
            let with = |url: &String| ids.iter().map(|id| url.replace(&format!("{{{name}}}"), id)).collect::<Vec<_>>();
            urls = urls.iter().flat_map(with).collect();
        }
        urls
    }

    /// Sends it with the document's example of a body, as it stands, or with this one.
    pub fn send(&self, caller: &Caller, url: &str, query: &str, body: Option<&Value>) -> Answer {
        // An act is about the resource before it, a change about the resource itself.
        let resource = if self.method == "post" { url.rsplit_once('/').map_or("", |(head, _)| head) } else { url };
        let asked = self.parameters("header").any(|parameter| parameter["name"] == "If-Match");
        let etag = if asked { caller.etag(resource) } else { String::new() };
        let etag = if etag.is_empty() { "*".to_owned() } else { etag };
        let key = uuid::Uuid::new_v4().to_string();
        let mut headers = vec![("if-match", etag.as_str()), ("idempotency-key", key.as_str())];
        if self.method == "get" {
            headers.clear();
        }
        let (method, url) = (self.method.to_uppercase(), format!("{url}{query}"));
        let content = self.operation["requestBody"]["content"].as_object();
        let kinds = || content.into_iter().flatten();
        if kinds().any(|(kind, _)| kind.starts_with("multipart/")) {
            let category = Some("photos").filter(|_| !url.ends_with("/revisions"));
            return caller.send_file(&url, &headers, category, ("photo.pdf", b"%PDF-1.4 an example"));
        }
        match kinds().find(|(_, media)| !media["example"].is_null()) {
            Some((_, media)) if media["example"].is_object() => {
                caller.send(&method, &url, &headers, Some(body.unwrap_or(&media["example"])))
            }
            Some((kind, media)) => {
                headers.push(("content-type", kind));
                caller.send_bytes(&method, &url, &headers, media["example"].as_str().unwrap().as_bytes().to_vec())
            }
            None => caller.send(&method, &url, &headers, None),
        }
    }
}
