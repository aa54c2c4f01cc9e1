//! Whatever is done with money in whatever order, the sums of the domain hold after every step.

use crate::contracts::{approve, seals};
use crate::harness::{Answer, Backend, Seed, Service};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

#[derive(Debug, Clone)]
enum Step {
    Pay { amount: i64, to: Option<usize> },
    Confirm(usize),
    Reverse(usize),
    Allocate { to: usize, amount: i64 },
    Refund(i64),
    Propose { on: usize, amount: i64 },
    Approve(usize),
    Dispute(usize),
    Amend { on: usize, delta: i64 },
    Sign(usize),
    NextDay,
}

fn step() -> impl Strategy<Value = Step> {
    let amount = 1..400_i64;
    prop_oneof![
        4 => (amount.clone(), proptest::option::of(0..4_usize)).prop_map(|(amount, to)| Step::Pay { amount, to }),
        4 => any::<usize>().prop_map(Step::Confirm),
        1 => any::<usize>().prop_map(Step::Reverse),
        2 => (0..4_usize, amount.clone()).prop_map(|(to, amount)| Step::Allocate { to, amount }),
        1 => amount.clone().prop_map(Step::Refund),
        1 => (0..4_usize, amount).prop_map(|(on, amount)| Step::Propose { on, amount }),
        1 => any::<usize>().prop_map(Step::Approve),
        1 => (0..4_usize).prop_map(Step::Dispute),
        2 => (0..4_usize, -300..100_i64).prop_map(|(on, delta)| Step::Amend { on, delta }),
        2 => any::<usize>().prop_map(Step::Sign),
        1 => Just(Step::NextDay),
    ]
}

const KINDS: [&str; 4] = ["deposit", "interim", "balance", "retention"];

struct Books {
    service: Service,
    client: String,
    project: String,
    contract: String,
    /// Path and what it adds.
    amendments: Vec<(String, i64)>,
    receivables: Vec<String>,
    payments: Vec<String>,
    write_offs: Vec<String>,
    worth: i64,
    day: u32,
}

impl Books {
    fn open(backend: Backend) -> Self {
        let service = Service::start_on(backend, Seed::Company);
        let project = service.project_at("settlement");
        let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
        service.clock("2026-01-05T10:00:00+08:00");
        // Two are due on 10 January, the balance on 10 February, the retention on nothing that has happened yet.
        let plan = json!({ "template": "fit-out-standard", "amount": 1000, "defects_liability_months": 24, "instalments": [
            { "kind": "deposit", "amount": 300, "days": 5 }, { "kind": "interim", "amount": 300 },
            { "kind": "balance", "amount": 350, "days": 36, "trigger": "signing" }, { "kind": "retention", "amount": 50 } ] });
        let owner = service.by("c_specialist_1");
        let contract = owner.post(&format!("/v1/projects/{project}/contracts"), plan).expect(201).location();
        approve(&service, &contract, "c_leader");
        let signing = json!({ "signed_on": "2026-01-05", "planned_site_access_on": "2026-01-10", "document_id": service.document(&project, "contract_scan"), "seals": seals() });
        owner.act(&contract, "sign", signing).expect(200);
        let made = owner.get(&format!("/v1/projects/{project}/receivables")).expect(200).body;
        let of_kind = |kind: &&str| made["data"].as_array().unwrap().iter().find(|r| r["kind"] == **kind).unwrap();
        let receivables = KINDS.iter().map(|kind| of_kind(kind)["id"].as_str().unwrap().to_owned()).collect();
        service.clock("2026-02-01T09:00:00+08:00");
        Self {
            service,
            client,
            project,
            contract,
            amendments: Vec::new(),
            receivables,
            payments: Vec::new(),
            write_offs: Vec::new(),
            worth: 1000,
            day: 1,
        }
    }

    fn take(&mut self, n: usize, step: &Step) {
        let finance = self.service.by("finance");
        let owner = self.service.by("c_specialist_1");
        let client = format!("/v1/clients/{}", self.client);
        let one = |all: &[String], n: usize| all.get(n.checked_rem(all.len()).unwrap_or(0)).cloned();
        let answer =
            match step {
                Step::Pay { amount, to } => {
                    let to: Vec<Value> =
                        to.iter().map(|k| json!({ "receivable_id": self.receivables[*k], "amount": amount })).collect();
                    let made = finance.post(
                        &format!("{client}/payments"),
                        json!({ "amount": amount, "paid_on": "2026-01-30", "reference": format!("R-{n}"), "to": to }),
                    );
                    if made.is_success() {
                        self.payments.push(made.location());
                    }
                    Some(made)
                }
                Step::Confirm(k) => one(&self.payments, *k).map(|p| finance.act(&p, "confirm", json!({}))),
                Step::Reverse(k) => {
                    one(&self.payments, *k).map(|p| finance.act(&p, "reverse", json!({ "reason": "Dishonoured" })))
                }
                Step::Allocate { to, amount } => Some(owner.post(
                    &format!("{client}/allocations"),
                    json!({ "receivable_id": self.receivables[*to], "amount": amount }),
                )),
                Step::Refund(amount) => Some(finance.post(&format!("{client}/refunds"), json!({ "amount": amount }))),
                Step::Propose { on, amount } => {
                    let made = owner.post(
                        &format!("/v1/receivables/{}/write-offs", self.receivables[*on]),
                        json!({ "amount": amount, "reason": "Charges" }),
                    );
                    if made.is_success() {
                        self.write_offs.push(made.location());
                    }
                    Some(made)
                }
                Step::Approve(k) => {
                    one(&self.write_offs, *k).map(|w| self.service.by("manager").act(&w, "approve", json!({})))
                }
                Step::Dispute(on) => Some(owner.post(
                    &format!("/v1/receivables/{}/disputes", self.receivables[*on]),
                    json!({ "reason": "Fabric" }),
                )),
                Step::Amend { on, delta } => {
                    let delta = if *delta == 0 { 1 } else { *delta };
                    let body = json!({ "amount": delta, "on": KINDS[*on], "why": "Another room" });
                    let made = owner.post(&format!("{}/amendments", self.contract), body);
                    if made.is_success() {
                        self.amendments.push((made.location(), delta));
                    }
                    Some(made)
                }
                Step::Sign(k) => self.sign(*k),
                Step::NextDay => {
                    self.day += 1;
                    self.service.clock(&format!("2026-02-{:02}T09:00:00+08:00", self.day));
                    None
                }
            };
        if let Some(answer) = answer {
            assert!(answer.status < 300 || answer.status == 409, "{step:?}: {}", answer.text());
        }
    }

