//! The extractors that lend the database: [`Access<P>`] to whoever has the permission, [`Public`] to anyone for signing in.

use super::api_keys::{self, Holding};
use super::tokens::digest;
use super::transaction::Tx;
use super::{Actor, Claims, Failure, Keys, Passwords, Permission, Result, throttle::Throttle};
use crate::db::{AnyConnection, Database, Id, Place};
use crate::http::{
    BodyFingerprint, CallerId, Code, Describe, OperationDraft, Problem, Reply, RoutePattern, dry_run, idempotency,
};
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::{Either, LocalBoxFuture};
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};
use std::marker::PhantomData;

/// What every request shares.
#[derive(Clone)]
pub struct Services {
    /// The database threads.
    pub db: Database,
    /// The signing key.
    pub keys: Keys,
    /// Password hashing.
    pub passwords: Passwords,
    /// How often callers may ask.
    pub throttle: std::sync::Arc<Throttle>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: crate::http::server::TrustedProxies,
}

/// A caller whose role has the permission `P`: the only way to the database.
pub struct Access<P> {
    services: Data<Services>,
    /// What the caller's token says.
    pub claims: Claims,
    /// The hash of the API key that stands for a token here.
    key: Option<String>,
    request: HttpRequest,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> Access<P> {
    /// Reads, statement by statement.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        let claims = self.claims.clone();
        self.services.db.read(move |conn| job(&mut open::<P>(conn, &claims)?)).await.map_err(|e: Failure| e.into())
    }

