//! From facts to what is missing: one pure, exhaustive match. Nothing is a stored flag.

use super::{Evidence, Evidence as E, Facts, Need};
use crate::access::{Result, Tx};
use crate::db::{
    Id,
    schema::{documents, transfers},
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use utoipa::ToSchema;

/// A missing piece of evidence, by item where it has items.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// Which.
    pub evidence: &'static str,
    /// The item of a checklist.
    pub item: Option<String>,
    /// Whether the manager may waive it.
    pub waivable: bool,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.item {
            Some(item) => write!(f, "{}.{item}", self.evidence),
            None => f.write_str(self.evidence),
        }
    }
}

/// What a transfer holds: its files and what the receiver acknowledges. None where no transfer is offered.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// Categories of the offered files.
    pub categories: BTreeSet<String>,
    /// Open instructions that the receiver acknowledged.
    pub acknowledged: BTreeSet<Id>,
}

/// What the transfer that is on offer holds, of each of these projects that has one.
pub fn current_offers(tx: &mut Tx<'_>, projects: &[Id]) -> Result<BTreeMap<Id, Offer>> {
    let offered = transfers::table
        .filter(transfers::project_id.eq_any(projects))
        .filter(transfers::state.eq("offered"))
        .filter(transfers::voided_at.is_null())
        .order(transfers::id)
        .select((transfers::project_id, transfers::documents))
        .load::<(Id, String)>(tx.conn)?;
    let files = |text: &str| serde_json::from_str::<Vec<OfferedFile>>(text).unwrap_or_default();
    // The latest of each project wins.
    let offered: BTreeMap<Id, Vec<OfferedFile>> =
        offered.iter().map(|(project, text)| (*project, files(text))).collect();
    Ok(offers_of(tx, &offered)?.into_iter().collect())
}

/// What each of these offers still holds: a document that was voided since is not there.
pub fn offers_of(tx: &mut Tx<'_>, offered: &BTreeMap<Id, Vec<OfferedFile>>) -> Result<Vec<(Id, Offer)>> {
    let standing = standing(tx, offered.values().flatten())?;
    Ok(offered.iter().map(|(of, files)| (*of, Offer::of(files, &standing))).collect())
}

/// What these offered files still hold: a document that was voided since is not there.
pub fn offer_of(tx: &mut Tx<'_>, files: &[OfferedFile]) -> Result<Offer> {
    let standing = standing(tx, files.iter())?;
    Ok(Offer::of(files, &standing))
}

impl Offer {
    fn of(files: &[OfferedFile], standing: &BTreeSet<Id>) -> Self {
        let there = files.iter().filter(|file| standing.contains(&file.document_id));
        Self { categories: there.map(|file| file.category.clone()).collect(), acknowledged: BTreeSet::new() }
    }
}

fn standing<'a>(tx: &mut Tx<'_>, files: impl Iterator<Item = &'a OfferedFile>) -> Result<BTreeSet<Id>> {
    let ids: BTreeSet<Id> = files.map(|file| file.document_id).collect();
    if ids.is_empty() {
        return Ok(ids);
    }
    let standing = documents::table
        .filter(documents::id.eq_any(ids))
        .filter(documents::voided_at.is_null())
        .select(documents::id)
        .load::<Id>(tx.conn)?;
    Ok(standing.into_iter().collect())
}

/// A file of a transfer offer, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, PartialEq, Eq)]
pub struct OfferedFile {
    /// Its category.
    #[schema(example = "photos")]
    pub category: String,
    /// The document.
    pub document_id: Id,
}

/// Everything that is missing of these needs, waivers taken into account.
pub fn missing(facts: &Facts, needs: &[Need], offer: &Offer) -> Vec<Missing> {
    let mut out = Vec::new();
    for need in needs {
        for item in lacking(facts, need.evidence, offer) {
            let name = need.evidence.as_str();
            if !(need.waivable && facts.is_waived(need.evidence, item.as_deref())) {
                out.push(Missing { evidence: name, item, waivable: need.waivable });
            }
        }
    }
    out
}

