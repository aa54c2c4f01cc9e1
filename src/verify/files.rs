//! Every file that a record names, read from its first byte to its last.

use super::Report;
use crate::db::AnyConnection;
use crate::db::schema::{archives, document_revisions};
use crate::documents::{Files, hash_of};
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Files by their sum, each with its size.
pub type Named = BTreeMap<String, i64>;

/// The files of documents and packages.
pub fn named(conn: &mut AnyConnection) -> QueryResult<Named> {
    let mut all: Named = document_revisions::table
        .select((document_revisions::sha256, document_revisions::size))
        .distinct()
        .load::<(String, i64)>(conn)?
        .into_iter()
        .collect();
    let packages = archives::table
        .filter(archives::package_sha256.is_not_null())
        .select((archives::package_sha256.assume_not_null(), archives::package_size))
        .load::<(String, Option<i64>)>(conn)?;
    all.extend(packages.into_iter().map(|(sum, size)| (sum, size.unwrap_or_default())));
    Ok(all)
}

/// Reads them all.
pub fn check(folder: &Path, named: &Named, report: &mut Report) -> Result<(), String> {
    let files = Files::open(folder, 0)?;
    for (sum, size) in named {
        let place = format!("file {sum}");
        let path = files.path(sum).map_err(|e| e.to_string())?;
        match hash_of(&path) {
            Ok((read, found)) if found == *sum && i64::try_from(read).ok() == Some(*size) => {}
            Ok((read, _)) => {
                report.find("file", place, format!("it holds {read} bytes of the {size} that were kept, or others"))
            }
            Err(error) => report.find("file", place, format!("it cannot be read: {error}")),
        }
    }
    report.looked_at.push(("files", u64::try_from(named.len()).unwrap_or_default()));
    Ok(())
}
