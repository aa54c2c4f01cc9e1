//! Amendments (增補): a signed ±amount on the instalment it names, else on the balance. One is open at a time.

use super::drafting::{SubmitForReview, changes_after_approval, hand_in, yes};
use super::reviews::{
    self, ContractReview, NextReviewer, ReviewGiven, UnderReview, may_review, next_reviewer, redraft, review,
    reviews_of,
};
use super::seals;
use super::store::{Contract, ContractState, final_accounts_of, refuse_if_settled};
use crate::access::{MoneyRead, Result, Tx};
use crate::db::schema::{amendments, contracts};
use crate::db::{At, Day, Id};
use crate::http::{IfMatch, Patch, Problem, Ref, broken};
use crate::project_record;
use crate::receivables::{self, InstalmentKind, Receivable};
use crate::records::{Record, insert, locked, locked_standing, save, save_with, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// An amendment of a contract.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = amendments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Amendment {
    /// The amendment.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Its number.
    #[schema(example = "CA-2026-0001")]
    pub number: String,
    /// The contract.
    pub contract_id: Id,
    /// By what it changes the contract, in fen; negative where it takes away.
    #[schema(example = 4_860_000)]
    pub amount: i64,
    /// The instalment that it changes.
    #[serde(rename = "on")]
    pub on_kind: InstalmentKind,
    /// Why.
    #[schema(example = "Roof-terrace planting")]
    pub why: String,
    /// How far it is.
    pub state: ContractState,
    /// How often it was submitted for review.
    #[schema(example = 1)]
    pub review_round: i64,
    /// What was changed before it was submitted again.
    #[schema(example = "The second flat is left out")]
    pub changes: Option<String>,
    /// When it was signed.
    #[schema(example = "2026-06-02")]
    pub signed_on: Option<Day>,
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

project_record!(Amendment, amendments, "amendment", number = number, state = state);

/// What is shown with an amendment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AmendmentDetails {
    /// Its reviews, oldest first.
    pub reviews: Vec<ContractReview>,
    /// Who reviews it next.
    pub next_reviewer: NextReviewer,
}

impl Record for Amendment {
    type Read = MoneyRead;
    type Extra = AmendmentDetails;
    const PLURAL: &'static str = "amendments";
    const NAME: &'static str = "amendment";

    fn acts() -> &'static [Act] {
        const ACTS: &[Act] =
            &[acts::CHANGE_CONTRACT, acts::SUBMIT_CONTRACT, acts::REVIEW_CONTRACT, acts::LOG_SEAL, acts::SIGN_CONTRACT];
        ACTS
    }

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        tx.read_ahead(rows.iter().map(|row| row.contract_id), final_accounts_of)?;
        let signable = rows.iter().filter(|row| acts::SIGN_CONTRACT.states.contains(&row.state.as_str()));
        tx.read_ahead(signable.map(|row| row.contract_id), receivables::of_contracts)?;
        reviews::look_ahead(tx, &rows.iter().map(Self::under_review).collect::<Vec<_>>())
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<AmendmentDetails> {
        Ok(AmendmentDetails {
            reviews: reviews_of(tx, self.contract_id, Some(self.id))?,
            next_reviewer: if self.state == ContractState::InReview {
                next_reviewer(tx, &self.under_review())?
            } else {
                NextReviewer::None
            },
        })
    }

    fn check(&self, tx: &mut Tx<'_>, _project: &Project, act: &Act) -> Result<()> {
        refuse_if_settled(tx, self.contract_id)?;
        if act.name == acts::REVIEW_CONTRACT.name {
            may_review(tx, &self.under_review()).map(|_| ())
        } else if act.name == acts::SIGN_CONTRACT.name {
            check(tx, self.contract_id, self.on_kind, self.amount).map(|_| ())
        } else {
            Ok(())
        }
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok((self.state == ContractState::Signed).then_some("it is signed"))
    }

    fn on_void(&self, tx: &mut Tx<'_>, _project: &mut Project) -> Result<()> {
        seals::void_all(tx, self.contract_id, Some(self.id))
    }
}

