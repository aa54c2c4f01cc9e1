//! The projects row: what it is, how it is found within the caller's sight, and how it is locked. Every write under a project locks it first, or
//! evidence checked here could be gone at commit.

use super::Stage;
use crate::access::{Result, Role, Tx, visible};
use crate::db::schema::{project_departments, project_participants, projects, users};
use crate::db::{At, Both, Day, Id, Locked, cols, on_each, update_in_parts};
use crate::events::Subject;
use crate::http::{Problem, Ref};
use crate::narrowed;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A project: one record from the first call on. In stage intake it is an inquiry.
#[derive(
    Debug, Clone, Serialize, Deserialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset, Identifiable,
)]
#[diesel(table_name = projects, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Project {
    /// The project.
    pub id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 3)]
    pub version: i64,
    /// The inquiry's number.
    #[schema(example = "I-2026-0007")]
    #[diesel(skip_update)]
    pub inquiry_number: String,
    /// The project's number, from its acceptance on.
    #[schema(example = "P-2026-0042")]
    #[diesel(skip_update)]
    pub number: Option<String>,
    /// The client.
    #[diesel(skip_update)]
    pub client_id: Id,
    /// Its name.
    #[schema(example = "Riverside show flats T3")]
    pub name: String,
    /// What it is: show_flat, sales_office, hotel_room, villa, …
    #[schema(example = "show_flat")]
    pub kind: String,
    /// Where.
    #[schema(example = "T3, 18 Riverside Road, Guangzhou")]
    pub address: Option<String>,
    /// Floor area in square metres.
    #[schema(example = 386.0)]
    pub area_m2: Option<f64>,
    /// The client's budget in fen.
    #[schema(example = 130_000_000)]
    pub budget_amount: Option<i64>,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// Wanted from.
    #[schema(example = "2026-04-20")]
    pub wanted_from: Option<Day>,
    /// Wanted until.
    #[schema(example = "2026-05-18")]
    pub wanted_until: Option<Day>,
    /// How the inquiry arrived.
    #[schema(example = "tender_notice")]
    pub channel: String,
    /// What the client asked for, as told at intake.
    #[schema(example = "Three flats, warm wood; sales launch on 1 June")]
    pub needs: Option<String>,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub stage_entered_at: At,
    /// The last entry into acceptance.
    pub acceptance_entered_at: Option<At>,
    /// The stage it left when it was shelved.
    pub shelved_from: Option<Stage>,
    /// When to look at it again, while shelved.
    pub review_on: Option<Day>,
    /// Why it was declined, lost, shelved or terminated.
    #[schema(example = "The launch is put off by a year")]
    pub end_reason: Option<String>,
    /// Who recorded the inquiry.
    #[diesel(skip_update)]
    pub recorded_by: Id,
    /// The front group.
    #[diesel(skip_update)]
    pub front_group_id: Option<Id>,
    /// The front owner.
    #[diesel(skip_update)]
    pub front_owner_id: Option<Id>,
    /// The back owner.
    #[diesel(skip_update)]
    pub back_owner_id: Option<Id>,
    /// When it was taken on.
    pub accepted_at: Option<At>,
    /// When it was sealed; it is frozen from then on.
    pub sealed_at: Option<At>,
    /// Rounds of adjustment so far.
    #[schema(example = 1)]
    pub adjustment_round: i64,
    /// What `q` searches.
    #[serde(skip)]
    #[schema(ignore)]
    pub search_text: String,
    /// When it was recorded.
    #[diesel(skip_update)]
    pub created_at: At,
    /// When it last changed.
    pub updated_at: At,
}

/// What few acts change of a project, and what indexes and references hold.
#[derive(AsChangeset)]
#[diesel(table_name = projects, treat_none_as_null = true)]
struct Held<'p> {
    number: Option<&'p str>,
    recorded_by: Id,
    front_group_id: Option<Id>,
    front_owner_id: Option<Id>,
    back_owner_id: Option<Id>,
}

impl<'p> From<&'p Project> for Held<'p> {
    fn from(project: &'p Project) -> Self {
        Self {
            number: project.number.as_deref(),
            recorded_by: project.recorded_by,
            front_group_id: project.front_group_id,
            front_owner_id: project.front_owner_id,
            back_owner_id: project.back_owner_id,
        }
    }
}

impl Subject for Project {
    const KIND: &'static str = "project";

    fn subject_id(&self) -> Id {
        self.id
    }

    fn subject_version(&self) -> i64 {
        self.version
    }

    fn about_project(&self) -> Option<Id> {
        Some(self.id)
    }

    fn about_client(&self) -> Option<Id> {
        Some(self.client_id)
    }
}

