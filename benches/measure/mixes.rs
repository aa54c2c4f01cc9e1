//! The requests that are measured.

use crate::load::Traffic;
use crate::sample::{PAGE, Sample};
use crate::service::PASSWORD;
use crate::wire::{Answer, request};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::rc::Rc;

/// What is asked, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mix {
    /// The token check and a fixed answer: the least that a request can cost.
    Static,
    /// One project with its client.
    Detail,
    /// A page of 50 projects of one front owner in one stage.
    Page,
    /// The first page of 50 of all projects.
    First,
    /// Page 1,000 of the same list.
    Deep,
    /// The ageing of one client.
    Ageing,
    /// The steps of one project with everything that is missing.
    Steps,
    /// A specialist's worklist.
    Worklist,
    /// A new inquiry.
    Inquiry,
    /// Shelving and resuming in turn.
    Move,
    /// Recording a payment with its allocation.
    Payment,
    /// Logging in.
    Login,
}

/// What a connection knows and did.
pub struct Sender {
    mix: Mix,
    sample: Rc<Sample>,
    seed: u64,
    /// The connection's own projects, with the version that was last acknowledged and whether it is shelved.
    own: Vec<(String, i64, bool)>,
    at: usize,
    /// Ids of what was created, as acknowledged: the ledger.
    pub created: Vec<String>,
    /// Moves that were acknowledged, with the version that each led to.
    pub moved: Vec<(String, i64)>,
    /// A write that has not been answered: it is sent again as it stands, as a careful client would.
    pub pending: Option<Vec<u8>>,
}

/// One sender for each connection; projects that are moved belong to one of them each.
pub fn senders(mix: Mix, sample: &Rc<Sample>, connections: usize) -> Vec<Sender> {
    (0..connections)
        .map(|n| Sender {
            mix,
            sample: Rc::clone(sample),
            // Another one in each run: a key that was used before would only be answered again.
            seed: uuid::Uuid::new_v4().as_u64_pair().0 | 1,
            own: sample.open.iter().skip(n).step_by(connections).take(200).cloned().collect(),
            at: 0,
            created: Vec::new(),
            moved: Vec::new(),
            pending: None,
        })
        .collect()
}

