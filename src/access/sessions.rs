//! Sessions: a family of refresh tokens, each good once. Using a spent one again means that it was stolen: the whole family ends.

use super::people::User;
use super::tokens::{self, ACCESS_SECONDS, REFRESH_SECONDS};
use super::{Claims, Keys, Result};
use crate::db::schema::{refresh_tokens, users};
use crate::db::{AnyConnection, At, Id, on_each};
use crate::http::Problem;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

/// What a log-in answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Session {
    /// Send it as `Authorization: Bearer …`.
    #[schema(example = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTkwIn0.c2ln")]
    pub access_token: String,
    /// Good once, at `/v1/auth/refresh`.
    #[schema(example = "0u3Zb5m2xV9yQ1sT8wA4cD7eF6gH")]
    pub refresh_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    pub expires_in: i64,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens, treat_none_as_default_value = false)]
struct Token {
    id: Id,
    user_id: Id,
    family_id: Id,
    token_hash: String,
    token_generation: i64,
    issued_at: At,
    expires_at: At,
    spent_at: Option<At>,
    revoked_at: Option<At>,
}

/// Begins a session.
pub fn begin(conn: &mut AnyConnection, keys: &Keys, user: &User) -> Result<Session> {
    issue(conn, keys, user, Id::new())
}

fn issue(conn: &mut AnyConnection, keys: &Keys, user: &User, family: Id) -> Result<Session> {
    let now = At::now_real();
    let refresh_token = tokens::random_secret().map_err(|e| Problem::internal(&e))?;
    let row = Token {
        id: Id::new(),
        user_id: user.id,
        family_id: family,
        token_hash: tokens::digest(&refresh_token),
        token_generation: user.token_generation,
        issued_at: now,
        expires_at: At::from(now.utc() + TimeDelta::seconds(REFRESH_SECONDS)),
        spent_at: None,
        revoked_at: None,
    };
    diesel::insert_into(refresh_tokens::table).values(&row).execute(conn)?;
    let claims = Claims::new(user.id, user.role, user.token_generation, family, now.utc().timestamp());
    let access_token = keys.sign(&claims).map_err(|e| Problem::internal(&e))?;
    Ok(Session { access_token, refresh_token, token_type: "Bearer", expires_in: ACCESS_SECONDS })
}

/// Whether somebody was given this refresh token, good or not.
pub fn is_known(conn: &mut AnyConnection, refresh_token: &str) -> QueryResult<bool> {
    let given = refresh_tokens::table.filter(refresh_tokens::token_hash.eq(tokens::digest(refresh_token)));
    Ok(on_each!(conn, c => given.select(refresh_tokens::id).first::<Id>(c)).optional()?.is_some())
}

/// Spends a refresh token for a new pair. `None`: it was not good; where it had been spent before, the family is ended (and that is committed).
pub fn refresh(conn: &mut AnyConnection, keys: &Keys, refresh_token: &str) -> Result<Option<Session>> {
    let found = refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(tokens::digest(refresh_token)))
        .select(Token::as_select())
        .first(conn)
        .optional()?;
    let Some(token) = found else { return Ok(None) };
    let now = At::now_real();
    let ended = refresh_tokens::table
        .filter(refresh_tokens::family_id.eq(token.family_id))
        .filter(refresh_tokens::revoked_at.is_not_null());
    // Any of the family: one that was issued beside the log-out was not seen by it.
    if ended.count().get_result::<i64>(conn)? > 0 || token.expires_at.utc() <= now.utc() {
        return Ok(None);
    }
    let unspent =
        refresh_tokens::table.filter(refresh_tokens::id.eq(token.id)).filter(refresh_tokens::spent_at.is_null());
    if diesel::update(unspent).set(refresh_tokens::spent_at.eq(Some(now))).execute(conn)? == 0 {
        end(conn, token.family_id)?;
        return Ok(None);
    }
    let user = users::table
        .filter(users::id.eq(token.user_id))
        .filter(users::active.eq(true))
        .filter(users::token_generation.eq(token.token_generation))
        .select(User::as_select())
        .first(conn)
        .optional()?;
    user.map(|user| issue(conn, keys, &user, token.family_id)).transpose()
}

/// Ends a session: its access tokens stop at once, its refresh tokens too.
pub fn end(conn: &mut AnyConnection, family: Id) -> Result<()> {
    let open =
        refresh_tokens::table.filter(refresh_tokens::family_id.eq(family)).filter(refresh_tokens::revoked_at.is_null());
    diesel::update(open).set(refresh_tokens::revoked_at.eq(Some(At::now_real()))).execute(conn)?;
    Ok(())
}

/// Forgets tokens that expired. Those that were revoked stay as long as one of their session has not expired: they may be all that holds back another,
/// which was issued beside the log-out.
pub fn purge(conn: &mut AnyConnection) -> QueryResult<usize> {
    let now = At::now_real();
    let families = refresh_tokens::table.select(refresh_tokens::family_id).distinct();
    let over = families.filter(refresh_tokens::expires_at.lt(now)).load::<Id>(conn)?;
    let mut gone = 0;
    for some in over.chunks(1_000) {
        let of_these = refresh_tokens::family_id.eq_any(some.to_vec());
        let lasting = families.filter(of_these.clone()).filter(refresh_tokens::expires_at.ge(now)).load::<Id>(conn)?;
        let expired = refresh_tokens::table.filter(of_these).filter(refresh_tokens::expires_at.lt(now));
        let holds_back = refresh_tokens::revoked_at.is_not_null().and(refresh_tokens::family_id.eq_any(lasting));
        gone += diesel::delete(expired.filter(diesel::dsl::not(holds_back))).execute(conn)?;
    }
    Ok(gone)
}
