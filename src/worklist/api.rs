//! The worklist over HTTP.

use super::items::Work;
use super::{WorkItem, WorkKind, clients, departments, desk, due, moves, owner};
use crate::access::{Access, ProjectsRead, Result, Tx};
use crate::db::Day;
use crate::http::{Answer, Language, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// The worklist.
pub fn routes(r: &mut Routes) {
    r.tag("Worklist", "What the caller should do next, computed from the records.");
    r.get(
        "/v1/me/worklist",
        get_worklist,
        "What I should do next",
        "Moves that wait for the caller with what they miss, memos to answer, sheets to acknowledge, adjustments, reviews and approvals, money to \
         book and to collect, broken promises, complaints by deadline, clients not contacted yet, follow-ups agreed with clients, bids before their \
         deadline, milestones, projects handed over. Earliest day first: what sets no day is due `answer_days` or `move_days` working days after it \
         began to wait, a client's first contact `first_contact_days` after the allocation (business settings). `counts` counts all of it, whatever `limit` lets through.",
    );
}

/// What part of the worklist is wanted.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorklistFilter {
    /// Only work of this kind.
    pub kind: Option<WorkKind>,
    /// Items at most.
    #[serde(default = "fifty")]
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: usize,
}

const fn fifty() -> usize {
    50
}

/// How much of one kind there is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkCount {
    /// The kind.
    pub kind: WorkKind,
    /// Items.
    #[schema(example = 3)]
    pub total: usize,
    /// Those whose day has passed.
    #[schema(example = 1)]
    pub overdue: usize,
}

/// What the caller should do next.
#[derive(Debug, Serialize, ToSchema)]
pub struct Worklist {
    /// The business date that it was computed on.
    pub on: Day,
    /// How much there is of each kind, kinds without work left out.
    pub counts: Vec<WorkCount>,
    /// The items.
    pub data: Vec<WorkItem>,
}

async fn get_worklist(
    access: Access<ProjectsRead>,
    filter: Query<WorklistFilter>,
    language: Language,
) -> Answer<Worklist> {
    access.report(move |tx| Ok(Reply::ok(&worklist(tx, &filter, language)?)?)).await
}

fn worklist(tx: &mut Tx<'_>, filter: &WorklistFilter, language: Language) -> Result<Worklist> {
    let mut all = moves::moves(tx)?;
    all.extend(moves::transfers(tx)?);
    all.extend(departments::work(tx)?);
    all.extend(owner::work(tx)?);
    all.extend(clients::work(tx)?);
    all.extend(desk::work(tx)?);
    all.retain(|item| filter.kind.is_none_or(|kind| kind == item.kind) && tx.key_has(item.read_with()));
    let today = tx.today()?;
    let mut all = due::dated(tx, all)?;
    all.sort_by_key(|(due_on, work)| (*due_on, work.kind, work.subject_id));
    let counts = counts(&all, today);
    all.truncate(filter.limit);
    moves::tell_missing(tx, all.iter_mut().map(|(_, work)| work))?;
    let data = all.into_iter().map(|(due_on, work)| work.item(due_on, today, language)).collect();
    Ok(Worklist { on: today, counts, data })
}

fn counts(all: &[(Day, Work)], today: Day) -> Vec<WorkCount> {
    let count = |kind: &WorkKind| {
        let of_kind = || all.iter().filter(|(_, work)| work.kind == *kind);
        let overdue = of_kind().filter(|(due_on, _)| *due_on < today).count();
        WorkCount { kind: *kind, total: of_kind().count(), overdue }
    };
    WorkKind::ALL.iter().map(count).filter(|count| count.total > 0).collect()
}
