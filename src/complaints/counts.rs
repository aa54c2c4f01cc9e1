//! Complaints counted by cause, department, client or severity.

use super::sight::in_sight;
use super::store::ComplaintState;
use crate::access::{Result, Tx};
use crate::clock;
use crate::db::schema::{clients, complaints};
use crate::db::{Day, Id, text_enum};
use crate::http::Problem;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

text_enum! {
    /// What complaints are counted by.
    CountBy {
        /// By what they come from.
        Cause = "cause",
        /// By the department they are about.
        Department = "department",
        /// By client.
        Client = "client",
        /// By how grave they are.
        Severity = "severity",
    }
}

/// What to count.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountFilter {
    /// By what.
    #[param(example = "cause")]
    pub by: CountBy,
    /// Registered on this day or later.
    #[param(example = "2026-01-01")]
    pub from: Option<Day>,
    /// Registered on this day or earlier.
    #[param(example = "2026-12-31")]
    pub until: Option<Day>,
}

/// How many complaints there are of one sort.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComplaintCount {
    /// The cause, department, client's id or severity; none where it is not known yet.
    #[schema(example = "quality", max_length = 100)]
    pub key: Option<String>,
    /// The client's name.
    #[schema(example = "Riverside Properties Ltd")]
    pub name: Option<String>,
    /// Registered.
    #[schema(example = 4)]
    pub complaints: i64,
    /// Of them not closed.
    #[schema(example = 1)]
    pub open: i64,
    /// Of them found valid.
    #[schema(example = 3)]
    pub found_valid: i64,
    /// Of them answered after the promised day.
    #[schema(example = 0)]
    pub answered_late: i64,
}

/// Complaints by sort, the most frequent first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComplaintCounts {
    /// By what they are counted.
    pub by: CountBy,
    /// From this day on.
    pub from: Option<Day>,
    /// Until this day.
    pub until: Option<Day>,
    /// All together.
    #[schema(example = 9)]
    pub total: i64,
    /// One row per sort.
    pub data: Vec<ComplaintCount>,
}

type Row = (Option<String>, Option<String>, Id, String, ComplaintState, Option<bool>, Option<Day>, Day, crate::db::At);

/// Counts the complaints in the caller's sight.
pub(super) fn counts(tx: &mut Tx<'_>, filter: &CountFilter) -> Result<ComplaintCounts> {
    if let (Some(from), Some(until)) = (filter.from, filter.until)
        && until < from
    {
        return Err(
            Problem::validation("?until", "range", "It ends before it begins.", "結束日期早於開始日期。").into()
        );
    }
    let zone = tx.zone()?;
    let rows: Vec<Row> = complaints::table
        .into_boxed()
        .filter(in_sight(&tx.actor))
        .filter(complaints::voided_at.is_null())
        .select((
            complaints::cause,
            complaints::department,
            complaints::client_id,
            complaints::severity,
            complaints::state,
            complaints::found_valid,
            complaints::answered_on,
            complaints::answer_due_on,
            complaints::created_at,
        ))
        .load(tx.conn)?;
    let mut by_key: BTreeMap<Option<String>, ComplaintCount> = BTreeMap::new();
    let mut total = 0;
    for (cause, department, client, severity, state, found_valid, answered_on, due_on, created_at) in rows {
        let day = clock::day_of(created_at, zone);
        if filter.from.is_some_and(|from| day < from) || filter.until.is_some_and(|until| day > until) {
            continue;
        }
        let key = match filter.by {
            CountBy::Cause => cause,
            CountBy::Department => department,
            CountBy::Client => Some(client.to_string()),
            CountBy::Severity => Some(severity),
        };
        let count = by_key.entry(key.clone()).or_insert(ComplaintCount {
            key,
            name: None,
            complaints: 0,
            open: 0,
            found_valid: 0,
            answered_late: 0,
        });
        total += 1;
        count.complaints += 1;
        count.open += i64::from(state != ComplaintState::Closed);
        count.found_valid += i64::from(found_valid == Some(true));
        count.answered_late += i64::from(answered_on.is_some_and(|on| on > due_on));
    }
    if filter.by == CountBy::Client {
        name_clients(tx, &mut by_key)?;
    }
    let mut data: Vec<ComplaintCount> = by_key.into_values().collect();
    data.sort_by(|a, b| b.complaints.cmp(&a.complaints).then_with(|| a.key.cmp(&b.key)));
    Ok(ComplaintCounts { by: filter.by, from: filter.from, until: filter.until, total, data })
}

fn name_clients(tx: &mut Tx<'_>, by_key: &mut BTreeMap<Option<String>, ComplaintCount>) -> Result<()> {
    let ids: Vec<Id> = by_key.keys().flatten().filter_map(|key| key.parse().ok()).collect();
    let names = clients::table
        .filter(clients::id.eq_any(ids))
        .select((clients::id, clients::name))
        .load::<(Id, String)>(tx.conn)?;
    for (id, name) in names {
        if let Some(count) = by_key.get_mut(&Some(id.to_string())) {
            count.name = Some(name);
        }
    }
    Ok(())
}
