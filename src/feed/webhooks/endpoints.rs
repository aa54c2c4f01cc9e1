//! Endpoints: an address, what it wants to hear, and the secret that it checks us by.

use super::deliveries;
use super::signing::new_secret;
use super::target::Targets;
use crate::access::{Result, Tx, scope};
use crate::db::schema::{clients, projects, webhook_endpoints};
use crate::db::{AnyConnection, At, Claimed, Id, Json, Locked, cols, on_each, text_enum};
use crate::events::{self, EventKind, Subject, kinds};
use crate::feed::wanted::existing;
use crate::http::{IfMatch, Patch, Problem, Ref};
use crate::records::stale;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// Why an endpoint is told nothing.
    DisabledBecause {
        /// An administrator said so.
        ByHand = "by_hand",
        /// It answered 410.
        Gone = "gone",
        /// It took nothing for as long as the schedule goes.
        Failing = "failing",
    }
}

text_enum! {
    /// Where an endpoint that is told again goes on.
    ResumeFrom {
        /// With the first event that it was not told.
        WhereItStopped = "where_it_stopped",
        /// With what happens from now on; what waits is given up.
        Now = "now",
    }
}

/// An address that is told what happens.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhook_endpoints, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct WebhookEndpoint {
    /// The endpoint.
    pub id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What it is for.
    #[schema(example = "Accounting bridge")]
    pub name: String,
    /// Where messages go.
    #[schema(example = "https://hooks.example.com/fitout")]
    pub url: String,
    /// Only these kinds of events; empty: every kind.
    #[schema(value_type = Vec<String>, example = json!(["contract.signed", "payment.confirmed"]))]
    pub kinds: Json<Vec<String>>,
    /// Only events of this project and what belongs to it.
    pub project_id: Option<Id>,
    /// Only events of this client and of its projects.
    pub client_id: Option<Id>,
    /// Since when it is told nothing.
    pub disabled_at: Option<At>,
    /// Why.
    pub disabled_because: Option<DisabledBecause>,
    /// Until when messages are signed with the former secret too.
    pub former_secret_until: Option<At>,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) secret: String,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) former_secret: Option<String>,
    /// How far the feed has been written down for it.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) position: i64,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) last_success_at: Option<At>,
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) last_failure_at: Option<At>,
    /// When made.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
}

impl Subject for WebhookEndpoint {
    const KIND: &'static str = "webhook_endpoint";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
}

/// An endpoint as it is answered. How it fares is no change of it and stands in no event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookEndpointView {
    /// The endpoint.
    #[serde(flatten)]
    pub endpoint: WebhookEndpoint,
    /// Up to which position of the feed its deliveries are written down.
    #[schema(example = 128, minimum = 0)]
    pub position: i64,
    /// When it last took a message.
    pub last_success_at: Option<At>,
    /// When it last failed to.
    pub last_failure_at: Option<At>,
}

impl From<WebhookEndpoint> for WebhookEndpointView {
    fn from(endpoint: WebhookEndpoint) -> Self {
        Self {
            position: endpoint.position,
            last_success_at: endpoint.last_success_at,
            last_failure_at: endpoint.last_failure_at,
            endpoint,
        }
    }
}

/// An endpoint with its secret, the only time that it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEndpointWithSecret {
    /// The endpoint.
    #[serde(flatten)]
    pub shown: WebhookEndpointView,
    /// What its messages are signed with; it is not shown again.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: String,
}

/// What may be said about an endpoint.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointFacts {
    /// What it is for.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Accounting bridge", min_length = 1, max_length = 120)]
    pub name: String,
    /// Where messages go: `https`, and public; a name outside ASCII in its `xn--` form.
    #[validate(length(min = 1, max = 2000))]
    #[schema(
        example = "https://hooks.example.com/fitout",
        min_length = 1,
        max_length = 2000,
        pattern = "^https?://[A-Za-z0-9.:\\[\\]-]+(/[!-\"$-\\[\\]-~]*)?$"
    )]
    pub url: String,
    /// Only these kinds of events, as the document's `webhooks` lists them; empty: every kind.
    #[serde(default)]
    #[validate(length(max = 300))]
    #[schema(example = json!(["contract.signed", "payment.confirmed"]), max_items = 300, value_type = Vec<EventKind>)]
    pub kinds: Vec<String>,
    /// Only events of this project and what belongs to it.
    #[serde(default)]
    pub project_id: Option<Id>,
    /// Only events of this client and of its projects.
    #[serde(default)]
    pub client_id: Option<Id>,
}

/// How a secret is changed.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RotateSecret {
    /// For how many hours messages are signed with the former secret too.
    #[serde(default = "a_day")]
    #[validate(range(min = 0, max = 168))]
    #[schema(example = 24, default = 24, minimum = 0, maximum = 168)]
    pub overlap_hours: i64,
}

