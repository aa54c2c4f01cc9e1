//! The facts that evidence is derived from, read through the tables themselves so that this needs no module above it. Only what is asked for is
//! read, each kind in one statement for however many projects.

use super::advance::past;
use super::{Action, Evidence as E, Project};
use crate::access::{Result, Tx};
use crate::db::schema::{
    acceptance_certificates, adjustments, archives, assignment_sheets, client_contacts, commissions, complaints,
    contracts, documents, final_accounts, inspections, installation_starts, instructions, interactions,
    project_initiations, project_summaries, qualifications, quotations, readiness_checks, receivables, schemes,
    sheet_acknowledgements, sign_offs, site_access_confirmations, tenders, termination_approvals, transfers, waivers,
};
use crate::db::{AnyConnection, At, Id, NullOf, UnionAll, ty::Uid};
use crate::events;
use crate::one_of;
use crate::settings::{self, Settings};
use diesel::helper_types::AsExprOf;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
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

/// A row of the one statement that asks for nearly everything: a project, what is told of it, and of that an id, a text, a reason and fen.
type Row = (Option<Id>, String, Option<Id>, Option<String>, Option<String>, Option<i64>);
type Columns = (Nullable<Uid>, Text, Nullable<Uid>, Nullable<Text>, Nullable<Text>, Nullable<BigInt>);

/// What a row tells, where it is not simply that evidence is there.
const SIGNED: &str = "signed";
const CONFIRMED: &str = "confirmed";
const OUTSTANDING: &str = "outstanding";
const CHECKED: &str = "checked";
const FILED: &str = "filed";
const INSTRUCTED: &str = "instructed";

/// Asks for the rows of this table that are not voided: of each these columns, in the order of [`Row`], null where there is none.
macro_rules! ask {
    ($reading:expr, $table:ident, $what:expr, [$($column:expr),*] $(, $filter:expr)*) => {
        $reading.asked.push(
            $table::table
                .filter(one_of!($table::project_id, $reading.ids))
                .filter($table::voided_at.is_null())$(.filter($filter))*
                .select(($table::project_id.nullable(), $what, $($column),*))
                .distinct(),
        )
    };
}

/// Asks for the projects that have a row of this table that is not voided.
macro_rules! with_row {
    ($reading:expr, $evidence:expr, $table:ident $(, $filter:expr)*) => {
        ask!($reading, $table, told($evidence.as_str()), [NO_ID, NO_TEXT, NO_TEXT, NO_FEN] $(, $filter)*)
    };
}

fn told(what: &'static str) -> AsExprOf<&'static str, Text> {
    what.into_sql::<Text>()
}

const NO_ID: NullOf<Uid> = NullOf::new();
const NO_TEXT: NullOf<Text> = NullOf::new();
const NO_FEN: NullOf<BigInt> = NullOf::new();

/// Rows of these columns of a table, of these projects, that are not voided, the oldest first.
macro_rules! rows {
    ($conn:expr, $projects:expr, $table:ident, $columns:expr $(, $filter:expr)*) => {
        $table::table
            .filter(one_of!($table::project_id, $projects))
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
        let wanted = wanted.iter().copied().flat_map(read_for).collect();
        let mut reading = Reading { conn, projects, ids: &ids, all: &mut all, asked: UnionAll::new(), wanted };
        reading.waivers();
        for evidence in reading.wanted.clone() {
            reading.read(evidence)?;
        }
        reading.take_in()?;
        Ok(all)
    }
}

impl Facts {
    /// Notes which contracts are signed and which of them have their confirmed final account. Nothing is outstanding on what is not signed.
    fn note_contracts(&mut self, signed: BTreeSet<Id>, confirmed: BTreeSet<Id>) {
        if signed.is_empty() {
            self.outstanding = None;
        } else {
            self.present.extend([E::SignedContract.as_str(), E::NoSignedContract.as_str()]);
            self.outstanding.get_or_insert_default();
        }
        if !confirmed.is_empty() && signed.is_subset(&confirmed) {
            self.present.insert(E::FinalAccountConfirmed.as_str());
        }
    }

    /// Whether this evidence, or this item of it, need not be there.
    pub fn is_waived(&self, evidence: E, item: Option<&str>) -> bool {
        let covers = |waiver: &Waiver| waiver.item.is_none() || waiver.item.as_deref() == item;
        self.waivers.iter().any(|waiver| waiver.evidence == evidence && covers(waiver))
    }
}

/// What has to be read for this evidence: what is told from the same records is read once, under one of its names.
fn read_for(evidence: E) -> Vec<E> {
    match evidence {
        E::DepositReceived | E::InterimPaymentReceived | E::ReceivablesClosed => {
            vec![E::SignedContract, E::DepositReceived]
        }
        E::FinalAccountConfirmed => vec![E::SignedContract, evidence],
        E::FailedInspection => vec![E::PassedInspection],
        E::DocumentsComplete => vec![E::TransferComplete],
        E::NoSignedContract => vec![E::SignedContract],
        other => vec![other],
    }
}

/// One reading of the records of some projects.
struct Reading<'a> {
    conn: &'a mut AnyConnection,
    projects: &'a [&'a Project],
    ids: &'a [Id],
    all: &'a mut BTreeMap<Id, Facts>,
    asked: UnionAll<'a, Columns>,
    wanted: BTreeSet<E>,
}

