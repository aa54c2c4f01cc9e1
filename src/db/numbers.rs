//! Business numbers, counted per series and year. Gapless ones come from a row that stays locked from the moment a number is taken until the commit;
//! that admits one commit at a time, so numbers that need only be unique come from a sequence where there is more than one writer.

use super::{AnyConnection, on_each};
use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text};

/// Counts a series up by one. Diesel prepares its own `ON CONFLICT … DO UPDATE` anew each time; this is one statement for ever.
#[derive(Debug, Clone)]
struct CountUp<'s> {
    series: &'s str,
    year: i64,
}

impl<DB> QueryFragment<DB> for CountUp<'_>
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt>,
    str: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("INSERT INTO number_series (series, year, last) VALUES (");
        pass.push_bind_param::<Text, _>(self.series)?;
        pass.push_sql(", ");
        pass.push_bind_param::<BigInt, _>(&self.year)?;
        pass.push_sql(", 1) ON CONFLICT (series, year) DO UPDATE SET last = number_series.last + 1 RETURNING last");
        Ok(())
    }
}

impl QueryId for CountUp<'_> {
    type QueryId = CountUp<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for CountUp<'_> {
    type SqlType = BigInt;
}

impl<C> RunQueryDsl<C> for CountUp<'_> {}

/// The next gapless number of a series in a year, as `<series>-<year>-<four digits or more>`.
pub fn next(conn: &mut AnyConnection, series: &str, year: i64) -> QueryResult<String> {
    let last: i64 = on_each!(conn, c => CountUp { series, year }.get_result(c))?;
    Ok(written(series, year, last))
}

diesel::define_sql_function! {
    /// The next value of the sequence of a series and year; `used` false only looks at it.
    fn unique_number(series: Text, year: BigInt, used: Bool) -> BigInt;
}

/// As [`next`], but only unique: a refused request leaves a gap. In a trial nothing is used up.
pub fn next_unique(conn: &mut AnyConnection, series: &str, year: i64, trial: bool) -> QueryResult<String> {
    match conn {
        AnyConnection::Sqlite(_) => next(conn, series, year),
        AnyConnection::Postgres(conn) => {
            let last = diesel::select(unique_number(series, year, !trial)).get_result::<i64>(conn)?;
            Ok(written(series, year, last))
        }
    }
}

fn written(series: &str, year: i64, last: i64) -> String {
    format!("{series}-{year}-{last:04}")
}
