//! The facts that evidence is derived from, read through the tables themselves so that this needs no module above it. Only what is asked for is
//! read, each kind in one statement.

use super::{Evidence as E, Project};
use crate::access::Result;
use crate::db::schema::{
    acceptance_certificates, adjustments, archives, assignment_sheets, client_contacts, commissions, complaints,
    contracts, documents, final_accounts, inspections, installation_starts, instructions, interactions,
    project_initiations, project_summaries, qualifications, quotations, readiness_checks, receivables, schemes,
    sheet_acknowledgements, sign_offs, site_access_confirmations, tenders, termination_approvals, transfers, waivers,
};
use crate::db::{AnyConnection, Id};
use crate::settings::{self, Settings};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What the records of one project say.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Records of which it matters only whether there is one.
    pub present: BTreeSet<&'static str>,
    /// Whether an assignment sheet exists on which nobody is still to answer.
    pub sheet_acknowledged: bool,
    /// Outstanding fen per kind over all signed contracts; none until one is signed.
    pub outstanding: Option<BTreeMap<String, i64>>,
    /// The latest readiness check.
    pub readiness: BTreeMap<String, bool>,
    /// Whether the latest inspection since the last entry into acceptance passed.
    pub inspection: Option<bool>,
    /// Categories of the files that the project holds.
    pub files: BTreeSet<String>,
    /// Instructions that are open.
    pub open_instructions: BTreeSet<Id>,
    /// The settings, for checklists.
    pub checklists: Option<Settings>,
    /// Waived evidence, whole or by item.
    pub waived: BTreeSet<(String, Option<String>)>,
}

/// Says in one line: is there a row of this table on this project that is not voided?
macro_rules! any_row {
    ($conn:expr, $project:expr, $table:ident $(, $filter:expr)*) => {
        diesel::select(diesel::dsl::exists(
            $table::table.filter($table::project_id.eq($project)).filter($table::voided_at.is_null())$(.filter($filter))*,
        ))
        .get_result::<bool>($conn)?
    };
}

impl Facts {
    /// Reads what this evidence is derived from.
    pub fn load(conn: &mut AnyConnection, project: &Project, wanted: &[E]) -> Result<Self> {
        if wanted.is_empty() {
            return Ok(Self::default());
        }
        let mut facts = Self { waived: waived(conn, project.id)?, ..Self::default() };
        for evidence in wanted {
            facts.read(conn, project, *evidence)?;
        }
        Ok(facts)
    }

    fn read(&mut self, conn: &mut AnyConnection, project: &Project, evidence: E) -> Result<()> {
        let id = project.id;
        let there = match evidence {
            E::ClientContact => diesel::select(diesel::dsl::exists(
                client_contacts::table
                    .filter(client_contacts::client_id.eq(project.client_id))
                    .filter(client_contacts::voided_at.is_null()),
            ))
            .get_result::<bool>(conn)?,
            E::InteractionLogged => any_row!(conn, id, interactions),
            E::Qualification => any_row!(conn, id, qualifications),
            E::FrontOwner => project.front_owner_id.is_some(),
            E::NeedsRecorded => {
                project.needs.as_deref().is_some_and(|n| !n.trim().is_empty())
                    || any_row!(conn, id, project_initiations)
            }
            E::AssignmentSheetAcknowledged => sheet_acknowledged(conn, id)?,
            E::BidWonOrDirectCommission => {
                any_row!(conn, id, commissions) || any_row!(conn, id, tenders, tenders::state.eq("won"))
            }
            E::ConfirmedScheme => any_row!(conn, id, schemes, schemes::state.eq("valid"), schemes::kind.eq("scheme")),
            E::AcceptedQuotation => any_row!(conn, id, quotations, quotations::state.eq("accepted")),
            E::SignedContract | E::NoSignedContract => any_row!(conn, id, contracts, contracts::state.eq("signed")),
            E::SiteAccessConfirmation => any_row!(conn, id, site_access_confirmations),
            E::InstallationSignOff => any_row!(conn, id, sign_offs),
            E::NoOpenAdjustments => any_row!(conn, id, adjustments, adjustments::state.ne("confirmed")),
            E::AcceptanceCertificate => any_row!(conn, id, acceptance_certificates),
            E::ProjectSummary => any_row!(conn, id, project_summaries),
            E::TerminationAgreement => {
                any_row!(conn, id, termination_approvals, termination_approvals::document_id.is_not_null())
            }
            E::FinalAccountConfirmed => every_contract_is_settled(conn, id)?,
            E::NoOpenComplaints => any_row!(conn, id, complaints, complaints::state.ne("closed")),
            E::PackageSealed => any_row!(conn, id, archives, archives::package_sha256.is_not_null()),
            E::PaperFilesPlaced => any_row!(conn, id, archives, archives::placed_at.is_not_null()),
            E::DepositReceived | E::InterimPaymentReceived | E::ReceivablesClosed => {
                self.outstanding = outstanding(conn, id)?;
                false
            }
            E::SiteReady => {
                self.readiness = latest_check(conn, id)?;
                self.checklists = Some(settings::load(conn)?);
                false
            }
            E::PassedInspection | E::FailedInspection => {
                self.inspection = latest_inspection(conn, project)?;
                false
            }
            E::TransferComplete | E::DocumentsComplete => {
                self.files = categories(conn, id)?;
                self.open_instructions = open_instructions(conn, id)?;
                self.checklists = Some(settings::load(conn)?);
                false
            }
        };
        if there {
            self.present.insert(evidence.as_str());
        }
        Ok(())
    }
}

