//! Taking a step: the one place that changes a stage.

use super::evidence::{Missing, Offer, current_offers, missing, supplied_at};
use super::facts::Waiver;
use super::{Action, Evidence, Facts, Need, Party, Project, STEPS, Stage, Step, Target, is_waivable, parties, project};
use crate::access::{Failure, Result, Tx};
use crate::db::{Day, Id};
use crate::events;
use crate::http::Problem;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What comes along with a step.
#[derive(Debug, Clone, Default)]
pub struct Taking {
    /// Why.
    pub reason: Option<String>,
    /// When to look at a shelved project again.
    pub review_on: Option<Day>,
    /// What the accepted transfer holds.
    pub offer: Offer,
}

/// Takes a step: finds the row (else 409 with the moves that are there), checks the party (403), collects all missing evidence (409 with the list),
/// changes the stage, leaves the event. The project must be locked.
pub fn advance(tx: &mut Tx<'_>, project: &mut Project, action: Action, taking: &Taking) -> Result<()> {
    if action == Action::Shelve {
        refuse_past_review(tx, taking)?;
    }
    let step = Step::find(action, project.stage)
        .filter(|_| project.sealed_at.is_none() || action == Action::Archive)
        .ok_or_else(|| no_such_step(project, action))?;
    if !parties::is_any(tx, project, step.by, None)? {
        let by: Vec<&str> = step.by.iter().map(|p| p.as_str()).collect();
        return Err(Failure::from(Problem::not_party(
            format!("`{action}` on this project is for: {}.", by.join(", ")),
            format!("此項目的「{action}」只限：{}。", by.join("、")),
        )));
    }
    require_evidence(tx, project, step.needs, &taking.offer)?;
    move_to(tx, project, step, taking)?;
    let note = taking.reason.as_ref().map(|reason| json!({ "reason": reason }));
    project::save(tx, project, &format!("project.{}", past(action)), note)
}

/// A shelved project is looked at again on a day to come (422).
fn refuse_past_review(tx: &mut Tx<'_>, taking: &Taking) -> Result<()> {
    let today = tx.today()?;
    if taking.review_on.is_none_or(|day| day >= today) {
        return Ok(());
    }
    let (en, zh) =
        ("This day has passed: say when to look at the project again.", "此日期已過；請填寫再次檢視的日期。");
    Err(Problem::validation("/review_on", "range", en, zh).into())
}

/// Refuses with everything that is missing at once (409 `evidence`).
pub fn require_evidence(tx: &mut Tx<'_>, project: &Project, needs: &[Need], offer: &Offer) -> Result<()> {
    refuse_without(project, &lacking(tx, project, needs, offer)?)
}

/// Refuses where anything is missing (409 `evidence`).
pub fn refuse_without(project: &Project, lacking: &[Missing]) -> Result<()> {
    if lacking.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = lacking.iter().map(ToString::to_string).collect();
    Err(Failure::from(
        Problem::evidence(
            format!(
                "Still missing: {}. `GET /v1/projects/{}/steps` says where each is supplied.",
                names.join(", "),
                project.id
            ),
            format!("尚缺：{}。GET /v1/projects/{}/steps 說明在何處補齊。", names.join("、"), project.id),
        )
        .with_missing(names.into_iter().map(Value::String).collect()),
    ))
}

/// Whether a step that asks for evidence was taken after this record of the project was made.
pub fn stepped_since(tx: &mut Tx<'_>, project: Id, record: Id) -> Result<bool> {
    let (made, stepped) = (tx.found(record, beginnings)?, tx.found(project, latest_steps)?);
    Ok(stepped.first().copied().unwrap_or_default() > made.first().copied().unwrap_or_default())
}

/// Reads what [`stepped_since`] asks for a page of records, each with its project.
pub fn look_for_steps_since(tx: &mut Tx<'_>, records: &[(Id, Id)]) -> Result<()> {
    tx.read_ahead(records.iter().map(|(record, _)| *record), beginnings)?;
    tx.read_ahead(records.iter().map(|(_, project)| *project), latest_steps)
}

fn beginnings(tx: &mut Tx<'_>, records: &[Id]) -> Result<Vec<(Id, i64)>> {
    Ok(events::beginnings(tx.conn, records)?)
}

fn latest_steps(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, i64)>> {
    Ok(events::latest_of(tx.conn, projects, asking())?)
}

/// The events of the steps that ask for evidence.
fn asking() -> Vec<String> {
    STEPS.iter().filter(|step| !step.needs.is_empty()).map(|step| format!("project.{}", past(step.action))).collect()
}

fn lacking(tx: &mut Tx<'_>, project: &Project, needs: &[Need], offer: &Offer) -> Result<Vec<Missing>> {
    let wanted: Vec<Evidence> = needs.iter().map(|n| n.evidence).collect();
    let facts = Facts::load(tx.conn, project, &wanted)?;
    Ok(missing(&facts, needs, offer))
}

