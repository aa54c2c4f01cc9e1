//! The extractors that lend the database: [`Access<P>`] to whoever has the permission, [`Public`] to anyone for signing in.

use super::api_keys;
use super::caller::{Caller, Gate, Keeping, Way, Writing, admit, admit_key, bearer, held, services};
use super::once::Once;
use super::permissions::PERMISSIONS;
use super::transaction::Tx;
use super::{Actor, Claims, Failure, Keys, Passwords, Permission, Result, throttle::Throttle};
use crate::db::{AnyConnection, Database, Id};
use crate::http::{Describe, OperationDraft, Problem, Reply, dry_run, server::client_address};
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture};
use std::any::Any;
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
    caller: Caller,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> Access<P> {
    /// Reads, statement by statement.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.ask(Way::Plain, job).await
    }

    /// Reads what must agree with each other: one snapshot for the whole job.
    pub async fn snapshot<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.ask(Way::Snapshot, job).await
    }

    /// Reads a list, as [`read`](Self::read): from the standby where there is one, and never less than what had been committed when the request
    /// came. May run again, where the standby could not do it.
    pub async fn list<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.elsewhere(Way::Plain, job).await
    }

    /// Reads a report, as [`snapshot`](Self::snapshot), from where [`list`](Self::list) reads.
    pub async fn report<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.elsewhere(Way::Snapshot, job).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        way: Way,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        let found = self.caller.read(way, Box::new(move |tx| Ok(Box::new(job(tx)?)))).await?;
        typed(found)
    }

    async fn elsewhere<T: Send + 'static>(
        &self,
        way: Way,
        mut job: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        typed(self.caller.list(way, Box::new(move |tx| Ok(Box::new(job(tx)?)))).await?)
    }

    /// Writes in one transaction, with its events and, under an idempotency key, its answer. May run again after a deadlock. With
    /// `?dry_run=true` the transaction is rolled back, and the answer is what it would have been.
    pub async fn write<T: 'static, const S: u16>(
        &self,
        job: impl FnMut(&mut Tx<'_>) -> Result<Reply<T, S>> + Send + 'static,
    ) -> std::result::Result<Reply<T, S>, Problem> {
        let once = self.caller.once()?;
        self.caller.write(once, Keeping::Answer, untyped(job)).await.map(Reply::of_sent)
    }

    /// Runs the job of a [`write`](Self::write) and takes all of it back: for what must be refused before something is kept that no transaction takes
    /// back (the bytes of an upload). An answer where the request's idempotency key was answered before: then nothing is left to do.
    pub async fn rehearse<T: 'static, const S: u16>(
        &self,
        job: impl FnMut(&mut Tx<'_>) -> Result<Reply<T, S>> + Send + 'static,
    ) -> std::result::Result<Option<Reply<T, S>>, Problem> {
        let once = self.caller.once()?;
        Ok(self.caller.rehearse(once, untyped(job)).await?.map(Reply::of_sent))
    }

    /// As [`write`](Self::write), for an answer that holds a secret: it is never stored, so the second request under a key is refused and changes nothing.
    pub async fn write_secret<T: 'static, const S: u16>(
        &self,
        job: impl FnMut(&mut Tx<'_>) -> Result<Reply<T, S>> + Send + 'static,
    ) -> std::result::Result<Reply<T, S>, Problem> {
        let once = self.caller.once()?;
        self.caller.write(once, Keeping::Nothing, untyped(job)).await.map(Reply::of_sent)
    }

    /// Writes in a transaction of its own, before and beside the one that answers: what must be committed first (a line in an access log). Takes no
    /// idempotency key.
    pub async fn commit<T: Send + 'static>(
        &self,
        mut job: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.ahead(None, move |tx, _| job(tx)).await
    }

    /// Writes the first part of what is answered later by [`write`](Self::write): it is committed before the answer is ready (the seal before its
    /// package), and takes the request's idempotency key with it. The job is told whether an earlier try of this very request came that far.
    pub async fn begin<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut Tx<'_>, bool) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.ahead(self.caller.once()?, job).await
    }

    async fn ahead<T: Send + 'static>(
        &self,
        once: Option<Once>,
        mut job: impl FnMut(&mut Tx<'_>, bool) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        let entry = self.caller.entry();
        let done = self.caller.services.db.write(move |conn| {
            let mut tx = entry.open(conn)?;
            let begun = once.as_ref().map_or(Ok(false), |once| once.claim(&mut tx))?;
            let value = job(&mut tx, begun)?;
            tx.flush()?;
            Ok(value)
        });
        done.await.map_err(|e: Failure| match e {
            // `write` answers it, before anything else is looked at.
            Failure::Replay(_) => Problem::unavailable(1),
            other => other.into(),
        })
    }

    /// What the caller's token says.
    pub fn claims(&self) -> &Claims {
        &self.caller.claims
    }

    /// The database, for what waits beside it.
    pub fn database(&self) -> &Database {
        &self.caller.services.db
    }

    /// Whether the token or key still holds, for answers that go on for long; each job looks at the caller's row and session besides.
    pub async fn still_holds(&self) -> std::result::Result<(), Problem> {
        match self.caller.key.as_ref().map(|key| &key.hash) {
            Some(key) => held(self.database(), key).await.map(|_| ()),
            None if self.claims().exp <= chrono::Utc::now().timestamp() => Err(Problem::unauthenticated()),
            None => Ok(()),
        }
    }

    /// What this caller may do: what the role may, with an API key only what the key was given of it.
    pub fn permissions(&self) -> Vec<&'static str> {
        let (role, key) = (self.caller.claims.role, &self.caller.key);
        let given = |name: &str| key.as_ref().is_none_or(|key| key.given.has(name));
        let all = PERMISSIONS.iter().filter(|(name, roles)| roles.contains(&role) && given(name));
        all.map(|(name, _)| *name).collect()
    }

    /// Whether the request is only a trial (`?dry_run=true`).
    pub fn is_trial(&self) -> std::result::Result<bool, Problem> {
        dry_run::wanted(self.request())
    }

    /// Takes one place for an attempt on the caller's own account: whoever found a token must not guess the password behind it.
    pub fn attempt(&self) -> std::result::Result<(), Problem> {
        let services = &self.caller.services;
        let address = client_address(self.request(), &services.trusted_proxies);
        services.throttle.attempt(&self.claims().sub.to_string(), address, self.request())
    }

    /// Password hashing, for handlers that set one.
    pub fn passwords(&self) -> &Passwords {
        &self.caller.services.passwords
    }

    /// The request, for handlers that stream.
    pub fn request(&self) -> &HttpRequest {
        &self.caller.request
    }
}

fn typed<T: 'static>(found: Box<dyn Any + Send>) -> std::result::Result<T, Problem> {
    found.downcast().map(|found| *found).map_err(|_| Problem::internal(&"another job's answer"))
}

fn untyped<T: 'static, const S: u16>(
    mut job: impl FnMut(&mut Tx<'_>) -> Result<Reply<T, S>> + Send + 'static,
) -> Writing {
    Box::new(move |tx| job(tx).map(Reply::into_sent))
}

impl<P: Permission> FromRequest for Access<P> {
    type Error = Problem;
    type Future =
        Either<Ready<std::result::Result<Self, Problem>>, LocalBoxFuture<'static, std::result::Result<Self, Problem>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let by = |caller| Self { caller, permission: PhantomData };
        match bearer(req).strip_prefix(api_keys::PREFIX) {
            None => Either::Left(ready(admit(req, Gate::of::<P>()).map(by))),
            Some(_) => Either::Right(Box::pin(admit_key(req.clone(), Gate::of::<P>()).map(move |key| key.map(by)))),
        }
    }
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
