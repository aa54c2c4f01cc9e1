//! A project as it is answered: the row, who is accountable, who the client is.

use crate::access::{Result, Tx};
use crate::db::{Id, schema::clients, schema::users};
use crate::http::Reply;
use crate::workflow::{self, Project};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A person or client by id and name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Named {
    /// The id.
    pub id: Id,
    /// The name.
    #[schema(example = "Riverside Properties")]
    pub name: String,
}

/// A project.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProjectView {
    /// The project.
    #[serde(flatten)]
    pub project: Project,
    /// The one person answerable now: the owner, or the manager until one is assigned.
    pub accountable_id: Option<Id>,
    /// With `expand=client`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client: Option<Named>,
    /// The accountable person, with `expand=owner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub owner: Option<Named>,
}

/// Shows projects.
pub fn views(tx: &mut Tx<'_>, rows: Vec<Project>, expand: &[&str]) -> Result<Vec<ProjectView>> {
    let mut out = Vec::with_capacity(rows.len());
    let mut manager = None;
    for project in rows {
        let accountable_id = match project.back_owner_id.or(project.front_owner_id) {
            Some(id) => Some(id),
            None => match manager {
                Some(known) => known,
                None => *manager.insert(workflow::manager(tx)?),
            },
        };
        out.push(ProjectView { project, accountable_id, client: None, owner: None });
    }
    if expand.contains(&"client") {
        let ids: Vec<Id> = out.iter().map(|v| v.project.client_id).collect();
        let names: BTreeMap<Id, String> = clients::table
            .filter(clients::id.eq_any(ids))
            .select((clients::id, clients::name))
            .load(tx.conn)?
            .into_iter()
            .collect();
        for view in &mut out {
            view.client =
                names.get(&view.project.client_id).map(|name| Named { id: view.project.client_id, name: name.clone() });
        }
    }
    if expand.contains(&"owner") {
        let ids: Vec<Id> = out.iter().filter_map(|v| v.accountable_id).collect();
        let names: BTreeMap<Id, String> = users::table
            .filter(users::id.eq_any(ids))
            .select((users::id, users::display_name))
            .load(tx.conn)?
            .into_iter()
            .collect();
        for view in &mut out {
            view.owner = view.accountable_id.and_then(|id| names.get(&id).map(|name| Named { id, name: name.clone() }));
        }
    }
    Ok(out)
}

/// Shows one project.
pub fn view(tx: &mut Tx<'_>, project: &Project) -> Result<ProjectView> {
    let accountable_id = workflow::accountable(tx, project)?;
    Ok(ProjectView { project: project.clone(), accountable_id, client: None, owner: None })
}

/// The answer to an act that made a project.
pub fn created(tx: &mut Tx<'_>, project: &Project) -> Result<Reply<ProjectView, 201>> {
    let view = view(tx, project)?;
    Ok(Reply::created(&view, format!("/v1/projects/{}", project.id))?.version(project.version))
}
