//! The rows of receivables and the rules of their amounts.

use crate::access::{Result, Tx};
use crate::db::{At, Day, Id, full_update, on_each, schema::receivables, text_enum};
use crate::events::Subject;
use crate::http::{Problem, Ref};
use crate::workflow::{self, Project};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Which instalment of a contract.
    InstalmentKind {
        /// 首款.
        Deposit = "deposit",
        /// 二期款.
        Interim = "interim",
        /// 尾款.
        Balance = "balance",
        /// 質保金.
        Retention = "retention",
    }
}

text_enum! {
    /// What sets an instalment's due date.
    Trigger {
        /// The signing.
        Signing = "signing",
        /// The planned site access; re-planning before entry moves it.
        PlannedSiteAccess = "planned_site_access",
        /// The acceptance certificate's date (after a termination the confirmed final account's).
        Acceptance = "acceptance",
        /// The end of defects liability: that date plus the months.
        DefectsLiabilityEnd = "defects_liability_end",
        /// The delivery.
        Delivery = "delivery",
        /// The confirmed final account.
        FinalAccount = "final_account",
        /// The client's receipt of the invoice.
        InvoiceReceived = "invoice_received",
    }
}

text_enum! {
    /// How a receivable reads; derived.
    Status {
        /// Before its trigger: no due date yet.
        Pending = "pending",
        /// Nothing paid yet.
        Open = "open",
        /// Something paid.
        PartlyPaid = "partly_paid",
        /// Paid.
        Paid = "paid",
        /// Closed by payment and write-off together.
        WrittenOff = "written_off",
    }
}

/// A receivable.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = receivables, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Receivable {
    /// The receivable.
    pub id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The project.
    #[diesel(skip_update)]
    pub project_id: Id,
    /// The client.
    #[diesel(skip_update)]
    pub client_id: Id,
    /// The contract.
    #[diesel(skip_update)]
    pub contract_id: Id,
    /// Which instalment.
    pub kind: InstalmentKind,
    /// What it comes to, in fen.
    #[schema(example = 38_592_947)]
    pub amount: i64,
    /// What is paid on it, in fen.
    #[schema(example = 0)]
    pub paid_amount: i64,
    /// What is written off on it, in fen.
    #[schema(example = 0)]
    pub written_off_amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// What sets its due date.
    #[serde(rename = "trigger")]
    pub trigger_kind: Trigger,
    /// Days after the trigger; may be negative.
    #[schema(example = 7)]
    pub days: i64,
    /// When it is due; none before its trigger.
    #[schema(example = "2026-03-11")]
    pub due_on: Option<Day>,
    /// From which business day this amount and due date stand (the signing's, the certificate's, …), however late it was recorded.
    #[schema(example = "2026-03-04")]
    pub effective_on: Option<Day>,
    /// Whether it is disputed: that stops collection, not ageing.
    pub disputed: bool,
    /// When it arose.
    #[diesel(skip_update)]
    pub created_at: At,
    /// By whose signing.
    #[diesel(skip_update)]
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
}

impl Subject for Receivable {
    const KIND: &'static str = "receivable";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        Some(self.project_id)
    }
    fn about_client(&self) -> Option<Id> {
        Some(self.client_id)
    }
}

impl Receivable {
    /// What is neither paid nor written off, in fen.
    pub fn outstanding(&self) -> i64 {
        self.amount - self.paid_amount - self.written_off_amount
    }

    /// How it reads.
    pub fn status(&self) -> Status {
        status(self.amount, self.paid_amount, self.written_off_amount, self.due_on)
    }

    /// What changes now counts from this business day; never from before an earlier change.
    pub(super) fn stands_from(&mut self, on: Day) {
        self.effective_on = self.effective_on.max(Some(on));
    }

    /// Whether it is past due on a day, with something outstanding.
    pub fn is_overdue(&self, today: Day) -> bool {
        self.outstanding() > 0 && self.due_on.is_some_and(|due| due < today)
    }
}

/// How a receivable with these amounts reads: `paid` and `written_off` once nothing is outstanding, `partly_paid` as soon as something is paid
/// (before the trigger too), else `pending` or `open`. A receivable of zero is `paid`.
pub fn status(amount: i64, paid: i64, written_off: i64, due_on: Option<Day>) -> Status {
    if amount - paid - written_off == 0 {
        return if written_off > 0 { Status::WrittenOff } else { Status::Paid };
    }
    match (paid > 0, due_on) {
        (true, _) => Status::PartlyPaid,
        (false, Some(_)) => Status::Open,
        (false, None) => Status::Pending,
    }
}

/// The receivables of a contract, in the order deposit, interim, balance, retention.
pub fn of_contract(tx: &mut Tx<'_>, contract: Id) -> Result<Vec<Receivable>> {
    let mut rows = tx.found(contract, of_contracts)?;
    rows.sort_by_key(|r| r.kind);
    Ok(rows)
}

