//! What Diesel's `MultiConnection` cannot say by itself; see the table in [`super`].

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AsChangeset, AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, SingleValue, SqlType};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{QueryResult, QuerySource, RunQueryDsl, Selectable};
use std::marker::PhantomData;

use super::connection::{AnyConnection, MultiBackend};

/// A statement that both databases understand but the derived backend refuses (`ON CONFLICT`): compiled for each of them.
#[derive(Debug, Clone, Copy)]
pub struct Both<Q>(pub Q);

impl<Q: QueryFragment<Pg> + QueryFragment<Sqlite>> QueryFragment<MultiBackend> for Both<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}

/// `SELECT … FOR UPDATE` on PostgreSQL; the plain select on SQLite, where a write transaction holds the only write lock.
///
/// `Locked(projects::table.find(id).select(cols::<Project>())).get_result(conn)`; `first` and `limit` go inside.
#[derive(Debug, Clone, Copy)]
pub struct Locked<Q>(pub Q);

/// `SELECT … FOR UPDATE SKIP LOCKED` on PostgreSQL: rows that nobody else works on. The plain select on SQLite.
#[derive(Debug, Clone, Copy)]
pub struct Claimed<Q>(pub Q);

/// `SELECT … FOR KEY SHARE` on PostgreSQL: rows that nobody may lock until the commit, which others may hold too; as a foreign key does, only
/// before the row is judged by and not after. The plain select on SQLite.
#[derive(Debug, Clone, Copy)]
pub struct Held<Q>(pub Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Held<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" FOR KEY SHARE");
        Ok(())
    }
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Locked<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" FOR UPDATE");
        Ok(())
    }
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Claimed<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" FOR UPDATE SKIP LOCKED");
        Ok(())
    }
}

macro_rules! locks_on_postgres_alone {
    ($name:ident) => {
        impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for $name<Q> {
            fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                self.0.walk_ast(pass)
            }
        }

        impl<Q: QueryFragment<Pg> + QueryFragment<Sqlite>> QueryFragment<MultiBackend> for $name<Q> {
            fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
                MultiBackend::walk_variant_ast(self, pass)
            }
        }
    };
}

locks_on_postgres_alone!(Locked);
locks_on_postgres_alone!(Claimed);
locks_on_postgres_alone!(Held);

/// An `UPDATE` of every column of a row, which Diesel's own would write and prepare anew each time, because a changeset may leave columns out.
/// One with `treat_none_as_null` leaves none out: its SQL depends on the row's type alone. Made by [`full_update`].
#[derive(Debug, Clone, Copy)]
pub struct FullUpdate<From, Set, On, Row> {
    from: From,
    set: Set,
    on: On,
    row: PhantomData<fn() -> Row>,
}

/// `on_each!(conn, c => full_update::<Project, _, _, _>(projects::table, &project, projects::id.eq(id)).execute(c))`; the first type, under which
/// the statement is known, is that of the row.
pub fn full_update<Row, T, R, On>(table: T, row: R, on: On) -> FullUpdate<T::FromClause, R::Changeset, On, Row>
where
    T: QuerySource,
    R: AsChangeset<Target = T>,
{
    FullUpdate { from: table.from_clause(), set: row.as_changeset(), on, row: PhantomData }
}

impl<DB, From, Set, On, Row> QueryFragment<DB> for FullUpdate<From, Set, On, Row>
where
    DB: Backend,
    From: QueryFragment<DB>,
    Set: QueryFragment<DB>,
    On: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("UPDATE ");
        self.from.walk_ast(pass.reborrow())?;
        pass.push_sql(" SET ");
        self.set.walk_ast(pass.reborrow())?;
        pass.push_sql(" WHERE ");
        self.on.walk_ast(pass.reborrow())
    }
}

impl<From, Set, On: QueryId, Row: 'static> QueryId for FullUpdate<From, Set, On, Row> {
    type QueryId = FullUpdate<(), (), On::QueryId, Row>;
    const HAS_STATIC_QUERY_ID: bool = On::HAS_STATIC_QUERY_ID;
}

impl<From, Set, On, Row, C> RunQueryDsl<C> for FullUpdate<From, Set, On, Row> {}

/// As [`full_update`] of two parts of a row; the `seldom` columns stand in indexes or refer to other tables. SQLite writes the index of every column that
/// an `UPDATE` names and looks its reference up, whether it changes or not (all of a project: 70 µs; without those: 30), so that there they are named only
/// where one of them differs.
#[macro_export]
macro_rules! update_in_parts {
    (
        $conn:expr, $table:expr,
        often: $often:ty = $row:expr,
        seldom: $seldom:ty = $part:expr,
        on: $on:expr,
        differs: $differs:expr
    ) => {
        match $conn {
            $crate::db::AnyConnection::Postgres(conn) => {
                $crate::db::full_update::<($often, $seldom), _, _, _>($table, ($row, $part), $on).execute(conn)
            }
            $crate::db::AnyConnection::Sqlite(conn) => {
                use ::diesel::SqliteExpressionMethods;
                $crate::db::full_update::<$seldom, _, _, _>($table, $part, $on.and($differs))
                    .execute(conn)
                    .and_then(|_| $crate::db::full_update::<$often, _, _, _>($table, $row, $on).execute(conn))
            }
        }
    };
}

