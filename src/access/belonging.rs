//! Who belongs where: roles, groups and departments that fit each other.

use super::organisation::{department, group};
use super::{GroupKind, Result, Role, Tx};
use crate::db::schema::users;
use crate::db::{Id, take_turn};
use crate::http::Problem;
use diesel::prelude::*;

/// The last administrator can neither leave nor change role.
pub(super) fn keep_an_administrator(tx: &mut Tx<'_>, leaving: Id) -> Result<()> {
    // Two who leave at the same moment would each count the other.
    take_turn(tx.conn, "administrators")?;
    let others = users::table
        .filter(users::role.eq(Role::Administrator))
        .filter(users::active.eq(true))
        .filter(users::id.ne(leaving))
        .count()
        .get_result::<i64>(tx.conn)?;
    if others > 0 {
        return Ok(());
    }
    Err(Problem::state(
        "This is the last administrator: make another one first.",
        "這是最後一位系統管理員；請先新增另一位。",
    )
    .into())
}

/// A leader, specialist or assistant belongs to a group of a fitting kind, a contributor to a department, the others to neither.
pub(super) fn belongs(tx: &mut Tx<'_>, role: Role, group_id: Option<Id>, department_key: Option<&str>) -> Result<()> {
    let kinds: &[GroupKind] = match role {
        Role::FrontLeader | Role::FrontSpecialist => &[GroupKind::Front, GroupKind::Both],
        Role::BackLeader | Role::BackSpecialist => &[GroupKind::Back, GroupKind::Both],
        Role::Assistant => GroupKind::ALL,
        Role::Manager | Role::Finance | Role::Contributor | Role::Auditor | Role::Administrator => &[],
    };
    match (kinds.is_empty(), group_id) {
        (true, Some(_)) => {
            return Err(Problem::validation(
                "/group_id",
                "not_allowed",
                "This role belongs to no group.",
                "此角色不屬於任何組。",
            )
            .into());
        }
        (false, None) => {
            return Err(Problem::validation(
                "/group_id",
                "required",
                "This role belongs to a group: name it.",
                "此角色屬於某個組，請填寫。",
            )
            .into());
        }
        (false, Some(id)) => {
            let found = group(tx, id, "/group_id")?;
            if !kinds.contains(&found.kind) {
                return Err(Problem::validation(
                    "/group_id",
                    "kind",
                    "This role does not fit the group's kind.",
                    "此角色與該組類別不符。",
                )
                .into());
            }
        }
        (true, None) => {}
    }
    match (role == Role::Contributor, department_key) {
        (true, None) => Err(Problem::validation(
            "/department",
            "required",
            "A contributor belongs to a department: name it.",
            "協作人員屬於某個部門，請填寫。",
        )
        .into()),
        (true, Some(key)) => department(tx, key, "/department"),
        (false, Some(_)) => Err(Problem::validation(
            "/department",
            "not_allowed",
            "Only contributors belong to a department.",
            "只有協作人員屬於部門。",
        )
        .into()),
        (false, None) => Ok(()),
    }
}
