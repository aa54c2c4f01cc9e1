//! Every chain of events from its first link.

use super::Report;
use crate::db::schema::{archives, events as rows};
use crate::db::{AnyConnection, Id};
use crate::events::{self, GENESIS};
use diesel::prelude::*;

/// Events read at a time.
const PAGE: i64 = 500;
const RULE: &str = "chain";

/// Computes every chain again, and compares the heads that sealed archives name.
pub fn check(conn: &mut AnyConnection, report: &mut Report) -> QueryResult<()> {
    let (mut chains, mut count) = (0, 0);
    let mut next = first_chain(conn, None)?;
    while let Some(chain) = next {
        count += one(conn, chain, report)?;
        chains += 1;
        next = first_chain(conn, Some(chain))?;
    }
    report.looked_at.extend([("chains of events", chains), ("events", count)]);
    sealed(conn, report)
}

fn first_chain(conn: &mut AnyConnection, after: Option<Id>) -> QueryResult<Option<Id>> {
    let chains = rows::table.select(rows::chain_id).order(rows::chain_id);
    match after {
        None => chains.first(conn).optional(),
        Some(after) => chains.filter(rows::chain_id.gt(after)).first(conn).optional(),
    }
}

fn one(conn: &mut AnyConnection, chain: Id, report: &mut Report) -> QueryResult<u64> {
    let (mut place, mut prev, mut count) = (0, GENESIS.to_owned(), 0);
    loop {
        let page = events::chain_of(conn, chain, place, PAGE)?;
        if page.is_empty() {
            return Ok(count);
        }
        for event in page {
            let here = || format!("chain {chain} place {}", event.chain_pos);
            if event.chain_pos != place + 1 {
                report.find(RULE, here(), format!("the events between {place} and this are missing"));
            } else if event.prev_hash != prev {
                report.find(RULE, here(), "it does not follow the event before it".to_owned());
            }
            if !event.is_sound() {
                report.find(RULE, here(), format!("`{}` does not carry the hash of its content", event.kind));
            }
            place = event.chain_pos;
            prev = event.hash;
            count += 1;
        }
    }
}

fn sealed(conn: &mut AnyConnection, report: &mut Report) -> QueryResult<()> {
    let heads = archives::table
        .filter(archives::chain_length.is_not_null())
        .select((archives::id, archives::project_id, archives::chain_length.assume_not_null(), archives::chain_head))
        .load::<(Id, Id, i64, Option<String>)>(conn)?;
    report.looked_at.push(("sealed archives", u64::try_from(heads.len()).unwrap_or_default()));
    for (archive, project, length, head) in heads {
        let event = rows::table.filter(rows::chain_id.eq(project)).filter(rows::chain_pos.eq(length));
        let hash = event.select(rows::hash).first::<String>(conn).optional()?;
        if hash != head {
            report.find(
                RULE,
                super::at("archives", archive),
                "the sealing event is not the one that was sealed".to_owned(),
            );
        }
    }
    Ok(())
}
