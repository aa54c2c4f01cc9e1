//! The worklist of the demo company: what it tells each person is what the lists hold, and each of its links leads somewhere.

use crate::contracts::by_share;
use crate::harness::{Backend, Caller, PASSWORD, Seed, Service, TestDatabase};
use crate::worklist::items;
use crate::worklist_moves::agrees_with_the_steps;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PEOPLE: [&str; 11] = [
    "manager",
    "a_leader",
    "a_specialist_1",
    "a_specialist_2",
    "b_specialist_1",
    "c_leader",
    "c_specialist_1",
    "finance",
    "design",
    "procurement",
    "engineering",
];
const CONTRIBUTORS: [&str; 3] = ["design", "procurement", "engineering"];

/// Kind and act of an item, and the list where such records wait.
const WORK: [(&str, &str, &str); 15] = [
    ("step", "accept", "/v1/projects?stage=intake"),
    ("transfer", "accept", "/v1/transfers?state=offered"),
    ("memo", "reply", "/v1/memos?state=open"),
    ("assignment_sheet", "acknowledge", "/v1/assignment-sheets?include_voided=false"),
    ("adjustment", "complete", "/v1/adjustments?open=true"),
    ("adjustment", "confirm", "/v1/adjustments?state=done"),
    ("milestone", "report", "/v1/milestones?include_voided=false"),
    ("review", "review", "/v1/contracts?state=in_review"),
    ("approval", "approve", "/v1/complaints?state=proposed"),
    ("approval", "approve", "/v1/write-offs?state=proposed"),
    ("booking", "book", "/v1/write-offs?state=approved"),
    ("booking", "confirm", "/v1/payments?state=recorded"),
    ("booking", "issue", "/v1/invoices?state=requested"),
    ("collection", "collect", "/v1/receivables?overdue=true&disputed=false"),
    ("complaint", "carry_out", "/v1/complaints?state=approved"),
];

/// The demo company on 1 December 2026, with more to do.
fn demo() -> Service {
    let database = TestDatabase::create(Backend::of_this_run(), Seed::Company);
    let service = Service::start_with(database, &["--sandbox-clock", "2026-12-01T10:00:00+08:00"]);
    // Whoever resets the sandbox is thrown away with it, so this token is not kept.
    let admin = service.fresh("admin");
    admin.send("POST", "/v1/sandbox/reset", &[], Some(&json!({ "password": PASSWORD }))).expect(200);
    add_work(&service);
    service
}

/// Something of each kind that the demo leaves nobody to do.
fn add_work(service: &Service) {
    let listed = service.by("manager").get("/v1/projects?limit=200").expect(200).body;
    let at = |stage: &str| {
        let project = listed["data"].as_array().unwrap().iter().find(|project| project["stage"] == stage).unwrap();
        let text = |name: &str| project[name].as_str().unwrap().to_owned();
        (text("id"), text("client_id"))
    };
    let post = |by: &str, path: &str, body: Value| service.by(by).post(path, body).expect(201).location();

    let (bidding, client) = at("bidding");
    let memo =
        json!({"to_department": "design", "subject": "Lobby", "body": "Which veneer?", "reply_by": "2026-12-03"});
    post("a_specialist_2", &format!("/v1/projects/{bidding}/memos"), memo);
    post("a_specialist_2", &format!("/v1/projects/{bidding}/contracts"), by_share(40_000_000));
    complain(service, "a_specialist_2", &bidding, &client);

    let sheet = json!({"departments": ["design", "procurement"], "note": "The date has moved"});
    post("b_specialist_1", &format!("/v1/projects/{}/assignment-sheets", at("assignment").0), sheet);
    let wish = json!({"what": "Move the lamp", "cause": "design", "department": "engineering"});
    let wish = post("b_specialist_1", &format!("/v1/projects/{}/adjustments", at("adjustment").0), wish);
    service.by("engineering").act(&wish, "complete", json!({})).expect(200);
    let offer = json!({"documents": []});
    post("a_specialist_1", &format!("/v1/projects/{}/transfers", at("acceptance").0), offer);

    for (stage, approved) in [("installation", false), ("acceptance", true)] {
        let (project, client) = at(stage);
        let complaint = complain(service, "a_specialist_1", &project, &client);
        let analysis = json!({"found_valid": true, "reasons": "Hinges", "cause": "quality"});
        let measures = json!({"measures": [{"what": "Reset the hinges", "department": "engineering"}]});
        for (act, body) in [("confirm", json!({})), ("analyse", analysis), ("propose", measures)] {
            service.by("a_specialist_1").act(&complaint, act, body).expect(200);
        }
        if approved {
            service.by("a_leader").act(&complaint, "approve", json!({})).expect(200);
        }
    }

    let (settlement, client) = at("settlement");
    let paid = json!({"amount": 100, "paid_on": "2026-11-30", "reference": "Not yet confirmed"});
    post("finance", &format!("/v1/clients/{client}/payments"), paid);
    post("c_specialist_1", &format!("/v1/projects/{settlement}/invoices"), json!({"amount": 1000}));
    let overdue = format!("/v1/receivables?project={settlement}&overdue=true");
    let balance = service.by("finance").get(&overdue).expect(200).body["data"][0]["id"].as_str().unwrap().to_owned();
    let write_off = || {
        let proposal = json!({"amount": 20, "reason": "Bank charges"});
        post("c_specialist_1", &format!("/v1/receivables/{balance}/write-offs"), proposal)
    };
    service.by("manager").act(&write_off(), "approve", json!({})).expect(200);
    write_off();
}

