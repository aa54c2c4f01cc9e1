//! What the mixes ask about, read from the service that is measured.

use crate::Failed;
use crate::service::sign_in;
use crate::wire::{Wire, request};
use serde_json::Value;

/// Rows of a page, and the page that counts as deep.
pub const PAGE: usize = 50;
/// The deep page.
pub const DEEP: usize = 1000;

/// Everything that the mixes need to know.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// The manager's token.
    pub manager: String,
    /// Finance's token.
    pub finance: String,
    /// A specialist's token.
    pub specialist: String,
    /// That specialist.
    pub specialist_id: String,
    /// Projects anywhere.
    pub projects: Vec<String>,
    /// Projects that can be shelved or resumed, with their versions, and whether they are shelved.
    pub open: Vec<(String, i64, bool)>,
    /// Clients.
    pub clients: Vec<String>,
    /// Front owners with a stage in which each has projects.
    pub owners: Vec<(String, String)>,
    /// Cursor of the deep page, where the list is so long.
    pub deep: Option<String>,
    /// Receivables that are not paid, with their clients.
    pub unpaid: Vec<(String, String)>,
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn rows(page: &Value) -> &[Value] {
    page.get("data").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

async fn get(wire: &mut Wire, path: &str, token: &str) -> Result<Value, Failed> {
    wire.send(&request("GET", path, token, "", "")).await?.json()
}

impl Sample {
    /// Signs in and reads what there is.
    pub async fn take(address: &str) -> Result<Self, Failed> {
        let mut sample = Self {
            manager: sign_in(address, "manager").await?,
            finance: sign_in(address, "finance").await?,
            specialist: sign_in(address, "a_specialist_1").await?,
            ..Self::default()
        };
        let mut wire = Wire::to(address);
        let me = get(&mut wire, "/v1/me", &sample.specialist).await?;
        sample.specialist_id = text(&me, "id").unwrap_or_default().to_owned();
        sample.walk(&mut wire).await?;
        let mut path = "/v1/clients?limit=200".to_owned();
        for _ in 0..20 {
            let page = get(&mut wire, &path, &sample.manager).await?;
            sample.clients.extend(rows(&page).iter().filter_map(|row| text(row, "id")).map(str::to_owned));
            let Some(next) = text(&page, "next") else { break };
            path = format!("/v1/clients?limit=200&cursor={next}");
        }
        Ok(sample)
    }

    async fn walk(&mut self, wire: &mut Wire) -> Result<(), Failed> {
        let mut path = "/v1/projects?limit=200".to_owned();
        for pages in 1..=(DEEP * PAGE / 200) {
            let page = get(wire, &path, &self.manager).await?;
            for row in rows(&page) {
                self.note(row);
            }
            let Some(next) = text(&page, "next") else { return Ok(()) };
            if pages == (DEEP - 1) * PAGE / 200 {
                self.deep = Some(next.to_owned());
            }
            path = format!("/v1/projects?limit=200&cursor={next}");
        }
        Ok(())
    }

    fn note(&mut self, row: &Value) {
        let (Some(id), Some(stage)) = (text(row, "id"), text(row, "stage")) else { return };
        self.projects.push(id.to_owned());
        let version = row.get("version").and_then(Value::as_i64);
        if let (Some(version), "assignment" | "bidding" | "installation" | "adjustment" | "shelved") = (version, stage)
        {
            self.open.push((id.to_owned(), version, stage == "shelved"));
        }
        if let (Some(owner), true) = (text(row, "front_owner_id"), self.owners.len() < 2000) {
            self.owners.push((owner.to_owned(), stage.to_owned()));
        }
    }

    /// Looks for receivables that can still take money, for at most this many.
    pub async fn unpaid(&mut self, address: &str, wanted: usize) -> Result<(), Failed> {
        let mut wire = Wire::to(address);
        let mut path = "/v1/receivables?limit=200".to_owned();
        while self.unpaid.len() < wanted {
            let page = get(&mut wire, &path, &self.finance).await?;
            for row in rows(&page)
                .iter()
                .filter(|row| row.get("outstanding_amount").and_then(Value::as_i64).unwrap_or_default() > 1000)
            {
                if let (Some(id), Some(client)) = (text(row, "id"), text(row, "client_id")) {
                    self.unpaid.push((id.to_owned(), client.to_owned()));
                }
            }
            let Some(next) = text(&page, "next") else { return Ok(()) };
            path = format!("/v1/receivables?limit=200&cursor={next}");
        }
        Ok(())
    }
}