fn no_such_step(project: &Project, action: Action) -> Failure {
    let open = STEPS
        .iter()
        .filter(|s| s.from.contains(&project.stage) && (project.sealed_at.is_none() || s.action == Action::Archive));
    let allowed: Vec<&str> = open.map(|s| s.action.as_str()).collect();
    let listed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
    Failure::from(
        Problem::state(
            format!("There is no step `{action}` from {}. From here: {listed}.", project.stage),
            format!("{} 階段沒有「{action}」這一步；此處可行：{listed}。", project.stage),
        )
        .with_allowed(allowed.into_iter().map(|a| Value::String(a.to_owned())).collect()),
    )
}

fn move_to(tx: &mut Tx<'_>, project: &mut Project, step: &Step, taking: &Taking) -> Result<()> {
    let from = project.stage;
    let to = match step.to {
        Target::Stage(stage) => stage,
        Target::WhereItWas => project.shelved_from.unwrap_or(Stage::Intake),
    };
    project.stage = to;
    project.stage_entered_at = tx.now;
    match step.action {
        Action::Accept => {
            project.accepted_at = Some(tx.now);
            project.number = Some(tx.number("P")?);
        }
        Action::FinishInstallation | Action::ReturnToAdjustment => project.adjustment_round += 1,
        Action::RequestAcceptance => project.acceptance_entered_at = Some(tx.now),
        Action::Shelve => {
            project.shelved_from = Some(from);
            project.review_on = taking.review_on;
            project.end_reason.clone_from(&taking.reason);
        }
        Action::Resume => {
            project.shelved_from = None;
            project.review_on = None;
            project.end_reason = None;
        }
        Action::Decline | Action::Withdraw | Action::Lose | Action::Close | Action::Terminate => {
            project.review_on = None;
            project.end_reason.clone_from(&taking.reason);
        }
        Action::Launch | Action::Win | Action::Transfer | Action::Settle | Action::Archive => {}
    }
    Ok(())
}

/// An action as its event says it.
pub(super) fn past(action: Action) -> &'static str {
    match action {
        Action::Accept => "accepted",
        Action::Decline => "declined",
        Action::Launch => "launched",
        Action::Withdraw => "withdrawn",
        Action::Win => "won",
        Action::Lose => "lost",
        Action::FinishInstallation => "installation_finished",
        Action::RequestAcceptance => "acceptance_requested",
        Action::ReturnToAdjustment => "returned_to_adjustment",
        Action::Transfer => "transferred",
        Action::Terminate => "terminated",
        Action::Settle => "settled",
        Action::Archive => "archived",
        Action::Shelve => "shelved",
        Action::Resume => "resumed",
        Action::Close => "closed",
    }
}

/// A missing piece of evidence and where it is supplied.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MissingView {
    /// The evidence, with its item where it has one.
    #[schema(example = "site_ready.cleaning", max_length = 100)]
    pub key: String,
    /// The evidence.
    #[schema(example = "site_ready", value_type = Evidence)]
    pub evidence: &'static str,
    /// The item.
    #[schema(example = "cleaning")]
    pub item: Option<String>,
    /// Whether the manager may waive it.
    pub waivable: bool,
    /// Where it is supplied.
    #[schema(example = "/v1/projects/0190a1b2-0000-7000-8000-000000000001/site-readiness-checks")]
    pub supply: String,
}

impl MissingView {
    /// A missing piece by its key, such as `site_ready.cleaning`.
    pub(super) fn of(project: &Project, key: &str) -> Option<Self> {
        let (name, item) = key.split_once('.').map_or((key, None), |(name, item)| (name, Some(item.to_owned())));
        let evidence = *Evidence::ALL.iter().find(|e| e.as_str() == name)?;
        Some(view(project, Missing { evidence: evidence.as_str(), item, waivable: is_waivable(evidence) }))
    }
}

/// A waived piece of evidence.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WaivedView {
    /// The evidence, with its item where it has one.
    #[schema(example = "site_ready.cleaning", max_length = 100)]
    pub key: String,
    /// Why.
    #[schema(example = "We clean at our cost")]
    pub reason: String,
    /// The waiver.
    pub waiver_id: Id,
}

/// One move from where the project stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StepView {
    /// The move.
    pub action: Action,
    /// Where it leads.
    pub to: Stage,
    /// Whether this caller may take it now: it is theirs and nothing is missing.
    pub allowed: bool,
    /// Why not: `not_party` or `evidence`.
    #[schema(example = "evidence")]
    pub refusal: Option<&'static str>,
    /// Who may take it.
    #[schema(example = json!(["manager"]), value_type = Vec<Party>)]
    pub by: Vec<&'static str>,
    /// Everything it needs.
    #[schema(example = json!(["client_contact", "interaction_logged"]), value_type = Vec<Evidence>)]
    pub needs: Vec<&'static str>,
    /// Every missing piece at once.
    pub missing: Vec<MissingView>,
    /// What of it the manager waived for this project.
    pub waived: Vec<WaivedView>,
    /// Where to post; accepting the transfer for `transfer` and `terminate`.
    #[schema(example = "/v1/projects/0190a1b2-0000-7000-8000-000000000001/steps/accept")]
    pub href: String,
}

