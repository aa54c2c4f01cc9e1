//! Signing in and out, and who one is.

use super::people::{self, NewUser, User};
use super::sessions::{self, Session};
use super::{Access, Public, Role, SignedIn, Tx, tokens};
use crate::db::schema::{setup_tokens, users};
use crate::db::{At, Id};
use crate::http::{
    Answer, Body, Code, CreatedAnswer, EmptyAnswer, OperationDraft, Problem, Reply, Routes, server::client_address,
};
use diesel::dsl::auto_type;
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// Signing in.
pub fn routes(r: &mut Routes) {
    r.tag("Signing in", "Tokens: a short-lived access token for every call, a refresh token that is good once.");
    r.post_with("/v1/auth/login", login, "Log in", "Answers an access token (15 minutes) and a refresh token (30 days, good once). Attempts are throttled per account and per address.", wrong_secret);
    r.post_with(
        "/v1/auth/refresh",
        refresh,
        "Spend a refresh token for a new pair",
        "Using a spent refresh token again ends the whole session.",
        wrong_secret,
    );
    let no_trial = |op: &mut OperationDraft| {
        op.no_dry_run();
    };
    let ends = "Ends this session at once, on every replica.";
    r.post_with("/v1/auth/logout", logout, "Log out", ends, no_trial);
    let ends = "Ends every session of this person, this one too.";
    r.post_with("/v1/auth/password", change_password, "Change one's password", ends, no_trial);
    r.get("/v1/me", get_me, "Who am I", "The caller as the service knows them.");
    r.post_with(
        "/v1/setup",
        set_up,
        "Make the first administrator",
        "Only on a service without users, with the one-time token that its first start printed.",
        |op| {
            op.no_idempotency().refuses(Code::Forbidden).refuses(Code::State);
        },
    );
}

/// A wrong password or token is 401 here too; answers that hold secrets are never kept for a replay.
fn wrong_secret(op: &mut OperationDraft) {
    op.no_idempotency().refuses(Code::Unauthenticated);
}

/// User name and password.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The log-in name.
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "manager", min_length = 1, max_length = 60)]
    pub username: String,
    /// The password.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "a long password", min_length = 1, max_length = 200, format = "password")]
    pub password: String,
}

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The token that the last log-in or refresh answered.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "0u3Zb5m2xV9yQ1sT8wA4cD7eF6gH", min_length = 1, max_length = 200)]
    pub refresh_token: String,
}

/// A change of password.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password so far.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "a long password", min_length = 1, max_length = 200, format = "password")]
    pub current_password: String,
    /// The new one, at least 8 characters.
    #[validate(length(min = 8, max = 200))]
    #[schema(example = "another long password", min_length = 8, max_length = 200, format = "password")]
    pub new_password: String,
}

/// The first administrator.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The one-time token that the first start printed.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "p0Zc8mX2vQ", min_length = 1, max_length = 200)]
    pub token: String,
    /// The log-in name.
    #[validate(custom(function = people::username))]
    #[schema(example = "admin", min_length = 2, max_length = 60, pattern = "^[a-z0-9._-]{2,60}$")]
    pub username: String,
    /// The name as people say it.
    #[validate(length(min = 1, max = 120))]
    #[schema(example = "System administrator", min_length = 1, max_length = 120)]
    pub display_name: String,
    /// The password, at least 8 characters.
    #[validate(length(min = 8, max = 200))]
    #[schema(example = "a long first password", min_length = 8, max_length = 200, format = "password")]
    pub password: String,
}

async fn login(public: Public, body: Body<Login>) -> Answer<Session> {
    let name = body.username.to_lowercase();
    let address = client_address(&public.request, &public.services.trusted_proxies);
    public.services.throttle.attempt(&name, address, &public.request)?;
    let found = public
        .read(move |conn| {
            Ok(users::table
                .filter(users::username.eq(name))
                .filter(users::active.eq(true))
                .select(User::as_select())
                .first(conn)
                .optional()?)
        })
        .await?;
    let phc = found.as_ref().map(|user| user.password_hash.clone());
    let right = public.services.passwords.verify(body.password.clone(), phc).await?;
    let user = found.filter(|_| right).ok_or_else(wrong)?;
    let keys = public.services.keys.clone();
    Reply::ok(&public.write(move |conn| sessions::begin(conn, &keys, &user)).await?)
}

