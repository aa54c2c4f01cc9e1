//! Columns by their names, English or Chinese, and what may stand in a cell.

use super::report::Judged;
use crate::db::Day;
use crate::http::{FieldError, Problem, nearest};
use std::collections::BTreeMap;

/// A column: its name, and what else it may be called.
pub(super) type Column = (&'static str, &'static [&'static str]);

/// Which column stands where.
#[derive(Debug)]
pub(super) struct Columns {
    places: BTreeMap<&'static str, usize>,
}

impl Columns {
    /// Finds the columns of a head; 422 that names every one that is unknown, there twice, or missing.
    pub(super) fn of(head: &[String], known: &[Column], needed: &[&str]) -> Result<Self, Problem> {
        let mut places = BTreeMap::new();
        let mut errors = Vec::new();
        for (place, title) in head.iter().enumerate().filter(|(_, title)| !title.is_empty()) {
            let plain = title.to_lowercase().replace([' ', '-'], "_");
            let found = known.iter().find(|(name, others)| *name == plain || others.contains(&title.as_str()));
            let at = format!("/columns/{place}");
            match found {
                Some((name, _)) if places.insert(*name, place).is_none() => {}
                Some((name, _)) => errors.push(FieldError::new(
                    at,
                    "twice",
                    format!("The column `{name}` is there twice."),
                    format!("列 {name} 重複。"),
                )),
                None => errors.push(unknown(at, &plain, known)),
            }
        }
        for name in needed.iter().filter(|name| !places.contains_key(*name)) {
            errors.push(FieldError::new(
                "/columns",
                "missing",
                format!("The column `{name}` is missing."),
                format!("缺少列 {name}。"),
            ));
        }
        if errors.is_empty() { Ok(Self { places }) } else { Err(Problem::invalid(errors)) }
    }

    /// Tells what stands in a row under no title, which would be lost: most likely a comma that should have been in quotes.
    pub(super) fn tell_surplus(&self, row: &[String], verdict: &mut Judged) {
        let titled = |place: usize| self.places.values().any(|known| *known == place);
        if row.iter().enumerate().any(|(place, cell)| !cell.is_empty() && !titled(place)) {
            verdict.error(
                "",
                "surplus",
                "Something in the row stands under no title: quote what holds the separator, or give the column its title.",
                "該行有單元格沒有對應的表頭；含分隔符的內容請加引號，或補上表頭。",
            );
        }
    }

    /// What stands in a row under a column, unless nothing does.
    pub(super) fn cell<'a>(&self, row: &'a [String], name: &str) -> Option<&'a str> {
        let place = self.places.get(name)?;
        row.get(*place).map(String::as_str).filter(|cell| !cell.is_empty())
    }
}

fn unknown(at: String, title: &str, known: &[Column]) -> FieldError {
    let near = nearest(title, known.iter().map(|(name, _)| *name)).filter(|_| title.is_ascii());
    match near {
        Some(near) => FieldError::new(
            at,
            "unknown",
            format!("There is no column `{title}`; did you mean `{near}`?"),
            format!("沒有列「{title}」；您是否想用 {near}？"),
        ),
        None => {
            FieldError::new(at, "unknown", format!("There is no column `{title}`."), format!("沒有列「{title}」。"))
        }
    }
}

/// Names are the same however they are spaced and whatever their case.
pub(super) fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The columns with what else they may be called, for the document.
pub(super) fn told(known: &[Column]) -> String {
    let one = |(name, others): &Column| match others {
        [] => format!("`{name}`"),
        others => format!("`{name}` ({})", others.join(", ")),
    };
    known.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Yes or no, in several words.
pub(super) fn truth(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "是" | "√" => Some(true),
        "no" | "n" | "false" | "0" | "否" => Some(false),
        _ => None,
    }
}

/// Yuan with at most two decimal places, commas between thousands allowed, as fen. Never through a floating-point number.
pub(super) fn fen(cell: &str) -> Option<i64> {
    let cell = cell.strip_prefix(['¥', '￥']).unwrap_or(cell).replace('，', ",");
    let (yuan, rest) = cell.split_once('.').unwrap_or((&cell, ""));
    let mut groups = yuan.split(',');
    let first = groups.next().unwrap_or_default();
    // Commas stand between thousands or nowhere: one that means a decimal point must not make ten times the amount.
    if yuan.contains(',') && (!(1..=3).contains(&first.len()) || groups.any(|group| group.len() != 3)) {
        return None;
    }
    let yuan = yuan.replace(',', "");
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if yuan.is_empty() || !digits(&yuan) || !digits(rest) || rest.trim_end_matches('0').len() > 2 {
        return None;
    }
    let cents = format!("{:0<2}", rest.trim_end_matches('0')).parse::<i64>().ok()?;
    yuan.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)
}

/// A day: `2026-03-04`, `2026/3/4` or `2026.3.4`.
pub(super) fn day(cell: &str) -> Option<Day> {
    let mut parts = cell.split(['-', '/', '.']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    format!("{year}-{month:0>2}-{day:0>2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, amount) in [
            ("1", Some(100)),
            ("385,929.47", Some(38_592_947)),
            ("￥0.5", Some(50)),
            ("0.10", Some(10)),
            ("0.290", Some(29)),
            ("90071992547409.93", Some(9_007_199_254_740_993)),
            ("1,5", None),
            ("1,23,4", None),
            ("1234,567", None),
            (",5", None),
            ("5,", None),
            ("1,,500", None),
            ("1,234,567", Some(123_456_700)),
            ("1.001", None),
            ("-1", None),
            ("1e3", None),
            ("", None),
            (".5", None),
            ("92233720368547758.08", None),
        ] {
            assert_eq!(fen(text), amount, "{text}");
        }
    }

    #[test]
    fn days_and_truths_are_read_as_people_write_them() {
        assert_eq!(day("2026/3/4"), day("2026-03-04"));
        assert!(day("2026.3.4").is_some() && day("4/3/2026").is_none() && day("2026-02-30").is_none());
        assert_eq!((truth("是"), truth("No"), truth("maybe")), (Some(true), Some(false), None));
    }

    #[test]
    fn columns_are_found_by_either_name() {
        const KNOWN: &[Column] = &[("name", &["客戶名稱", "客户名称"]), ("kind", &[])];
        let head = |titles: &[&str]| titles.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let columns = Columns::of(&head(&["Kind", "客户名称", ""]), KNOWN, &["name"]).unwrap();
        let row = head(&["x", "y"]);
        assert_eq!((columns.cell(&row, "name"), columns.cell(&row, "kind")), (Some("y"), Some("x")));
        let refused = Columns::of(&head(&["nmae", "kind", "kind"]), KNOWN, &["name"]).unwrap_err();
        let codes: Vec<&str> = refused.errors.iter().map(|e| e.code.as_ref()).collect();
        assert_eq!(codes, ["unknown", "twice", "missing"]);
    }
}
