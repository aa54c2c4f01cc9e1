//! People over HTTP.

use super::people::{self, NewUser, User, UserFacts};
use super::{Access, PeopleManage, PeopleRead, Result, Tx};
use crate::db::schema::users;
use crate::db::{Id, like_pattern, lower};
use crate::http::{
    Answer, Body, CreatedAnswer, IfMatch, Listed, Page, PageOf, Patch, Path, Problem, Query, Ref, Reply, Routes,
    page::wrong_cursor,
};
use crate::records::{EventView, history_of, stale};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
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
    super::organisation_api::routes(r);
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
    #[validate(length(max = 60))]
    pub q: Option<String>,
}

/// The text after which a page begins.
pub(super) fn after_text(page: &Page) -> std::result::Result<String, Problem> {
    match page.after()?.as_deref() {
        None => Ok(String::new()),
        Some([Value::String(text)]) => Ok(text.clone()),
        Some(_) => Err(wrong_cursor()),
    }
}

async fn list_users(access: Access<PeopleRead>, query: Query<UserFilter>, page: Page) -> Listed<User> {
    access.list(move |tx| users_page(tx, &query, &page)).await
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
                .or(users::username.like(pattern.clone()).escape('\\'))
                .or(users::search_text.assume_not_null().like(pattern).escape('\\')),
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
    access.list(move |tx| people::find(tx, &user).and_then(|user| history_of(tx, user.id, &page))).await
}
