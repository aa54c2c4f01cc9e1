//! The tables as Diesel sees them: one set for both databases. A test compares them with the migrations.
#![expect(missing_docs, reason = "the columns are named after the terms of the field; the row types document them")]

mod after_sales;
mod assignment_and_bidding;
mod clients_and_projects;
mod contracting;
mod documents_and_archive;
mod installation_to_transfer;
mod money;
mod people;
mod webhooks;
pub use after_sales::*;
pub use assignment_and_bidding::*;
pub use clients_and_projects::*;
pub use contracting::*;
pub use documents_and_archive::*;
pub use installation_to_transfer::*;
pub use money::*;
pub use people::*;
pub use webhooks::*;

diesel::joinable!(users -> groups (group_id));

diesel::allow_tables_to_appear_in_same_query!(
    departments,
    groups,
    users,
    refresh_tokens,
    setup_tokens,
    api_keys,
    webhook_endpoints,
    webhook_deliveries,
    webhook_attempts,
    settings,
    calendar_days,
    sandbox_clock,
    idempotency_keys,
    number_series,
    events,
    clients,
    client_contacts,
    projects,
    project_participants,
    project_departments,
    waivers,
    interactions,
    qualifications,
    instructions,
    project_initiations,
    assignment_sheets,
    sheet_acknowledgements,
    memos,
    memo_replies,
    reassignments,
    commissions,
    tenders,
    securities,
    schemes,
    scheme_comments,
    quotations,
    contract_templates,
    contracts,
    contract_instalments,
    amendments,
    contract_reviews,
    seal_entries,
    milestones,
    readiness_checks,
    site_access_confirmations,
    installation_starts,
    deliveries,
    progress_entries,
    site_issues,
    sign_offs,
    adjustments,
    inspections,
    acceptance_certificates,
    project_summaries,
    termination_approvals,
    transfers,
    final_accounts,
    receivables,
    payments,
    allocations,
    refunds,
    invoices,
    collection_entries,
    disputes,
    write_offs,
    documents,
    document_revisions,
    document_links,
    document_accesses,
    archives,
    archive_addenda,
    complaints,
    complaint_measures,
    complaint_reviews,
);
