//! Drafting, changing, submitting and reviewing a contract.

use super::plan::{InstalmentDraft, split};
use super::reviews::{ReviewGiven, redraft, review};
use super::seals;
use super::store::{Contract, ContractState, Instalment, instalments, refuse_if_settled, settled, signed_of_project};
use super::templates;
use crate::access::{Result, Tx};
use crate::db::Id;
use crate::db::schema::{contract_instalments, final_accounts};
use crate::http::{IfMatch, Patch, Problem, Ref};
use crate::projects;
use crate::records::{insert_with, locked, save, save_with, stale};
use crate::workflow::{self, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

/// The facts of a contract.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ContractFacts {
    /// The template, by code (its latest edition) or id.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "fit-out-standard", min_length = 1, max_length = 40)]
    pub template: String,
    /// The contract amount in fen.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 128_643_157, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
    /// ISO 4217; CNY unless said.
    #[serde(default = "projects::cny")]
    #[validate(custom(function = projects::currency))]
    #[schema(example = "CNY", min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$", default = "CNY")]
    pub currency: String,
    /// Months of defects liability after acceptance.
    #[validate(range(min = 0, max = 120))]
    #[schema(example = 24, minimum = 0, maximum = 120)]
    pub defects_liability_months: i64,
    /// The plan: exactly one balance, at most one of each other kind, all by share or all by amount.
    #[validate(length(min = 1, max = 4), nested)]
    #[schema(min_items = 1, max_items = 4)]
    pub instalments: Vec<InstalmentDraft>,
    /// Whether the retention is agreed as a share of the final account; needs a plan by share.
    #[serde(default)]
    pub retention_from_final_account: bool,
}

/// A contract to draft.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewContract {
    /// The template, by code (its latest edition) or id.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "fit-out-standard", min_length = 1, max_length = 40)]
    pub template: String,
    /// The contract amount in fen.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 128_643_157, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
    /// ISO 4217; CNY unless said.
    #[serde(default = "projects::cny")]
    #[validate(custom(function = projects::currency))]
    #[schema(example = "CNY", min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$", default = "CNY")]
    pub currency: String,
    /// Months of defects liability after acceptance.
    #[validate(range(min = 0, max = 120))]
    #[schema(example = 24, minimum = 0, maximum = 120)]
    pub defects_liability_months: i64,
    /// The plan: exactly one balance, at most one of each other kind, all by share or all by amount.
    #[validate(length(min = 1, max = 4), nested)]
    #[schema(min_items = 1, max_items = 4, example = json!([
        { "kind": "deposit", "share_bp": 3000, "days": 7 },
        { "kind": "interim", "share_bp": 4000, "days": 0 },
        { "kind": "balance", "share_bp": 2500, "days": 30 },
        { "kind": "retention", "share_bp": 500, "days": 0 }
    ]))]
    pub instalments: Vec<InstalmentDraft>,
    /// Whether the retention is agreed as a share of the final account; needs a plan by share.
    #[serde(default)]
    pub retention_from_final_account: bool,
    /// Whether to submit it for review at once.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub submit: bool,
}

/// For `#[serde(default)]`: yes.
pub const fn yes() -> bool {
    true
}

/// A submission for review.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SubmitForReview {
    /// What was changed since the last review; needed where it was approved already.
    #[serde(default)]
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Damages capped at 5 %", min_length = 1, max_length = 4000)]
    pub changes: Option<String>,
}

