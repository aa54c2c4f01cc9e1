//! Whole lists in one answer: the rows, filters and sight of the list of the same name, however many parts they are read in.

use crate::harness::{Answer, Caller, Service};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What may be exported, and by whom here.
const KINDS: &[(&str, &str)] = &[
    ("clients", "a_leader"),
    ("projects", "a_leader"),
    ("contracts", "a_leader"),
    ("receivables", "finance"),
    ("payments", "finance"),
    ("complaints", "manager"),
];

fn rows_of_csv(answer: &Answer) -> Vec<BTreeMap<String, String>> {
    let text = answer.text();
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|row| columns.iter().map(str::to_owned).zip(row.unwrap().iter().map(str::to_owned)).collect())
        .collect()
}

fn rows_of_ndjson(answer: &Answer) -> Vec<Value> {
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every row of a list, page by page.
fn listed(by: &Caller, path: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = by.get(&format!("{path}{separator}limit=200{cursor}")).expect(200).body;
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { return rows };
        cursor = format!("&cursor={next}");
    }
}

/// More clients than one part holds.
fn many_clients(service: &Service, many: usize) {
    let key = uuid::Uuid::new_v4().to_string();
    let rows: String = (1..many).map(|n| format!("Client {n:04} of {key},developer\n")).collect();
    let headers = [("content-type", "text/csv"), ("idempotency-key", key.as_str())];
    let text = format!("name,kind\n{rows}=1+{key},developer\n");
    service.by("manager").send_bytes("POST", "/v1/imports/clients", &headers, text.into_bytes()).expect(200);
}

#[test]
fn an_export_is_the_list_however_long() {
    let service = Service::start();
    many_clients(&service, 1_204);
    let leader = service.by("manager");
    let wanted = listed(&leader, "/v1/clients");
    assert_eq!(wanted.len(), 1_204);
    let lines = leader.get("/v1/exports/clients?format=ndjson").expect(200);
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    assert_eq!(rows_of_ndjson(&lines), wanted);

    let table = leader.get("/v1/exports/clients").expect(200);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"clients.csv\"");
    // A page of another origin may know the name to save it under.
    assert!(table.header("access-control-expose-headers").contains("content-disposition"));
    assert!(table.text().starts_with("\u{feff}number,name,kind,"));
    let rows = rows_of_csv(&table);
    assert_eq!(rows.len(), wanted.len());
    for (row, wanted) in rows.iter().zip(&wanted) {
        assert_eq!((&row["id"], &row["number"]), (&text(&wanted["id"]), &text(&wanted["number"])));
        let name = text(&wanted["name"]);
        assert_eq!(row["name"], if name.starts_with('=') { format!("'{name}") } else { name });
        assert_eq!(row["version"], wanted["version"].to_string());
    }
    let one = leader.get("/v1/exports/clients?format=ndjson&q=client%200777").expect(200);
    assert_eq!(rows_of_ndjson(&one).len(), 1);
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_kind_is_its_list_and_as_much_of_it_as_the_caller_sees() {
    let service = Service::start();
    let project = service.project_at("bidding");
    service.signed(&project, "2026-05-20T10:00:00+08:00", &[("deposit", 30_000, Some("2026-06-01"))]);
    service.project_at("bidding");
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let payment = json!({"amount": 10_000, "paid_on": "2026-05-21", "reference": "R-1", "to": []});
    service.by("finance").post(&format!("/v1/clients/{client}/payments"), payment).expect(201);
    let complaint = json!({"client_id": client, "project_id": project, "channel": "phone", "severity": "minor", "what": "Doors scrape"});
    service.by("c_leader").post("/v1/complaints", complaint).expect(201);
    for (kind, who) in KINDS {
        let by = service.by(who);
        let rows = rows_of_ndjson(&by.get(&format!("/v1/exports/{kind}?format=ndjson")).expect(200));
        let wanted = listed(&by, &format!("/v1/{kind}"));
        assert_eq!(rows.len(), wanted.len(), "{kind}");
        for (row, wanted) in rows.iter().zip(&wanted) {
            let members = row.as_object().unwrap();
            // What may be done with a record is the list's alone.
            assert!(members.iter().all(|(name, value)| &wanted[name] == value), "{kind}: {row} {wanted}");
        }
        let table = by.get(&format!("/v1/exports/{kind}")).expect(200);
        assert_eq!(rows_of_csv(&table).len(), wanted.len(), "{kind}");
        assert!(!rows.is_empty(), "{kind}: nothing to compare");
    }
    let only =
        service.by("finance").get(&format!("/v1/exports/receivables?project={project}&format=ndjson")).expect(200);
    assert!(rows_of_ndjson(&only).iter().all(|row| row["project_id"] == project.as_str()));
    let events = rows_of_ndjson(&service.by("manager").get("/v1/exports/events?format=ndjson").expect(200));
    let (mut told, mut after) = (Vec::new(), 0);
    loop {
        let part = service.by("manager").get(&format!("/v1/events?after={after}&limit=200")).expect(200).body;
        told.extend(part["data"].as_array().unwrap().iter().cloned());
        after = part["position"].as_i64().unwrap();
        if part["next"].is_null() {
            break;
        }
    }
    assert!(events.len() > 20 && events == told, "{} {}", events.len(), told.len());
    let table = service.by("manager").get(&format!("/v1/exports/events?project={project}")).expect(200);
    let rows = rows_of_csv(&table);
    assert!(!rows.is_empty() && rows.iter().all(|row| row["project_id"] == project && row["data"].starts_with('{')));
    // A list may be repeated.
    let kinds = ["client.recorded", "project.inquiry_recorded"];
    let of_kinds = told.iter().filter(|event| kinds.iter().any(|kind| event["kind"] == *kind)).count();
    let asked = format!("/v1/exports/events?format=ndjson&kind={}&kind={}", kinds[0], kinds[1]);
    let table = service.by("manager").get(&asked).expect(200).text();
    assert!(of_kinds > 1 && table.lines().count() == of_kinds, "{table}");
    service.by("manager").get("/v1/exports/events?kind=nonsense").refused(422, "validation");
    // Another group's specialist sees none of it.
    let other = service.by("b_specialist_1");
    for kind in ["clients", "projects", "contracts", "receivables"] {
        assert_eq!(other.get(&format!("/v1/exports/{kind}?format=ndjson")).expect(200).text(), "", "{kind}");
        assert_eq!(rows_of_csv(&other.get(&format!("/v1/exports/{kind}")).expect(200)).len(), 0, "{kind}");
    }
}

