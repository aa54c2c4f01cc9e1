//! Tenders, commissions, securities, schemes, item lists, quotations.

use crate::harness::Service;
use serde_json::{Value, json};

const DEADLINE: &str = "2026-12-04T17:00:00+08:00";

fn tender(security: i64) -> Value {
    json!({"notice_no": "LJ-014", "submission_deadline": DEADLINE, "opening_at": "2026-12-07T10:00:00+08:00", "security_amount": security})
}

fn start() -> (Service, String) {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let path = format!("/v1/projects/{}", service.project_at("bidding"));
    (service, path)
}

#[test]
fn a_bid_needs_its_security_and_its_deadline() {
    let (service, path) = start();
    let (owner, finance) = (service.by("a_specialist_1"), service.by("finance"));
    let (tenders, securities) = (format!("{path}/tenders"), format!("{path}/securities"));
    service.by("design").post(&tenders, tender(0)).refused(403, "forbidden");
    service.by("b_specialist_1").post(&tenders, tender(0)).refused(404, "not_found");
    let mut early = tender(0);
    early["opening_at"] = json!("2026-12-04T16:00:00+08:00");
    assert_eq!(owner.post(&tenders, early).refused(422, "validation").pointers(), ["/opening_at"]);
    let at = owner.post(&tenders, tender(2_000_000)).expect(201).location();
    owner.post(&tenders, tender(0)).refused(409, "state");
    owner.act(&at, "submit-bid", json!({"amount": 5})).refused(409, "state");
    owner.post(&securities, json!({"purpose": "bid", "form": "cash", "amount": 2_000_000})).refused(403, "forbidden");
    finance
        .post(&securities, json!({"purpose": "bid", "form": "cash", "amount": 1, "paid_on": "2026-12-02"}))
        .refused(422, "validation");
    let paid = finance.post(&securities, json!({"purpose": "bid", "form": "cash", "amount": 1_999_999})).expect(201);
    assert_eq!(paid.body["tender_id"], owner.get(&at).body["id"]);
    owner.act(&at, "submit-bid", json!({"amount": 5})).refused(409, "state");
    finance.post(&securities, json!({"purpose": "bid", "form": "guarantee", "amount": 1})).expect(201);
    assert_eq!(owner.get(&at).body["security_paid_amount"], 2_000_000);
    owner
        .send("POST", &format!("{at}/submit-bid"), &[], Some(&json!({"amount": 5})))
        .refused(428, "precondition_required");
    service.clock("2026-12-04T17:00:01+08:00");
    owner.act(&at, "submit-bid", json!({"amount": 5})).refused(409, "state");
    owner.act(&at, "correct", json!({"submission_deadline": "2026-12-05T17:00:00+08:00"})).refused(422, "validation");
    // Each is compared with what stands of the other.
    for (name, moved) in
        [("submission_deadline", "2026-12-08T17:00:00+08:00"), ("opening_at", "2026-12-04T16:00:00+08:00")]
    {
        let one = json!({name: moved, "why": "moved by the client"});
        assert_eq!(owner.act(&at, "correct", one).refused(422, "validation").pointers(), [format!("/{name}")]);
    }
    owner
        .act(&at, "correct", json!({"submission_deadline": "2026-12-05T17:00:00+08:00", "why": "moved by the client"}))
        .expect(200);
    assert_eq!(owner.act(&at, "submit-bid", json!({"amount": 5})).expect(200).body["state"], "submitted");
    finance.act(&paid.location(), "void", json!({"reason": "x"})).refused(409, "state");
    owner.act(&at, "opening", json!({"bids": [{"bidder": "us", "amount": 5}]})).refused(409, "state");
    service.clock("2026-12-07T10:00:00+08:00");
    owner.act(&at, "opening", json!({"bids": []})).refused(422, "validation");
    assert_eq!(
        owner.act(&at, "opening", json!({"bids": [{"bidder": "us", "amount": 5}]})).expect(200).body["bids"][0]["amount"],
        5
    );
    let won = owner.act(&at, "result", json!({"result": "won", "note": "price"})).expect(200).body;
    assert_eq!(
        won["available_actions"][1],
        json!({"action": "submit_bid", "allowed": false, "refusal": "state", "missing": []})
    );
    owner.act(&at, "result", json!({"result": "lost"})).refused(409, "state");
    let kinds: Vec<String> = owner.get(&format!("{at}/history")).expect(200).body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["tender.registered", "tender.corrected", "tender.bid_submitted", "tender.opened", "tender.won"]);
}