/// `[None]` where evidence without items is lacking, one entry per lacking item where it has items, nothing where it is there.
fn lacking(facts: &Facts, evidence: Evidence, offer: &Offer) -> Vec<Option<String>> {
    let is_there = match evidence {
        E::ClientContact
        | E::InteractionLogged
        | E::Qualification
        | E::FrontOwner
        | E::NeedsRecorded
        | E::AssignmentSheetAcknowledged
        | E::BidWonOrDirectCommission
        | E::ConfirmedScheme
        | E::AcceptedQuotation
        | E::SignedContract
        | E::SiteAccessConfirmation
        | E::InstallationSignOff
        | E::AcceptanceCertificate
        | E::ProjectSummary
        | E::TerminationAgreement
        | E::FinalAccountConfirmed
        | E::PackageSealed
        | E::PaperFilesPlaced => facts.present.contains(evidence.as_str()),
        // These hold when there is no such record.
        E::NoSignedContract | E::NoOpenAdjustments | E::NoOpenComplaints => !facts.present.contains(evidence.as_str()),
        E::DepositReceived => nothing_outstanding(facts, Some("deposit")),
        E::InterimPaymentReceived => nothing_outstanding(facts, Some("interim")),
        E::ReceivablesClosed => facts.outstanding.is_none() || nothing_outstanding(facts, None),
        E::PassedInspection => facts.inspection == Some(true),
        E::FailedInspection => facts.inspection == Some(false),
        E::SiteReady => {
            let items = facts.checklists.iter().flat_map(|s| &s.site_readiness_items);
            return items.filter(|item| facts.readiness.get(*item) != Some(&true)).cloned().map(Some).collect();
        }
        E::TransferComplete => {
            let items = facts.checklists.iter().flat_map(|s| &s.transfer_items);
            return items.filter(|item| !is_offered(facts, offer, item)).cloned().map(Some).collect();
        }
        E::DocumentsComplete => {
            let items = facts.checklists.iter().flat_map(|s| &s.archive_items);
            return items.filter(|item| !facts.files.contains(*item)).cloned().map(Some).collect();
        }
    };
    if is_there { Vec::new() } else { vec![None] }
}

/// Nothing is outstanding on this kind (on any, where none is named); not so until a contract is signed.
fn nothing_outstanding(facts: &Facts, kind: Option<&str>) -> bool {
    facts
        .outstanding
        .as_ref()
        .is_some_and(|by_kind| by_kind.iter().all(|(k, open)| *open == 0 || kind.is_some_and(|wanted| wanted != k)))
}

fn is_offered(facts: &Facts, offer: &Offer, item: &str) -> bool {
    if item == "open_instructions" {
        return facts.open_instructions.is_subset(&offer.acknowledged);
    }
    offer.categories.contains(item)
}

/// Where a missing piece would be supplied, relative to the project: the collection to post to.
pub fn supplied_at(evidence: &str) -> &'static str {
    match Evidence::parse(evidence) {
        Some(E::ClientContact) => "contacts of the client",
        Some(E::InteractionLogged) => "interactions",
        Some(E::Qualification) => "qualifications",
        Some(E::FrontOwner) => "assign",
        Some(E::NeedsRecorded) => "initiation-forms",
        Some(E::AssignmentSheetAcknowledged) => "assignment-sheets",
        Some(E::BidWonOrDirectCommission) => "tenders",
        Some(E::ConfirmedScheme) => "schemes",
        Some(E::AcceptedQuotation) => "quotations",
        Some(E::SignedContract | E::NoSignedContract) => "contracts",
        Some(E::DepositReceived | E::InterimPaymentReceived | E::ReceivablesClosed) => "receivables",
        Some(E::SiteReady) => "site-readiness-checks",
        Some(E::SiteAccessConfirmation) => "site-access-confirmations",
        Some(E::InstallationSignOff) => "installation-sign-offs",
        Some(E::NoOpenAdjustments) => "adjustments",
        Some(E::FailedInspection | E::PassedInspection) => "inspections",
        Some(E::AcceptanceCertificate) => "acceptance-certificates",
        Some(E::ProjectSummary) => "project-summaries",
        Some(E::TransferComplete) => "transfers",
        Some(E::TerminationAgreement) => "termination-approvals",
        Some(E::FinalAccountConfirmed) => "final-accounts",
        Some(E::NoOpenComplaints) => "complaints",
        Some(E::DocumentsComplete) => "documents",
        Some(E::PackageSealed | E::PaperFilesPlaced) => "archives",
        None => "",
    }
}
