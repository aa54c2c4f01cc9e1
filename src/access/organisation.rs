//! Groups and departments: data, not code. Administrators manage them; several shapes of organisation are a matter of their rows.

use super::{GroupKind, Result, Tx};
use crate::db::schema::{departments, groups};
use crate::db::{At, Id};
use crate::events::Subject;
use crate::http::{IfMatch, Patch, Problem, Ref, broken};
use crate::records::stale;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A group of the client department.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = groups, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Group {
    /// The group.
    pub id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Its short key.
    #[schema(example = "A")]
    pub key: String,
    /// Its name.
    #[schema(example = "Front group A")]
    pub name: String,
    /// Which part of a project's life it works in.
    pub kind: GroupKind,
    /// Whether it takes new work.
    pub active: bool,
    /// When recorded.
    pub created_at: At,
    /// When last changed.
    pub updated_at: At,
}

/// Another department of the company.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = departments, treat_none_as_default_value = false, primary_key(key), treat_none_as_null = true)]
pub struct Department {
    /// Its key, used wherever a department is named.
    #[schema(example = "design")]
    pub key: String,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Its name.
    #[schema(example = "Design")]
    pub name: String,
    /// Its Chinese name.
    #[schema(example = "設計部")]
    pub name_zh: Option<String>,
    /// Whether work may be addressed to it.
    pub active: bool,
    /// When recorded.
    pub created_at: At,
    /// When last changed.
    pub updated_at: At,
}

impl Subject for Group {
    const KIND: &'static str = "group";
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

/// A department has a key instead of an id; its events stand under the id that the key makes.
impl Subject for Department {
    const KIND: &'static str = "department";
    fn subject_id(&self) -> Id {
        Id::named(Self::KIND, &self.key)
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
}

/// A group's facts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GroupFacts {
    /// Its name.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Front group A", min_length = 1, max_length = 120)]
    pub name: String,
    /// Which part of a project's life it works in.
    pub kind: GroupKind,
    /// Whether it takes new work.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub active: bool,
}

/// A new group.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// Its short key.
    #[validate(custom(function = short_key))]
    #[schema(example = "D", min_length = 1, max_length = 20, pattern = "^[A-Za-z0-9_-]{1,20}$")]
    pub key: String,
    /// Its name.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Front group D", min_length = 1, max_length = 120)]
    pub name: String,
    /// Which part of a project's life it works in.
    pub kind: GroupKind,
}

/// A department's facts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DepartmentFacts {
    /// Its name.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Design", min_length = 1, max_length = 120)]
    pub name: String,
    /// Its Chinese name.
    #[serde(default)]
    #[validate(length(max = 120))]
    #[schema(example = "設計部", max_length = 120)]
    pub name_zh: Option<String>,
    /// Whether work may be addressed to it.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub active: bool,
}

/// A new department.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewDepartment {
    /// Its key.
    #[validate(custom(function = short_key))]
    #[schema(example = "logistics", min_length = 1, max_length = 20, pattern = "^[A-Za-z0-9_-]{1,20}$")]
    pub key: String,
    /// Its name.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Logistics", min_length = 1, max_length = 120)]
    pub name: String,
    /// Its Chinese name.
    #[serde(default)]
    #[validate(length(max = 120))]
    #[schema(example = "物流部", max_length = 120)]
    pub name_zh: Option<String>,
}

fn yes() -> bool {
    true
}

fn short_key(key: &str) -> std::result::Result<(), validator::ValidationError> {
    let plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if plain && (1..=20).contains(&key.len()) {
        Ok(())
    } else {
        Err(broken("key", "Must have 1 to 20 letters, digits, - or _.", "須為 1 至 20 個字母、數字、- 或 _。"))
    }
}

