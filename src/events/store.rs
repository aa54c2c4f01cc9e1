//! Writing and reading events.

use super::canonical::canonical_data;
use super::chain::{GENESIS, Link, hash_over};
use super::kinds::is_kind;
use crate::access::Result;
use crate::db::{AnyConnection, At, Id, on_each, schema::events};
use crate::http::Problem;
use diesel::dsl::{max, min};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A record that events are about.
pub trait Subject: Serialize {
    /// Its kind, in the singular: `memo`.
    const KIND: &'static str;
    /// Its id.
    fn subject_id(&self) -> Id;
    /// Its version after what happened.
    fn subject_version(&self) -> i64;
    /// The project it belongs to.
    fn about_project(&self) -> Option<Id>;
    /// The client it belongs to, where it belongs to no project.
    fn about_client(&self) -> Option<Id> {
        None
    }
    /// Whether it was voided: then nothing is done to it any more.
    fn is_voided(&self) -> bool {
        false
    }
    /// Whether people see it for other reasons than its project or client: a handler, a department. Their sight of it does not end with sight of those.
    const SEEN_BESIDES: bool = false;
}

/// An event as it is kept.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct Event {
    /// The order in which events were written.
    pub seq: i64,
    /// The event.
    pub id: Id,
    /// When, in business time.
    pub at: At,
    /// Who; nobody for what the system did by itself.
    pub actor_id: Option<Id>,
    /// The project.
    pub project_id: Option<Id>,
    /// The client.
    pub client_id: Option<Id>,
    /// What kind of record moved.
    pub subject_kind: String,
    /// Which.
    pub subject_id: Id,
    /// To which version.
    pub subject_version: i64,
    /// What happened, such as `memo.sent`.
    pub kind: String,
    /// The record after it, as canonical JSON.
    pub data: String,
    /// The chain.
    pub chain_id: Id,
    /// The place in the chain.
    pub chain_pos: i64,
    /// The hash before.
    pub prev_hash: String,
    /// The hash.
    pub hash: String,
}

impl Event {
    /// Whether it carries the hash of its content and of the hash before.
    pub fn is_sound(&self) -> bool {
        let link = Link {
            id: self.id,
            at: self.at,
            actor_id: self.actor_id,
            chain_id: self.chain_id,
            chain_pos: self.chain_pos,
            prev_hash: &self.prev_hash,
            subject_kind: &self.subject_kind,
            subject_id: self.subject_id,
            subject_version: self.subject_version,
            kind: &self.kind,
            data: &Value::Null,
        };
        // The data are kept in their canonical form.
        hash_over(&link, &self.data).is_ok_and(|hash| hash == self.hash)
    }
}

#[derive(Debug, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct Row {
    id: Id,
    at: At,
    actor_id: Option<Id>,
    project_id: Option<Id>,
    client_id: Option<Id>,
    subject_kind: String,
    subject_id: Id,
    subject_version: i64,
    kind: String,
    data: String,
    chain_id: Id,
    chain_pos: i64,
    prev_hash: String,
    hash: String,
}

/// An event before it has a place in its chain.
#[derive(Debug)]
pub struct NewEvent {
    project_id: Option<Id>,
    client_id: Option<Id>,
    subject_kind: &'static str,
    subject_id: Id,
    subject_version: i64,
    kind: String,
    data: Value,
    seen_besides: bool,
}

impl NewEvent {
    /// The event that this record moved: its after-image is the record.
    pub fn of<S: Subject>(subject: &S, kind: &str) -> Result<Self> {
        debug_assert!(is_kind(kind), "`{kind}` does not stand among the kinds of events");
        let data = serde_json::to_value(subject).map_err(|e| Problem::internal(&e))?;
        Ok(Self {
            project_id: subject.about_project(),
            client_id: subject.about_client(),
            subject_kind: S::KIND,
            subject_id: subject.subject_id(),
            subject_version: subject.subject_version(),
            kind: kind.to_owned(),
            data,
            seen_besides: S::SEEN_BESIDES,
        })
    }

