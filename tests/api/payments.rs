//! Payments, allocations, refunds, and what was owed on any day.

use crate::harness::{Backend, Caller, Seed, Service};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A client with one signed contract: deposit 100 due 10 January, interim 200 due 10 March, balance 300 pending; it is 20 January.
struct Account {
    service: Service,
    client: String,
    project: String,
    receivables: BTreeMap<String, String>,
}

impl Account {
    fn new() -> Self {
        Self::on(Backend::of_this_run())
    }

    fn on(backend: Backend) -> Self {
        let service = Service::start_on(backend, Seed::Company);
        let project = service.project_at("installation");
        let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
        let plan = [("deposit", 100, Some("2026-01-10")), ("interim", 200, Some("2026-03-10")), ("balance", 300, None)];
        let receivables = service.signed(&project, "2026-01-05T02:00:00Z", &plan);
        service.clock("2026-01-20T10:00:00+08:00");
        Self { service, client, project, receivables }
    }

    fn finance(&self) -> Caller {
        self.service.by("finance")
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/clients/{}/{rest}", self.client)
    }

    fn payment(&self, amount: i64, reference: &str, to: &[(&str, i64)]) -> Value {
        let to: Vec<Value> = to
            .iter()
            .map(|(kind, amount)| json!({ "receivable_id": self.receivables[*kind], "amount": amount }))
            .collect();
        json!({ "amount": amount, "paid_on": "2026-01-20", "reference": reference, "to": to })
    }

    /// Recorded and confirmed; its path.
    fn paid(&self, amount: i64, reference: &str, to: &[(&str, i64)]) -> String {
        let path =
            self.finance().post(&self.path("payments"), self.payment(amount, reference, to)).expect(201).location();
        self.finance().act(&path, "confirm", json!({})).expect(200);
        path
    }

    fn status(&self, kind: &str) -> (String, i64) {
        let row = self.finance().get(&format!("/v1/receivables/{}", self.receivables[kind])).expect(200).body;
        (row["status"].as_str().unwrap().to_owned(), row["paid_amount"].as_i64().unwrap())
    }

    /// Outstanding, confirmed, allocated, unapplied, refunded; confirmed must be the sum of the others.
    fn balance(&self, on: &str) -> [i64; 5] {
        let body = self.finance().get(&self.path(&format!("balance{on}"))).expect(200).body;
        let one = &body["currencies"][0];
        let figure = |name: &str| one[name].as_i64().unwrap_or(0);
        let all = ["outstanding_amount", "confirmed_amount", "allocated_amount", "unapplied_amount", "refunded_amount"]
            .map(figure);
        assert_eq!(all[1], all[2] + all[3] + all[4], "{body}");
        all
    }
}

#[test]
fn a_payment_counts_once_confirmed_and_a_name_never_spills_over() {
    let account = Account::new();
    let finance = account.finance();
    let made = finance
        .post(&account.path("payments"), account.payment(250, "R-1", &[("deposit", 100), ("balance", 50)]))
        .expect(201);
    assert_eq!(made.body["state"], "recorded");
    assert_eq!(account.balance(""), [600, 0, 0, 0, 0]);
    let path = made.location();
    account.service.by("a_specialist_1").act(&path, "confirm", json!({})).refused(403, "forbidden");
    finance.post(&format!("{path}/confirm"), json!({})).refused(428, "precondition_required");
    let confirmed = finance.act(&path, "confirm", json!({})).expect(200).body;
    assert_eq!(
        (confirmed["allocated_amount"].as_i64(), confirmed["unapplied_amount"].as_i64()),
        (Some(150), Some(100))
    );
    assert_eq!(account.status("deposit"), ("paid".to_owned(), 100));
    assert_eq!(account.status("balance"), ("partly_paid".to_owned(), 50), "by name before the trigger");
    assert_eq!(account.status("interim"), ("open".to_owned(), 0), "a named payment goes to nobody else");
    assert_eq!(account.balance(""), [450, 250, 150, 100, 0]);
    finance.act(&path, "confirm", json!({})).refused(409, "state");
    finance.act(&path, "void", json!({"reason": "x"})).refused(409, "state");
    assert_eq!(finance.get(&format!("{path}/history")).expect(200).body["data"].as_array().unwrap().len(), 2);
    assert_eq!(
        finance.get(&account.path("payments?reference=R-1&state=confirmed&include=total")).expect(200).body["total"],
        1
    );
    assert_eq!(finance.get(&account.path("allocations")).expect(200).body["data"].as_array().unwrap().len(), 2);
    account.service.by("b_specialist_1").get(&path).refused(404, "not_found");
    account.service.by("design").get(&path).refused(403, "forbidden");
}

