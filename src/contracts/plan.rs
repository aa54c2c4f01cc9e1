//! The instalment plan: exactly one balance, at most one of each other kind, all by share or all by amount. Pure.

use crate::http::Problem;
use crate::receivables::{InstalmentKind, Trigger};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// One instalment as it is agreed: a share of the contract amount, or an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct InstalmentDraft {
    /// Which.
    pub kind: InstalmentKind,
    /// Its share of the contract amount in basis points; all of a plan add up to 10,000.
    #[serde(default)]
    #[validate(range(min = 0, max = 10_000))]
    #[schema(example = 3000, minimum = 0, maximum = 10_000)]
    pub share_bp: Option<i64>,
    /// Fen, where the plan is by amount; all of a plan add up to the contract amount.
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub amount: Option<i64>,
    /// Days after its trigger; may be negative.
    #[serde(default)]
    #[validate(range(min = -3650, max = 3650))]
    #[schema(example = 7, minimum = -3650, maximum = 3650, default = 0)]
    pub days: i64,
    /// What sets its due date; by default signing (deposit), planned_site_access (interim), acceptance (balance), defects_liability_end (retention).
    #[serde(default)]
    pub trigger: Option<Trigger>,
}

/// One instalment as the plan comes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLine {
    /// Which.
    pub kind: InstalmentKind,
    /// Basis points, where the plan is by share.
    pub share_bp: Option<i64>,
    /// Fen.
    pub amount: i64,
    /// Days after the trigger.
    pub days: i64,
    /// What sets its due date.
    pub trigger: Trigger,
}

/// The trigger that each kind has unless agreed otherwise.
pub const fn default_trigger(kind: InstalmentKind) -> Trigger {
    match kind {
        InstalmentKind::Deposit => Trigger::Signing,
        InstalmentKind::Interim => Trigger::PlannedSiteAccess,
        InstalmentKind::Balance => Trigger::Acceptance,
        InstalmentKind::Retention => Trigger::DefectsLiabilityEnd,
    }
}

/// A share of an amount that is not negative, rounded half up to a fen.
pub fn half_up_share(amount: i64, share_bp: i64) -> i64 {
    let product = i128::from(amount) * i128::from(share_bp);
    i64::try_from((product + 5_000).div_euclid(10_000)).unwrap_or(i64::MAX)
}

/// What the plan of a contract comes to. By share every line but the last of the list is amount × share ÷ 10,000 rounded half up to a fen, and the last
/// takes the rest. 422 at `/instalments` where the plan breaks a rule.
pub fn split(amount: i64, lines: &[InstalmentDraft]) -> Result<Vec<PlanLine>, Problem> {
    check_kinds(lines)?;
    let by_share = lines.iter().all(|l| l.share_bp.is_some() && l.amount.is_none());
    let by_amount = lines.iter().all(|l| l.share_bp.is_none() && l.amount.is_some());
    let amounts = match (by_share, by_amount) {
        (true, _) => amounts_by_share(amount, lines)?,
        (false, true) => amounts_as_given(amount, lines)?,
        (false, false) => {
            return Err(fault(
                "mixed",
                "Give every instalment a share, or every one an amount.",
                "各期款須全部按比例或全部按金額。",
            ));
        }
    };
    let line = |(draft, amount): (&InstalmentDraft, i64)| PlanLine {
        kind: draft.kind,
        share_bp: draft.share_bp,
        amount,
        days: draft.days,
        trigger: draft.trigger.unwrap_or(default_trigger(draft.kind)),
    };
    Ok(lines.iter().zip(amounts).map(line).collect())
}

fn check_kinds(lines: &[InstalmentDraft]) -> Result<(), Problem> {
    let count = |kind: InstalmentKind| lines.iter().filter(|l| l.kind == kind).count();
    if count(InstalmentKind::Balance) != 1 {
        return Err(fault("one_balance", "A plan has exactly one balance.", "付款計劃須有且只有一期尾款。"));
    }
    match InstalmentKind::ALL.iter().find(|kind| count(**kind) > 1) {
        Some(twice) => {
            Err(fault("duplicate", &format!("A plan has at most one {twice}."), &format!("付款計劃至多一期 {twice}。")))
        }
        None => Ok(()),
    }
}

fn amounts_by_share(amount: i64, lines: &[InstalmentDraft]) -> Result<Vec<i64>, Problem> {
    let shares: Vec<i64> = lines.iter().filter_map(|l| l.share_bp).collect();
    let sum: i64 = shares.iter().sum();
    if sum != 10_000 {
        return Err(fault(
            "sum",
            &format!("The shares add up to {sum} basis points instead of 10,000."),
            &format!("比例合計 {sum} 個基點，應為 10,000。"),
        ));
    }
    let mut amounts: Vec<i64> = shares.iter().map(|share| half_up_share(amount, *share)).collect();
    let before_last: i64 = amounts.iter().rev().skip(1).sum();
    let rest = amount - before_last;
    if rest < 0 {
        return Err(fault(
            "too_small",
            "The amount is too small to be split like this: give amounts instead.",
            "金額過小，無法如此分期，請按金額填寫。",
        ));
    }
    if let Some(last) = amounts.last_mut() {
        *last = rest;
    }
    Ok(amounts)
}

fn amounts_as_given(amount: i64, lines: &[InstalmentDraft]) -> Result<Vec<i64>, Problem> {
    let amounts: Vec<i64> = lines.iter().filter_map(|l| l.amount).collect();
    let sum: i128 = amounts.iter().map(|a| i128::from(*a)).sum();
    if sum != i128::from(amount) {
        return Err(fault(
            "sum",
            &format!("The instalments add up to {sum} fen instead of {amount}."),
            &format!("各期款合計 {sum} 分，應為 {amount} 分。"),
        ));
    }
    Ok(amounts)
}

