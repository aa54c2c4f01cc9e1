//! One project's life in the demo, stage by stage, each act by the person whose it is.

use super::caller::{Caller, id_of};
use serde_json::{Value, json};

/// What is particular to a project of the demo.
#[derive(Debug, Clone, Copy)]
pub struct Spec<'a> {
    /// The client's name.
    pub client: &'a str,
    /// The client's kind.
    pub client_kind: &'a str,
    /// The project's name.
    pub name: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its address.
    pub address: &'a str,
    /// Floor area in square metres.
    pub area: i64,
    /// The contract's amount in fen.
    pub amount: i64,
    /// The front group and owner.
    pub group: &'a str,
    /// The front owner.
    pub owner: &'a str,
}

/// A project on its way.
pub struct Life<'a> {
    caller: &'a Caller,
    spec: Spec<'a>,
    /// `/v1/projects/…`.
    path: String,
    id: String,
    client: String,
    contract: String,
}

type Done = Result<(), String>;

impl<'a> Life<'a> {
    /// The first call, the visit and the qualification.
    pub async fn inquiry(caller: &'a Caller, spec: Spec<'a>) -> Result<Self, String> {
        let client = json!({
            "name": spec.client, "kind": spec.client_kind, "grade": "B", "region": "Guangzhou", "source": "referral",
            "invoice_particulars": { "title": spec.client },
            "contacts": [
                { "name": "Ms Liang", "position": "Purchasing director", "phone": "020-5550-0102", "decision_maker": true, "is_primary": true },
                { "name": "Mr Ou", "position": "Design manager", "phone": "020-5550-0101" }
            ]
        });
        let client = id_of(&caller.post(spec.owner, "/v1/clients", client).await?)?;
        let inquiry = json!({
            "client_id": client, "channel": "referral", "name": spec.name, "kind": spec.kind, "address": spec.address, "area_m2": spec.area,
            "budget_amount": spec.amount, "wanted_from": caller.day(60), "wanted_until": caller.day(90), "needs": "Furnished and staged before the opening"
        });
        let id = id_of(&caller.post(spec.owner, "/v1/inquiries", inquiry).await?)?;
        let life = Self { caller, spec, path: format!("/v1/projects/{id}"), id, client, contract: String::new() };
        caller.pass(1, 0).await?;
        life.post(spec.owner, "interactions", json!({ "kind": "showroom_visit", "summary": "Shown two model rooms; budget and dates discussed", "attendees": ["Ms Liang"], "follow_up_on": caller.day(3) })).await?;
        Ok(life)
    }

