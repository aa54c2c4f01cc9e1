-- A sealed project is frozen: what belongs to it can no longer be written.
CREATE TRIGGER projects_sealed_update BEFORE UPDATE ON projects WHEN OLD.sealed_at IS NOT NULL AND (NEW.sealed_at IS NOT OLD.sealed_at OR NEW.name <> OLD.name OR NEW.client_id <> OLD.client_id OR NEW.front_owner_id IS NOT OLD.front_owner_id OR NEW.back_owner_id IS NOT OLD.back_owner_id OR (NEW.stage <> OLD.stage AND NEW.stage <> 'archived'))
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER events_append_only_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events_are_append_only'); END;
CREATE TRIGGER projects_sealed_delete BEFORE DELETE ON projects WHEN OLD.sealed_at IS NOT NULL AND (1)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER events_append_only_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events_are_append_only'); END;
CREATE TRIGGER documents_sealed_insert BEFORE INSERT ON documents WHEN NEW.category NOT IN ('addendum', 'complaint')
    AND EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER waivers_sealed_insert BEFORE INSERT ON waivers WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER interactions_sealed_insert BEFORE INSERT ON interactions WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER qualifications_sealed_insert BEFORE INSERT ON qualifications WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER instructions_sealed_insert BEFORE INSERT ON instructions WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER project_initiations_sealed_insert BEFORE INSERT ON project_initiations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER assignment_sheets_sealed_insert BEFORE INSERT ON assignment_sheets WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER sheet_acknowledgements_sealed_insert BEFORE INSERT ON sheet_acknowledgements WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER memos_sealed_insert BEFORE INSERT ON memos WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER memo_replies_sealed_insert BEFORE INSERT ON memo_replies WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER reassignments_sealed_insert BEFORE INSERT ON reassignments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER commissions_sealed_insert BEFORE INSERT ON commissions WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER tenders_sealed_insert BEFORE INSERT ON tenders WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER securities_sealed_insert BEFORE INSERT ON securities WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER schemes_sealed_insert BEFORE INSERT ON schemes WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER scheme_comments_sealed_insert BEFORE INSERT ON scheme_comments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER quotations_sealed_insert BEFORE INSERT ON quotations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER contracts_sealed_insert BEFORE INSERT ON contracts WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER contract_instalments_sealed_insert BEFORE INSERT ON contract_instalments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER amendments_sealed_insert BEFORE INSERT ON amendments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER contract_reviews_sealed_insert BEFORE INSERT ON contract_reviews WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER seal_entries_sealed_insert BEFORE INSERT ON seal_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER milestones_sealed_insert BEFORE INSERT ON milestones WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER readiness_checks_sealed_insert BEFORE INSERT ON readiness_checks WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER site_access_confirmations_sealed_insert BEFORE INSERT ON site_access_confirmations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER installation_starts_sealed_insert BEFORE INSERT ON installation_starts WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER deliveries_sealed_insert BEFORE INSERT ON deliveries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER progress_entries_sealed_insert BEFORE INSERT ON progress_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER site_issues_sealed_insert BEFORE INSERT ON site_issues WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER sign_offs_sealed_insert BEFORE INSERT ON sign_offs WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER adjustments_sealed_insert BEFORE INSERT ON adjustments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER inspections_sealed_insert BEFORE INSERT ON inspections WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER acceptance_certificates_sealed_insert BEFORE INSERT ON acceptance_certificates WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER project_summaries_sealed_insert BEFORE INSERT ON project_summaries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER termination_approvals_sealed_insert BEFORE INSERT ON termination_approvals WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER transfers_sealed_insert BEFORE INSERT ON transfers WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER final_accounts_sealed_insert BEFORE INSERT ON final_accounts WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER receivables_sealed_insert BEFORE INSERT ON receivables WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER allocations_sealed_insert BEFORE INSERT ON allocations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER invoices_sealed_insert BEFORE INSERT ON invoices WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER collection_entries_sealed_insert BEFORE INSERT ON collection_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER disputes_sealed_insert BEFORE INSERT ON disputes WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER write_offs_sealed_insert BEFORE INSERT ON write_offs WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER documents_sealed_update BEFORE UPDATE ON documents WHEN NEW.category NOT IN ('addendum', 'complaint')
    AND EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER waivers_sealed_update BEFORE UPDATE ON waivers WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER interactions_sealed_update BEFORE UPDATE ON interactions WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER qualifications_sealed_update BEFORE UPDATE ON qualifications WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER instructions_sealed_update BEFORE UPDATE ON instructions WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER project_initiations_sealed_update BEFORE UPDATE ON project_initiations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER assignment_sheets_sealed_update BEFORE UPDATE ON assignment_sheets WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER sheet_acknowledgements_sealed_update BEFORE UPDATE ON sheet_acknowledgements WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER memos_sealed_update BEFORE UPDATE ON memos WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER memo_replies_sealed_update BEFORE UPDATE ON memo_replies WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER reassignments_sealed_update BEFORE UPDATE ON reassignments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER commissions_sealed_update BEFORE UPDATE ON commissions WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER tenders_sealed_update BEFORE UPDATE ON tenders WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER securities_sealed_update BEFORE UPDATE ON securities WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER schemes_sealed_update BEFORE UPDATE ON schemes WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER scheme_comments_sealed_update BEFORE UPDATE ON scheme_comments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER quotations_sealed_update BEFORE UPDATE ON quotations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER contracts_sealed_update BEFORE UPDATE ON contracts WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER contract_instalments_sealed_update BEFORE UPDATE ON contract_instalments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER amendments_sealed_update BEFORE UPDATE ON amendments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER contract_reviews_sealed_update BEFORE UPDATE ON contract_reviews WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER seal_entries_sealed_update BEFORE UPDATE ON seal_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER milestones_sealed_update BEFORE UPDATE ON milestones WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER readiness_checks_sealed_update BEFORE UPDATE ON readiness_checks WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER site_access_confirmations_sealed_update BEFORE UPDATE ON site_access_confirmations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER installation_starts_sealed_update BEFORE UPDATE ON installation_starts WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER deliveries_sealed_update BEFORE UPDATE ON deliveries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER progress_entries_sealed_update BEFORE UPDATE ON progress_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER site_issues_sealed_update BEFORE UPDATE ON site_issues WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER sign_offs_sealed_update BEFORE UPDATE ON sign_offs WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER adjustments_sealed_update BEFORE UPDATE ON adjustments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER inspections_sealed_update BEFORE UPDATE ON inspections WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER acceptance_certificates_sealed_update BEFORE UPDATE ON acceptance_certificates WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER project_summaries_sealed_update BEFORE UPDATE ON project_summaries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER termination_approvals_sealed_update BEFORE UPDATE ON termination_approvals WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER transfers_sealed_update BEFORE UPDATE ON transfers WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER final_accounts_sealed_update BEFORE UPDATE ON final_accounts WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER receivables_sealed_update BEFORE UPDATE ON receivables WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER allocations_sealed_update BEFORE UPDATE ON allocations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER invoices_sealed_update BEFORE UPDATE ON invoices WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER collection_entries_sealed_update BEFORE UPDATE ON collection_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER disputes_sealed_update BEFORE UPDATE ON disputes WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER write_offs_sealed_update BEFORE UPDATE ON write_offs WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER documents_sealed_delete BEFORE DELETE ON documents WHEN OLD.category NOT IN ('addendum', 'complaint')
    AND EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER waivers_sealed_delete BEFORE DELETE ON waivers WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER interactions_sealed_delete BEFORE DELETE ON interactions WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER qualifications_sealed_delete BEFORE DELETE ON qualifications WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER instructions_sealed_delete BEFORE DELETE ON instructions WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER project_initiations_sealed_delete BEFORE DELETE ON project_initiations WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER assignment_sheets_sealed_delete BEFORE DELETE ON assignment_sheets WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER sheet_acknowledgements_sealed_delete BEFORE DELETE ON sheet_acknowledgements WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER memos_sealed_delete BEFORE DELETE ON memos WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER memo_replies_sealed_delete BEFORE DELETE ON memo_replies WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER reassignments_sealed_delete BEFORE DELETE ON reassignments WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER commissions_sealed_delete BEFORE DELETE ON commissions WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER tenders_sealed_delete BEFORE DELETE ON tenders WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER securities_sealed_delete BEFORE DELETE ON securities WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER schemes_sealed_delete BEFORE DELETE ON schemes WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER scheme_comments_sealed_delete BEFORE DELETE ON scheme_comments WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER quotations_sealed_delete BEFORE DELETE ON quotations WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER contracts_sealed_delete BEFORE DELETE ON contracts WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER contract_instalments_sealed_delete BEFORE DELETE ON contract_instalments WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER amendments_sealed_delete BEFORE DELETE ON amendments WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER contract_reviews_sealed_delete BEFORE DELETE ON contract_reviews WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER seal_entries_sealed_delete BEFORE DELETE ON seal_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER milestones_sealed_delete BEFORE DELETE ON milestones WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER readiness_checks_sealed_delete BEFORE DELETE ON readiness_checks WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER site_access_confirmations_sealed_delete BEFORE DELETE ON site_access_confirmations WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER installation_starts_sealed_delete BEFORE DELETE ON installation_starts WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER deliveries_sealed_delete BEFORE DELETE ON deliveries WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER progress_entries_sealed_delete BEFORE DELETE ON progress_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER site_issues_sealed_delete BEFORE DELETE ON site_issues WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER sign_offs_sealed_delete BEFORE DELETE ON sign_offs WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER adjustments_sealed_delete BEFORE DELETE ON adjustments WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER inspections_sealed_delete BEFORE DELETE ON inspections WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER acceptance_certificates_sealed_delete BEFORE DELETE ON acceptance_certificates WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER project_summaries_sealed_delete BEFORE DELETE ON project_summaries WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER termination_approvals_sealed_delete BEFORE DELETE ON termination_approvals WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER transfers_sealed_delete BEFORE DELETE ON transfers WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER final_accounts_sealed_delete BEFORE DELETE ON final_accounts WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER receivables_sealed_delete BEFORE DELETE ON receivables WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER allocations_sealed_delete BEFORE DELETE ON allocations WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER invoices_sealed_delete BEFORE DELETE ON invoices WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER collection_entries_sealed_delete BEFORE DELETE ON collection_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER disputes_sealed_delete BEFORE DELETE ON disputes WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
CREATE TRIGGER write_offs_sealed_delete BEFORE DELETE ON write_offs WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