/// Finds a project within the caller's sight, or 404.
pub fn find(tx: &mut Tx<'_>, r: &Ref) -> Result<Project> {
    let rows = projects::table.select(cols::<Project>());
    let found = narrowed!(rows, unless tx.actor.sees_everything(), visible(&tx.actor), seen => match r {
        Ref::Id(id) => on_each!(tx.conn, c => seen.filter(projects::id.eq(Id(*id))).first(c)),
        Ref::Number(number) => on_each!(tx.conn, c => seen.filter(has_number(number)).first(c)),
    });
    found.optional()?.ok_or_else(|| Problem::not_found().into())
}

/// These projects as far as they are within the caller's sight, in one statement.
pub fn find_all(tx: &mut Tx<'_>, ids: impl Iterator<Item = Id>) -> Result<BTreeMap<Id, Project>> {
    let ids: Vec<Id> = ids.collect::<BTreeSet<Id>>().into_iter().collect();
    let mut found = BTreeMap::new();
    // Far fewer than either database takes in one statement.
    for part in ids.chunks(5_000) {
        let rows = projects::table.filter(projects::id.eq_any(part)).select(Project::as_select());
        let rows = narrowed!(rows, unless tx.actor.sees_everything(), visible(&tx.actor), seen => seen.load::<Project>(tx.conn))?;
        found.extend(rows.into_iter().map(|project| (project.id, project)));
    }
    Ok(found)
}

/// As [`find`], and locks the row until the commit, in one statement.
pub fn lock(tx: &mut Tx<'_>, r: &Ref) -> Result<Project> {
    let rows = projects::table.select(cols::<Project>());
    let found = narrowed!(rows, unless tx.actor.sees_everything(), visible(&tx.actor), seen => match r {
        Ref::Id(id) => on_each!(tx.conn, c => Locked(seen.filter(projects::id.eq(Id(*id)))).get_result(c)),
        Ref::Number(number) => on_each!(tx.conn, c => Locked(seen.filter(has_number(number))).get_result(c)),
    });
    found.optional()?.ok_or_else(|| Problem::not_found().into())
}

#[auto_type]
fn has_number<'a>(number: &'a str) -> _ {
    projects::number.eq(number).or(projects::inquiry_number.eq(number))
}

/// Locks a project that was found through one of its records.
pub fn lock_id(tx: &mut Tx<'_>, id: Id) -> Result<Project> {
    let row = Locked(projects::table.filter(projects::id.eq(id)).select(cols::<Project>()));
    Ok(on_each!(tx.conn, c => row.get_result(c))?)
}

/// Saves a changed project: raises its version, leaves its event.
pub fn save(tx: &mut Tx<'_>, project: &mut Project, kind: &str, note: Option<serde_json::Value>) -> Result<()> {
    let was = project.version;
    project.version += 1;
    project.updated_at = tx.now;
    let saved = &*project;
    let changed = update_in_parts!(tx.conn, projects::table,
        often: Project = saved,
        seldom: Held<'static> = Held::from(saved),
        on: projects::id.eq(saved.id).and(projects::version.eq(was)),
        differs: projects::number.is_not(saved.number.as_deref())
            .or(projects::recorded_by.is_not(saved.recorded_by))
            .or(projects::front_group_id.is_not(saved.front_group_id))
            .or(projects::front_owner_id.is_not(saved.front_owner_id))
            .or(projects::back_owner_id.is_not(saved.back_owner_id)))?;
    if changed != 1 {
        return Err(
            Problem::conflict("The project changed meanwhile. Read it again.", "項目同時被更改，請重新讀取。").into()
        );
    }
    match note {
        Some(note) => tx.record_with(project, kind, note),
        None => tx.record(project, kind),
    }
}

/// Notes that a person took part in a project, and so sees it from now on.
pub fn take_part(tx: &mut Tx<'_>, project: Id, user: Id) -> Result<()> {
    let row = (
        project_participants::project_id.eq(project),
        project_participants::user_id.eq(user),
        project_participants::since.eq(tx.now),
    );
    Both(diesel::insert_into(project_participants::table).values(row).on_conflict_do_nothing()).execute(tx.conn)?;
    Ok(())
}

/// Notes that something was addressed to a department, whose contributors see the project from now on.
pub fn tell_department(tx: &mut Tx<'_>, project: Id, department: &str) -> Result<()> {
    let row = (
        project_departments::project_id.eq(project),
        project_departments::department.eq(department),
        project_departments::since.eq(tx.now),
    );
    Both(diesel::insert_into(project_departments::table).values(row).on_conflict_do_nothing()).execute(tx.conn)?;
    Ok(())
}

/// The manager who is accountable where nobody owns a project: the first active one.
pub fn manager(tx: &mut Tx<'_>) -> Result<Option<Id>> {
    let first = users::table
        .filter(users::role.eq(Role::Manager))
        .filter(users::active.eq(true))
        .order(users::id)
        .select(users::id)
        .first(tx.conn)
        .optional()?;
    Ok(first)
}
