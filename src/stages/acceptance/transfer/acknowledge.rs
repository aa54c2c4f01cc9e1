//! The receiver's acknowledgement of an open instruction. The record belongs to the instructions; only this mark on it is made here.

use crate::access::{Result, Tx};
use crate::db::schema::instructions;
use crate::db::{At, Day, Id};
use crate::events::Subject;
use diesel::prelude::*;
use serde::Serialize;

/// An instruction as the acknowledgement sees it.
#[derive(Debug, Clone, Serialize, Queryable, Selectable)]
#[diesel(table_name = instructions)]
struct Acknowledged {
    id: Id,
    project_id: Id,
    version: i64,
    direction: String,
    what: String,
    place: Option<String>,
    by_whom: Option<String>,
    said_on: Option<Day>,
    cost_amount: Option<i64>,
    approved_by: Option<String>,
    state: String,
    outcome_note: Option<String>,
    settled_at: Option<At>,
    settled_by: Option<Id>,
    acknowledged_at: Option<At>,
    acknowledged_by: Option<Id>,
    created_at: At,
    created_by: Id,
    updated_at: At,
    voided_at: Option<At>,
    voided_by: Option<Id>,
    void_reason: Option<String>,
}

impl Subject for Acknowledged {
    const KIND: &'static str = "instruction";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        Some(self.project_id)
    }
}

/// Marks an instruction as acknowledged by the caller. Its project is locked.
pub fn acknowledge(tx: &mut Tx<'_>, id: Id) -> Result<()> {
    let mut row = instructions::table.filter(instructions::id.eq(id)).select(Acknowledged::as_select()).first(tx.conn)?;
    row.version += 1;
    row.updated_at = tx.now;
    (row.acknowledged_at, row.acknowledged_by) = (Some(tx.now), Some(tx.actor.id));
    let mark = (
        instructions::version.eq(row.version),
        instructions::updated_at.eq(row.updated_at),
        instructions::acknowledged_at.eq(row.acknowledged_at),
        instructions::acknowledged_by.eq(row.acknowledged_by),
    );
    diesel::update(instructions::table.filter(instructions::id.eq(id))).set(mark).execute(tx.conn)?;
    tx.record(&row, "instruction.acknowledged")
}