    /// Reads what must agree with each other: one snapshot for the whole job.
    pub async fn snapshot<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        let claims = self.claims.clone();
        self.services.db.snapshot(move |conn| job(&mut open::<P>(conn, &claims)?)).await.map_err(|e: Failure| e.into())
    }

    /// Reads a list, as [`read`](Self::read): from the standby where there is one, and never less than what had been committed when the request
    /// came.
    pub async fn list<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        if self.services.db.has_standby() { self.elsewhere(job).await } else { self.read(job).await }
    }

    /// Reads a report, as [`snapshot`](Self::snapshot), from where [`list`](Self::list) reads.
    pub async fn report<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        if self.services.db.has_standby() { self.elsewhere(job).await } else { self.snapshot(job).await }
    }

    /// Who is calling is asked of the database itself: a log-out bites at once, however far the standby is.
    async fn elsewhere<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        let (db, claims) = (&self.services.db, self.claims.clone());
        let asked = db.read(move |conn| Ok((admitted::<P>(conn, &claims)?, Place::now(conn)?)));
        let (actor, place) = asked.await.map_err(|e: Failure| Problem::from(e))?;
        db.read_from(place, move |conn| job(&mut Tx::new(conn, actor)?)).await.map_err(|e: Failure| e.into())
    }

    /// Writes in one transaction, with its events and, under an idempotency key, its answer. May run again after a deadlock. With
    /// `?dry_run=true` the transaction is rolled back, and the answer is what it would have been.
    pub async fn write<T: 'static, const S: u16>(
        &self,
        job: impl FnMut(&mut Tx<'_>) -> Result<Reply<T, S>> + Send + 'static,
    ) -> std::result::Result<Reply<T, S>, Problem> {
        self.write_kept(self.once()?, job).await
    }

    /// As [`write`](Self::write), for an answer that holds a secret: it is never stored, whatever key comes along.
    pub async fn write_secret<T: 'static, const S: u16>(
        &self,
        job: impl FnMut(&mut Tx<'_>) -> Result<Reply<T, S>> + Send + 'static,
    ) -> std::result::Result<Reply<T, S>, Problem> {
        self.write_kept(None, job).await
    }

    async fn write_kept<T: 'static, const S: u16>(
        &self,
        once: Option<super::once::Once>,
        mut job: impl FnMut(&mut Tx<'_>) -> Result<Reply<T, S>> + Send + 'static,
    ) -> std::result::Result<Reply<T, S>, Problem> {
        let claims = self.claims.clone();
        let trial = self.is_trial()?;
        let once = once.filter(|_| !trial);
        let done = self.services.db.write(move |conn| {
            let mut tx = open::<P>(conn, &claims)?.trial(trial);
            if let Some(once) = &once {
                once.claim(&mut tx)?;
            }
            let reply = job(&mut tx)?;
            let about = tx.flush()?;
            if trial {
                return Err(Failure::Tried(Box::new(reply.to_stored())));
            }
            if let Some(once) = &once {
                once.keep(&mut tx, &reply.to_stored(), about)?;
            }
            Ok(reply)
        });
        match done.await {
            Ok(reply) => Ok(reply),
            Err(Failure::Replay(stored)) => Ok(Reply::from_stored(*stored)),
            Err(Failure::Tried(stored)) => Ok(Reply::of_trial(*stored)),
            Err(other) => Err(other.into()),
        }
    }

    /// Writes in a transaction of its own, before and beside the one that answers: for what must be committed first (a line in an access log, the
    /// seal before its package). Takes no idempotency key.
    pub async fn commit<T: Send + 'static>(
        &self,
        mut job: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        let claims = self.claims.clone();
        let done = self.services.db.write(move |conn| {
            let mut tx = open::<P>(conn, &claims)?;
            let value = job(&mut tx)?;
            tx.flush()?;
            Ok(value)
        });
        done.await.map_err(|e: Failure| e.into())
    }

    /// The database, for what waits beside it.
    pub fn database(&self) -> &Database {
        &self.services.db
    }

    /// Whether the token or key still holds, for answers that go on for long; each job looks at the caller's row and session besides.
    pub async fn still_holds(&self) -> std::result::Result<(), Problem> {
        match &self.key {
            Some(key) => held(&self.services.db, key).await.map(|_| ()),
            None if self.claims.exp <= chrono::Utc::now().timestamp() => Err(Problem::unauthenticated()),
            None => Ok(()),
        }
    }

    /// Whether the request is only a trial (`?dry_run=true`).
    pub fn is_trial(&self) -> std::result::Result<bool, Problem> {
        dry_run::wanted(&self.request)
    }

    /// Password hashing, for handlers that set one.
    pub fn passwords(&self) -> &Passwords {
        &self.services.passwords
    }

    /// The request, for handlers that stream.
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// The idempotency key of this request, with what the request was.
    fn once(&self) -> std::result::Result<Option<super::once::Once>, Problem> {
        if self.request.method() != actix_web::http::Method::POST {
            return Ok(None);
        }
        let Some(key) = idempotency::key_of(&self.request)? else { return Ok(None) };
        let route = format!("{} {}", self.request.method(), RoutePattern::of(&self.request).unwrap_or_default());
        let mut print = Sha256::new();
        print.update(self.request.uri().path().as_bytes());
        print.update([0]);
        if let Some(body) = self.request.extensions().get::<BodyFingerprint>() {
            print.update(body.0);
        }
        Ok(Some(super::once::Once { caller: self.claims.sub, route, key, fingerprint: hex::encode(print.finalize()) }))
    }
}

/// Begins a job.
fn open<'c, P: Permission>(conn: &'c mut AnyConnection, claims: &Claims) -> Result<Tx<'c>> {
    let actor = admitted::<P>(conn, claims)?;
    Tx::new(conn, actor)
}

/// The caller's row decides, not the token alone.
fn admitted<P: Permission>(conn: &mut AnyConnection, claims: &Claims) -> Result<Actor> {
    let actor =
        Actor::load(conn, claims.sub, claims.generation, claims.session)?.ok_or_else(Problem::unauthenticated)?;
    if !P::ROLES.contains(&actor.role) {
        return Err(forbidden::<P>().into());
    }
    Ok(actor)
}

fn forbidden<P: Permission>() -> Problem {
    let roles: Vec<&str> = P::ROLES.iter().map(|r| r.as_str()).collect();
    Problem::forbidden(
        format!("Your role does not have `{}`. It is for: {}.", P::NAME, roles.join(", ")),
        format!("您的角色沒有 `{}` 權限；有此權限的角色：{}。", P::NAME, roles.join("、")),
    )
}

impl<P: Permission> FromRequest for Access<P> {
    type Error = Problem;
    type Future =
        Either<Ready<std::result::Result<Self, Problem>>, LocalBoxFuture<'static, std::result::Result<Self, Problem>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        match bearer(req).strip_prefix(api_keys::PREFIX) {
            None => Either::Left(ready(admit::<P>(req))),
            Some(_) => Either::Right(Box::pin(admit_key::<P>(req.clone()))),
        }
    }
}

