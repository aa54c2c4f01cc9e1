//! Receivables over HTTP.

use super::api_figures;
use super::past;
use super::store::{InstalmentKind, Receivable, Status, find};
use super::view::ReceivableView;
use crate::access::{Access, MoneyRead, Result, Tx};
use crate::db::schema::{allocations, payments, receivables};
use crate::db::{At, Day, Id, MultiBackend};
use crate::http::{Answer, Listed, OperationDraft, Page, PageOf, Path, Query, Ref, Reply, Routes};
use crate::page_by_id;
use crate::records::{AsOf, EventView, after_id, history_of, record_at};
use crate::seen_only;
use crate::workflow::{self, Act, AvailableAction, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Receivables and the figures made of them.
pub fn routes(r: &mut Routes) {
    r.tag("Receivables", "Every instalment from the signing on, with its due date, status and age; ageing, balance and statement of account.");
    r.get_with(
        "/v1/receivables",
        list_receivables,
        "List receivables",
        "Of every project in the caller's sight. With `as_of` and a filter that few fitted then, a page may be shorter than asked for and still have a `next`; a total is counted among at most 2,000.",
        sorted,
    );
    r.get_with(
        "/v1/projects/{project}/receivables",
        list_project_receivables,
        "List the receivables of a project",
        "Oldest first.",
        sorted,
    );
    r.get(
        "/v1/receivables/{receivable}",
        get_receivable,
        "Get one receivable",
        "With its allocations, those taken back too, and what this caller may do with it now.",
    );
    r.get(
        "/v1/receivables/{receivable}/history",
        list_receivable_events,
        "The history of one receivable",
        "Every event, oldest first, each with the receivable as it was after it.",
    );
    api_figures::routes(r);
}

fn sorted(op: &mut OperationDraft) {
    op.sorts(&["created_at"]).counts();
}

/// What narrows a list of receivables.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReceivableFilter {
    /// Only of this project.
    pub project: Option<Id>,
    /// Only of this client.
    pub client: Option<Id>,
    /// Only of this contract.
    pub contract: Option<Id>,
    /// Only this instalment.
    pub kind: Option<InstalmentKind>,
    /// Only those that read like this.
    pub status: Option<Status>,
    /// Only those past due on the business date with something outstanding, or only the others.
    pub overdue: Option<bool>,
    /// Only disputed ones, or only the others.
    pub disputed: Option<bool>,
}

/// Part of a payment on this receivable.
#[derive(Debug, Serialize, ToSchema, Queryable)]
pub struct AllocatedPart {
    /// The allocation.
    pub id: Id,
    /// The payment.
    pub payment_id: Id,
    /// The payment's reference.
    #[schema(example = "B-0302-01")]
    pub reference: String,
    /// The day from which it counts.
    #[schema(example = "2026-03-02")]
    pub paid_on: Day,
    /// Fen.
    #[schema(example = 38_592_947)]
    pub amount: i64,
    /// When it was taken back with its payment.
    pub reversed_at: Option<At>,
    /// When it was made.
    #[serde(skip)]
    #[schema(ignore)]
    created_at: At,
}

/// One receivable in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivableDetail {
    /// The receivable.
    #[serde(flatten)]
    pub shown: ReceivableView,
    /// What was paid on it, those taken back too.
    pub allocations: Vec<AllocatedPart>,
    /// What this caller may do with it now, act by act.
    pub available_actions: Vec<AvailableAction>,
}

