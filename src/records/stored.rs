//! The plain queries of a record's table.

use crate::access::{Result, Tx};
use crate::db::{At, Id};
use crate::events::{self, Subject};
use crate::http::{IfMatch, Problem, Ref};
use crate::workflow::{self, Project};
use diesel::QueryResult;
use serde_json::{Value, json};

/// What part of a record's list is wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of one project; of all in sight where there is none.
    pub project: Option<Id>,
    /// In this state.
    pub state: Option<String>,
    /// Made by this person.
    pub created_by: Option<Id>,
    /// Voided ones too.
    pub include_voided: bool,
    /// After this one.
    pub after: Option<Id>,
    /// Newest first.
    pub descending: bool,
    /// Rows at most.
    pub limit: i64,
}

/// A row of a project's record table. Written by [`project_record!`].
pub trait Stored: Subject + Clone + Send + Sync + 'static {
    /// Finds it by id or number; contributors only what is addressed to their department.
    fn find(tx: &mut Tx<'_>, r: &Ref) -> QueryResult<Option<Self>>;
    /// One page of a list.
    fn page(tx: &mut Tx<'_>, filter: &Filter) -> QueryResult<Vec<Self>>;
    /// How many rows a list has.
    fn count(tx: &mut Tx<'_>, filter: &Filter) -> QueryResult<i64>;
    /// Inserts the row.
    fn insert_row(&self, tx: &mut Tx<'_>) -> QueryResult<usize>;
    /// Updates the row if it still has version `was`.
    fn update_row(&self, tx: &mut Tx<'_>, was: i64) -> QueryResult<usize>;
    /// The project.
    fn project_id(&self) -> Id;
    /// Who made it.
    fn created_by(&self) -> Id;
    /// When.
    fn created_at(&self) -> At;
    /// When it was voided.
    fn voided_at(&self) -> Option<At>;
    /// Raises the version.
    fn touch(&mut self, now: At);
    /// Marks it as voided.
    fn mark_void(&mut self, now: At, by: Id, reason: &str);
    /// Its own state, where it has one.
    fn state_name(&self) -> Option<&'static str>;
    /// The department it is addressed to.
    fn addressed_to(&self) -> Option<&str>;
}

/// Finds a record within the caller's sight, locks its project, and looks at the record again under the lock. 404 where absent or out of sight. A voided one
/// is found too: [`stale`] refuses it once the caller's version was looked at.
pub fn locked<R: Stored>(tx: &mut Tx<'_>, r: &Ref) -> Result<(Project, R)> {
    let found = R::find(tx, r)?.ok_or_else(Problem::not_found)?;
    let project = workflow::lock(tx, &Ref::Id(found.project_id().0))?;
    let again = R::find(tx, &Ref::Id(found.subject_id().0))?.ok_or_else(Problem::not_found)?;
    Ok((project, again))
}

/// As [`locked`], for an act that asks for no `If-Match`: 409 where the record was voided.
pub fn locked_standing<R: Stored>(tx: &mut Tx<'_>, r: &Ref) -> Result<(Project, R)> {
    let (project, record) = locked(tx, r)?;
    refuse_voided(&record)?;
    Ok((project, record))
}

/// Inserts a new record with its event.
pub fn insert<R: Stored>(tx: &mut Tx<'_>, record: &R, kind: &str) -> Result<()> {
    record.insert_row(tx)?;
    tx.record(record, kind)
}

/// As [`insert`], with something that the record itself does not hold.
pub fn insert_with<R: Stored>(tx: &mut Tx<'_>, record: &R, kind: &str, note: Value) -> Result<()> {
    record.insert_row(tx)?;
    tx.record_with(record, kind, note)
}

/// Saves a changed record: raises its version, leaves its event.
pub fn save<R: Stored>(tx: &mut Tx<'_>, record: &mut R, kind: &str) -> Result<()> {
    store(tx, record)?;
    tx.record(record, kind)
}

/// As [`save`], with something that the record itself does not hold.
pub fn save_with<R: Stored>(tx: &mut Tx<'_>, record: &mut R, kind: &str, note: Value) -> Result<()> {
    store(tx, record)?;
    tx.record_with(record, kind, note)
}

fn store<R: Stored>(tx: &mut Tx<'_>, record: &mut R) -> Result<()> {
    let was = record.subject_version();
    record.touch(tx.now);
    if record.update_row(tx, was)? == 1 {
        return Ok(());
    }
    Err(Problem::conflict("The record changed meanwhile. Read it again.", "記錄同時被更改，請重新讀取。").into())
}

/// Refuses unless the caller has seen this version: 428 without `If-Match`, 412 with the current version and the fields that changed. Then 409 where it was
/// voided.
pub fn stale<S: Subject>(tx: &mut Tx<'_>, subject: &S, if_match: &IfMatch) -> Result<()> {
    let version = subject.subject_version();
    let refused = if_match.require(version, || json!({ "version": version }));
    let Err(problem) = refused else { return refuse_voided(subject) };
    let now = serde_json::to_value(subject).map_err(|e| Problem::internal(&e))?;
    Err(with_changes(tx, problem, (subject.subject_id(), version, &now), if_match)?.into())
}

/// Nothing is done any more to what was voided.
pub fn refuse_voided<S: Subject>(subject: &S) -> Result<()> {
    if subject.is_voided() {
        return Err(Problem::state("The record was voided.", "記錄已作廢。").into());
    }
    Ok(())
}

/// The refusal of a stale version with what has changed since. Apart from the kind of record, so that it is compiled once.
fn with_changes(
    tx: &mut Tx<'_>,
    problem: Problem,
    (id, version, now): (Id, i64, &Value),
    if_match: &IfMatch,
) -> Result<Problem> {
    let seen = match if_match {
        IfMatch::Tags(tags) => tags.iter().find_map(|tag| tag.trim_matches('"').parse::<i64>().ok()),
        IfMatch::Absent | IfMatch::Any => None,
    };
    let Some(seen) = seen else { return Ok(problem) };
    let before = events::at_version(tx.conn, id, seen)?;
    let changed: Vec<String> = match (before.as_ref().and_then(Value::as_object), now.as_object()) {
        (Some(before), Some(now)) => {
            // What a record had not yet when it was seen is as good as null.
            now.iter().filter(|(k, v)| before.get(*k).unwrap_or(&Value::Null) != *v).map(|(k, _)| k.clone()).collect()
        }
        _ => Vec::new(),
    };
    Ok(problem.with_current(json!({ "version": version, "changed": changed })))
}

/// Writes the plain queries of a project's record: `project_record!(Memo, memos, "memo", number, state, department = to_department)`; the last three
/// only where the table has them. A record that is addressed to several departments at once has `told = condition` instead: a function from a
/// department to the condition that picks the rows addressed to it.
#[macro_export]
macro_rules! project_record {
    ($row:ident, $table:ident, $kind:literal $(, number = $number:ident)? $(, state = $state:ident)? $(, department = $department:ident)? $(, told = $told:path)?) => {
        impl $crate::events::Subject for $row {
            const KIND: &'static str = $kind;
            fn subject_id(&self) -> $crate::db::Id {
                self.id
            }
            fn subject_version(&self) -> i64 {
                self.version
            }
            fn is_voided(&self) -> bool {
                self.voided_at.is_some()
            }
            fn about_project(&self) -> Option<$crate::db::Id> {
                Some(self.project_id)
            }
        }

        impl $row {
            fn wanted(tx: &$crate::access::Tx<'_>, filter: &$crate::records::Filter) -> $table::BoxedQuery<'static, $crate::db::MultiBackend> {
                use ::diesel::prelude::*;
                let mut query = $table::table.into_boxed();
                query = match filter.project {
                    Some(project) => query.filter($table::project_id.eq(project)),
                    None => $crate::seen_only!(query, $table::project_id, &tx.actor),
                };
                $(
                    if tx.actor.role == $crate::access::Role::Contributor {
                        query = query.filter($table::$department.eq(tx.actor.department.clone().unwrap_or_default()));
                    }
                )?
                $(
                    if tx.actor.role == $crate::access::Role::Contributor {
                        query = query.filter($told(tx.actor.department.clone().unwrap_or_default()));
                    }
                )?
                $(
                    if let Some(state) = &filter.state {
                        query = query.filter($table::$state.eq(state.clone()));
                    }
                )?
                if let Some(person) = filter.created_by {
                    query = query.filter($table::created_by.eq(person));
                }
                if !filter.include_voided {
                    query = query.filter($table::voided_at.is_null());
                }
                query
            }
        }

        impl $crate::records::Stored for $row {
            fn find(tx: &mut $crate::access::Tx<'_>, r: &$crate::http::Ref) -> ::diesel::QueryResult<Option<Self>> {
                use ::diesel::prelude::*;
                let query = $table::table.select($crate::db::cols::<$row>());
                // Contributors see what is addressed to their department; the condition is there for everyone, so that there is one statement.
                $(
                    let department = tx.actor.department.clone().unwrap_or_default();
                    let everyone: bool = tx.actor.role != $crate::access::Role::Contributor;
                    let query = query.filter(everyone.into_sql::<::diesel::sql_types::Bool>().or($table::$department.eq(department)));
                )?
                $(
                    let department = tx.actor.department.clone().unwrap_or_default();
                    let everyone: bool = tx.actor.role != $crate::access::Role::Contributor;
                    let query = query.filter(everyone.into_sql::<::diesel::sql_types::Bool>().or($told(department)));
                )?
                match r {
                    $crate::http::Ref::Id(id) => $crate::on_each!(&mut *tx.conn, c => query.filter($table::id.eq($crate::db::Id(*id))).first(c).optional()),
                    $crate::http::Ref::Number(number) => $crate::project_record!(@number tx, query, $table, number $(, $number)?),
                }
            }

            fn page(tx: &mut $crate::access::Tx<'_>, filter: &$crate::records::Filter) -> ::diesel::QueryResult<Vec<Self>> {
                use ::diesel::prelude::*;
                let mut query = Self::wanted(tx, filter).limit(filter.limit);
                query = match (filter.descending, filter.after) {
                    (false, None) => query.order($table::id.asc()),
                    (false, Some(after)) => query.filter($table::id.gt(after)).order($table::id.asc()),
                    (true, None) => query.order($table::id.desc()),
                    (true, Some(after)) => query.filter($table::id.lt(after)).order($table::id.desc()),
                };
                query.select($row::as_select()).load(tx.conn)
            }

            fn count(tx: &mut $crate::access::Tx<'_>, filter: &$crate::records::Filter) -> ::diesel::QueryResult<i64> {
                use ::diesel::prelude::*;
                Self::wanted(tx, filter).count().get_result(tx.conn)
            }

            fn insert_row(&self, tx: &mut $crate::access::Tx<'_>) -> ::diesel::QueryResult<usize> {
                use ::diesel::prelude::*;
                $crate::on_each!(&mut *tx.conn, c => ::diesel::insert_into($table::table).values(self).execute(c))
            }

            fn update_row(&self, tx: &mut $crate::access::Tx<'_>, was: i64) -> ::diesel::QueryResult<usize> {
                use ::diesel::prelude::*;
                let same = $table::id.eq(self.id).and($table::version.eq(was));
                $crate::on_each!(&mut *tx.conn, c => $crate::db::full_update::<Self, _, _, _>($table::table, self, same).execute(c))
            }

            fn project_id(&self) -> $crate::db::Id {
                self.project_id
            }

            fn created_by(&self) -> $crate::db::Id {
                self.created_by
            }

            fn created_at(&self) -> $crate::db::At {
                self.created_at
            }

            fn voided_at(&self) -> Option<$crate::db::At> {
                self.voided_at
            }

            fn touch(&mut self, now: $crate::db::At) {
                self.version += 1;
                self.updated_at = now;
            }

            fn mark_void(&mut self, now: $crate::db::At, by: $crate::db::Id, reason: &str) {
                self.voided_at = Some(now);
                self.voided_by = Some(by);
                self.void_reason = Some(reason.to_owned());
            }

            fn state_name(&self) -> Option<&'static str> {
                $crate::project_record!(@state self $(, $state)?)
            }

            fn addressed_to(&self) -> Option<&str> {
                $crate::project_record!(@department self $(, $department)?)
            }
        }
    };
    (@number $tx:ident, $query:ident, $table:ident, $text:ident) => {{
        let _ = $text;
        Ok(None)
    }};
    (@number $tx:ident, $query:ident, $table:ident, $text:ident, $number:ident) => {
        $crate::on_each!(&mut *$tx.conn, c => $query.filter($table::$number.eq($text)).first(c).optional())
    };
    (@state $row:ident) => { None };
    (@state $row:ident, $state:ident) => { Some($row.$state.as_str()) };
    (@department $row:ident) => { None };
    (@department $row:ident, $department:ident) => { Some($row.$department.as_str()) };
}
