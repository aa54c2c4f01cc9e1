//! Signing: both seals logged and the scan filed. A contract's instalments become receivables, an amendment changes one.

use super::amendments::{Amendment, check, contract_of};
use super::locks::{locked_with_client, not_in_the_future};
use super::seals::{self, PutSeal, SealParty};
use super::store::{Contract, ContractState, Instalment, instalments, refuse_if_settled};
use crate::access::{Result, Tx};
use crate::db::schema::{acceptance_certificates, deliveries, documents, invoices};
use crate::db::{At, Day, Id};
use crate::documents::{file_as, was_filed};
use crate::http::{IfMatch, Problem, Ref};
use crate::receivables::{self, Plan, Trigger};
use crate::records::{save, save_with, stale};
use crate::workflow::{self, Project, Stage, acts};
use diesel::dsl::min;
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

/// The category of a signed contract's scan.
const SCAN: &str = "contract_scan";

/// The signing of a contract.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SignContract {
    /// When it was signed, not in the future.
    #[schema(example = "2026-03-04")]
    pub signed_on: Day,
    /// The planned site access; an instalment that is due by it stays pending until it is planned.
    #[serde(default)]
    #[schema(example = "2026-04-20")]
    pub planned_site_access_on: Option<Day>,
    /// The scan, a document of this project; it may have been filed (`contract_scan`) since the draft.
    #[serde(default)]
    pub document_id: Option<Id>,
    /// Seals that are not logged yet.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub seals: Vec<PutSeal>,
}

/// The signing of an amendment.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SignAmendment {
    /// When it was signed, not in the future.
    #[schema(example = "2026-06-02")]
    pub signed_on: Day,
    /// The scan, a document of this project; it may have been filed (`contract_scan`) since the draft.
    #[serde(default)]
    pub document_id: Option<Id>,
    /// Seals that are not logged yet.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub seals: Vec<PutSeal>,
}

/// A new plan for the site access.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReplanSiteAccess {
    /// The planned site access.
    #[schema(example = "2026-04-27")]
    pub planned_site_access_on: Day,
}

/// Signs a contract: its instalments become receivables, and triggers that were reached already set their due dates.
pub fn sign(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, given: &SignContract) -> Result<(Project, Contract)> {
    let (project, mut contract) = locked_with_client::<Contract>(tx, r)?;
    stale(tx, &contract, if_match)?;
    refuse_if_settled(tx, contract.id)?;
    workflow::allow(tx, &project, &acts::SIGN_CONTRACT, Some(contract.state.as_str()), None)?;
    let plan = instalments(tx, contract.id)?;
    let proof = Proof {
        contract: &contract,
        amendment: None,
        since: contract.created_at,
        signed_on: given.signed_on,
        document: given.document_id,
        seals: &given.seals,
    };
    let scan = prove(tx, &project, &proof)?;
    let lines: Vec<Plan> = plan.iter().map(Instalment::line).collect();
    receivables::open(
        tx,
        &project,
        contract.id,
        &contract.currency,
        &lines,
        given.signed_on,
        given.planned_site_access_on,
    )?;
    fire_what_was_reached(tx, &contract)?;
    contract.state = ContractState::Signed;
    contract.signed_on = Some(given.signed_on);
    contract.planned_site_access_on = given.planned_site_access_on;
    contract.current_amount = contract.amount;
    save_with(tx, &mut contract, "contract.signed", json!({ "document_id": scan }))?;
    Ok((project, contract))
}

/// A contract may be signed late (its evidence waived): what its instalments wait for may have happened.
fn fire_what_was_reached(tx: &mut Tx<'_>, contract: &Contract) -> Result<()> {
    let certificate = acceptance_certificates::table
        .filter(acceptance_certificates::project_id.eq(contract.project_id))
        .filter(acceptance_certificates::voided_at.is_null());
    let accepted = certificate
        .order(acceptance_certificates::id.desc())
        .select(acceptance_certificates::accepted_on)
        .first::<Day>(tx.conn)
        .optional()?;
    // After a termination both count from the confirmed final account, whatever certificate there was.
    if accepted.is_some() && !workflow::was_terminated(tx.conn, contract.project_id)? {
        receivables::fire_of_contract(tx, contract.id, Trigger::Acceptance, accepted)?;
    }
    let delivery = deliveries::table
        .filter(deliveries::project_id.eq(contract.project_id))
        .filter(deliveries::voided_at.is_null());
    let delivered = delivery.select(min(deliveries::delivered_on)).get_result::<Option<Day>>(tx.conn)?;
    if delivered.is_some() {
        receivables::fire_of_contract(tx, contract.id, Trigger::Delivery, delivered)?;
    }
    let invoiced = invoices::table
        .filter(invoices::project_id.eq(contract.project_id))
        .filter(invoices::voided_at.is_null())
        .filter(invoices::state.eq("issued"));
    let received = invoiced.select(min(invoices::received_on)).get_result::<Option<Day>>(tx.conn)?;
    if received.is_some() {
        receivables::fire_of_contract(tx, contract.id, Trigger::InvoiceReceived, received)?;
    }
    Ok(())
}

