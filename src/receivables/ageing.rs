//! Ageing: what is outstanding by days past due on a day; what waits for its trigger stands in no band and is given apart.

use super::figures::Standing;
use crate::db::{Day, text_enum};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

text_enum! {
    /// Days past due.
    Band {
        /// Due on the day or later.
        NotDue = "not_due",
        /// 1 to 30 days past due.
        Days30 = "1-30",
        /// 31 to 60.
        Days60 = "31-60",
        /// 61 to 90.
        Days90 = "61-90",
        /// 91 to 180.
        Days180 = "91-180",
        /// 181 to 365.
        Days365 = "181-365",
        /// More than 365.
        Over365 = "over_365",
    }
}

/// The band of something due on a day, seen on another.
pub fn band_of(due_on: Day, on: Day) -> Band {
    match on.days_since(due_on) {
        ..=0 => Band::NotDue,
        1..=30 => Band::Days30,
        31..=60 => Band::Days60,
        61..=90 => Band::Days90,
        91..=180 => Band::Days180,
        181..=365 => Band::Days365,
        _ => Band::Over365,
    }
}

/// What stands in one band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BandAmount {
    /// The band.
    pub band: Band,
    /// Fen.
    #[schema(example = 16_845_789)]
    pub amount: i64,
}

/// What is outstanding in one currency, by age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Aged {
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// What the receivables come to, in fen.
    #[schema(example = 133_328_157)]
    pub receivables_total_amount: i64,
    /// What is paid on them, in fen.
    #[schema(example = 110_050_210)]
    pub paid_amount: i64,
    /// What is written off on them, in fen.
    #[schema(example = 0)]
    pub written_off_amount: i64,
    /// All that is neither paid nor written off, pending included, in fen.
    #[schema(example = 23_277_947)]
    pub outstanding_amount: i64,
    /// Outstanding before its trigger, in no band, in fen.
    #[schema(example = 0)]
    pub pending_amount: i64,
    /// Outstanding past its due date, in fen.
    #[schema(example = 16_845_789)]
    pub overdue_amount: i64,
    /// All seven bands, in order; with `pending_amount` they add up to `outstanding_amount`.
    pub bands: Vec<BandAmount>,
}

/// Ages what stood on a day, currency by currency.
pub(super) fn aged(rows: &[Standing], on: Day) -> Vec<Aged> {
    let mut out: BTreeMap<&str, Aged> = BTreeMap::new();
    for row in rows {
        let aged = out.entry(&row.currency).or_insert_with(|| Aged {
            currency: row.currency.clone(),
            receivables_total_amount: 0,
            paid_amount: 0,
            written_off_amount: 0,
            outstanding_amount: 0,
            pending_amount: 0,
            overdue_amount: 0,
            bands: Band::ALL.iter().map(|band| BandAmount { band: *band, amount: 0 }).collect(),
        });
        let open = row.outstanding();
        aged.receivables_total_amount += row.amount;
        aged.paid_amount += row.paid;
        aged.written_off_amount += row.written_off;
        aged.outstanding_amount += open;
        let Some(due_on) = row.due_on else {
            aged.pending_amount += open;
            continue;
        };
        let band = band_of(due_on, on);
        if band != Band::NotDue {
            aged.overdue_amount += open;
        }
        if let Some(place) = aged.bands.iter_mut().find(|b| b.band == band) {
            place.amount += open;
        }
    }
    out.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_begin_and_end_where_the_rules_say() {
        let on: Day = "2026-08-15".parse().unwrap();
        let band = |days: i64| band_of(on.plus_days(-days), on).as_str();
        let edges = [
            (-9, "not_due"),
            (0, "not_due"),
            (1, "1-30"),
            (30, "1-30"),
            (31, "31-60"),
            (60, "31-60"),
            (61, "61-90"),
            (90, "61-90"),
            (91, "91-180"),
            (180, "91-180"),
            (181, "181-365"),
            (365, "181-365"),
            (366, "over_365"),
        ];
        for (days, name) in edges {
            assert_eq!(band(days), name, "{days} days past due");
        }
    }

    #[test]
    fn bands_and_pending_add_up_to_what_is_outstanding() {
        let on: Day = "2026-08-15".parse().unwrap();
        let row = |amount, paid, due: Option<&str>| Standing::sample(amount, paid, due.and_then(|d| d.parse().ok()));
        let all = aged(
            &[
                row(100, 40, Some("2026-08-14")),
                row(70, 0, Some("2026-08-15")),
                row(30, 10, None),
                row(50, 50, Some("2020-01-01")),
            ],
            on,
        );
        assert_eq!(all.len(), 1);
        let one = &all[0];
        assert_eq!((one.outstanding_amount, one.pending_amount, one.overdue_amount), (150, 20, 60));
        assert_eq!(one.bands.iter().map(|b| b.amount).sum::<i64>() + one.pending_amount, one.outstanding_amount);
    }
}
