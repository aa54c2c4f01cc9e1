//! Every record against the last event that tells of it: rows and events are written together, so they must agree.

use super::Report;
use crate::contracts::{Amendment, Contract, ContractTemplate};
use crate::db::schema::{self, events as told};
use crate::db::{AnyConnection, Id};
use crate::events::{self, Subject};
use crate::payments::{Payment, Refund};
use crate::receivables::Receivable;
use crate::stages::settlement::{Invoice, WriteOff, final_accounts::FinalAccount};
use crate::workflow::Project;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Records read at a time.
const PAGE: i64 = 500;
const RULE: &str = "image";

/// Every table whose rows have a version, and so an event for each of them.
const VERSIONED: [&str; 51] = [
    "acceptance_certificates",
    "adjustments",
    "amendments",
    "api_keys",
    "archive_addenda",
    "archives",
    "assignment_sheets",
    "client_contacts",
    "clients",
    "collection_entries",
    "commissions",
    "complaint_measures",
    "complaints",
    "contract_templates",
    "contracts",
    "deliveries",
    "disputes",
    "documents",
    "final_accounts",
    "groups",
    "inspections",
    "installation_starts",
    "instructions",
    "interactions",
    "invoices",
    "memos",
    "milestones",
    "payments",
    "progress_entries",
    "project_initiations",
    "project_summaries",
    "projects",
    "qualifications",
    "quotations",
    "readiness_checks",
    "reassignments",
    "receivables",
    "refunds",
    "schemes",
    "seal_entries",
    "securities",
    "sign_offs",
    "site_access_confirmations",
    "site_issues",
    "tenders",
    "termination_approvals",
    "transfers",
    "users",
    "waivers",
    "webhook_endpoints",
    "write_offs",
];

/// Compares every member of these records.
macro_rules! members_of {
    ($conn:expr, $report:expr; $($record:ident of $table:ident),+) => {$(
        members::<$record>($conn, stringify!($table), $report, |conn, after| {
            let rows = schema::$table::table.filter(schema::$table::id.gt(after)).order(schema::$table::id);
            page(conn, rows.select($record::as_select()))
        })?;
    )+};
}

/// Compares versions everywhere, and every member of the records that the workflow and the money stand on.
pub fn check(conn: &mut AnyConnection, report: &mut Report) -> QueryResult<()> {
    for table in VERSIONED {
        versions(conn, table, report)?;
    }
    members_of! { conn, report;
        Project of projects, Contract of contracts, ContractTemplate of contract_templates, Amendment of amendments, Receivable of receivables,
        Payment of payments, Refund of refunds, Invoice of invoices, WriteOff of write_offs, FinalAccount of final_accounts
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    told: Option<i64>,
}

fn versions(conn: &mut AnyConnection, table: &str, report: &mut Report) -> QueryResult<()> {
    let id = super::money::id_text(conn, "t.id");
    let last = "SELECT e.subject_version FROM events e WHERE e.subject_id = t.id ORDER BY e.seq DESC LIMIT 1";
    let wrong = diesel::sql_query(format!(
        "SELECT place, version, told FROM (SELECT {id} AS place, t.version AS version, ({last}) AS told FROM {table} t) found \
         WHERE told IS NULL OR told <> version"
    ));
    for Version { place, version, told } in wrong.load::<Version>(conn)? {
        let told = told.map_or_else(
            || "no event tells of it".to_owned(),
            |told| format!("the last event tells of version {told}"),
        );
        report.find(RULE, format!("{table} {place}"), format!("it has version {version}, but {told}"));
    }
    Ok(())
}

fn page<'q, Q, R>(conn: &mut AnyConnection, rows: Q) -> QueryResult<Vec<R>>
where
    Q: diesel::query_dsl::methods::LimitDsl,
    Q::Output: diesel::query_dsl::LoadQuery<'q, AnyConnection, R>,
{
    diesel::query_dsl::RunQueryDsl::load(rows.limit(PAGE), conn)
}

fn members<R: Subject>(
    conn: &mut AnyConnection,
    table: &'static str,
    report: &mut Report,
    page: impl Fn(&mut AnyConnection, Id) -> QueryResult<Vec<R>>,
) -> QueryResult<()> {
    let (mut after, mut count) = (Id(uuid::Uuid::nil()), 0);
    loop {
        let rows = page(conn, after)?;
        let Some(last) = rows.last() else { break };
        after = last.subject_id();
        let ids: Vec<Id> = rows.iter().map(Subject::subject_id).collect();
        let told = last_images(conn, &ids)?;
        for row in rows {
            count += 1;
            let Some(image) = told.get(&row.subject_id()) else { continue };
            for name in differing(&row, image) {
                report.find(
                    RULE,
                    super::at(table, row.subject_id()),
                    format!("`{name}` is not what its last event tells"),
                );
            }
        }
    }
    report.looked_at.push((table, count));
    Ok(())
}

/// The members that the event tells otherwise. What a later version of the service added, an older event does not know.
fn differing<R: Subject>(row: &R, image: &Value) -> Vec<String> {
    // As the event has it: canonical JSON writes 386.0 as 386.
    let now = events::canonical(row).and_then(|text| serde_json::from_str(&text));
    let Ok(Value::Object(now)) = now else { return vec!["everything".to_owned()] };
    now.into_iter()
        .filter(|(name, value)| image.get(name).is_some_and(|told| told != value))
        .map(|(name, _)| name)
        .collect()
}

fn last_images(conn: &mut AnyConnection, ids: &[Id]) -> QueryResult<BTreeMap<Id, Value>> {
    let last = told::table
        .filter(told::subject_id.eq_any(ids))
        .group_by(told::subject_id)
        .select(diesel::dsl::max(told::seq))
        .load::<Option<i64>>(conn)?;
    let last: Vec<i64> = last.into_iter().flatten().collect();
    let rows = told::table.filter(told::seq.eq_any(last)).select((told::subject_id, told::data));
    let images = rows.load::<(Id, String)>(conn)?.into_iter();
    Ok(images.map(|(id, data)| (id, serde_json::from_str(&data).unwrap_or_default())).collect())
}
