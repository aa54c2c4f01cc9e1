//! A paper that an act rests on stays what it is, however the act came to it.

use crate::contracts::{approve, by_share, seals, start_at};
use crate::harness::{Caller, Service};
use serde_json::{Value, json};

/// Neither voided nor called something else.
#[track_caller]
fn is_kept(caller: &Caller, document: &str) {
    caller.act(document, "void", json!({"reason": "mistake"})).refused(409, "state");
    caller.patch(document, json!({"category": "other"})).refused(409, "state");
}

fn upload(by: &Caller, project: &str, category: &str) -> (String, Value) {
    let made = by.upload(project, category, "x.pdf").expect(201);
    (made.location(), made.body["id"].clone())
}

#[test]
fn a_scan_that_was_found_on_file_is_used_up_by_the_signing() {
    let (service, project) = start_at("bidding");
    let owner = service.by("a_specialist_1");
    let draft = || {
        let at = owner.post(&format!("/v1/projects/{project}/contracts"), by_share(1_000_000)).expect(201).location();
        approve(&service, &at, "c_leader");
        at
    };
    let (first, second) = (draft(), draft());
    let (scan, _) = upload(&owner, &project, "contract_scan");
    let signing = json!({"signed_on": "2026-03-04", "planned_site_access_on": "2026-04-20", "seals": seals()});
    owner.act(&first, "sign", signing.clone()).expect(200);
    is_kept(&owner, &scan);
    owner.act(&second, "sign", signing.clone()).refused(409, "state");
    upload(&owner, &project, "contract_scan");
    owner.act(&second, "sign", signing).expect(200);
}

#[test]
fn the_file_of_a_scheme_and_a_payers_authorisation_are_kept() {
    let (service, project) = start_at("bidding");
    let (design, owner, finance) = (service.by("design"), service.by("a_specialist_1"), service.by("finance"));
    let (file, id) = upload(&owner, &project, "drawing");
    let scheme = json!({"title": "Concept A", "document_id": id});
    design.post(&format!("/v1/projects/{project}/schemes"), scheme).expect(201);
    is_kept(&owner, &file);
    let (letter, id) = upload(&owner, &project, "payment_authorisation");
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    let paid = json!({"amount": 5, "paid_on": "2026-03-04", "reference": "B-1", "payer": "Riverside Holdings", "authorisation_document_id": id});
    let payment = finance.post(&format!("/v1/clients/{client}/payments"), paid).expect(201).location();
    is_kept(&owner, &letter);
    finance.act(&payment, "void", json!({"reason": "mistake"})).expect(200);
    owner.act(&letter, "void", json!({"reason": "mistake"})).expect(200);
}

#[test]
fn nothing_comes_into_a_sealed_project_by_another_name() {
    let service = Service::start();
    let project = service.project_at("archiving");
    service.sealed(&project);
    let owner = service.by("c_specialist_1");
    let (file, _) = upload(&owner, &project, "complaint");
    owner.patch(&file, json!({"category": "contract_scan"})).refused(409, "state");
    owner.patch(&file, json!({"title": "The client's letter"})).expect(200);
}

#[test]
fn a_paper_is_free_again_when_the_record_that_filed_it_is_voided() {
    let service = Service::start();
    let project = service.project_at("installation");
    let owner = service.by("a_specialist_1");
    let (paper, id) = upload(&owner, &project, "other");
    let all = format!("/v1/projects/{project}/site-access-confirmations");
    let body = json!({"document_id": id, "confirmed_on": "2026-01-20"});
    let record = |body: &Value| owner.post(&all, body.clone()).expect(201).location();
    let (first, second) = (record(&body), record(&body));
    owner.act(&first, "void", json!({"reason": "mistake"})).expect(200);
    is_kept(&owner, &paper);
    owner.act(&second, "void", json!({"reason": "mistake"})).expect(200);
    owner.patch(&paper, json!({"category": "photos"})).expect(200);
    record(&body);
    is_kept(&owner, &paper);
}
