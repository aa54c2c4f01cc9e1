//! The sums of the rules of money. Each check is one statement, which gives the records where the two sides differ.

use super::Report;
use crate::db::AnyConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

/// The rows of `table`, their id as `place`, where `has` is not what it `should` be.
struct Sum {
    rule: &'static str,
    table: &'static str,
    /// What is counted on both sides, for the sentence.
    what: &'static str,
    id: &'static str,
    has: &'static str,
    should: &'static str,
    /// After `FROM`.
    from: &'static str,
}

const SUMS: [Sum; 11] = [
    Sum {
        rule: "money.receivable_paid",
        table: "receivables",
        what: "fen paid, and allocated to it",
        id: "t.id",
        has: "t.paid_amount",
        should: "(SELECT SUM(a.amount) FROM allocations a WHERE a.receivable_id = t.id AND a.reversed_at IS NULL)",
        from: "receivables t",
    },
    Sum {
        rule: "money.receivable_written_off",
        table: "receivables",
        what: "fen written off, and approved as write-offs",
        id: "t.id",
        has: "t.written_off_amount",
        should: "(SELECT SUM(w.amount) FROM write_offs w WHERE w.receivable_id = t.id AND w.state IN ('approved', 'booked') AND w.voided_at IS NULL)",
        from: "receivables t",
    },
    Sum {
        rule: "money.over_allocated",
        table: "receivables",
        what: "fen beyond what it is, and none",
        id: "t.id",
        has: "t.paid_amount + t.written_off_amount - t.amount",
        should: "0",
        from: "(SELECT * FROM receivables WHERE paid_amount + written_off_amount > amount OR paid_amount < 0 OR written_off_amount < 0) t",
    },
    Sum {
        rule: "money.payment_allocated",
        table: "payments",
        what: "fen allocated, and in its allocations",
        id: "t.id",
        has: "t.allocated_amount",
        should: "(SELECT SUM(a.amount) FROM allocations a WHERE a.payment_id = t.id AND a.reversed_at IS NULL)",
        from: "payments t",
    },
    Sum {
        rule: "money.payment_unconfirmed",
        table: "payments",
        what: "fen of a payment that does not count, and none",
        id: "t.id",
        has: "t.allocated_amount + t.refunded_amount",
        should: "0",
        from: "(SELECT * FROM payments WHERE state <> 'confirmed' OR allocated_amount + refunded_amount > amount) t",
    },
    Sum {
        rule: "money.refunds",
        table: "clients",
        what: "fen refunded from its payments, and in its refunds",
        id: "t.client_id",
        has: "t.refunded",
        should: "(SELECT SUM(r.amount) FROM refunds r WHERE r.client_id = t.client_id AND r.currency = t.currency)",
        from: "(SELECT client_id, currency, SUM(refunded_amount) AS refunded FROM payments GROUP BY client_id, currency) t",
    },
    Sum {
        rule: "money.contract_value",
        table: "contracts",
        what: "fen now, and in the contract with its signed amendments",
        id: "t.id",
        has: "t.current_amount",
        should: "t.amount + COALESCE((SELECT SUM(a.amount) FROM amendments a WHERE a.contract_id = t.id AND a.state = 'signed' AND a.voided_at IS NULL), 0)",
        from: "(SELECT * FROM contracts WHERE state = 'signed' AND voided_at IS NULL) t",
    },
    Sum {
        rule: "money.contract_receivables",
        table: "contracts",
        what: "fen in its receivables, and in its confirmed final account or else the contract now",
        id: "t.id",
        has: "(SELECT COALESCE(SUM(r.amount), 0) FROM receivables r WHERE r.contract_id = t.id)",
        should: "COALESCE((SELECT SUM(COALESCE(f.audited_amount, f.total_amount)) FROM final_accounts f WHERE f.contract_id = t.id AND f.state = 'confirmed' AND f.voided_at IS NULL), t.current_amount)",
        from: "(SELECT * FROM contracts WHERE state = 'signed' AND voided_at IS NULL) t",
    },
    Sum {
        rule: "money.final_account",
        table: "final_accounts",
        what: "fen in all, and of the contract with its amendments and adjustments less the deductions",
        id: "t.id",
        has: "t.total_amount",
        should: "t.contract_amount + t.amendments_amount + t.adjustments_amount - t.deductions_amount",
        from: "final_accounts t",
    },
    Sum {
        rule: "money.receivable_currency",
        table: "receivables",
        what: "receivables in another currency than their contract or of another client, and none",
        id: "t.id",
        has: "1",
        should: "0",
        from: "(SELECT r.id FROM receivables r JOIN contracts c ON c.id = r.contract_id JOIN projects p ON p.id = r.project_id \
               WHERE r.currency <> c.currency OR r.client_id <> p.client_id OR r.project_id <> c.project_id) t",
    },
    Sum {
        rule: "money.currency",
        table: "allocations",
        what: "allocations of a payment to another client's receivable or in another currency, and none",
        id: "t.id",
        has: "1",
        should: "0",
        from: "(SELECT a.id FROM allocations a JOIN payments p ON p.id = a.payment_id JOIN receivables r ON r.id = a.receivable_id \
               WHERE p.client_id <> r.client_id OR p.currency <> r.currency OR a.client_id <> r.client_id) t",
    },
];

#[derive(QueryableByName)]
struct Differing {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    has: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    should: Option<i64>,
}

/// An id as text on either database.
pub(super) fn id_text(conn: &AnyConnection, column: &str) -> String {
    if conn.is_postgres() {
        format!("{column}::text")
    } else {
        let part = |from: u8, length: u8| format!("substr(lower(hex({column})), {from}, {length})");
        [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ")
    }
}

/// Adds everything up.
pub fn check(conn: &mut AnyConnection, report: &mut Report) -> QueryResult<()> {
    for sum in &SUMS {
        let Sum { id, has, should, from, .. } = sum;
        let id = id_text(conn, id);
        let differing = diesel::sql_query(format!(
            "SELECT place, has, should FROM (SELECT {id} AS place, CAST(COALESCE({has}, 0) AS BIGINT) AS has, \
             CAST(COALESCE({should}, 0) AS BIGINT) AS should FROM {from}) sums WHERE has <> should"
        ));
        for Differing { place, has, should } in differing.load::<Differing>(conn)? {
            let (has, should) = (has.unwrap_or_default(), should.unwrap_or_default());
            report.find(sum.rule, format!("{} {place}", sum.table), format!("{has} and {should}: {}", sum.what));
        }
    }
    report.looked_at.push(("sums of money", u64::try_from(SUMS.len()).unwrap_or_default()));
    Ok(())
}
