//! Bid and performance securities (投標保證金, 履約保證金): paid, returned, forfeited, by finance alone. They are no receivables.

use super::tenders::{self, Tender};
use crate::access::{MoneyRead, Result, Tx};
use crate::db::schema::{contracts, securities, tenders as tender_rows};
use crate::db::{At, Day, Id, text_enum};
use crate::http::{IfMatch, Problem, Ref};
use crate::project_record;
use crate::records::{Record, insert, locked, save_with, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// What a security is for.
    SecurityPurpose {
        /// 投標保證金: that we stand by our bid.
        Bid = "bid",
        /// 履約保證金: that we perform the contract.
        Performance = "performance",
    }
}

text_enum! {
    /// How a security is given.
    SecurityForm {
        /// In money.
        Cash = "cash",
        /// As a bank's guarantee.
        Guarantee = "guarantee",
    }
}

text_enum! {
    /// Where a security stands.
    SecurityState {
        /// It is out.
        Paid = "paid",
        /// A part came back.
        PartlyReturned = "partly_returned",
        /// All came back.
        Returned = "returned",
        /// What was out is lost.
        Forfeited = "forfeited",
    }
}

/// A security.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = securities, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Security {
    /// The security.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What it is for.
    pub purpose: SecurityPurpose,
    /// How it is given.
    pub form: SecurityForm,
    /// The tender, for a bid security.
    pub tender_id: Option<Id>,
    /// The contract, for a performance security.
    pub contract_id: Option<Id>,
    /// How much, in fen.
    #[schema(example = 2_000_000)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// When it was paid or handed over.
    #[schema(example = "2026-01-23")]
    pub paid_on: Day,
    /// The bank's reference or the guarantee's number.
    #[schema(example = "BK-20260123-07")]
    pub reference: Option<String>,
    /// When a guarantee expires.
    pub expires_on: Option<Day>,
    /// Where it stands.
    pub state: SecurityState,
    /// What came back, in fen.
    #[schema(example = 0)]
    pub returned_amount: i64,
    /// When the last part came back.
    pub returned_on: Option<Day>,
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

/// What is derived of a security.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SecurityExtra {
    /// What is still out, in fen.
    #[schema(example = 2_000_000)]
    pub outstanding_amount: i64,
}

impl Security {
    /// What is still out, in fen.
    pub fn outstanding(&self) -> i64 {
        match self.state {
            SecurityState::Paid | SecurityState::PartlyReturned => self.amount - self.returned_amount,
            SecurityState::Returned | SecurityState::Forfeited => 0,
        }
    }
}

project_record!(Security, securities, "security", state = state);

impl Record for Security {
    type Read = MoneyRead;
    type Extra = SecurityExtra;
    const PLURAL: &'static str = "securities";
    const NAME: &'static str = "security";

    fn acts() -> &'static [Act] {
        &[acts::RETURN_SECURITY, acts::FORFEIT_SECURITY]
    }

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().filter_map(|row| row.tender_id), submitted)
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<SecurityExtra> {
        Ok(SecurityExtra { outstanding_amount: self.outstanding() })
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        if self.state != SecurityState::Paid {
            return Ok(Some("a return or forfeit is booked on it"));
        }
        let Some(tender) = self.tender_id else { return Ok(None) };
        Ok((!tx.found(tender, submitted)?.is_empty()).then_some("a bid was submitted on the strength of it"))
    }
}

/// Those of these tenders that a bid was submitted for and a security paid.
fn submitted(tx: &mut Tx<'_>, tenders: &[Id]) -> Result<Vec<(Id, ())>> {
    let submitted = tender_rows::table
        .filter(tender_rows::id.eq_any(tenders))
        .filter(tender_rows::submitted_at.is_not_null())
        .filter(tender_rows::security_amount.gt(0));
    Ok(submitted.select(tender_rows::id).load::<Id>(tx.conn)?.into_iter().map(|tender| (tender, ())).collect())
}

/// A security to book as paid.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PaySecurity {
    /// What it is for.
    pub purpose: SecurityPurpose,
    /// How it is given.
    pub form: SecurityForm,
    /// How much, in fen.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 2_000_000, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
    /// When it was paid; today unless said, never in the future.
    #[serde(default)]
    #[schema(example = "2026-01-23")]
    pub paid_on: Option<Day>,
    /// The bank's reference or the guarantee's number.
    #[serde(default)]
    #[validate(length(max = 120))]
    #[schema(example = "BK-20260123-07", max_length = 120)]
    pub reference: Option<String>,
    /// When a guarantee expires.
    #[serde(default)]
    #[schema(example = "2026-07-31")]
    pub expires_on: Option<Day>,
}

/// What came back of a security.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReturnSecurity {
    /// How much, in fen; all that is out unless said.
    #[serde(default)]
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 2_000_000, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: Option<i64>,
    /// When; today unless said, never in the future.
    #[serde(default)]
    #[schema(example = "2026-02-25")]
    pub returned_on: Option<Day>,
}

/// Why a security is lost.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ForfeitSecurity {
    /// The reason.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "We withdrew our bid after the opening", min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Bid security that is paid for this tender and still out, in fen. One that was paid before any tender was registered counts too.