/// A complaint that its handler registers.
fn complain(service: &Service, by: &str, project: &str, client: &str) -> String {
    let body = json!({"client_id": client, "project_id": project, "channel": "phone", "severity": "normal", "what": "Doors scrape"});
    service.by(by).post("/v1/complaints", body).expect(201).location()
}

/// Somebody, and the projects that they are accountable for.
struct Person {
    name: &'static str,
    caller: Caller,
    owned: BTreeSet<String>,
}

impl Person {
    fn of(service: &Service, name: &'static str, projects: &Value) -> Self {
        let caller = service.by(name);
        let rows = projects["data"].as_array().unwrap().iter();
        let owned = rows.filter(|project| project["accountable_id"] == caller.id.as_str());
        let owned = owned.map(|project| project["id"].as_str().unwrap().to_owned()).collect();
        Self { name, caller, owned }
    }

    /// The rows of a list; who may not read it has nothing to do there.
    #[track_caller]
    fn rows(&self, list: &str) -> Vec<Value> {
        let answer = self.caller.get(&format!("{list}&limit=200"));
        if answer.status == 403 {
            return Vec::new();
        }
        answer.expect(200).body["data"].as_array().unwrap().clone()
    }

    /// Whether a row of such a list waits for this person: by what the row says that they may do, and whose project it is on.
    fn is_for(&self, kind: &str, act: &str, row: &Value) -> bool {
        let owned = row["project_id"].as_str().is_some_and(|project| self.owned.contains(project));
        match (kind, act) {
            // These lists do not say what may be done.
            ("step", "accept") => self.name == "manager",
            ("booking", "confirm") => self.name == "finance",
            ("collection", "collect") => owned,
            // It waits for whoever may accept it, whatever it still misses.
            ("transfer", "accept") => action(row, act).is_some_and(|action| action["refusal"] != "not_party"),
            ("complaint", "carry_out") => {
                row["measures"].as_array().unwrap().iter().any(|measure| may(measure, "carry-out"))
            }
            // Leaders and the manager may do these too; they wait for one person.
            ("adjustment", "confirm") => owned && may(row, act),
            ("milestone", "report") => {
                let addressed = CONTRIBUTORS.contains(&self.name);
                row["actual_on"].is_null() && (owned || addressed) && may(row, act)
            }
            _ => may(row, act),
        }
    }

    /// Whether a complaint waits for this person as its handler: until it is answered, whoever acts on it meanwhile.
    fn handles(&self, row: &Value) -> bool {
        let answered = ["answered", "closed"].contains(&row["state"].as_str().unwrap());
        row["handler_id"] == self.caller.id.as_str() && !answered
    }
}

/// What a record says of an act.
fn action<'v>(row: &'v Value, act: &str) -> Option<&'v Value> {
    row["available_actions"].as_array().into_iter().flatten().find(|action| action["action"] == act)
}

fn may(row: &Value, act: &str) -> bool {
    action(row, act).is_some_and(|action| action["allowed"] == true)
}

/// The links of the items of this kind that lead to these records, sorted.
fn told(who: &Person, kind: &str, records: &str, act: impl Fn(&str) -> bool) -> Vec<String> {
    let wanted = |item: &&Value| {
        act(item["act"].as_str().unwrap()) && item["href"].as_str().unwrap().starts_with(&format!("{records}/"))
    };
    let all = items(&who.caller, kind);
    let mut links: Vec<String> =
        all.iter().filter(wanted).map(|item| item["href"].as_str().unwrap().to_owned()).collect();
    links.sort();
    links
}

/// The links of these rows, sorted.
fn links<'v>(records: &str, rows: impl Iterator<Item = &'v Value>) -> Vec<String> {
    let mut links: Vec<String> = rows.map(|row| format!("{records}/{}", row["id"].as_str().unwrap())).collect();
    links.sort();
    links
}

#[test]
fn the_worklist_of_the_demo_company_tells_what_the_lists_hold() {
    let service = demo();
    let projects = service.by("manager").get("/v1/projects?limit=200").expect(200).body;
    let (mut met, mut handled) = (BTreeSet::new(), 0);
    for name in PEOPLE {
        let who = Person::of(&service, name, &projects);
        for (kind, act, list) in WORK {
            let records = list.split('?').next().unwrap();
            let rows = who.rows(list);
            let there = links(records, rows.iter().filter(|row| who.is_for(kind, act, row)));
            assert_eq!(told(&who, kind, records, |told| told == act), there, "{name}: {kind}, {act}");
            if !there.is_empty() {
                met.insert((kind, act, records));
            }
        }
        let rows = who.rows("/v1/complaints?include_voided=false");
        let there = links("/v1/complaints", rows.iter().filter(|row| who.handles(row)));
        assert_eq!(told(&who, "complaint", "/v1/complaints", |told| told != "carry_out"), there, "{name}");
        handled += there.len();
        every_link_leads_to_what_can_be_done(&who);
    }
    assert_eq!(met.len(), WORK.len(), "some work waits for nobody: {met:?}");
    assert!(handled > 2, "{handled} complaints wait for their handlers, of whom others act on some");
}

/// Each item leads to a record that its reader may read, and names what that record lets them do.
#[track_caller]
fn every_link_leads_to_what_can_be_done(who: &Person) {
    let list = who.caller.get("/v1/me/worklist?limit=200").expect(200).body;
    for item in list["data"].as_array().unwrap() {
        let record = who.caller.get(item["href"].as_str().unwrap()).expect(200).body;
        if item["kind"] == "step" {
            agrees_with_the_steps(&who.caller, item, "transfer");
        } else if let Some(act) = action(&record, item["act"].as_str().unwrap()) {
            let can = act["allowed"] == true || act["refusal"] == "evidence";
            assert!(can, "{}: {item}: {act}", who.name);
        }
    }
}