/// The token or key that a request brings; empty where it brings none.
fn bearer(req: &HttpRequest) -> &str {
    let header = req.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}

fn admit<P: Permission>(req: &HttpRequest) -> std::result::Result<Access<P>, Problem> {
    let services = services(req)?;
    let claims = services.keys.verify(bearer(req)).map_err(|_| Problem::unauthenticated())?;
    if !P::ROLES.contains(&claims.role) {
        return Err(forbidden::<P>());
    }
    services.throttle.call(claims.sub, req)?;
    req.extensions_mut().insert(CallerId(claims.sub.to_string()));
    Ok(Access { services, claims, key: None, request: req.clone(), permission: PhantomData })
}

/// A key stands for its person, as far as its permissions go.
async fn admit_key<P: Permission>(req: HttpRequest) -> std::result::Result<Access<P>, Problem> {
    let services = services(&req)?;
    let key = digest(bearer(&req));
    let Holding { claims, permissions, news } = held(&services.db, &key).await?;
    if !permissions.iter().any(|name| name == P::NAME) {
        return Err(out_of_scope::<P>());
    }
    if !P::ROLES.contains(&claims.role) {
        return Err(forbidden::<P>());
    }
    services.throttle.call(claims.sub, &req)?;
    if news {
        let id = claims.session;
        services.db.write(move |conn| Ok(api_keys::used(conn, id)?)).await.map_err(|e: Failure| Problem::from(e))?;
    }
    req.extensions_mut().insert(CallerId(claims.sub.to_string()));
    Ok(Access { services, claims, key: Some(key), request: req, permission: PhantomData })
}

async fn held(db: &Database, key: &str) -> std::result::Result<Holding, Problem> {
    let key = key.to_owned();
    let held = db.read(move |conn| Ok(api_keys::holding(conn, &key)?)).await.map_err(|e: Failure| Problem::from(e))?;
    held.ok_or_else(Problem::unauthenticated)
}

fn out_of_scope<P: Permission>() -> Problem {
    Problem::forbidden(
        format!("This API key was not given `{}`.", P::NAME),
        format!("此 API 密鑰沒有 `{}` 權限。", P::NAME),
    )
}

fn services(req: &HttpRequest) -> std::result::Result<Data<Services>, Problem> {
    req.app_data::<Data<Services>>()
        .cloned()
        .ok_or_else(|| Problem::new(Code::Unavailable, "Starting.", "正在啟動。").with_retry_after(1))
}

impl<P: Permission> Describe for Access<P> {
    fn describe(op: &mut OperationDraft) {
        let roles: Vec<&str> = P::ROLES.iter().map(|r| r.as_str()).collect();
        op.permission(P::NAME, &roles);
    }
}

/// Anyone at all: signing in, setting up, what needs no token.
pub struct Public {
    /// What every request shares.
    pub services: Data<Services>,
    /// The request.
    pub request: HttpRequest,
}

impl Public {
    /// Reads without a caller.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut AnyConnection) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.services.db.read(job).await.map_err(|e: Failure| e.into())
    }

    /// Writes without a caller.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut AnyConnection) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.services.db.write(job).await.map_err(|e: Failure| e.into())
    }
}

impl FromRequest for Public {
    type Error = Problem;
    type Future = Ready<std::result::Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(services(req).map(|services| Self { services, request: req.clone() }))
    }
}

impl Describe for Public {
    fn describe(op: &mut OperationDraft) {
        op.public();
    }
}

/// Runs a job as a person without a request: the demo loader and the commands.
pub async fn run_as<T: Send + 'static>(
    db: &Database,
    person: Id,
    mut job: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> std::result::Result<T, Problem> {
    let done = db.write(move |conn| {
        let actor = Actor::by_id(conn, person)?.ok_or_else(Problem::unauthenticated)?;
        let mut tx = Tx::new(conn, actor)?;
        let answer = job(&mut tx)?;
        tx.flush()?;
        Ok(answer)
    });
    done.await.map_err(|e: Failure| e.into())
}
