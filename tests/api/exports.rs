//! Whole lists in one answer: the rows, filters and sight of the list of the same name, however many parts they are read in.

use crate::harness::{Answer, Caller, Service};
use serde_json::Value;
use std::collections::BTreeMap;

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
fn many_clients(service: &Service) {
    let rows: String = (0..1_203).map(|n| format!("Client {n:04},developer\n")).collect();
    let key = uuid::Uuid::new_v4().to_string();
    let headers = [("content-type", "text/csv"), ("idempotency-key", key.as_str())];
    let text = format!("name,kind\n{rows}=1+1,developer\n");
    service.by("manager").send_bytes("POST", "/v1/imports/clients", &headers, text.into_bytes()).expect(200);
}

#[test]
fn an_export_is_the_list_however_long() {
    let service = Service::start();
    many_clients(&service);
    let leader = service.by("manager");
    let wanted = listed(&leader, "/v1/clients");
    assert_eq!(wanted.len(), 1_204);
    let lines = leader.get("/v1/exports/clients?format=ndjson").expect(200);
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    assert_eq!(rows_of_ndjson(&lines), wanted);

    let table = leader.get("/v1/exports/clients").expect(200);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"clients.csv\"");
    assert!(table.text().starts_with("\u{feff}number,name,kind,"));
    let rows = rows_of_csv(&table);
    assert_eq!(rows.len(), wanted.len());
    for (row, wanted) in rows.iter().zip(&wanted) {
        assert_eq!((&row["id"], &row["number"]), (&text(&wanted["id"]), &text(&wanted["number"])));
        let name = text(&wanted["name"]);
        assert_eq!(row["name"], if name == "=1+1" { "'=1+1".to_owned() } else { name });
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
    service.signed(&project, "2026-05-20T10:00:00+08:00", &[("deposit", 300_00, Some("2026-06-01"))]);
    service.project_at("bidding");
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
        assert!(*kind == "complaints" || *kind == "payments" || !rows.is_empty(), "{kind}: nothing to compare");
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
    service.by("manager").get("/v1/exports/events?kind=nonsense").refused(422, "validation");
    // Another group's specialist sees none of it.
    let other = service.by("b_specialist_1");
    for kind in ["clients", "projects", "contracts", "receivables"] {
        assert_eq!(other.get(&format!("/v1/exports/{kind}?format=ndjson")).expect(200).text(), "", "{kind}");
        assert_eq!(rows_of_csv(&other.get(&format!("/v1/exports/{kind}")).expect(200)).len(), 0, "{kind}");
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
