//! Invoices: asked for by the owner from signing on, issued and red-lettered by finance, received by the client. Together they never exceed what the
//! receivables come to. This does not make invoices; it keeps what finance's own system issued.

use super::invoicing;
use crate::access::{MoneyRead, Result, Tx};
use crate::clients;
use crate::db::schema::invoices;
use crate::db::{At, Day, Id, text_enum};
use crate::http::{IfMatch, Problem, Ref};
use crate::project_record;
use crate::projects as project_facts;
use crate::receivables::{self, Trigger};
use crate::records::{NoExtra, Record, insert, locked, save, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// Which VAT invoice.
    InvoiceKind {
        /// 普票.
        Ordinary = "ordinary",
        /// 專票: the client deducts its tax.
        Special = "special",
    }
}

text_enum! {
    /// Where an invoice stands.
    InvoiceState {
        /// Asked for.
        Requested = "requested",
        /// Issued by finance.
        Issued = "issued",
        /// Taken back by a red-letter invoice.
        RedLettered = "red_lettered",
    }
}

/// An invoice.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = invoices, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Invoice {
    /// The invoice.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The client.
    pub client_id: Id,
    /// Which VAT invoice.
    pub kind: InvoiceKind,
    /// Tax included, in fen.
    #[schema(example = 36_845_789)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// The tax rate in basis points.
    #[schema(example = 600)]
    pub tax_rate_bp: i64,
    /// What it must say; the client's particulars unless said.
    #[schema(example = "Riverside Properties Ltd, 91440101MA5XXXXX0X")]
    pub particulars: Option<String>,
    /// Anything finance should know.
    pub note: Option<String>,
    /// Its number, once issued.
    #[schema(example = "04400123")]
    pub number: Option<String>,
    /// Where it stands.
    pub state: InvoiceState,
    /// When issued.
    #[schema(example = "2026-07-01")]
    pub issued_on: Option<Day>,
    /// When the client signed for it.
    #[schema(example = "2026-07-03")]
    pub received_on: Option<Day>,
    /// The red-letter invoice's number.
    #[schema(example = "04400188")]
    pub red_letter_number: Option<String>,
    /// Why it was taken back.
    #[schema(example = "Issued to the wrong company")]
    pub red_letter_reason: Option<String>,
    /// When.
    pub red_lettered_on: Option<Day>,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

project_record!(Invoice, invoices, "invoice", state = state);

impl Record for Invoice {
    type Read = MoneyRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "invoices";
    const NAME: &'static str = "invoice";

    fn acts() -> &'static [Act] {
        &[acts::ISSUE_INVOICE, acts::RECEIPT_INVOICE, acts::RED_LETTER_INVOICE]
    }

    fn look_ahead(tx: &mut Tx<'_>, rows: &[Self], _projects: &BTreeMap<Id, Project>) -> Result<()> {
        let to_issue = rows.iter().filter(|row| row.state == InvoiceState::Requested);
        invoicing::look_ahead(tx, to_issue.map(|row| row.project_id).collect())
    }

    fn check(&self, tx: &mut Tx<'_>, project: &Project, act: &Act) -> Result<()> {
        if act.name == acts::ISSUE_INVOICE.name {
            invoicing::refuse_beyond(tx, project, &self.currency)
        } else {
            Ok(())
        }
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, _tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        Ok((self.state != InvoiceState::Requested).then_some("it was issued; red-letter it instead"))
    }
}

