//! People, groups and departments over HTTP.

use super::people::{self, NewUser, User, UserFacts};
use super::{Access, Department, Group, GroupKind, PeopleManage, PeopleRead, Result, Tx};
use crate::db::schema::{departments, groups, users};
use crate::db::{Id, like_pattern, lower};
use crate::http::{
    Answer, Body, CreatedAnswer, IfMatch, Listed, Page, PageOf, Patch, Path, Problem, Query, Ref, Reply, Routes,
    broken, page::wrong_cursor,
};
use crate::records::{EventView, history_of, stale};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Managed by administrators, read by everyone: names beside ids.
pub fn routes(r: &mut Routes) {
    r.tag("People", "Users, groups and departments: data, not code.");
    r.get("/v1/users", list_users, "List users", "By log-in name.");
    r.post("/v1/users", create_user, "Create a user", "With a first password. Leaders, specialists and assistants belong to a group of a fitting kind, contributors to a department.");
    r.get("/v1/users/{user}", get_user, "Get one user", "By id or log-in name.");
    r.patch(
        "/v1/users/{user}",
        update_user,
        "Change a user",
        "A change of role, group, department or activity ends the person's tokens at once.",
    );
    r.get("/v1/users/{user}/history", list_user_events, "The history of one user", "Every event, oldest first.");
    r.get("/v1/groups", list_groups, "List groups", "By key.");
    r.post("/v1/groups", create_group, "Create a group", "Front, back or both.");
    r.get("/v1/groups/{group}", get_group, "Get one group", "By id or key.");
    r.patch("/v1/groups/{group}", update_group, "Change a group", "Its name, kind or activity.");
    r.get("/v1/departments", list_departments, "List departments", "By key.");
    r.post(
        "/v1/departments",
        create_department,
        "Create a department",
        "Its key is used wherever a department is named.",
    );
    r.get("/v1/departments/{department}", get_department, "Get one department", "By key.");
    r.patch("/v1/departments/{department}", update_department, "Change a department", "Its names or activity.");
}

/// What narrows the list of users.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserFilter {
    /// Only this role.
    pub role: Option<super::Role>,
    /// Only this group.
    pub group: Option<Id>,
    /// Only active people, or only the others.
    pub active: Option<bool>,
    /// Part of the log-in name or the name.
    #[param(example = "chen", max_length = 60)]
    pub q: Option<String>,
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

/// The text after which a page begins.
fn after_text(page: &Page) -> std::result::Result<String, Problem> {
    match page.after()?.as_deref() {
        None => Ok(String::new()),
        Some([Value::String(text)]) => Ok(text.clone()),
        Some(_) => Err(wrong_cursor()),
    }
}

async fn list_users(access: Access<PeopleRead>, query: Query<UserFilter>, page: Page) -> Listed<User> {
    access.read(move |tx| users_page(tx, &query, &page)).await
}

fn users_page(tx: &mut Tx<'_>, query: &UserFilter, page: &Page) -> Result<Reply<PageOf<User>>> {
    let mut rows = users::table.filter(users::username.gt(after_text(page)?)).into_boxed();
    if let Some(role) = query.role {
        rows = rows.filter(users::role.eq(role));
    }
    if let Some(group) = query.group {
        rows = rows.filter(users::group_id.eq(group));
    }
    if let Some(active) = query.active {
        rows = rows.filter(users::active.eq(active));
    }
    if let Some(q) = &query.q {
        let pattern = like_pattern(q);
        rows = rows.filter(
            lower(users::display_name)
                .like(pattern.clone())
                .escape('\\')
                .or(users::username.like(pattern).escape('\\')),
        );
    }
    let rows = rows.order(users::username).limit(page.fetch()).select(User::as_select()).load(tx.conn)?;
    let (data, next) = page.cut(rows, |user| vec![json!(user.username)]);
    Ok(Reply::list(data, next, None)?)
}

async fn create_user(access: Access<PeopleManage>, body: Body<NewUser>) -> CreatedAnswer<User> {
    let hash = access.passwords().hash(body.password.clone()).await?;
    access
        .write(move |tx| {
            let user = people::create(tx, &body, &hash)?;
            Ok(Reply::created(&user, format!("/v1/users/{}", user.id))?.version(user.version))
        })
        .await
}

async fn get_user(access: Access<PeopleRead>, user: Path<Ref>) -> Answer<User> {
    access.read(move |tx| people::find(tx, &user).and_then(|user| Ok(Reply::ok(&user)?.version(user.version)))).await
}

async fn update_user(
    access: Access<PeopleManage>,
    user: Path<Ref>,
    if_match: IfMatch,
    body: Patch<UserFacts>,
) -> Answer<User> {
    access
        .write(move |tx| {
            let mut user = people::find(tx, &user)?;
            let facts = body.apply(&user.facts())?;
            stale(tx, &user, &if_match)?;
            people::change(tx, &mut user, facts)?;
            Ok(Reply::ok(&user)?.version(user.version))
        })
        .await
}

async fn list_user_events(access: Access<PeopleRead>, user: Path<Ref>, page: Page) -> Listed<EventView> {
    access.read(move |tx| people::find(tx, &user).and_then(|user| history_of(tx, user.id, &page))).await
}

