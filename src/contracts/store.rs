//! The rows of contracts and their instalments, and how a contract is shown.

use super::past::contract_at;
use super::reviews::{self, ContractReview, NextReviewer, UnderReview, may_review, next_reviewer, reviews_of};
use super::signing::before_entry;
use crate::access::{MoneyRead, Result, Tx};
use crate::db::schema::{amendments, contract_instalments, contracts, final_accounts, seal_entries, securities};
use crate::db::{At, Day, Id, on_each, text_enum};
use crate::http::Problem;
use crate::project_record;
use crate::receivables::{InstalmentKind, Plan, Trigger};
use crate::records::Record;
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

text_enum! {
    /// How far a contract or amendment is.
    ContractState {
        /// Being drafted.
        Draft = "draft",
        /// Being reviewed.
        InReview = "in_review",
        /// Approved at every level.
        Approved = "approved",
        /// Sealed by both parties, the scan filed.
        Signed = "signed",
    }
}

/// A contract.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contracts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Contract {
    /// The contract.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Its number.
    #[schema(example = "C-2026-0003")]
    pub number: String,
    /// The client.
    pub client_id: Id,
    /// The template and its edition.
    pub template_id: Id,
    /// The contract amount, without amendments, in fen.
    #[schema(example = 128_643_157)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// Months of defects liability after acceptance.
    #[schema(example = 24)]
    pub defects_liability_months: i64,
    /// Whether the retention is agreed as a share of the final account, and so set from it on its confirmation.
    pub retention_from_final_account: bool,
    /// How far it is.
    pub state: ContractState,
    /// How often it was submitted for review.
    #[schema(example = 1)]
    pub review_round: i64,
    /// What was changed before it was submitted again.
    #[schema(example = "Damages capped at 5 %")]
    pub changes: Option<String>,
    /// When it was signed.
    #[schema(example = "2026-03-04")]
    pub signed_on: Option<Day>,
    /// The planned site access.
    #[schema(example = "2026-04-20")]
    pub planned_site_access_on: Option<Day>,
    /// The contract amount and its signed amendments, in fen; 0 until it is signed.
    #[schema(example = 133_503_157)]
    pub current_amount: i64,
    /// When drafted.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// The back leader or manager who last changed the draft, and so does not review it; none where neither did.
    pub redrafted_by: Option<Id>,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

project_record!(Contract, contracts, "contract", number = number, state = state);

/// An instalment of a contract's plan, as agreed at signing; amendments and the final account change the receivable.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = contract_instalments, treat_none_as_default_value = false)]
pub struct Instalment {
    /// The instalment.
    pub id: Id,
    /// The contract.
    #[serde(skip_serializing)]
    #[schema(ignore)]
    pub contract_id: Id,
    /// The project.
    #[serde(skip_serializing)]
    #[schema(ignore)]
    pub project_id: Id,
    /// Its place in the plan.
    #[schema(example = 1)]
    pub position: i64,
    /// Which.
    pub kind: InstalmentKind,
    /// Basis points of the contract amount, where the plan is by share.
    #[schema(example = 3000)]
    pub share_bp: Option<i64>,
    /// Fen.
    #[schema(example = 38_592_947)]
    pub amount: i64,
    /// Days after its trigger.
    #[schema(example = 7)]
    pub days: i64,
    /// What sets its due date.
    #[serde(rename = "trigger")]
    pub trigger_kind: Trigger,
}

impl Instalment {
    /// What becomes a receivable of it.
    pub fn line(&self) -> Plan {
        Plan { kind: self.kind, amount: self.amount, trigger: self.trigger_kind, days: self.days }
    }
}

/// What a contract is worth, in fen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContractValue {
    /// The amount that was signed; 0 until it is signed.
    #[schema(example = 128_643_157)]
    pub signed_amount: i64,
    /// What is drafted but not signed: the contract's own amount until it is signed, then its open amendment.
    #[schema(example = 4_860_000)]
    pub pending_amount: i64,
    /// Contract and signed amendments; 0 until it is signed.
    #[schema(example = 128_643_157)]
    pub current_amount: i64,
}

/// What is shown with a contract.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContractDetails {
    /// Its plan.
    pub instalments: Vec<Instalment>,
    /// Its reviews, oldest first.
    pub reviews: Vec<ContractReview>,
    /// Who reviews it next.
    pub next_reviewer: NextReviewer,
    /// What it is worth.
    pub value: ContractValue,
    /// Its confirmed final account, in fen.
    #[schema(example = 133_328_157)]
    pub final_account_amount: Option<i64>,
}

impl Record for Contract {
    type Read = MoneyRead;
    type Extra = ContractDetails;
    const PLURAL: &'static str = "contracts";
    const NAME: &'static str = "contract";
    const AS_OF: bool = true;

