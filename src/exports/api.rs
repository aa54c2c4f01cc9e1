//! Exports over HTTP.

use super::walk_api::{Export, walk};
use super::writing::ExportFormat;
use crate::access::{Access, ClientsRead, ComplaintsRead, EventsRead, MoneyRead, ProjectsRead};
use crate::clients::{self, api::ClientFilter};
use crate::complaints::{self, api::ComplaintFilter};
use crate::contracts::Contract;
use crate::events;
use crate::feed::{self, FeedFilter};
use crate::http::{OperationDraft, Problem, Query, Routes};
use crate::payments::{self, api::PaymentFilter};
use crate::projects::{self, api::ProjectFilter};
use crate::receivables::{self, api::ReceivableFilter};
use crate::records::{self, AsOf, RecordFilter};
use actix_web::HttpResponse;
use actix_web::http::Method;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

/// One for each of the large lists.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Exports",
        "Whole lists in one answer, for spreadsheets (CSV) and programs (a JSON object a line): the rows, filters and sight of the list of the same name, oldest first. Rows that come while it \
         is read may be in it; none that stays is missing or there twice. Amounts are fen. An answer that breaks off before its end is not complete.",
    );
    r.schema::<ExportFormat>();
    r.raw(Method::GET, "/v1/exports/clients", export_clients, "Export clients", ABOUT, told);
    r.raw(Method::GET, "/v1/exports/projects", export_projects, "Export projects", ABOUT, told);
    let bare = format!(
        "{ABOUT} Each contract as it is stored: its instalments, reviews and final account are read with the contract."
    );
    r.raw(Method::GET, "/v1/exports/contracts", export_contracts, "Export contracts", &bare, |op| {
        told(op.words("state", &records::state_words::<Contract>()));
    });
    r.raw(Method::GET, "/v1/exports/receivables", export_receivables, "Export receivables", ABOUT, told);
    r.raw(Method::GET, "/v1/exports/payments", export_payments, "Export payments", ABOUT, told);
    r.raw(Method::GET, "/v1/exports/complaints", export_complaints, "Export complaints", ABOUT, told);
    r.raw(Method::GET, "/v1/exports/events", export_events, "Export events", ABOUT, told);
}

const ABOUT: &str = "Streamed part by part. In CSV what has parts is JSON in its cell, and text that a spreadsheet would run as a formula begins with an apostrophe.";

fn told(op: &mut OperationDraft) {
    op.bytes_answer(200, "text/csv", "All rows, as CSV.");
    op.bytes_answer(200, "application/x-ndjson", "All rows: CSV, or with `format=ndjson` a JSON object a line.");
}

/// How an export is written.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToExport {
    /// How rows are written; `csv` unless said.
    pub format: Option<ExportFormat>,
}

impl HowToExport {
    fn format(&self) -> ExportFormat {
        self.format.unwrap_or(ExportFormat::Csv)
    }
}

type Exported = Result<HttpResponse, Problem>;

async fn export_clients(access: Access<ClientsRead>, query: Query<ClientFilter>, how: Query<HowToExport>) -> Exported {
    let export = Export::new("clients", &["number", "name", "kind"], how.format());
    walk(access, export, move |tx, page| clients::api::listed(tx, &query, page)).await
}

async fn export_projects(
    access: Access<ProjectsRead>,
    query: Query<ProjectFilter>,
    how: Query<HowToExport>,
) -> Exported {
    let export = Export::new("projects", &["number", "inquiry_number", "name", "kind", "stage"], how.format());
    walk(access, export, move |tx, page| projects::api::listed(tx, &query, page)).await
}

async fn export_contracts(access: Access<MoneyRead>, query: Query<RecordFilter>, how: Query<HowToExport>) -> Exported {
    let export = Export::new("contracts", &["number", "state", "amount", "current_amount"], how.format());
    walk(access, export, move |tx, page| records::listed::<Contract>(tx, &query, page)).await
}

async fn export_receivables(
    access: Access<MoneyRead>,
    query: Query<ReceivableFilter>,
    how: Query<HowToExport>,
) -> Exported {
    let first = &["kind", "status", "amount", "outstanding_amount", "due_on"];
    let now = AsOf { as_of: None };
    let export = Export::new("receivables", first, how.format());
    walk(access, export, move |tx, page| receivables::api::listed(tx, &query, &now, page)).await
}

async fn export_payments(access: Access<MoneyRead>, query: Query<PaymentFilter>, how: Query<HowToExport>) -> Exported {
    let export = Export::new("payments", &["method", "state", "amount", "unapplied_amount", "paid_on"], how.format());
    walk(access, export, move |tx, page| payments::api::listed(tx, None, &query, page)).await
}

async fn export_complaints(
    access: Access<ComplaintsRead>,
    query: Query<ComplaintFilter>,
    how: Query<HowToExport>,
) -> Exported {
    let export = Export::new("complaints", &["number", "state", "severity"], how.format());
    walk(access, export, move |tx, page| complaints::api::listed(tx, &query, page)).await
}

async fn export_events(access: Access<EventsRead>, query: Query<FeedFilter>, how: Query<HowToExport>) -> Exported {
    let kinds = query.kinds()?;
    // Asked of the database itself: a standby does not know what is not committed yet.
    let until = access.read(|tx| Ok(events::settled_until(tx.conn)?)).await?;
    let export = Export::new("events", &["seq", "at", "kind"], how.format()).in_parts_of(50);
    walk(access, export, move |tx, page| feed::listed(tx, &query, &kinds, until, page)).await
}
