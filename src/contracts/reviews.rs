//! Reviews of contracts and amendments: the back leader first, above the limit then the manager; nobody reviews what they drafted, or changed in
//! another's draft. Every submission starts a new round, in which every level reviews again.

use super::store::ContractState;
use crate::access::{Actor, Result, Role, Tx};
use crate::db::{At, Id, schema::contract_reviews, text_enum};
use crate::http::Problem;
use crate::settings;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// What a reviewer decides.
    ReviewVerdict {
        /// It may go on.
        Approved = "approved",
        /// Back to the draft.
        ChangesRequested = "changes_requested",
    }
}

text_enum! {
    /// Who reviews next.
    NextReviewer {
        /// The leader of the back group.
        BackLeader = "back_leader",
        /// The manager.
        Manager = "manager",
        /// Nobody: it is not in review.
        None = "none",
    }
}

/// A review.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = contract_reviews, treat_none_as_default_value = false)]
pub struct ContractReview {
    /// The review.
    pub id: Id,
    /// The contract.
    pub contract_id: Id,
    /// The amendment that was reviewed; none: the contract itself.
    pub amendment_id: Option<Id>,
    /// The project.
    #[serde(skip)]
    #[schema(ignore)]
    pub project_id: Id,
    /// Which submission.
    #[schema(example = 1)]
    pub round: i64,
    /// 1: the back leader; 2: the manager.
    #[schema(example = 1)]
    pub level: i64,
    /// What was decided.
    pub verdict: ReviewVerdict,
    /// Why.
    #[schema(example = "Liquidated damages are not capped")]
    pub opinion: String,
    /// When.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
}

/// A verdict with its reasons.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReviewGiven {
    /// What is decided.
    pub verdict: ReviewVerdict,
    /// Why.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "Liquidated damages are not capped", min_length = 1, max_length = 4000)]
    pub opinion: String,
}

/// What is to be reviewed.
#[derive(Debug, Clone)]
pub struct UnderReview {
    /// The contract.
    pub contract_id: Id,
    /// The amendment; none: the contract itself.
    pub amendment_id: Option<Id>,
    /// The project.
    pub project_id: Id,
    /// Which submission.
    pub round: i64,
    /// The amount under review in fen, without its sign.
    pub amount: i64,
    /// Who drafted it, or of its reviewers changed it last.
    pub drafted_by: Id,
}

/// Who drafted it, as far as the levels depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drafter {
    BackLeader,
    Manager,
    Other,
}

/// Notes who changed a draft: one of those who review counts from then on as its drafter, whatever others change later.
pub(super) fn redraft(tx: &Tx<'_>, redrafted_by: &mut Option<Id>) {
    if tx.actor.is_back_leader() || tx.actor.role == Role::Manager {
        *redrafted_by = Some(tx.actor.id);
    }
}

/// The levels of a review in their order. Where the back leader drafted it the manager reviews alone, whatever the amount; where the manager did, the
/// back leader alone.
const fn levels(drafter: Drafter, amount: i64, limit: i64) -> &'static [NextReviewer] {
    match drafter {
        Drafter::BackLeader => &[NextReviewer::Manager],
        Drafter::Manager => &[NextReviewer::BackLeader],
        Drafter::Other if amount > limit => &[NextReviewer::BackLeader, NextReviewer::Manager],
        Drafter::Other => &[NextReviewer::BackLeader],
    }
}

const fn level_of(reviewer: NextReviewer) -> i64 {
    match reviewer {
        NextReviewer::None => 0,
        NextReviewer::BackLeader => 1,
        NextReviewer::Manager => 2,
    }
}

/// The reviews of a contract, or of one of its amendments, oldest first.
pub fn reviews_of(tx: &mut Tx<'_>, contract: Id, amendment: Option<Id>) -> Result<Vec<ContractReview>> {
    let mut all = tx.found(contract, reviews_on)?;
    all.retain(|review| review.amendment_id == amendment);
    Ok(all)
}

fn reviews_on(tx: &mut Tx<'_>, contracts: &[Id]) -> Result<Vec<(Id, ContractReview)>> {
    let rows = contract_reviews::table.filter(contract_reviews::contract_id.eq_any(contracts));
    let rows = rows.order(contract_reviews::id).select((contract_reviews::contract_id, ContractReview::as_select()));
    Ok(rows.load(tx.conn)?)
}

/// Reads for a page what the reviews of each of these go by.
pub(super) fn look_ahead(tx: &mut Tx<'_>, all: &[UnderReview]) -> Result<()> {
    tx.read_ahead(all.iter().map(|under| under.contract_id), reviews_on)?;
    tx.read_ahead(all.iter().map(|under| under.drafted_by), terms)
}