/// Drafts a contract on a project and submits it unless told otherwise. Refused (409 `state`) once every signed contract of the project has its
/// confirmed final account.
pub fn draft(tx: &mut Tx<'_>, r: &Ref, new: &NewContract) -> Result<(Project, Contract)> {
    let project = workflow::lock(tx, r)?;
    workflow::acts::check_state(&project, &acts::DRAFT_CONTRACT, None)?;
    refuse_if_all_settled(tx, &project)?;
    workflow::allow(tx, &project, &acts::DRAFT_CONTRACT, None, None)?;
    let facts = ContractFacts {
        template: new.template.clone(),
        amount: new.amount,
        currency: new.currency.clone(),
        defects_liability_months: new.defects_liability_months,
        instalments: new.instalments.clone(),
        retention_from_final_account: new.retention_from_final_account,
    };
    let mut contract = Contract {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        number: String::new(),
        client_id: project.client_id,
        template_id: templates::for_use(tx, &facts.template)?.id,
        amount: facts.amount,
        currency: facts.currency.clone(),
        defects_liability_months: facts.defects_liability_months,
        retention_from_final_account: facts.retention_from_final_account,
        state: ContractState::Draft,
        review_round: 0,
        changes: None,
        signed_on: None,
        planned_site_access_on: None,
        current_amount: 0,
        created_at: tx.now,
        created_by: tx.actor.id,
        redrafted_by: None,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    let plan = planned(&contract, &facts)?;
    contract.number = tx.number("C")?;
    insert_with(tx, &contract, "contract.drafted", json!({ "instalments": plan }))?;
    insert_plan(tx, &plan)?;
    if new.submit {
        hand_in(&mut contract.state, &mut contract.review_round);
        save(tx, &mut contract, "contract.submitted")?;
    }
    Ok((project, contract))
}

fn refuse_if_all_settled(tx: &mut Tx<'_>, project: &Project) -> Result<()> {
    let signed = signed_of_project(tx, project.id)?;
    let confirmed = final_accounts::table
        .filter(final_accounts::project_id.eq(project.id))
        .filter(final_accounts::voided_at.is_null())
        .filter(final_accounts::state.eq("confirmed"));
    let confirmed = confirmed.select(final_accounts::contract_id).load::<Id>(tx.conn)?;
    if !signed.is_empty() && signed.iter().all(|c| confirmed.contains(&c.id)) {
        return Err(settled().into());
    }
    Ok(())
}

/// The rows of a contract's plan; 422 where it breaks a rule.
fn planned(contract: &Contract, facts: &ContractFacts) -> Result<Vec<Instalment>> {
    let lines = split(facts.amount, &facts.instalments)?;
    if facts.retention_from_final_account
        && !lines.iter().any(|l| l.kind == crate::receivables::InstalmentKind::Retention && l.share_bp.is_some())
    {
        return Err(Problem::validation(
            "/retention_from_final_account",
            "plan",
            "The plan has no retention by share that could be set from the final account.",
            "付款計劃沒有按比例的質保金，無法按結算額確定。",
        )
        .into());
    }
    let row = |(position, line): (i64, super::plan::PlanLine)| Instalment {
        id: Id::new(),
        contract_id: contract.id,
        project_id: contract.project_id,
        position,
        kind: line.kind,
        share_bp: line.share_bp,
        amount: line.amount,
        days: line.days,
        trigger_kind: line.trigger,
    };
    Ok((1..).zip(lines).map(row).collect())
}

fn insert_plan(tx: &mut Tx<'_>, plan: &[Instalment]) -> Result<()> {
    for row in plan {
        diesel::insert_into(contract_instalments::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// Into review: a new round, in which every level reviews again.
pub fn hand_in(state: &mut ContractState, round: &mut i64) {
    *state = ContractState::InReview;
    *round += 1;
}

/// Changes a draft; a change after approval makes it a draft again, and what was sealed no longer counts.
pub fn update(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    patch: &Patch<ContractFacts>,
) -> Result<(Project, Contract)> {
    let (project, mut contract) = locked::<Contract>(tx, r)?;
    let by_share = |i: &Instalment| i.share_bp.is_some();
    let lines = instalments(tx, contract.id)?.into_iter().map(|i| InstalmentDraft {
        kind: i.kind,
        share_bp: i.share_bp,
        amount: if by_share(&i) { None } else { Some(i.amount) },
        days: i.days,
        trigger: Some(i.trigger_kind),
    });
    let facts = patch.apply(&ContractFacts {
        template: contract.template_id.to_string(),
        amount: contract.amount,
        currency: contract.currency.clone(),
        defects_liability_months: contract.defects_liability_months,
        instalments: lines.collect(),
        retention_from_final_account: contract.retention_from_final_account,
    })?;
    permit(tx, &project, &contract, if_match, &acts::CHANGE_CONTRACT)?;
    if patch.names("template") {
        contract.template_id = templates::for_use(tx, &facts.template)?.id;
    }
    contract.amount = facts.amount;
    contract.currency.clone_from(&facts.currency);
    contract.defects_liability_months = facts.defects_liability_months;
    contract.retention_from_final_account = facts.retention_from_final_account;
    redraft(tx, &mut contract.redrafted_by);
    let plan = planned(&contract, &facts)?;
    diesel::delete(contract_instalments::table.filter(contract_instalments::contract_id.eq(contract.id)))
        .execute(tx.conn)?;
    insert_plan(tx, &plan)?;
    if contract.state == ContractState::Approved {
        contract.state = ContractState::Draft;
        seals::void_all(tx, contract.id, None)?;
    }
    save_with(tx, &mut contract, "contract.changed", json!({ "instalments": plan }))?;
    Ok((project, contract))
}

/// Submits a draft for review, or, with what was changed, an approved contract again.
pub fn submit(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, given: &SubmitForReview) -> Result<(Project, Contract)> {
    let (project, mut contract) = ready(tx, r, if_match, &acts::SUBMIT_CONTRACT)?;
    if contract.state == ContractState::Approved {
        changes_after_approval(given)?;
        seals::void_all(tx, contract.id, None)?;
    }
    hand_in(&mut contract.state, &mut contract.review_round);
    contract.changes.clone_from(&given.changes);
    save(tx, &mut contract, "contract.submitted")?;
    Ok((project, contract))
}

/// Refuses (409 `state`) to submit what is approved unless something was changed.
pub fn changes_after_approval(given: &SubmitForReview) -> Result<()> {
    if given.changes.is_some() {
        return Ok(());
    }
    Err(Problem::state(
        "It is approved: seal and sign it, or say in `changes` what was changed since.",
        "已批准：請用印簽署；如有更改，請在 changes 說明。",
    )
    .into())
}

/// Reviews a contract.
pub fn give_review(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, given: &ReviewGiven) -> Result<(Project, Contract)> {
    let (project, mut contract) = ready(tx, r, if_match, &acts::REVIEW_CONTRACT)?;
    contract.state = review(tx, &contract.under_review(), given)?;
    save_with(tx, &mut contract, "contract.reviewed", json!({ "verdict": given.verdict, "opinion": given.opinion }))?;
    Ok((project, contract))
}

/// A contract, locked, on which this act is possible now: for this caller, in this state, before the confirmed final account.
fn ready(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, act: &acts::Act) -> Result<(Project, Contract)> {
    let (project, contract) = locked::<Contract>(tx, r)?;
    permit(tx, &project, &contract, if_match, act)?;
    Ok((project, contract))
}

fn permit(tx: &mut Tx<'_>, project: &Project, contract: &Contract, if_match: &IfMatch, act: &acts::Act) -> Result<()> {
    stale(tx, contract, if_match)?;
    refuse_if_settled(tx, contract.id)?;
    workflow::allow(tx, project, act, Some(contract.state.as_str()), None)
}