impl Reading<'_> {
    /// Asks for this evidence in the one statement, or reads what has to be read by itself.
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
            E::SignedContract | E::NoSignedContract => {
                let contract = contracts::id.nullable();
                let signed = contracts::state.eq("signed");
                ask!(self, contracts, told(SIGNED), [contract, NO_TEXT, NO_TEXT, NO_FEN], signed);
            }
            E::FinalAccountConfirmed => {
                let contract = final_accounts::contract_id.nullable();
                let confirmed = final_accounts::state.eq("confirmed");
                ask!(self, final_accounts, told(CONFIRMED), [contract, NO_TEXT, NO_TEXT, NO_FEN], confirmed);
            }
            E::DepositReceived | E::InterimPaymentReceived | E::ReceivablesClosed => self.outstanding(),
            E::SiteReady => {
                let (check, items) = (readiness_checks::id.nullable(), readiness_checks::items.nullable());
                ask!(self, readiness_checks, told(CHECKED), [check, items, NO_TEXT, NO_FEN]);
            }
            E::PassedInspection | E::FailedInspection => self.latest_inspections()?,
            E::TransferComplete | E::DocumentsComplete => {
                ask!(self, documents, told(FILED), [NO_ID, documents::category.nullable(), NO_TEXT, NO_FEN]);
                let (instruction, open) = (instructions::id.nullable(), instructions::state.eq("open"));
                ask!(self, instructions, told(INSTRUCTED), [instruction, NO_TEXT, NO_TEXT, NO_FEN], open);
            }
        }
        Ok(())
    }

    fn waivers(&mut self) {
        let (item, reason) = (waivers::item, waivers::reason.nullable());
        ask!(self, waivers, waivers::evidence, [waivers::id.nullable(), item, reason, NO_FEN]);
    }

    /// What is outstanding of each receivable.
    fn outstanding(&mut self) {
        let fen = receivables::amount - receivables::paid_amount - receivables::written_off_amount;
        let columns = (
            receivables::project_id.nullable(),
            told(OUTSTANDING),
            receivables::id.nullable(),
            receivables::kind.nullable(),
            NO_TEXT,
            fen.nullable(),
        );
        self.asked.push(receivables::table.filter(one_of!(receivables::project_id, self.ids)).select(columns));
    }

    /// Reads what was asked for and tells what follows from it.
    fn take_in(self) -> Result<()> {
        let mut rows: Vec<Row> = self.asked.load(self.conn)?;
        // Ids go with time: the latest of several comes last.
        rows.sort_by_key(|(_, _, id, ..)| *id);
        let (mut signed, mut confirmed) = (BTreeMap::<Id, BTreeSet<Id>>::new(), BTreeMap::<Id, BTreeSet<Id>>::new());
        for row in rows {
            let (Some(project), what, id, text, reason, fen) = row else { continue };
            let facts = self.all.entry(project).or_default();
            match (what.as_str(), id, text, reason, fen) {
                (SIGNED, Some(contract), ..) => drop(signed.entry(project).or_default().insert(contract)),
                (CONFIRMED, Some(contract), ..) => drop(confirmed.entry(project).or_default().insert(contract)),
                (OUTSTANDING, _, Some(kind), _, Some(fen)) => {
                    *facts.outstanding.get_or_insert_default().entry(kind).or_insert(0) += fen;
                }
                (CHECKED, _, Some(items), ..) => {
                    facts.readiness = serde_json::from_str(&items).unwrap_or_default();
                }
                (FILED, _, Some(category), ..) => drop(facts.files.insert(category)),
                (INSTRUCTED, Some(instruction), ..) => drop(facts.open_instructions.insert(instruction)),
                // Only a waiver has a reason.
                (of, Some(id), item, Some(reason), _) => {
                    facts.waivers.extend(E::parse(of).map(|evidence| Waiver { id, evidence, item, reason }));
                }
                (of, ..) => facts.present.extend(E::parse(of).map(E::as_str)),
            }
        }
        for (project, facts) in self.all.iter_mut() {
            facts.note_contracts(
                signed.remove(project).unwrap_or_default(),
                confirmed.remove(project).unwrap_or_default(),
            );
        }
        let listed = [E::SiteReady, E::TransferComplete];
        if listed.iter().any(|evidence| self.wanted.contains(evidence)) {
            let settings = settings::load(self.conn)?;
            self.all.values_mut().for_each(|facts| facts.checklists = Some(settings.clone()));
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

    fn latest_inspections(&mut self) -> Result<()> {
        let columns = (inspections::project_id, inspections::id, inspections::passed);
        let inspections: Vec<(Id, Id, bool)> = rows!(self.conn, self.ids, inspections, columns);
        if inspections.is_empty() {
            return Ok(());
        }
        let (inspected, made): (Vec<Id>, Vec<Id>) = inspections.iter().map(|(project, id, _)| (*project, *id)).unzip();
        // By the order of the events: a clock that stands still does not tell what came first.
        let made: BTreeMap<Id, i64> = events::beginnings(self.conn, &made)?.into_iter().collect();
        let requested = vec![format!("project.{}", past(Action::RequestAcceptance))];
        let requested: BTreeMap<Id, i64> = events::latest_of(self.conn, &inspected, requested)?.into_iter().collect();
        for (project, id, passed) in inspections {
            if made.get(&id).copied().unwrap_or_default() > requested.get(&project).copied().unwrap_or_default() {
                self.of(project).inspection = Some(passed);
            }
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
