//! The facts that evidence is derived from, read through the tables themselves so that this needs no module above it. Only what is asked for is
//! read, each kind in one statement for however many projects.

use super::{Evidence as E, Project};
use crate::access::Result;
use crate::db::schema::{
    acceptance_certificates, adjustments, archives, assignment_sheets, client_contacts, commissions, complaints,
    contracts, documents, final_accounts, inspections, installation_starts, instructions, interactions,
    project_initiations, project_summaries, qualifications, quotations, readiness_checks, receivables, schemes,
    sheet_acknowledgements, sign_offs, site_access_confirmations, tenders, termination_approvals, transfers, waivers,
};
use crate::db::{AnyConnection, At, Id};
use crate::settings::{self, Settings};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What the records of one project say.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Records of which it matters only whether there is one.
    pub present: BTreeSet<&'static str>,
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

/// The projects that have a row of this table that is not voided.
macro_rules! with_row {
    ($conn:expr, $projects:expr, $table:ident $(, $filter:expr)*) => {
        $table::table
            .filter($table::project_id.eq_any($projects))
            .filter($table::voided_at.is_null())$(.filter($filter))*
            .select($table::project_id.nullable())
            .distinct()
            .load::<Option<Id>>($conn)?
            .into_iter()
            .flatten()
            .collect::<BTreeSet<Id>>()
    };
}

/// Rows of these columns of a table, of these projects, that are not voided, the oldest first.
macro_rules! rows {
    ($conn:expr, $projects:expr, $table:ident, $columns:expr $(, $filter:expr)*) => {
        $table::table
            .filter($table::project_id.eq_any($projects))
            .filter($table::voided_at.is_null())$(.filter($filter))*
            .order($table::id)
            .select($columns)
            .load($conn)?
    };
}

impl Facts {
    /// Reads what this evidence is derived from.
    pub fn load(conn: &mut AnyConnection, project: &Project, wanted: &[E]) -> Result<Self> {
        let mut all = Self::load_all(conn, &[project], wanted)?;
        Ok(all.remove(&project.id).unwrap_or_default())
    }

    /// As [`load`](Self::load) for several projects, in as many statements as for one.
    pub fn load_all(conn: &mut AnyConnection, projects: &[&Project], wanted: &[E]) -> Result<BTreeMap<Id, Self>> {
        let mut all: BTreeMap<Id, Self> = projects.iter().map(|project| (project.id, Self::default())).collect();
        if wanted.is_empty() || all.is_empty() {
            return Ok(all);
        }
        let ids: Vec<Id> = all.keys().copied().collect();
        let waived: Vec<(Id, String, Option<String>)> =
            rows!(conn, &ids, waivers, (waivers::project_id, waivers::evidence, waivers::item));
        for (project, evidence, item) in waived {
            all.entry(project).or_default().waived.insert((evidence, item));
        }
        let mut reading = Reading { conn, projects, ids: &ids, all: &mut all };
        for evidence in wanted.iter().copied().map(read_for).collect::<BTreeSet<_>>() {
            reading.read(evidence)?;
        }
        Ok(all)
    }
}

/// Evidence that is told from the same records is read once, under one of its names.
fn read_for(evidence: E) -> E {
    match evidence {
        E::InterimPaymentReceived | E::ReceivablesClosed => E::DepositReceived,
        E::FailedInspection => E::PassedInspection,
        E::DocumentsComplete => E::TransferComplete,
        other => other,
    }
}

/// One reading of the records of some projects.
struct Reading<'a> {
    conn: &'a mut AnyConnection,
    projects: &'a [&'a Project],
    ids: &'a [Id],
    all: &'a mut BTreeMap<Id, Facts>,
}

