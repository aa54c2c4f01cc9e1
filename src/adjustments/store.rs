//! The rows of adjustment requests.

use super::actions::AdjustmentFacts;
use crate::access::{ProjectsRead, Result, Tx};
use crate::db::{At, Day, Id, schema::adjustments, text_enum};
use crate::project_record;
use crate::records::{Filter, Record};
use crate::workflow::{Act, Project, acts};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

text_enum! {
    /// Why an adjustment is needed.
    AdjustmentCause {
        /// The design.
        Design = "design",
        /// The workmanship or the goods.
        Quality = "quality",
        /// Something was damaged.
        Damage = "damage",
        /// The client changed their mind.
        ClientChange = "client_change",
        /// Something was forgotten.
        Omission = "omission",
    }
}

text_enum! {
    /// Who asked for an adjustment.
    #[derive(Default)]
    AdjustmentSource {
        /// The client.
        #[default]
        Client = "client",
        /// Our design department.
        Design = "design",
        /// A failed inspection item: a snag.
        Inspection = "inspection",
    }
}

text_enum! {
    /// Who bears the cost of an adjustment.
    #[derive(Default)]
    BorneBy {
        /// We do.
        #[default]
        Company = "company",
        /// The client does, against a signed variation order.
        Client = "client",
    }
}

text_enum! {
    /// Where an adjustment request stands. All but `confirmed` count as open.
    AdjustmentState {
        /// Asked for, or refused by the client.
        Open = "open",
        /// It has a day.
        Planned = "planned",
        /// The department reported it as done.
        Done = "done",
        /// The client confirmed it.
        Confirmed = "confirmed",
    }
}

/// An adjustment request.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = adjustments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Adjustment {
    /// The request.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The round it is worked in: 1 from the first entry into adjustment.
    #[schema(example = 1)]
    pub round: i64,
    /// Which room or place.
    #[schema(example = "T3-B tea room")]
    pub place: Option<String>,
    /// What is to be put right.
    #[schema(example = "Replace chandelier glass")]
    pub what: String,
    /// Why it is needed.
    pub cause: AdjustmentCause,
    /// Who asked for it.
    pub source: AdjustmentSource,
    /// The key of the department that does it.
    #[schema(example = "procurement")]
    pub department: String,
    /// When it is due.
    #[schema(example = "2026-05-24")]
    pub due_on: Option<Day>,
    /// What it costs, in fen.
    #[schema(example = 325_000)]
    pub cost_amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// Who bears it.
    pub borne_by: BorneBy,
    /// Where it stands.
    pub state: AdjustmentState,
    /// The day it is planned for.
    #[schema(example = "2026-05-20")]
    pub planned_on: Option<Day>,
    /// When it was reported as done.
    pub done_at: Option<At>,
    /// By whom.
    pub done_by: Option<Id>,
    /// When the client's confirmation was recorded.
    pub confirmed_at: Option<At>,
    /// By whom.
    pub confirmed_by: Option<Id>,
    /// The client's signed variation order.
    pub variation_order_id: Option<Id>,
    /// How often the client refused it.
    #[schema(example = 0)]
    pub refusals: i64,
    /// Why, the last time.
    #[schema(example = "Still too small by 40 cm")]
    pub last_refusal: Option<String>,
    /// The inspection that made it.
    pub inspection_id: Option<Id>,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

project_record!(Adjustment, adjustments, "adjustment", state = state, department = department);

/// What is derived of an adjustment request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AdjustmentExtra {
    /// Confirmed, borne by the client, with a variation order: it goes into the final account.
    #[schema(example = false)]
    pub billable: bool,
    /// Its due date is past and nobody reported it as done.
    #[schema(example = false)]
    pub overdue: bool,
}

impl Adjustment {
    /// Whether it goes into the final account: confirmed, borne by the client, with a variation order.
    pub fn is_billable(&self) -> bool {
        self.voided_at.is_none()
            && self.state == AdjustmentState::Confirmed
            && self.borne_by == BorneBy::Client
            && self.variation_order_id.is_some()
    }

    /// Whether its due date is past while nobody reported it as done.
    pub fn is_overdue(&self, today: Day) -> bool {
        let waiting = match self.state {
            AdjustmentState::Open | AdjustmentState::Planned => true,
            AdjustmentState::Done | AdjustmentState::Confirmed => false,
        };
        waiting && self.voided_at.is_none() && self.due_on.is_some_and(|due| due < today)
    }

