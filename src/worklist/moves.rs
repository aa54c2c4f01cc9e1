//! Moves of projects that wait for the caller, and transfers that they may take over.

use super::WorkKind;
use super::due::Due;
use super::items::{Why, Work};
use crate::access::{Result, Role, Tx, visible};
use crate::db::schema::{projects, receivables, termination_approvals, transfers};
use crate::db::{At, Day, Id};
use crate::workflow::{self, Action, Evidence, Facts, Project, Stage, Step, acts};
use diesel::dsl::auto_type;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const OWNED: Why = ("You are accountable for this project", "此項目由你負責");

/// Whether this person is accountable for a project, as a condition on the projects table.
#[auto_type]
pub(super) fn is_owned(person: Id) -> _ {
    let at_the_back = projects::back_owner_id.eq(person);
    let at_the_front = projects::back_owner_id.is_null().and(projects::front_owner_id.eq(person));
    at_the_back.or(at_the_front)
}

/// What is next for each project that the caller is accountable for, without the evidence that it misses; the manager decides on inquiries, assigns what
/// nobody owns, and looks again at what was shelved.
pub(super) fn moves(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    let today = tx.today()?;
    let manager = tx.actor.role == Role::Manager;
    let mut open = projects::table
        .filter(projects::stage.ne_all([Stage::Declined, Stage::Lost, Stage::Archived]))
        .order(projects::id)
        .select(Project::as_select())
        .into_boxed();
    open = if manager {
        let undecided = projects::stage.eq(Stage::Intake);
        let nobodys = projects::stage.eq(Stage::Assignment).and(projects::front_owner_id.is_null());
        let again = projects::stage.eq(Stage::Shelved).and(projects::review_on.le(today));
        open.filter(undecided.or(nobodys).nullable().or(again.nullable()))
    } else {
        open.filter(is_owned(tx.actor.id))
    };
    let rows = open.load::<Project>(tx.conn)?;
    let (on_site, last_due) = (OnSite::of(tx, &rows)?, last_due(tx, &rows)?);
    let mut out = Vec::with_capacity(rows.len());
    for project in rows {
        let next = if manager { decision(project.stage) } else { on_site.next(&project) };
        let Some(Next { act, step, why }) = next else { continue };
        let since = project.stage_entered_at;
        let due = match (project.review_on, last_due.get(&project.id)) {
            (Some(day), _) => Due::On(day),
            // Others wait for the manager's word; an owner has a stage's work to do.
            (None, _) if manager => Due::Answer(since),
            (None, Some(day)) => Due::MoveFrom(since, *day),
            (None, None) => Due::Move(since),
        };
        let work = Work::new(WorkKind::Step, act, "projects", project.id, project.name, why, due);
        out.push(work.on(project.id).leading_to(step));
    }
    Ok(out)
}

/// What comes next for a project: the act, and the step that it takes or leads to.
struct Next {
    act: &'static str,
    step: Option<Action>,
    why: Why,
}

impl Next {
    /// A step that the caller takes.
    fn step(step: Action, why: Why) -> Self {
        Self { act: step.as_str(), step: Some(step), why }
    }
}

/// What the manager decides on, where a project stands.
fn decision(stage: Stage) -> Option<Next> {
    const DECIDED: Why = ("The manager decides on it", "由統籌主管決定");
    match stage {
        Stage::Intake => Some(Next::step(Action::Accept, DECIDED)),
        Stage::Assignment => Some(Next { act: acts::ASSIGN.name, step: None, why: DECIDED }),
        Stage::Shelved => {
            Some(Next::step(Action::Resume, ("Its day to be looked at again has come", "已到重新審視之日")))
        }
        Stage::Bidding
        | Stage::Installation
        | Stage::Adjustment
        | Stage::Acceptance
        | Stage::Settlement
        | Stage::Archiving
        | Stage::Archived
        | Stage::Declined
        | Stage::Lost => None,
    }
}

/// What decides, beside the stage, what the owner of a project on site does next.
#[derive(Default)]
struct OnSite {
    /// Those with a transfer on offer, which waits for the back group.
    offered: BTreeSet<Id>,
    /// Those whose termination the manager approved.
    ending: BTreeSet<Id>,
    /// Those in acceptance whose latest inspection failed.
    failed: BTreeSet<Id>,
}