/// The receivables of several contracts, each with its contract (`Tx::read_ahead`).
pub fn of_contracts(tx: &mut Tx<'_>, contracts: &[Id]) -> Result<Vec<(Id, Receivable)>> {
    let rows = receivables::table.filter(receivables::contract_id.eq_any(contracts));
    Ok(rows.select((receivables::contract_id, Receivable::as_select())).load(tx.conn)?)
}

/// The receivables of a project; its row is locked by the caller.
pub fn locked_of_project(tx: &mut Tx<'_>, project: Id) -> Result<Vec<Receivable>> {
    let mut rows =
        receivables::table.filter(receivables::project_id.eq(project)).select(Receivable::as_select()).load(tx.conn)?;
    rows.sort_by_key(|r| (r.contract_id, r.kind));
    Ok(rows)
}

/// A contract's receivable of a kind.
pub fn by_kind(tx: &mut Tx<'_>, contract: Id, kind: InstalmentKind) -> Result<Option<Receivable>> {
    Ok(of_contract(tx, contract)?.into_iter().find(|r| r.kind == kind))
}

/// Refuses (409 `money`) a change that would take a receivable below what is paid or written off on it.
pub fn check_change(receivable: &Receivable, delta: i64) -> Result<i64> {
    let covered = receivable.paid_amount + receivable.written_off_amount;
    match receivable.amount.checked_add(delta) {
        Some(amount) if amount >= covered && amount >= 0 => Ok(amount),
        Some(_) | None => Err(Problem::money(
            format!("The {} would fall below the {covered} fen that are paid or written off on it.", receivable.kind),
            format!("{} 將低於已付或已核銷的 {covered} 分。", receivable.kind),
        )
        .into()),
    }
}

/// Changes what a receivable comes to, from a business day on.
pub fn change_amount(tx: &mut Tx<'_>, receivable: &mut Receivable, delta: i64, on: Day) -> Result<()> {
    receivable.amount = check_change(receivable, delta)?;
    receivable.stands_from(on);
    save(tx, receivable, "receivable.amount_changed")
}

/// Saves a receivable with a new version and its event.
pub fn save(tx: &mut Tx<'_>, receivable: &mut Receivable, kind: &str) -> Result<()> {
    store(tx, receivable)?;
    tx.record(receivable, kind)
}

/// As [`save`], with what the receivable itself does not hold, such as the payment.
pub fn save_with(tx: &mut Tx<'_>, receivable: &mut Receivable, kind: &str, note: serde_json::Value) -> Result<()> {
    store(tx, receivable)?;
    tx.record_with(receivable, kind, note)
}

fn store(tx: &mut Tx<'_>, receivable: &mut Receivable) -> Result<()> {
    receivable.version += 1;
    receivable.updated_at = tx.now;
    let same = receivables::id.eq(receivable.id);
    on_each!(tx.conn, c => full_update::<Receivable, _, _, _>(receivables::table, &*receivable, same).execute(c))?;
    Ok(())
}

/// A receivable by its id, whoever looks.
pub fn find_by_id(tx: &mut Tx<'_>, id: Id) -> Result<Option<Receivable>> {
    Ok(receivables::table.filter(receivables::id.eq(id)).select(Receivable::as_select()).first(tx.conn).optional()?)
}

/// These receivables, each with its id.
pub fn by_ids(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Vec<(Id, Receivable)>> {
    let rows = receivables::table.filter(receivables::id.eq_any(ids));
    Ok(rows.select((receivables::id, Receivable::as_select())).load(tx.conn)?)
}

/// A receivable that is known to exist.
pub fn by_id(tx: &mut Tx<'_>, id: Id) -> Result<Receivable> {
    find_by_id(tx, id)?.ok_or_else(|| Problem::not_found().into())
}

/// Finds a receivable within the caller's sight with its project, or 404.
pub fn find(tx: &mut Tx<'_>, r: &Ref) -> Result<(Project, Receivable)> {
    let Ref::Id(id) = r else { return Err(Problem::not_found().into()) };
    let found = by_id(tx, Id(*id))?;
    let project = workflow::find(tx, &Ref::Id(found.project_id.0))?;
    Ok((project, found))
}

/// As [`find`]; locks the project, then looks again.
pub fn locked(tx: &mut Tx<'_>, r: &Ref) -> Result<(Project, Receivable)> {
    let (project, found) = find(tx, r)?;
    let project = workflow::lock_id(tx, project.id)?;
    Ok((project, by_id(tx, found.id)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receivable_reads_as_the_rules_say() {
        let due = "2026-03-11".parse().ok();
        assert_eq!(status(100, 0, 0, None), Status::Pending);
        assert_eq!(status(100, 0, 0, due), Status::Open);
        assert_eq!(status(100, 40, 0, None), Status::PartlyPaid, "by name before the trigger");
        assert_eq!(status(100, 100, 0, None), Status::Paid);
        assert_eq!(status(100, 60, 40, due), Status::WrittenOff);
        assert_eq!(status(100, 0, 40, due), Status::Open, "a write-off alone pays nothing");
    }
}
