DROP TRIGGER projects_sealed_update;
CREATE TRIGGER projects_sealed_update BEFORE UPDATE ON projects WHEN OLD.sealed_at IS NOT NULL AND (NEW.sealed_at IS NOT OLD.sealed_at OR NEW.name <> OLD.name OR NEW.client_id <> OLD.client_id OR NEW.front_owner_id IS NOT OLD.front_owner_id OR NEW.back_owner_id IS NOT OLD.back_owner_id OR (NEW.stage <> OLD.stage AND NEW.stage <> 'archived'))
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER documents_sealed_update;
CREATE TRIGGER documents_sealed_update BEFORE UPDATE ON documents WHEN NEW.category NOT IN ('addendum', 'complaint')
    AND EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER waivers_sealed_update;
CREATE TRIGGER waivers_sealed_update BEFORE UPDATE ON waivers WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER interactions_sealed_update;
CREATE TRIGGER interactions_sealed_update BEFORE UPDATE ON interactions WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER qualifications_sealed_update;
CREATE TRIGGER qualifications_sealed_update BEFORE UPDATE ON qualifications WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER instructions_sealed_update;
CREATE TRIGGER instructions_sealed_update BEFORE UPDATE ON instructions WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER project_initiations_sealed_update;
CREATE TRIGGER project_initiations_sealed_update BEFORE UPDATE ON project_initiations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER assignment_sheets_sealed_update;
CREATE TRIGGER assignment_sheets_sealed_update BEFORE UPDATE ON assignment_sheets WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER sheet_acknowledgements_sealed_update;
CREATE TRIGGER sheet_acknowledgements_sealed_update BEFORE UPDATE ON sheet_acknowledgements WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER memos_sealed_update;
CREATE TRIGGER memos_sealed_update BEFORE UPDATE ON memos WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER memo_replies_sealed_update;
CREATE TRIGGER memo_replies_sealed_update BEFORE UPDATE ON memo_replies WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER reassignments_sealed_update;
CREATE TRIGGER reassignments_sealed_update BEFORE UPDATE ON reassignments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER commissions_sealed_update;
CREATE TRIGGER commissions_sealed_update BEFORE UPDATE ON commissions WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER tenders_sealed_update;
CREATE TRIGGER tenders_sealed_update BEFORE UPDATE ON tenders WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER securities_sealed_update;
CREATE TRIGGER securities_sealed_update BEFORE UPDATE ON securities WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER schemes_sealed_update;
CREATE TRIGGER schemes_sealed_update BEFORE UPDATE ON schemes WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER scheme_comments_sealed_update;
CREATE TRIGGER scheme_comments_sealed_update BEFORE UPDATE ON scheme_comments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER quotations_sealed_update;
CREATE TRIGGER quotations_sealed_update BEFORE UPDATE ON quotations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER contracts_sealed_update;
CREATE TRIGGER contracts_sealed_update BEFORE UPDATE ON contracts WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER contract_instalments_sealed_update;
CREATE TRIGGER contract_instalments_sealed_update BEFORE UPDATE ON contract_instalments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER amendments_sealed_update;
CREATE TRIGGER amendments_sealed_update BEFORE UPDATE ON amendments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER contract_reviews_sealed_update;
CREATE TRIGGER contract_reviews_sealed_update BEFORE UPDATE ON contract_reviews WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER seal_entries_sealed_update;
CREATE TRIGGER seal_entries_sealed_update BEFORE UPDATE ON seal_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER milestones_sealed_update;
CREATE TRIGGER milestones_sealed_update BEFORE UPDATE ON milestones WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER readiness_checks_sealed_update;
CREATE TRIGGER readiness_checks_sealed_update BEFORE UPDATE ON readiness_checks WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER site_access_confirmations_sealed_update;
CREATE TRIGGER site_access_confirmations_sealed_update BEFORE UPDATE ON site_access_confirmations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER installation_starts_sealed_update;
CREATE TRIGGER installation_starts_sealed_update BEFORE UPDATE ON installation_starts WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER deliveries_sealed_update;
CREATE TRIGGER deliveries_sealed_update BEFORE UPDATE ON deliveries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER progress_entries_sealed_update;
CREATE TRIGGER progress_entries_sealed_update BEFORE UPDATE ON progress_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER site_issues_sealed_update;
CREATE TRIGGER site_issues_sealed_update BEFORE UPDATE ON site_issues WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER sign_offs_sealed_update;
CREATE TRIGGER sign_offs_sealed_update BEFORE UPDATE ON sign_offs WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER adjustments_sealed_update;
CREATE TRIGGER adjustments_sealed_update BEFORE UPDATE ON adjustments WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER inspections_sealed_update;
CREATE TRIGGER inspections_sealed_update BEFORE UPDATE ON inspections WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER acceptance_certificates_sealed_update;
CREATE TRIGGER acceptance_certificates_sealed_update BEFORE UPDATE ON acceptance_certificates WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER project_summaries_sealed_update;
CREATE TRIGGER project_summaries_sealed_update BEFORE UPDATE ON project_summaries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER termination_approvals_sealed_update;
CREATE TRIGGER termination_approvals_sealed_update BEFORE UPDATE ON termination_approvals WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER transfers_sealed_update;
CREATE TRIGGER transfers_sealed_update BEFORE UPDATE ON transfers WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER final_accounts_sealed_update;
CREATE TRIGGER final_accounts_sealed_update BEFORE UPDATE ON final_accounts WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER receivables_sealed_update;
CREATE TRIGGER receivables_sealed_update BEFORE UPDATE ON receivables WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER allocations_sealed_update;
CREATE TRIGGER allocations_sealed_update BEFORE UPDATE ON allocations WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER invoices_sealed_update;
CREATE TRIGGER invoices_sealed_update BEFORE UPDATE ON invoices WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER collection_entries_sealed_update;
CREATE TRIGGER collection_entries_sealed_update BEFORE UPDATE ON collection_entries WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER disputes_sealed_update;
CREATE TRIGGER disputes_sealed_update BEFORE UPDATE ON disputes WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
DROP TRIGGER write_offs_sealed_update;
CREATE TRIGGER write_offs_sealed_update BEFORE UPDATE ON write_offs WHEN EXISTS (SELECT 1 FROM projects WHERE id = NEW.project_id AND sealed_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'project_sealed'); END;
