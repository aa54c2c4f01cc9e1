//! `?as_of=`: what was answered at a moment is answered again, however much has happened since.

use crate::contracts::{amended, approve, by_share, seals, signing, start_at};
use crate::harness::{Caller, Service};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What can be asked about the past, and the same without what depends on now: what the caller may do.
fn answers(caller: &Caller, paths: &[String], when: Option<&str>) -> Vec<Value> {
    let ask = |path: &String| {
        let path = match when {
            Some(at) => format!("{path}{}as_of={at}", if path.contains('?') { '&' } else { '?' }),
            None => path.clone(),
        };
        let mut body = caller.get(&path).expect(200).body;
        let mut rows = vec![&mut body];
        while let Some(row) = rows.pop() {
            if let Some(members) = row.as_object_mut() {
                members.remove("available_actions");
                // A cursor is bound to its query.
                if let Some(next) = members.get_mut("next") {
                    *next = json!(next.is_string());
                }
                rows.extend(members.get_mut("data").and_then(Value::as_array_mut).into_iter().flatten());
            }
        }
        body
    };
    paths.iter().map(ask).collect()
}

/// What was answered at each moment: the moment, the paths, the answers.
struct Diary<'s> {
    service: &'s Service,
    hour: u32,
    recorded: Vec<(String, Vec<String>, Vec<Value>)>,
}

impl<'s> Diary<'s> {
    fn begin(service: &'s Service) -> Self {
        service.clock("2026-03-04T10:00:00+08:00");
        Self { service, hour: 10, recorded: Vec::new() }
    }

    /// Business time stands still while something happens; the answers are taken before it goes on.
    fn then(&mut self, paths: &[String]) {
        let answered = answers(&self.service.by("manager"), paths, None);
        let last = self.recorded.last();
        assert!(last.is_none_or(|(_, _, before)| *before != answered), "nothing happened before {}:00", self.hour);
        let at = format!("2026-03-04T{:02}:00:00Z", self.hour - 8);
        self.recorded.push((at, paths.to_vec(), answered));
        self.hour += 1;
        self.service.clock(&format!("2026-03-04T{:02}:00:00+08:00", self.hour));
    }

    fn check_again(self) {
        for (at, paths, before) in self.recorded {
            let again = answers(&self.service.by("manager"), &paths, Some(&at));
            for ((path, before), again) in paths.iter().zip(before).zip(again) {
                assert_eq!(again, before, "{path} at {at}");
            }
        }
    }
}

/// A project of the sandbox at a stage: every step of it has its event, as a project put at a stage by hand has not.
fn standing_at(service: &Service, stage: &str) -> String {
    let body = json!({ "stage": stage });
    service.by("admin").send("POST", "/v1/sandbox/projects", &[], Some(&body)).expect(201).id()
}

/// The receivables of a project by kind, as paths.
fn receivables(service: &Service, project: &str) -> BTreeMap<String, String> {
    let rows = service.by("manager").get(&format!("/v1/projects/{project}/receivables")).expect(200).body;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = rows["data"].as_array().unwrap().iter();
    rows.map(|row| (text(&row["kind"]), format!("/v1/receivables/{}", text(&row["id"])))).collect()
}

