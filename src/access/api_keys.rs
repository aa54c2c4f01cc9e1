//! Keys for integrators. A key is shown once and kept only as a hash; it acts as one person, within the permissions that it was given and that the
//! person's role has, until it expires or is revoked. Like tokens, keys live on real time.

use super::permissions::{PERMISSIONS, Permission, SignedIn};
use super::tokens::{Claims, digest, random_secret};
use super::{Result, Role, Tx, people};
use crate::db::schema::{api_keys, users};
use crate::db::{AnyConnection, At, Id, Json, on_each};
use crate::events::Subject;
use crate::http::{IfMatch, Problem, Ref, nearest};
use crate::records::stale;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use validator::Validate;

/// What every key begins with, so that it is known for one wherever it leaks.
pub const PREFIX: &str = "fitout_";
/// How exactly the last use is kept: not every request writes.
const USE_IS_NEWS_AFTER: TimeDelta = TimeDelta::minutes(1);

/// A key for an integrator.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = api_keys, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ApiKey {
    /// The key's id; not the key.
    pub id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What it is for.
    #[schema(example = "Accounting bridge")]
    pub name: String,
    /// As whom it acts.
    pub user_id: Id,
    /// How it begins, to tell it from others.
    #[schema(example = "fitout_7Yb2kQ")]
    pub prefix: String,
    #[serde(skip)]
    #[schema(ignore)]
    key_hash: String,
    /// What it may do, as far as the person's role may.
    #[schema(value_type = Vec<String>, example = json!(["projects.read", "events.read"]))]
    pub permissions: Json<Vec<String>>,
    /// Until when it holds.
    pub expires_at: At,
    /// When it was last used, to the minute.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) last_used_at: Option<At>,
    /// When it was revoked.
    pub revoked_at: Option<At>,
    /// When made.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
}

impl Subject for ApiKey {
    const KIND: &'static str = "api_key";
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

/// A key as it is answered. Its last use is no change of it and stands in no event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiKeyView {
    /// The key.
    #[serde(flatten)]
    pub key: ApiKey,
    /// When it was last used, to the minute.
    pub last_used_at: Option<At>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self { last_used_at: key.last_used_at, key }
    }
}

/// A new key, the only time that it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewApiKeyView {
    /// The key.
    #[serde(flatten)]
    pub shown: ApiKeyView,
    /// Send it as `Authorization: Bearer …`; it is not shown again.
    #[schema(example = "fitout_7Yb2kQx0u3Zb5m2xV9yQ1sT8wA4cD7eF6gH")]
    pub secret: String,
}

/// A key to make.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What it is for.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "Accounting bridge", min_length = 1, max_length = 120)]
    pub name: String,
    /// As whom it acts: best a user of its own.
    pub user_id: Id,
    /// What it may do, as operations name it in `x-required-permission`; `session.use` is not for keys.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = json!(["projects.read", "events.read"]), min_items = 1, max_items = 100, value_type = Vec<KeyPermission>)]
    pub permissions: Vec<String>,
    /// For how many days it holds.
    #[serde(default = "a_year")]
    #[validate(range(min = 1, max = 3650))]
    #[schema(example = 365, default = 365, minimum = 1, maximum = 3650)]
    pub expires_in_days: i64,
}

/// A permission for the document: in what is asked for the list is closed. In answers it is open, since later releases add to it.
struct KeyPermission;

impl PartialSchema for KeyPermission {
    fn schema() -> RefOr<Schema> {
        let words = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(grantable()));
        words.description(Some("A permission that a key can be given.")).examples(["projects.read"]).into()
    }
}

impl ToSchema for KeyPermission {}

const fn a_year() -> i64 {
    365
}

/// Makes a key; the second value is the key itself, which nobody can read again.
pub fn create(tx: &mut Tx<'_>, new: &NewApiKey) -> Result<(ApiKey, String)> {
    for (n, name) in new.permissions.iter().enumerate() {
        if !grantable().any(|known| known == name) {
            return Err(unknown_permission(n, name).into());
        }
        if !tx.key_has(name) {
            return Err(beyond_its_own(name).into());
        }
    }
    let person = people::active_user(tx, new.user_id, "/user_id")?;
    let permissions: BTreeSet<String> = new.permissions.iter().cloned().collect();
    let secret = random_secret().map_err(|e| Problem::internal(&e))?;
    let secret = format!("{PREFIX}{secret}");
    let now = At::now_real();
    let key = ApiKey {
        id: Id::new(),
        version: 1,
        name: new.name.clone(),
        user_id: person.id,
        prefix: secret.chars().take(PREFIX.len() + 6).collect(),
        key_hash: digest(&secret),
        permissions: Json(permissions.into_iter().collect()),
        expires_at: At::from(now.utc() + TimeDelta::days(new.expires_in_days)),
        last_used_at: None,
        revoked_at: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
    };
    diesel::insert_into(api_keys::table).values(&key).execute(tx.conn)?;
    tx.record(&key, "api_key.created")?;
    Ok((key, secret))
}