const fn a_day() -> i64 {
    24
}

/// How an endpoint is told again.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EnableWebhookEndpoint {
    /// Where it goes on.
    #[serde(default = "where_it_stopped")]
    #[schema(default = "where_it_stopped")]
    pub from: ResumeFrom,
}

const fn where_it_stopped() -> ResumeFrom {
    ResumeFrom::WhereItStopped
}

/// Makes an endpoint; it is told what happens from now on. The second value is its secret.
pub(super) fn create(
    tx: &mut Tx<'_>,
    targets: Targets,
    facts: &WebhookEndpointFacts,
) -> Result<(WebhookEndpoint, String)> {
    check(tx, targets, facts)?;
    let secret = new_secret().map_err(|e| Problem::internal(&e))?;
    let endpoint = WebhookEndpoint {
        id: Id::new(),
        version: 1,
        name: facts.name.clone(),
        url: facts.url.clone(),
        kinds: Json(facts.kinds.clone()),
        project_id: facts.project_id,
        client_id: facts.client_id,
        disabled_at: None,
        disabled_because: None,
        former_secret_until: None,
        secret: secret.clone(),
        former_secret: None,
        position: events::settled_until(tx.conn)?,
        last_success_at: None,
        last_failure_at: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
    };
    diesel::insert_into(webhook_endpoints::table).values(&endpoint).execute(tx.conn)?;
    tx.record(&endpoint, "webhook_endpoint.created")?;
    Ok((endpoint, secret))
}

fn check(tx: &mut Tx<'_>, targets: Targets, facts: &WebhookEndpointFacts) -> Result<()> {
    targets.checked(&facts.url)?;
    existing(&facts.kinds, |n| format!("/kinds/{n}"))?;
    scope::subscribes(tx, told_of(&facts.kinds))?;
    if let Some(id) = facts.project_id {
        let there = projects::table.filter(projects::id.eq(id)).count().get_result::<i64>(tx.conn)?;
        known("/project_id", there)?;
    }
    if let Some(id) = facts.client_id {
        let there = clients::table.filter(clients::id.eq(id)).count().get_result::<i64>(tx.conn)?;
        known("/client_id", there)?;
    }
    Ok(())
}

/// The kinds of events of which an endpoint with this choice is told.
fn told_of(chosen: &[String]) -> impl Iterator<Item = String> {
    kinds().filter(|kind| chosen.is_empty() || chosen.contains(kind))
}

fn known(pointer: &str, rows: i64) -> Result<()> {
    if rows > 0 {
        return Ok(());
    }
    Err(Problem::validation(pointer, "unknown", "There is no such record.", "沒有此記錄。").into())
}

/// Finds an endpoint by its id, or 404.
pub(super) fn find(tx: &mut Tx<'_>, r: &Ref) -> Result<WebhookEndpoint> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    by_id(tx.conn, Id(*id))?.ok_or_else(|| Problem::not_found().into())
}

/// An endpoint, if there is one.
pub(super) fn by_id(conn: &mut AnyConnection, id: Id) -> QueryResult<Option<WebhookEndpoint>> {
    let row = webhook_endpoints::table.filter(webhook_endpoints::id.eq(id)).select(WebhookEndpoint::as_select());
    row.first(conn).optional()
}

/// As [`find`], locked: the sender works on it too. An API key manages only what tells nothing that it may not read (403).
pub(super) fn locked(tx: &mut Tx<'_>, r: &Ref) -> Result<WebhookEndpoint> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    let endpoint = lock(tx.conn, Id(*id))?.ok_or_else(Problem::not_found)?;
    scope::subscribes(tx, told_of(&endpoint.kinds.0))?;
    Ok(endpoint)
}

/// The row, locked.
pub(super) fn lock(conn: &mut AnyConnection, id: Id) -> QueryResult<Option<WebhookEndpoint>> {
    let row = Locked(webhook_endpoints::table.filter(webhook_endpoints::id.eq(id)).select(cols::<WebhookEndpoint>()));
    on_each!(conn, c => row.get_result(c)).optional()
}

/// As [`lock`], unless somebody else works on it.
pub(super) fn claim(conn: &mut AnyConnection, id: Id) -> QueryResult<Option<WebhookEndpoint>> {
    let row = Claimed(webhook_endpoints::table.filter(webhook_endpoints::id.eq(id)).select(cols::<WebhookEndpoint>()));
    on_each!(conn, c => row.get_result(c)).optional()
}