#[test]
fn what_was_answered_check_again() {
    let service = Service::start();
    let mut diary = Diary::begin(&service);
    let project = standing_at(&service, "assignment");
    service.by("a_specialist_1").act(&format!("/v1/projects/{project}"), "steps/launch", json!({})).expect(200);
    let (owner, finance) = (service.by("a_specialist_1"), service.by("finance"));
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let contract =
        owner.post(&format!("/v1/projects/{project}/contracts"), by_share(60_000_000)).expect(201).location();
    let mut paths = vec![format!("/v1/projects/{project}"), contract.clone()];
    diary.then(&paths);
    approve(&service, &contract, "c_leader");
    diary.then(&paths);
    service
        .by("manager")
        .act(&contract, "review", json!({"verdict": "changes_requested", "opinion": "Days"}))
        .expect(200);
    diary.then(&paths);
    let mut body = by_share(50_000_000);
    body["instalments"][0]["days"] = json!(14);
    owner.patch(&contract, json!({"amount": 50_000_000, "instalments": body["instalments"]})).expect(200);
    owner.act(&contract, "submit", json!({"changes": "Days"})).expect(200);
    diary.then(&paths);
    approve(&service, &contract, "c_leader");
    owner.act(&contract, "sign", signing(&service, &project)).expect(200);
    let of = receivables(&service, &project);
    let (deposit, balance) = (of["deposit"].clone(), of["balance"].clone());
    paths.extend([deposit, balance.clone()]);
    paths.extend(
        ["", "?status=open", "?status=paid", "?overdue=true", "?disputed=true", "?sort=-created_at&limit=2"]
            .map(|filter| format!("/v1/projects/{project}/receivables{filter}")),
    );
    paths.extend(["?client=", "?include=total&client="].map(|filter| format!("/v1/receivables{filter}{client}")));
    paths.push(format!("/v1/clients/{client}/ageing"));
    diary.then(&paths);
    let amendment = json!({"amount": 4_000_000, "why": "Planting"});
    let amendment = owner.post(&format!("{contract}/amendments"), amendment).expect(201).location();
    diary.then(&paths);
    approve(&service, &amendment, "c_leader");
    let body = json!({"signed_on": "2026-03-04", "document_id": owner.upload(&project, "contract_scan", "x.pdf").expect(201).body["id"], "seals": seals()});
    owner.act(&amendment, "sign", body).expect(200);
    diary.then(&paths);
    let paid = json!({"amount": 20_000_000, "paid_on": "2026-03-04", "reference": "B-1"});
    let payment = finance.post(&format!("/v1/clients/{client}/payments"), paid).expect(201).location();
    finance.act(&payment, "confirm", json!({})).expect(200);
    diary.then(&paths);
    owner.post(&format!("{balance}/disputes"), json!({"reason": "Fabric"})).expect(201);
    diary.then(&paths);
    finance.act(&payment, "reverse", json!({"reason": "Dishonoured"})).expect(200);
    diary.then(&paths);
    service.clock("2026-04-20T10:00:00+08:00");
    service
        .by("manager")
        .act(&format!("/v1/projects/{project}"), "steps/shelve", json!({"reason": "Loan", "review_on": "2026-06-01"}))
        .expect(200);
    owner.patch(&format!("/v1/projects/{project}"), json!({"name": "Other"})).refused(409, "state");
    // Its days were those of the zone that the company kept then.
    service.by("admin").patch("/v1/settings", json!({"time_zone": "America/Los_Angeles"})).expect(200);

    diary.check_again();
}

#[test]
fn what_was_answered_of_a_terminated_project_check_again() {
    let service = Service::start();
    let mut diary = Diary::begin(&service);
    let project = standing_at(&service, "bidding");
    let (path, on) = (format!("/v1/projects/{project}"), "2026-03-04");
    let (manager, finance, back) = (service.by("manager"), service.by("finance"), service.by("c_specialist_1"));
    let (first, owner) = (service.by("a_specialist_1"), service.by("a_specialist_2"));
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let contracts = manager.get(&format!("{path}/contracts")).expect(200).body;
    let contract = format!("/v1/contracts/{}", contracts["data"][0]["id"].as_str().unwrap());
    let of = receivables(&service, &project);
    let mut paths = vec![path.clone(), contract.clone(), format!("/v1/clients/{client}/ageing")];
    paths.extend(of.values().cloned());
    paths.extend(["", "?status=open", "?overdue=true"].map(|filter| format!("{path}/receivables{filter}")));
    let pay = |kind: &str, amount: i64| {
        let receivable = of[kind].rsplit('/').next().unwrap();
        let to = json!([{ "receivable_id": receivable, "amount": amount }]);
        let body = json!({ "amount": amount, "paid_on": on, "reference": kind, "to": to });
        let payment = finance.post(&format!("/v1/clients/{client}/payments"), body).expect(201).location();
        finance.act(&payment, "confirm", json!({})).expect(200);
    };
    diary.then(&paths);
    first.act(&contract, "replan-site-access", json!({"planned_site_access_on": "2026-04-27"})).expect(200);
    diary.then(&paths);
    manager.act(&path, "reassign", json!({"to": owner.id, "reason": "On leave"})).expect(200);
    diary.then(&paths);
    pay("deposit", 12_000_000);
    diary.then(&paths);
    owner.act(&path, "steps/win", json!({})).expect(200);
    diary.then(&paths);
    let unfiled = |by: &Caller| by.upload(&project, "unfiled", "x.pdf").expect(201).id();
    let approval = json!({"reason": "Fair cancelled", "document_id": unfiled(&owner)});
    manager.post(&format!("{path}/termination-approvals"), approval).expect(201);
    let document = |category: &&str| json!({"category": category, "document_id": unfiled(&owner)});
    let offer = json!({"documents": HANDED_OVER.iter().map(document).collect::<Vec<_>>()});
    let transfer = owner.post(&format!("{path}/transfers"), offer).expect(201).location();
    let open = manager.get(&format!("{path}/instructions?state=open")).expect(200).body;
    let open: Vec<&Value> = open["data"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    back.act(&transfer, "accept", json!({ "acknowledges": open })).expect(200);
    assert_eq!(service.see(&project)["stage"], "settlement");
    diary.then(&paths);
    let less = json!({"deductions": [{"what": "Not delivered", "amount": 4_000_000}]});
    let account = back.post(&format!("{path}/final-accounts"), less).expect(201).location();
    back.act(&account, "confirm", json!({"document_id": unfiled(&back), "confirmed_on": on})).expect(200);
    diary.then(&paths);
    let proposal = json!({"amount": 1_000_000, "reason": "Charges"});
    let write_off = back.post(&format!("{}/write-offs", of["balance"]), proposal).expect(201).location();
    manager.act(&write_off, "approve", json!({})).expect(200);
    diary.then(&paths);
    manager.act(&path, "reassign", json!({"to": service.by("c_leader").id, "reason": "On leave too"})).expect(200);
    diary.then(&paths);
    pay("interim", 5_000_000);
    service.clock("2026-06-01T10:00:00+08:00");
    diary.check_again();
}

/// What a transfer must hand over, the open instructions aside.
const HANDED_OVER: [&str; 9] = [
    "contract_scan",
    "confirmed_scheme",
    "final_item_list",
    "quotation",
    "assignment_sheet",
    "site_access_confirmation",
    "acceptance_certificate",
    "memos",
    "photos",
];

#[test]
fn the_past_has_its_bounds() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let path = format!("/v1/projects/{project}");
    owner.get(&format!("{path}?as_of=2020-01-01T00:00:00Z")).refused(404, "not_found");
    assert_eq!(
        owner.get(&format!("{path}?as_of=2026-03-05T00:00:00Z")).refused(422, "validation").pointers(),
        ["?as_of"]
    );
    owner.get(&format!("{path}?as_of=0152-10-01T00:00:00Z")).refused(422, "validation");
    owner.get(&format!("{path}?as_of=yesterday")).refused(422, "validation");
    service.by("b_specialist_1").get(&format!("{path}?as_of=2026-03-04T02:00:00Z")).refused(404, "not_found");
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let ageing = format!("/v1/clients/{client}/ageing?as_of=2026-03-04T02:00:00Z");
    assert_eq!(owner.get(&ageing).expect(200).body["currencies"], json!([]));
    assert_eq!(owner.get(&format!("{ageing}&on=2026-03-04")).refused(422, "validation").pointers(), ["?as_of"]);
    let empty = owner.get(&format!("{path}/receivables?as_of=2026-03-04T02:00:00Z")).expect(200).body;
    assert_eq!(empty, json!({"data": [], "next": null}));
    let contract = amended_contract(&service, &project);
    let then = owner.get(&format!("{contract}?as_of=2026-03-04T02:00:00Z")).expect(200);
    assert_eq!((&then.body["available_actions"], then.headers.get("etag")), (&json!([]), None));
}