/// An invoice to ask for.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RequestInvoice {
    /// Tax included, in fen.
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 36_845_789, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: i64,
    /// ISO 4217; needed only where contracts in several currencies are signed.
    #[serde(default)]
    #[validate(custom(function = project_facts::currency))]
    #[schema(example = "CNY", min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$")]
    pub currency: Option<String>,
    /// Which VAT invoice; ordinary unless said.
    #[serde(default)]
    pub kind: Option<InvoiceKind>,
    /// The tax rate in basis points.
    #[serde(default)]
    #[validate(range(min = 0, max = 10_000))]
    #[schema(example = 600, minimum = 0, maximum = 10_000, default = 0)]
    pub tax_rate_bp: i64,
    /// What it must say; the client's particulars unless said.
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Riverside Properties Ltd, 91440101MA5XXXXX0X", min_length = 1, max_length = 2000)]
    pub particulars: Option<String>,
    /// Anything finance should know.
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Send it to the purchasing office", min_length = 1, max_length = 2000)]
    pub note: Option<String>,
}

/// An invoice as finance issued it.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct IssueInvoice {
    /// Its number, once in the company.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "04400123", min_length = 1, max_length = 40)]
    pub number: String,
    /// When; today unless said, not in the future.
    #[serde(default)]
    #[schema(example = "2026-07-01")]
    pub issued_on: Option<Day>,
    /// What it comes to, as a check: it must be what was asked for.
    #[serde(default)]
    #[validate(range(min = 1, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 36_845_789, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    pub amount: Option<i64>,
}

/// The client's receipt.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReceiveInvoice {
    /// When the client signed for it; today unless said, not in the future.
    #[serde(default)]
    #[schema(example = "2026-07-03")]
    pub received_on: Option<Day>,
}

/// The red-letter invoice that takes one back.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RedLetter {
    /// The red-letter invoice's number.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "04400188", min_length = 1, max_length = 40)]
    pub number: String,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Wrong taxpayer number", min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Asks finance for an invoice. Before a contract is signed it is refused (`state`); more than the receivables come to, together with the other
/// standing invoices, too (`money`).
pub fn request(tx: &mut Tx<'_>, project: &Ref, new: &RequestInvoice) -> Result<(Project, Invoice)> {
    let project = workflow::lock(tx, project)?;
    workflow::acts::check_state(&project, &acts::REQUEST_INVOICE, None)?;
    let rows = receivables::locked_of_project(tx, project.id)?;
    let currencies: BTreeSet<String> = rows.into_iter().map(|r| r.currency).collect();
    if currencies.is_empty() {
        return Err(Problem::state(
            "No contract is signed yet: an invoice is asked for from the signing on.",
            "合同尚未簽署；簽署後才可申請開票。",
        )
        .into());
    }
    workflow::allow(tx, &project, &acts::REQUEST_INVOICE, None, None)?;
    let currency = currency_of(&currencies, new.currency.as_deref())?;
    invoicing::check_sum(tx, &project, &currency, new.amount)?;
    let particulars = match &new.particulars {
        Some(said) => Some(said.clone()),
        None => client_particulars(tx, project.client_id)?,
    };
    let record = Invoice {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        client_id: project.client_id,
        kind: new.kind.unwrap_or(InvoiceKind::Ordinary),
        amount: new.amount,
        currency,
        tax_rate_bp: new.tax_rate_bp,
        particulars,
        note: new.note.clone(),
        number: None,
        state: InvoiceState::Requested,
        issued_on: None,
        received_on: None,
        red_letter_number: None,
        red_letter_reason: None,
        red_lettered_on: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "invoice.requested")?;
    Ok((project, record))
}

/// The currency said, which a signed contract must have, or the only one there is (422 at `/currency`).
fn currency_of(signed: &BTreeSet<String>, said: Option<&str>) -> Result<String> {
    let mut matching = signed.iter().filter(|currency| said.is_none_or(|said| said == *currency));
    if let (Some(only), None) = (matching.next(), matching.next()) {
        return Ok(only.clone());
    }
    let all = signed.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    Err(Problem::validation(
        "/currency",
        if said.is_some() { "unknown" } else { "missing" },
        format!("The signed contracts are in {all}: say one of them."),
        format!("已簽合同的幣種為 {all}，請指明其一。"),
    )
    .into())
}

