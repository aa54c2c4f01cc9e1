//! Who may read which document: sight of the project or client first, then the document's level.

use super::store::Confidentiality;
use crate::access::{Actor, Role, Sight, own_in_sight};
use crate::clients;
use crate::db::schema::{clients as clients_table, documents, projects};
use crate::db::{Id, MultiBackend, among};
use crate::seen_row_by_row;
use diesel::dsl::auto_type;
use diesel::prelude::*;

/// The projects for which this person is accountable; the recorder of an inquiry acts as its owner until one is assigned.
#[auto_type]
fn answered_for(person: Id) -> _ {
    let recorded = projects::front_owner_id.is_null().and(projects::recorded_by.eq(person));
    let front = projects::front_owner_id.eq(person).or(recorded);
    projects::table
        .filter(projects::back_owner_id.eq(person).or(projects::back_owner_id.is_null().and(front)))
        .select(projects::id)
}

/// The levels that a role opens for everything in its sight; the accountable owner opens all.
fn levels(actor: &Actor) -> Vec<Confidentiality> {
    let leader = actor.leads();
    if actor.sees_everything() {
        Confidentiality::ALL.to_vec()
    } else if leader || actor.is_back_staff() {
        vec![Confidentiality::Normal, Confidentiality::Confidential]
    } else {
        vec![Confidentiality::Normal]
    }
}

/// Categories that say what a project is worth and owes.
const MONEY_PAPERS: [&str; 7] = [
    "contract_scan",
    "quotation",
    "final_account",
    "termination_agreement",
    "award_letter",
    "letter_of_intent",
    "invoice",
];

/// The documents that this caller may read.
pub fn readable(actor: &Actor) -> documents::BoxedQuery<'static, MultiBackend> {
    let query = documents::table.into_boxed();
    let query = match Sight::of(actor) {
        Sight::Everything => query,
        Sight::Most => {
            let of_project = seen_row_by_row!(documents::project_id.assume_not_null(), actor);
            let of_client = documents::project_id.is_null().and(documents::client_id.is_not_null());
            query.filter(documents::project_id.is_not_null().and(of_project).or(of_client))
        }
        // From the caller's own projects and clients to their documents.
        Sight::Own => {
            let seen = diesel::alias!(documents as seen_documents);
            let (id, project, client) = seen.fields((documents::id, documents::project_id, documents::client_id));
            let of_projects = seen
                .filter(project.is_not_null())
                .filter(project.assume_not_null().eq_any(own_in_sight(actor)))
                .select(id);
            let of_clients = seen
                .filter(project.is_null())
                .filter(client.is_not_null())
                .filter(client.assume_not_null().eq_any(clients::own_ids(actor)))
                .select(id);
            match actor.role {
                Role::Contributor => query.filter(among(documents::id, of_projects)),
                _ => query.filter(among(documents::id, of_projects.union(of_clients))),
            }
        }
    };
    let levels = levels(actor);
    if levels.len() == Confidentiality::ALL.len() {
        return query;
    }
    let own_project =
        documents::project_id.is_not_null().and(documents::project_id.assume_not_null().eq_any(answered_for(actor.id)));
    let own_clients = clients_table::table.filter(clients_table::owner_id.eq(actor.id)).select(clients_table::id);
    let own_client = documents::client_id.is_not_null().and(documents::client_id.assume_not_null().eq_any(own_clients));
    let by_level = documents::confidentiality.eq_any(levels);
    if actor.role == Role::Contributor {
        // They do not see what a project is worth and owes, so not the papers that say it, but for their own.
        let of_the_work = documents::category.ne_all(MONEY_PAPERS.to_vec());
        return query.filter(by_level).filter(of_the_work.or(documents::created_by.eq(actor.id)));
    }
    if actor.role == Role::Assistant {
        return query.filter(by_level);
    }
    query.filter(by_level.or(own_project).or(own_client))
}
