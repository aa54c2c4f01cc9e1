//! Several queries as one statement. Diesel joins queries with `UNION ALL` only where their number is known to the compiler.

use super::MultiBackend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use std::fmt;
use std::marker::PhantomData;

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
