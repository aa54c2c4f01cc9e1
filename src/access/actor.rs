//! The caller as the database knows them at this moment.

use crate::db::schema::{groups, refresh_tokens, users};
use crate::db::{AnyConnection, Id, on_each, text_enum};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

type Row = (Role, Option<Id>, Option<GroupKind>, Option<String>);

text_enum! {
    /// What a person is in the company.
    Role {
        /// 統籌主管.
        Manager = "manager",
        /// 前段組長.
        FrontLeader = "front_leader",
        /// 客管專員, account manager.
        FrontSpecialist = "front_specialist",
        /// 客服部組長.
        BackLeader = "back_leader",
        /// 客服專員.
        BackSpecialist = "back_specialist",
        /// 助理.
        Assistant = "assistant",
        /// 財務.
        Finance = "finance",
        /// 設計/工程/採購: a person of another department.
        Contributor = "contributor",
        /// 稽核.
        Auditor = "auditor",
        /// 系統管理員.
        Administrator = "administrator",
    }
}

text_enum! {
    /// Which part of a project's life a group works in.
    GroupKind {
        /// From the first call to the accepted transfer.
        Front = "front",
        /// From the accepted transfer to the archive.
        Back = "back",
        /// The whole life.
        Both = "both",
    }
}

/// The caller.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The person.
    pub id: Id,
    /// Their role.
    pub role: Role,
    /// Their group, where they have one.
    pub group_id: Option<Id>,
    /// That group's kind.
    pub group_kind: Option<GroupKind>,
    /// A contributor's department.
    pub department: Option<String>,
}

impl Actor {
    /// Reads the caller if they are active, their tokens still hold (`generation`) and this session was not ended.
    pub fn load(conn: &mut AnyConnection, id: Id, generation: i64, session: Id) -> QueryResult<Option<Self>> {
        let ended = exists(
            refresh_tokens::table
                .filter(refresh_tokens::family_id.eq(session))
                .filter(refresh_tokens::revoked_at.is_not_null()),
        );
        let row = users::table
            .left_join(groups::table)
            .filter(users::id.eq(id))
            .filter(users::active.eq(true))
            .filter(users::token_generation.eq(generation))
            .filter(not(ended))
            .select((users::role, users::group_id, groups::kind.nullable(), users::department));
        let row = on_each!(conn, c => row.first::<Row>(c)).optional()?;
        Ok(row.map(|row| Self::from_row(id, row)))
    }

    /// Reads a person for work that needs no token: the commands and the demo loader.
    pub fn by_id(conn: &mut AnyConnection, id: Id) -> QueryResult<Option<Self>> {
        Ok(Self::by_ids(conn, &[id])?.pop())
    }

    /// As [`by_id`](Self::by_id) for several people; who does not work here any more is left out.
    pub fn by_ids(conn: &mut AnyConnection, ids: &[Id]) -> QueryResult<Vec<Self>> {
        let rows = users::table
            .left_join(groups::table)
            .filter(users::id.eq_any(ids))
            .filter(users::active.eq(true))
            .select((users::id, (users::role, users::group_id, groups::kind.nullable(), users::department)))
            .load::<(Id, Row)>(conn)?;
        Ok(rows.into_iter().map(|(id, row)| Self::from_row(id, row)).collect())
    }

    fn from_row(id: Id, (role, group_id, group_kind, department): Row) -> Self {
        Self { id, role, group_id, group_kind, department }
    }

    /// Whether the caller works in a back group: settlement, balances, archive.
    pub fn is_back(&self) -> bool {
        let back = matches!(self.group_kind, Some(GroupKind::Back | GroupKind::Both));
        match self.role {
            Role::BackLeader | Role::BackSpecialist => true,
            Role::FrontLeader | Role::FrontSpecialist | Role::Assistant => back,
            Role::Manager | Role::Finance | Role::Contributor | Role::Auditor | Role::Administrator => false,
        }
    }

    /// Whether the caller may decide as a back leader or specialist (an assistant decides nothing).
    pub fn is_back_staff(&self) -> bool {
        self.is_back() && self.role != Role::Assistant
    }

    /// Whether the caller leads a group.
    pub fn leads(&self) -> bool {
        matches!(self.role, Role::FrontLeader | Role::BackLeader)
    }

    /// Whether the caller leads a back group.
    pub fn is_back_leader(&self) -> bool {
        self.role == Role::BackLeader || (self.role == Role::FrontLeader && self.group_kind == Some(GroupKind::Both))
    }

    /// Whether the caller sees every client and project.
    pub fn sees_everything(&self) -> bool {
        matches!(self.role, Role::Manager | Role::Finance | Role::Auditor | Role::Administrator)
    }
}