fn wanted(tx: &Tx<'_>, filter: &ReceivableFilter, today: Day) -> receivables::BoxedQuery<'static, MultiBackend> {
    let closed = || receivables::paid_amount + receivables::written_off_amount;
    let mut rows = receivables::table.into_boxed();
    rows = match filter.project {
        Some(project) => rows.filter(receivables::project_id.eq(project)),
        None => rows,
    };
    rows = seen_only!(rows, receivables::project_id, &tx.actor);
    if let Some(client) = filter.client {
        rows = rows.filter(receivables::client_id.eq(client));
    }
    if let Some(contract) = filter.contract {
        rows = rows.filter(receivables::contract_id.eq(contract));
    }
    if let Some(kind) = filter.kind {
        rows = rows.filter(receivables::kind.eq(kind));
    }
    if let Some(disputed) = filter.disputed {
        rows = rows.filter(receivables::disputed.eq(disputed));
    }
    // The same cases as `status`, as conditions.
    rows = match filter.status {
        None => rows,
        Some(Status::Paid) => {
            rows.filter(receivables::amount.eq(closed())).filter(receivables::written_off_amount.eq(0))
        }
        Some(Status::WrittenOff) => {
            rows.filter(receivables::amount.eq(closed())).filter(receivables::written_off_amount.gt(0))
        }
        Some(Status::PartlyPaid) => {
            rows.filter(receivables::amount.gt(closed())).filter(receivables::paid_amount.gt(0))
        }
        Some(Status::Open) => rows
            .filter(receivables::amount.gt(closed()))
            .filter(receivables::paid_amount.eq(0))
            .filter(receivables::due_on.is_not_null()),
        Some(Status::Pending) => rows
            .filter(receivables::amount.gt(closed()))
            .filter(receivables::paid_amount.eq(0))
            .filter(receivables::due_on.is_null()),
    };
    match filter.overdue {
        None => rows,
        Some(true) => rows.filter(receivables::amount.gt(closed())).filter(receivables::due_on.lt(today)),
        Some(false) => rows.filter(
            receivables::amount
                .eq(closed())
                .or(receivables::due_on.is_null())
                .or(receivables::due_on.ge(today).assume_not_null()),
        ),
    }
}

/// One page of the list.
pub fn listed(
    tx: &mut Tx<'_>,
    filter: &ReceivableFilter,
    when: &AsOf,
    page: &Page,
) -> Result<Reply<PageOf<ReceivableView>>> {
    if let Some(at) = when.instant(tx)? {
        return listed_at(tx, filter, at, page);
    }
    let today = tx.today()?;
    let total =
        if page.wants_total() { Some(wanted(tx, filter, today).count().get_result::<i64>(tx.conn)?) } else { None };
    let (rows, next) = page_by_id!(tx, page, receivables, Receivable, wanted(tx, filter, today));
    Ok(Reply::list(rows.into_iter().map(|row| ReceivableView::of(row, today)).collect(), next, total)?)
}

/// As [`listed`], of the past: what there is now is looked back on part by part, until a page is full of what fitted then. Where few of many fit, a
/// page is shorter than asked for and has a next one all the same.
fn listed_at(tx: &mut Tx<'_>, filter: &ReceivableFilter, at: At, page: &Page) -> Result<Reply<PageOf<ReceivableView>>> {
    let today = past::day_at(tx, at)?;
    let total = if page.wants_total() { Some(total_at(tx, filter, at)?) } else { None };
    let descending = page.sort(&["created_at"])?.descending;
    let full = usize::try_from(page.fetch()).unwrap_or(usize::MAX);
    let (mut found, mut after, mut parts) = (Vec::new(), after_id(page)?, 0);
    let (rows, next) = loop {
        let ids = part_at(tx, filter, at, (descending, after), past::PART)?;
        let is_last = ids.len() < usize::try_from(past::PART).unwrap_or_default();
        after = ids.last().copied();
        let mut rows = past::fitting(tx, &ids, filter, at)?;
        if descending {
            rows.reverse();
        }
        found.extend(rows);
        parts += 1;
        if is_last || found.len() >= full {
            break page.cut(found, |row| vec![json!(row.id)]);
        }
        if parts == past::PARTS {
            break (found, after.map(|id| page.cursor(&[json!(id)])));
        }
    };
    Ok(Reply::list(rows.into_iter().map(|row| ReceivableView::of(row, today)).collect(), next, total)?)
}

/// The next receivables that there were by then, whatever they were like.
fn part_at(
    tx: &mut Tx<'_>,
    filter: &ReceivableFilter,
    at: At,
    (descending, after): (bool, Option<Id>),
    limit: i64,
) -> Result<Vec<Id>> {
    let lasting = ReceivableFilter { status: None, overdue: None, disputed: None, ..filter.clone() };
    let today = past::day_at(tx, at)?;
    let rows = wanted(tx, &lasting, today).filter(receivables::created_at.le(at)).limit(limit);
    let rows = match (descending, after) {
        (false, None) => rows.order(receivables::id.asc()),
        (false, Some(id)) => rows.filter(receivables::id.gt(id)).order(receivables::id.asc()),
        (true, None) => rows.order(receivables::id.desc()),
        (true, Some(id)) => rows.filter(receivables::id.lt(id)).order(receivables::id.desc()),
    };
    Ok(rows.select(receivables::id).load(tx.conn)?)
}

/// How many fitted then; 422 where that is too much to look back on.
fn total_at(tx: &mut Tx<'_>, filter: &ReceivableFilter, at: At) -> Result<i64> {
    let most = past::PART * i64::try_from(past::PARTS).unwrap_or(1);
    let ids = part_at(tx, filter, at, (false, None), most + 1)?;
    if i64::try_from(ids.len()).is_ok_and(|count| count > most) {
        return Err(past::too_many().into());
    }
    let rows = past::fitting(tx, &ids, filter, at)?;
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

async fn list_receivables(
    access: Access<MoneyRead>,
    query: Query<ReceivableFilter>,
    when: Query<AsOf>,
    page: Page,
) -> Listed<ReceivableView> {
    access.list(move |tx| listed(tx, &query, &when, &page)).await
}

/// What narrows the receivables of one project.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProjectReceivableFilter {
    /// Only of this contract.
    pub contract: Option<Id>,
    /// Only this instalment.
    pub kind: Option<InstalmentKind>,
    /// Only those that read like this.
    pub status: Option<Status>,
    /// Only those past due on the business date with something outstanding, or only the others.
    pub overdue: Option<bool>,
    /// Only disputed ones, or only the others.
    pub disputed: Option<bool>,
}

impl ProjectReceivableFilter {
    fn of(&self, project: Id) -> ReceivableFilter {
        let Self { contract, kind, status, overdue, disputed } = self.clone();
        ReceivableFilter { project: Some(project), client: None, contract, kind, status, overdue, disputed }
    }
}

async fn list_project_receivables(
    access: Access<MoneyRead>,
    project: Path<Ref>,
    query: Query<ProjectReceivableFilter>,
    when: Query<AsOf>,
    page: Page,
) -> Listed<ReceivableView> {
    access
        .list(move |tx| {
            let project = workflow::find(tx, &project)?;
            let filter = query.of(project.id);
            listed(tx, &filter, &when, &page)
        })
        .await
}

async fn get_receivable(
    access: Access<MoneyRead>,
    receivable: Path<Ref>,
    when: Query<AsOf>,
) -> Answer<ReceivableDetail> {
    access
        .snapshot(move |tx| {
            let (project, receivable) = find(tx, &receivable)?;
            if let Some(at) = when.instant(tx)? {
                return Ok(Reply::ok(&detail_at(tx, receivable.id, at)?)?);
            }
            let version = receivable.version;
            Ok(Reply::ok(&detail(tx, &project, receivable)?)?.version(version))
        })
        .await
}

fn detail(tx: &mut Tx<'_>, project: &Project, receivable: Receivable) -> Result<ReceivableDetail> {
    let today = tx.today()?;
    let available_actions = vec![
        action(tx, project, &acts::COLLECT, receivable.is_overdue(today) && !receivable.disputed)?,
        action(tx, project, &acts::DISPUTE, !receivable.disputed)?,
        action(tx, project, &acts::PROPOSE_WRITE_OFF, receivable.outstanding() > 0)?,
        action(tx, project, &acts::ALLOCATE, receivable.outstanding() > 0)?,
    ];
    Ok(ReceivableDetail {
        allocations: parts(tx, receivable.id)?,
        shown: ReceivableView::of(receivable, today),
        available_actions,
    })
}

/// As [`detail`], of the past: nothing can be done with it.
fn detail_at(tx: &mut Tx<'_>, receivable: Id, at: At) -> Result<ReceivableDetail> {
    let today = past::day_at(tx, at)?;
    let then: Receivable = record_at(tx, receivable, at)?;
    let mut allocations = parts(tx, receivable)?;
    allocations.retain(|part| part.created_at <= at);
    for part in &mut allocations {
        part.reversed_at = part.reversed_at.filter(|reversed| *reversed <= at);
    }
    Ok(ReceivableDetail { allocations, shown: ReceivableView::of(then, today), available_actions: Vec::new() })
}

fn parts(tx: &mut Tx<'_>, receivable: Id) -> Result<Vec<AllocatedPart>> {
    let rows = allocations::table
        .inner_join(payments::table.on(payments::id.eq(allocations::payment_id)))
        .filter(allocations::receivable_id.eq(receivable))
        .order(allocations::id)
        .select((
            allocations::id,
            allocations::payment_id,
            payments::reference,
            payments::paid_on,
            allocations::amount,
            allocations::reversed_at,
            allocations::created_at,
        ));
    Ok(rows.load(tx.conn)?)
}

/// An act that makes something about the receivable, possible only while `fits`.
fn action(tx: &mut Tx<'_>, project: &Project, act: &Act, fits: bool) -> Result<AvailableAction> {
    let refusal = if !fits || workflow::acts::check_state(project, act, None).is_err() {
        Some("state")
    } else if !workflow::is_any(tx, project, act.by, None)? {
        Some("not_party")
    } else {
        None
    };
    Ok(AvailableAction::plain(act.name, refusal))
}

async fn list_receivable_events(access: Access<MoneyRead>, receivable: Path<Ref>, page: Page) -> Listed<EventView> {
    access.list(move |tx| find(tx, &receivable).and_then(|(_, found)| history_of(tx, found.id, &page))).await
}