/// Signs an amendment: the receivable it names changes, and the contract's current value.
pub fn sign_amendment(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    given: &SignAmendment,
) -> Result<(Project, Amendment)> {
    let (project, mut amendment) = locked_with_client::<Amendment>(tx, r)?;
    stale(tx, &amendment, if_match)?;
    refuse_if_settled(tx, amendment.contract_id)?;
    workflow::allow(tx, &project, &acts::SIGN_CONTRACT, Some(amendment.state.as_str()), None)?;
    let mut contract = contract_of(tx, &amendment)?;
    let proof = Proof {
        contract: &contract,
        amendment: Some(&amendment),
        since: amendment.created_at,
        signed_on: given.signed_on,
        document: given.document_id,
        seals: &given.seals,
    };
    let scan = prove(tx, &project, &proof)?;
    let mut receivable = check(tx, contract.id, amendment.on_kind, amendment.amount)?;
    let too_much = || Problem::money("The contract would grow beyond what can be kept.", "合同金額超出可記錄的範圍。");
    contract.current_amount = contract.current_amount.checked_add(amendment.amount).ok_or_else(too_much)?;
    receivables::change_amount(tx, &mut receivable, amendment.amount, given.signed_on)?;
    amendment.state = ContractState::Signed;
    amendment.signed_on = Some(given.signed_on);
    save_with(tx, &mut amendment, "amendment.signed", json!({ "document_id": scan }))?;
    save(tx, &mut contract, "contract.amended")?;
    Ok((project, amendment))
}

/// What a signing rests on.
struct Proof<'a> {
    contract: &'a Contract,
    amendment: Option<&'a Amendment>,
    since: At,
    signed_on: Day,
    document: Option<Id>,
    seals: &'a [PutSeal],
}

/// Signing = both seals logged and the scan filed: logs and files what comes along, answers the scan, and refuses (409 `state`) with what is missing.
fn prove(tx: &mut Tx<'_>, project: &Project, proof: &Proof<'_>) -> Result<Id> {
    not_in_the_future(tx, proof.signed_on, "/signed_on")?;
    let scan = match proof.document {
        Some(named) => Some(named),
        None => filed_scan(tx, project, proof.since)?,
    };
    if let Some(document) = scan {
        file_as(tx, project, document, SCAN, "/document_id")?;
    }
    for (n, put) in proof.seals.iter().enumerate() {
        seals::put_on(tx, proof.contract, proof.amendment, put, proof.signed_on, &format!("/seals/{n}/sealed_on"))?;
    }
    let logged = seals::of(tx, proof.contract.id, proof.amendment.map(|a| a.id))?;
    let mut missing: Vec<(&str, &str)> = Vec::new();
    if !logged.iter().any(|s| s.party == SealParty::Us) {
        missing.push(("our seal in the seal log", "我方用印登記"));
    }
    if !logged.iter().any(|s| s.party == SealParty::Client) {
        missing.push(("the client's seal in the seal log", "客戶用印登記"));
    }
    if scan.is_none() {
        missing.push((
            "the scan (`document_id`, or a document filed as `contract_scan` that no other signing took)",
            "合同掃描件（document_id，或類別 contract_scan 且未用於其他簽署的文件）",
        ));
    }
    if let (Some(scan), true) = (scan, missing.is_empty()) {
        return Ok(scan);
    }
    let (en, zh): (Vec<&str>, Vec<&str>) = missing.into_iter().unzip();
    Err(Problem::state(
        format!("It cannot be signed yet. Still missing: {}.", en.join(", ")),
        format!("尚不能簽署，缺：{}。", zh.join("、")),
    )
    .into())
}

/// The first scan that was filed since the draft and that no other act took; an older one is another contract's.
fn filed_scan(tx: &mut Tx<'_>, project: &Project, since: At) -> Result<Option<Id>> {
    let scans = documents::table.filter(documents::project_id.eq(project.id)).filter(documents::voided_at.is_null());
    let scans = scans.filter(documents::category.eq(SCAN)).filter(documents::created_at.ge(since));
    for scan in scans.order(documents::id).select(documents::id).load::<Id>(tx.conn)? {
        if !was_filed(tx, scan)? {
            return Ok(Some(scan));
        }
    }
    Ok(None)
}

/// Plans the site access anew, before entry only, or for the first time; what is due by it moves along.
pub fn replan_site_access(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    given: &ReplanSiteAccess,
) -> Result<(Project, Contract)> {
    let (project, mut contract) = locked_with_client::<Contract>(tx, r)?;
    stale(tx, &contract, if_match)?;
    refuse_if_settled(tx, contract.id)?;
    workflow::acts::check_state(&project, &acts::REPLAN_SITE_ACCESS, Some(contract.state.as_str()))?;
    before_entry(tx, &project, &contract)?;
    workflow::allow(tx, &project, &acts::REPLAN_SITE_ACCESS, Some(contract.state.as_str()), None)?;
    contract.planned_site_access_on = Some(given.planned_site_access_on);
    receivables::fire_of_contract(tx, contract.id, Trigger::PlannedSiteAccess, contract.planned_site_access_on)?;
    save(tx, &mut contract, "contract.site_access_replanned")?;
    Ok((project, contract))
}

/// The site access is planned anew only before entry, and before settlement (409 `state`). One that was never planned is, whenever: what is due by it
/// would wait for ever.
pub(super) fn before_entry(tx: &mut Tx<'_>, project: &Project, contract: &Contract) -> Result<()> {
    let open = project.stage != Stage::Settlement && workflow::starts_of(tx, project.id)?.is_empty();
    if open || contract.planned_site_access_on.is_none() {
        return Ok(());
    }
    Err(Problem::state(
        "Staging has started on site, or is over: the access can no longer be planned anew.",
        "已進場擺場或實施已結束，不能再改計劃進場日。",
    )
    .into())
}
