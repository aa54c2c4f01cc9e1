//! How instalments become receivables and get their due dates.

use super::store::{InstalmentKind, Receivable, Trigger, locked_of_project, of_contract, save};
use crate::access::{Result, Tx};
use crate::db::schema::{contracts, receivables};
use crate::db::{Day, Id};
use crate::workflow::Project;
use diesel::prelude::*;

/// One instalment of a plan at its signing.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which.
    pub kind: InstalmentKind,
    /// Fen.
    pub amount: i64,
    /// What sets its due date.
    pub trigger: Trigger,
    /// Days after it.
    pub days: i64,
}

/// Makes the receivables of a contract at its signing; those whose trigger is already known get their due date.
pub fn open(
    tx: &mut Tx<'_>,
    project: &Project,
    contract: Id,
    currency: &str,
    plan: &[Plan],
    signed_on: Day,
    access_on: Option<Day>,
) -> Result<()> {
    for line in plan {
        let due_on = match line.trigger {
            Trigger::Signing => Some(signed_on.plus_days(line.days)),
            Trigger::PlannedSiteAccess => access_on.map(|day| day.plus_days(line.days)),
            Trigger::Acceptance
            | Trigger::DefectsLiabilityEnd
            | Trigger::Delivery
            | Trigger::FinalAccount
            | Trigger::InvoiceReceived => None,
        };
        let row = Receivable {
            id: Id::new(),
            version: 1,
            project_id: project.id,
            client_id: project.client_id,
            contract_id: contract,
            kind: line.kind,
            amount: line.amount,
            paid_amount: 0,
            written_off_amount: 0,
            currency: currency.to_owned(),
            trigger_kind: line.trigger,
            days: line.days,
            due_on,
            effective_on: Some(signed_on),
            disputed: false,
            created_at: tx.now,
            created_by: tx.actor.id,
            updated_at: tx.now,
        };
        diesel::insert_into(receivables::table).values(&row).execute(tx.conn)?;
        tx.record(&row, "receivable.opened")?;
    }
    Ok(())
}

/// A trigger was reached (or moved, or taken back: `None`) on a day: sets the due dates of the project's receivables that wait for it.
/// Acceptance also starts the defects liability period, which ends after each contract's months.
pub fn fire(tx: &mut Tx<'_>, project: &Project, trigger: Trigger, on: Option<Day>) -> Result<()> {
    let rows = locked_of_project(tx, project.id)?;
    set_due_dates(tx, rows, trigger, on)
}

/// As [`fire`], for what concerns one contract only: its planned site access, its final account.
pub fn fire_of_contract(tx: &mut Tx<'_>, contract: Id, trigger: Trigger, on: Option<Day>) -> Result<()> {
    let rows = of_contract(tx, contract)?;
    set_due_dates(tx, rows, trigger, on)
}

fn set_due_dates(tx: &mut Tx<'_>, rows: Vec<Receivable>, trigger: Trigger, on: Option<Day>) -> Result<()> {
    let today = tx.today()?;
    // A plan is known from the day it is made, what happened from the day it happened.
    let from = if trigger == Trigger::PlannedSiteAccess { today } else { on.map_or(today, |day| day.min(today)) };
    for mut receivable in rows {
        let base = match (trigger, receivable.trigger_kind) {
            (fired, waits_for) if fired == waits_for => on,
            (Trigger::Acceptance, Trigger::DefectsLiabilityEnd) => match on {
                Some(day) => Some(day.plus_months(months(tx, receivable.contract_id)?)),
                None => None,
            },
            _ => continue,
        };
        let due_on = base.map(|day| day.plus_days(receivable.days));
        if due_on != receivable.due_on {
            receivable.due_on = due_on;
            receivable.stands_from(from);
            save(tx, &mut receivable, "receivable.due_date_set")?;
        }
    }
    Ok(())
}

fn months(tx: &mut Tx<'_>, contract: Id) -> Result<u32> {
    let months = contracts::table
        .filter(contracts::id.eq(contract))
        .select(contracts::defects_liability_months)
        .first::<i64>(tx.conn)?;
    Ok(u32::try_from(months).unwrap_or_default())
}
