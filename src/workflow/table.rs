//! THE table: a project moves only along these steps. One aligned line per row of the workflow; `*` marks evidence that the manager may waive.
//! The API, the picture, the documentation and the tests all read it; `advance` alone acts on it.

use super::{Evidence, Evidence as E, Party, Party as P, Stage, Stage as S};

/// A move of the workflow table, by the name it has in paths.
pub use super::words::Action;
use Action as A;

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The stages it leaves.
    pub from: &'static [Stage],
    /// The move.
    pub action: Action,
    /// Where it leads.
    pub to: Target,
    /// Who may take it, as relations to this project.
    pub by: &'static [Party],
    /// What must be on record, and whether it may be waived.
    pub needs: &'static [Need],
}

/// Where a step leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To this stage.
    Stage(Stage),
    /// To the stage that was left when the project was shelved.
    WhereItWas,
}

/// A piece of evidence that a step asks for.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// What must be derived from the records.
    pub evidence: Evidence,
    /// Whether the manager may waive it for this project.
    pub waivable: bool,
}

const fn must(evidence: Evidence) -> Need {
    Need { evidence, waivable: false }
}

const fn may_waive(evidence: Evidence) -> Need {
    Need { evidence, waivable: true }
}

const fn step(from: &'static [Stage], action: Action, to: Stage, by: &'static [Party], needs: &'static [Need]) -> Step {
    Step { from, action, to: Target::Stage(to), by, needs }
}

const MANAGER: &[Party] = &[P::Manager];
const FRONT: &[Party] = &[P::FrontOwner, P::FrontLeader];
const FRONT_OR_MANAGER: &[Party] = &[P::FrontOwner, P::FrontLeader, P::Manager];
const BACK: &[Party] = &[P::BackOwner, P::BackLeader];
const RECEIVER: &[Party] = &[P::BackStaff];
const OPEN: &[Stage] =
    &[S::Intake, S::Assignment, S::Bidding, S::Installation, S::Adjustment, S::Acceptance, S::Settlement, S::Archiving];
const ON_SITE: &[Stage] = &[S::Installation, S::Adjustment, S::Acceptance];

/// The workflow, exactly.
#[rustfmt::skip]
pub const STEPS: &[Step] = &[
    step(&[S::Intake],       A::Accept,             S::Assignment,   MANAGER,          &[must(E::ClientContact), may_waive(E::InteractionLogged), may_waive(E::Qualification)]),
    step(&[S::Intake],       A::Decline,            S::Declined,     MANAGER,          &[]),
    step(&[S::Assignment],   A::Launch,             S::Bidding,      FRONT_OR_MANAGER, &[must(E::FrontOwner), must(E::NeedsRecorded), may_waive(E::AssignmentSheetAcknowledged)]),
    step(&[S::Assignment],   A::Withdraw,           S::Lost,         MANAGER,          &[]),
    step(&[S::Bidding],      A::Win,                S::Installation, FRONT_OR_MANAGER, &[must(E::BidWonOrDirectCommission), may_waive(E::ConfirmedScheme), may_waive(E::AcceptedQuotation), may_waive(E::SignedContract), may_waive(E::DepositReceived)]),
    step(&[S::Bidding],      A::Lose,               S::Lost,         FRONT_OR_MANAGER, &[must(E::NoSignedContract)]),
    step(&[S::Installation], A::FinishInstallation, S::Adjustment,   FRONT,            &[must(E::SiteAccessConfirmation), may_waive(E::InterimPaymentReceived), must(E::InstallationSignOff)]),
    step(&[S::Adjustment],   A::RequestAcceptance,  S::Acceptance,   FRONT,            &[may_waive(E::NoOpenAdjustments)]),
    step(&[S::Acceptance],   A::ReturnToAdjustment, S::Adjustment,   FRONT,            &[must(E::FailedInspection)]),
    step(&[S::Acceptance],   A::Transfer,           S::Settlement,   RECEIVER,         &[must(E::PassedInspection), must(E::AcceptanceCertificate), must(E::ProjectSummary), may_waive(E::TransferComplete)]),
    step(ON_SITE,            A::Terminate,          S::Settlement,   RECEIVER,         &[may_waive(E::TerminationAgreement), may_waive(E::TransferComplete)]),
    step(&[S::Settlement],   A::Settle,             S::Archiving,    BACK,             &[must(E::FinalAccountConfirmed), must(E::ReceivablesClosed), may_waive(E::NoOpenComplaints)]),
    step(&[S::Archiving],    A::Archive,            S::Archived,     BACK,             &[must(E::ReceivablesClosed), may_waive(E::DocumentsComplete), must(E::PackageSealed), may_waive(E::PaperFilesPlaced)]),
    step(OPEN,               A::Shelve,             S::Shelved,      MANAGER,          &[]),
    Step { from: &[S::Shelved], action: A::Resume, to: Target::WhereItWas, by: MANAGER, needs: &[] },
    step(&[S::Shelved],      A::Close,              S::Lost,         MANAGER,          &[must(E::NoSignedContract)]),
];

/// What staging needs before it starts on site: an act inside installation with evidence like a step's.
pub const START_NEEDS: &[Need] =
    &[may_waive(E::SiteReady), must(E::SiteAccessConfirmation), may_waive(E::InterimPaymentReceived)];

/// What sealing needs: what `archive` needs, the package aside.
pub const SEAL_NEEDS: &[Need] =
    &[must(E::ReceivablesClosed), may_waive(E::DocumentsComplete), may_waive(E::PaperFilesPlaced)];

/// Whether the manager may waive this evidence at all. `signed_contract` also asks for a filed award letter or letter of intent.
pub fn is_waivable(evidence: Evidence) -> bool {
    STEPS.iter().flat_map(|s| s.needs).chain(START_NEEDS).any(|n| n.evidence == evidence && n.waivable)
}

impl Step {
    /// The row of this action that leaves this stage.
    pub fn find(action: Action, from: Stage) -> Option<&'static Step> {
        STEPS.iter().find(|s| s.action == action && s.from.contains(&from))
    }

    /// Whether a step is taken by accepting a transfer rather than by a call of its own.
    pub fn by_accepting(&self) -> bool {
        matches!(self.action, A::Transfer | A::Terminate)
    }
}
