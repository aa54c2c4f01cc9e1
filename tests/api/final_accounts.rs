//! Final accounts: draft, submit, audit, confirm.

use crate::contracts::{amended, approve, by_share, file, now, owed, pay, signed, signing, start_at};
use crate::harness::Service;
use diesel::prelude::*;
use fitout::db::Id;
use fitout::db::schema::{adjustments, users};
use serde_json::{Value, json};

fn by_amount() -> Value {
    json!({ "template": "fit-out-standard", "amount": 30_000_000, "defects_liability_months": 12, "instalments": [
        { "kind": "deposit", "amount": 9_000_000, "days": 3 }, { "kind": "interim", "amount": 12_000_000 },
        { "kind": "balance", "amount": 7_500_000, "days": 15 }, { "kind": "retention", "amount": 1_500_000 } ] })
}

/// A project in settlement with a signed contract.
fn settling(draft: Value) -> (Service, String, String) {
    let (service, project) = start_at("bidding");
    let contract = signed(&service, &project, "a_specialist_1", draft);
    service.put_at(&project, "settlement");
    (service, project, contract)
}

fn draft(service: &Service, project: &str, deductions: i64) -> String {
    let body = json!({ "deductions": [{ "what": "Not delivered", "amount": deductions }] });
    service.by("c_specialist_1").post(&format!("/v1/projects/{project}/final-accounts"), body).expect(201).location()
}

fn paper(service: &Service, project: &str) -> Value {
    json!({ "document_id": file(service, project, "other"), "confirmed_on": "2026-03-04" })
}

fn amounts(service: &Service, contract: &str) -> Vec<i64> {
    owed(service, contract).into_iter().map(|(_, amount, _)| amount).collect()
}

#[test]
fn confirmation_makes_the_receivables_add_up_and_ends_the_contract() {
    let (service, project, contract) = settling(by_amount());
    let owner = service.by("c_specialist_1");
    pay(&service, &contract, "deposit", 9_000_000);
    pay(&service, &contract, "interim", 12_000_000);
    pay(&service, &contract, "balance", 500_000);
    let first = draft(&service, &project, 8_200_000);
    owner.act(&first, "confirm", paper(&service, &project)).refused(409, "money");
    assert_eq!(owner.foreseen(&first, "confirm").as_deref(), Some("money"));
    let second = draft(&service, &project, 6_000_000);
    assert_eq!(owner.get(&first).expect(200).body["state"], "replaced");
    assert_eq!(owner.foreseen(&second, "confirm"), None);
    owner.act(&first, "confirm", paper(&service, &project)).refused(409, "state");
    service.by("a_specialist_1").act(&second, "confirm", paper(&service, &project)).refused(403, "not_party");
    let mut wrong = paper(&service, &project);
    wrong["confirmed_on"] = json!("2026-03-05");
    assert_eq!(owner.act(&second, "confirm", wrong).refused(422, "validation").pointers(), ["/confirmed_on"]);
    let unknown = json!({ "document_id": Id::new(), "confirmed_on": "2026-03-04" });
    assert_eq!(owner.act(&second, "confirm", unknown).refused(422, "validation").pointers(), ["/document_id"]);
    let done = owner.act(&second, "confirm", paper(&service, &project)).expect(200).body;
    assert_eq!(
        (done["state"].as_str(), done["basis"].as_str(), done["amount"].as_i64()),
        (Some("confirmed"), Some("agreed"), Some(24_000_000))
    );
    let after = owed(&service, &contract);
    assert_eq!(
        after.iter().map(|(_, amount, _)| *amount).collect::<Vec<_>>(),
        [9_000_000, 12_000_000, 1_500_000, 1_500_000]
    );
    // Nothing was accepted: acceptance and the months count from the confirmation.
    assert_eq!((after[2].2.as_deref(), after[3].2.as_deref()), (Some("2026-03-19"), Some("2027-03-04")));
    assert_eq!(owner.get(&contract).expect(200).body["final_account_amount"], 24_000_000);

    owner.act(&second, "void", json!({ "reason": "x" })).refused(409, "state");
    owner.post(&format!("{contract}/amendments"), json!({ "amount": 1, "why": "x" })).refused(409, "state");
    owner.post(&format!("/v1/projects/{project}/contracts"), by_amount()).refused(409, "state");
    owner.post(&format!("/v1/projects/{project}/final-accounts"), json!({})).refused(409, "state");
}

