//! Installation: schedule, entry, start, deliveries, progress, issues, sign-off.

use crate::harness::Service;
use diesel::prelude::*;
use fitout::db::schema::{documents, users};
use fitout::db::{At, Id};
use serde_json::{Value, json};

/// A document of a project, straight in the database.
fn document(service: &Service, project: &str) -> String {
    let (id, project): (Id, Id) = (Id::new(), project.parse().unwrap());
    service.sql(|conn| {
        let person: Id =
            users::table.filter(users::username.eq("a_specialist_1")).select(users::id).first(conn).unwrap();
        let now = At::now_real();
        let texts =
            (documents::category.eq("other"), documents::title.eq("scan.pdf"), documents::confidentiality.eq("normal"));
        let stamps = (
            documents::version.eq(1_i64),
            documents::latest_revision.eq(1_i64),
            documents::created_at.eq(now),
            documents::created_by.eq(person),
            documents::updated_at.eq(now),
        );
        diesel::insert_into(documents::table)
            .values((documents::id.eq(id), documents::project_id.eq(Some(project)), texts, stamps))
            .execute(conn)
            .unwrap();
    });
    id.to_string()
}

fn category(service: &Service, document: &str) -> String {
    let id: Id = document.parse().unwrap();
    service.sql(|conn| documents::table.filter(documents::id.eq(id)).select(documents::category).first(conn).unwrap())
}

const READY: [&str; 6] = ["water", "power", "lift", "doors", "cleaning", "storage"];

#[test]
fn staging_starts_with_the_evidence_and_is_signed_off_after_the_start() {
    let service = Service::start();
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let project = service.project_at("installation");
    let under = |rest: &str| format!("/v1/projects/{project}/{rest}");
    let (starts, sign_offs, checks) =
        (under("installation-starts"), under("installation-sign-offs"), under("site-readiness-checks"));
    let paper = document(&service, &project);
    owner.post(&sign_offs, json!({"document_id": paper})).refused(409, "state");
    assert_eq!(owner.post(&starts, json!({})).refused(409, "evidence").missing().len(), 8);
    let ready: serde_json::Map<_, _> =
        READY.iter().filter(|i| **i != "storage").map(|i| ((*i).to_owned(), json!(*i != "cleaning"))).collect();
    let check = owner.post(&checks, json!({"items": ready})).expect(201);
    assert_eq!(check.body["not_ready"], json!(["cleaning", "storage"]));
    let confirmations = under("site-access-confirmations");
    let access = document(&service, &project);
    let confirmation =
        owner.post(&confirmations, json!({"document_id": access, "confirmed_on": "2026-01-02"})).expect(201).location();
    assert_eq!(category(&service, &access), "site_access_confirmation");
    let missing = ["interim_payment_received", "site_ready.cleaning", "site_ready.storage"];
    assert_eq!(owner.post(&starts, json!({})).refused(409, "evidence").missing(), missing);
    manager.post(&under("waivers"), json!({"evidence": "site_ready", "reason": "We clean"})).expect(201);
    manager.post(&under("waivers"), json!({"evidence": "interim_payment_received", "reason": "Promised"})).expect(201);
    service.by("c_specialist_1").post(&starts, json!({})).refused(403, "forbidden");
    let start = owner.post(&starts, json!({})).expect(201).location();
    owner.post(&starts, json!({})).refused(409, "state");
    for record in [check.location(), confirmation] {
        owner.act(&record, "void", json!({"reason": "x"})).refused(409, "state");
    }
    assert_eq!(
        owner
            .post(&sign_offs, json!({"document_id": paper, "signed_on": "2020-01-01"}))
            .refused(422, "validation")
            .pointers(),
        ["/signed_on"]
    );
    assert_eq!(
        owner
            .post(&sign_offs, json!({"document_id": paper, "signed_on": "2999-01-01"}))
            .refused(422, "validation")
            .pointers(),
        ["/signed_on"]
    );
    let signed = owner.post(&sign_offs, json!({"document_id": paper})).expect(201).location();
    assert_eq!(category(&service, &paper), "installation_sign_off");
    owner.act(&start, "void", json!({"reason": "x"})).refused(409, "state");
    owner.act(&signed, "void", json!({"reason": "wrong scan"})).expect(200);
    owner.act(&start, "void", json!({"reason": "wrong project"})).expect(200);
    owner.act(&check.location(), "void", json!({"reason": "wrong project"})).expect(200);
}

