//! Idempotency: the answer is stored with the effect, in the same transaction, per caller and route, for 48 hours. A second request with the same key
//! waits for the first (the row is locked until its commit) and gets its answer byte for byte; another request under the same key is 422. What is done in two
//! transactions (a seal and its package) takes the key with the first and answers with the second: who comes in between goes on where the first is.

use super::{Failure, Result, Tx, client_sight};
use crate::db::schema::idempotency_keys;
use crate::db::{At, Id, Locked, cols, full_update, on_each};
use crate::http::{Code, Problem, StoredReply};

use chrono::TimeDelta;
use diesel::dsl::auto_type;
use diesel::prelude::*;

/// How long an answer is kept.
const KEPT_HOURS: i64 = 48;

/// One request that must have its effect once.
#[derive(Debug, Clone)]
pub(super) struct Once {
    /// Who.
    pub caller: Id,
    /// Method and route pattern.
    pub route: String,
    /// The key.
    pub key: String,
    /// A keyed sum of path, body and query.
    pub fingerprint: String,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
struct Kept {
    fingerprint: String,
    created_at: At,
    reply: Option<String>,
    project_id: Option<Id>,
    client_id: Option<Id>,
}

/// What is kept of an answer.
#[derive(AsChangeset)]
#[diesel(table_name = idempotency_keys, treat_none_as_null = true)]
struct Answered {
    reply: String,
    project_id: Option<Id>,
    client_id: Option<Id>,
}

impl Once {
    /// Takes the key for this transaction, or ends the job with the stored answer. True where an earlier part of this very request took it and
    /// its answer is still to come.
    pub fn claim(&self, tx: &mut Tx<'_>) -> Result<bool> {
        if self.insert(tx)? {
            return Ok(false);
        }
        let kept = row(self.caller, self.route.clone(), self.key.clone()).select(cols::<Kept>());
        // Whoever finishes the same request meanwhile goes first: then its answer is here.
        let kept: Option<Kept> = on_each!(tx.conn, c => Locked(kept).get_result(c)).optional()?;
        // Its 48 hours ended meanwhile, and somebody else forgot it.
        let kept = kept.ok_or_else(|| Problem::unavailable(1))?;
        let oldest = At::now_real().utc() - TimeDelta::hours(KEPT_HOURS);
        if kept.created_at.utc() < oldest {
            diesel::delete(row(self.caller, self.route.clone(), self.key.clone())).execute(tx.conn)?;
            return if self.insert(tx)? { Ok(false) } else { Err(Problem::unavailable(1).into()) };
        }
        refuse_unseen(tx, &kept)?;
        if kept.fingerprint != self.fingerprint {
            return Err(Failure::from(Problem::new(
                Code::IdempotencyConflict,
                "This Idempotency-Key was used with another request. Use a new key for a new request.",
                "此 Idempotency-Key 已用於另一請求；新請求請用新的鍵。",
            )));
        }
        let Some(reply) = kept.reply else { return Ok(true) };
        let stored: StoredReply = serde_json::from_str(&reply).map_err(|e| Problem::internal(&e))?;
        Err(Failure::Replay(Box::new(stored)))
    }

    /// Keeps the answer with its effect.
    pub fn keep(&self, tx: &mut Tx<'_>, reply: &StoredReply, about: (Option<Id>, Option<Id>)) -> Result<()> {
        let text = serde_json::to_string(reply).map_err(|e| Problem::internal(&e))?;
        let answered = Answered { reply: text, project_id: about.0, client_id: about.1 };
        let same = (idempotency_keys::caller.eq(self.caller))
            .and(idempotency_keys::route.eq(&self.route))
            .and(idempotency_keys::key.eq(&self.key));
        on_each!(tx.conn, c => full_update::<Answered, _, _, _>(idempotency_keys::table, &answered, same).execute(c))?;
        Ok(())
    }

    fn insert(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let row = (
            idempotency_keys::caller.eq(self.caller),
            idempotency_keys::route.eq(&self.route),
            idempotency_keys::key.eq(&self.key),
            idempotency_keys::fingerprint.eq(&self.fingerprint),
            idempotency_keys::created_at.eq(At::now_real()),
        );
        let insert = diesel::insert_into(idempotency_keys::table).values(row).on_conflict_do_nothing();
        let inserted = on_each!(tx.conn, c => insert.execute(c))?;
        Ok(inserted == 1)
    }
}

/// 404 comes before the replay: who no longer sees what the answer is about is not told it.
fn refuse_unseen(tx: &mut Tx<'_>, kept: &Kept) -> Result<()> {
    let seen = match (kept.project_id, kept.client_id) {
        (Some(project), _) => super::sees(tx, project)?,
        (None, Some(client)) => client_sight::sees(tx, client)?,
        (None, None) => true,
    };
    if seen { Ok(()) } else { Err(Problem::not_found().into()) }
}

/// The row of one key.
#[auto_type]
fn row(caller: Id, route: String, key: String) -> _ {
    idempotency_keys::table
        .filter(idempotency_keys::caller.eq(caller))
        .filter(idempotency_keys::route.eq(route))
        .filter(idempotency_keys::key.eq(key))
}

/// Forgets answers older than 48 hours.
pub fn purge(conn: &mut crate::db::AnyConnection) -> QueryResult<usize> {
    let oldest = At::from(At::now_real().utc() - TimeDelta::hours(KEPT_HOURS));
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.lt(oldest))).execute(conn)
}
