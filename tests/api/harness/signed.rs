//! Signed contracts put straight in the database, for tests of the money that follows them.

use super::service::Service;
use diesel::prelude::*;
use fitout::db::schema::{contract_templates, contracts, projects, receivables, users};
use fitout::db::{AnyConnection, At, Day, Id};
use fitout::events::{NewEvent, append};
use fitout::receivables::{InstalmentKind, Receivable, Trigger};
use std::collections::BTreeMap;

impl Service {
    /// A signed contract on this project with these instalments (kind, fen, due date), arisen at `at`; the receivables by kind.
    pub fn signed(&self, project: &str, at: &str, plan: &[(&str, i64, Option<&str>)]) -> BTreeMap<String, String> {
        let project: Id = project.parse().unwrap();
        let at: At = at.parse().unwrap();
        self.sql(|conn| sign(conn, project, at, plan))
    }

    /// Changes what a receivable comes to, as an amendment does.
    pub fn amended(&self, receivable: &str, at: &str, delta: i64) {
        let id: Id = receivable.parse().unwrap();
        let at: At = at.parse().unwrap();
        self.sql(|conn| {
            let mut row: Receivable =
                receivables::table.filter(receivables::id.eq(id)).select(Receivable::as_select()).first(conn).unwrap();
            row.amount += delta;
            row.version += 1;
            diesel::update(receivables::table.filter(receivables::id.eq(id))).set(&row).execute(conn).unwrap();
            append(conn, at, Some(row.created_by), vec![NewEvent::of(&row, "receivable.amount_changed").unwrap()])
                .unwrap();
        });
    }

    /// Seals a project as the archive does.
    pub fn sealed(&self, project: &str) {
        let project: Id = project.parse().unwrap();
        self.sql(|conn| {
            diesel::update(projects::table.filter(projects::id.eq(project)))
                .set(projects::sealed_at.eq(Some(At::now_real())))
                .execute(conn)
                .unwrap()
        });
    }
}

fn sign(conn: &mut AnyConnection, project: Id, at: At, plan: &[(&str, i64, Option<&str>)]) -> BTreeMap<String, String> {
    let client: Id = projects::table.filter(projects::id.eq(project)).select(projects::client_id).first(conn).unwrap();
    let by: Id = users::table.filter(users::username.eq("a_specialist_1")).select(users::id).first(conn).unwrap();
    let (template, contract) = (Id::new(), Id::new());
    let row = (
        contract_templates::id.eq(template),
        contract_templates::version.eq(1_i64),
        contract_templates::code.eq(format!("T-{template}")),
        contract_templates::edition.eq(1_i64),
        contract_templates::title.eq("Test"),
        contract_templates::body.eq("Test"),
        contract_templates::active.eq(true),
        contract_templates::created_at.eq(at),
        contract_templates::updated_at.eq(at),
    );
    diesel::insert_into(contract_templates::table).values(row).execute(conn).unwrap();
    let amount: i64 = plan.iter().map(|line| line.1).sum();
    let signed_on: Day = "2026-01-05".parse().unwrap();
    let row = (
        contracts::id.eq(contract),
        contracts::project_id.eq(project),
        contracts::version.eq(1_i64),
        contracts::number.eq(format!("C-{contract}")),
        contracts::client_id.eq(client),
        contracts::template_id.eq(template),
        contracts::amount.eq(amount),
        contracts::currency.eq("CNY"),
        contracts::defects_liability_months.eq(24_i64),
        contracts::retention_from_final_account.eq(false),
        contracts::state.eq("signed"),
        contracts::review_round.eq(1_i64),
        contracts::signed_on.eq(Some(signed_on)),
        contracts::current_amount.eq(amount),
        contracts::created_at.eq(at),
        contracts::created_by.eq(by),
        contracts::updated_at.eq(at),
    );
    diesel::insert_into(contracts::table).values(row).execute(conn).unwrap();
    let mut made = BTreeMap::new();
    for (kind, amount, due_on) in plan {
        let row = Receivable {
            id: Id::new(),
            version: 1,
            project_id: project,
            client_id: client,
            contract_id: contract,
            kind: InstalmentKind::parse(kind).unwrap(),
            amount: *amount,
            paid_amount: 0,
            written_off_amount: 0,
            currency: "CNY".to_owned(),
            trigger_kind: if due_on.is_some() { Trigger::Signing } else { Trigger::InvoiceReceived },
            days: 7,
            due_on: due_on.map(|day| day.parse().unwrap()),
            effective_on: None,
            disputed: false,
            created_at: at,
            created_by: by,
            updated_at: at,
        };
        diesel::insert_into(receivables::table).values(&row).execute(conn).unwrap();
        append(conn, at, Some(by), vec![NewEvent::of(&row, "receivable.opened").unwrap()]).unwrap();
        made.insert((*kind).to_owned(), row.id.to_string());
    }
    made
}
