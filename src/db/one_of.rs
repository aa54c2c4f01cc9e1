//! "Of these ids", in the words of one where there is only one: a statement that is kept prepared on SQLite, where a list of ids is prepared anew at each
//! use, and whose plan PostgreSQL keeps, which expects ten ids of an array and so plans for the one anew each time.

use super::MultiBackend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

/// One of two conditions; [`one_of!`](crate::one_of) makes it.
#[derive(Debug, Clone, Copy)]
pub enum OneOf<O, M> {
    /// There is one id.
    One(O),
    /// There are several, or none.
    Many(M),
}

/// That this column is one of these ids.
#[macro_export]
macro_rules! one_of {
    ($column:expr, $ids:expr) => {{
        let ids: &[$crate::db::Id] = $ids;
        match ids {
            [id] => $crate::db::OneOf::One($column.eq(*id)),
            ids => $crate::db::OneOf::Many($column.eq_any(ids)),
        }
    }};
}

impl<O: Expression, M: Expression<SqlType = O::SqlType>> Expression for OneOf<O, M> {
    type SqlType = O::SqlType;
}

impl<O, M> ValidGrouping<()> for OneOf<O, M> {
    type IsAggregate = is_aggregate::Never;
}

impl<O: AppearsOnTable<QS>, M: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for OneOf<O, M> where Self: Expression {}

impl<O: SelectableExpression<QS>, M: SelectableExpression<QS>, QS> SelectableExpression<QS> for OneOf<O, M> where
    Self: AppearsOnTable<QS>
{
}

impl<O: QueryFragment<MultiBackend>, M: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for OneOf<O, M> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        match self {
            Self::One(one) => one.walk_ast(pass),
            Self::Many(many) => many.walk_ast(pass),
        }
    }
}

/// The text tells such statements apart, not their type.
impl<O, M> QueryId for OneOf<O, M> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