pub(super) fn held_for(tx: &mut Tx<'_>, tender: &Tender) -> Result<i64> {
    let paid = tx.found(tender.project_id, of_projects)?;
    let for_it = paid.iter().filter(|security| {
        security.purpose == SecurityPurpose::Bid
            && matches!(security.state, SecurityState::Paid | SecurityState::PartlyReturned)
            && security.currency == tender.currency
            && security.tender_id.is_none_or(|named| named == tender.id)
    });
    Ok(for_it.map(|security| security.amount - security.returned_amount).sum())
}

/// Whether a security that is not voided was paid for this tender.
pub(super) fn names_tender(tx: &mut Tx<'_>, tender: &Tender) -> Result<bool> {
    Ok(tx.found(tender.project_id, of_projects)?.iter().any(|security| security.tender_id == Some(tender.id)))
}

/// The securities of projects that are not voided.
pub(super) fn of_projects(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, Security)>> {
    let rows =
        securities::table.filter(securities::project_id.eq_any(projects)).filter(securities::voided_at.is_null());
    Ok(rows.select((securities::project_id, Security::as_select())).load(tx.conn)?)
}

/// Books a security as paid, in any stage until sealing. A bid security belongs to the current tender; before the first is registered, or once the
/// last has its result, it waits for the next one.
pub fn pay(tx: &mut Tx<'_>, r: &Ref, new: &PaySecurity) -> Result<(Project, Security)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::PAY_SECURITY, None, None)?;
    let today = tx.today()?;
    let paid_on = new.paid_on.unwrap_or(today);
    check_day(paid_on, today, "/paid_on")?;
    if new.expires_on.is_some_and(|day| day < paid_on) {
        return Err(Problem::validation(
            "/expires_on",
            "range",
            "It expires before it was given.",
            "到期日早於繳交日。",
        )
        .into());
    }
    let (tender, contract_id) = match new.purpose {
        SecurityPurpose::Bid => (tenders::current(tx, project.id)?, None),
        SecurityPurpose::Performance => (None, main_contract(tx, project.id)?),
    };
    let record = Security {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        purpose: new.purpose,
        form: new.form,
        tender_id: tender.as_ref().map(|t| t.id),
        contract_id,
        amount: new.amount,
        currency: tender.map_or_else(|| project.currency.clone(), |t| t.currency),
        paid_on,
        reference: new.reference.clone(),
        expires_on: new.expires_on,
        state: SecurityState::Paid,
        returned_amount: 0,
        returned_on: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "security.paid")?;
    Ok((project, record))
}

fn check_day(day: Day, today: Day, pointer: &str) -> Result<()> {
    if day > today {
        return Err(Problem::validation(pointer, "future", "It lies in the future.", "日期在將來。").into());
    }
    Ok(())
}

fn main_contract(tx: &mut Tx<'_>, project: Id) -> Result<Option<Id>> {
    let rows = contracts::table.filter(contracts::project_id.eq(project)).filter(contracts::voided_at.is_null());
    Ok(rows.order(contracts::id).select(contracts::id).first(tx.conn).optional()?)
}

fn begin(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, act: &Act) -> Result<(Project, Security)> {
    let (project, security) = locked::<Security>(tx, r)?;
    stale(tx, &security, if_match)?;
    workflow::allow(tx, &project, act, Some(security.state.as_str()), None)?;
    Ok((project, security))
}

/// Books what came back: never more than is out (409 `money`). After `lose` too.
pub fn give_back(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &ReturnSecurity) -> Result<(Project, Security)> {
    let (project, mut security) = begin(tx, r, if_match, &acts::RETURN_SECURITY)?;
    let today = tx.today()?;
    let returned_on = new.returned_on.unwrap_or(today);
    check_day(returned_on, today, "/returned_on")?;
    if returned_on < security.paid_on {
        return Err(Problem::validation(
            "/returned_on",
            "range",
            "It came back before it was paid.",
            "退還日早於繳交日。",
        )
        .into());
    }
    let out = security.outstanding();
    let amount = new.amount.unwrap_or(out);
    if amount > out {
        return Err(Problem::money(
            format!("Only {out} fen of this security are still out."),
            format!("此保證金尚有 {out} 分未退，不能超過。"),
        )
        .into());
    }
    security.returned_amount += amount;
    security.returned_on = Some(returned_on);
    security.state = if amount == out { SecurityState::Returned } else { SecurityState::PartlyReturned };
    save_with(tx, &mut security, "security.returned", json!({ "amount": amount }))?;
    Ok((project, security))
}

/// Books what is out as lost.
pub fn forfeit(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, new: &ForfeitSecurity) -> Result<(Project, Security)> {
    let (project, mut security) = begin(tx, r, if_match, &acts::FORFEIT_SECURITY)?;
    let lost = security.outstanding();
    security.state = SecurityState::Forfeited;
    save_with(tx, &mut security, "security.forfeited", json!({ "reason": new.reason, "amount": lost }))?;
    Ok((project, security))
}