fn save(tx: &mut Tx<'_>, endpoint: &mut WebhookEndpoint, kind: &str) -> Result<()> {
    endpoint.version += 1;
    endpoint.updated_at = tx.now;
    write(tx.conn, endpoint)?;
    tx.record(endpoint, kind)
}

/// Writes the row; its version and event are the caller's matter.
pub(super) fn write(conn: &mut AnyConnection, endpoint: &WebhookEndpoint) -> QueryResult<usize> {
    diesel::update(webhook_endpoints::table.filter(webhook_endpoints::id.eq(endpoint.id))).set(endpoint).execute(conn)
}

/// Changes name, address or filter.
pub(super) fn update(
    tx: &mut Tx<'_>,
    targets: Targets,
    r: &Ref,
    if_match: &IfMatch,
    patch: &Patch<WebhookEndpointFacts>,
) -> Result<WebhookEndpoint> {
    let mut endpoint = locked(tx, r)?;
    let facts = patch.apply(&WebhookEndpointFacts {
        name: endpoint.name.clone(),
        url: endpoint.url.clone(),
        kinds: endpoint.kinds.0.clone(),
        project_id: endpoint.project_id,
        client_id: endpoint.client_id,
    })?;
    check(tx, targets, &facts)?;
    if facts.url != endpoint.url {
        // What waits goes to the new address, however the endpoint was narrowed since.
        let waiting = deliveries::waiting_kinds(tx.conn, endpoint.id)?;
        scope::subscribes(tx, waiting.into_iter())?;
    }
    stale(tx, &endpoint, if_match)?;
    (endpoint.name, endpoint.url, endpoint.kinds) = (facts.name, facts.url, Json(facts.kinds));
    (endpoint.project_id, endpoint.client_id) = (facts.project_id, facts.client_id);
    save(tx, &mut endpoint, "webhook_endpoint.changed")?;
    Ok(endpoint)
}

/// Gives it a new secret; for the overlap messages are signed with both.
pub(super) fn rotate(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    how: &RotateSecret,
) -> Result<(WebhookEndpoint, String)> {
    let mut endpoint = locked(tx, r)?;
    stale(tx, &endpoint, if_match)?;
    if how.overlap_hours > 0 && endpoint.former_secret_until.is_some_and(|until| until > At::now_real()) {
        return Err(Problem::state(
            "The former secret holds until former_secret_until, and two secrets hold at a time. Wait for it, or say overlap_hours 0 to end both at once.",
            "原密鑰在 former_secret_until 之前仍有效，且同時只能有兩個有效密鑰；請等待其到期，或以 overlap_hours 0 立即停用兩者。",
        )
        .into());
    }
    let secret = new_secret().map_err(|e| Problem::internal(&e))?;
    let former = std::mem::replace(&mut endpoint.secret, secret.clone());
    let until = At::from(At::now_real().utc() + TimeDelta::hours(how.overlap_hours));
    let overlaps = how.overlap_hours > 0;
    endpoint.former_secret = overlaps.then_some(former);
    endpoint.former_secret_until = overlaps.then_some(until);
    save(tx, &mut endpoint, "webhook_endpoint.secret_rotated")?;
    Ok((endpoint, secret))
}

/// Tells it nothing until it is enabled again; what waits stays.
pub(super) fn disable(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<WebhookEndpoint> {
    let mut endpoint = locked(tx, r)?;
    stale(tx, &endpoint, if_match)?;
    if endpoint.disabled_at.is_some() {
        return Err(Problem::state("The endpoint is disabled already.", "此端點已停用。").into());
    }
    (endpoint.disabled_at, endpoint.disabled_because) = (Some(At::now_real()), Some(DisabledBecause::ByHand));
    save(tx, &mut endpoint, "webhook_endpoint.disabled")?;
    Ok(endpoint)
}

/// Tells it again, from where it stopped or from now on.
pub(super) fn enable(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    how: &EnableWebhookEndpoint,
) -> Result<WebhookEndpoint> {
    let mut endpoint = locked(tx, r)?;
    stale(tx, &endpoint, if_match)?;
    if endpoint.disabled_at.is_none() {
        return Err(Problem::state("The endpoint is not disabled.", "此端點並未停用。").into());
    }
    (endpoint.disabled_at, endpoint.disabled_because) = (None, None);
    match how.from {
        ResumeFrom::WhereItStopped => deliveries::begin_anew(tx.conn, endpoint.id)?,
        ResumeFrom::Now => {
            // What is settled may lie before what was: a late transaction shows only when it begins to write its events.
            endpoint.position = endpoint.position.max(events::settled_until(tx.conn)?);
            deliveries::give_up(tx.conn, endpoint.id)?
        }
    };
    save(tx, &mut endpoint, "webhook_endpoint.enabled")?;
    Ok(endpoint)
}
