//! What Diesel's `MultiConnection` cannot say by itself; see the table in [`super`].

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, SingleValue, SqlType};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{QueryResult, RunQueryDsl, Selectable};

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

/// A statement whose prepared form is kept although Diesel would prepare it anew each time (`UPDATE`, and inserting several rows, because their
/// SQL may differ from one value to the next). For changesets with `treat_none_as_null`, whose SQL is always the same, and for few rows at once.
///
/// `on_each!(conn, c => Prepared(diesel::update(row).set(&changed)).execute(c))`
#[derive(Debug, Clone, Copy)]
pub struct Prepared<Q>(pub Q);

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, C> RunQueryDsl<C> for Prepared<Q> {}

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

is_a_whole_query!(Both, Locked, Claimed);

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
