//! Projects over HTTP.

use super::actions::{self, ProjectFacts};
use super::view::{ProjectView, view, views};
use super::waivers::{self, Waive, Waiver};
use crate::access::{
    Access, ProjectsRead, ProjectsWrite, Result, Sight, Tx, WaiversGrant, own_in_sight, scope, visible,
};
use crate::db::schema::projects;
use crate::db::{At, Id, like_pattern, lower};
use crate::documents;
use crate::events;
use crate::http::{
    Answer, Body, CreatedAnswer, IfMatch, Listed, OperationDraft, Page, PageOf, Patch, Path, Query, Ref, Reply, Routes,
    page::wrong_cursor,
};
use crate::records::{self, AsOf, EventView, Shown, made, record_at};
use crate::workflow::{self, Project, Stage};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use validator::Validate;

/// Projects and waivers.
pub fn routes(r: &mut Routes) {
    r.tag("Projects", "One record from the first call on, with its facts, timeline and waivers.");
    r.get_with(
        "/v1/projects",
        list_projects,
        "List projects",
        "Those in the caller's sight. `q` searches numbers, names and addresses. Pages by `updated_at` follow what moves: a project that is changed meanwhile is met again or, latest first, not at all; by `created_at` each is met once.",
        |op: &mut OperationDraft| {
            op.sorts(&["created_at", "updated_at"]).counts().expands(&["client", "owner"]);
        },
    );
    r.get_with(
        "/v1/projects/{project}",
        get_project,
        "Get one project",
        "By id, project number or inquiry number, with the one person who is accountable now.",
        |_| {},
    );
    r.patch("/v1/projects/{project}", update_project, "Change the facts of a project", "By the accountable owner, that group's leader or the manager, while the project is open. Stage and owners change by acts.");
    r.get(
        "/v1/projects/{project}/timeline",
        list_project_timeline,
        "The timeline of a project",
        "Every event of the project and of all its records, oldest first: a hash chain.",
    );
    super::overview::routes(r);
    r.post("/v1/projects/{project}/waivers", waive, "Waive evidence", "By the manager, with a reason; whole, or one item of a checklist. It holds for the project's whole life. What the workflow does not mark as waivable is refused (409 `state`).");
    records::routes::<Waiver>(r);
}

/// What narrows the list of projects.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProjectFilter {
    /// Only in this stage.
    pub stage: Option<Stage>,
    /// Only of this client.
    pub client: Option<Id>,
    /// Only of this front group.
    pub front_group: Option<Id>,
    /// Only with this front owner.
    pub front_owner: Option<Id>,
    /// Only with this back owner.
    pub back_owner: Option<Id>,
    /// Part of a number, the name or the address.
    #[validate(length(min = 1, max = 100))]
    #[param(example = "river", min_length = 1, max_length = 100)]
    pub q: Option<String>,
}

type Rows = projects::BoxedQuery<'static, crate::db::MultiBackend>;

fn wanted(tx: &Tx<'_>, filter: &ProjectFilter) -> Rows {
    let mut rows = projects::table.into_boxed();
    rows = match Sight::of(&tx.actor) {
        Sight::Everything => rows,
        Sight::Most => rows.filter(visible(&tx.actor)),
        Sight::Own => rows.filter(projects::id.eq_any(own_in_sight(&tx.actor))),
    };
    if let Some(stage) = filter.stage {
        rows = rows.filter(projects::stage.eq(stage));
    }
    if let Some(client) = filter.client {
        rows = rows.filter(projects::client_id.eq(client));
    }
    if let Some(group) = filter.front_group {
        rows = rows.filter(projects::front_group_id.eq(group));
    }
    if let Some(owner) = filter.front_owner {
        rows = rows.filter(projects::front_owner_id.eq(owner));
    }
    if let Some(owner) = filter.back_owner {
        rows = rows.filter(projects::back_owner_id.eq(owner));
    }
    if let Some(q) = &filter.q {
        let pattern = like_pattern(q);
        let in_number = lower(projects::number.assume_not_null()).like(pattern.clone()).escape('\\');
        let in_inquiry = lower(projects::inquiry_number).like(pattern.clone()).escape('\\');
        rows = rows.filter(
            projects::search_text
                .like(pattern)
                .escape('\\')
                .or(in_inquiry)
                .or(projects::number.is_not_null().and(in_number)),
        );
    }
    rows
}

