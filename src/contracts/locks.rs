//! The order of locks where receivables may move: the client's row first, then the project's.

use crate::access::{Result, Tx};
use crate::clients;
use crate::db::Day;
use crate::http::{Problem, Ref};
use crate::records::{Stored, locked};
use crate::workflow::{self, Project};

/// Finds a record within the caller's sight, locks its client, then its project, and looks at the record again under both locks.
pub fn locked_with_client<R: Stored>(tx: &mut Tx<'_>, r: &Ref) -> Result<(Project, R)> {
    let found = R::find(tx, r)?.ok_or_else(Problem::not_found)?;
    let project = workflow::find(tx, &Ref::Id(found.project_id().0))?;
    clients::lock(tx, project.client_id)?;
    locked(tx, &Ref::Id(found.subject_id().0))
}

/// Refuses (422 at `pointer`) a date after the business date.
pub fn not_in_the_future(tx: &mut Tx<'_>, day: Day, pointer: &str) -> Result<()> {
    if day > tx.today()? {
        return Err(Problem::validation(pointer, "future", "It lies in the future.", "日期在將來。").into());
    }
    Ok(())
}
