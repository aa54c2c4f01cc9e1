//! Records put straight in the database, where a test of one act needs them to be there.

use super::service::Service;
use diesel::prelude::*;
use fitout::db::schema::{contract_templates, contracts, documents, instructions, projects, receivables, users};
use fitout::db::{AnyConnection, At, Id};

impl Service {
    /// A document of this project in a category, without its bytes; its id.
    pub fn document(&self, project: &str, category: &str) -> String {
        let (id, project, now) = (Id::new(), project.parse::<Id>().unwrap(), At::now_real());
        self.sql(|conn| {
            let by = anybody(conn);
            let row = (
                (
                    documents::id.eq(id),
                    documents::project_id.eq(Some(project)),
                    documents::version.eq(1_i64),
                    documents::category.eq(category),
                    documents::title.eq(category),
                ),
                (
                    documents::confidentiality.eq("normal"),
                    documents::latest_revision.eq(1_i64),
                    documents::created_at.eq(now),
                    documents::created_by.eq(by),
                    documents::updated_at.eq(now),
                ),
            );
            diesel::insert_into(documents::table).values(row).execute(conn).unwrap();
        });
        id.to_string()
    }

    /// Voids a document.
    pub fn void_document(&self, document: &str) {
        let row = documents::table.filter(documents::id.eq(document.parse::<Id>().unwrap()));
        self.sql(|conn| diesel::update(row).set(documents::voided_at.eq(Some(At::now_real()))).execute(conn).unwrap());
    }

    /// The category of a document.
    pub fn category(&self, document: &str) -> String {
        let row =
            documents::table.filter(documents::id.eq(document.parse::<Id>().unwrap())).select(documents::category);
        self.sql(|conn| row.first(conn).unwrap())
    }

    /// A client instruction of this project; its id.
    pub fn instruction(&self, project: &str, what: &str, state: &str) -> String {
        let (id, project, now) = (Id::new(), project.parse::<Id>().unwrap(), At::now_real());
        self.sql(|conn| {
            let by = anybody(conn);
            let row = (
                (
                    instructions::id.eq(id),
                    instructions::project_id.eq(project),
                    instructions::version.eq(1_i64),
                    instructions::direction.eq("client_instruction"),
                    instructions::what.eq(what),
                ),
                (
                    instructions::state.eq(state),
                    instructions::created_at.eq(now),
                    instructions::created_by.eq(by),
                    instructions::updated_at.eq(now),
                ),
            );
            diesel::insert_into(instructions::table).values(row).execute(conn).unwrap();
        });
        id.to_string()
    }

    /// Who acknowledged an instruction.
    pub fn acknowledged_by(&self, instruction: &str) -> Option<String> {
        let row = instructions::table
            .filter(instructions::id.eq(instruction.parse::<Id>().unwrap()))
            .select(instructions::acknowledged_by);
        self.sql(|conn| row.first::<Option<Id>>(conn).unwrap()).map(|id| id.to_string())
    }

    /// A signed contract with a balance (30 days after acceptance) and a retention (24 months after it), both pending.
    pub fn signed_contract(&self, project: &str) {
        let (template, contract, project, now) = (Id::new(), Id::new(), project.parse::<Id>().unwrap(), At::now_real());
        self.sql(|conn| {
            let by = anybody(conn);
            let client: Id =
                projects::table.filter(projects::id.eq(project)).select(projects::client_id).first(conn).unwrap();
            let row = (
                (
                    contract_templates::id.eq(template),
                    contract_templates::version.eq(1_i64),
                    contract_templates::code.eq("filed"),
                    contract_templates::edition.eq(1_i64),
                    contract_templates::title.eq("x"),
                ),
                (
                    contract_templates::body.eq("x"),
                    contract_templates::active.eq(true),
                    contract_templates::created_at.eq(now),
                    contract_templates::updated_at.eq(now),
                ),
            );
            diesel::insert_into(contract_templates::table).values(row).execute(conn).unwrap();
            let row = (
                (
                    contracts::id.eq(contract),
                    contracts::project_id.eq(project),
                    contracts::version.eq(1_i64),
                    contracts::number.eq("C-filed"),
                    contracts::client_id.eq(client),
                    contracts::template_id.eq(template),
                ),
                (
                    contracts::amount.eq(1000_i64),
                    contracts::currency.eq("CNY"),
                    contracts::defects_liability_months.eq(24_i64),
                    contracts::retention_from_final_account.eq(false),
                    contracts::state.eq("signed"),
                ),
                (
                    contracts::review_round.eq(1_i64),
                    contracts::current_amount.eq(1000_i64),
                    contracts::created_at.eq(now),
                    contracts::created_by.eq(by),
                    contracts::updated_at.eq(now),
                ),
            );
            diesel::insert_into(contracts::table).values(row).execute(conn).unwrap();
            for (kind, amount, trigger, days) in
                [("balance", 900_i64, "acceptance", 30_i64), ("retention", 100, "defects_liability_end", 0)]
            {
                let row = (
                    (
                        receivables::id.eq(Id::new()),
                        receivables::version.eq(1_i64),
                        receivables::project_id.eq(project),
                        receivables::client_id.eq(client),
                        receivables::contract_id.eq(contract),
                    ),
                    (
                        receivables::kind.eq(kind),
                        receivables::amount.eq(amount),
                        receivables::paid_amount.eq(0_i64),
                        receivables::written_off_amount.eq(0_i64),
                        receivables::currency.eq("CNY"),
                    ),
                    (
                        receivables::trigger_kind.eq(trigger),
                        receivables::days.eq(days),
                        receivables::disputed.eq(false),
                        receivables::created_at.eq(now),
                        receivables::created_by.eq(by),
                        receivables::updated_at.eq(now),
                    ),
                );
                diesel::insert_into(receivables::table).values(row).execute(conn).unwrap();
            }
        });
    }

    /// The due dates of a project's balance and retention.
    pub fn due_dates(&self, project: &str) -> Vec<Option<String>> {
        let rows = receivables::table
            .filter(receivables::project_id.eq(project.parse::<Id>().unwrap()))
            .order(receivables::kind)
            .select(receivables::due_on);
        let days = self.sql(|conn| rows.load::<Option<fitout::db::Day>>(conn).unwrap());
        days.into_iter().map(|day| day.map(|d| d.to_string())).collect()
    }
}

fn anybody(conn: &mut AnyConnection) -> Id {
    users::table.filter(users::username.eq("manager")).select(users::id).first(conn).unwrap()
}