/// What a key can be given. Sessions are for people.
fn grantable() -> impl Iterator<Item = &'static str> {
    PERMISSIONS.iter().map(|(known, _)| *known).filter(|known| *known != SignedIn::NAME)
}

/// Whoever comes with a key hands on no more than it was given.
fn beyond_its_own(name: &str) -> Problem {
    Problem::forbidden(
        format!("This API key was not given `{name}`, and so cannot give it to another."),
        format!("此 API 密鑰沒有 `{name}` 權限，不能授予他鑰。"),
    )
}

fn unknown_permission(n: usize, name: &str) -> Problem {
    let (en, zh) = match nearest(name, grantable()) {
        Some(near) => {
            (format!("No key can have this; did you mean {near}?"), format!("密鑰沒有此權限；您是否想用 {near}？"))
        }
        None => ("No key can have this permission.".to_owned(), "密鑰沒有此權限。".to_owned()),
    };
    Problem::validation(format!("/permissions/{n}"), "invalid", en, zh)
}

/// The keys after an id, oldest first.
pub fn after(tx: &mut Tx<'_>, id: Option<Id>, limit: i64) -> Result<Vec<ApiKey>> {
    let rows = api_keys::table.order(api_keys::id).limit(limit).into_boxed::<crate::db::MultiBackend>();
    let rows = match id {
        Some(id) => rows.filter(api_keys::id.gt(id)),
        None => rows,
    };
    Ok(rows.select(ApiKey::as_select()).load(tx.conn)?)
}

/// Finds a key by its id, or 404.
pub fn find(tx: &mut Tx<'_>, r: &Ref) -> Result<ApiKey> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    let row = api_keys::table.filter(api_keys::id.eq(Id(*id))).select(ApiKey::as_select());
    row.first(tx.conn).optional()?.ok_or_else(|| Problem::not_found().into())
}

/// Revokes a key at once and for good.
pub fn revoke(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<ApiKey> {
    let mut key = find(tx, r)?;
    stale(tx, &key, if_match)?;
    if key.revoked_at.is_some() {
        return Err(Problem::state("The key is revoked already.", "此密鑰已撤銷。").into());
    }
    let was = key.version;
    key.version += 1;
    key.revoked_at = Some(At::now_real());
    key.updated_at = tx.now;
    let same = api_keys::table.filter(api_keys::id.eq(key.id)).filter(api_keys::version.eq(was));
    let done = diesel::update(same)
        .set((
            api_keys::version.eq(key.version),
            api_keys::revoked_at.eq(key.revoked_at),
            api_keys::updated_at.eq(key.updated_at),
        ))
        .execute(tx.conn)?;
    if done != 1 {
        return Err(
            Problem::conflict("The key changed meanwhile. Read it again.", "密鑰同時被更改，請重新讀取。").into()
        );
    }
    tx.record(&key, "api_key.revoked")?;
    Ok(key)
}

/// A key that holds, as the request that sent it needs it.
#[derive(Debug, Clone)]
pub(super) struct Holding {
    /// Stands in for a token's claims.
    pub(super) claims: Claims,
    /// What it may do.
    pub(super) permissions: Vec<String>,
    /// Whether its use has to be written down.
    pub(super) news: bool,
}

type Row = (Id, Id, Json<Vec<String>>, At, Option<At>, Role, i64);

/// The key with this hash, if it holds.
pub(super) fn holding(conn: &mut AnyConnection, hash: &str) -> QueryResult<Option<Holding>> {
    let now = At::now_real();
    let row = api_keys::table
        .inner_join(users::table.on(users::id.eq(api_keys::user_id)))
        .filter(api_keys::key_hash.eq(hash))
        .filter(api_keys::revoked_at.is_null())
        .filter(api_keys::expires_at.gt(now))
        .filter(users::active.eq(true))
        .select((
            api_keys::id,
            api_keys::user_id,
            api_keys::permissions,
            api_keys::expires_at,
            api_keys::last_used_at,
            users::role,
            users::token_generation,
        ));
    let row = on_each!(conn, c => row.first::<Row>(c)).optional()?;
    Ok(row.map(|(id, user, permissions, expires_at, used_at, role, generation)| {
        let mut claims = Claims::new(user, role, generation, id, now.utc().timestamp());
        claims.exp = expires_at.utc().timestamp();
        let news = used_at.is_none_or(|used| now.utc() - used.utc() > USE_IS_NEWS_AFTER);
        Holding { claims, permissions: permissions.0, news }
    }))
}

/// Whether a key still holds.
pub(super) fn holds(conn: &mut AnyConnection, key: Id) -> QueryResult<bool> {
    let row = api_keys::table.filter(api_keys::id.eq(key)).filter(api_keys::revoked_at.is_null());
    let row = row.filter(api_keys::expires_at.gt(At::now_real())).select(api_keys::id);
    Ok(on_each!(conn, c => row.first::<Id>(c)).optional()?.is_some())
}

/// Writes down that a key was used.
pub(super) fn used(conn: &mut AnyConnection, key: Id) -> QueryResult<usize> {
    let row = api_keys::table.filter(api_keys::id.eq(key));
    diesel::update(row).set(api_keys::last_used_at.eq(At::now_real())).execute(conn)
}
