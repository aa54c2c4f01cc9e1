//! One story on one database.

use super::compare::compare;
use super::words;
use crate::harness::{Answer, Backend, Caller, Seed, Service};
use diesel::prelude::*;
use fitout::db::schema::events;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The id of nothing: where a story names a record that is not there.
pub const NOTHING: &str = "0190a1b2-0000-7000-8000-00000000dead";

/// A story being told.
pub struct Story {
    pub service: Service,
    /// The case file.
    pub case: Value,
    /// The client's id, once recorded.
    pub client: String,
    /// The project's id, once recorded.
    pub project: String,
    /// Records of the story by key, as paths such as `/v1/adjustments/…`.
    pub records: BTreeMap<String, String>,
    /// The instant of the entry.
    pub at: String,
    /// Whether everybody tries every act first.
    tries: bool,
}

impl Story {
    /// Plays a case; the line to print. Where `tries` says so, each act is first sent as a trial, which must be answered alike and leave no event.
    pub fn play(case: &Value, backend: Backend, tries: bool) -> String {
        let name = case["case"].as_str().unwrap_or("?").to_owned();
        let mut story = Self {
            service: Service::start_on(backend, Seed::Bare),
            case: case.clone(),
            client: String::new(),
            project: String::new(),
            records: BTreeMap::new(),
            at: String::new(),
            tries,
        };
        story.set_up();
        let entries = case["steps"].as_array().cloned().unwrap_or_default();
        let (mut refusals, mut figures) = (0, 0);
        for (n, entry) in entries.iter().enumerate() {
            let told = format!("{name} entry {n} {entry}");
            story.at = entry["at"].as_str().unwrap().to_owned();
            story.service.clock(&story.at);
            if let Some(expected) = entry.get("expect") {
                figures += story.compare_figures(&told, expected);
            } else if let Some(refused) = entry.get("refused") {
                story.refused(&told, entry, refused);
                refusals += 1;
            } else {
                let answer = story.act(&told, entry);
                assert!(
                    answer.is_success(),
                    "{told}\n  {} {} answered {} {}",
                    answer.method,
                    answer.path,
                    answer.status,
                    answer.text()
                );
            }
        }
        story.verify(&name);
        format!(
            "{name} on {}: {} entries played, {refusals} refusals met, {figures} figures compared",
            backend.name(),
            entries.len()
        )
    }

    /// Whatever was played, what is stored is what was written.
    fn verify(&self, name: &str) {
        let database = &self.service.database;
        let report =
            fitout::verify::verify(&mut database.connect(), Some(&database.folder.join("data/files"))).unwrap();
        assert!(report.wrong == 0, "{name}: {:#?}", report.findings);
    }

    /// Makes the company of the case.
    fn set_up(&mut self) {
        let admin = self.service.by("admin");
        let zone = &self.case["time_zone"];
        if zone.is_string() && zone != "Asia/Shanghai" {
            admin.patch("/v1/settings", json!({ "time_zone": zone })).expect(200);
        }
        let mut departments: Vec<&str> =
            self.case["people"].as_array().unwrap().iter().filter_map(|p| p["department"].as_str()).collect();
        departments.extend(["design", "procurement", "engineering"]);
        departments.sort_unstable();
        departments.dedup();
        for key in departments {
            admin.post("/v1/departments", json!({ "key": key, "name": key })).expect(201);
        }
        let mut groups = BTreeMap::new();
        for group in self.case["groups"].as_array().unwrap() {
            let key = group["key"].as_str().unwrap();
            let made = admin
                .post("/v1/groups", json!({ "key": key, "name": format!("Group {key}"), "kind": group["kind"] }))
                .expect(201);
            groups.insert(key.to_owned(), made.id());
        }
        for person in self.case["people"].as_array().unwrap() {
            if person["key"] == "admin" {
                continue;
            }
            let mut user = json!({ "username": person["key"], "display_name": person["key"], "password": "a password for tests", "role": person["role"] });
            if let Some(group) = person["group"].as_str() {
                user["group_id"] = json!(groups[group]);
            }
            if let Some(department) = person["department"].as_str() {
                user["department"] = json!(department);
            }
            admin.post("/v1/users", user).expect(201);
        }
        for (key, id) in groups {
            self.records.insert(format!("group {key}"), id);
        }
    }

    fn act(&mut self, told: &str, entry: &Value) -> Answer {
        let by = entry["by"].as_str().unwrap();
        let word = entry["do"].as_str().unwrap();
        let with = entry.get("with").cloned().unwrap_or_else(|| json!({}));
        words::play(self, by, word, &with).unwrap_or_else(|| panic!("{told}\n  nobody knows the word {word}"))
    }