/// Every move from where the project stands: allowed for this caller or not, and everything that is missing.
pub fn steps_from(tx: &mut Tx<'_>, project: &Project) -> Result<Vec<StepView>> {
    let mut out = Vec::new();
    let here = |step: &&Step| {
        step.from.contains(&project.stage) && (project.sealed_at.is_none() || step.action == Action::Archive)
    };
    let steps: Vec<&Step> = STEPS.iter().filter(here).collect();
    let on_record = on_record(tx, &steps.iter().map(|step| (project, *step)).collect::<Vec<_>>())?;
    let parties: Vec<&[Party]> = steps.iter().map(|step| step.by).collect();
    let is_party = parties::is_any_of_each(tx, project, &parties)?;
    for (step, is_party) in steps.into_iter().zip(is_party) {
        let missing = on_record.missing(project, step);
        let refusal = if !is_party {
            Some("not_party")
        } else if !missing.is_empty() {
            Some("evidence")
        } else {
            None
        };
        out.push(StepView {
            action: step.action,
            to: match step.to {
                Target::Stage(stage) => stage,
                Target::WhereItWas => project.shelved_from.unwrap_or(Stage::Intake),
            },
            allowed: refusal.is_none(),
            refusal,
            by: step.by.iter().map(|p| p.as_str()).collect(),
            needs: step.needs.iter().map(|n| n.evidence.as_str()).collect(),
            missing,
            waived: on_record.waived(project, step),
            href: if step.by_accepting() {
                format!("/v1/projects/{}/transfers", project.id)
            } else {
                format!("/v1/projects/{}/steps/{}", project.id, step.action)
            },
        });
    }
    Ok(out)
}

/// What is on record for some moves.
pub struct OnRecord {
    facts: BTreeMap<Id, Facts>,
    offers: BTreeMap<Id, Offer>,
}

/// Reads what these moves ask for, in as many statements for many projects as for one.
pub fn on_record(tx: &mut Tx<'_>, moves: &[(&Project, &Step)]) -> Result<OnRecord> {
    let projects: Vec<&Project> = moves.iter().map(|(project, _)| *project).collect();
    let wanted: Vec<Evidence> = moves.iter().flat_map(|(_, step)| step.needs).map(|need| need.evidence).collect();
    let facts = Facts::load_all(tx.conn, &projects, &wanted)?;
    let offers = match wanted.contains(&Evidence::TransferComplete) {
        true => current_offers(tx, &facts.keys().copied().collect::<Vec<_>>())?,
        false => BTreeMap::new(),
    };
    Ok(OnRecord { facts, offers })
}

impl OnRecord {
    /// Everything that a move still misses.
    pub fn missing(&self, project: &Project, step: &Step) -> Vec<MissingView> {
        let (no_facts, no_offer) = (Facts::default(), Offer::default());
        let facts = self.facts.get(&project.id).unwrap_or(&no_facts);
        let offer = self.offers.get(&project.id).unwrap_or(&no_offer);
        missing(facts, step.needs, offer).into_iter().map(|missing| view(project, missing)).collect()
    }

    /// What of its needs the manager waived.
    fn waived(&self, project: &Project, step: &Step) -> Vec<WaivedView> {
        self.facts.get(&project.id).map(|facts| waived(facts, step.needs)).unwrap_or_default()
    }
}

/// What of these needs the manager waived for the project, with the reasons: shown wherever the evidence is shown.
pub fn waived(facts: &Facts, needs: &[Need]) -> Vec<WaivedView> {
    let asked = facts.waivers.iter().filter(|waiver| needs.iter().any(|need| need.evidence == waiver.evidence));
    let view = |Waiver { id, evidence, item, reason }: &Waiver| WaivedView {
        key: item.as_ref().map_or_else(|| evidence.to_string(), |item| format!("{evidence}.{item}")),
        reason: reason.clone(),
        waiver_id: *id,
    };
    asked.map(view).collect()
}

/// A missing piece as the API shows it.
pub fn view(project: &Project, missing: Missing) -> MissingView {
    let supply = match missing.evidence {
        "client_contact" => format!("/v1/clients/{}/contacts", project.client_id),
        "no_open_complaints" => format!("/v1/complaints?project={}", project.id),
        other => format!("/v1/projects/{}/{}", project.id, supplied_at(other)),
    };
    MissingView {
        key: missing.to_string(),
        evidence: missing.evidence,
        item: missing.item,
        waivable: missing.waivable,
        supply,
    }
}
