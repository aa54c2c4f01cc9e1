//! Quotations in revisions with lines, discount and tax; exactly one is the accepted one.

use super::amounts::{BadFigures, Quantity, figures};
use super::schemes::check_revision;
use crate::access::{MoneyRead, Result, Tx};
use crate::db::{At, Day, Id, Json, schema::quotations, text_enum};
use crate::http::{IfMatch, Problem, Ref};
use crate::project_record;
use crate::records::{Record, insert, locked, save, stale};
use crate::workflow::{self, Act, Project, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// Where a quotation stands.
    QuotationState {
        /// Issued to the client.
        Issued = "issued",
        /// The accepted one.
        Accepted = "accepted",
        /// It was accepted once.
        Superseded = "superseded",
    }
}

/// A line of a quotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuotationLine {
    /// The item's code.
    #[schema(example = "SOF-301")]
    pub code: String,
    /// What it is.
    #[schema(example = "Three-seat sofa, linen, oak base")]
    pub name: String,
    /// Where it goes.
    #[schema(example = "T3-B living")]
    pub place: Option<String>,
    /// How many, with at most three decimal places.
    pub quantity: Quantity,
    /// The price of one, in fen.
    #[schema(example = 1_685_000)]
    pub unit_price_amount: i64,
    /// Quantity × unit price, rounded half up to a fen.
    #[schema(example = 3_370_000)]
    pub amount: i64,
}

/// A quotation.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = quotations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Quotation {
    /// The quotation.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// Its number.
    #[schema(example = "Q-2026-0031")]
    pub number: String,
    /// 1, 2, 3 … per project.
    #[schema(example = 1)]
    pub revision: i64,
    /// Its lines.
    #[schema(value_type = Vec<QuotationLine>)]
    pub lines: Json<Vec<QuotationLine>>,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// Taken off the sum of the lines, in fen.
    #[schema(example = 0)]
    pub discount_amount: i64,
    /// The tax rate in basis points.
    #[schema(example = 900)]
    pub tax_rate_bp: i64,
    /// The lines less the discount, in fen.
    #[schema(example = 3_370_000)]
    pub net_amount: i64,
    /// The tax on the net, rounded half up to a fen.
    #[schema(example = 303_300)]
    pub tax_amount: i64,
    /// Net and tax, in fen.
    #[schema(example = 3_673_300)]
    pub total_amount: i64,
    /// The last day on which it can be accepted.
    #[schema(example = "2026-04-30")]
    pub valid_until: Option<Day>,
    /// Where it stands.
    pub state: QuotationState,
    /// When it was accepted.
    pub accepted_at: Option<At>,
    /// Who recorded that.
    pub accepted_by: Option<Id>,
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

/// What is derived of a quotation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuotationExtra {
    /// Whether it was issued and its last day has passed.
    pub expired: bool,
}

project_record!(Quotation, quotations, "quotation", number = number, state = state);

impl Record for Quotation {
    type Read = MoneyRead;
    type Extra = QuotationExtra;
    const PLURAL: &'static str = "quotations";
    const NAME: &'static str = "quotation";
    const EVIDENCE: bool = true;

    fn acts() -> &'static [Act] {
        &[acts::ACCEPT_QUOTATION]
    }

    fn extra(&self, tx: &mut Tx<'_>, _project: &Project) -> Result<QuotationExtra> {
        let today = tx.today()?;
        Ok(QuotationExtra {
            expired: self.state == QuotationState::Issued && self.valid_until.is_some_and(|last| today > last),
        })
    }

    /// The one that it took the place of is the accepted one again.
    fn on_void(&self, tx: &mut Tx<'_>, project: &mut Project) -> Result<()> {
        if self.state != QuotationState::Accepted {
            return Ok(());
        }
        let former = quotations::table
            .filter(quotations::project_id.eq(project.id))
            .filter(quotations::state.eq(QuotationState::Superseded))
            .filter(quotations::voided_at.is_null())
            .order((quotations::accepted_at.desc(), quotations::id.desc()));
        match former.select(Quotation::as_select()).first(tx.conn).optional()? {
            Some(mut former) => {
                former.state = QuotationState::Accepted;
                save(tx, &mut former, "quotation.reinstated")
            }
            None => Ok(()),
        }
    }
}

/// A line to quote.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// The item's code.
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "SOF-301", min_length = 1, max_length = 60)]
    pub code: String,
    /// What it is.
    #[validate(length(min = 1, max = 400))]
    #[schema(example = "Three-seat sofa, linen, oak base", min_length = 1, max_length = 400)]
    pub name: String,
    /// Where it goes.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(example = "T3-B living", max_length = 200)]
    pub place: Option<String>,
    /// How many, with at most three decimal places.
    pub quantity: Quantity,
    /// The price of one, in fen.
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 1_685_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub unit_price_amount: i64,
}