/// What the review of what these people drafted goes by: who they are, and the limit above which the manager reviews too.
fn terms(tx: &mut Tx<'_>, people: &[Id]) -> Result<Vec<(Id, (Drafter, i64))>> {
    let limit = settings::load(tx.conn)?.contract_review_limit_amount;
    let known = Actor::by_ids(tx.conn, people)?;
    let drafter = |id: &Id| match known.iter().find(|person| person.id == *id) {
        Some(person) if person.is_back_leader() => Drafter::BackLeader,
        Some(person) if person.role == Role::Manager => Drafter::Manager,
        Some(_) | None => Drafter::Other,
    };
    Ok(people.iter().map(|id| (*id, (drafter(id), limit))).collect())
}

/// Whose turn it is to review this.
pub fn next_reviewer(tx: &mut Tx<'_>, under: &UnderReview) -> Result<NextReviewer> {
    Ok(remaining(tx, under)?.first().copied().unwrap_or(NextReviewer::None))
}

/// Whose turn it is after these reviews.
pub(super) fn next_among(tx: &mut Tx<'_>, under: &UnderReview, given: &[ContractReview]) -> Result<NextReviewer> {
    Ok(remaining_after(tx, under, given)?.first().copied().unwrap_or(NextReviewer::None))
}

fn remaining(tx: &mut Tx<'_>, under: &UnderReview) -> Result<Vec<NextReviewer>> {
    let given = reviews_of(tx, under.contract_id, under.amendment_id)?;
    remaining_after(tx, under, &given)
}

fn remaining_after(tx: &mut Tx<'_>, under: &UnderReview, given: &[ContractReview]) -> Result<Vec<NextReviewer>> {
    let terms = tx.found(under.drafted_by, terms)?;
    let Some((drafter, limit)) = terms.first().copied() else { return Ok(Vec::new()) };
    let approved = |level: i64| {
        given.iter().any(|r| r.round == under.round && r.level == level && r.verdict == ReviewVerdict::Approved)
    };
    Ok(levels(drafter, under.amount, limit).iter().copied().filter(|reviewer| !approved(level_of(*reviewer))).collect())
}

/// Whose turn it is and how many levels are left, if it is the caller's turn; else 403 `not_party`.
pub(super) fn may_review(tx: &mut Tx<'_>, under: &UnderReview) -> Result<(NextReviewer, usize)> {
    if tx.actor.id == under.drafted_by {
        return Err(Problem::not_party("Nobody reviews what they drafted.", "起草人不得評審自己的文件。").into());
    }
    let remaining = remaining(tx, under)?;
    let turn = remaining.first().copied().unwrap_or(NextReviewer::None);
    let is_mine = match turn {
        NextReviewer::BackLeader => tx.actor.is_back_leader(),
        NextReviewer::Manager => tx.actor.role == Role::Manager,
        NextReviewer::None => false,
    };
    if !is_mine {
        return Err(Problem::not_party(
            format!("The next review is for: {turn}."),
            format!("下一級評審人為：{turn}。"),
        )
        .into());
    }
    Ok((turn, remaining.len()))
}

/// Records a review by the caller and answers the state that it leads to. 403 `not_party` where it is not the caller's turn.
pub fn review(tx: &mut Tx<'_>, under: &UnderReview, given: &ReviewGiven) -> Result<ContractState> {
    let (turn, remaining) = may_review(tx, under)?;
    let row = ContractReview {
        id: Id::new(),
        contract_id: under.contract_id,
        amendment_id: under.amendment_id,
        project_id: under.project_id,
        round: under.round,
        level: level_of(turn),
        verdict: given.verdict,
        opinion: given.opinion.clone(),
        created_at: tx.now,
        created_by: tx.actor.id,
    };
    diesel::insert_into(contract_reviews::table).values(&row).execute(tx.conn)?;
    Ok(match (given.verdict, remaining) {
        (ReviewVerdict::ChangesRequested, _) => ContractState::Draft,
        (ReviewVerdict::Approved, 0 | 1) => ContractState::Approved,
        (ReviewVerdict::Approved, _) => ContractState::InReview,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use NextReviewer::{BackLeader, Manager};

    #[test]
    fn the_levels_follow_amount_and_drafter() {
        let limit = 50_000_000;
        assert_eq!(levels(Drafter::Other, limit, limit), [BackLeader], "the limit itself is not above it");
        assert_eq!(levels(Drafter::Other, limit + 1, limit), [BackLeader, Manager]);
        assert_eq!(levels(Drafter::BackLeader, 1, limit), [Manager]);
        assert_eq!(levels(Drafter::BackLeader, limit + 1, limit), [Manager]);
        assert_eq!(levels(Drafter::Manager, limit + 1, limit), [BackLeader]);
    }
}
