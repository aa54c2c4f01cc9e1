//! Who asks, and by which permission: what the jobs of all handlers have in common, written without their types and compiled once.

use super::api_keys::{self, Holding};
use super::permissions::MetaRead;
use super::session::Services;
use super::tokens::digest;
use super::transaction::Tx;
use super::{Actor, Claims, Failure, Permission, Result, Role, scope};
use crate::db::{AnyConnection, Database, Place};
use crate::http::{BodyFingerprint, CallerId, Code, Problem, RoutePattern, Sent, dry_run, idempotency};
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};
use sha2::{Digest, Sha256};
use std::any::Any;
use std::sync::Arc;

/// A permission as a value: what is written once for all of them asks it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate {
    name: &'static str,
    roles: &'static [Role],
}

impl Gate {
    pub(super) const fn of<P: Permission>() -> Self {
        Self { name: P::NAME, roles: P::ROLES }
    }

    fn admits(self, role: Role) -> std::result::Result<(), Problem> {
        if self.roles.contains(&role) {
            return Ok(());
        }
        let roles: Vec<&str> = self.roles.iter().map(|r| r.as_str()).collect();
        Err(Problem::forbidden(
            format!("Your role does not have `{}`. It is for: {}.", self.name, roles.join(", ")),
            format!("您的角色沒有 `{}` 權限；有此權限的角色：{}。", self.name, roles.join("、")),
        ))
    }
}

/// Who asks, and by which permission. All that the hundreds of jobs have in common is written for it, without their types, and compiled once.
pub(super) struct Caller {
    pub(super) services: Data<Services>,
    pub(super) claims: Claims,
    /// The API key that stands for a token here.
    pub(super) key: Option<Key>,
    pub(super) request: HttpRequest,
    pub(super) gate: Gate,
}

/// An API key that was brought.
pub(super) struct Key {
    pub(super) hash: String,
    /// What it was given.
    pub(super) given: Given,
}

/// The permissions that an API key was given.
#[derive(Debug, Clone)]
pub(super) struct Given(Arc<[String]>);

impl Given {
    /// What concerns the API itself is for every key.
    pub(super) fn has(&self, permission: &str) -> bool {
        permission == MetaRead::NAME || self.0.iter().any(|name| name == permission)
    }
}

/// As whom a job is done.
#[derive(Clone)]
pub(super) struct Entry {
    claims: Claims,
    gate: Gate,
    given: Option<Given>,
}

impl Entry {
    /// The caller's row decides, not the token alone.
    fn admitted(&self, conn: &mut AnyConnection) -> Result<Actor> {
        let Claims { sub, generation, session, .. } = self.claims;
        let actor = Actor::load(conn, sub, generation, session)?.ok_or_else(Problem::unauthenticated)?;
        // A key may have been revoked since its request began.
        if self.given.is_some() && !api_keys::holds(conn, session)? {
            return Err(Problem::unauthenticated().into());
        }
        self.gate.admits(actor.role)?;
        Ok(actor)
    }

    /// Begins a job.
    pub(super) fn open<'c>(&self, conn: &'c mut AnyConnection) -> Result<Tx<'c>> {
        let actor = self.admitted(conn)?;
        Ok(Tx::new(conn, actor)?.within(self.given.clone()))
    }
}

/// How a job reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Statement by statement.
    Plain,
    /// In one snapshot.
    Snapshot,
}

/// What is kept under an idempotency key beside the fact that it was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    Answer,
    /// The answer holds a secret.
    Nothing,
}

fn secret_is_gone() -> Problem {
    Problem::conflict(
        "This was done under this Idempotency-Key already, and nothing is done twice. The answer held a secret, which is not kept: if it did not \
         reach you, revoke or change what was made, and use a new key.",
        "此 Idempotency-Key 下的請求已執行，不會重複執行。當時的答覆含有密鑰，系統不保存；若未收到，請撤銷或更換後以新的鍵重試。",
    )
}