/// A quotation to issue.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct IssueQuotation {
    /// Its lines.
    #[validate(length(min = 1, max = 2000), nested)]
    #[schema(min_items = 1, max_items = 2000)]
    pub lines: Vec<NewLine>,
    /// Taken off the sum of the lines, in fen.
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 0, minimum = 0, maximum = 1_000_000_000_000_000_i64, default = 0)]
    pub discount_amount: i64,
    /// The tax rate in basis points.
    #[serde(default)]
    #[validate(range(min = 0, max = 10_000))]
    #[schema(example = 900, minimum = 0, maximum = 10_000, default = 0)]
    pub tax_rate_bp: i64,
    /// The last day on which it can be accepted.
    #[serde(default)]
    #[schema(example = "2026-04-30")]
    pub valid_until: Option<Day>,
    /// Its number among this project's; given, it must be the next one.
    #[serde(default)]
    #[validate(range(min = 1, max = 100_000))]
    #[schema(example = 1, minimum = 1, maximum = 100_000)]
    pub revision: Option<i64>,
}

/// Issues a quotation.
pub fn issue(tx: &mut Tx<'_>, r: &Ref, new: &IssueQuotation) -> Result<(Project, Quotation)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::ISSUE_QUOTATION, None, None)?;
    let rows = quotations::table.filter(quotations::project_id.eq(project.id)).filter(quotations::voided_at.is_null());
    let next = rows.select(diesel::dsl::max(quotations::revision)).first::<Option<i64>>(tx.conn)?.unwrap_or(0) + 1;
    check_revision(new.revision, next)?;
    let today = tx.today()?;
    if new.valid_until.is_some_and(|last| last < today) {
        return Err(Problem::validation("/valid_until", "past", "That day has passed.", "該日期已過。").into());
    }
    let priced: Vec<(Quantity, i64)> = new.lines.iter().map(|line| (line.quantity, line.unit_price_amount)).collect();
    let figures = figures(&priced, new.discount_amount, new.tax_rate_bp).map_err(refusal)?;
    let lines = new.lines.iter().zip(&figures.lines).map(|(line, amount)| QuotationLine {
        code: line.code.clone(),
        name: line.name.clone(),
        place: line.place.clone(),
        quantity: line.quantity,
        unit_price_amount: line.unit_price_amount,
        amount: *amount,
    });
    let record = Quotation {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        number: tx.number("Q")?,
        revision: next,
        lines: Json(lines.collect()),
        currency: project.currency.clone(),
        discount_amount: new.discount_amount,
        tax_rate_bp: new.tax_rate_bp,
        net_amount: figures.net,
        tax_amount: figures.tax,
        total_amount: figures.total,
        valid_until: new.valid_until,
        state: QuotationState::Issued,
        accepted_at: None,
        accepted_by: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "quotation.issued")?;
    Ok((project, record))
}

fn refusal(bad: BadFigures) -> Problem {
    match bad {
        BadFigures::DiscountTooHigh => Problem::validation(
            "/discount_amount",
            "range",
            "The discount is more than the lines come to.",
            "折扣超過各行合計。",
        ),
        BadFigures::TooMuch => {
            Problem::validation("/lines", "range", "It comes to more than an amount may be.", "合計超過金額上限。")
        }
    }
}

/// Records that the client accepted a quotation; the one accepted before is superseded, and can be accepted again. A late acceptance is ours to honour or not: `valid_until`
/// informs, it does not refuse.
pub fn accept(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch) -> Result<(Project, Quotation)> {
    let (project, mut quotation) = locked::<Quotation>(tx, r)?;
    stale(tx, &quotation, if_match)?;
    workflow::allow(tx, &project, &acts::ACCEPT_QUOTATION, Some(quotation.state.as_str()), None)?;
    let accepted = quotations::table
        .filter(quotations::project_id.eq(project.id))
        .filter(quotations::state.eq(QuotationState::Accepted))
        .filter(quotations::voided_at.is_null());
    // First the former one: at no moment are there two.
    if let Some(mut former) = accepted.select(Quotation::as_select()).first(tx.conn).optional()? {
        former.state = QuotationState::Superseded;
        save(tx, &mut former, "quotation.superseded")?;
    }
    quotation.state = QuotationState::Accepted;
    quotation.accepted_at = Some(tx.now);
    quotation.accepted_by = Some(tx.actor.id);
    save(tx, &mut quotation, "quotation.accepted")?;
    Ok((project, quotation))
}
