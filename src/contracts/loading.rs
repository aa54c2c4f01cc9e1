//! Contracts from the time before this system: they come in signed, with what is still owed on them, and no draft or review of theirs is here.

use super::plan::default_trigger;
use super::store::{Contract, ContractState, Instalment};
use super::templates;
use crate::access::{Result, Tx};
use crate::db::schema::contract_instalments;
use crate::db::{Day, Id};
use crate::http::Problem;
use crate::receivables::{self, InstalmentKind, Plan, Trigger};
use crate::records::insert_with;
use crate::workflow::Project;
use diesel::prelude::*;
use serde_json::json;

/// What is still owed on an instalment.
#[derive(Debug, Clone)]
pub struct LoadedInstalment {
    /// Which.
    pub kind: InstalmentKind,
    /// Fen.
    pub amount: i64,
    /// When it is due; none: not before its trigger.
    pub due_on: Option<Day>,
}

/// An old contract.
#[derive(Debug, Clone)]
pub struct LoadedContract {
    /// Its number, as it always was.
    pub number: String,
    /// ISO 4217.
    pub currency: String,
    /// When it was signed.
    pub signed_on: Day,
    /// What is still owed, each kind once.
    pub instalments: Vec<LoadedInstalment>,
}

/// Loads an old contract and makes its receivables. One whose balance is paid gets a balance of zero, on which amendments and the final account work.
pub fn load(tx: &mut Tx<'_>, project: &Project, old: &LoadedContract) -> Result<Contract> {
    let mut owed = old.instalments.clone();
    if !owed.iter().any(|one| one.kind == InstalmentKind::Balance) {
        owed.push(LoadedInstalment { kind: InstalmentKind::Balance, amount: 0, due_on: Some(old.signed_on) });
    }
    owed.sort_by_key(|one| one.kind);
    let too_much = || Problem::money("The contract would grow beyond what can be kept.", "合同金額超出可記錄的範圍。");
    let amount = owed.iter().try_fold(0_i64, |sum, one| sum.checked_add(one.amount)).ok_or_else(too_much)?;
    let contract = Contract {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        number: old.number.clone(),
        client_id: project.client_id,
        template_id: templates::for_use(tx, templates::STANDARD_CODE)?.id,
        amount,
        currency: old.currency.clone(),
        defects_liability_months: 0,
        retention_from_final_account: false,
        state: ContractState::Signed,
        review_round: 0,
        changes: None,
        signed_on: Some(old.signed_on),
        planned_site_access_on: None,
        current_amount: amount,
        created_at: tx.now,
        created_by: tx.actor.id,
        redrafted_by: None,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    let plan: Vec<Instalment> = (1..).zip(&owed).map(|(place, one)| instalment(&contract, place, one)).collect();
    insert_with(tx, &contract, "contract.loaded", json!({ "instalments": plan }))?;
    for row in &plan {
        diesel::insert_into(contract_instalments::table).values(row).execute(tx.conn)?;
    }
    let lines: Vec<Plan> = plan.iter().map(Instalment::line).collect();
    receivables::open(tx, project, contract.id, &contract.currency, &lines, old.signed_on, None)?;
    Ok(contract)
}

/// A known due date counts from the signing; without one the instalment waits for what its kind waits for.
fn instalment(contract: &Contract, position: i64, one: &LoadedInstalment) -> Instalment {
    let (trigger_kind, days) = match (one.due_on, contract.signed_on) {
        (Some(due), Some(signed)) => (Trigger::Signing, due.days_since(signed)),
        _ => (default_trigger(one.kind), 0),
    };
    Instalment {
        id: Id::new(),
        contract_id: contract.id,
        project_id: contract.project_id,
        position,
        kind: one.kind,
        share_bp: None,
        amount: one.amount,
        days,
        trigger_kind,
    }
}