    /// The project's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    async fn post(&self, by: &str, rest: &str, body: Value) -> Result<Value, String> {
        self.caller.post(by, &format!("{}/{rest}", self.path), body).await
    }

    async fn step(&self, by: &str, action: &str, body: Value) -> Done {
        self.caller.act(by, &self.path, &format!("steps/{action}"), body).await.map(|_| ())
    }

    async fn file(&self, category: &str, name: &str) -> Result<String, String> {
        self.caller.file(self.spec.owner, &self.id, category, name).await
    }

    /// Qualified; decided on by the manager.
    pub async fn qualify(&self) -> Done {
        let answers = json!({ "finances": 4, "value": 4, "effort": 3, "difficulty": 2, "decision_makers_known": true, "incumbent": "another staging house", "payment_habit": "pays within 45 days" });
        self.post(self.spec.owner, "qualifications", answers).await.map(|_| ())
    }

    /// Turned down.
    pub async fn decline(&self) -> Done {
        self.step("manager", "decline", json!({ "reason": "Too small for the distance" })).await
    }

    /// Taken on.
    pub async fn accept(&self) -> Done {
        self.qualify().await?;
        self.step("manager", "accept", json!({})).await
    }

    /// Assigned, the departments told.
    pub async fn assign(&self) -> Done {
        let group = self.caller.get("manager", &format!("/v1/groups/{}", self.spec.group)).await?;
        let owner = self.caller.person(self.spec.owner).await?;
        let body = json!({ "front_group_id": id_of(&group)?, "front_owner_id": owner });
        self.caller.act("manager", &self.path, "assign", body).await?;
        let sheet = self
            .post(
                "manager",
                "assignment-sheets",
                json!({ "departments": ["design", "procurement", "engineering"], "note": "The opening date is fixed" }),
            )
            .await?;
        let sheet = format!("/v1/assignment-sheets/{}/acknowledge", id_of(&sheet)?);
        for department in ["design", "procurement", "engineering"] {
            self.caller.post(department, &sheet, json!({})).await?;
        }
        Ok(())
    }

    /// In bidding by direct commission: scheme, quotation, contract on its way.
    pub async fn bid(&self) -> Done {
        let owner = self.spec.owner;
        self.step(owner, "launch", json!({})).await?;
        let memo = json!({ "to_department": "design", "subject": "Concept", "body": "Mood boards and plan by the date below", "reply_by": self.caller.day(5) });
        let memo = self.post(owner, "memos", memo).await?;
        self.caller
            .post("design", &format!("/v1/memos/{}/reply", id_of(&memo)?), json!({ "body": "Concept attached" }))
            .await?;
        self.post(
            owner,
            "instructions",
            json!({ "what": "No red anywhere", "place": "all rooms", "by_whom": "Ms Liang" }),
        )
        .await?;
        self.post(owner, "commissions", json!({ "reason": "Framework agreement" })).await?;
        self.caller.pass(5, 0).await?;
        let scheme = self.post("design", "schemes", json!({ "title": "Warm wood, linen, brass" })).await?;
        self.caller.act(owner, &format!("/v1/schemes/{}", id_of(&scheme)?), "confirm", json!({})).await?;
        let line = json!({ "code": "LUMP", "name": "Furnishing and staging", "place": "all", "quantity": 1, "unit_price_amount": self.spec.amount });
        let quotation = self
            .post(owner, "quotations", json!({ "lines": [line], "tax_rate_bp": 0, "valid_until": self.caller.day(60) }))
            .await?;
        self.caller.act(owner, &format!("/v1/quotations/{}", id_of(&quotation)?), "accept", json!({})).await.map(|_| ())
    }

    /// Drafted, reviewed, sealed and signed.
    pub async fn contract(&mut self) -> Done {
        let owner = self.spec.owner;
        let draft = json!({
            "template": "fit-out-standard", "amount": self.spec.amount, "defects_liability_months": 12,
            "instalments": [
                { "kind": "deposit", "share_bp": 3000, "days": 7 }, { "kind": "interim", "share_bp": 4000, "days": 0 },
                { "kind": "balance", "share_bp": 2500, "days": 30 }, { "kind": "retention", "share_bp": 500, "days": 0 }
            ]
        });
        self.contract = format!("/v1/contracts/{}", id_of(&self.post(owner, "contracts", draft).await?)?);
        self.caller.pass(1, 0).await?;
        self.caller
            .act(
                "c_leader",
                &self.contract,
                "review",
                json!({ "verdict": "approved", "opinion": "Damages are capped; fine" }),
            )
            .await?;
        if self.spec.amount > 50_000_000 {
            self.caller
                .act("manager", &self.contract, "review", json!({ "verdict": "approved", "opinion": "Second level" }))
                .await?;
        }
        let scan = self.file("contract_scan", "contract.pdf").await?;
        let seal = |party: &str| json!({ "party": party, "seal": "contract", "copies": 4, "sealed_by": "Office" });
        let sign = json!({ "signed_on": self.caller.day(0), "planned_site_access_on": self.caller.day(20), "document_id": scan, "seals": [seal("us"), seal("client")] });
        self.caller.act(owner, &self.contract, "sign", sign).await.map(|_| ())
    }

    /// What is due of this kind is paid and confirmed.
    pub async fn pay(&self, reference: &str, kind: &str) -> Done {
        let list = self.caller.get("finance", &format!("/v1/receivables?project={}", self.id)).await?;
        let rows = list.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
        let row =
            rows.iter().find(|r| r.get("kind").and_then(Value::as_str) == Some(kind)).ok_or("no such receivable")?;
        let (receivable, amount) = (row.get("id"), row.get("outstanding_amount"));
        let body = json!({ "amount": amount, "paid_on": self.caller.day(0), "reference": format!("{reference}-{kind}"), "to": [{ "receivable_id": receivable, "amount": amount }] });
        let payment = self.caller.post("finance", &format!("/v1/clients/{}/payments", self.client), body).await?;
        self.caller
            .act("finance", &format!("/v1/payments/{}", id_of(&payment)?), "confirm", json!({}))
            .await
            .map(|_| ())
    }

    /// On site: readiness, access, start, progress.
    pub async fn install(&self, reference: &str) -> Done {
        let owner = self.spec.owner;
        self.caller.pass(4, 0).await?;
        self.pay(reference, "deposit").await?;
        self.step(owner, "win", json!({})).await?;
        self.post(
            owner,
            "milestones",
            json!({ "department": "procurement", "name": "Goods ready", "planned_on": self.caller.day(14) }),
        )
        .await?;
        self.caller.pass(14, 0).await?;
        let ready = json!({ "items": { "water": true, "power": true, "lift": true, "doors": true, "cleaning": true, "storage": true } });
        self.post(owner, "site-readiness-checks", ready).await?;
        let paper = self.file("site_access_confirmation", "site-access-confirmation.pdf").await?;
        self.post(
            owner,
            "site-access-confirmations",
            json!({ "document_id": paper, "confirmed_on": self.caller.day(0) }),
        )
        .await?;
        self.pay(reference, "interim").await?;
        self.post(owner, "installation-starts", json!({})).await?;
        self.caller.pass(3, 0).await?;
        self.post(owner, "progress-entries", json!({ "percent": 55, "text": "Curtains and lighting" })).await?;
        self.post(
            owner,
            "site-issues",
            json!({ "text": "Chandelier glass broken in transit", "department": "procurement" }),
        )
        .await
        .map(|_| ())
    }

    /// Signed off; one request of the client's.
    pub async fn adjust(&self) -> Done {
        let owner = self.spec.owner;
        self.caller.pass(4, 0).await?;
        let paper = self.file("installation_sign_off", "staging-sign-off.pdf").await?;
        self.post(owner, "installation-sign-offs", json!({ "document_id": paper })).await?;
        self.step(owner, "finish_installation", json!({})).await?;
        let wish = json!({ "place": "tea room", "what": "Add a writing desk", "cause": "client_change", "department": "design", "due_on": self.caller.day(8), "cost_amount": 325_000, "borne_by": "client" });
        self.post(owner, "adjustments", wish).await.map(|_| ())
    }

    /// The request carried out; inspected and accepted.
    pub async fn acceptance(&self) -> Done {
        let owner = self.spec.owner;
        self.caller.pass(5, 0).await?;
        let open = self.caller.get("manager", &format!("{}/adjustments", self.path)).await?;
        for request in open.get("data").and_then(Value::as_array).into_iter().flatten() {
            let request = format!("/v1/adjustments/{}", id_of(request)?);
            self.caller.act("design", &request, "complete", json!({})).await?;
            let order = self.file("variation_order", "variation-order.pdf").await?;
            self.caller.act(owner, &request, "confirm", json!({ "document_id": order })).await?;
        }
        self.step(owner, "request_acceptance", json!({})).await?;
        self.caller.pass(2, 0).await?;
        self.post(owner, "inspections", json!({ "items": [{ "name": "Furniture against list", "passed": true }, { "name": "Lighting", "passed": true }] })).await?;
        let paper = self.file("acceptance_certificate", "acceptance-certificate.pdf").await?;
        self.post(owner, "acceptance-certificates", json!({ "document_id": paper, "accepted_on": self.caller.day(0) }))
            .await
            .map(|_| ())
    }

    /// Handed to the back group, file by file.
    pub async fn transfer(&self) -> Done {
        let owner = self.spec.owner;
        self.post(owner, "project-summaries", json!({ "went_well": "The scheme carried the bid", "problems": "Glass in transit", "lessons": "Crate glass separately" })).await?;
        let mut documents = Vec::new();
        for category in [
            "contract_scan",
            "confirmed_scheme",
            "final_item_list",
            "quotation",
            "assignment_sheet",
            "site_access_confirmation",
            "acceptance_certificate",
            "memos",
            "photos",
        ] {
            documents.push(
                json!({ "category": category, "document_id": self.file(category, &format!("{category}.pdf")).await? }),
            );
        }
        let transfer = self.post(owner, "transfers", json!({ "documents": documents })).await?;
        let open = self.caller.get("manager", &format!("{}/instructions?state=open", self.path)).await?;
        let open: Vec<Value> = open
            .get("data")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|i| i.get("id").cloned())
            .collect();
        self.caller
            .act(
                "c_specialist_1",
                &format!("/v1/transfers/{}", id_of(&transfer)?),
                "accept",
                json!({ "acknowledges": open }),
            )
            .await
            .map(|_| ())
    }

    /// The final account agreed, the balance invoiced.
    pub async fn settle_account(&self) -> Done {
        let back = "c_specialist_1";
        self.caller.pass(5, 0).await?;
        let account = self
            .post(back, "final-accounts", json!({ "deductions": [{ "what": "Rug delivered late", "amount": 50_000 }] }))
            .await?;
        let paper = self.caller.file(back, &self.id, "final_account", "final-account.pdf").await?;
        let account = format!("/v1/final-accounts/{}", id_of(&account)?);
        self.caller
            .act(back, &account, "confirm", json!({ "document_id": paper, "confirmed_on": self.caller.day(0) }))
            .await
            .map(|_| ())
    }

    /// Everything paid; the file goes to the archive.
    pub async fn close(&self, reference: &str) -> Done {
        self.pay(reference, "balance").await?;
        self.pay(reference, "retention").await?;
        self.step("c_specialist_1", "settle", json!({})).await
    }

    /// Placed, sealed and archived.
    pub async fn archive(&self) -> Done {
        let back = "c_specialist_1";
        self.post(back, "paper-files", json!({ "room": "Archive 1", "shelf": "R2-04", "box": "2026-017" })).await?;
        self.caller.act(back, &self.path, "seal", json!({})).await?;
        self.step(back, "archive", json!({})).await
    }

    /// Lost to somebody else, before a contract was signed.
    pub async fn lose(&self) -> Done {
        self.step(self.spec.owner, "lose", json!({ "reason": "Another house was cheaper" })).await
    }

    /// Put aside.
    pub async fn shelve(&self) -> Done {
        self.step(
            "manager",
            "shelve",
            json!({ "reason": "The client's lender has not released the funds", "review_on": self.caller.day(60) }),
        )
        .await
    }

    /// The client complains.
    pub async fn complain(&self) -> Done {
        let body = json!({ "client_id": self.client, "project_id": self.id, "channel": "phone", "severity": "normal", "what": "A wardrobe door scrapes since last week" });
        self.caller.post("c_specialist_1", "/v1/complaints", body).await.map(|_| ())
    }
}
