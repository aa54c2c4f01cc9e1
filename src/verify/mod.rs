//! `fitout verify`: whether what is stored is what was written. It computes every chain of events again, compares every record with the last event that
//! tells of it, adds up the money, and reads every file. It looks at one state of a running database and changes nothing.

mod chains;
mod files;
mod images;
mod money;

use crate::db::{AnyConnection, Id};
use std::fmt;
use std::path::Path;

/// So many findings are told; the rest are counted.
const TOLD: usize = 200;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule does not hold.
    pub rule: &'static str,
    /// Where: a table and an id, a chain and a place, or a file.
    pub place: String,
    /// What was found, and what should be.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.rule, self.place, self.detail)
    }
}

/// What was looked at and what was found.
#[derive(Debug, Default)]
pub struct Report {
    /// The first findings.
    pub findings: Vec<Finding>,
    /// How many there are in all.
    pub wrong: u64,
    /// What was looked at, and how many of it.
    pub looked_at: Vec<(&'static str, u64)>,
}

impl Report {
    fn find(&mut self, rule: &'static str, place: String, detail: String) {
        self.wrong += 1;
        if self.findings.len() < TOLD {
            self.findings.push(Finding { rule, place, detail });
        }
    }
}

/// Looks at a database, and at the files where a folder is given.
pub fn verify(conn: &mut AnyConnection, files_in: Option<&Path>) -> Result<Report, String> {
    let mut report = Report::default();
    let sums = conn.look(|conn| {
        chains::check(conn, &mut report)?;
        images::check(conn, &mut report)?;
        money::check(conn, &mut report)?;
        files::named(conn)
    });
    let sums = sums.map_err(|e: diesel::result::Error| format!("the database cannot be read: {e}"))?;
    if let Some(folder) = files_in {
        files::check(folder, &sums, &mut report)?;
    }
    Ok(report)
}

/// A record's place.
fn at(table: &str, id: Id) -> String {
    format!("{table} {id}")
}