fn wrong() -> Problem {
    Problem::new(Code::Unauthenticated, "User name or password is wrong.", "用戶名或密碼錯誤。")
}

async fn refresh(public: Public, body: Body<Refresh>) -> Answer<Session> {
    let keys = public.services.keys.clone();
    // Strangers may ask this: what nobody was given costs the writers nothing.
    let token = body.refresh_token.clone();
    if !public.read(move |conn| Ok(sessions::is_known(conn, &token)?)).await? {
        return Err(Problem::unauthenticated());
    }
    let session = public.write(move |conn| sessions::refresh(conn, &keys, &body.refresh_token)).await?;
    Reply::ok(&session.ok_or_else(Problem::unauthenticated)?)
}

async fn logout(access: Access<SignedIn>) -> EmptyAnswer {
    let family = access.claims().session;
    access.write(move |tx| sessions::end(tx.conn, family).map(|()| Reply::empty())).await
}

async fn change_password(access: Access<SignedIn>, body: Body<ChangePassword>) -> EmptyAnswer {
    access.attempt()?;
    let phc = access.read(|tx| Ok(me(tx)?.password_hash)).await?;
    if !access.passwords().verify(body.current_password.clone(), Some(phc.clone())).await? {
        return Err(Problem::validation("/current_password", "wrong", "This is not your password.", "密碼不正確。"));
    }
    let new = access.passwords().hash(body.new_password.clone()).await?;
    access
        .write(move |tx| {
            let mut user = me(tx)?;
            user.password_hash.clone_from(&new);
            user.token_generation += 1;
            people::save(tx, &mut user, "user.password_changed").map(|()| Reply::empty())
        })
        .await
}

async fn get_me(access: Access<SignedIn>) -> Answer<User> {
    access.read(|tx| me(tx).and_then(|user| Ok(Reply::ok(&user)?.version(user.version)))).await
}

fn me(tx: &mut Tx<'_>) -> super::Result<User> {
    let id = tx.actor.id;
    people::find(tx, &crate::http::Ref::Id(id.0))
}

async fn set_up(public: Public, body: Body<SetUp>) -> CreatedAnswer<User> {
    let digest = tokens::digest(&body.token);
    check_token(&public, digest.clone()).await?;
    let hash = public.services.passwords.hash(body.password.clone()).await?;
    let user = public
        .write(move |conn| {
            let used = setup_tokens::used_at.eq(Some(At::now_real()));
            if diesel::update(good_token(digest.clone())).set(used).execute(conn)? != 1 {
                return Err(no_good_token().into());
            }
            if users::table.count().get_result::<i64>(conn)? > 0 {
                return Err(Problem::state("The service is set up: log in instead.", "服務已設定，請直接登入。").into());
            }
            first_administrator(conn, &body.username, &body.display_name, &hash)
        })
        .await?;
    Ok(Reply::created(&user, format!("/v1/users/{}", user.id))?.version(user.version))
}

#[auto_type]
fn good_token(digest: String) -> _ {
    setup_tokens::table.filter(setup_tokens::token_hash.eq(digest)).filter(setup_tokens::used_at.is_null())
}

/// Before a password is hashed, which is dear: strangers may ask this.
async fn check_token(public: &Public, digest: String) -> Result<(), Problem> {
    let good = public.read(move |conn| Ok(good_token(digest).count().get_result::<i64>(conn)?)).await?;
    if good == 1 { Ok(()) } else { Err(no_good_token()) }
}

fn no_good_token() -> Problem {
    Problem::forbidden("The set-up token is not good, or was used.", "設定令牌無效或已使用。")
}

/// Records an administrator who is made by nobody but themselves: the first one, or one from the command line.
pub fn first_administrator(
    conn: &mut crate::db::AnyConnection,
    username: &str,
    display_name: &str,
    hash: &str,
) -> super::Result<User> {
    let id = Id::new();
    let actor = super::Actor { id, role: Role::Administrator, group_id: None, group_kind: None, department: None };
    let mut tx = Tx::new(conn, actor)?;
    let new = NewUser {
        username: username.to_owned(),
        password: String::new(),
        display_name: display_name.to_owned(),
        role: Role::Administrator,
        group_id: None,
        department: None,
        email: None,
        phone: None,
    };
    people::create_as(&mut tx, id, &new, hash)
}