    /// Approves and signs an amendment; what has been paid since it was drafted may stand against it.
    fn sign(&mut self, k: usize) -> Option<Answer> {
        let (paper, delta) = self.amendments.get(k.checked_rem(self.amendments.len())?)?.clone();
        let reviewed =
            self.service.by("c_leader").act(&paper, "review", json!({ "verdict": "approved", "opinion": "Fine" }));
        assert!(matches!(reviewed.status, 200 | 409), "{}", reviewed.text());
        let scan = self.service.document(&self.project, "contract_scan");
        let body = json!({ "signed_on": format!("2026-02-{:02}", self.day), "document_id": scan, "seals": seals() });
        let signed = self.service.by("c_specialist_1").act(&paper, "sign", body);
        if signed.is_success() {
            self.worth += delta;
        }
        Some(signed)
    }

    fn check(&self) {
        let auditor = self.service.by("auditor");
        let rows = auditor.get(&format!("/v1/projects/{}/receivables", self.project)).expect(200).body;
        let sum = |name: &str| rows["data"].as_array().unwrap().iter().map(|r| r[name].as_i64().unwrap()).sum::<i64>();
        assert_eq!(sum("amount"), self.worth, "receivables add up to the contract's current value");
        assert!(
            rows["data"].as_array().unwrap().iter().all(|r| r["outstanding_amount"].as_i64().unwrap() >= 0),
            "nothing is over-allocated"
        );
        let list = auditor.get(&format!("/v1/clients/{}/payments?limit=200", self.client)).expect(200).body;
        let (mut confirmed, mut allocated, mut unapplied, mut refunded) = (0, 0, 0, 0);
        for payment in list["data"].as_array().unwrap() {
            let figure = |name: &str| payment[name].as_i64().unwrap();
            assert!(figure("allocated_amount") + figure("refunded_amount") <= figure("amount"));
            if payment["state"] == "confirmed" {
                confirmed += figure("amount");
                allocated += figure("allocated_amount");
                unapplied += figure("unapplied_amount");
                refunded += figure("refunded_amount");
            }
        }
        assert_eq!(confirmed, allocated + unapplied + refunded);
        assert_eq!(allocated, sum("paid_amount"), "what payments allocate is what receivables were paid");
        let balance =
            auditor.get(&format!("/v1/clients/{}/balance", self.client)).expect(200).body["currencies"][0].clone();
        let figures =
            ["outstanding_amount", "confirmed_amount", "allocated_amount", "unapplied_amount", "refunded_amount"]
                .map(|name| balance[name].as_i64().unwrap());
        assert_eq!(
            figures,
            [sum("outstanding_amount"), confirmed, allocated, unapplied, refunded],
            "figures made of events and days agree with the rows"
        );
        let ageing =
            auditor.get(&format!("/v1/clients/{}/ageing", self.client)).expect(200).body["currencies"][0].clone();
        let bands: i64 = ageing["bands"].as_array().unwrap().iter().map(|b| b["amount"].as_i64().unwrap()).sum();
        assert_eq!(bands + ageing["pending_amount"].as_i64().unwrap(), sum("outstanding_amount"));
        let account =
            auditor.get(&format!("/v1/clients/{}/statement", self.client)).expect(200).body["accounts"][0].clone();
        assert_eq!(
            account["closing_amount"].as_i64().unwrap(),
            sum("outstanding_amount") - unapplied,
            "the statement closes with what is owed less what is unapplied"
        );
    }
}

#[test]
fn the_sums_hold_whatever_is_done_in_whatever_order() {
    let config = Config { cases: 12, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&proptest::collection::vec(step(), 10..40), |steps| {
        let mut books = Books::open(Backend::of_this_run());
        for (n, step) in steps.iter().enumerate() {
            books.take(n, step);
            books.check();
        }
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}
