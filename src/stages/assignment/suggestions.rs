//! Who could own a project: the system suggests, the manager decides.

use crate::access::{GroupKind, Result, Role, Tx};
use crate::db::Id;
use crate::db::schema::{clients, groups, projects, users};
use crate::http::Ref;
use crate::workflow::{self, Stage};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A front specialist with the work in hand.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnerSuggestion {
    /// The person.
    pub user_id: Id,
    /// The name as people say it.
    #[schema(example = "Chen Li")]
    pub display_name: String,
    /// The group.
    pub group_id: Id,
    /// Its key.
    #[schema(example = "A")]
    pub group_key: String,
    /// Open projects held as front owner.
    #[schema(example = 3)]
    pub open_projects: i64,
    /// Those of them that stand on site: installation, adjustment, acceptance.
    #[schema(example = 1)]
    pub on_site_projects: i64,
    /// The clients' budgets of the open projects together, in fen.
    #[schema(example = 320_000_000)]
    pub open_budget_amount: i64,
    /// Clients looked after.
    #[schema(example = 9)]
    pub clients: i64,
}

const FRONT_OFFICE: [Stage; 6] =
    [Stage::Intake, Stage::Assignment, Stage::Bidding, Stage::Installation, Stage::Adjustment, Stage::Acceptance];
const ON_SITE: [Stage; 3] = [Stage::Installation, Stage::Adjustment, Stage::Acceptance];

/// The specialists of every active front group, least load first: fewer open projects, then fewer clients, then smaller budgets.
pub fn suggest(tx: &mut Tx<'_>, r: &Ref) -> Result<Vec<OwnerSuggestion>> {
    workflow::find(tx, r)?;
    let people = users::table
        .inner_join(groups::table)
        .filter(users::role.eq(Role::FrontSpecialist))
        .filter(users::active.eq(true))
        .filter(groups::active.eq(true))
        .filter(groups::kind.ne(GroupKind::Back))
        .order(users::id)
        .select((users::id, users::display_name, groups::id, groups::key))
        .load::<(Id, String, Id, String)>(tx.conn)?;
    let ids: Vec<Id> = people.iter().map(|(id, ..)| *id).collect();
    let open = projects::table
        .filter(projects::front_owner_id.eq_any(ids.clone()))
        .filter(projects::back_owner_id.is_null())
        .filter(projects::stage.eq_any(FRONT_OFFICE))
        .select((projects::front_owner_id, projects::stage, projects::budget_amount))
        .load::<(Option<Id>, Stage, Option<i64>)>(tx.conn)?;
    let owned = clients::table
        .filter(clients::owner_id.eq_any(ids))
        .filter(clients::voided_at.is_null())
        .select(clients::owner_id)
        .load::<Option<Id>>(tx.conn)?;
    let mut clients_of: BTreeMap<Option<Id>, i64> = BTreeMap::new();
    for owner in owned {
        *clients_of.entry(owner).or_default() += 1;
    }
    let mut out: Vec<OwnerSuggestion> = people
        .into_iter()
        .map(|(user_id, display_name, group_id, group_key)| {
            let held = || open.iter().filter(|(owner, ..)| *owner == Some(user_id));
            OwnerSuggestion {
                user_id,
                display_name,
                group_id,
                group_key,
                open_projects: held().map(|_| 1).sum(),
                on_site_projects: held().filter(|(_, stage, _)| ON_SITE.contains(stage)).map(|_| 1).sum(),
                open_budget_amount: held().filter_map(|(.., budget)| *budget).fold(0, i64::saturating_add),
                clients: clients_of.get(&Some(user_id)).copied().unwrap_or_default(),
            }
        })
        .collect();
    out.sort_by_key(|s| (s.open_projects, s.clients, s.open_budget_amount));
    Ok(out)
}