    /// Adds what the record does not hold, under `event_note`.
    pub fn with_note(mut self, note: Value) -> Self {
        if let Some(data) = self.data.as_object_mut() {
            data.insert("event_note".to_owned(), note);
        }
        self
    }

    /// The project and client without sight of which it is not seen; neither where it is seen for other reasons too.
    pub fn bound_to(&self) -> (Option<Id>, Option<Id>) {
        if self.seen_besides { (None, None) } else { (self.project_id, self.client_id) }
    }
}

/// Events in one statement.
const AT_ONCE: usize = 500;

/// Appends events to their chains. The project (or the subject) is locked by the caller, so that a chain grows one by one;
/// the unique place in the chain stands behind it.
pub fn append(conn: &mut AnyConnection, at: At, actor: Option<Id>, new: Vec<NewEvent>) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let mut heads: BTreeMap<Id, (i64, String)> = BTreeMap::new();
    let mut rows = Vec::with_capacity(new.len());
    for event in new {
        let chain_id = event.project_id.unwrap_or(event.subject_id);
        let (last, prev_hash) = match heads.remove(&chain_id) {
            Some(head) => head,
            None => head_of(conn, chain_id)?,
        };
        let id = Id::new();
        let chain_pos = last + 1;
        let link = Link {
            id,
            at,
            actor_id: actor,
            chain_id,
            chain_pos,
            prev_hash: &prev_hash,
            subject_kind: event.subject_kind,
            subject_id: event.subject_id,
            subject_version: event.subject_version,
            kind: &event.kind,
            data: &event.data,
        };
        let data = canonical_data(&event.data).map_err(|e| Problem::internal(&e))?;
        let hash = hash_over(&link, &data).map_err(|e| Problem::internal(&e))?;
        heads.insert(chain_id, (chain_pos, hash.clone()));
        rows.push(Row {
            id,
            at,
            actor_id: actor,
            project_id: event.project_id,
            client_id: event.client_id,
            subject_kind: event.subject_kind.to_owned(),
            subject_id: event.subject_id,
            subject_version: event.subject_version,
            kind: event.kind,
            data,
            chain_id,
            chain_pos,
            prev_hash,
            hash,
        });
    }
    // Most acts leave one event; its statement stays prepared, that of several does not. A statement binds a bounded number of values.
    for part in rows.chunks(AT_ONCE) {
        match part {
            [one] => on_each!(conn, c => diesel::insert_into(events::table).values(one).execute(c))?,
            many => on_each!(conn, c => diesel::insert_into(events::table).values(many).execute(c))?,
        };
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Seq {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    seq: i64,
}

/// The number given out last.
const LAST_NUMBER: &str = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS seq FROM events_seq_seq";

/// Who is writing events holds this lock on their table from before the first number until after the commit can be seen. -1: nobody is; else the last
/// event that was numbered before any of them began.
const BEFORE_ALL_OPEN: &str = "\
    WITH writing AS ( \
        SELECT COALESCE(a.xact_start, '-infinity'::timestamptz) AS since \
        FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid \
        WHERE l.locktype = 'relation' AND l.relation = 'events'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted \
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.pid <> pg_backend_pid()) \
    SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM writing) THEN -1 ELSE COALESCE( \
        (SELECT seq FROM events WHERE recorded_at < (SELECT min(since) FROM writing) ORDER BY seq DESC LIMIT 1), 0) END AS seq";

/// How far the events are settled: none with a number up to this one can still appear, however late its transaction commits. On SQLite one writer
/// commits in the order of the numbers. On PostgreSQL first the last number is read, then who is still writing: whoever is not has committed, and
/// can be seen.
pub fn settled_until(conn: &mut AnyConnection) -> QueryResult<i64> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            let last = events::table.select(diesel::dsl::max(events::seq)).first::<Option<i64>>(conn)?;
            Ok(last.unwrap_or_default())
        }
        AnyConnection::Postgres(conn) => {
            let last = diesel::sql_query(LAST_NUMBER).get_result::<Seq>(conn)?.seq;
            let before = diesel::sql_query(BEFORE_ALL_OPEN).get_result::<Seq>(conn)?.seq;
            Ok(if before < 0 { last } else { before.min(last) })
        }
    }
}