fn fault(code: &str, en: &str, zh: &str) -> Problem {
    Problem::validation("/instalments", code, en, zh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [InstalmentKind; 4] =
        [InstalmentKind::Deposit, InstalmentKind::Interim, InstalmentKind::Balance, InstalmentKind::Retention];

    fn line(kind: InstalmentKind, share_bp: Option<i64>, amount: Option<i64>) -> InstalmentDraft {
        InstalmentDraft { kind, share_bp, amount, days: 0, trigger: None }
    }

    fn by_share(shares: &[i64]) -> Vec<InstalmentDraft> {
        let kinds: &[InstalmentKind] = if shares.len() == 1 {
            &KINDS[2..]
        } else if shares.len() == 2 {
            &KINDS[1..]
        } else {
            &KINDS
        };
        shares.iter().zip(kinds).map(|(share, kind)| line(*kind, Some(*share), None)).collect()
    }

    fn amounts(amount: i64, lines: &[InstalmentDraft]) -> Vec<i64> {
        split(amount, lines).unwrap().iter().map(|l| l.amount).collect()
    }

    fn refusal(amount: i64, lines: &[InstalmentDraft]) -> String {
        let problem = split(amount, lines).unwrap_err();
        assert_eq!(&*problem.errors[0].pointer, "/instalments");
        problem.errors[0].code.to_string()
    }

    #[test]
    fn the_last_of_the_list_takes_the_rest() {
        assert_eq!(
            amounts(128_643_157, &by_share(&[3000, 4000, 2500, 500])),
            [38_592_947, 51_457_263, 32_160_789, 6_432_158]
        );
        assert_eq!(amounts(3, &by_share(&[5000, 5000])), [2, 1], "half up, then the rest");
    }

    #[test]
    fn each_kind_has_its_trigger() {
        let plan = split(100, &by_share(&[2500, 2500, 2500, 2500])).unwrap();
        let triggers: Vec<Trigger> = plan.iter().map(|l| l.trigger).collect();
        assert_eq!(
            triggers,
            [Trigger::Signing, Trigger::PlannedSiteAccess, Trigger::Acceptance, Trigger::DefectsLiabilityEnd]
        );
    }

    #[test]
    fn a_plan_that_breaks_a_rule_is_refused() {
        let (deposit, balance) = (InstalmentKind::Deposit, InstalmentKind::Balance);
        assert_eq!(refusal(100, &[]), "one_balance");
        assert_eq!(refusal(100, &[line(deposit, Some(10_000), None)]), "one_balance");
        assert_eq!(refusal(100, &[line(balance, Some(5000), None), line(balance, Some(5000), None)]), "one_balance");
        assert_eq!(
            refusal(
                100,
                &[line(deposit, Some(5000), None), line(deposit, Some(1000), None), line(balance, Some(4000), None)]
            ),
            "duplicate"
        );
        assert_eq!(refusal(100, &[line(deposit, Some(5000), None), line(balance, None, Some(50))]), "mixed");
        assert_eq!(refusal(100, &[line(balance, None, None)]), "mixed");
        assert_eq!(refusal(100, &by_share(&[3000, 6999])), "sum");
        assert_eq!(refusal(46_800_001, &[line(deposit, None, Some(14_040_000)), line(balance, None, Some(1))]), "sum");
        assert_eq!(refusal(2, &by_share(&[2500, 2500, 2500, 2500])), "too_small");
        assert_eq!(amounts(0x7fff_ffff, &[line(balance, None, Some(0x7fff_ffff))]), [0x7fff_ffff]);
    }

    proptest! {
        #[test]
        fn shares_always_add_up_to_the_amount(amount in 4_i64..1_000_000_000_000_000, cuts in proptest::collection::vec(0_i64..=10_000, 3)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let shares = [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 10_000 - cuts[2]];
            if let Ok(plan) = split(amount, &by_share(&shares)) {
                prop_assert_eq!(plan.iter().map(|l| l.amount).sum::<i64>(), amount);
                for (line, share) in plan.iter().zip(shares) {
                    prop_assert!(line.amount >= 0);
                    // No instalment is further from its exact share than the roundings of the others can take it.
                    let exact = i128::from(amount) * i128::from(share);
                    prop_assert!((i128::from(line.amount) * 10_000 - exact).abs() <= 3 * 5_000);
                }
            } else {
                prop_assert!(i128::from(amount) * i128::from(shares[3]) < 15_000, "only a last share of next to nothing can be too small: {:?} of {}", shares, amount);
            }
        }

        #[test]
        fn amounts_are_kept_and_must_add_up(parts in proptest::collection::vec(0_i64..1_000_000_000_000, 4), off in -3_i64..=3) {
            let lines: Vec<InstalmentDraft> = parts.iter().zip(KINDS).map(|(amount, kind)| line(kind, None, Some(*amount))).collect();
            let sum: i64 = parts.iter().sum();
            let plan = split(sum + off, &lines);
            prop_assert_eq!(plan.is_ok(), off == 0);
        }

        #[test]
        fn a_share_is_rounded_half_up(amount in 0_i64..1_000_000_000_000_000, share in 0_i64..=10_000) {
            let (twice, exact_twice) = (i128::from(half_up_share(amount, share)) * 20_000, i128::from(amount) * i128::from(share) * 2);
            prop_assert!(twice - exact_twice <= 10_000 && exact_twice - twice < 10_000);
        }
    }
}