    /// What it says.
    pub fn facts(&self) -> AdjustmentFacts {
        AdjustmentFacts {
            place: self.place.clone(),
            what: self.what.clone(),
            cause: self.cause,
            department: self.department.clone(),
            due_on: self.due_on,
            cost_amount: self.cost_amount,
            borne_by: self.borne_by,
        }
    }

    /// Makes it say something else.
    pub fn set_facts(&mut self, facts: AdjustmentFacts) {
        self.place = facts.place;
        self.what = facts.what;
        self.cause = facts.cause;
        self.department = facts.department;
        self.due_on = facts.due_on;
        self.cost_amount = facts.cost_amount;
        self.borne_by = facts.borne_by;
    }
}

impl Record for Adjustment {
    type Read = ProjectsRead;
    type Extra = AdjustmentExtra;
    const PLURAL: &'static str = "adjustments";
    const NAME: &'static str = "adjustment request";

    fn acts() -> &'static [Act] {
        const ACTS: &[Act] = &[
            acts::CHANGE_ADJUSTMENT,
            acts::PLAN_ADJUSTMENT,
            acts::COMPLETE_ADJUSTMENT,
            acts::CONFIRM_ADJUSTMENT,
            acts::REFUSE_ADJUSTMENT,
        ];
        ACTS
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<AdjustmentExtra> {
        Ok(AdjustmentExtra { billable: self.is_billable(), overdue: self.is_overdue(tx.today()?) })
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        if self.inspection_id.is_some() {
            return Ok(Some("a failed inspection made it; void the inspection instead"));
        }
        Ok(match self.state {
            AdjustmentState::Done | AdjustmentState::Confirmed => Some("its department reported it as done"),
            AdjustmentState::Open | AdjustmentState::Planned if self.refusals > 0 => Some("the client refused it once"),
            AdjustmentState::Open | AdjustmentState::Planned => None,
        })
    }
}

/// What narrows the list of adjustment requests beside [`Filter`].
#[derive(Debug, Clone, Default)]
pub struct Narrowed {
    /// Only those of this department.
    pub department: Option<String>,
    /// Only those with this cause.
    pub cause: Option<AdjustmentCause>,
    /// Only those that the client has not confirmed yet, or only the others.
    pub open: Option<bool>,
}

fn narrowed(tx: &Tx<'_>, filter: &Filter, by: &Narrowed) -> adjustments::BoxedQuery<'static, crate::db::MultiBackend> {
    let mut rows = Adjustment::wanted(tx, filter);
    if let Some(department) = &by.department {
        rows = rows.filter(adjustments::department.eq(department.clone()));
    }
    if let Some(cause) = by.cause {
        rows = rows.filter(adjustments::cause.eq(cause));
    }
    match by.open {
        Some(true) => rows.filter(adjustments::state.ne(AdjustmentState::Confirmed)),
        Some(false) => rows.filter(adjustments::state.eq(AdjustmentState::Confirmed)),
        None => rows,
    }
}

/// One page of the requests in the caller's sight.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, by: &Narrowed) -> QueryResult<Vec<Adjustment>> {
    let mut rows = narrowed(tx, filter, by).limit(filter.limit);
    if let Some(after) = filter.after {
        rows = if filter.descending {
            rows.filter(adjustments::id.lt(after))
        } else {
            rows.filter(adjustments::id.gt(after))
        };
    }
    let rows = if filter.descending { rows.order(adjustments::id.desc()) } else { rows.order(adjustments::id.asc()) };
    rows.select(Adjustment::as_select()).load(tx.conn)
}

/// How many there are.
pub fn count(tx: &mut Tx<'_>, filter: &Filter, by: &Narrowed) -> QueryResult<i64> {
    narrowed(tx, filter, by).count().get_result(tx.conn)
}

/// The requests that these failed inspections made.
pub fn of_inspections(tx: &mut Tx<'_>, inspections: &[Id]) -> Result<Vec<(Id, Adjustment)>> {
    let rows = adjustments::table
        .filter(adjustments::inspection_id.eq_any(inspections.iter().copied().map(Some)))
        .filter(adjustments::voided_at.is_null());
    let rows =
        rows.order(adjustments::id).select((adjustments::inspection_id.assume_not_null(), Adjustment::as_select()));
    Ok(rows.load(tx.conn)?)
}