#[test]
fn after_a_lost_tender_another_may_follow() {
    let (service, path) = start();
    let owner = service.by("a_specialist_1");
    let at = owner.post(&format!("{path}/tenders"), tender(0)).expect(201).location();
    owner.act(&at, "result", json!({"result": "won"})).refused(409, "state");
    owner.act(&at, "result", json!({"result": "cancelled"})).expect(200);
    let early = json!({"purpose": "bid", "form": "cash", "amount": 100});
    let early = service.by("finance").post(&format!("{path}/securities"), early).expect(201).body;
    assert!(early["tender_id"].is_null(), "it is for the next tender, not for the one called off");
    let second = owner.post(&format!("{path}/tenders"), tender(100)).expect(201).location();
    owner.act(&second, "submit-bid", json!({"amount": 5})).expect(200);
    owner.act(&second, "void", json!({"reason": "mistake"})).expect(200);
    owner.post(&format!("{path}/tenders"), tender(0)).expect(201);
    let steps = service.by("manager").get(&format!("{path}/steps")).expect(200).text();
    assert!(steps.contains("bid_won_or_direct_commission"), "{steps}");
}

#[test]
fn a_commission_is_recorded_once() {
    let (service, path) = start();
    let owner = service.by("a_specialist_1");
    let commissions = format!("{path}/commissions");
    let first = owner.post(&commissions, json!({"reason": "framework"})).expect(201).location();
    owner.post(&commissions, json!({"reason": "again"})).refused(409, "state");
    owner.act(&first, "void", json!({"reason": "mistake"})).expect(200);
    service.by("manager").post(&commissions, json!({"reason": "framework"})).expect(201);
    let missing = service.by("a_leader").act(&path, "steps/win", json!({})).refused(409, "evidence").missing();
    assert_eq!(missing, ["accepted_quotation", "confirmed_scheme", "deposit_received", "signed_contract"]);
}

#[test]
fn a_security_comes_back_in_parts_and_after_losing() {
    let (service, path) = start();
    let finance = service.by("finance");
    let at = finance
        .post(&format!("{path}/securities"), json!({"purpose": "bid", "form": "cash", "amount": 100}))
        .expect(201)
        .location();
    service.by("a_specialist_1").act(&path, "steps/lose", json!({"reason": "price"})).expect(200);
    service.by("manager").act(&at, "return", json!({})).refused(403, "forbidden");
    finance.act(&at, "return", json!({"amount": 101})).refused(409, "money");
    finance.act(&at, "return", json!({"amount": 0})).refused(422, "validation");
    finance.act(&at, "return", json!({"returned_on": "2026-11-30"})).refused(422, "validation");
    let part = finance.act(&at, "return", json!({"amount": 40})).expect(200).body;
    assert_eq!((part["state"].as_str(), part["outstanding_amount"].as_i64()), (Some("partly_returned"), Some(60)));
    finance.act(&at, "void", json!({"reason": "x"})).refused(409, "state");
    finance.act(&at, "return", json!({"amount": 61})).refused(409, "money");
    assert_eq!(finance.act(&at, "return", json!({})).expect(200).body["state"], "returned");
    finance.act(&at, "forfeit", json!({"reason": "x"})).refused(409, "state");
    let other = finance
        .post(
            &format!("{path}/securities"),
            json!({"purpose": "performance", "form": "guarantee", "amount": 7, "expires_on": "2027-01-01"}),
        )
        .expect(201)
        .location();
    assert_eq!(
        finance.act(&other, "forfeit", json!({"reason": "we withdrew"})).expect(200).body["outstanding_amount"],
        0
    );
}