/// Jobs without their types: one that reads, one that may be run again elsewhere, and one that writes.
pub(super) type Reading = Box<dyn FnOnce(&mut Tx<'_>) -> Result<Box<dyn Any + Send>> + Send>;
pub(super) type Listing = Box<dyn FnMut(&mut Tx<'_>) -> Result<Box<dyn Any + Send>> + Send>;
pub(super) type Writing = Box<dyn FnMut(&mut Tx<'_>) -> Result<Sent> + Send>;

impl Caller {
    /// As whom this caller's jobs are done.
    pub(super) fn entry(&self) -> Entry {
        Entry { claims: self.claims.clone(), gate: self.gate, given: self.key.as_ref().map(|key| key.given.clone()) }
    }

    pub(super) async fn read(&self, way: Way, job: Reading) -> std::result::Result<Box<dyn Any + Send>, Problem> {
        let (db, entry) = (&self.services.db, self.entry());
        let job = move |conn: &mut AnyConnection| job(&mut entry.open(conn)?);
        let read = if way == Way::Plain { db.read(job).await } else { db.snapshot(job).await };
        read.map_err(|e: Failure| e.into())
    }

    /// Who is calling is asked of the database itself: a log-out bites at once, however far the standby is.
    pub(super) async fn list(&self, way: Way, mut job: Listing) -> std::result::Result<Box<dyn Any + Send>, Problem> {
        let (db, entry) = (&self.services.db, self.entry());
        if !db.has_standby() {
            return self.read(way, job).await;
        }
        let given = entry.given.clone();
        let asked = db.read(move |conn| Ok((entry.admitted(conn)?, Place::now(conn)?)));
        let (actor, place) = asked.await.map_err(|e: Failure| Problem::from(e))?;
        let listed = db.read_from(place, move |conn| job(&mut Tx::new(conn, actor.clone())?.within(given.clone())));
        listed.await.map_err(|e: Failure| e.into())
    }

    pub(super) async fn write(
        &self,
        once: Option<super::once::Once>,
        keeping: Keeping,
        job: Writing,
    ) -> std::result::Result<Sent, Problem> {
        match self.attempt(once, keeping, dry_run::wanted(&self.request)?, job).await {
            Ok(reply) => Ok(reply),
            Err(Failure::Replay(stored)) => Ok(Sent::replayed(*stored)),
            Err(Failure::Tried(stored)) => Ok(Sent::from(*stored)),
            Err(other) => Err(other.into()),
        }
    }

    /// What [`write`](Self::write) would refuse is refused here, and nothing is left of it. An answer only where the key of the request was answered before.
    pub(super) async fn rehearse(
        &self,
        once: Option<super::once::Once>,
        job: Writing,
    ) -> std::result::Result<Option<Sent>, Problem> {
        match self.attempt(once, Keeping::Answer, true, job).await {
            Ok(_) | Err(Failure::Tried(_)) => Ok(None),
            Err(Failure::Replay(stored)) => Ok(Some(Sent::replayed(*stored))),
            Err(other) => Err(other.into()),
        }
    }

    async fn attempt(
        &self,
        once: Option<super::once::Once>,
        keeping: Keeping,
        trial: bool,
        mut job: Writing,
    ) -> Result<Sent> {
        let entry = self.entry();
        let done = self.services.db.write(move |conn| {
            let mut tx = entry.open(conn)?.trial(trial);
            // In a trial too: a key that was answered is answered again, one of another request refused. The trial itself leaves it free.
            if let Some(once) = &once {
                let begun = once.claim(&mut tx)?;
                if begun && keeping == Keeping::Nothing {
                    return Err(secret_is_gone().into());
                }
            }
            let reply = job(&mut tx)?;
            let about = tx.flush()?;
            if trial {
                return Err(Failure::Tried(Box::new(reply.to_stored())));
            }
            if let (Some(once), Keeping::Answer) = (&once, keeping) {
                once.keep(&mut tx, &reply.to_stored(), about)?;
            }
            Ok(reply)
        });
        done.await
    }

    /// The idempotency key of this request, with what the request was.
    pub(super) fn once(&self) -> std::result::Result<Option<super::once::Once>, Problem> {
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
        // A trial is of the request that would be made without it.
        let query = self.request.query_string().split('&');
        for part in query.filter(|part| !part.is_empty() && part.split('=').next() != Some("dry_run")) {
            print.update([0]);
            print.update(part.as_bytes());
        }
        // With the key of the installation: a body may hold a password, which nobody is to try against what is stored.
        let fingerprint = self.services.keys.sum(&print.finalize()).map_err(|e| Problem::internal(&e))?;
        Ok(Some(super::once::Once { caller: self.claims.sub, route, key, fingerprint }))
    }
}

/// The token or key that a request brings; empty where it brings none.
pub(super) fn bearer(req: &HttpRequest) -> &str {
    let header = req.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}

pub(super) fn admit(req: &HttpRequest, gate: Gate) -> std::result::Result<Caller, Problem> {
    let services = services(req)?;
    let claims = services.keys.verify(bearer(req)).map_err(|_| Problem::unauthenticated())?;
    gate.admits(claims.role)?;
    services.throttle.call(claims.sub, req)?;
    req.extensions_mut().insert(CallerId(claims.sub.to_string()));
    Ok(Caller { services, claims, key: None, request: req.clone(), gate })
}

/// A key stands for its person, as far as its permissions go.
pub(super) async fn admit_key(req: HttpRequest, gate: Gate) -> std::result::Result<Caller, Problem> {
    let services = services(&req)?;
    let hash = digest(bearer(&req));
    let Holding { claims, permissions, news } = held(&services.db, &hash).await?;
    let key = Key { hash, given: Given(permissions.into()) };
    if !key.given.has(gate.name) {
        return Err(scope::out_of_scope(gate.name));
    }
    gate.admits(claims.role)?;
    services.throttle.call(claims.sub, &req)?;
    if news {
        let id = claims.session;
        let noted: Result<usize> = services.db.write(move |conn| Ok(api_keys::used(conn, id)?)).await;
        // Reading goes on where nothing can be written just now.
        if let Err(error) = noted {
            tracing::warn!(?error, "the use of an API key was not written down");
        }
    }
    req.extensions_mut().insert(CallerId(claims.sub.to_string()));
    Ok(Caller { services, claims, key: Some(key), request: req, gate })
}

pub(super) async fn held(db: &Database, key: &str) -> std::result::Result<Holding, Problem> {
    let key = key.to_owned();
    let held = db.read(move |conn| Ok(api_keys::holding(conn, &key)?)).await.map_err(|e: Failure| Problem::from(e))?;
    held.ok_or_else(Problem::unauthenticated)
}

pub(super) fn services(req: &HttpRequest) -> std::result::Result<Data<Services>, Problem> {
    req.app_data::<Data<Services>>()
        .cloned()
        .ok_or_else(|| Problem::new(Code::Unavailable, "Starting.", "正在啟動。").with_retry_after(1))
}
