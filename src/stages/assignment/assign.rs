//! The first assignment of a project.

use super::people::group_of_holder;
use super::reassign::Position;
use crate::access::{GroupKind, Result, Tx, organisation, people};
use crate::db::Id;
use crate::http::{IfMatch, Problem, Ref};
use crate::records::stale;
use crate::workflow::{self, Project, acts};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// Whom a project is assigned to.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The front group: active, of kind front or both.
    pub front_group_id: Id,
    /// The front owner: an active leader or specialist of that group.
    pub front_owner_id: Id,
}

/// Assigns front group and owner; once. Afterwards the project is reassigned.
pub fn assign(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &Assign) -> Result<Project> {
    let mut project = workflow::lock(tx, r)?;
    stale(tx, &project, if_match)?;
    acts::check_state(&project, &acts::ASSIGN, None)?;
    if project.front_owner_id.is_some() {
        return Err(Problem::state(
            "The project has an owner already: use `reassign`.",
            "項目已有負責人；請用「reassign」改派。",
        )
        .into());
    }
    workflow::allow(tx, &project, &acts::ASSIGN, None, None)?;
    let group = organisation::group(tx, new.front_group_id, "/front_group_id")?;
    if !group.active || group.kind == GroupKind::Back {
        return Err(Problem::validation(
            "/front_group_id",
            "not_front",
            "This is no active front group.",
            "這不是在用的前段組。",
        )
        .into());
    }
    let owner = people::active_user(tx, new.front_owner_id, "/front_owner_id")?;
    if owner.group_id != Some(group.id) {
        return Err(Problem::validation(
            "/front_owner_id",
            "other_group",
            "This person does not belong to that group.",
            "此人不屬於該組。",
        )
        .into());
    }
    group_of_holder(tx, &owner, Position::Front, "/front_owner_id")?;
    (project.front_group_id, project.front_owner_id) = (Some(group.id), Some(owner.id));
    workflow::save(tx, &mut project, "project.assigned", None)?;
    workflow::take_part(tx, project.id, owner.id)?;
    Ok(project)
}