#[test]
fn unnamed_money_goes_to_the_earliest_due_and_spares_pending_and_disputed_ones() {
    let account = Account::new();
    let interim = &account.receivables["interim"];
    account
        .service
        .by("a_specialist_1")
        .post(&format!("/v1/receivables/{interim}/disputes"), json!({"reason": "Two pieces"}))
        .expect(201);
    account.paid(350, "R-1", &[]);
    assert_eq!(account.status("deposit").1, 100);
    assert_eq!((account.status("interim").1, account.status("balance").1), (0, 0));
    assert_eq!(account.balance("")[3], 250);
    account.paid(10, "R-2", &[("interim", 10)]);
    assert_eq!(account.status("interim").1, 10, "a disputed one by name");
}

#[test]
fn what_cannot_be_right_is_refused_when_it_is_recorded() {
    let account = Account::new();
    let finance = account.finance();
    let post = |body: Value| finance.post(&account.path("payments"), body);
    post(account.payment(500, "R-1", &[("deposit", 101)])).refused(409, "money");
    post(account.payment(500, "R-1", &[("deposit", 60), ("deposit", 41)])).refused(409, "money");
    post(account.payment(100, "R-1", &[("deposit", 60), ("interim", 41)])).refused(409, "money");
    let mut body = account.payment(100, "R-1", &[("deposit", 60)]);
    body["currency"] = json!("USD");
    post(body).refused(409, "money");
    account
        .finance()
        .post(
            &format!("/v1/clients/{}/payments", account.service.client("a_specialist_1")),
            account.payment(100, "R-1", &[("deposit", 60)]),
        )
        .refused(409, "money");
    let mut body = account.payment(100, "R-1", &[]);
    body["to"] = json!([{ "receivable_id": account.project, "amount": 1 }]);
    assert_eq!(post(body).refused(422, "validation").pointers(), ["/to"]);
    let mut body = account.payment(100, "R-1", &[]);
    body["paid_on"] = json!("2026-01-21");
    assert_eq!(post(body).refused(422, "validation").pointers(), ["/paid_on"]);
    let mut body = account.payment(100, "R-1", &[]);
    body["payer"] = json!("Somebody else");
    assert_eq!(post(body).refused(422, "validation").pointers(), ["/authorisation_document_id"]);
    let mut body = account.payment(100, "R-1", &[]);
    body["matures_on"] = json!("2026-06-01");
    assert_eq!(post(body).refused(422, "validation").pointers(), ["/matures_on"]);
    let mut bill = account.payment(100, "R-0", &[]);
    bill["method"] = json!("acceptance_bill");
    assert_eq!(post(bill.clone()).refused(422, "validation").pointers(), ["/matures_on"]);
    bill["matures_on"] = json!("2026-06-01");
    post(bill).expect(201);
    post(account.payment(0, "R-1", &[])).refused(422, "validation");
    let made = post(account.payment(100, "R-1", &[])).expect(201).location();
    post(account.payment(100, "R-1", &[])).refused(409, "conflict");
    let seen = finance.etag(&made);
    finance.act(&made, "void", json!({"reason": "Typed twice"})).expect(200);
    for (act, body) in [("confirm", json!({})), ("void", json!({"reason": "Again"}))] {
        finance.act_at(&made, act, &seen, body.clone()).refused(412, "precondition_failed");
        let refused = finance.act(&made, act, body).refused(409, "state");
        assert_eq!(refused.body["detail"], "The record was voided.", "{act}");
    }
    post(account.payment(100, "R-1", &[])).expect(201);
    account
        .service
        .by("manager")
        .post(&account.path("payments"), account.payment(1, "R-9", &[]))
        .refused(403, "forbidden");
    finance
        .send("POST", &account.path("payments"), &[], Some(&account.payment(1, "R-9", &[])))
        .refused(400, "idempotency_key_required");
}

