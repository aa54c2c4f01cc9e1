//! The facts that evidence is derived from, read through the tables themselves so that this needs no module above it. Only what is asked for is
//! read, each kind in one statement for however many projects.

use super::{Evidence as E, Project};
use crate::access::{Result, Tx};
use crate::db::schema::{
    acceptance_certificates, adjustments, archives, assignment_sheets, client_contacts, commissions, complaints,
    contracts, documents, final_accounts, inspections, installation_starts, instructions, interactions,
    project_initiations, project_summaries, qualifications, quotations, readiness_checks, receivables, schemes,
    sheet_acknowledgements, sign_offs, site_access_confirmations, tenders, termination_approvals, transfers, waivers,
};
use crate::db::{AnyConnection, At, Id, UnionAll, ty::Uid};
use crate::settings::{self, Settings};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
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
    /// What the manager waived, the oldest first.
    pub waivers: Vec<Waiver>,
}

/// A waiver that stands.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// Itself.
    pub id: Id,
    /// What is waived.
    pub evidence: E,
    /// The item of it; all of it if none.
    pub item: Option<String>,
    /// Why.
    pub reason: String,
}

/// Asks for the projects that have a row of this table that is not voided.
macro_rules! with_row {
    ($reading:expr, $evidence:expr, $table:ident $(, $filter:expr)*) => {
        $reading.present.push(
            $table::table
                .filter($table::project_id.eq_any($reading.ids))
                .filter($table::voided_at.is_null())$(.filter($filter))*
                .select(($table::project_id.nullable(), $evidence.as_str().into_sql::<Text>()))
                .distinct(),
        )
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
        let columns = (waivers::project_id, waivers::id, waivers::evidence, waivers::item, waivers::reason);
        let rows: Vec<(Id, Id, E, Option<String>, String)> = rows!(conn, &ids, waivers, columns);
        for (project, id, evidence, item, reason) in rows {
            all.entry(project).or_default().waivers.push(Waiver { id, evidence, item, reason });
        }
        let mut reading = Reading { conn, projects, ids: &ids, all: &mut all, signed: None, present: UnionAll::new() };
        for evidence in wanted.iter().copied().map(read_for).collect::<BTreeSet<_>>() {
            reading.read(evidence)?;
        }
        reading.read_present()?;
        Ok(all)
    }
}

impl Facts {
    /// Whether this evidence, or this item of it, need not be there.
    pub fn is_waived(&self, evidence: E, item: Option<&str>) -> bool {
        let covers = |waiver: &Waiver| waiver.item.is_none() || waiver.item.as_deref() == item;
        self.waivers.iter().any(|waiver| waiver.evidence == evidence && covers(waiver))
    }
}

/// Evidence that is told from the same records is read once, under one of its names.
fn read_for(evidence: E) -> E {
    match evidence {
        E::InterimPaymentReceived | E::ReceivablesClosed => E::DepositReceived,
        E::FailedInspection => E::PassedInspection,
        E::DocumentsComplete => E::TransferComplete,
        E::NoSignedContract => E::SignedContract,
        other => other,
    }
}

/// One reading of the records of some projects.
struct Reading<'a> {
    conn: &'a mut AnyConnection,
    projects: &'a [&'a Project],
    ids: &'a [Id],
    all: &'a mut BTreeMap<Id, Facts>,
    /// The signed contracts with their projects, once something has asked for them.
    signed: Option<BTreeSet<(Id, Id)>>,
    /// What it matters only whether there is any of, with the evidence that it is.
    present: UnionAll<'a, (Nullable<Uid>, Text)>,
}

