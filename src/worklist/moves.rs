//! Moves of projects that wait for the caller, and transfers that they may take over.

use super::items::Why;
use super::{WorkItem, WorkKind};
use crate::access::{Result, Role, Tx, visible};
use crate::db::Id;
use crate::db::schema::{projects, transfers};
use crate::workflow::{self, Action, Project, Stage, Step};
use diesel::dsl::auto_type;
use diesel::prelude::*;

/// Whether this person is accountable for a project, as a condition on the projects table.
#[auto_type]
pub(super) fn is_owned(person: Id) -> _ {
    let at_the_back = projects::back_owner_id.eq(person);
    let at_the_front = projects::back_owner_id.is_null().and(projects::front_owner_id.eq(person));
    at_the_back.or(at_the_front)
}

/// What is next for each project that the caller is accountable for, without the evidence that it misses; the manager decides on inquiries, assigns what
/// nobody owns, and looks again at what was shelved.
pub(super) fn moves(tx: &mut Tx<'_>) -> Result<Vec<WorkItem>> {
    let today = tx.today()?;
    let mut open = projects::table
        .filter(projects::stage.ne_all([Stage::Declined, Stage::Lost, Stage::Archived]))
        .order(projects::id)
        .select(Project::as_select())
        .into_boxed();
    open = match tx.actor.role {
        Role::Manager => {
            let undecided = projects::stage.eq(Stage::Intake);
            let nobodys = projects::stage.eq(Stage::Assignment).and(projects::front_owner_id.is_null());
            let again = projects::stage.eq(Stage::Shelved).and(projects::review_on.le(today));
            open.filter(undecided.or(nobodys).nullable().or(again.nullable()))
        }
        _ => open.filter(is_owned(tx.actor.id)),
    };
    let rows = open.load::<Project>(tx.conn)?;
    let mut out = Vec::with_capacity(rows.len());
    for project in rows {
        let Some((act, why)) = next(&project, tx.actor.role) else { continue };
        let item = WorkItem::new(WorkKind::Step, act, "projects", project.id, project.name, why);
        out.push(item.on(project.id).by(project.review_on, today));
    }
    Ok(out)
}

/// The move onwards from where a project stands.
fn next(project: &Project, role: Role) -> Option<(&'static str, Why)> {
    const OWNED: Why = ("You are accountable for this project", "此項目由你負責");
    const DECIDED: Why = ("The manager decides on it", "由統籌主管決定");
    let manager = role == Role::Manager;
    let act = match project.stage {
        Stage::Intake if manager => return Some((Action::Accept.as_str(), DECIDED)),
        Stage::Assignment if manager => return Some(("assign", DECIDED)),
        Stage::Shelved if manager => {
            return Some((Action::Resume.as_str(), ("Its day to be looked at again has come", "已到重新審視之日")));
        }
        Stage::Assignment => Action::Launch,
        Stage::Bidding => Action::Win,
        Stage::Installation => Action::FinishInstallation,
        Stage::Adjustment => Action::RequestAcceptance,
        Stage::Acceptance => Action::Transfer,
        Stage::Settlement => Action::Settle,
        Stage::Archiving => Action::Archive,
        Stage::Intake | Stage::Shelved | Stage::Declined | Stage::Lost | Stage::Archived => return None,
    };
    Some((act.as_str(), OWNED))
}

/// Says of moves what they miss; read only for the items that are answered.
pub(super) fn tell_missing(tx: &mut Tx<'_>, items: &mut [WorkItem]) -> Result<()> {
    let mut moves: Vec<&mut WorkItem> = items.iter_mut().filter(|item| item.kind == WorkKind::Step).collect();
    let projects = workflow::find_all(tx, moves.iter().filter_map(|item| item.project_id))?;
    let taken = |item: &&mut WorkItem| {
        let project = projects.get(&item.project_id?)?;
        Some((project, Step::find(Action::parse(item.act)?, project.stage)?))
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
pub(super) fn transfers(tx: &mut Tx<'_>) -> Result<Vec<WorkItem>> {
    if !tx.actor.is_back_staff() {
        return Ok(Vec::new());
    }
    let rows = transfers::table
        .inner_join(projects::table.on(projects::id.eq(transfers::project_id)))
        .filter(transfers::state.eq("offered"))
        .filter(transfers::voided_at.is_null())
        .filter(transfers::named_owner_id.is_null().nullable().or(transfers::named_owner_id.eq(tx.actor.id)))
        .filter(visible(&tx.actor))
        .select((transfers::id, transfers::project_id, projects::name))
        .load::<(Id, Id, String)>(tx.conn)?;
    let item = |(id, project, name)| {
        let why = ("Offered to the back group, or to you by name", "移交給後台小組，或指名由你接收");
        WorkItem::new(WorkKind::Transfer, "accept", "transfers", id, name, why).on(project)
    };
    Ok(rows.into_iter().map(item).collect())
}