#[test]
fn what_was_closed_meanwhile_stays_unapplied() {
    let account = Account::new();
    let late = account
        .finance()
        .post(&account.path("payments"), account.payment(100, "R-1", &[("deposit", 100)]))
        .expect(201)
        .location();
    account.paid(70, "R-2", &[("deposit", 70)]);
    account.finance().act(&late, "confirm", json!({})).expect(200);
    assert_eq!((account.status("deposit").1, account.balance("")[3]), (100, 70));
}

#[test]
fn a_reversal_takes_its_allocations_back_and_history_stays() {
    let account = Account::new();
    let path = account.paid(150, "R-1", &[]);
    account.service.clock("2026-02-01T10:00:00+08:00");
    let reversed = account.finance().act(&path, "reverse", json!({"reason": "Dishonoured"})).expect(200).body;
    assert_eq!((reversed["state"].as_str(), reversed["reversed_on"].as_str()), (Some("reversed"), Some("2026-02-01")));
    assert!(reversed["allocations"][0]["reversed_at"].is_string());
    assert_eq!(account.balance(""), [600, 0, 0, 0, 0]);
    assert_eq!(account.balance("?on=2026-01-31"), [450, 150, 150, 0, 0], "it counted until the day before");
    assert_eq!(account.balance("?on=2026-01-19"), [600, 0, 0, 0, 0], "and not before it was paid");
    assert_eq!(account.balance("?on=2026-01-04"), [0, 0, 0, 0, 0], "nothing had arisen");
    account.finance().act(&path, "reverse", json!({"reason": "Again"})).refused(409, "state");
    account.finance().post(&account.path("payments"), account.payment(150, "R-1", &[])).expect(201);
    account.finance().post(&account.path("payments"), account.payment(150, "R-1", &[])).refused(409, "conflict");
    let refunded = account.paid(50, "R-2", &[("deposit", 10)]);
    account.finance().post(&account.path("refunds"), json!({"amount": 5})).expect(201);
    account.finance().act(&refunded, "reverse", json!({"reason": "Too late"})).refused(409, "money");
    assert_eq!(account.finance().foreseen(&refunded, "reverse").as_deref(), Some("money"));
}

#[test]
fn nothing_reopens_in_a_sealed_project() {
    let account = Account::new();
    let path = account.paid(110, "R-1", &[("deposit", 100)]);
    assert_eq!(account.finance().foreseen(&path, "reverse"), None);
    account.service.sealed(&account.project);
    account.finance().act(&path, "reverse", json!({"reason": "Dishonoured"})).refused(409, "state");
    assert_eq!(account.finance().foreseen(&path, "reverse").as_deref(), Some("state"));
    account
        .finance()
        .post(&account.path("allocations"), json!({"receivable_id": account.receivables["interim"], "amount": 1}))
        .refused(409, "state");
    account.paid(40, "R-2", &[]);
    assert_eq!(account.balance("")[3], 50, "unnamed money spares a sealed project");
}

#[test]
fn unapplied_money_is_allocated_by_finance_or_the_owner_and_refunded_by_finance() {
    let account = Account::new();
    account.paid(30, "R-1", &[("deposit", 10)]);
    account.paid(30, "R-2", &[("deposit", 10)]);
    let balance = json!({"receivable_id": account.receivables["balance"], "amount": 25});
    let allocate = |by: &str, body: &Value| account.service.by(by).post(&account.path("allocations"), body.clone());
    allocate("a_leader", &balance).refused(403, "not_party");
    allocate("manager", &balance).refused(403, "not_party");
    allocate("a_assistant", &balance).refused(403, "forbidden");
    let made = allocate("a_specialist_1", &balance).expect(201).body;
    assert_eq!(
        made["allocations"].as_array().unwrap().iter().map(|a| a["amount"].as_i64().unwrap()).collect::<Vec<_>>(),
        [20, 5],
        "the oldest first"
    );
    assert_eq!(made["unapplied_amount"], 15);
    allocate("finance", &json!({"receivable_id": account.receivables["balance"], "amount": 16})).refused(409, "money");
    allocate("finance", &json!({"receivable_id": account.project, "amount": 1})).refused(422, "validation");
    account.paid(500, "R-3", &[("deposit", 1)]);
    allocate("finance", &json!({"receivable_id": account.receivables["interim"], "amount": 201})).refused(409, "money");
    let refund =
        |by: &str, amount: i64| account.service.by(by).post(&account.path("refunds"), json!({"amount": amount}));
    refund("a_specialist_1", 1).refused(403, "forbidden");
    refund("finance", 515).refused(409, "money");
    let made = refund("finance", 514).expect(201);
    assert_eq!(made.body["parts"].as_array().unwrap().len(), 2);
    account.finance().get(&made.location()).expect(200);
    assert_eq!(account.balance(""), [554, 560, 46, 0, 514]);
}