macro_rules! is_a_whole_query {
    ($($name:ident),+) => {$(
        impl<Q: QueryId> QueryId for $name<Q> {
            type QueryId = $name<Q::QueryId>;
            const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
        }

        impl<Q: Query> Query for $name<Q> {
            type SqlType = Q::SqlType;
        }

        impl<Q> RunQueryDsl<AnyConnection> for $name<Q> {}
        impl<Q> RunQueryDsl<PgConnection> for $name<Q> {}
        impl<Q> RunQueryDsl<SqliteConnection> for $name<Q> {}
    )+};
}

is_a_whole_query!(Both, Locked, Claimed, Held);

/// The columns of a row struct, for `.returning(…)` and inside [`Both`] and [`Locked`]: `as_returning()` and
/// `as_select()` are tied to the derived backend and refused there.
pub fn cols<T: Selectable<MultiBackend>>() -> T::SelectExpression {
    T::construct_selection()
}

/// Compiles one expression for each database: for what the derived backend cannot express (batch insert), and for what every request runs.
/// Through the derived backend the SQL of a statement is written anew at each execution, column by column; on the connection itself Diesel knows
/// a statement without bound lists by its type and only binds (a third of the time, for a project row of 30 columns).
///
/// `on_each!(conn, c => diesel::insert_into(t::table).values(&rows).execute(c))?`; with `select(cols::<Row>())` for `first::<Row>(c)`.
#[macro_export]
macro_rules! on_each {
    ($conn:expr, $each:ident => $body:expr) => {
        match $conn {
            $crate::db::AnyConnection::Postgres($each) => $body,
            $crate::db::AnyConnection::Sqlite($each) => $body,
        }
    };
}

/// That a value is one of those that a query finds: see [`among`].
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Among<L, Q> {
    left: L,
    query: Q,
}

/// As `left.eq_any(query)`, for a query that finds few and looks at nothing outside itself. PostgreSQL runs it first (`= ANY (ARRAY (…))`): of an `IN` it may
/// make a merge with a walk over the whole table in the order of the page, which costs the more the rarer the values are.
pub fn among<L: Expression, Q: Query<SqlType = L::SqlType>>(left: L, query: Q) -> Among<L, Q> {
    Among { left, query }
}

impl<L, Q> Expression for Among<L, Q> {
    type SqlType = Bool;
}

impl<L: SelectableExpression<Tables>, Q, Tables> SelectableExpression<Tables> for Among<L, Q> where
    Self: AppearsOnTable<Tables>
{
}

impl<L: AppearsOnTable<Tables>, Q, Tables> AppearsOnTable<Tables> for Among<L, Q> where Self: Expression {}

impl<L: ValidGrouping<GroupBy>, Q, GroupBy> ValidGrouping<GroupBy> for Among<L, Q> {
    type IsAggregate = L::IsAggregate;
}

impl<L: QueryFragment<Pg>, Q: QueryFragment<Pg>> QueryFragment<Pg> for Among<L, Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.left.walk_ast(pass.reborrow())?;
        pass.push_sql(" = ANY (ARRAY (");
        self.query.walk_ast(pass.reborrow())?;
        pass.push_sql("))");
        Ok(())
    }
}

impl<L: QueryFragment<Sqlite>, Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Among<L, Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.left.walk_ast(pass.reborrow())?;
        pass.push_sql(" IN (");
        self.query.walk_ast(pass.reborrow())?;
        pass.push_sql(")");
        Ok(())
    }
}

impl<L, Q> QueryFragment<MultiBackend> for Among<L, Q>
where
    Self: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, pass)
    }
}

/// `SUM` of a BIGINT expression as a BIGINT, 0 when there is nothing: see [`total`].
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Total<E>(E);

/// The sum of a BIGINT expression, 0 for no rows. PostgreSQL would answer NUMERIC, and both NULL for no rows.
pub fn total<E: Expression>(expression: E) -> Total<E> {
    Total(expression)
}

impl<E: Expression> Expression for Total<E> {
    type SqlType = BigInt;
}

impl<E, Tables> SelectableExpression<Tables> for Total<E>
where
    E: SelectableExpression<Tables>,
    Self: AppearsOnTable<Tables>,
{
}

impl<E, Tables> AppearsOnTable<Tables> for Total<E>
where
    E: AppearsOnTable<Tables>,
    Self: Expression,
{
}

impl<E, GroupBy> ValidGrouping<GroupBy> for Total<E> {
    type IsAggregate = is_aggregate::Yes;
}

impl<E: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Total<E> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("CAST(COALESCE(SUM(");
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql("), 0) AS BIGINT)");
        Ok(())
    }
}

/// The SQL types that [`lower`] takes: text, nullable or not.
pub trait TextLike: SqlType + SingleValue {}
impl TextLike for diesel::sql_types::Text {}
impl TextLike for diesel::sql_types::Nullable<diesel::sql_types::Text> {}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The text in small letters (SQLite: A–Z only), so that a search ignores case on both databases.
    fn lower<T: TextLike>(text: T) -> T;
}

/// The pattern that finds `text` anywhere, ignoring case: `lower(col).like(like_pattern(text)).escape('\\')`.
pub fn like_pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