impl Sender {
    fn random(&mut self) -> u64 {
        // xorshift64*: enough to spread requests over the rows.
        self.seed ^= self.seed >> 12;
        self.seed ^= self.seed << 25;
        self.seed ^= self.seed >> 27;
        self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn pick(&mut self, among: usize) -> usize {
        usize::try_from(self.random() % u64::try_from(among.max(1)).unwrap_or(1)).unwrap_or_default()
    }

    fn project(&mut self) -> String {
        let n = self.pick(self.sample.projects.len());
        self.sample.projects.get(n).cloned().unwrap_or_default()
    }

    fn client(&mut self) -> String {
        let n = self.pick(self.sample.clients.len());
        self.sample.clients.get(n).cloned().unwrap_or_default()
    }

    fn read(&mut self) -> String {
        match self.mix {
            Mix::Static => "/measured/static".to_owned(),
            Mix::Detail => format!("/v1/projects/{}", self.project()),
            Mix::Page => {
                let n = self.pick(self.sample.owners.len());
                let (owner, stage) = self.sample.owners.get(n).cloned().unwrap_or_default();
                format!("/v1/projects?limit={PAGE}&front_owner={owner}&stage={stage}")
            }
            Mix::First => format!("/v1/projects?limit={PAGE}"),
            Mix::Deep => format!("/v1/projects?limit={PAGE}&cursor={}", self.sample.deep.clone().unwrap_or_default()),
            Mix::Ageing => format!("/v1/clients/{}/ageing", self.client()),
            Mix::Steps => format!("/v1/projects/{}/steps", self.project()),
            Mix::Worklist | Mix::Inquiry | Mix::Move | Mix::Payment | Mix::Login => "/v1/me/worklist".to_owned(),
        }
    }

    /// Every write has a key of its own, so that it can be sent again.
    fn key(&mut self) -> (String, String) {
        let key = format!("{:016x}{:016x}", self.random(), self.random());
        let line = format!("Idempotency-Key: {key}\r\n");
        (key, line)
    }

    fn inquiry(&mut self) -> Vec<u8> {
        let client = self.client();
        let (name, key) = self.key();
        let body = json!({ "client_id": client, "name": format!("Measured {name}"), "kind": "show_flat", "address": "1 Measured Road",
            "area_m2": 120.0, "channel": "phone", "needs": "As measured", "currency": "CNY" });
        request("POST", "/v1/inquiries", &self.sample.manager, &key, &body.to_string())
    }

    fn payment(&mut self) -> Vec<u8> {
        let n = self.pick(self.sample.unpaid.len());
        let (receivable, client) = self.sample.unpaid.get(n).cloned().unwrap_or_default();
        let (reference, key) = self.key();
        let today = chrono::Utc::now().date_naive() - chrono::TimeDelta::days(1);
        let body = json!({ "amount": 1, "currency": "CNY", "method": "transfer", "paid_on": today, "reference": reference,
            "to": [{ "receivable_id": receivable, "amount": 1 }] });
        request("POST", &format!("/v1/clients/{client}/payments"), &self.sample.finance, &key, &body.to_string())
    }

    fn shelve_or_resume(&mut self) -> Vec<u8> {
        self.at = (self.at + 1) % self.own.len().max(1);
        let (project, version, shelved) = self.own.get(self.at).cloned().unwrap_or_default();
        let (action, body) = match shelved {
            true => ("resume", String::new()),
            false => {
                let later = chrono::Utc::now().date_naive() + chrono::TimeDelta::days(60);
                ("shelve", json!({ "reason": "Measured", "review_on": later }).to_string())
            }
        };
        let (_, key) = self.key();
        let seen = format!("If-Match: \"{version}\"\r\n{key}");
        request("POST", &format!("/v1/projects/{project}/steps/{action}"), &self.sample.manager, &seen, &body)
    }
}

impl Traffic for Sender {
    fn next(&mut self) -> Vec<u8> {
        if let Some(pending) = &self.pending {
            return pending.clone();
        }
        match self.mix {
            Mix::Inquiry | Mix::Payment | Mix::Move => {
                let write = match self.mix {
                    Mix::Inquiry => self.inquiry(),
                    Mix::Payment => self.payment(),
                    _ => self.shelve_or_resume(),
                };
                self.pending = Some(write.clone());
                write
            }
            Mix::Login => {
                let body = json!({ "username": "a_specialist_1", "password": PASSWORD }).to_string();
                let from = format!("X-Forwarded-For: {}\r\n", crate::random_address());
                request("POST", "/v1/auth/login", "", &from, &body)
            }
            Mix::Worklist => request("GET", "/v1/me/worklist", &self.sample.specialist, "", ""),
            _ => {
                let path = self.read();
                request("GET", &path, &self.sample.manager, "", "")
            }
        }
    }

    fn answered(&mut self, answer: &Answer) -> bool {
        let good = (200..300).contains(&answer.status);
        if answer.status != 0 && answer.status != 503 {
            self.pending = None;
        }
        match self.mix {
            Mix::Inquiry | Mix::Payment if good => {
                let id = serde_json::from_slice::<Value>(&answer.body).ok();
                let id = id.as_ref().and_then(|body| body.get("id")).and_then(Value::as_str).map(str::to_owned);
                self.created.extend(id);
            }
            Mix::Move if good => {
                if let Some(own) = self.own.get_mut(self.at) {
                    own.1 += 1;
                    own.2 = !own.2;
                    self.moved.push((own.0.clone(), own.1));
                }
            }
            _ => {}
        }
        good
    }
}