fn amended_contract(service: &Service, project: &str) -> String {
    let contract = crate::contracts::signed(service, project, "a_specialist_1", by_share(1_000_000));
    amended(service, project, &contract, "a_specialist_1", json!({"amount": 5, "why": "x"}));
    contract
}

/// However many receivables there were, the past is walked page by page; what fitted then is told once, also where few of many did.
#[test]
fn the_past_of_a_whole_company_is_walked_in_pages() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    let manager = service.by("manager");
    let client = service.client("a_specialist_1");
    let mut owed = String::from("client,project,contract,kind,amount,due_on,signed_on,owner,currency\n");
    for n in 0..2_100 {
        let due = if n == 0 || n == 2_099 { "2021-01-01" } else { "2027-01-01" };
        owed += &format!("Riverside Properties,P {n:04},C-{n:04},balance,{n}.01,{due},2020-01-01,c_leader,CNY\n");
    }
    crate::imports::send(&manager, "receivables", "text/csv", owed.as_bytes()).expect(200);
    service.clock("2026-03-05T10:00:00+08:00");
    let then = "2026-03-05T01:00:00Z";
    let walk = |query: &str| {
        let (mut met, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let page = manager.get(&format!("/v1/receivables?as_of={then}&limit=200{query}{cursor}")).expect(200).body;
            met.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            pages += 1;
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return (met, pages),
            }
        }
    };
    let (all, pages) = walk("");
    assert_eq!((all.len(), pages), (2_100, 11));
    let (mut latest_first, _) = walk("&sort=-created_at");
    latest_first.reverse();
    assert_eq!(latest_first, all);
    assert_eq!(walk("&overdue=true"), (vec![all[0].clone(), all[2_099].clone()], 2));
    let total = |more: &str| manager.get(&format!("/v1/receivables?as_of={then}&include=total{more}"));
    assert_eq!(total("").refused(422, "validation").pointers(), ["?include"]);
    let project = manager.get("/v1/receivables?limit=1").expect(200).body["data"][0]["project_id"].clone();
    let of_one = total(&format!("&project={}", project.as_str().unwrap())).expect(200).body;
    assert_eq!((&of_one["total"], of_one["data"][0]["client_id"].as_str()), (&json!(1), Some(client.as_str())));
}