/// Reads an export as slowly as may be: what happens after its first bytes happens while it is under way. The lines that came, and whether it came to its end.
fn slowly(service: &Service, by: &Caller, meanwhile: impl FnOnce()) -> (usize, bool) {
    let mut stream = TcpStream::connect(service.base.trim_start_matches("http://")).unwrap();
    let token = by.token.as_deref().unwrap();
    let request = format!(
        "GET /v1/exports/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut read = vec![0; 1024];
    stream.read_exact(&mut read).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    meanwhile();
    let _ = stream.read_to_end(&mut read);
    (read.iter().filter(|byte| **byte == b'\n').count(), read.ends_with(b"\r\n0\r\n\r\n"))
}

#[test]
fn whoever_is_locked_out_gets_no_more_of_it_and_can_tell() {
    let service = Service::start();
    // More than the kernel keeps for a reader who does not read.
    many_clients(&service, 4_900);
    many_clients(&service, 4_900);
    let reader = service.by("finance");
    let (all, complete) = slowly(&service, &reader, || {});
    assert!(complete && all > 9_800, "{all}");
    let lock = || drop(service.by("admin").patch("/v1/users/finance", json!({"active": false})).expect(200));
    let (some, complete) = slowly(&service, &reader, lock);
    assert!(!complete && some < all, "{some} of {all}");
}

#[test]
fn the_columns_that_people_look_for_come_first() {
    let service = Service::start();
    for (kind, first) in [
        ("clients", "number,name,kind,"),
        ("projects", "number,inquiry_number,name,kind,stage,"),
        ("contracts", "number,state,amount,current_amount,"),
        ("receivables", "kind,status,amount,outstanding_amount,due_on,"),
        ("payments", "method,state,amount,unapplied_amount,paid_on,"),
        ("complaints", "number,state,severity,"),
        ("events", "seq,at,kind,"),
    ] {
        let table = service.by("manager").get(&format!("/v1/exports/{kind}")).expect(200).text();
        assert!(table.trim_start_matches('\u{feff}').starts_with(first), "{kind}: {}", table.lines().next().unwrap());
    }
}

#[test]
fn an_export_needs_what_its_list_needs() {
    let document = serde_json::to_value(fitout::api::document(&fitout::api::routes(false))).unwrap();
    let needs = |path: String| document["paths"][path.as_str()]["get"]["x-required-permission"].clone();
    for kind in KINDS.iter().map(|(kind, _)| *kind).chain(["events"]) {
        let wanted = needs(format!("/v1/{kind}"));
        assert!(wanted.is_string() && needs(format!("/v1/exports/{kind}")) == wanted, "{kind}: {wanted}");
    }
}

#[test]
fn refusals_are_problem_documents_not_half_a_file() {
    let service = Service::start();
    for (kind, who) in KINDS {
        let (path, by) = (format!("/v1/exports/{kind}"), service.by(who));
        service.nobody().get(&path).refused(401, "unauthenticated");
        by.get(&format!("{path}?format=xml")).refused(422, "validation");
        by.get(&format!("{path}?fromat=csv")).refused(400, "unknown_parameter");
        by.get(&format!("{path}?limit=5")).refused(400, "unknown_parameter");
    }
    service.by("manager").get("/v1/exports/contracts?state=nonsense").refused(422, "validation");
}
