//! What is done in intake.

use super::store::Qualification;
use crate::access::{Result, Tx};
use crate::clients;
use crate::db::{Day, Id};
use crate::http::{Problem, Ref};
use crate::projects::{self, Channel, ProjectFacts};
use crate::records::insert;
use crate::workflow::{self, Project, Stage, acts};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// A new inquiry. Inquiry and project are one record from the first call on.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewInquiry {
    /// The client.
    pub client_id: Id,
    /// How it arrived.
    pub channel: Channel,
    /// Its name.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Riverside show flats T3", min_length = 1, max_length = 200)]
    pub name: String,
    /// What it is: show_flat, sales_office, hotel_room, villa, …
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "show_flat", min_length = 1, max_length = 60)]
    pub kind: String,
    /// Where.
    #[serde(default)]
    #[validate(length(max = 400))]
    #[schema(example = "T3, 18 Riverside Road, Guangzhou", max_length = 400)]
    pub address: Option<String>,
    /// Floor area in square metres.
    #[serde(default)]
    #[validate(range(min = 0.0, max = 10_000_000.0))]
    #[schema(example = 386.0, minimum = 0.0, maximum = 10_000_000.0)]
    pub area_m2: Option<f64>,
    /// The client's budget in fen.
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 130_000_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub budget_amount: Option<i64>,
    /// ISO 4217; CNY unless said.
    #[serde(default = "projects::cny")]
    #[validate(custom(function = projects::currency))]
    #[schema(example = "CNY", min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$", default = "CNY")]
    pub currency: String,
    /// Wanted from.
    #[serde(default)]
    #[schema(example = "2026-04-20")]
    pub wanted_from: Option<Day>,
    /// Wanted until.
    #[serde(default)]
    #[schema(example = "2026-05-18")]
    pub wanted_until: Option<Day>,
    /// What the client asks for.
    #[serde(default)]
    #[validate(length(max = 8000))]
    #[schema(example = "Three flats, warm wood; sales launch on 1 June", max_length = 8000)]
    pub needs: Option<String>,
}

/// The qualification of an inquiry.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Qualify {
    /// Finances and credit, 1 (weak) to 5 (strong).
    #[validate(range(min = 1, max = 5))]
    #[schema(example = 4, minimum = 1, maximum = 5)]
    pub finances: i64,
    /// Value of the work, 1 to 5.
    #[validate(range(min = 1, max = 5))]
    #[schema(example = 5, minimum = 1, maximum = 5)]
    pub value: i64,
    /// Effort it takes, 1 (little) to 5 (much).
    #[validate(range(min = 1, max = 5))]
    #[schema(example = 3, minimum = 1, maximum = 5)]
    pub effort: i64,
    /// Difficulty, 1 (easy) to 5 (hard).
    #[validate(range(min = 1, max = 5))]
    #[schema(example = 2, minimum = 1, maximum = 5)]
    pub difficulty: i64,
    /// Whether we know who decides.
    pub decision_makers_known: bool,
    /// Who supplies them today.
    #[serde(default)]
    #[validate(length(max = 400))]
    #[schema(example = "another staging house", max_length = 400)]
    pub incumbent: Option<String>,
    /// How they pay.
    #[serde(default)]
    #[validate(length(max = 400))]
    #[schema(example = "pays within 45 days", max_length = 400)]
    pub payment_habit: Option<String>,
    /// What the background check of a new client found.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Registered capital 50 million yuan; no court cases", max_length = 4000)]
    pub background_check: Option<String>,
}

/// The score of a qualification, 0 to 100: finances and value count 6 points a step, ease (5 − effort) and (5 − difficulty) 5 points a step,
/// known decision makers 12 points. 6×4 + 6×4 + 5×4 + 5×4 + 12 = 100.
pub fn score(q: &Qualify) -> i64 {
    let known = if q.decision_makers_known { 12 } else { 0 };
    6 * (q.finances - 1) + 6 * (q.value - 1) + 5 * (5 - q.effort) + 5 * (5 - q.difficulty) + known
}

/// Records an inquiry: a project in stage intake with an inquiry number.
pub fn record_inquiry(tx: &mut Tx<'_>, new: &NewInquiry) -> Result<Project> {
    let client = clients::find_for_use(tx, new.client_id, "/client_id")?;
    if let (Some(from), Some(until)) = (new.wanted_from, new.wanted_until)
        && until < from
    {
        return Err(Problem::validation(
            "/wanted_until",
            "range",
            "It ends before it begins.",
            "結束日期早於開始日期。",
        )
        .into());
    }
    let facts = ProjectFacts {
        name: new.name.clone(),
        kind: new.kind.clone(),
        address: new.address.clone(),
        area_m2: new.area_m2,
        budget_amount: new.budget_amount,
        wanted_from: new.wanted_from,
        wanted_until: new.wanted_until,
        needs: new.needs.clone(),
    };
    let mut project = projects::blank(tx, client.id, &facts, new.channel, &new.currency);
    project.stage = Stage::Intake;
    project.inquiry_number = tx.unique_number("I")?;
    projects::insert(tx, &project)?;
    workflow::take_part(tx, project.id, tx.actor.id)?;
    tx.record(&project, "project.inquiry_recorded")?;
    Ok(project)
}

/// Qualifies an inquiry.
pub fn qualify(tx: &mut Tx<'_>, r: &Ref, new: &Qualify) -> Result<(Project, Qualification)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::QUALIFY, None, None)?;
    let record = Qualification {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        finances: new.finances,
        value: new.value,
        effort: new.effort,
        difficulty: new.difficulty,
        decision_makers_known: new.decision_makers_known,
        incumbent: new.incumbent.clone(),
        payment_habit: new.payment_habit.clone(),
        background_check: new.background_check.clone(),
        score: score(new),
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "qualification.recorded")?;
    Ok((project, record))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(finances: i64, value: i64, effort: i64, difficulty: i64, known: bool) -> Qualify {
        Qualify {
            finances,
            value,
            effort,
            difficulty,
            decision_makers_known: known,
            incumbent: None,
            payment_habit: None,
            background_check: None,
        }
    }

    #[test]
    fn the_score_runs_from_0_to_100() {
        assert_eq!(score(&answers(5, 5, 1, 1, true)), 100);
        assert_eq!(score(&answers(1, 1, 5, 5, false)), 0);
        assert_eq!(score(&answers(4, 5, 3, 2, true)), 79);
    }
}