    /// It must be refused for the stated reason, and change nothing.
    fn refused(&mut self, told: &str, entry: &Value, refused: &Value) {
        let before = self.events();
        let answer = self.act(told, entry);
        let said = format!("{told}\n  {} {} answered {} {}", answer.method, answer.path, answer.status, answer.text());
        match refused["kind"].as_str().unwrap() {
            "evidence" => {
                assert_eq!((answer.status, answer.code()), (409, "evidence"), "{said}");
                let mut wanted: Vec<String> = serde_json::from_value(refused["missing"].clone()).unwrap();
                wanted.sort();
                assert_eq!(answer.missing(), wanted, "{said}");
            }
            "permission" => assert!(matches!(answer.status, 403 | 404), "{said}"),
            // What is not there yet cannot be named over HTTP: a 404 on it says the same.
            "state" if answer.status == 404 => assert!(answer.path.contains(NOTHING), "{said}"),
            "state" => assert_eq!((answer.status, answer.code()), (409, "state"), "{said}"),
            "money" => assert_eq!((answer.status, answer.code()), (409, "money"), "{said}"),
            "validation" => {
                assert!(matches!(answer.status, 400 | 422), "{said}");
                if let Some(field) = refused["field"].as_str() {
                    assert!(answer.pointers().iter().any(|p| names(p, field)), "{said}");
                }
            }
            other => panic!("{told}: unknown kind of refusal {other}"),
        }
        assert_eq!(self.events(), before, "a refusal changed something: {said}");
    }

    /// How many events there are, those of uploaded files aside (a story's act may upload before it is refused).
    fn events(&self) -> i64 {
        self.service
            .sql(|conn| events::table.filter(events::subject_kind.ne("document")).count().get_result(conn))
            .unwrap()
    }

    fn compare_figures(&mut self, told: &str, expected: &Value) -> usize {
        let mut compared = 0;
        for (name, wanted) in expected.as_object().unwrap() {
            let mut wanted = wanted.clone();
            if name == "ageing" {
                for band in ["not_due", "1-30", "31-60", "61-90", "91-180", "181-365", "over_365"] {
                    let bands = wanted.as_object_mut().unwrap();
                    bands.entry(band).or_insert(json!(0));
                }
            }
            let actual = words::figure(self, name, &wanted)
                .unwrap_or_else(|| panic!("{told}\n  nobody knows the figure {name}"));
            compared += compare(&format!("{told}\n  {name}"), &wanted, &actual);
        }
        compared
    }

    // What the words use.

    /// The person with this key.
    pub fn by(&self, key: &str) -> Caller {
        let caller = self.service.by(key);
        if self.tries { caller.trying(&self.service.database) } else { caller }
    }

    /// The id of the person with this key.
    pub fn person(&self, key: &str) -> String {
        self.service.by(key).id
    }

    /// The key of the person with this id.
    pub fn key_of(&self, id: &Value) -> Value {
        let people = self.case["people"].as_array().unwrap();
        let found = people.iter().filter_map(|p| p["key"].as_str()).find(|key| json!(self.person(key)) == *id);
        found.map_or(Value::Null, |key| json!(key))
    }

    /// The id of the group with this key.
    pub fn group(&self, key: &str) -> String {
        self.records.get(&format!("group {key}")).cloned().unwrap_or_else(|| panic!("no group {key}"))
    }

    /// `/v1/projects/<id>/<rest>`.
    pub fn under(&self, rest: &str) -> String {
        format!("/v1/projects/{}/{rest}", self.project)
    }

    /// Uploads a small file for an act that gives it its category; its id. Where nothing can be filed (the project has ended), the id of nothing:
    /// the act itself is to say why it cannot be.
    pub fn file(&self, by: &str, category: &str, name: &str) -> String {
        let upload = |who: &str| self.by(who).upload(&self.project, "unfiled", &format!("{category}-{name}"));
        [by, "manager"]
            .into_iter()
            .map(upload)
            .find(Answer::is_success)
            .map_or_else(|| uuid::Uuid::new_v4().to_string(), |made| made.id())
    }

    /// Every row of a list, as the manager sees it.
    #[track_caller]
    pub fn list(&self, path: &str) -> Vec<Value> {
        let answer = self
            .by("manager")
            .get(&format!("{path}{}limit=200", if path.contains('?') { "&" } else { "?" }))
            .expect(200);
        answer.body["data"].as_array().cloned().unwrap_or_default()
    }

    /// The newest row of a list that fits, as a path under `/v1/<plural>`.
    #[track_caller]
    pub fn newest(&self, plural: &str, fits: impl Fn(&Value) -> bool) -> Option<String> {
        self.list(&self.under(plural))
            .iter()
            .rev()
            .find(|row| fits(row))
            .map(|row| format!("/v1/{plural}/{}", row["id"].as_str().unwrap()))
    }
}

/// Whether a pointer names a story's field, at any depth; the API calls a few of them by their standard names.
fn names(pointer: &str, field: &str) -> bool {
    let ours = match field {
        "version" => "revision",
        "on" => "planned_on",
        other => other,
    };
    pointer.split('/').any(|segment| segment.starts_with(field) || segment.starts_with(ours))
}