impl OnSite {
    /// Reads it in as many statements for many projects as for one, in none where no project is on site.
    fn of(tx: &mut Tx<'_>, projects: &[Project]) -> Result<Self> {
        let on_site = projects.iter().filter(|project| acts::OFFER_TRANSFER.stages.contains(&project.stage));
        let ids: Vec<Id> = on_site.map(|project| project.id).collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let offered = transfers::table
            .filter(transfers::project_id.eq_any(&ids))
            .filter(transfers::state.eq("offered"))
            .filter(transfers::voided_at.is_null())
            .select(transfers::project_id)
            .load::<Id>(tx.conn)?;
        let ending = termination_approvals::table
            .filter(termination_approvals::project_id.eq_any(&ids))
            .filter(termination_approvals::voided_at.is_null())
            .select(termination_approvals::project_id)
            .load::<Id>(tx.conn)?;
        let inspected: Vec<&Project> = projects.iter().filter(|project| project.stage == Stage::Acceptance).collect();
        let facts = Facts::load_all(tx.conn, &inspected, &[Evidence::FailedInspection])?;
        let failed = facts.into_iter().filter(|(_, facts)| facts.inspection == Some(false)).map(|(id, _)| id);
        Ok(Self {
            offered: offered.into_iter().collect(),
            ending: ending.into_iter().collect(),
            failed: failed.collect(),
        })
    }

    /// The owner's move onwards from where a project stands.
    fn next(&self, project: &Project) -> Option<Next> {
        let step = match project.stage {
            Stage::Installation | Stage::Adjustment | Stage::Acceptance if self.ending.contains(&project.id) => {
                return self.offer(project, Action::Terminate);
            }
            Stage::Acceptance if self.failed.contains(&project.id) => Action::ReturnToAdjustment,
            Stage::Acceptance => return self.offer(project, Action::Transfer),
            Stage::Assignment => Action::Launch,
            Stage::Bidding => Action::Win,
            Stage::Installation => Action::FinishInstallation,
            Stage::Adjustment => Action::RequestAcceptance,
            Stage::Settlement => Action::Settle,
            Stage::Archiving => Action::Archive,
            Stage::Intake | Stage::Shelved | Stage::Declined | Stage::Lost | Stage::Archived => return None,
        };
        Some(Next::step(step, OWNED))
    }

    /// The back group takes this step by accepting; the owner offers, and then waits.
    fn offer(&self, project: &Project, step: Action) -> Option<Next> {
        let waits = self.offered.contains(&project.id);
        (!waits).then_some(Next { act: acts::OFFER_TRANSFER.name, step: Some(step), why: OWNED })
    }
}

/// Of projects in settlement the day on which the last of what they are still owed falls due; no statement where none is.
fn last_due(tx: &mut Tx<'_>, projects: &[Project]) -> Result<BTreeMap<Id, Day>> {
    let settling = projects.iter().filter(|project| project.stage == Stage::Settlement);
    let ids: Vec<Id> = settling.map(|project| project.id).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let closed = receivables::paid_amount + receivables::written_off_amount;
    let rows = receivables::table
        .filter(receivables::project_id.eq_any(ids))
        .filter(receivables::due_on.is_not_null())
        .filter(receivables::amount.gt(closed))
        .group_by(receivables::project_id)
        .select((receivables::project_id, diesel::dsl::max(receivables::due_on).assume_not_null()))
        .load::<(Id, Day)>(tx.conn)?;
    Ok(rows.into_iter().collect())
}

/// Says of moves what they miss; read only for the items that are answered.
pub(super) fn tell_missing<'a>(tx: &mut Tx<'_>, all: impl Iterator<Item = &'a mut Work>) -> Result<()> {
    let mut moves: Vec<&mut Work> = all.filter(|work| work.step.is_some()).collect();
    let projects = workflow::find_all(tx, moves.iter().filter_map(|item| item.project_id))?;
    let taken = |item: &&mut Work| {
        let project = projects.get(&item.project_id?)?;
        Some((project, Step::find(item.step?, project.stage)?))
    };
    let on_record = workflow::on_record(tx, &moves.iter().filter_map(taken).collect::<Vec<_>>())?;
    for item in &mut moves {
        if let Some((project, step)) = taken(item) {
            item.missing = on_record.missing(project, step);
        }
    }
    Ok(())
}

/// Transfers on offer that the caller may accept or return.
pub(super) fn transfers(tx: &mut Tx<'_>) -> Result<Vec<Work>> {
    if !tx.actor.is_back_staff() {
        return Ok(Vec::new());
    }
    let rows = transfers::table
        .inner_join(projects::table.on(projects::id.eq(transfers::project_id)))
        .filter(transfers::state.eq("offered"))
        .filter(transfers::voided_at.is_null())
        .filter(projects::stage.eq_any(acts::ACCEPT_TRANSFER.stages.to_vec()))
        .filter(transfers::named_owner_id.is_null().nullable().or(transfers::named_owner_id.eq(tx.actor.id)))
        .filter(visible(&tx.actor))
        .select((transfers::id, transfers::project_id, projects::name, transfers::created_at))
        .load::<(Id, Id, String, At)>(tx.conn)?;
    let item = |(id, project, name, since)| {
        let why = ("Offered to the back group, or to you by name", "移交給後台小組，或指名由你接收");
        Work::new(WorkKind::Transfer, "accept", "transfers", id, name, why, Due::Answer(since)).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}
