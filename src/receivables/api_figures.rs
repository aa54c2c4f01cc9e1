//! Ageing, outstanding, balance and statement of account over HTTP; each on any day, each one snapshot.

use super::ageing::{Aged, aged};
use super::figures::{Balance, Whose, balances, standing};
use super::past;
use super::promises::broken_promises;
use super::statement::{Account, accounts};
use crate::access::{Access, MoneyRead, Result, Tx};
use crate::clients;
use crate::db::{At, Day, Id};
use crate::http::{Answer, Path, Problem, Query, Ref, Reply, Routes};
use crate::records::AsOf;
use crate::workflow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// An account is one picture of its client.
const WHOLE: &str = "The account is the whole client's: whoever sees the client sees all of it, also what stems from projects out of their sight.";

/// The figures.
pub(super) fn routes(r: &mut Routes) {
    let any_day = "On any day: amounts and due dates as they were known at its end, payments from the day they were paid on, a reversed one until the day before its reversal.";
    r.get(
        "/v1/clients/{client}/ageing",
        get_client_ageing,
        "The ageing of a client",
        &format!(
            "What is outstanding by days past due; what waits for its trigger stands in no band. {WHOLE} {any_day}"
        ),
    );
    r.get("/v1/clients/{client}/balance", get_client_balance, "The balance of a client", &format!("Outstanding, confirmed, allocated, unapplied and refunded per currency; confirmed = allocated + unapplied + refunded. {WHOLE} {any_day}"));
    r.get("/v1/clients/{client}/statement", get_client_statement, "The statement of account of a client", &format!("Everything that moved the account between two days, with opening, running and closing balance per currency. Above zero is owed to us, below zero is the client's. {WHOLE}"));
    r.get(
        "/v1/projects/{project}/outstanding",
        get_project_outstanding,
        "What is outstanding on a project",
        &format!("By age, with the promises that were broken. {any_day}"),
    );
}

/// On which day.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OnDay {
    /// The day; the business date unless said.
    #[param(example = "2026-08-15")]
    pub on: Option<Day>,
}

/// Between which days.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Between {
    /// The first day; 1 January of the last day's year unless said.
    #[param(example = "2026-01-01")]
    pub from: Option<Day>,
    /// The last day; the business date unless said.
    #[param(example = "2026-12-31")]
    pub until: Option<Day>,
}

/// What a client owes, by age.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientAgeing {
    /// The client.
    pub client_id: Id,
    /// The day.
    #[schema(example = "2026-08-15")]
    pub as_of: Day,
    /// Per currency; empty where nothing ever arose.
    pub currencies: Vec<Aged>,
}

/// Where a client stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientBalance {
    /// The client.
    pub client_id: Id,
    /// The day.
    #[schema(example = "2026-08-15")]
    pub as_of: Day,
    /// Per currency; empty where nothing ever arose.
    pub currencies: Vec<Balance>,
}

/// A statement of account.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientStatement {
    /// The client.
    pub client_id: Id,
    /// The client's name.
    #[schema(example = "Riverside Properties Ltd")]
    pub client_name: String,
    /// The first day.
    #[schema(example = "2026-01-01")]
    pub from: Day,
    /// The last day.
    #[schema(example = "2026-12-31")]
    pub until: Day,
    /// Per currency; empty where nothing ever moved.
    pub accounts: Vec<Account>,
}

/// What is outstanding on a project, by age.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectOutstanding {
    /// The project.
    pub project_id: Id,
    /// The day.
    #[schema(example = "2026-08-15")]
    pub as_of: Day,
    /// Per currency; empty until a contract is signed.
    pub currencies: Vec<Aged>,
    /// Promises of payment that were broken, as of now.
    #[schema(example = 0)]
    pub broken_promises: i64,
}

/// On which day, or as the books stood at which moment.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OnDayOrAsOf {
    /// The day; the business date unless said.
    #[param(example = "2026-08-15")]
    pub on: Option<Day>,
    /// Instead of a day: as the books stood at this business instant, by what was recorded until then.
    pub as_of: Option<At>,
}

async fn get_client_ageing(
    access: Access<MoneyRead>,
    client: Path<Ref>,
    query: Query<OnDayOrAsOf>,
) -> Answer<ClientAgeing> {
    access
        .report(move |tx| {
            let client_id = clients::find(tx, &client)?.id;
            let whose = Whose::Client(client_id);
            let (as_of, currencies) = match (AsOf { as_of: query.as_of }.instant(tx)?, query.on) {
                (None, on) => aged_on(tx, whose, on)?,
                (Some(at), None) => aged_at(tx, whose, at)?,
                (Some(_), Some(_)) => return Err(either().into()),
            };
            Ok(Reply::ok(&ClientAgeing { client_id, as_of, currencies })?)
        })
        .await
}

/// What stood in the books at an instant, aged by its business date.
fn aged_at(tx: &mut Tx<'_>, whose: Whose, at: At) -> Result<(Day, Vec<Aged>)> {
    let on = past::day_at(tx, at)?;
    let rows = past::standing_at(tx, whose, at)?;
    Ok((on, aged(&rows, on)))
}

fn either() -> Problem {
    Problem::validation(
        "?as_of",
        "unexpected",
        "Say a day (`on`) or a moment (`as_of`), not both.",
        "on 與 as_of 只能擇一。",
    )
}

fn aged_on(tx: &mut Tx<'_>, whose: Whose, on: Option<Day>) -> Result<(Day, Vec<Aged>)> {
    let on = on.unwrap_or(tx.today()?);
    let rows = standing(tx, whose, on)?;
    Ok((on, aged(&rows, on)))
}

async fn get_client_balance(
    access: Access<MoneyRead>,
    client: Path<Ref>,
    query: Query<OnDay>,
) -> Answer<ClientBalance> {
    access
        .report(move |tx| {
            let client_id = clients::find(tx, &client)?.id;
            let as_of = query.on.unwrap_or(tx.today()?);
            Ok(Reply::ok(&ClientBalance { client_id, as_of, currencies: balances(tx, client_id, as_of)? })?)
        })
        .await
}

impl Between {
    /// From the first day of the year to today, unless said otherwise.
    fn days(&self, today: Day) -> std::result::Result<(Day, Day), Problem> {
        let until = self.until.unwrap_or(today);
        let new_year = format!("{:04}-01-01", until.year()).parse().unwrap_or(until);
        let from = self.from.unwrap_or(new_year);
        if until < from {
            return Err(Problem::validation("?until", "range", "It lies before `from`.", "截止日早於起始日。"));
        }
        Ok((from, until))
    }
}

async fn get_client_statement(
    access: Access<MoneyRead>,
    client: Path<Ref>,
    query: Query<Between>,
) -> Answer<ClientStatement> {
    access
        .report(move |tx| {
            let client = clients::find(tx, &client)?;
            let (from, until) = query.days(tx.today()?)?;
            let accounts = accounts(tx, client.id, from, until)?;
            Ok(Reply::ok(&ClientStatement { client_id: client.id, client_name: client.name, from, until, accounts })?)
        })
        .await
}

async fn get_project_outstanding(
    access: Access<MoneyRead>,
    project: Path<Ref>,
    query: Query<OnDay>,
) -> Answer<ProjectOutstanding> {
    access
        .report(move |tx| {
            let project_id = workflow::find(tx, &project)?.id;
            let (as_of, currencies) = aged_on(tx, Whose::Project(project_id), query.on)?;
            let broken_promises = broken_promises(tx, project_id)?;
            Ok(Reply::ok(&ProjectOutstanding { project_id, as_of, currencies, broken_promises })?)
        })
        .await
}
