//! `?dry_run=true` answers as the act itself would, and leaves nothing behind.

use crate::harness::Service;
use diesel::prelude::*;
use fitout::db::schema::{events, idempotency_keys, number_series};
use serde_json::{Value, json};

/// Everything that a trial must not move: events, kept answers, numbers.
fn traces(service: &Service) -> (i64, i64, i64) {
    service.sql(|conn| {
        let count = |n: QueryResult<i64>| n.unwrap();
        (
            count(events::table.count().get_result(conn)),
            count(idempotency_keys::table.count().get_result(conn)),
            count(
                number_series::table
                    .select(diesel::dsl::max(number_series::last))
                    .first::<Option<i64>>(conn)
                    .map(Option::unwrap_or_default),
            ),
        )
    })
}

/// Without what is made anew each time.
fn plain(body: &Value) -> Value {
    let mut body = body.clone();
    for name in ["id", "request_id", "created_at", "updated_at", "accepted_at", "stage_entered_at"] {
        body.as_object_mut().unwrap().remove(name);
    }
    body
}

#[test]
fn a_trial_answers_the_same_and_saves_nothing() {
    let service = Service::start();
    service.clock("2026-11-30T09:00:00+08:00");
    let (owner, manager) = (service.by("a_specialist_1"), service.by("manager"));
    let client = service.client("a_specialist_1");
    let inquiry = json!({"client_id": client, "channel": "phone", "name": "Show flats", "kind": "show_flat", "needs": "Two rooms"});
    let before = traces(&service);
    let tried = owner.post("/v1/inquiries?dry_run=true", inquiry.clone()).expect(201);
    assert_eq!(traces(&service), before);
    owner.get(&tried.location()).refused(404, "not_found");
    let made = owner.post("/v1/inquiries", inquiry).expect(201);
    assert_eq!(plain(&tried.body), plain(&made.body), "the number that the trial showed was not used");

    let path = format!("/v1/projects/{}", made.id());
    let refused = manager.act(&path, "steps/accept?dry_run=true", json!({})).refused(409, "evidence");
    assert_eq!(refused.missing(), ["interaction_logged", "qualification"]);
    owner.act(&path, "steps/accept?dry_run=true", json!({})).refused(403, "not_party");
    let unseen = [("idempotency-key", "k1")];
    manager
        .send("POST", &format!("{path}/steps/accept?dry_run=true"), &unseen, None)
        .refused(428, "precondition_required");
    for evidence in ["interaction_logged", "qualification"] {
        let body = json!({"evidence": evidence, "reason": "An old friend"});
        manager.post(&format!("{path}/waivers"), body).expect(201);
    }
    let before = traces(&service);
    let tried = manager.act(&path, "steps/accept?dry_run=true", json!({})).expect(200);
    assert_eq!((tried.body["stage"].as_str(), traces(&service)), (Some("assignment"), before));
    assert_eq!(service.see(&made.id())["stage"], "intake");
    let done = manager.act(&path, "steps/accept", json!({})).expect(200);
    assert_eq!(plain(&tried.body), plain(&done.body));
}

#[test]
fn a_trial_of_money_moves_none_and_keeps_no_key() {
    let service = Service::start();
    service.clock("2026-01-20T10:00:00+08:00");
    let project = service.project_at("settlement");
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    service.signed(
        &project,
        "2026-01-01T10:00:00+08:00",
        &[("deposit", 500, Some("2026-01-10")), ("balance", 500, None)],
    );
    let finance = service.by("finance");
    let paid = json!({ "amount": 300, "paid_on": "2026-01-20", "reference": "R-1" });
    let headers = [("idempotency-key", "the-trial")];
    let payments = format!("/v1/clients/{client}/payments");
    let tried = finance.send("POST", &format!("{payments}?dry_run=true"), &headers, Some(&paid)).expect(201);
    let payment = finance.send("POST", &payments, &headers, Some(&paid)).expect(201);
    assert_eq!((tried.header("idempotent-replayed"), payment.header("idempotent-replayed")), ("", ""));
    let payment = payment.location();
    let before = traces(&service);
    let tried = finance.act(&payment, "confirm?dry_run=true", json!({})).expect(200);
    assert_eq!((tried.body["state"].as_str(), tried.body["allocated_amount"].as_i64()), (Some("confirmed"), Some(300)));
    assert_eq!(finance.get(&payment).expect(200).body["state"], "recorded");
    assert_eq!(traces(&service), before);
    let done = finance.act(&payment, "confirm", json!({})).expect(200);
    assert_eq!(done.body["allocated_amount"], 300);
    finance.act(&payment, "confirm?dry_run=yes", json!({})).refused(400, "bad_request");
}

/// Files are no rows: an upload has no trial, and says so.
#[test]
fn what_has_no_trial_refuses_the_parameter() {
    let service = Service::start();
    let project = service.inquiry("a_specialist_1");
    let path = format!("/v1/projects/{project}/documents?dry_run=true");
    service.by("a_specialist_1").upload_bytes(&path, "photos", "a.pdf", b"%PDF-1.4").refused(400, "unknown_parameter");
    service.by("manager").send("POST", "/v1/auth/logout?dry_run=true", &[], None).refused(400, "unknown_parameter");
}
