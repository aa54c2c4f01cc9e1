//! One picture of a project: where it stands, who is answerable, and its figures. Read through the tables, so that it needs no stage above it.

use crate::access::{Access, MoneyRead, Permission, ProjectsRead, RecordsRead, Result, Tx, scope};
use crate::db::schema::{
    adjustments, contracts, final_accounts, instructions, quotations, receivables, schemes, transfers,
};
use crate::db::{Id, total};
use crate::http::{Answer, Path, Ref, Reply, Routes};
use crate::payments;
use crate::receivables::broken_promises;
use crate::workflow::{self, Project, Stage};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

/// The overview.
pub fn routes(r: &mut Routes) {
    r.get(
        "/v1/projects/{project}/overview",
        get_project_overview,
        "One picture of a project",
        "Stage, owners and every figure at once, in the project's currency where money is summed; one snapshot. An API key needs `projects.read` and `money.read` besides.",
    );
}

/// Adjustments in figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdjustmentFigures {
    /// All requests.
    #[schema(example = 7)]
    pub total: i64,
    /// Those that the client refused at least once.
    #[schema(example = 1)]
    pub refused_once: i64,
    /// Confirmed, borne by the client, with a variation order, in fen.
    #[schema(example = 325_000)]
    pub billable_amount: i64,
}

/// The latest quotation.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotationFigures {
    /// Its version.
    #[schema(example = 2)]
    pub revision: i64,
    /// Net after discount, in fen.
    #[schema(example = 121_361_469)]
    pub net_amount: i64,
    /// Tax, in fen.
    #[schema(example = 7_281_688)]
    pub tax_amount: i64,
    /// Both, in fen.
    #[schema(example = 128_643_157)]
    pub total_amount: i64,
}

/// A project's figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectOverview {
    /// The project.
    pub project_id: Id,
    /// Where it stands.
    pub stage: Stage,
    /// The front owner.
    pub front_owner_id: Option<Id>,
    /// The back owner.
    pub back_owner_id: Option<Id>,
    /// The one person answerable now.
    pub accountable_id: Option<Id>,
    /// ISO 4217: the currency of the amounts.
    #[schema(example = "CNY")]
    pub currency: String,
    /// The contract with its amendments, once signed, in fen.
    #[schema(example = 133_503_157)]
    pub contract_value_amount: Option<i64>,
    /// What the receivables come to, in fen.
    #[schema(example = 133_328_157)]
    pub receivables_total_amount: i64,
    /// All that is neither paid nor written off, pending included, in fen.
    #[schema(example = 23_277_947)]
    pub outstanding_amount: i64,
    /// The confirmed final account, in fen.
    #[schema(example = 133_328_157)]
    pub final_account_amount: Option<i64>,
    /// The client's unapplied money, in fen.
    #[schema(example = 0)]
    pub unapplied_amount: i64,
    /// Promises of payment that were broken.
    #[schema(example = 0)]
    pub broken_promises: i64,
    /// Adjustments.
    pub adjustments: AdjustmentFigures,
    /// Rounds of adjustment so far.
    #[schema(example = 2)]
    pub adjustment_round: i64,
    /// Requests that the client has not confirmed.
    #[schema(example = 0)]
    pub open_adjustments: i64,
    /// Client instructions and commitments that are open.
    #[schema(example = 1)]
    pub open_instructions: i64,
    /// How often the transfer was returned.
    #[schema(example = 1)]
    pub transfer_returns: i64,
    /// The version of the valid design scheme.
    #[schema(example = 3)]
    pub valid_scheme_revision: Option<i64>,
    /// The latest quotation.
    pub quotation: Option<QuotationFigures>,
}

async fn get_project_overview(access: Access<RecordsRead>, project: Path<Ref>) -> Answer<ProjectOverview> {
    access
        .snapshot(move |tx| {
            scope::given(tx, &[ProjectsRead::NAME, MoneyRead::NAME])?;
            let project = workflow::find(tx, &project)?;
            Ok(Reply::ok(&overview(tx, &project)?)?)
        })
        .await
}

