//! The words of the workflow as types: stages, moves, evidence, parties.

use crate::db::text_enum;

text_enum! {
    /// Where a project stands.
    Stage {
        /// 收到/記錄, 參觀洽談: an inquiry.
        Intake = "intake",
        /// 分配立項: taken on, being assigned.
        Assignment = "assignment",
        /// 投標/報價: tender or commission, quotation, contract.
        Bidding = "bidding",
        /// 實施/擺場.
        Installation = "installation",
        /// 調整, in rounds.
        Adjustment = "adjustment",
        /// 驗收 and the internal transfer.
        Acceptance = "acceptance",
        /// 結算, 催收, 質保.
        Settlement = "settlement",
        /// 歸檔.
        Archiving = "archiving",
        /// The end of a completed project.
        Archived = "archived",
        /// The end of an inquiry that was not taken on.
        Declined = "declined",
        /// The end of a project that was not won.
        Lost = "lost",
        /// 擱置: put aside, to be looked at again.
        Shelved = "shelved",
    }
}

text_enum! {
    /// A move of the workflow table.
    Action {
        /// Take an inquiry on.
        Accept = "accept",
        /// Turn an inquiry down.
        Decline = "decline",
        /// Begin the bid.
        Launch = "launch",
        /// Give a project up before bidding.
        Withdraw = "withdraw",
        /// Go into installation.
        Win = "win",
        /// Record that the bid was lost.
        Lose = "lose",
        /// Staging is signed off.
        FinishInstallation = "finish_installation",
        /// Ask the client to accept.
        RequestAcceptance = "request_acceptance",
        /// Go back for another round.
        ReturnToAdjustment = "return_to_adjustment",
        /// Hand over to the back group (by accepting a transfer).
        Transfer = "transfer",
        /// End a project on site (by accepting a transfer).
        Terminate = "terminate",
        /// Close the money.
        Settle = "settle",
        /// Close the file.
        Archive = "archive",
        /// Put aside.
        Shelve = "shelve",
        /// Take up again.
        Resume = "resume",
        /// End a shelved project.
        Close = "close",
    }
}

text_enum! {
    /// A piece of evidence: derived from the records, never ticked.
    Evidence {
        /// The client has a contact.
        ClientContact = "client_contact",
        /// An interaction was logged.
        InteractionLogged = "interaction_logged",
        /// The inquiry was qualified.
        Qualification = "qualification",
        /// A front owner is assigned.
        FrontOwner = "front_owner",
        /// The needs are recorded.
        NeedsRecorded = "needs_recorded",
        /// Every department on the assignment sheet acknowledged it.
        AssignmentSheetAcknowledged = "assignment_sheet_acknowledged",
        /// A tender was won or a direct commission recorded.
        BidWonOrDirectCommission = "bid_won_or_direct_commission",
        /// A design scheme is the valid one.
        ConfirmedScheme = "confirmed_scheme",
        /// A quotation was accepted.
        AcceptedQuotation = "accepted_quotation",
        /// A contract is signed.
        SignedContract = "signed_contract",
        /// Nothing is outstanding on the deposit.
        DepositReceived = "deposit_received",
        /// No contract is signed.
        NoSignedContract = "no_signed_contract",
        /// The site is ready, item by item.
        SiteReady = "site_ready",
        /// The client confirmed site access in writing.
        SiteAccessConfirmation = "site_access_confirmation",
        /// Nothing is outstanding on the interim payment.
        InterimPaymentReceived = "interim_payment_received",
        /// The client signed the installation off.
        InstallationSignOff = "installation_sign_off",
        /// Every adjustment is confirmed.
        NoOpenAdjustments = "no_open_adjustments",
        /// The latest inspection since the last entry into acceptance failed.
        FailedInspection = "failed_inspection",
        /// The latest inspection since the last entry into acceptance passed.
        PassedInspection = "passed_inspection",
        /// The acceptance certificate is on file.
        AcceptanceCertificate = "acceptance_certificate",
        /// The owner wrote the project summary.
        ProjectSummary = "project_summary",
        /// Every item of the transfer list is there.
        TransferComplete = "transfer_complete",
        /// The termination agreement is on file.
        TerminationAgreement = "termination_agreement",
        /// The final account is confirmed.
        FinalAccountConfirmed = "final_account_confirmed",
        /// Every receivable is paid or written off.
        ReceivablesClosed = "receivables_closed",
        /// No complaint is open.
        NoOpenComplaints = "no_open_complaints",
        /// Every document of the archive list is there.
        DocumentsComplete = "documents_complete",
        /// The package is sealed.
        PackageSealed = "package_sealed",
        /// The paper files have a place.
        PaperFilesPlaced = "paper_files_placed",
    }
}

text_enum! {
    /// A caller's relation to a project; one person can be several.
    Party {
        /// The manager of the client department.
        Manager = "manager",
        /// Whoever recorded the inquiry, until an owner is assigned.
        Recorder = "recorder",
        /// The front owner.
        FrontOwner = "front_owner",
        /// The leader of the project's front group.
        FrontLeader = "front_leader",
        /// The one person answerable now.
        AccountableOwner = "accountable_owner",
        /// The leader of the accountable owner's group.
        AccountableLeader = "accountable_leader",
        /// The back owner.
        BackOwner = "back_owner",
        /// A leader of a back group.
        BackLeader = "back_leader",
        /// A leader or specialist of a back group.
        BackStaff = "back_staff",
        /// An assistant of the accountable owner's group.
        GroupAssistant = "group_assistant",
        /// Finance.
        Finance = "finance",
        /// A contributor of the department addressed.
        Department = "department",
    }
}
