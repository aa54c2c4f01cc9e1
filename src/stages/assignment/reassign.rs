//! Reassigning a project: with a reason, every open task moves along, and the receiver acknowledges the open instructions.

use super::people::group_of_holder;
use super::tasks::move_along;
use crate::access::{RecordsRead, Result, Role, Tx, people};
use crate::db::{At, Id, Json, schema::reassignments, text_enum};
use crate::http::{IfMatch, Problem, Ref};
use crate::instructions::{self, OpenInstruction};
use crate::project_record;
use crate::records::{NoExtra, Record, insert, locked, save, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// Which ownership changed hands.
    Position {
        /// The front owner's (in intake the recorder's, who acts as the owner).
        Front = "front",
        /// The back owner's.
        Back = "back",
    }
}

/// A project changed hands.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = reassignments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Reassignment {
    /// The reassignment.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Which ownership changed hands.
    pub position: Position,
    /// Who held it.
    #[diesel(select_expression = reassignments::from_user_id.assume_not_null())]
    pub from_user_id: Id,
    /// Who holds it now.
    pub to_user_id: Id,
    /// Why.
    #[schema(example = "Chen Li is on leave until May")]
    pub reason: String,
    /// The instructions that were open at that moment.
    #[schema(value_type = Vec<OpenInstruction>)]
    pub open_instructions: Json<Vec<OpenInstruction>>,
    /// When the receiver acknowledged them.
    pub acknowledged_at: Option<At>,
    /// When recorded.
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

project_record!(Reassignment, reassignments, "reassignment");

impl Record for Reassignment {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "reassignments";
    const NAME: &'static str = "reassignment";
    const VOIDABLE: bool = false;

    fn acts() -> &'static [Act] {
        &[acts::ACKNOWLEDGE_REASSIGNMENT]
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn standing(&self, _tx: &mut Tx<'_>) -> Result<&'static str> {
        Ok(self.reads())
    }
}

impl Reassignment {
    fn reads(&self) -> &'static str {
        if self.acknowledged_at.is_some() { "acknowledged" } else { "open" }
    }
}

/// Whom a project goes to, and why.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Reassign {
    /// The new owner.
    pub to: Id,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Chen Li is on leave until May", min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Gives a project to another owner: the front owner while the front is accountable, the back owner from settlement on. A leader chooses among their
/// own group; the manager may move it across groups.
pub fn reassign(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &Reassign) -> Result<Project> {
    let mut project = workflow::lock(tx, r)?;
    stale(tx, &project, if_match)?;
    acts::check_state(&project, &acts::REASSIGN, None)?;
    let (position, from) = match (project.back_owner_id, project.front_owner_id) {
        (Some(owner), _) => (Position::Back, owner),
        (None, Some(owner)) => (Position::Front, owner),
        (None, None) => {
            return Err(Problem::state(
                "Nobody owns the project yet: use `assign`.",
                "項目尚無負責人；請用「assign」分配。",
            )
            .into());
        }
    };
    workflow::allow(tx, &project, &acts::REASSIGN, None, None)?;
    let to = people::active_user(tx, body.to, "/to")?;
    if tx.actor.role != Role::Manager && to.group_id != tx.actor.group_id {
        return Err(Problem::not_party(
            "A leader reassigns inside the own group; across groups it is the manager's to do.",
            "組長只可在本組內改派；跨組由主管辦理。",
        )
        .into());
    }
    if to.id == from {
        return Err(Problem::validation(
            "/to",
            "same",
            "This person owns the project already.",
            "此人已是項目負責人。",
        )
        .into());
    }
    let group = group_of_holder(tx, &to, position, "/to")?;
    hand_over(tx, &mut project, position, from, to.id, group.id, &body.reason)?;
    Ok(project)
}

/// Writes a change of owner: the project, the list of open instructions, the tasks.
pub(super) fn hand_over(
    tx: &mut Tx<'_>,
    project: &mut Project,
    position: Position,
    from: Id,
    to: Id,
    group: Id,
    reason: &str,
) -> Result<()> {
    match position {
        Position::Front => (project.front_owner_id, project.front_group_id) = (Some(to), Some(group)),
        Position::Back => project.back_owner_id = Some(to),
    }
    write(tx, project, position, from, to, reason)
}

/// As [`hand_over`] for a project that nobody owns yet: whoever recorded it acts as its owner.
pub(super) fn hand_over_inquiry(tx: &mut Tx<'_>, project: &mut Project, to: Id, reason: &str) -> Result<()> {
    let from = project.recorded_by;
    project.recorded_by = to;
    write(tx, project, Position::Front, from, to, reason)
}

fn write(tx: &mut Tx<'_>, project: &mut Project, position: Position, from: Id, to: Id, reason: &str) -> Result<()> {
    let record = Reassignment {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        position,
        from_user_id: from,
        to_user_id: to,
        reason: reason.to_owned(),
        open_instructions: Json(instructions::open_on(tx, project.id)?),
        acknowledged_at: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    workflow::save(
        tx,
        project,
        "project.reassigned",
        Some(json!({ "reason": reason, "from": from, "to": to, "reassignment_id": record.id })),
    )?;
    insert(tx, &record, "reassignment.recorded")?;
    move_along(tx, project, from, to)?;
    workflow::take_part(tx, project.id, to)
}

/// The receiver acknowledges what was handed over, and with it the instructions listed that are still open.
pub fn acknowledge(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<(Project, Reassignment)> {
    let (project, mut record) = locked::<Reassignment>(tx, r)?;
    stale(tx, &record, if_match)?;
    acts::check_state(&project, &acts::ACKNOWLEDGE_REASSIGNMENT, Some(record.reads()))?;
    if record.to_user_id != tx.actor.id {
        return Err(Problem::not_party(
            "Only the receiver acknowledges what was handed over.",
            "只有接收人可以確認接收。",
        )
        .into());
    }
    record.acknowledged_at = Some(tx.now);
    let listed: Vec<Id> = record.open_instructions.iter().map(|i| i.id).collect();
    save(tx, &mut record, "reassignment.acknowledged")?;
    instructions::acknowledge(tx, project.id, &listed)?;
    Ok((project, record))
}