impl Reading<'_> {
    fn read(&mut self, evidence: E) -> Result<()> {
        match evidence {
            E::InteractionLogged => with_row!(self, evidence, interactions),
            E::Qualification => with_row!(self, evidence, qualifications),
            E::NeedsRecorded => {
                with_row!(self, evidence, project_initiations);
                self.note(evidence, |p| p.needs.as_deref().is_some_and(|n| !n.trim().is_empty()));
            }
            E::BidWonOrDirectCommission => {
                with_row!(self, evidence, commissions);
                with_row!(self, evidence, tenders, tenders::state.eq("won"));
            }
            E::ConfirmedScheme => {
                with_row!(self, evidence, schemes, schemes::state.eq("valid"), schemes::kind.eq("scheme"));
            }
            E::AcceptedQuotation => with_row!(self, evidence, quotations, quotations::state.eq("accepted")),
            E::SiteAccessConfirmation => with_row!(self, evidence, site_access_confirmations),
            E::InstallationSignOff => with_row!(self, evidence, sign_offs),
            E::NoOpenAdjustments => with_row!(self, evidence, adjustments, adjustments::state.ne("confirmed")),
            E::AcceptanceCertificate => with_row!(self, evidence, acceptance_certificates),
            E::ProjectSummary => with_row!(self, evidence, project_summaries),
            E::TerminationAgreement => {
                let filed = termination_approvals::document_id.is_not_null();
                with_row!(self, evidence, termination_approvals, filed);
            }
            E::NoOpenComplaints => with_row!(self, evidence, complaints, complaints::state.ne("closed")),
            E::PackageSealed => with_row!(self, evidence, archives, archives::package_sha256.is_not_null()),
            E::PaperFilesPlaced => with_row!(self, evidence, archives, archives::placed_at.is_not_null()),
            E::FrontOwner => self.note(evidence, |project| project.front_owner_id.is_some()),
            E::ClientContact => self.client_contacts(evidence)?,
            E::AssignmentSheetAcknowledged => self.sheets_acknowledged(evidence)?,
            E::SignedContract | E::NoSignedContract => self.contracts_signed()?,
            E::FinalAccountConfirmed => self.settled(evidence)?,
            E::DepositReceived | E::InterimPaymentReceived | E::ReceivablesClosed => self.outstanding()?,
            E::SiteReady => self.latest_checks()?,
            E::PassedInspection | E::FailedInspection => self.latest_inspections()?,
            E::TransferComplete | E::DocumentsComplete => self.files()?,
        }
        Ok(())
    }

    /// Reads, in one statement, what it matters only whether there is any of.
    fn read_present(self) -> Result<()> {
        if self.present.is_empty() {
            return Ok(());
        }
        for (project, evidence) in self.present.load::<(Option<Id>, E)>(self.conn)? {
            if let Some(facts) = project.and_then(|project| self.all.get_mut(&project)) {
                facts.present.insert(evidence.as_str());
            }
        }
        Ok(())
    }

    fn note(&mut self, evidence: E, holds: impl Fn(&Project) -> bool) {
        for project in self.projects.iter().filter(|project| holds(project)) {
            self.of(project.id).present.insert(evidence.as_str());
        }
    }

    fn of(&mut self, project: Id) -> &mut Facts {
        self.all.entry(project).or_default()
    }

    fn client_contacts(&mut self, evidence: E) -> Result<()> {
        let clients: Vec<Id> = self.projects.iter().map(|project| project.client_id).collect();
        let there: Vec<Id> = client_contacts::table
            .filter(client_contacts::client_id.eq_any(clients))
            .filter(client_contacts::voided_at.is_null())
            .select(client_contacts::client_id)
            .distinct()
            .load(self.conn)?;
        self.note(evidence, |project| there.contains(&project.client_id));
        Ok(())
    }

    /// Where the latest assignment sheet was acknowledged by every department on it.
    fn sheets_acknowledged(&mut self, evidence: E) -> Result<()> {
        let sheets: Vec<(Id, Id)> =
            rows!(self.conn, self.ids, assignment_sheets, (assignment_sheets::project_id, assignment_sheets::id));
        let latest: BTreeMap<Id, Id> = sheets.into_iter().collect();
        let open: Vec<Id> = sheet_acknowledgements::table
            .filter(sheet_acknowledgements::sheet_id.eq_any(latest.values()))
            .filter(sheet_acknowledgements::acknowledged_at.is_null())
            .select(sheet_acknowledgements::sheet_id)
            .distinct()
            .load(self.conn)?;
        self.note(evidence, |project| latest.get(&project.id).is_some_and(|sheet| !open.contains(sheet)));
        Ok(())
    }

    fn signed(&mut self) -> Result<&BTreeSet<(Id, Id)>> {
        if self.signed.is_none() {
            let columns = (contracts::project_id, contracts::id);
            let rows: Vec<(Id, Id)> = rows!(self.conn, self.ids, contracts, columns, contracts::state.eq("signed"));
            self.signed = Some(rows.into_iter().collect());
        }
        Ok(self.signed.get_or_insert_default())
    }

    fn contracts_signed(&mut self) -> Result<()> {
        let signed: BTreeSet<Id> = self.signed()?.iter().map(|(project, _)| *project).collect();
        for evidence in [E::SignedContract, E::NoSignedContract] {
            self.note(evidence, |project| signed.contains(&project.id));
        }
        Ok(())
    }

    /// Where every signed contract has its confirmed final account, and there is one.
    fn settled(&mut self, evidence: E) -> Result<()> {
        let confirmed: Vec<(Id, Id)> = rows!(
            self.conn,
            self.ids,
            final_accounts,
            (final_accounts::project_id, final_accounts::contract_id),
            final_accounts::state.eq("confirmed")
        );
        let confirmed: BTreeSet<(Id, Id)> = confirmed.into_iter().collect();
        let open: BTreeSet<Id> = self.signed()?.difference(&confirmed).map(|(project, _)| *project).collect();
        let confirmed: BTreeSet<Id> = confirmed.into_iter().map(|(project, _)| project).collect();
        self.note(evidence, |project| confirmed.contains(&project.id) && !open.contains(&project.id));
        Ok(())
    }

    /// What is outstanding per kind of receivable; none while no contract is signed.
    fn outstanding(&mut self) -> Result<()> {
        let signed: BTreeSet<Id> = self.signed()?.iter().map(|(project, _)| *project).collect();
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

/// When staging was started on site, and that still stands.
pub fn starts_of(tx: &mut Tx<'_>, project: Id) -> Result<Vec<At>> {
    tx.found(project, starts)
}

/// Reads what [`starts_of`] asks for a page.
pub fn look_for_starts(tx: &mut Tx<'_>, projects: impl Iterator<Item = Id>) -> Result<()> {
    tx.read_ahead(projects, starts)
}

fn starts(tx: &mut Tx<'_>, projects: &[Id]) -> Result<Vec<(Id, At)>> {
    let columns = (installation_starts::project_id, installation_starts::created_at);
    Ok(rows!(tx.conn, projects, installation_starts, columns))
}

/// Whether the project came into settlement by a termination.
pub fn was_terminated(conn: &mut AnyConnection, project: Id) -> Result<bool> {
    let accepted = transfers::table
        .filter(transfers::project_id.eq(project))
        .filter(transfers::kind.eq("termination"))
        .filter(transfers::state.eq("accepted"))
        .filter(transfers::voided_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(accepted)).get_result(conn)?)
}