/// The figures of a project.
pub fn overview(tx: &mut Tx<'_>, project: &Project) -> Result<ProjectOverview> {
    let (contract_value_amount, final_account_amount) = worth(tx, project)?;
    let claims = receivables::table
        .filter(receivables::project_id.eq(project.id))
        .filter(receivables::currency.eq(project.currency.clone()));
    let receivables_total_amount = claims.clone().select(total(receivables::amount)).get_result::<i64>(tx.conn)?;
    let outstanding = total(receivables::amount - receivables::paid_amount - receivables::written_off_amount);
    let outstanding_amount = claims.select(outstanding).get_result::<i64>(tx.conn)?;
    let (adjustments, open_adjustments) = adjustment_figures(tx, project)?;
    Ok(ProjectOverview {
        project_id: project.id,
        stage: project.stage,
        front_owner_id: project.front_owner_id,
        back_owner_id: project.back_owner_id,
        accountable_id: workflow::accountable(tx, project)?,
        currency: project.currency.clone(),
        contract_value_amount,
        receivables_total_amount,
        outstanding_amount,
        final_account_amount,
        unapplied_amount: payments::unapplied_of(tx, project.client_id, &project.currency)?,
        broken_promises: broken_promises(tx, project.id)?,
        adjustments,
        adjustment_round: project.adjustment_round,
        open_adjustments,
        open_instructions: instructions::table
            .filter(instructions::project_id.eq(project.id))
            .filter(instructions::voided_at.is_null())
            .filter(instructions::state.eq("open"))
            .count()
            .get_result(tx.conn)?,
        transfer_returns: transfers::table
            .filter(transfers::project_id.eq(project.id))
            .filter(transfers::voided_at.is_null())
            .filter(transfers::state.eq("returned"))
            .count()
            .get_result(tx.conn)?,
        valid_scheme_revision: schemes::table
            .filter(schemes::project_id.eq(project.id))
            .filter(schemes::voided_at.is_null())
            .filter(schemes::kind.eq("scheme"))
            .filter(schemes::state.eq("valid"))
            .select(diesel::dsl::max(schemes::revision))
            .get_result(tx.conn)?,
        quotation: latest_quotation(tx, project)?,
    })
}

/// The value of the signed contracts and of the confirmed final accounts; none until there is one.
fn worth(tx: &mut Tx<'_>, project: &Project) -> Result<(Option<i64>, Option<i64>)> {
    let signed = contracts::table
        .filter(contracts::project_id.eq(project.id))
        .filter(contracts::voided_at.is_null())
        .filter(contracts::state.eq("signed"))
        .filter(contracts::currency.eq(project.currency.clone()))
        .select(contracts::current_amount)
        .load::<i64>(tx.conn)?;
    let confirmed = final_accounts::table
        .filter(final_accounts::project_id.eq(project.id))
        .filter(final_accounts::voided_at.is_null())
        .filter(final_accounts::state.eq("confirmed"))
        .filter(final_accounts::currency.eq(project.currency.clone()))
        .select((final_accounts::audited_amount, final_accounts::total_amount))
        .load::<(Option<i64>, i64)>(tx.conn)?;
    // What the client's audit made of it is what was agreed.
    let confirmed: Vec<i64> = confirmed.into_iter().map(|(audited, total)| audited.unwrap_or(total)).collect();
    let sum = |amounts: Vec<i64>| if amounts.is_empty() { None } else { Some(amounts.into_iter().sum()) };
    Ok((sum(signed), sum(confirmed)))
}

fn adjustment_figures(tx: &mut Tx<'_>, project: &Project) -> Result<(AdjustmentFigures, i64)> {
    let all =
        || adjustments::table.filter(adjustments::project_id.eq(project.id)).filter(adjustments::voided_at.is_null());
    let count = all().count().get_result::<i64>(tx.conn)?;
    let refused_once = all().filter(adjustments::refusals.gt(0)).count().get_result::<i64>(tx.conn)?;
    let open = all().filter(adjustments::state.ne("confirmed")).count().get_result::<i64>(tx.conn)?;
    let billable_amount = all()
        .filter(adjustments::state.eq("confirmed"))
        .filter(adjustments::borne_by.eq("client"))
        .filter(adjustments::variation_order_id.is_not_null())
        .select(total(adjustments::cost_amount))
        .get_result::<i64>(tx.conn)?;
    Ok((AdjustmentFigures { total: count, refused_once, billable_amount }, open))
}

fn latest_quotation(tx: &mut Tx<'_>, project: &Project) -> Result<Option<QuotationFigures>> {
    let row = quotations::table
        .filter(quotations::project_id.eq(project.id))
        .filter(quotations::voided_at.is_null())
        .order((quotations::revision.desc(), quotations::id.desc()))
        .select((quotations::revision, quotations::net_amount, quotations::tax_amount, quotations::total_amount))
        .first::<(i64, i64, i64, i64)>(tx.conn)
        .optional()?;
    Ok(row.map(|(revision, net_amount, tax_amount, total_amount)| QuotationFigures {
        revision,
        net_amount,
        tax_amount,
        total_amount,
    }))
}
