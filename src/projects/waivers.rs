//! Waivers: the manager's exceptions, records shown wherever the evidence is shown; each holds for the project's whole life.

use crate::access::{RecordsRead, Result, Tx};
use crate::db::schema::{documents, waivers};
use crate::db::{At, Id};
use crate::http::{Problem, Ref};
use crate::project_record;
use crate::records::{NoExtra, Record, insert};
use crate::settings;
use crate::workflow::{self, Evidence, Project, START_NEEDS, acts, is_waivable};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::Validate;

/// A waived piece of evidence.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = waivers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Waiver {
    /// The waiver.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What is waived.
    pub evidence: Evidence,
    /// The item of a checklist; none: all of it.
    #[schema(example = "cleaning")]
    pub item: Option<String>,
    /// Why.
    #[schema(example = "We clean at our cost")]
    pub reason: String,
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

project_record!(Waiver, waivers, "waiver");

impl Record for Waiver {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "waivers";
    const NAME: &'static str = "waiver";
    const EVIDENCE: bool = true;

    fn look_ahead(tx: &mut Tx<'_>, _rows: &[Self], projects: &BTreeMap<Id, Project>) -> Result<()> {
        workflow::look_for_starts(tx, projects.keys().copied())
    }

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }

    fn held_by(&self, tx: &mut Tx<'_>) -> Result<Option<&'static str>> {
        let for_the_start = START_NEEDS.iter().any(|need| need.evidence == self.evidence);
        let started = for_the_start && !workflow::starts_of(tx, self.project_id)?.is_empty();
        Ok(started.then_some("staging started on the strength of it"))
    }
}

/// What to waive and why.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"evidence": "site_ready", "item": "cleaning", "reason": "We clean at our cost"}))]
pub struct Waive {
    /// The evidence.
    pub evidence: Evidence,
    /// One item of `site_ready`, `transfer_complete` or `documents_complete`; none: all of it.
    #[serde(default)]
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "cleaning", min_length = 1, max_length = 60)]
    pub item: Option<String>,
    /// Why.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "We clean at our cost", min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Waives evidence for this project. What is not marked as waivable is refused (`state`), `signed_contract` without an award letter or letter of
/// intent on file too.
pub fn waive(tx: &mut Tx<'_>, r: &Ref, new: &Waive) -> Result<(Project, Waiver)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::WAIVE, None, None)?;
    if !is_waivable(new.evidence) {
        return Err(Problem::state(
            format!("`{}` cannot be waived: it must be supplied.", new.evidence),
            format!("「{}」不能豁免，必須補齊。", new.evidence),
        )
        .into());
    }
    check_item(tx, new)?;
    if new.evidence == Evidence::SignedContract && !letter_is_filed(tx, project.id)? {
        return Err(Problem::state(
            "`signed_contract` is waived only with an award letter or a letter of intent on file: upload it in category `award_letter` or `letter_of_intent` first.",
            "「signed_contract」須先上傳中標通知書（award_letter）或意向書（letter_of_intent）才可豁免。",
        )
        .into());
    }
    refuse_twice(tx, project.id, new)?;
    let record = Waiver {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        evidence: new.evidence,
        item: new.item.clone(),
        reason: new.reason.clone(),
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "waiver.granted")?;
    Ok((project, record))
}

/// 409 where the same is waived already, by item or as a whole.
fn refuse_twice(tx: &mut Tx<'_>, project: Id, new: &Waive) -> Result<()> {
    let standing = waivers::table
        .filter(waivers::project_id.eq(project))
        .filter(waivers::voided_at.is_null())
        .filter(waivers::evidence.eq(new.evidence))
        .select(waivers::item)
        .load::<Option<String>>(tx.conn)?;
    if standing.iter().any(|item| item.is_none() || *item == new.item) {
        return Err(Problem::state(
            format!("`{}` is waived for this project already.", new.evidence),
            format!("此項目的「{}」已獲豁免。", new.evidence),
        )
        .into());
    }
    Ok(())
}

fn check_item(tx: &mut Tx<'_>, new: &Waive) -> Result<()> {
    let Some(item) = &new.item else { return Ok(()) };
    let settings = settings::load(tx.conn)?;
    let items = match new.evidence {
        Evidence::SiteReady => settings.site_readiness_items,
        Evidence::TransferComplete => settings.transfer_items,
        Evidence::DocumentsComplete => settings.archive_items,
        _ => Vec::new(),
    };
    if items.contains(item) {
        return Ok(());
    }
    let listed = if items.is_empty() { "it has no items".to_owned() } else { items.join(", ") };
    Err(Problem::validation(
        "/item",
        "unknown",
        format!("No such item of `{}`: {listed}.", new.evidence),
        format!("「{}」沒有此項：{listed}。", new.evidence),
    )
    .into())
}

fn letter_is_filed(tx: &mut Tx<'_>, project: Id) -> Result<bool> {
    let letters = documents::table
        .filter(documents::project_id.eq(project))
        .filter(documents::voided_at.is_null())
        .filter(documents::category.eq_any(["award_letter", "letter_of_intent"]))
        .count()
        .get_result::<i64>(tx.conn)?;
    Ok(letters > 0)
}