impl Reading<'_> {
    fn read(&mut self, evidence: E) -> Result<()> {
        let (conn, ids) = (&mut *self.conn, self.ids);
        let there = match evidence {
            E::ClientContact => return self.client_contacts(evidence),
            E::InteractionLogged => with_row!(conn, ids, interactions),
            E::Qualification => with_row!(conn, ids, qualifications),
            E::FrontOwner => self.where_the_project(|project| project.front_owner_id.is_some()),
            E::NeedsRecorded => {
                let mut there = with_row!(conn, ids, project_initiations);
                there.extend(self.where_the_project(|p| p.needs.as_deref().is_some_and(|n| !n.trim().is_empty())));
                there
            }
            E::AssignmentSheetAcknowledged => self.sheets_acknowledged()?,
            E::BidWonOrDirectCommission => {
                let mut there = with_row!(conn, ids, commissions);
                there.extend(with_row!(conn, ids, tenders, tenders::state.eq("won")));
                there
            }
            E::ConfirmedScheme => {
                with_row!(conn, ids, schemes, schemes::state.eq("valid"), schemes::kind.eq("scheme"))
            }
            E::AcceptedQuotation => with_row!(conn, ids, quotations, quotations::state.eq("accepted")),
            E::SignedContract | E::NoSignedContract => with_row!(conn, ids, contracts, contracts::state.eq("signed")),
            E::SiteAccessConfirmation => with_row!(conn, ids, site_access_confirmations),
            E::InstallationSignOff => with_row!(conn, ids, sign_offs),
            E::NoOpenAdjustments => with_row!(conn, ids, adjustments, adjustments::state.ne("confirmed")),
            E::AcceptanceCertificate => with_row!(conn, ids, acceptance_certificates),
            E::ProjectSummary => with_row!(conn, ids, project_summaries),
            E::TerminationAgreement => {
                with_row!(conn, ids, termination_approvals, termination_approvals::document_id.is_not_null())
            }
            E::FinalAccountConfirmed => self.settled()?,
            E::NoOpenComplaints => with_row!(conn, ids, complaints, complaints::state.ne("closed")),
            E::PackageSealed => with_row!(conn, ids, archives, archives::package_sha256.is_not_null()),
            E::PaperFilesPlaced => with_row!(conn, ids, archives, archives::placed_at.is_not_null()),
            E::DepositReceived | E::InterimPaymentReceived | E::ReceivablesClosed => return self.outstanding(),
            E::SiteReady => return self.latest_checks(),
            E::PassedInspection | E::FailedInspection => return self.latest_inspections(),
            E::TransferComplete | E::DocumentsComplete => return self.files(),
        };
        self.note(evidence, &there);
        Ok(())
    }

    fn note(&mut self, evidence: E, there: &BTreeSet<Id>) {
        for (_, facts) in self.all.iter_mut().filter(|(project, _)| there.contains(project)) {
            facts.present.insert(evidence.as_str());
        }
    }

    fn of(&mut self, project: Id) -> &mut Facts {
        self.all.entry(project).or_default()
    }

    fn where_the_project(&self, holds: impl Fn(&Project) -> bool) -> BTreeSet<Id> {
        self.projects.iter().filter(|project| holds(project)).map(|project| project.id).collect()
    }

    fn client_contacts(&mut self, evidence: E) -> Result<()> {
        let clients: Vec<Id> = self.projects.iter().map(|project| project.client_id).collect();
        let there: Vec<Id> = client_contacts::table
            .filter(client_contacts::client_id.eq_any(clients))
            .filter(client_contacts::voided_at.is_null())
            .select(client_contacts::client_id)
            .distinct()
            .load(self.conn)?;
        let of_client = self.where_the_project(|project| there.contains(&project.client_id));
        self.note(evidence, &of_client);
        Ok(())
    }

    /// Where the latest assignment sheet was acknowledged by every department on it.
    fn sheets_acknowledged(&mut self) -> Result<BTreeSet<Id>> {
        let sheets: Vec<(Id, Id)> =
            rows!(self.conn, self.ids, assignment_sheets, (assignment_sheets::project_id, assignment_sheets::id));
        let latest: BTreeMap<Id, Id> = sheets.into_iter().collect();
        let open: Vec<Id> = sheet_acknowledgements::table
            .filter(sheet_acknowledgements::sheet_id.eq_any(latest.values()))
            .filter(sheet_acknowledgements::acknowledged_at.is_null())
            .select(sheet_acknowledgements::sheet_id)
            .distinct()
            .load(self.conn)?;
        Ok(latest.into_iter().filter(|(_, sheet)| !open.contains(sheet)).map(|(project, _)| project).collect())
    }

    /// Where every signed contract has its confirmed final account, and there is one.
    fn settled(&mut self) -> Result<BTreeSet<Id>> {
        let confirmed: Vec<(Id, Id)> = rows!(
            self.conn,
            self.ids,
            final_accounts,
            (final_accounts::project_id, final_accounts::contract_id),
            final_accounts::state.eq("confirmed")
        );
        let confirmed: BTreeSet<(Id, Id)> = confirmed.into_iter().collect();
        let signed: Vec<(Id, Id)> = rows!(
            self.conn,
            self.ids,
            contracts,
            (contracts::project_id, contracts::id),
            contracts::state.eq("signed")
        );
        let open: BTreeSet<Id> = signed.iter().filter(|each| !confirmed.contains(each)).map(|(p, _)| *p).collect();
        Ok(confirmed.into_iter().map(|(project, _)| project).filter(|project| !open.contains(project)).collect())
    }

    /// What is outstanding per kind of receivable; none while no contract is signed.
    fn outstanding(&mut self) -> Result<()> {
        let signed = with_row!(self.conn, self.ids, contracts, contracts::state.eq("signed"));
        for project in &signed {
            self.of(*project).outstanding = Some(BTreeMap::new());
        }
        let amounts = (
            receivables::project_id,
            receivables::kind,
            receivables::amount,
            receivables::paid_amount,
            receivables::written_off_amount,
        );
        let rows = receivables::table.filter(receivables::project_id.eq_any(&signed)).select(amounts);
        for (project, kind, amount, paid, written_off) in rows.load::<(Id, String, i64, i64, i64)>(self.conn)? {
            let by_kind = self.of(project).outstanding.get_or_insert_default();
            *by_kind.entry(kind).or_insert(0) += amount - paid - written_off;
        }
        Ok(())
    }

    fn latest_checks(&mut self) -> Result<()> {
        let checks: Vec<(Id, String)> =
            rows!(self.conn, self.ids, readiness_checks, (readiness_checks::project_id, readiness_checks::items));
        for (project, items) in checks {
            self.of(project).readiness = serde_json::from_str(&items).unwrap_or_default();
        }
        self.checklists()
    }

    fn latest_inspections(&mut self) -> Result<()> {
        let inspections: Vec<(Id, At, bool)> = rows!(
            self.conn,
            self.ids,
            inspections,
            (inspections::project_id, inspections::created_at, inspections::passed)
        );
        let since: BTreeMap<Id, Option<At>> = self.projects.iter().map(|p| (p.id, p.acceptance_entered_at)).collect();
        for (project, at, passed) in inspections {
            if since.get(&project).copied().flatten().is_some_and(|since| at >= since) {
                self.of(project).inspection = Some(passed);
            }
        }
        Ok(())
    }

    fn files(&mut self) -> Result<()> {
        let categories = documents::table
            .filter(documents::project_id.eq_any(self.ids))
            .filter(documents::voided_at.is_null())
            .select((documents::project_id.assume_not_null(), documents::category))
            .distinct();
        for (project, category) in categories.load::<(Id, String)>(self.conn)? {
            self.of(project).files.insert(category);
        }
        let open: Vec<(Id, Id)> = rows!(
            self.conn,
            self.ids,
            instructions,
            (instructions::project_id, instructions::id),
            instructions::state.eq("open")
        );
        for (project, instruction) in open {
            self.of(project).open_instructions.insert(instruction);
        }
        self.checklists()
    }

    fn checklists(&mut self) -> Result<()> {
        let settings = settings::load(self.conn)?;
        for facts in self.all.values_mut() {
            facts.checklists = Some(settings.clone());
        }
        Ok(())
    }
}

/// Whether staging has started on site.
pub fn has_started(conn: &mut AnyConnection, project: Id) -> Result<bool> {
    Ok(!with_row!(conn, [project], installation_starts).is_empty())
}

/// Whether the project came into settlement by a termination.
pub fn was_terminated(conn: &mut AnyConnection, project: Id) -> Result<bool> {
    let ended =
        with_row!(conn, [project], transfers, transfers::kind.eq("termination"), transfers::state.eq("accepted"));
    Ok(!ended.is_empty())
}