/// The client's invoice particulars in one line, as finance copies them.
fn client_particulars(tx: &mut Tx<'_>, client: Id) -> Result<Option<String>> {
    let client = clients::find(tx, &Ref::Id(client.0))?;
    Ok(client.invoice_particulars.map(|p| {
        let parts = [Some(p.title.clone()), p.tax_number.clone(), p.address.clone(), p.bank.clone(), p.account.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }))
}

fn acted(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, act: &Act) -> Result<(Project, Invoice)> {
    let (project, record) = locked::<Invoice>(tx, r)?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, act, Some(record.state.as_str()), None)?;
    Ok((project, record))
}

/// Issues an invoice. A number is used once (409 `conflict`).
pub fn issue(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, how: &IssueInvoice) -> Result<(Project, Invoice)> {
    let (project, mut record) = acted(tx, r, if_match, &acts::ISSUE_INVOICE)?;
    let today = tx.today()?;
    let issued_on = how.issued_on.unwrap_or(today);
    if issued_on > today {
        return Err(Problem::validation("/issued_on", "future", "It lies in the future.", "開票日在將來。").into());
    }
    if how.amount.is_some_and(|amount| amount != record.amount) {
        return Err(Problem::money(
            format!("{} fen were asked for: issue that, or have another invoice asked for.", record.amount),
            format!("申請的金額為 {} 分；請按此開票，或另行申請。", record.amount),
        )
        .into());
    }
    invoicing::refuse_beyond(tx, &project, &record.currency)?;
    let taken = invoices::table
        .filter(invoices::number.eq(how.number.clone()))
        .filter(invoices::voided_at.is_null())
        .count()
        .get_result::<i64>(tx.conn)?;
    if taken > 0 {
        return Err(Problem::conflict("Another invoice has this number.", "已有發票使用此號碼。").into());
    }
    record.number = Some(how.number.clone());
    record.issued_on = Some(issued_on);
    record.state = InvoiceState::Issued;
    save(tx, &mut record, "invoice.issued")?;
    Ok((project, record))
}

/// Records that the client signed for an invoice; by agreement that sets due dates: the first receipt counts.
pub fn receive(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, how: &ReceiveInvoice) -> Result<(Project, Invoice)> {
    let (project, mut record) = acted(tx, r, if_match, &acts::RECEIPT_INVOICE)?;
    let today = tx.today()?;
    let received_on = how.received_on.unwrap_or(today);
    if received_on > today || record.issued_on.is_some_and(|issued| received_on < issued) {
        return Err(Problem::validation(
            "/received_on",
            "range",
            "It lies between the day of issue and today.",
            "須在開票日與今日之間。",
        )
        .into());
    }
    record.received_on = Some(received_on);
    save(tx, &mut record, "invoice.received")?;
    fire_first_receipt(tx, &project)?;
    Ok((project, record))
}

/// Takes an invoice back by a red-letter invoice; what it set due no longer is, unless another was received.
pub fn red_letter(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, how: &RedLetter) -> Result<(Project, Invoice)> {
    let (project, mut record) = acted(tx, r, if_match, &acts::RED_LETTER_INVOICE)?;
    record.state = InvoiceState::RedLettered;
    record.red_letter_number = Some(how.number.clone());
    record.red_letter_reason = Some(how.reason.clone());
    record.red_lettered_on = Some(tx.today()?);
    save(tx, &mut record, "invoice.red_lettered")?;
    if record.received_on.is_some() {
        fire_first_receipt(tx, &project)?;
    }
    Ok((project, record))
}

fn fire_first_receipt(tx: &mut Tx<'_>, project: &Project) -> Result<()> {
    let first = invoices::table
        .filter(invoices::project_id.eq(project.id))
        .filter(invoices::voided_at.is_null())
        .filter(invoices::state.eq(InvoiceState::Issued))
        .select(diesel::dsl::min(invoices::received_on))
        .get_result::<Option<Day>>(tx.conn)?;
    receivables::fire(tx, project, Trigger::InvoiceReceived, first)
}