impl Amendment {
    fn under_review(&self) -> UnderReview {
        UnderReview {
            contract_id: self.contract_id,
            amendment_id: Some(self.id),
            project_id: self.project_id,
            round: self.review_round,
            amount: self.amount.saturating_abs(),
            drafted_by: self.redrafted_by.unwrap_or(self.created_by),
        }
    }
}

/// The facts of an amendment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AmendmentFacts {
    /// By what it changes the contract, in fen; negative where it takes away, never 0.
    #[validate(range(min = -1_000_000_000_000_000_i64, max = 1_000_000_000_000_000_i64), custom(function = not_zero))]
    #[schema(example = 4_860_000, minimum = -1_000_000_000_000_000_i64, maximum = 1_000_000_000_000_000_i64)]
    #[schema(extensions(("x-not" = json!({"const": 0}))))]
    pub amount: i64,
    /// The instalment that it changes.
    #[serde(default = "balance")]
    #[schema(default = "balance")]
    pub on: InstalmentKind,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Roof-terrace planting", min_length = 1, max_length = 2000)]
    pub why: String,
}

/// An amendment to draft.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewAmendment {
    /// By what it changes the contract, in fen; negative where it takes away, never 0.
    #[validate(range(min = -1_000_000_000_000_000_i64, max = 1_000_000_000_000_000_i64), custom(function = not_zero))]
    #[schema(example = 4_860_000, minimum = -1_000_000_000_000_000_i64, maximum = 1_000_000_000_000_000_i64)]
    #[schema(extensions(("x-not" = json!({"const": 0}))))]
    pub amount: i64,
    /// The instalment that it changes.
    #[serde(default = "balance")]
    #[schema(default = "balance")]
    pub on: InstalmentKind,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Roof-terrace planting", min_length = 1, max_length = 2000)]
    pub why: String,
    /// Whether to submit it for review at once.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub submit: bool,
}

const fn balance() -> InstalmentKind {
    InstalmentKind::Balance
}

fn not_zero(amount: i64) -> std::result::Result<(), ValidationError> {
    if amount == 0 {
        Err(broken("not_zero", "An amendment adds or takes something away: not 0.", "補充協議須增減金額，不得為 0。"))
    } else {
        Ok(())
    }
}

/// Drafts an amendment of a signed contract and submits it unless told otherwise.
pub fn draft(tx: &mut Tx<'_>, r: &Ref, new: &NewAmendment) -> Result<(Project, Amendment)> {
    let (project, contract) = locked_standing::<Contract>(tx, r)?;
    refuse_if_settled(tx, contract.id)?;
    workflow::acts::check_state(&project, &acts::AMEND_CONTRACT, Some(contract.state.as_str()))?;
    let open = amendments::table
        .filter(amendments::contract_id.eq(contract.id))
        .filter(amendments::voided_at.is_null())
        .filter(amendments::state.ne(ContractState::Signed));
    if open.count().get_result::<i64>(tx.conn)? > 0 {
        return Err(Problem::state(
            "An amendment of this contract is still open: sign or void it first.",
            "此合同尚有未簽署的增補，請先簽署或作廢。",
        )
        .into());
    }
    workflow::allow(tx, &project, &acts::AMEND_CONTRACT, Some(contract.state.as_str()), None)?;
    check(tx, contract.id, new.on, new.amount)?;
    let mut amendment = Amendment {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        number: tx.number("CA")?,
        contract_id: contract.id,
        amount: new.amount,
        on_kind: new.on,
        why: new.why.clone(),
        state: ContractState::Draft,
        review_round: 0,
        changes: None,
        signed_on: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        redrafted_by: None,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &amendment, "amendment.drafted")?;
    if new.submit {
        hand_in(&mut amendment.state, &mut amendment.review_round);
        save(tx, &mut amendment, "amendment.submitted")?;
    }
    Ok((project, amendment))
}

