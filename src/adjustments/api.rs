//! Adjustment requests over HTTP: reading them. What is done with them belongs to the stage.

use super::store::{self, Adjustment, AdjustmentCause, AdjustmentState, Narrowed};
use crate::access::{Access, ProjectsRead, Result, Tx};
use crate::db::Id;
use crate::http::{Listed, OperationDraft, Page, PageOf, Query, Reply, Routes};
use crate::records::{self, Filter, Shown, after_id};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use validator::Validate;

/// Reading adjustment requests.
pub fn routes(r: &mut Routes) {
    r.tag("Adjustment", "Requests from the client, from design or from a failed inspection, in rounds, until the client has confirmed every one.");
    let about = "Contributors see those of their department.";
    r.get_with(
        "/v1/adjustments",
        list_adjustments,
        "List adjustments",
        &format!("Of every project in the caller's sight. {about}"),
        |op: &mut OperationDraft| {
            op.sorts(&["created_at"]).counts();
        },
    );
    records::routes_but_list::<Adjustment>(r, about);
}

/// What narrows the list of adjustment requests.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AdjustmentFilter {
    /// Only those in this state.
    #[param(inline)]
    pub state: Option<AdjustmentState>,
    /// Only those of this department.
    #[validate(length(min = 1, max = 60))]
    #[param(example = "procurement", min_length = 1, max_length = 60)]
    pub department: Option<String>,
    /// Only those with this cause.
    #[param(inline)]
    pub cause: Option<AdjustmentCause>,
    /// Only those that the client has not confirmed yet, or only the others.
    pub open: Option<bool>,
    /// Only those that this person made.
    pub created_by: Option<Id>,
    /// Voided ones too.
    pub include_voided: Option<bool>,
}

async fn list_adjustments(
    access: Access<ProjectsRead>,
    query: Query<AdjustmentFilter>,
    page: Page,
) -> Listed<Shown<Adjustment>> {
    access.list(move |tx| listed(tx, &query, &page)).await
}

fn listed(tx: &mut Tx<'_>, query: &AdjustmentFilter, page: &Page) -> Result<Reply<PageOf<Shown<Adjustment>>>> {
    let sort = page.sort(&["created_at"])?;
    let by = Narrowed { department: query.department.clone(), cause: query.cause, open: query.open };
    let mut filter = Filter {
        project: None,
        state: query.state.map(|state| state.as_str().to_owned()),
        created_by: query.created_by,
        include_voided: query.include_voided.unwrap_or(false),
        after: after_id(page)?,
        descending: sort.descending,
        limit: page.fetch(),
    };
    let rows = store::page(tx, &filter, &by)?;
    filter.after = None;
    let total = if page.wants_total() { Some(store::count(tx, &filter, &by)?) } else { None };
    let (rows, next) = page.cut(rows, |row| vec![json!(row.id)]);
    Ok(Reply::list(records::show_all(tx, &rows)?, next, total)?)
}
