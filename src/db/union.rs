//! Several queries as one statement. Diesel joins queries with `UNION ALL` only where their number is known to the compiler.

use super::MultiBackend;
use super::ty::Uid;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, SingleValue, SqlType, Text, is_nullable};
use std::fmt;
use std::marker::PhantomData;

/// Null, for a part that has nothing to tell in a column. Its type is spelled out, because PostgreSQL takes a bare null for text.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct NullOf<ST>(PhantomData<ST>);

impl<ST> NullOf<ST> {
    /// It.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<ST> Default for NullOf<ST> {
    fn default() -> Self {
        Self::new()
    }
}

/// A type as both databases spell it; SQLite takes any name.
pub trait Spelled {
    /// Its name.
    const NAME: &'static str;
}

impl Spelled for Uid {
    const NAME: &'static str = "UUID";
}

impl Spelled for Text {
    const NAME: &'static str = "TEXT";
}

impl Spelled for BigInt {
    const NAME: &'static str = "BIGINT";
}

impl<ST: SqlType<IsNull = is_nullable::NotNull> + SingleValue> Expression for NullOf<ST> {
    type SqlType = Nullable<ST>;
}

impl<ST> ValidGrouping<()> for NullOf<ST> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST, QS> AppearsOnTable<QS> for NullOf<ST> where Self: Expression {}

impl<ST, QS> SelectableExpression<QS> for NullOf<ST> where Self: AppearsOnTable<QS> {}

impl<ST: Spelled> QueryFragment<MultiBackend> for NullOf<ST> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        pass.push_sql("CAST(NULL AS ");
        pass.push_sql(ST::NAME);
        pass.push_sql(")");
        Ok(())
    }
}

/// All rows of these queries, whose columns are of the SQL types `ST`.
pub struct UnionAll<'q, ST> {
    parts: Vec<Box<dyn QueryFragment<MultiBackend> + 'q>>,
    kind: PhantomData<ST>,
}

impl<ST> fmt::Debug for UnionAll<'_, ST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnionAll").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

impl<'q, ST> UnionAll<'q, ST> {
    /// Of nothing yet. It must not be run like that.
    pub fn new() -> Self {
        Self { parts: Vec::new(), kind: PhantomData }
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// One more query.
    pub fn push(&mut self, query: impl Query<SqlType = ST> + QueryFragment<MultiBackend> + 'q) {
        self.parts.push(Box::new(query));
    }
}

impl<ST> Default for UnionAll<'_, ST> {
    fn default() -> Self {
        Self::new()
    }
}

impl<ST> QueryFragment<MultiBackend> for UnionAll<'_, ST> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                pass.push_sql(" UNION ALL ");
            }
            part.walk_ast(pass.reborrow())?;
        }
        Ok(())
    }
}

/// The text tells such statements apart, not their type.
impl<ST> QueryId for UnionAll<'_, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for UnionAll<'_, ST> {
    type SqlType = ST;
}

impl<C, ST> RunQueryDsl<C> for UnionAll<'_, ST> {}