/// The receivable that an amendment changes: 422 where the plan has no such instalment, 409 `money` where it would fall below what is paid or
/// written off on it.
pub fn check(tx: &mut Tx<'_>, contract: Id, on: InstalmentKind, amount: i64) -> Result<Receivable> {
    let Some(receivable) = receivables::by_kind(tx, contract, on)? else {
        return Err(Problem::validation(
            "/on",
            "unknown",
            format!("The plan has no {on}."),
            format!("付款計劃沒有 {on} 這一期。"),
        )
        .into());
    };
    receivables::check_change(&receivable, amount)?;
    Ok(receivable)
}

/// Changes an amendment that is not signed; a change after approval makes it a draft again.
pub fn update(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    patch: &Patch<AmendmentFacts>,
) -> Result<(Project, Amendment)> {
    let (project, mut amendment) = locked::<Amendment>(tx, r)?;
    let facts =
        patch.apply(&AmendmentFacts { amount: amendment.amount, on: amendment.on_kind, why: amendment.why.clone() })?;
    permit(tx, &project, &amendment, if_match, &acts::CHANGE_CONTRACT)?;
    check(tx, amendment.contract_id, facts.on, facts.amount)?;
    amendment.amount = facts.amount;
    amendment.on_kind = facts.on;
    amendment.why = facts.why;
    redraft(tx, &mut amendment.redrafted_by);
    if amendment.state == ContractState::Approved {
        amendment.state = ContractState::Draft;
        seals::void_all(tx, amendment.contract_id, Some(amendment.id))?;
    }
    save(tx, &mut amendment, "amendment.changed")?;
    Ok((project, amendment))
}

/// Submits an amendment for review, or, with what was changed, an approved one again.
pub fn submit(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, given: &SubmitForReview) -> Result<(Project, Amendment)> {
    let (project, mut amendment) = ready(tx, r, if_match, &acts::SUBMIT_CONTRACT)?;
    if amendment.state == ContractState::Approved {
        changes_after_approval(given)?;
        seals::void_all(tx, amendment.contract_id, Some(amendment.id))?;
    }
    hand_in(&mut amendment.state, &mut amendment.review_round);
    amendment.changes.clone_from(&given.changes);
    save(tx, &mut amendment, "amendment.submitted")?;
    Ok((project, amendment))
}

/// Reviews an amendment.
pub fn give_review(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, given: &ReviewGiven) -> Result<(Project, Amendment)> {
    let (project, mut amendment) = ready(tx, r, if_match, &acts::REVIEW_CONTRACT)?;
    amendment.state = review(tx, &amendment.under_review(), given)?;
    save_with(tx, &mut amendment, "amendment.reviewed", json!({ "verdict": given.verdict, "opinion": given.opinion }))?;
    Ok((project, amendment))
}

fn ready(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, act: &Act) -> Result<(Project, Amendment)> {
    let (project, amendment) = locked::<Amendment>(tx, r)?;
    permit(tx, &project, &amendment, if_match, act)?;
    Ok((project, amendment))
}

fn permit(tx: &mut Tx<'_>, project: &Project, amendment: &Amendment, if_match: &IfMatch, act: &Act) -> Result<()> {
    stale(tx, amendment, if_match)?;
    refuse_if_settled(tx, amendment.contract_id)?;
    workflow::allow(tx, project, act, Some(amendment.state.as_str()), None)
}

/// The contract of an amendment whose project is locked.
pub fn contract_of(tx: &mut Tx<'_>, amendment: &Amendment) -> Result<Contract> {
    Ok(contracts::table.filter(contracts::id.eq(amendment.contract_id)).select(Contract::as_select()).first(tx.conn)?)
}