#[test]
fn what_was_valid_before_is_so_again_when_its_successor_is_voided() {
    let (service, path) = start();
    let (owner, design) = (service.by("a_specialist_1"), service.by("design"));
    let void = |by: &crate::harness::Caller, at: &str| by.act(at, "void", json!({"reason": "mistake"})).expect(200);
    let state = |at: &str| owner.get(at).expect(200).body["state"].clone();
    let mut schemes = Vec::new();
    for title in ["Warm wood", "Tea room", "Brass"] {
        let at = design.post(&format!("{path}/schemes"), json!({"title": title})).expect(201).location();
        owner.act(&at, "confirm", json!({})).expect(200);
        schemes.push(at);
    }
    void(&design, &schemes[2]);
    assert_eq!((state(&schemes[0]), state(&schemes[1])), (json!("superseded"), json!("valid")));
    void(&design, &schemes[0]);
    assert_eq!(state(&schemes[1]), "valid");
    void(&design, &schemes[1]);
    let mut quotations = Vec::new();
    for price in [5, 6] {
        let quoted = json!({"lines": [{"code": "A", "name": "Sofa", "quantity": 1, "unit_price_amount": price}]});
        let at = owner.post(&format!("{path}/quotations"), quoted).expect(201).location();
        owner.act(&at, "accept", json!({})).expect(200);
        quotations.push(at);
    }
    void(&owner, &quotations[1]);
    assert_eq!(state(&quotations[0]), "accepted");
    let history = owner.get(&format!("{}/history", quotations[0])).expect(200).body;
    assert_eq!(history["data"][3]["kind"], "quotation.reinstated", "{history}");
}

#[test]
fn a_contract_for_which_a_security_was_paid_is_not_voided() {
    let (service, path) = start();
    let (owner, finance) = (service.by("a_specialist_1"), service.by("finance"));
    let draft = crate::contracts::by_share(1_000_000);
    let contract = owner.post(&format!("{path}/contracts"), draft).expect(201).location();
    let paid = json!({"purpose": "performance", "form": "cash", "amount": 100});
    let security = finance.post(&format!("{path}/securities"), paid).expect(201).location();
    owner.act(&contract, "void", json!({"reason": "mistake"})).refused(409, "state");
    finance.act(&security, "void", json!({"reason": "mistake"})).expect(200);
    owner.act(&contract, "void", json!({"reason": "mistake"})).expect(200);
}

#[test]
fn one_scheme_and_one_item_list_are_valid() {
    let (service, path) = start();
    let (owner, design) = (service.by("a_specialist_1"), service.by("design"));
    let (schemes, lists) = (format!("{path}/schemes"), format!("{path}/item-lists"));
    owner.post(&schemes, json!({"title": "x"})).refused(403, "forbidden");
    let first = design.post(&schemes, json!({"title": "Warm wood", "revision": 1})).expect(201).location();
    assert_eq!(
        design.post(&schemes, json!({"title": "x", "revision": 1})).refused(422, "validation").pointers(),
        ["/revision"]
    );
    design.post(&schemes, json!({"title": "x", "document_id": service.by("manager").id})).refused(422, "validation");
    let second = design.post(&schemes, json!({"title": "Tea room"})).expect(201);
    assert_eq!((second.body["revision"].as_i64(), second.body["department"].as_str()), (Some(2), Some("design")));
    let list = service.by("procurement").post(&lists, json!({"title": "Items", "revision": 1})).expect(201).location();
    design.act(&first, "confirm", json!({})).refused(403, "forbidden");
    service.by("b_leader").act(&first, "confirm", json!({})).refused(404, "not_found");
    let commented = owner.act(&first, "comment", json!({"comment": "too dark"})).expect(200).body;
    assert_eq!(
        (commented["comments"][0]["comment"].as_str(), commented["version"].as_i64()),
        (Some("too dark"), Some(2))
    );
    owner.act(&first, "confirm", json!({})).expect(200);
    owner.act(&first, "confirm", json!({})).refused(409, "state");
    owner.act(&list, "confirm", json!({})).expect(200);
    owner.act(&second.location(), "confirm", json!({})).expect(200);
    assert_eq!(design.get(&first).expect(200).body["state"], "superseded");
    assert_eq!(service.by("engineering").get(&list).expect(200).body["state"], "valid");
    assert_eq!(design.get(&lists).expect(200).body["data"].as_array().unwrap().len(), 1);
    assert_eq!(design.get(&format!("{schemes}?state=valid")).expect(200).body["data"].as_array().unwrap().len(), 2);
    owner.act(&first, "confirm", json!({})).expect(200);
    assert_eq!(design.get(&second.location()).expect(200).body["state"], "superseded");
    service.by("manager").act(&path, "steps/shelve", json!({"reason": "funds", "review_on": "2027-01-01"})).expect(200);
    design.post(&schemes, json!({"title": "x"})).refused(409, "state");
}

