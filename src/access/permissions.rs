//! The one table of permissions: which roles may call what. Handlers name a permission in their type (`Access<MemosSend>`), the
//! document shows it (`x-required-permission`), and the role × operation matrix in the tests is made from it.
//! A permission is the coarse gate (403 `forbidden`); who may act on *this* project is a party of [`crate::workflow`] (403 `not_party`).

use super::Role;
use Role::{
    Administrator as AD, Assistant as AS, Auditor as AU, BackLeader as BL, BackSpecialist as BS, Contributor as CO,
    Finance as FI, FrontLeader as FL, FrontSpecialist as FS, Manager as M,
};

/// What a caller's role must allow before a handler runs.
pub trait Permission: Send + Sync + 'static {
    /// The name in the document, such as `memos.send`.
    const NAME: &'static str;
    /// The roles that have it.
    const ROLES: &'static [Role];
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal: [$($role:ident),*];)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl Permission for $name {
                const NAME: &'static str = $text;
                const ROLES: &'static [Role] = &[$($role),*];
            }
        )+
        /// Every permission with its roles, in the order of the table.
        pub const PERMISSIONS: &[(&str, &[Role])] = &[$(($text, &[$($role),*])),+];
    };
}

permissions! {
    /// Whoever has a valid token.
    SignedIn             = "session.use":            [M, FL, FS, BL, BS, AS, FI, CO, AU, AD];
    /// Read what concerns the API itself; every API key may, without being given it.
    MetaRead             = "meta.read":              [M, FL, FS, BL, BS, AS, FI, CO, AU, AD];
    /// See people, groups, departments: names beside ids.
    PeopleRead           = "people.read":            [M, FL, FS, BL, BS, AS, FI, CO, AU, AD];
    /// Make and change users, groups, departments.
    PeopleManage         = "people.manage":          [AD];
    /// See API keys, never the secrets.
    ApiKeysRead          = "api_keys.read":          [AU, AD];
    /// Make and revoke API keys.
    ApiKeysManage        = "api_keys.manage":        [AD];
    /// See webhook endpoints and their deliveries, never the secrets.
    WebhooksRead         = "webhooks.read":          [AU, AD];
    /// Make and change webhook endpoints, ping and replay.
    WebhooksManage       = "webhooks.manage":        [AD];
    /// Read the business settings, the calendar, the workflow.
    SettingsRead         = "settings.read":          [M, FL, FS, BL, BS, AS, FI, CO, AU, AD];
    /// Change the business settings and the calendar.
    SettingsManage       = "settings.manage":        [AD];
    /// Reset a sandbox, make projects in it, force failures, read its outbox.
    SandboxManage        = "sandbox.manage":         [AD];
    /// Move the sandbox clock.
    ClockMove            = "sandbox.clock":          [AD];
    /// Read contract templates.
    TemplatesRead        = "templates.read":         [M, FL, FS, BL, BS, AS, FI, AU, AD];
    /// Publish contract templates.
    TemplatesManage      = "templates.manage":       [M, AD];
    /// Read clients within one's sight.
    ClientsRead          = "clients.read":           [M, FL, FS, BL, BS, AS, FI, AU, AD];
    /// Record and change clients and contacts.
    ClientsWrite         = "clients.write":          [M, FL, FS, BL, BS];
    /// Import clients and historic receivables from files.
    ImportsRun           = "imports.run":            [M];
    /// Read projects and what everybody on them shares, within one's sight.
    ProjectsRead         = "projects.read":          [M, FL, FS, BL, BS, AS, FI, CO, AU, AD];
    /// Read the papers of the client department: interactions, qualification, tenders, inspections, transfers.
    RecordsRead          = "records.read":           [M, FL, FS, BL, BS, AS, FI, AU, AD];
    /// Read the change feed within one's sight.
    EventsRead           = "events.read":            [M, FL, FS, BL, BS, AS, FI, AU, AD];
    /// Read what a project is worth and owes: quotations, contracts, receivables, payments.
    MoneyRead            = "money.read":             [M, FL, FS, BL, BS, AS, FI, AU, AD];
    /// Record an inquiry.
    InquiriesRecord      = "inquiries.record":       [M, FL, FS];
    /// Change a project's facts.
    ProjectsWrite        = "projects.write":         [M, FL, FS, BL, BS];
    /// Take a step of the workflow.
    StepsTake            = "steps.take":             [M, FL, FS, BL, BS];
    /// Waive evidence for a project.
    WaiversGrant         = "waivers.grant":          [M];
    /// Log an interaction with a client.
    InteractionsLog      = "interactions.log":       [M, FL, FS, BL, BS, AS];
    /// Qualify an inquiry.
    QualificationsWrite  = "qualifications.write":   [M, FL, FS];
    /// Record and settle client instructions and our commitments.
    InstructionsWrite    = "instructions.write":     [M, FL, FS, BL, BS];
    /// Assign a project to a front group and owner.
    ProjectsAssign       = "projects.assign":        [M];
    /// Give a project to another owner.
    ProjectsReassign     = "projects.reassign":      [M, FL, BL];
    /// Issue assignment sheets and the initiation form.
    SheetsIssue          = "assignment_sheets.issue": [M, FL, FS];
    /// Acknowledge an assignment sheet for one's department.
    SheetsAcknowledge    = "assignment_sheets.acknowledge": [CO];
    /// Send coordination memos.
    MemosSend            = "memos.send":             [M, FL, FS, BL, BS, AS];
    /// Answer a coordination memo for the department addressed.
    MemosReply           = "memos.reply":            [CO];
    /// Register tenders and direct commissions, submit bids, record openings and results.
    TendersWrite         = "tenders.write":          [M, FL, FS];
    /// Book bid and performance securities.
    SecuritiesWrite      = "securities.write":       [FI];
    /// Submit design schemes and item lists.
    SchemesSubmit        = "schemes.submit":         [CO];
    /// Comment on and confirm design schemes and item lists.
    SchemesDecide        = "schemes.decide":         [M, FL, FS];
    /// Issue and accept quotations.
    QuotationsWrite      = "quotations.write":       [M, FL, FS];
    /// Draft, submit, seal and sign contracts and amendments.
    ContractsWrite       = "contracts.write":        [M, FL, FS, BL, BS];
    /// Review contracts and amendments.
    ContractsReview      = "contracts.review":       [M, BL, FL];
    /// Plan milestones, check the site, start and sign off an installation.
    InstallationWrite    = "installation.write":     [M, FL, FS];
    /// Log progress on site.
    ProgressLog          = "progress.log":           [M, FL, FS, AS];
    /// Report what a department did: milestones reached, site issues resolved.
    DepartmentWork       = "departments.work":       [M, FL, FS, CO];
    /// Request, plan, confirm and refuse adjustments.
    AdjustmentsWrite     = "adjustments.write":      [M, FL, FS];
    /// Report an adjustment as done.
    AdjustmentsComplete  = "adjustments.complete":   [CO];
    /// Inspect, certify acceptance, write the project summary.
    AcceptanceWrite      = "acceptance.write":       [M, FL, FS];
    /// Offer the internal transfer.
    TransfersOffer       = "transfers.offer":        [M, FL, FS];
    /// Accept or return the internal transfer.
    TransfersDecide      = "transfers.decide":       [BL, BS, FL, FS];
    /// Approve a termination.
    TerminationsApprove  = "terminations.approve":   [M];
    /// Draft, submit and confirm final accounts.
    FinalAccountsWrite   = "final_accounts.write":   [M, BL, BS, FL, FS];
    /// Record, confirm, reverse payments and pay refunds.
    PaymentsWrite        = "payments.write":         [FI];
    /// Allocate unapplied money.
    AllocationsMake      = "allocations.make":       [M, FL, FS, BL, BS, FI];
    /// Ask finance for an invoice.
    InvoicesRequest      = "invoices.request":       [M, FL, FS, BL, BS];
    /// Issue and red-letter invoices.
    InvoicesIssue        = "invoices.issue":         [FI];
    /// Record collection entries.
    CollectionsRecord    = "collections.record":     [M, FL, FS, BL, BS, AS];
    /// Open and end disputes.
    DisputesWrite        = "disputes.write":         [M, FL, FS, BL, BS];
    /// Propose write-offs.
    WriteOffsPropose     = "write_offs.propose":     [M, FL, FS, BL, BS];
    /// Approve or reject write-offs.
    WriteOffsApprove     = "write_offs.approve":     [M];
    /// Mark approved write-offs as booked.
    WriteOffsBook        = "write_offs.book":        [FI];
    /// Read documents within one's sight and level.
    DocumentsRead        = "documents.read":         [M, FL, FS, BL, BS, AS, FI, CO, AU, AD];
    /// File documents.
    DocumentsWrite       = "documents.write":        [M, FL, FS, BL, BS, AS, FI, CO];
    /// Read who opened confidential documents.
    DocumentAccessRead   = "documents.access_log":   [M, AU, AD];
    /// Place the paper files of a project.
    PaperFilesPlace      = "paper_files.place":      [M, BL, BS, FL, FS, AS];
    /// Seal a project's package and add to its archive.
    ArchivesSeal         = "archives.seal":          [M, BL, BS, FL, FS];
    /// Register complaints.
    ComplaintsRegister   = "complaints.register":    [M, FL, FS, BL, BS];
    /// Read complaints within one's sight.
    ComplaintsRead       = "complaints.read":        [M, FL, FS, BL, BS, AS, FI, CO, AU, AD];
    /// Handle complaints: confirm, analyse, propose, verify, answer, close.
    ComplaintsHandle     = "complaints.handle":      [M, FL, FS, BL, BS];
    /// Approve the measures of a complaint.
    ComplaintsApprove    = "complaints.approve":     [M, FL, BL];
    /// Carry out and review measures for one's department.
    ComplaintsCarryOut   = "complaints.carry_out":   [CO];
    /// Void a record made by mistake.
    RecordsVoid          = "records.void":           [M, FL, FS, BL, BS, AS, FI, CO];
}