async fn list_groups(access: Access<PeopleRead>, page: Page) -> Listed<Group> {
    access
        .read(move |tx| {
            let rows = groups::table
                .filter(groups::key.gt(after_text(&page)?))
                .order(groups::key)
                .limit(page.fetch())
                .select(Group::as_select())
                .load(tx.conn)?;
            let (data, next) = page.cut(rows, |group: &Group| vec![json!(group.key)]);
            Ok(Reply::list(data, next, None)?)
        })
        .await
}

fn find_group(tx: &mut Tx<'_>, r: &Ref) -> Result<Group> {
    let query = groups::table.into_boxed();
    let query = match r {
        Ref::Id(id) => query.filter(groups::id.eq(Id(*id))),
        Ref::Number(key) => query.filter(groups::key.eq(key.clone())),
    };
    query.select(Group::as_select()).first(tx.conn).optional()?.ok_or_else(|| Problem::not_found().into())
}

async fn create_group(access: Access<PeopleManage>, body: Body<NewGroup>) -> CreatedAnswer<Group> {
    access
        .write(move |tx| {
            let now = tx.now;
            let group = Group {
                id: Id::new(),
                version: 1,
                key: body.key.clone(),
                name: body.name.clone(),
                kind: body.kind,
                active: true,
                created_at: now,
                updated_at: now,
            };
            diesel::insert_into(groups::table).values(&group).execute(tx.conn)?;
            tx.record(&group, "group.created")?;
            Ok(Reply::created(&group, format!("/v1/groups/{}", group.id))?.version(group.version))
        })
        .await
}

async fn get_group(access: Access<PeopleRead>, group: Path<Ref>) -> Answer<Group> {
    access.read(move |tx| find_group(tx, &group).and_then(|group| Ok(Reply::ok(&group)?.version(group.version)))).await
}

async fn update_group(
    access: Access<PeopleManage>,
    group: Path<Ref>,
    if_match: IfMatch,
    body: Patch<GroupFacts>,
) -> Answer<Group> {
    access
        .write(move |tx| {
            let mut group = find_group(tx, &group)?;
            let facts = body.apply(&GroupFacts { name: group.name.clone(), kind: group.kind, active: group.active })?;
            stale(tx, &group, &if_match)?;
            (group.name, group.kind, group.active) = (facts.name, facts.kind, facts.active);
            (group.version, group.updated_at) = (group.version + 1, tx.now);
            diesel::update(groups::table.filter(groups::id.eq(group.id))).set(&group).execute(tx.conn)?;
            tx.record(&group, "group.changed")?;
            Ok(Reply::ok(&group)?.version(group.version))
        })
        .await
}

async fn list_departments(access: Access<PeopleRead>, page: Page) -> Listed<Department> {
    access
        .read(move |tx| {
            let after = departments::table.filter(departments::key.gt(after_text(&page)?));
            let rows =
                after.order(departments::key).limit(page.fetch()).select(Department::as_select()).load(tx.conn)?;
            let (data, next) = page.cut(rows, |department: &Department| vec![json!(department.key)]);
            Ok(Reply::list(data, next, None)?)
        })
        .await
}

fn find_department(tx: &mut Tx<'_>, key: &str) -> Result<Department> {
    let found = departments::table
        .filter(departments::key.eq(key))
        .select(Department::as_select())
        .first(tx.conn)
        .optional()?;
    found.ok_or_else(|| Problem::not_found().into())
}

async fn create_department(access: Access<PeopleManage>, body: Body<NewDepartment>) -> CreatedAnswer<Department> {
    access
        .write(move |tx| {
            let now = tx.now;
            let new = NewDepartment::clone(&body);
            let department = Department {
                key: new.key,
                version: 1,
                name: new.name,
                name_zh: new.name_zh,
                active: true,
                created_at: now,
                updated_at: now,
            };
            diesel::insert_into(departments::table).values(&department).execute(tx.conn)?;
            Ok(Reply::created(&department, format!("/v1/departments/{}", department.key))?.version(department.version))
        })
        .await
}

async fn get_department(access: Access<PeopleRead>, department: Path<String>) -> Answer<Department> {
    access.read(move |tx| find_department(tx, &department).and_then(|d| Ok(Reply::ok(&d)?.version(d.version)))).await
}

async fn update_department(
    access: Access<PeopleManage>,
    department: Path<String>,
    if_match: IfMatch,
    body: Patch<DepartmentFacts>,
) -> Answer<Department> {
    access
        .write(move |tx| {
            let mut d = find_department(tx, &department)?;
            let facts =
                body.apply(&DepartmentFacts { name: d.name.clone(), name_zh: d.name_zh.clone(), active: d.active })?;
            if_match.require(d.version, || json!({ "version": d.version }))?;
            (d.name, d.name_zh, d.active) = (facts.name, facts.name_zh, facts.active);
            (d.version, d.updated_at) = (d.version + 1, tx.now);
            diesel::update(departments::table.filter(departments::key.eq(&d.key))).set(&d).execute(tx.conn)?;
            Ok(Reply::ok(&d)?.version(d.version))
        })
        .await
}