#[test]
fn the_audited_figure_needs_its_reasons() {
    let (service, project, contract) = settling(by_share(10_000_000));
    let owner = service.by("c_specialist_1");
    let account = draft(&service, &project, 0);
    let audit = |amount: i64| json!({ "audited_amount": 9_700_000, "differences": [{ "what": "Curtains", "amount": amount, "reason": "Counted twice" }] });
    owner.act(&account, "audit", audit(-300_000)).refused(409, "state");
    owner.act(&account, "submit", json!({ "submitted_on": "2026-03-05" })).refused(422, "validation");
    assert_eq!(owner.act(&account, "submit", json!({})).expect(200).body["submitted_on"], "2026-03-04");
    assert_eq!(owner.act(&account, "audit", audit(-1)).refused(422, "validation").pointers(), ["/differences"]);
    assert_eq!(owner.act(&account, "audit", audit(-300_000)).expect(200).body["amount"], 9_700_000);
    owner.act(&account, "confirm", paper(&service, &project)).expect(200);
    assert_eq!(amounts(&service, &contract), [3_000_000, 4_000_000, 2_200_000, 500_000]);
    let overview = owner.get(&format!("/v1/projects/{project}/overview")).expect(200).body;
    assert_eq!(overview["final_account_amount"], 9_700_000, "what the audit made of it: {overview}");
}

/// An adjustment, straight in the database.
fn adjustment(service: &Service, project: &str, (cost, by_whom, state, order): (i64, &str, &str, bool)) {
    let id: Id = project.parse().unwrap();
    service.sql(|conn| {
        let person: Id = users::table.select(users::id).first(conn).unwrap();
        let row = (
            (
                adjustments::id.eq(Id::new()),
                adjustments::project_id.eq(id),
                adjustments::version.eq(1_i64),
                adjustments::round.eq(1_i64),
                adjustments::what.eq("Lamp"),
            ),
            (
                adjustments::cause.eq("client_change"),
                adjustments::source.eq("client"),
                adjustments::department.eq("design"),
                adjustments::cost_amount.eq(cost),
                adjustments::currency.eq("CNY"),
            ),
            (
                adjustments::borne_by.eq(by_whom),
                adjustments::state.eq(state),
                adjustments::variation_order_id.eq(order.then(Id::new)),
                adjustments::refusals.eq(0_i64),
            ),
            (adjustments::created_at.eq(now()), adjustments::created_by.eq(person), adjustments::updated_at.eq(now())),
        );
        diesel::insert_into(adjustments::table).values(row).execute(conn).unwrap();
    });
}

#[test]
fn billable_adjustments_and_signed_amendments_count() {
    let (service, project, contract) = settling(by_share(10_000_000));
    for one in [
        (325_000, "client", "confirmed", true),
        (7, "client", "confirmed", false),
        (11, "company", "confirmed", true),
        (13, "client", "done", true),
    ] {
        adjustment(&service, &project, one);
    }
    let outdated = draft(&service, &project, 500_000);
    amended(&service, &project, &contract, "c_specialist_1", json!({ "amount": 400_000, "why": "Planting" }));
    service.by("c_specialist_1").act(&outdated, "confirm", paper(&service, &project)).refused(409, "state");
    let account = draft(&service, &project, 500_000);
    let shown = service.by("c_specialist_1").get(&account).expect(200).body;
    let parts = ["contract_amount", "amendments_amount", "adjustments_amount", "deductions_amount", "total_amount"]
        .map(|name| shown[name].as_i64().unwrap());
    assert_eq!(parts, [10_000_000, 400_000, 325_000, 500_000, 10_225_000]);
    service.by("c_specialist_1").act(&account, "confirm", paper(&service, &project)).expect(200);
    assert_eq!(amounts(&service, &contract), [3_000_000, 4_000_000, 2_725_000, 500_000]);
}

#[test]
fn billable_adjustments_count_on_the_contract_in_their_currency() {
    let (service, project) = start_at("bidding");
    let mut abroad = by_share(1_000_000);
    abroad["currency"] = json!("USD");
    let abroad = signed(&service, &project, "a_specialist_1", abroad);
    let home = signed(&service, &project, "a_specialist_1", by_share(10_000_000));
    service.put_at(&project, "settlement");
    adjustment(&service, &project, (325_000, "client", "confirmed", true));
    for (contract, billed) in [(abroad, 0), (home, 325_000)] {
        let body = json!({ "contract_id": contract.rsplit('/').next(), "deductions": [] });
        let account = service.by("c_specialist_1").post(&format!("/v1/projects/{project}/final-accounts"), body);
        assert_eq!(account.expect(201).body["adjustments_amount"], billed, "{contract}");
    }
}