async fn list_projects(access: Access<ProjectsRead>, query: Query<ProjectFilter>, page: Page) -> Listed<ProjectView> {
    access.list(move |tx| listed(tx, &query, &page)).await
}

/// One page of the list.
pub fn listed(tx: &mut Tx<'_>, filter: &ProjectFilter, page: &Page) -> Result<Reply<PageOf<ProjectView>>> {
    let sort = page.sort(&["created_at", "updated_at"])?;
    let expand = page.expand(&["client", "owner"])?;
    let total = if page.wants_total() { Some(wanted(tx, filter).count().get_result::<i64>(tx.conn)?) } else { None };
    let mut rows = wanted(tx, filter).limit(page.fetch());
    let after = page.after()?;
    let rows = if sort.field == "updated_at" {
        if let Some((at, id)) = after.as_deref().map(updated_after).transpose()? {
            let same = projects::updated_at.eq(at);
            rows = if sort.descending {
                rows.filter(projects::updated_at.lt(at).or(same.and(projects::id.lt(id))))
            } else {
                rows.filter(projects::updated_at.gt(at).or(same.and(projects::id.gt(id))))
            };
        }
        if sort.descending {
            rows.order((projects::updated_at.desc(), projects::id.desc()))
        } else {
            rows.order((projects::updated_at, projects::id))
        }
    } else {
        if let Some(id) = records::after_id(page)? {
            rows = if sort.descending { rows.filter(projects::id.lt(id)) } else { rows.filter(projects::id.gt(id)) };
        }
        if sort.descending { rows.order(projects::id.desc()) } else { rows.order(projects::id.asc()) }
    };
    let rows = rows.select(Project::as_select()).load(tx.conn)?;
    let (rows, next) = page.cut(rows, |row| {
        if sort.field == "updated_at" { vec![json!(row.updated_at), json!(row.id)] } else { vec![json!(row.id)] }
    });
    Ok(Reply::list(views(tx, rows, &expand)?, next, total)?)
}

fn updated_after(values: &[Value]) -> Result<(At, Id)> {
    match values {
        [Value::String(at), Value::String(id)] => match (at.parse(), id.parse()) {
            (Ok(at), Ok(id)) => Ok((at, id)),
            _ => Err(wrong_cursor().into()),
        },
        _ => Err(wrong_cursor().into()),
    }
}

async fn get_project(access: Access<ProjectsRead>, project: Path<Ref>, when: Query<AsOf>) -> Answer<ProjectView> {
    access
        .read(move |tx| {
            let project = workflow::find(tx, &project)?;
            let Some(at) = when.instant(tx)? else {
                return Ok(Reply::ok(&view(tx, &project)?)?.version(project.version));
            };
            let then: Project = record_at(tx, project.id, at)?;
            Ok(Reply::ok(&view(tx, &then)?)?)
        })
        .await
}

async fn update_project(
    access: Access<ProjectsWrite>,
    project: Path<Ref>,
    if_match: IfMatch,
    body: Patch<ProjectFacts>,
) -> Answer<ProjectView> {
    access
        .write(move |tx| {
            let project = actions::update(tx, &project, &if_match, &body)?;
            Ok(Reply::ok(&view(tx, &project)?)?.version(project.version))
        })
        .await
}

async fn list_project_timeline(
    access: Access<crate::access::RecordsRead>,
    project: Path<Ref>,
    page: Page,
) -> Listed<EventView> {
    access
        .list(move |tx| {
            let project = workflow::find(tx, &project)?;
            let rows = events::chain_of(tx.conn, project.id, records::after_place(&page)?, page.fetch())?;
            let (rows, next) = page.cut(rows, |event| vec![json!(event.chain_pos)]);
            let rows = documents::told_to(tx, scope::told(tx, rows))?;
            Ok(Reply::list(rows.into_iter().map(EventView::from).collect(), next, None)?)
        })
        .await
}

async fn waive(access: Access<WaiversGrant>, project: Path<Ref>, body: Body<Waive>) -> CreatedAnswer<Shown<Waiver>> {
    access
        .write(move |tx| {
            let (project, record) = waivers::waive(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}
