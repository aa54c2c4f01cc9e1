//! Who could own a project: the system suggests, the manager decides.

use crate::access::{GroupKind, Result, Role, Tx};
use crate::db::schema::{clients, groups, projects, users};
use crate::db::{Id, total};
use crate::http::Ref;
use crate::workflow::{self, Stage};
use diesel::dsl::count_star;
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
    let open = projects::table
        .filter(projects::front_owner_id.is_not_null())
        .filter(projects::back_owner_id.is_null())
        .filter(projects::stage.eq_any(FRONT_OFFICE))
        .group_by((projects::front_owner_id, projects::stage))
        .select((
            projects::front_owner_id.assume_not_null(),
            projects::stage,
            count_star(),
            total(projects::budget_amount),
        ))
        .load::<(Id, Stage, i64, i64)>(tx.conn)?;
    let owned = clients::table
        .filter(clients::owner_id.is_not_null())
        .filter(clients::voided_at.is_null())
        .group_by(clients::owner_id)
        .select((clients::owner_id.assume_not_null(), count_star()))
        .load::<(Id, i64)>(tx.conn)?;
    let clients_of: BTreeMap<Id, i64> = owned.into_iter().collect();
    let mut held: BTreeMap<Id, Vec<(Stage, i64, i64)>> = BTreeMap::new();
    for (owner, stage, projects, budget) in open {
        held.entry(owner).or_default().push((stage, projects, budget));
    }
    let mut out: Vec<OwnerSuggestion> = people
        .into_iter()
        .map(|(user_id, display_name, group_id, group_key)| {
            let held = held.remove(&user_id).unwrap_or_default();
            let on_site = held.iter().filter(|(stage, ..)| ON_SITE.contains(stage));
            OwnerSuggestion {
                user_id,
                display_name,
                group_id,
                group_key,
                open_projects: held.iter().map(|(_, projects, _)| projects).sum(),
                on_site_projects: on_site.map(|(_, projects, _)| projects).sum(),
                open_budget_amount: held.iter().map(|(.., budget)| *budget).fold(0, i64::saturating_add),
                clients: clients_of.get(&user_id).copied().unwrap_or_default(),
            }
        })
        .collect();
    out.sort_by_key(|s| (s.open_projects, s.clients, s.open_budget_amount));
    Ok(out)
}
