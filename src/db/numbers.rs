//! Business numbers, counted per series and year. Gapless ones come from a row that stays locked from the moment a number is taken until the commit;
//! that admits one commit at a time, so numbers that need only be unique come from a sequence where there is more than one writer.

use super::{AnyConnection, Both, schema::number_series};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::upsert::excluded;

/// The next gapless number of a series in a year, as `<series>-<year>-<four digits or more>`.
pub fn next(conn: &mut AnyConnection, series: &str, year: i64) -> QueryResult<String> {
    let first = (number_series::series.eq(series), number_series::year.eq(year), number_series::last.eq(1_i64));
    let last: i64 = Both(
        diesel::insert_into(number_series::table)
            .values(first)
            .on_conflict((number_series::series, number_series::year))
            .do_update()
            .set(number_series::last.eq(number_series::last + excluded(number_series::last)))
            .returning(number_series::last),
    )
    .get_result(conn)?;
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