#[test]
fn an_invoice_is_not_issued_beyond_what_an_amendment_left() {
    let (service, project, contract) = settling(by_share(10_000_000));
    let (owner, finance) = (service.by("c_specialist_1"), service.by("finance"));
    let asked = json!({ "amount": 10_000_000 });
    let invoice = owner.post(&format!("/v1/projects/{project}/invoices"), asked).expect(201).location();
    amended(&service, &project, &contract, "c_specialist_1", json!({ "amount": -400_000, "why": "One flat less" }));
    finance.act(&invoice, "issue", json!({ "number": "0440" })).refused(409, "money");
    assert_eq!(finance.foreseen(&invoice, "issue").as_deref(), Some("money"));
    owner.act(&invoice, "void", json!({ "reason": "too much" })).expect(200);
    let asked = json!({ "amount": 9_600_000 });
    let invoice = owner.post(&format!("/v1/projects/{project}/invoices"), asked).expect(201).location();
    finance.act(&invoice, "issue", json!({ "number": "0440" })).expect(200);
}

#[test]
fn retention_agreed_as_a_share_of_the_final_account_is_set_from_it() {
    let mut agreed = by_share(10_000_000);
    agreed["retention_from_final_account"] = json!(true);
    let (service, project, contract) = settling(agreed);
    let account = draft(&service, &project, 1_000_000);
    service.by("c_leader").act(&account, "confirm", paper(&service, &project)).expect(200);
    assert_eq!(amounts(&service, &contract), [3_000_000, 4_000_000, 1_550_000, 450_000]);
}

#[test]
fn a_draft_needs_the_stage_a_contract_and_a_sum() {
    let (service, project) = start_at("acceptance");
    let path = format!("/v1/projects/{project}/final-accounts");
    service.by("manager").post(&path, json!({})).refused(409, "state");
    service.put_at(&project, "settlement");
    let owner = service.by("c_specialist_1");
    owner.post(&path, json!({})).refused(409, "state");
    let first = signed(&service, &project, "c_specialist_1", by_share(1_000_000));
    service.by("a_specialist_1").post(&path, json!({})).refused(403, "not_party");
    let too_much = json!({ "deductions": [{ "what": "x", "amount": 1_000_001 }] });
    assert_eq!(owner.post(&path, too_much).refused(422, "validation").pointers(), ["/deductions"]);
    signed(&service, &project, "c_specialist_1", by_share(2_000_000));
    assert_eq!(owner.post(&path, json!({})).refused(422, "validation").pointers(), ["/contract_id"]);
    let named = json!({ "contract_id": first.rsplit('/').next().unwrap() });
    assert_eq!(owner.post(&path, named).expect(201).body["total_amount"], 1_000_000);
}

#[test]
fn a_contract_signed_late_with_an_earlier_date_bills_nothing_again() {
    let (service, project, first) = settling(by_share(10_000_000));
    adjustment(&service, &project, (325_000, "client", "confirmed", true));
    let owner = service.by("c_specialist_1");
    let all = format!("/v1/projects/{project}/final-accounts");
    let second = owner.post(&format!("/v1/projects/{project}/contracts"), by_share(1_000_000)).expect(201).location();
    approve(&service, &second, "c_leader");
    let account = owner.post(&all, json!({})).expect(201).location();
    owner.act(&account, "confirm", paper(&service, &project)).expect(200);
    assert_eq!(amounts(&service, &first).iter().sum::<i64>(), 10_325_000);
    let mut body = signing(&service, &project);
    body["signed_on"] = json!("2026-03-01");
    owner.act(&second, "sign", body).expect(200);
    let id = second.rsplit('/').next().unwrap();
    let account = owner.post(&all, json!({"contract_id": id})).expect(201).location();
    assert_eq!(owner.get(&account).expect(200).body["adjustments_amount"], 0);
    owner.act(&account, "confirm", paper(&service, &project)).expect(200);
    assert_eq!(amounts(&service, &second).iter().sum::<i64>(), 1_000_000);
}

#[test]
fn contracts_in_two_currencies_are_invoiced_each_in_its_own() {
    let (service, project, _) = settling(by_share(1_000_000));
    let owner = service.by("c_specialist_1");
    let mut foreign = by_share(500_000);
    foreign["currency"] = json!("USD");
    signed(&service, &project, "c_specialist_1", foreign);
    let ask = |amount: i64, currency: Option<&str>| {
        let mut body = json!({"amount": amount});
        if let Some(currency) = currency {
            body["currency"] = json!(currency);
        }
        owner.post(&format!("/v1/projects/{project}/invoices"), body)
    };
    for currency in [None, Some("EUR")] {
        assert_eq!(ask(1, currency).refused(422, "validation").pointers(), ["/currency"]);
    }
    assert_eq!(ask(500_000, Some("USD")).expect(201).body["currency"], "USD");
    ask(1, Some("USD")).refused(409, "money");
    assert_eq!(ask(1_000_000, Some("CNY")).expect(201).body["currency"], "CNY");
}