#[test]
fn ageing_and_the_statement_hold_on_any_day() {
    let account = Account::new();
    account.paid(40, "R-1", &[]);
    account.service.clock("2026-04-20T10:00:00+08:00");
    account.service.amended(&account.receivables["balance"], "2026-04-20T02:00:00Z", 50);
    let ageing = |on: &str| {
        let body = account.finance().get(&account.path(&format!("ageing{on}"))).expect(200).body;
        let one = &body["currencies"][0];
        let bands: BTreeMap<String, i64> = one["bands"]
            .as_array()
            .unwrap()
            .iter()
            .map(|b| (b["band"].as_str().unwrap().to_owned(), b["amount"].as_i64().unwrap()))
            .collect();
        (bands["not_due"], bands["1-30"], bands["31-60"], bands["91-180"], one["pending_amount"].as_i64().unwrap())
    };
    assert_eq!(ageing("?on=2026-01-19"), (200, 100, 0, 0, 300));
    assert_eq!(ageing("?on=2026-01-20"), (200, 60, 0, 0, 300));
    assert_eq!(ageing(""), (0, 0, 200, 60, 350));
    let body = account.finance().get(&account.path("statement?from=2026-01-06&until=2026-12-31")).expect(200).body;
    let one = &body["accounts"][0];
    assert_eq!((one["opening_amount"].as_i64(), one["closing_amount"].as_i64()), (Some(600), Some(610)));
    assert_eq!(
        one["lines"].as_array().unwrap().iter().map(|l| l["kind"].as_str().unwrap()).collect::<Vec<_>>(),
        ["payment", "receivable_changed"]
    );
    account.finance().get(&account.path("statement?from=2026-02-01&until=2026-01-01")).refused(422, "validation");
    let list = |filter: &str| {
        account
            .finance()
            .get(&format!("/v1/projects/{}/receivables?include=total&{filter}", account.project))
            .expect(200)
            .body["total"]
            .as_i64()
            .unwrap()
    };
    assert_eq!(
        (
            list("overdue=true"),
            list("overdue=false"),
            list("status=pending"),
            list("status=partly_paid"),
            list("kind=deposit"),
            list("disputed=true")
        ),
        (2, 1, 1, 1, 1, 0)
    );
    let outstanding = account.finance().get(&format!("/v1/projects/{}/outstanding", account.project)).expect(200).body;
    assert_eq!(
        (outstanding["currencies"][0]["outstanding_amount"].as_i64(), outstanding["broken_promises"].as_i64()),
        (Some(610), Some(0))
    );
}

/// However many calls arrive at once, no receivable is over-allocated and no payment allocates more than it is.
#[test]
fn sixty_four_callers_never_allocate_the_same_money_twice() {
    for backend in Backend::all() {
        let account = Account::on(backend);
        account.paid(50, "R-1", &[("deposit", 10)]);
        account.paid(60, "R-2", &[("deposit", 10)]);
        let finance = account.finance();
        let url = account.path("allocations");
        let body = json!({"receivable_id": account.receivables["interim"], "amount": 7});
        let done: Vec<u16> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..64).map(|_| scope.spawn(|| finance.post(&url, body.clone()).status)).collect();
            callers.into_iter().map(|c| c.join().unwrap()).collect()
        });
        assert!(done.iter().all(|status| matches!(status, 201 | 409 | 503)), "{done:?}");
        let made = i64::try_from(done.iter().filter(|status| **status == 201).count()).unwrap();
        assert!(made <= 12 && (made == 12 || done.contains(&503)), "{made} of 90 ÷ 7 on {}", backend.name());
        assert_eq!(account.status("interim").1, 7 * made);
        assert_eq!(account.balance("")[3], 90 - 7 * made);
    }
}