#[test]
fn a_quotation_is_worked_out_to_the_fen() {
    let (service, path) = start();
    let owner = service.by("a_specialist_1");
    let quotations = format!("{path}/quotations");
    let line = |quantity: Value, price: i64| json!({"code": "A", "name": "Sofa", "place": "801", "quantity": quantity, "unit_price_amount": price});
    let made = owner.post(&quotations, json!({"lines": [line(json!(1.5), 333), line(json!(2.505), 1000)], "discount_amount": 50, "tax_rate_bp": 1300})).expect(201);
    let figures: Vec<i64> =
        ["net_amount", "tax_amount", "total_amount"].iter().map(|f| made.body[*f].as_i64().unwrap()).collect();
    assert_eq!(figures, [2955, 384, 3339], "500 + 2505 - 50; 384.15");
    assert_eq!((&made.body["lines"][1]["quantity"], &made.body["lines"][0]["amount"]), (&json!(2.505), &json!(500)));
    assert!(made.body["number"].as_str().unwrap().starts_with("Q-2026-"));
    assert_eq!(
        owner
            .post(&quotations, json!({"lines": [line(json!(1), 10)], "discount_amount": 11}))
            .refused(422, "validation")
            .pointers(),
        ["/discount_amount"]
    );
    assert_eq!(
        owner.post(&quotations, json!({"lines": [line(json!(1.0005), 10)]})).refused(422, "validation").pointers(),
        ["/lines/0/quantity"]
    );
    owner.post(&quotations, json!({"lines": [line(json!(0), 10)]})).refused(422, "validation");
    owner.post(&quotations, json!({"lines": [line(json!("1"), 10)]})).refused(422, "validation");
    owner.post(&quotations, json!({"lines": []})).refused(422, "validation");
    owner.post(&quotations, json!({"lines": [line(json!(1), 10)], "tax_rate_bp": 10_001})).refused(422, "validation");
    owner.post(&quotations, json!({"lines": [line(json!(1), 10)], "revision": 3})).refused(422, "validation");
    owner
        .send("POST", &quotations, &[], Some(&json!({"lines": [line(json!(1), 10)]})))
        .refused(400, "idempotency_key_required");
    service.by("design").get(&made.location()).refused(403, "forbidden");
}

#[test]
fn one_quotation_is_accepted_and_a_late_acceptance_is_honoured() {
    let (service, path) = start();
    let owner = service.by("a_specialist_1");
    let quote = |until: Option<&str>| json!({"lines": [{"code": "A", "name": "Sofa", "quantity": 1, "unit_price_amount": 10}], "valid_until": until});
    let issue = |until: Option<&str>| owner.post(&format!("{path}/quotations"), quote(until)).expect(201).location();
    owner.post(&format!("{path}/quotations"), quote(Some("2026-11-30"))).refused(422, "validation");
    let (first, second, third) = (issue(Some("2026-12-05")), issue(Some("2026-12-05")), issue(None));
    service.by("finance").act(&first, "accept", json!({})).refused(403, "forbidden");
    owner.act(&first, "accept", json!({})).expect(200);
    service.clock("2026-12-06T00:00:00+08:00");
    assert_eq!(owner.get(&second).expect(200).body["expired"], true);
    owner.act(&second, "accept", json!({})).expect(200);
    owner.act(&third, "accept", json!({})).expect(200);
    assert_eq!(owner.get(&first).expect(200).body["state"], "superseded");
    owner.act(&third, "accept", json!({})).refused(409, "state");
    owner.act(&first, "accept", json!({})).expect(200);
    assert_eq!(owner.get(&third).expect(200).body["state"], "superseded", "the client came back to an earlier one");
    owner.act(&third, "accept", json!({})).expect(200);
    let by_number = owner.get(&third).expect(200).body["number"].as_str().unwrap().to_owned();
    assert_eq!(owner.get(&format!("/v1/quotations/{by_number}")).expect(200).body["state"], "accepted");
}