    fn acts() -> &'static [Act] {
        const ACTS: &[Act] = &[
            acts::CHANGE_CONTRACT,
            acts::SUBMIT_CONTRACT,
            acts::REVIEW_CONTRACT,
            acts::LOG_SEAL,
            acts::SIGN_CONTRACT,
            acts::REPLAN_SITE_ACCESS,
            acts::AMEND_CONTRACT,
        ];
        ACTS
    }

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], projects: &BTreeMap<Id, Project>) -> Result<()> {
        let ids = || rows.iter().map(|row| row.id);
        tx.read_ahead(ids(), plans)?;
        tx.read_ahead(ids(), open_amendments)?;
        tx.read_ahead(ids(), final_accounts_of)?;
        tx.read_ahead(ids(), seals_on)?;
        workflow::look_for_starts(tx, projects.keys().copied())?;
        reviews::look_ahead(tx, &rows.iter().map(Self::under_review).collect::<Vec<_>>())
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<ContractDetails> {
        let signed = self.state == ContractState::Signed;
        let pending = if signed { tx.found(self.id, open_amendments)?.iter().sum() } else { self.amount };
        Ok(ContractDetails {
            instalments: instalments(tx, self.id)?,
            reviews: reviews_of(tx, self.id, None)?,
            next_reviewer: if self.state == ContractState::InReview {
                next_reviewer(tx, &self.under_review())?
            } else {
                NextReviewer::None
            },
            value: ContractValue {
                signed_amount: if signed { self.amount } else { 0 },
                pending_amount: pending,
                current_amount: self.current_amount,
            },
            final_account_amount: final_account_amount(tx, self.id)?,
        })
    }

    fn past(&self, tx: &mut Tx<'_>, at: At) -> Result<(Self, ContractDetails)> {
        contract_at(tx, self, at)
    }

    fn check(&self, tx: &mut Tx<'_>, project: &Project, act: &Act) -> Result<()> {
        refuse_if_settled(tx, self.id)?;
        if act.name == acts::REVIEW_CONTRACT.name {
            may_review(tx, &self.under_review())?;
        }
        if act.name == acts::REPLAN_SITE_ACCESS.name { before_entry(tx, project, self) } else { Ok(()) }
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        if self.state == ContractState::Signed {
            return Ok(Some("it is signed"));
        }
        let held = !tx.found(self.id, seals_on)?.is_empty();
        Ok(held.then_some("seals are logged on it, or a security was paid for it; void those first"))
    }
}

impl Contract {
    /// What its reviewers look at.
    pub fn under_review(&self) -> UnderReview {
        UnderReview {
            contract_id: self.id,
            amendment_id: None,
            project_id: self.project_id,
            round: self.review_round,
            amount: self.amount,
            drafted_by: self.redrafted_by.unwrap_or(self.created_by),
        }
    }
}

/// The plan of a contract, in its order.
pub fn instalments(tx: &mut Tx<'_>, contract: Id) -> Result<Vec<Instalment>> {
    tx.found(contract, plans)
}

/// The plans of several contracts, each line with its contract (`Tx::read_ahead`).
pub fn plans(tx: &mut Tx<'_>, contracts: &[Id]) -> Result<Vec<(Id, Instalment)>> {
    let rows = contract_instalments::table
        .filter(contract_instalments::contract_id.eq_any(contracts))
        .order(contract_instalments::position);
    Ok(rows.select((contract_instalments::contract_id, Instalment::as_select())).load(tx.conn)?)
}

/// The signed contracts of a project, in the order of their signing.
pub fn signed_of_project(tx: &mut Tx<'_>, project: Id) -> Result<Vec<Contract>> {
    tx.found(project, signed_of_projects)
}

/// As [`signed_of_project`], of several.
pub fn signed_of_projects(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, Contract)>> {
    let rows = contracts::table
        .filter(contracts::project_id.eq_any(projects))
        .filter(contracts::voided_at.is_null())
        .filter(contracts::state.eq(ContractState::Signed))
        .order((contracts::signed_on.asc(), contracts::id.asc()));
    Ok(rows.select((contracts::project_id, Contract::as_select())).load(tx.conn)?)
}

/// The amounts of the amendments that are not signed yet.
fn open_amendments(tx: &mut Tx<'_>, contracts: &[Id]) -> Result<Vec<(Id, i64)>> {
    let open = amendments::table
        .filter(amendments::contract_id.eq_any(contracts))
        .filter(amendments::voided_at.is_null())
        .filter(amendments::state.ne(ContractState::Signed));
    Ok(open.select((amendments::contract_id, amendments::amount)).load(tx.conn)?)
}

/// What the confirmed final accounts come to.
pub(super) fn final_accounts_of(tx: &mut Tx<'_>, contracts: &[Id]) -> Result<Vec<(Id, i64)>> {
    let confirmed = final_accounts::table
        .filter(final_accounts::contract_id.eq_any(contracts))
        .filter(final_accounts::voided_at.is_null())
        .filter(final_accounts::state.eq("confirmed"))
        .select((final_accounts::contract_id, final_accounts::audited_amount, final_accounts::total_amount))
        .load::<(Id, Option<i64>, i64)>(tx.conn)?;
    Ok(confirmed.into_iter().map(|(contract, audited, total)| (contract, audited.unwrap_or(total))).collect())
}

fn final_account_amount(tx: &mut Tx<'_>, contract: Id) -> Result<Option<i64>> {
    Ok(tx.found(contract, final_accounts_of)?.first().copied())
}

/// The seals that are logged on contracts, and the securities that were paid for them.
fn seals_on(tx: &mut Tx<'_>, contracts: &[Id]) -> Result<Vec<(Id, Id)>> {
    let seals = seal_entries::table
        .filter(seal_entries::contract_id.eq_any(contracts))
        .filter(seal_entries::voided_at.is_null())
        .select((seal_entries::contract_id, seal_entries::id));
    let paid = securities::table
        .filter(securities::contract_id.eq_any(contracts))
        .filter(securities::voided_at.is_null())
        .select((securities::contract_id.assume_not_null(), securities::id));
    Ok(on_each!(tx.conn, c => seals.union_all(paid).load(c))?)
}

/// Refuses (409 `state`) contract acts after the contract's confirmed final account.
pub fn refuse_if_settled(tx: &mut Tx<'_>, contract: Id) -> Result<()> {
    match final_account_amount(tx, contract)? {
        None => Ok(()),
        Some(_) => Err(settled().into()),
    }
}

/// The refusal of contract acts after the confirmed final account.
pub fn settled() -> Problem {
    Problem::state(
        "The final account is confirmed: the contract can no longer be changed or amended.",
        "結算單已確認，合同不能再變更或增補。",
    )
}
