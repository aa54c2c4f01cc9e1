//! Who may hold a project: a leader or specialist of an active group that works in that part of its life.

use super::reassign::Position;
use crate::access::{Group, GroupKind, Result, Role, Tx, User, organisation};
use crate::http::Problem;

/// Whether people of these roles in a group of this kind may hold a project in this position.
pub(super) fn may_hold(role: Role, kind: GroupKind, position: Position) -> bool {
    match position {
        Position::Front => {
            matches!(role, Role::FrontLeader | Role::FrontSpecialist)
                && matches!(kind, GroupKind::Front | GroupKind::Both)
        }
        Position::Back => match kind {
            GroupKind::Back => matches!(role, Role::BackLeader | Role::BackSpecialist),
            GroupKind::Both => {
                matches!(role, Role::FrontLeader | Role::FrontSpecialist | Role::BackLeader | Role::BackSpecialist)
            }
            GroupKind::Front => false,
        },
    }
}

/// The group of a person who is to hold a project in this position, or 422 at this pointer.
pub(super) fn group_of_holder(tx: &mut Tx<'_>, user: &User, position: Position, pointer: &str) -> Result<Group> {
    let group = match user.group_id {
        Some(id) => Some(organisation::group(tx, id, pointer)?),
        None => None,
    };
    match group {
        Some(group) if group.active && may_hold(user.role, group.kind, position) => Ok(group),
        Some(_) | None => Err(match position {
            Position::Front => Problem::validation(
                pointer,
                "not_front_staff",
                "This person is no leader or specialist of an active front group.",
                "此人不是在用前段組的組長或專員。",
            ),
            Position::Back => Problem::validation(
                pointer,
                "not_back_staff",
                "This person is no leader or specialist of an active back group.",
                "此人不是在用後段組的組長或專員。",
            ),
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_position_has_its_own_people() {
        for (role, kind, front, back) in [
            (Role::FrontLeader, GroupKind::Front, true, false),
            (Role::FrontSpecialist, GroupKind::Both, true, true),
            (Role::BackSpecialist, GroupKind::Back, false, true),
            (Role::BackLeader, GroupKind::Both, false, true),
            (Role::Assistant, GroupKind::Both, false, false),
            (Role::Assistant, GroupKind::Front, false, false),
        ] {
            assert_eq!(
                (may_hold(role, kind, Position::Front), may_hold(role, kind, Position::Back)),
                (front, back),
                "{role} in {kind}"
            );
        }
    }
}
