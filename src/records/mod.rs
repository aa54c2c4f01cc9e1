//! What every record under a project shares: one list, one get, one history, one void, made from the record's own table. A stage adds only
//! what is its own: the acts. The macro [`project_record!`] writes the table's five plain queries; [`Record`] says how the API shows the record.

mod api;
mod as_of;
mod shown;
mod stored;
mod void;

pub use api::{
    EventView, RecordFilter, after_id, after_place, history_of, listed, routes, routes_but_list, routes_with,
    state_words,
};
pub use as_of::{AsOf, from_image, record_at};
pub use shown::{NoExtra, Shown, made, show, show_all};
pub use stored::{Filter, Stored, insert, insert_with, locked, locked_standing, refuse_voided, save, save_with, stale};
pub use void::Void;

use crate::access::{Permission, Result, Tx};
use crate::db::{At, Id};
use crate::http::Problem;
use crate::workflow::{Act, Project};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A record of a project as the API shows it.
pub trait Record: Stored + ToSchema {
    /// Who may read it at all.
    type Read: Permission;
    /// What is derived when it is shown.
    type Extra: Serialize + ToSchema;
    /// Its segment in paths, plural and kebab-case: `memos`.
    const PLURAL: &'static str;
    /// Its name in sentences: `memo`.
    const NAME: &'static str;
    /// Whether a step may have been taken on the strength of it: then it can be voided only until the next step.
    const EVIDENCE: bool = false;
    /// Whether it can be voided.
    const VOIDABLE: bool = true;
    /// Whether it is shown as it was at an earlier moment.
    const AS_OF: bool = false;

    /// The acts on it, for `available_actions`.
    fn acts() -> &'static [Act] {
        &[]
    }

    /// Reads for a page what [`Self::extra`], [`Self::standing`], [`Self::check`] and [`Self::held_by`] will ask of each of its rows (`Tx::read_ahead`).
    fn look_ahead(_tx: &mut Tx<'_>, _rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        Ok(())
    }

    /// What is derived.
    fn extra(&self, tx: &mut Tx<'_>, project: &Project) -> Result<Self::Extra>;

    /// The record as it was, and what was derived then; only where [`Self::AS_OF`] says so.
    fn past(&self, tx: &mut Tx<'_>, at: At) -> Result<(Self, Self::Extra)> {
        let _ = (tx, at);
        Err(Problem::not_found().into())
    }

    /// How it stands, for `available_actions`: its own state, unless that is derived from other rows or depends on who looks.
    fn standing(&self, _tx: &mut Tx<'_>) -> Result<&'static str> {
        Ok(self.state_name().unwrap_or("recorded"))
    }

    /// What an act on it checks beyond stage, state and party and before it reads its body. The act itself asks the same, so that
    /// `available_actions` and the act agree.
    fn check(&self, _tx: &mut Tx<'_>, _project: &Project, _act: &Act) -> Result<()> {
        Ok(())
    }

    /// What builds on it and so keeps it from being voided.
    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok(None)
    }

    /// What is locked before its project when it is voided: the client's row where that moves money.
    fn lock_first(&self, _tx: &mut Tx<'_>) -> Result<()> {
        Ok(())
    }

    /// What must be undone with it when it is voided.
    fn on_void(&self, _tx: &mut Tx<'_>, _project: &mut Project) -> Result<()> {
        Ok(())
    }
}

/// One page of a table by id, which is the order of recording (UUIDv7), and the cursor of the next. `wanted` is a boxed query that
/// narrows the table; its list sorts by `created_at`, or first by what is named last.
#[macro_export]
macro_rules! page_by_id {
    ($tx:expr, $page:expr, $table:ident, $row:ty, $wanted:expr) => {
        $crate::page_by_id!($tx, $page, $table, $row, $wanted, "created_at")
    };
    ($tx:expr, $page:expr, $table:ident, $row:ty, $wanted:expr, $sort:literal) => {{
        let sort = $page.sort(&[$sort])?;
        let rows = $wanted.limit($page.fetch());
        let rows = match (sort.descending, $crate::records::after_id($page)?) {
            (false, None) => rows.order($table::id.asc()),
            (false, Some(id)) => rows.filter($table::id.gt(id)).order($table::id.asc()),
            (true, None) => rows.order($table::id.desc()),
            (true, Some(id)) => rows.filter($table::id.lt(id)).order($table::id.desc()),
        };
        let rows = rows.select(<$row>::as_select()).load::<$row>($tx.conn)?;
        $page.cut(rows, |row| vec![::serde_json::json!(row.id)])
    }};
}

/// Where the API finds a record.
pub fn location<R: Record>(record: &R) -> String {
    format!("/v1/{}/{}", R::PLURAL, record.subject_id())
}