/// The last place and hash of a chain.
pub fn head_of(conn: &mut AnyConnection, chain: Id) -> QueryResult<(i64, String)> {
    let head = events::table
        .filter(events::chain_id.eq(chain))
        .order(events::chain_pos.desc())
        .select((events::chain_pos, events::hash));
    let head = on_each!(conn, c => head.first::<(i64, String)>(c)).optional()?;
    Ok(head.unwrap_or_else(|| (0, GENESIS.to_owned())))
}

/// The events of one record, oldest first, after a sequence number.
pub fn of_subject(conn: &mut AnyConnection, subject: Id, after: i64, limit: i64) -> QueryResult<Vec<Event>> {
    events::table
        .filter(events::subject_id.eq(subject))
        .filter(events::seq.gt(after))
        .order(events::seq)
        .limit(limit)
        .select(Event::as_select())
        .load(conn)
}

/// Where in its chain each of these subjects begins.
pub fn beginnings(conn: &mut AnyConnection, subjects: &[Id]) -> QueryResult<Vec<(Id, i64)>> {
    let first = events::table.filter(events::subject_id.eq_any(subjects)).group_by(events::subject_id);
    first.select((events::subject_id, min(events::chain_pos).assume_not_null())).load(conn)
}

/// Where in each of these chains the latest event of these kinds stands.
pub fn latest_of(conn: &mut AnyConnection, chains: &[Id], kinds: Vec<String>) -> QueryResult<Vec<(Id, i64)>> {
    // Of one chain the end is enough, and stands nearer than its beginning.
    if let [chain] = chains {
        let last = events::table.filter(events::chain_id.eq(chain)).filter(events::kind.eq_any(kinds));
        return last.order(events::chain_pos.desc()).select((events::chain_id, events::chain_pos)).limit(1).load(conn);
    }
    let last = events::table.filter(events::chain_id.eq_any(chains)).filter(events::kind.eq_any(kinds));
    last.group_by(events::chain_id).select((events::chain_id, max(events::chain_pos).assume_not_null())).load(conn)
}

/// The events of a whole chain after a place, oldest first.
pub fn chain_of(conn: &mut AnyConnection, chain: Id, after: i64, limit: i64) -> QueryResult<Vec<Event>> {
    events::table
        .filter(events::chain_id.eq(chain))
        .filter(events::chain_pos.gt(after))
        .order(events::chain_pos)
        .limit(limit)
        .select(Event::as_select())
        .load(conn)
}

/// The last version of a record that an event tells of, 0 where none does: a thing that was removed goes on from there when it comes back.
pub fn last_version(conn: &mut AnyConnection, subject: Id) -> QueryResult<i64> {
    let row = events::table.filter(events::subject_id.eq(subject)).order(events::seq.desc());
    Ok(row.select(events::subject_version).first(conn).optional()?.unwrap_or_default())
}

/// The after-image of a record at one of its versions.
pub fn at_version(conn: &mut AnyConnection, subject: Id, version: i64) -> QueryResult<Option<Value>> {
    let data = events::table
        .filter(events::subject_id.eq(subject))
        .filter(events::subject_version.eq(version))
        .order(events::seq.desc())
        .select(events::data)
        .first::<String>(conn)
        .optional()?;
    Ok(data.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Every after-image of these records, oldest first, each with its record and instant: how they came to what they are.
pub fn images_of(conn: &mut AnyConnection, subjects: &[Id]) -> QueryResult<Vec<(Id, At, Value)>> {
    images_but(conn, subjects, "")
}

/// As [`images_of`], without those of one kind of event.
pub fn images_but(conn: &mut AnyConnection, subjects: &[Id], but: &str) -> QueryResult<Vec<(Id, At, Value)>> {
    let rows = events::table
        .filter(events::subject_id.eq_any(subjects))
        .filter(events::kind.ne(but.to_owned()))
        .order(events::seq)
        .select((events::subject_id, events::at, events::data))
        .load::<(Id, At, String)>(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, at, data)| serde_json::from_str(&data).ok().map(|value| (id, at, value)))
        .collect())
}
