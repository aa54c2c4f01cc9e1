//! Gapless numbers: one row per series and year, locked from the moment a number is taken until the commit.

use super::{AnyConnection, Both, schema::number_series};
use diesel::prelude::*;
use diesel::upsert::excluded;

/// The next number of a series in a year, as `<series>-<year>-<four digits or more>`.
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
    Ok(format!("{series}-{year}-{last:04}"))
}
