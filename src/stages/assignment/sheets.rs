//! The assignment sheet (項目分派單): numbered, to every department involved; each acknowledges.

use crate::access::{ProjectsRead, Result, Role, Tx, organisation};
use crate::db::schema::{assignment_sheets, sheet_acknowledgements};
use crate::db::{At, Id};
use crate::http::{Problem, Ref};
use crate::project_record;
use crate::records::{Record, Stored, locked_standing, save_with};
use crate::workflow::{self, Act, Project, acts};
use diesel::dsl::auto_type;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

/// An assignment sheet.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = assignment_sheets, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct AssignmentSheet {
    /// The sheet.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Its number.
    #[schema(example = "AS-2026-0019")]
    pub number: String,
    /// What the departments should know.
    #[schema(example = "Concept by 10 February; site access 20 April")]
    pub note: Option<String>,
    /// When issued.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

/// A department on an assignment sheet.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = sheet_acknowledgements)]
pub struct SheetAcknowledgement {
    /// The department.
    #[schema(example = "design")]
    pub department: String,
    /// When it acknowledged.
    pub acknowledged_at: Option<At>,
    /// Who did.
    pub acknowledged_by: Option<Id>,
}

/// What is derived for an assignment sheet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SheetExtra {
    /// Every department on it.
    pub acknowledgements: Vec<SheetAcknowledgement>,
}

/// The sheets on which a department stands.
#[auto_type]
fn told(department: String) -> _ {
    assignment_sheets::id.eq_any(
        sheet_acknowledgements::table
            .filter(sheet_acknowledgements::department.eq(department))
            .select(sheet_acknowledgements::sheet_id),
    )
}

project_record!(AssignmentSheet, assignment_sheets, "assignment_sheet", number = number, told = told);

impl Record for AssignmentSheet {
    type Read = ProjectsRead;
    type Extra = SheetExtra;
    const PLURAL: &'static str = "assignment-sheets";
    const NAME: &'static str = "assignment sheet";
    const EVIDENCE: bool = true;

    fn acts() -> &'static [Act] {
        &[acts::ACKNOWLEDGE_SHEET]
    }

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().map(|row| row.id), acknowledgements)
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<SheetExtra> {
        Ok(SheetExtra { acknowledgements: tx.found(self.id, acknowledgements)? })
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        let answered = tx.found(self.id, acknowledgements)?.iter().any(|a| a.acknowledged_at.is_some());
        Ok(answered.then_some("a department acknowledged it"))
    }

    /// For a contributor: whether their own department still has to answer.
    fn standing(&self, tx: &mut Tx<'_>) -> Result<&'static str> {
        let all = tx.found(self.id, acknowledgements)?;
        let own = tx.actor.department.as_ref().filter(|_| tx.actor.role == Role::Contributor);
        let mut mine = all.iter().filter(|a| own.is_none_or(|own| *own == a.department));
        Ok(if mine.all(|a| a.acknowledged_at.is_some()) { "acknowledged" } else { "open" })
    }
}

fn acknowledgements(tx: &mut Tx<'_>, sheets: &[Id]) -> Result<Vec<(Id, SheetAcknowledgement)>> {
    let rows = sheet_acknowledgements::table
        .filter(sheet_acknowledgements::sheet_id.eq_any(sheets))
        .order(sheet_acknowledgements::department);
    Ok(rows.select((sheet_acknowledgements::sheet_id, SheetAcknowledgement::as_select())).load(tx.conn)?)
}

/// An assignment sheet to issue.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct IssueSheet {
    /// The departments involved, each once, by key.
    #[validate(length(min = 1, max = 20))]
    #[schema(example = json!(["design", "procurement", "engineering"]), min_items = 1, max_items = 20)]
    pub departments: Vec<String>,
    /// What they should know.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Concept by 10 February; site access 20 April", max_length = 4000)]
    pub note: Option<String>,
}

/// Issues an assignment sheet to departments, which see the project from now on.
pub fn issue_sheet(tx: &mut Tx<'_>, r: &Ref, new: &IssueSheet) -> Result<(Project, AssignmentSheet)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::ISSUE_SHEET, None, None)?;
    for (n, department) in new.departments.iter().enumerate() {
        let pointer = format!("/departments/{n}");
        organisation::department(tx, department, &pointer)?;
        if new.departments.iter().take(n).any(|before| before == department) {
            return Err(Problem::validation(pointer, "twice", "This department is named twice.", "此部門重複。").into());
        }
    }
    let record = AssignmentSheet {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        number: tx.number("AS")?,
        note: new.note.clone(),
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    record_on(tx, &record, &new.departments)?;
    Ok((project, record))
}

fn record_on(tx: &mut Tx<'_>, record: &AssignmentSheet, departments: &[String]) -> Result<()> {
    record.insert_row(tx)?;
    for department in departments {
        let row = (
            sheet_acknowledgements::sheet_id.eq(record.id),
            sheet_acknowledgements::department.eq(department.clone()),
            sheet_acknowledgements::project_id.eq(record.project_id),
        );
        diesel::insert_into(sheet_acknowledgements::table).values(row).execute(tx.conn)?;
        workflow::tell_department(tx, record.project_id, department)?;
    }
    tx.record_with(record, "assignment_sheet.issued", json!({ "departments": departments }))
}

/// Acknowledges a sheet for the caller's department. Several departments may do so at once: each changes only its own line.
pub fn acknowledge_sheet(tx: &mut Tx<'_>, r: &Ref) -> Result<(Project, AssignmentSheet)> {
    let (project, mut sheet) = locked_standing::<AssignmentSheet>(tx, r)?;
    acts::check_state(&project, &acts::ACKNOWLEDGE_SHEET, None)?;
    let own = tx.actor.department.clone().unwrap_or_default();
    let Some(line) = tx.found(sheet.id, acknowledgements)?.into_iter().find(|a| a.department == own) else {
        return Err(
            Problem::not_party("Your department does not stand on this sheet.", "您的部門不在此分派單上。").into()
        );
    };
    if line.acknowledged_at.is_some() {
        return Err(
            Problem::state("Your department has acknowledged this sheet already.", "您的部門已確認此分派單。").into()
        );
    }
    workflow::allow(tx, &project, &acts::ACKNOWLEDGE_SHEET, None, Some(&own))?;
    let row = sheet_acknowledgements::table
        .filter(sheet_acknowledgements::sheet_id.eq(sheet.id))
        .filter(sheet_acknowledgements::department.eq(own.clone()));
    diesel::update(row)
        .set((
            sheet_acknowledgements::acknowledged_at.eq(Some(tx.now)),
            sheet_acknowledgements::acknowledged_by.eq(Some(tx.actor.id)),
        ))
        .execute(tx.conn)?;
    save_with(tx, &mut sheet, "assignment_sheet.acknowledged", json!({ "department": own }))?;
    Ok((project, sheet))
}