/// One page of the groups, by key.
pub fn groups_after(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Group>> {
    let rows = groups::table.filter(groups::key.gt(after)).order(groups::key).limit(limit);
    Ok(rows.select(Group::as_select()).load(tx.conn)?)
}

/// A group by id or key.
pub fn find_group(tx: &mut Tx<'_>, r: &Ref) -> Result<Group> {
    let query = groups::table.into_boxed();
    let query = match r {
        Ref::Id(id) => query.filter(groups::id.eq(Id(*id))),
        Ref::Number(key) => query.filter(groups::key.eq(key.clone())),
    };
    query.select(Group::as_select()).first(tx.conn).optional()?.ok_or_else(|| Problem::not_found().into())
}

/// Records a group.
pub fn create_group(tx: &mut Tx<'_>, new: &NewGroup) -> Result<Group> {
    let group = Group {
        id: Id::new(),
        version: 1,
        key: new.key.clone(),
        name: new.name.clone(),
        kind: new.kind,
        active: true,
        created_at: tx.now,
        updated_at: tx.now,
    };
    diesel::insert_into(groups::table).values(&group).execute(tx.conn)?;
    tx.record(&group, "group.created")?;
    Ok(group)
}

/// Changes a group.
pub fn change_group(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, patch: &Patch<GroupFacts>) -> Result<Group> {
    let mut group = find_group(tx, r)?;
    let facts = patch.apply(&GroupFacts { name: group.name.clone(), kind: group.kind, active: group.active })?;
    stale(tx, &group, if_match)?;
    (group.name, group.kind, group.active) = (facts.name, facts.kind, facts.active);
    let was = groups::table.filter(groups::id.eq(group.id)).filter(groups::version.eq(group.version));
    (group.version, group.updated_at) = (group.version + 1, tx.now);
    let saved = diesel::update(was).set(&group).execute(tx.conn)?;
    changed_once(saved)?;
    tx.record(&group, "group.changed")?;
    Ok(group)
}

/// A group, or 422 at this pointer.
pub fn group(tx: &mut Tx<'_>, id: Id, pointer: &str) -> Result<Group> {
    let found = groups::table.filter(groups::id.eq(id)).select(Group::as_select()).first(tx.conn).optional()?;
    found.ok_or_else(|| {
        Problem::validation(pointer, "unknown", "There is no group with this id.", "沒有這個組。").into()
    })
}

/// One page of the departments, by key.
pub fn departments_after(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Department>> {
    let rows = departments::table.filter(departments::key.gt(after)).order(departments::key).limit(limit);
    Ok(rows.select(Department::as_select()).load(tx.conn)?)
}

/// A department by key.
pub fn find_department(tx: &mut Tx<'_>, key: &str) -> Result<Department> {
    let row = departments::table.filter(departments::key.eq(key)).select(Department::as_select());
    row.first(tx.conn).optional()?.ok_or_else(|| Problem::not_found().into())
}

/// Records a department.
pub fn create_department(tx: &mut Tx<'_>, new: &NewDepartment) -> Result<Department> {
    let department = Department {
        key: new.key.clone(),
        version: 1,
        name: new.name.clone(),
        name_zh: new.name_zh.clone(),
        active: true,
        created_at: tx.now,
        updated_at: tx.now,
    };
    diesel::insert_into(departments::table).values(&department).execute(tx.conn)?;
    tx.record(&department, "department.created")?;
    Ok(department)
}

/// Changes a department.
pub fn change_department(
    tx: &mut Tx<'_>,
    key: &str,
    if_match: &IfMatch,
    patch: &Patch<DepartmentFacts>,
) -> Result<Department> {
    let mut d = find_department(tx, key)?;
    let facts = patch.apply(&DepartmentFacts { name: d.name.clone(), name_zh: d.name_zh.clone(), active: d.active })?;
    stale(tx, &d, if_match)?;
    (d.name, d.name_zh, d.active) = (facts.name, facts.name_zh, facts.active);
    let was = departments::table.filter(departments::key.eq(d.key.clone())).filter(departments::version.eq(d.version));
    (d.version, d.updated_at) = (d.version + 1, tx.now);
    let saved = diesel::update(was).set(&d).execute(tx.conn)?;
    changed_once(saved)?;
    tx.record(&d, "department.changed")?;
    Ok(d)
}

/// An active department, or 422 at this pointer.
pub fn department(tx: &mut Tx<'_>, key: &str, pointer: &str) -> Result<()> {
    let known = departments::table
        .filter(departments::key.eq(key))
        .filter(departments::active.eq(true))
        .count()
        .get_result::<i64>(tx.conn)?;
    if known == 1 {
        return Ok(());
    }
    Err(Problem::validation(
        pointer,
        "unknown",
        "There is no active department with this key; see `GET /v1/departments`.",
        "沒有這個部門；見 GET /v1/departments。",
    )
    .into())
}

/// Nobody else changed the row between reading and writing it.
pub(super) fn changed_once(rows: usize) -> Result<()> {
    if rows == 1 {
        return Ok(());
    }
    Err(Problem::conflict("It changed meanwhile. Read it again.", "同時被更改，請重新讀取。").into())
}