fn waived(conn: &mut AnyConnection, project: Id) -> Result<BTreeSet<(String, Option<String>)>> {
    let rows = waivers::table
        .filter(waivers::project_id.eq(project))
        .filter(waivers::voided_at.is_null())
        .select((waivers::evidence, waivers::item))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Whether the latest assignment sheet was acknowledged by every department on it.
fn sheet_acknowledged(conn: &mut AnyConnection, project: Id) -> Result<bool> {
    let sheet = assignment_sheets::table
        .filter(assignment_sheets::project_id.eq(project))
        .filter(assignment_sheets::voided_at.is_null())
        .order(assignment_sheets::id.desc())
        .select(assignment_sheets::id)
        .first::<Id>(conn)
        .optional()?;
    let Some(sheet) = sheet else { return Ok(false) };
    let open = sheet_acknowledgements::table
        .filter(sheet_acknowledgements::sheet_id.eq(sheet))
        .filter(sheet_acknowledgements::acknowledged_at.is_null())
        .count()
        .get_result::<i64>(conn)?;
    Ok(open == 0)
}

/// What is outstanding per kind of receivable; none while no contract is signed.
fn outstanding(conn: &mut AnyConnection, project: Id) -> Result<Option<BTreeMap<String, i64>>> {
    if !any_row!(conn, project, contracts, contracts::state.eq("signed")) {
        return Ok(None);
    }
    let rows = receivables::table
        .filter(receivables::project_id.eq(project))
        .select((receivables::kind, receivables::amount, receivables::paid_amount, receivables::written_off_amount))
        .load::<(String, i64, i64, i64)>(conn)?;
    let mut by_kind = BTreeMap::new();
    for (kind, amount, paid, written_off) in rows {
        *by_kind.entry(kind).or_insert(0) += amount - paid - written_off;
    }
    Ok(Some(by_kind))
}

fn latest_check(conn: &mut AnyConnection, project: Id) -> Result<BTreeMap<String, bool>> {
    let items = readiness_checks::table
        .filter(readiness_checks::project_id.eq(project))
        .filter(readiness_checks::voided_at.is_null())
        .order(readiness_checks::id.desc())
        .select(readiness_checks::items)
        .first::<String>(conn)
        .optional()?;
    Ok(items.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

fn latest_inspection(conn: &mut AnyConnection, project: &Project) -> Result<Option<bool>> {
    let Some(since) = project.acceptance_entered_at else { return Ok(None) };
    let passed = inspections::table
        .filter(inspections::project_id.eq(project.id))
        .filter(inspections::voided_at.is_null())
        .filter(inspections::created_at.ge(since))
        .order(inspections::id.desc())
        .select(inspections::passed)
        .first(conn)
        .optional()?;
    Ok(passed)
}

/// Every signed contract has its confirmed final account, and there is one.
fn every_contract_is_settled(conn: &mut AnyConnection, project: Id) -> Result<bool> {
    let confirmed = final_accounts::table
        .filter(final_accounts::project_id.eq(project))
        .filter(final_accounts::voided_at.is_null())
        .filter(final_accounts::state.eq("confirmed"))
        .select(final_accounts::contract_id)
        .load::<Id>(conn)?;
    let open =
        any_row!(conn, project, contracts, contracts::state.eq("signed"), contracts::id.ne_all(confirmed.clone()));
    Ok(!confirmed.is_empty() && !open)
}

fn categories(conn: &mut AnyConnection, project: Id) -> Result<BTreeSet<String>> {
    let rows = documents::table
        .filter(documents::project_id.eq(project))
        .filter(documents::voided_at.is_null())
        .select(documents::category)
        .distinct()
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

fn open_instructions(conn: &mut AnyConnection, project: Id) -> Result<BTreeSet<Id>> {
    let rows = instructions::table
        .filter(instructions::project_id.eq(project))
        .filter(instructions::voided_at.is_null())
        .filter(instructions::state.eq("open"))
        .select(instructions::id)
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Whether staging has started on site.
pub fn has_started(conn: &mut AnyConnection, project: Id) -> Result<bool> {
    Ok(any_row!(conn, project, installation_starts))
}

/// Whether the project came into settlement by a termination.
pub fn was_terminated(conn: &mut AnyConnection, project: Id) -> Result<bool> {
    Ok(any_row!(conn, project, transfers, transfers::kind.eq("termination"), transfers::state.eq("accepted")))
}
