//! How money is shared out: pure decisions.

use crate::db::{Day, Id};
use crate::receivables::InstalmentKind;

/// A receivable that may take money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taker {
    pub receivable: Id,
    pub due_on: Option<Day>,
    pub kind: InstalmentKind,
    pub contract_number: String,
    pub disputed: bool,
    pub sealed: bool,
    pub open: i64,
}

/// Where nothing is named: earliest due first, ties by deposit, interim, balance, retention, then contract number; only what has a due date, no dispute
/// and something open, in a project that is not sealed. What is left over is unapplied.
pub(super) fn by_due_date(amount: i64, mut takers: Vec<Taker>) -> Vec<(Id, i64)> {
    takers.retain(|t| t.due_on.is_some() && !t.disputed && !t.sealed && t.open > 0);
    takers.sort_by(|a, b| {
        let key = |t: &Taker| (t.due_on, t.kind, t.contract_number.len(), t.contract_number.clone(), t.receivable);
        key(a).cmp(&key(b))
    });
    share(amount, takers.into_iter().map(|t| (t.receivable, t.open)))
}

/// By name: each gets what was named, at most what is open now; what was closed meanwhile stays unapplied and goes to nobody else.
pub(super) fn by_name(amount: i64, named: impl IntoIterator<Item = (Id, i64, i64)>) -> Vec<(Id, i64)> {
    share(amount, named.into_iter().map(|(id, asked, open)| (id, asked.min(open))))
}

/// Gives each in turn what it can take, until the amount is used up.
pub(super) fn share(amount: i64, takers: impl IntoIterator<Item = (Id, i64)>) -> Vec<(Id, i64)> {
    let mut left = amount;
    let mut parts = Vec::new();
    for (id, most) in takers {
        let part = most.min(left);
        if part > 0 {
            left -= part;
            parts.push((id, part));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taker(due: &str, kind: InstalmentKind, contract: &str, open: i64) -> Taker {
        Taker {
            receivable: Id::new(),
            due_on: due.parse().ok(),
            kind,
            contract_number: contract.to_owned(),
            disputed: false,
            sealed: false,
            open,
        }
    }

    #[test]
    fn the_earliest_due_comes_first_then_kind_then_contract() {
        let retention = taker("2026-03-01", InstalmentKind::Retention, "C-2026-0001", 5);
        let late = taker("2026-03-02", InstalmentKind::Deposit, "C-2026-0001", 5);
        let other = taker("2026-03-01", InstalmentKind::Deposit, "C-2026-0002", 5);
        let first = taker("2026-03-01", InstalmentKind::Deposit, "C-2026-0001", 5);
        let shared = by_due_date(18, vec![late.clone(), retention.clone(), other.clone(), first.clone()]);
        assert_eq!(
            shared,
            vec![(first.receivable, 5), (other.receivable, 5), (retention.receivable, 5), (late.receivable, 3)]
        );
    }

    #[test]
    fn pending_disputed_sealed_and_closed_ones_take_nothing() {
        let pending = Taker { due_on: None, ..taker("2026-03-01", InstalmentKind::Balance, "C-1", 5) };
        let disputed = Taker { disputed: true, ..taker("2026-03-01", InstalmentKind::Balance, "C-1", 5) };
        let sealed = Taker { sealed: true, ..taker("2026-03-01", InstalmentKind::Balance, "C-1", 5) };
        let closed = taker("2026-03-01", InstalmentKind::Balance, "C-1", 0);
        assert_eq!(by_due_date(9, vec![pending, disputed, sealed, closed]), vec![]);
    }

    #[test]
    fn a_name_never_spills_over() {
        let (a, b) = (Id::new(), Id::new());
        assert_eq!(by_name(10, [(a, 8, 3), (b, 2, 9)]), vec![(a, 3), (b, 2)]);
        assert_eq!(by_name(10, [(a, 8, 0)]), vec![]);
    }
}