#[test]
fn entry_papers_are_refused_with_their_reason() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let (project, other) = (service.project_at("installation"), service.project_at("installation"));
    let under = |rest: &str| format!("/v1/projects/{project}/{rest}");
    assert_eq!(
        owner
            .post(&under("site-readiness-checks"), json!({"items": {"sauna": true}}))
            .refused(422, "validation")
            .pointers(),
        ["/items/sauna"]
    );
    assert_eq!(
        owner
            .post(&under("site-readiness-checks"), json!({"items": {}, "checked_on": "2999-01-01"}))
            .refused(422, "validation")
            .pointers(),
        ["/checked_on"]
    );
    let (own, foreign) = (document(&service, &project), document(&service, &other));
    let confirmations = under("site-access-confirmations");
    assert_eq!(
        owner
            .post(&confirmations, json!({"document_id": foreign, "confirmed_on": "2026-01-02"}))
            .refused(422, "validation")
            .pointers(),
        ["/document_id"]
    );
    assert_eq!(
        owner
            .post(&confirmations, json!({"document_id": own, "confirmed_on": "2999-01-02"}))
            .refused(422, "validation")
            .pointers(),
        ["/confirmed_on"]
    );
    service
        .by("a_assistant")
        .post(&confirmations, json!({"document_id": own, "confirmed_on": "2026-01-02"}))
        .refused(403, "forbidden");
    service
        .by("a_specialist_2")
        .post(&confirmations, json!({"document_id": own, "confirmed_on": "2026-01-02"}))
        .refused(404, "not_found");
    service.put_at(&project, "bidding");
    owner.post(&confirmations, json!({"document_id": own, "confirmed_on": "2026-01-02"})).refused(409, "state");
    owner.post(&under("site-readiness-checks"), json!({"items": {}})).refused(409, "state");
    owner.post(&under("installation-starts"), json!({})).refused(409, "state");
}

#[test]
fn a_milestone_is_reported_by_its_department() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("installation");
    let milestones = format!("/v1/projects/{project}/milestones");
    assert_eq!(
        owner.post(&milestones, json!({"department": "sauna", "name": "x"})).refused(422, "validation").pointers(),
        ["/department"]
    );
    let made = owner
        .post(&milestones, json!({"department": "procurement", "name": "Goods ready", "planned_on": "2020-01-01"}))
        .expect(201);
    assert_eq!(made.body["overdue"], true);
    let unplanned = owner.post(&milestones, json!({"department": "procurement", "name": "Curtains hung"})).expect(201);
    assert_eq!((&unplanned.body["planned_on"], &unplanned.body["overdue"]), (&Value::Null, &json!(false)));
    let path = made.location();
    let procurement = service.by("procurement");
    service.by("design").act(&path, "report", json!({"actual_on": "2020-01-02"})).refused(404, "not_found");
    assert_eq!(procurement.act(&path, "report", json!({})).refused(422, "validation").pointers(), ["/forecast_on"]);
    assert_eq!(
        procurement.act(&path, "report", json!({"actual_on": "2999-01-02"})).refused(422, "validation").pointers(),
        ["/actual_on"]
    );
    procurement.act(&path, "report", json!({"forecast_on": "2020-01-03"})).expect(200);
    let reached = owner.act(&path, "report", json!({"actual_on": "2020-01-02"})).expect(200).body;
    assert_eq!(
        (reached["forecast_on"].as_str(), reached["actual_on"].as_str(), reached["overdue"].as_bool()),
        (Some("2020-01-03"), Some("2020-01-02"), Some(false))
    );
    service.put_at(&project, "adjustment");
    procurement.act(&path, "report", json!({"actual_on": "2020-01-02"})).refused(409, "state");
    owner.post(&milestones, json!({"department": "design", "name": "x"})).refused(409, "state");
}

#[test]
fn deliveries_progress_and_issues_are_kept() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("installation");
    let under = |rest: &str| format!("/v1/projects/{project}/{rest}");
    let receipt = document(&service, &project);
    let delivery = json!({"what": "38 sofas", "department": "procurement", "delivered_on": "2026-01-05", "receipt_document_id": receipt});
    let made = owner.post(&under("deliveries"), delivery).expect(201).location();
    assert_eq!(category(&service, &receipt), "delivery_receipt");
    owner.act(&made, "void", json!({"reason": "twice"})).expect(200);
    let from_client = owner.post(&under("deliveries"), json!({"what": "The client's own piano"})).expect(201);
    assert_eq!(from_client.body["department"], Value::Null);
    assert_eq!(
        owner
            .post(&under("deliveries"), json!({"what": "x", "department": "sauna"}))
            .refused(422, "validation")
            .pointers(),
        ["/department"]
    );
    service
        .by("a_assistant")
        .post(&under("progress-entries"), json!({"percent": 20, "text": "Furniture in"}))
        .expect(201);
    assert_eq!(
        owner
            .post(&under("progress-entries"), json!({"percent": 101, "text": "x"}))
            .refused(422, "validation")
            .pointers(),
        ["/percent"]
    );
    service.by("design").post(&under("progress-entries"), json!({"percent": 1, "text": "x"})).refused(403, "forbidden");
    assert_eq!(
        owner
            .post(&under("site-issues"), json!({"text": "x", "department": "sauna"}))
            .refused(422, "validation")
            .pointers(),
        ["/department"]
    );
    let issue = owner
        .post(&under("site-issues"), json!({"text": "Glass broken", "department": "procurement"}))
        .expect(201)
        .location();
    service.by("design").act(&issue, "resolve", json!({"resolution": "x"})).refused(404, "not_found");
    let resolved = service.by("procurement").act(&issue, "resolve", json!({"resolution": "Replaced"})).expect(200).body;
    assert_eq!((resolved["state"].as_str(), resolved["resolution"].as_str()), (Some("resolved"), Some("Replaced")));
    owner.act(&issue, "resolve", json!({"resolution": "again"})).refused(409, "state");
    service.put_at(&project, "settlement");
    for (kind, body) in [
        ("deliveries", json!({"what": "x"})),
        ("progress-entries", json!({"percent": 100, "text": "too late"})),
        ("site-issues", json!({"text": "x", "department": "design"})),
    ] {
        owner.post(&under(kind), body).refused(409, "state");
    }
}
