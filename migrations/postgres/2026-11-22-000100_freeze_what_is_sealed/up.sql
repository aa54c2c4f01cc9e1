-- A sealed project is frozen: what belongs to it can no longer be written.
CREATE FUNCTION refuse_if_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project UUID := COALESCE(NEW.project_id, OLD.project_id);
BEGIN
    IF project IS NOT NULL AND EXISTS (SELECT 1 FROM projects WHERE id = project AND sealed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'project_sealed' USING ERRCODE = '23514';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE FUNCTION refuse_sealed_project_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sealed_at IS NOT NULL AND (
        TG_OP = 'DELETE' OR NEW.sealed_at IS DISTINCT FROM OLD.sealed_at OR NEW.name <> OLD.name OR NEW.client_id <> OLD.client_id
        OR NEW.front_owner_id IS DISTINCT FROM OLD.front_owner_id OR NEW.back_owner_id IS DISTINCT FROM OLD.back_owner_id
        OR (NEW.stage <> OLD.stage AND NEW.stage <> 'archived')) THEN
        RAISE EXCEPTION 'project_sealed' USING ERRCODE = '23514';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE FUNCTION refuse_sealed_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF COALESCE(NEW.category, OLD.category) NOT IN ('addendum', 'complaint') AND EXISTS (
        SELECT 1 FROM projects WHERE id = COALESCE(NEW.project_id, OLD.project_id) AND sealed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'project_sealed' USING ERRCODE = '23514';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events_are_append_only' USING ERRCODE = '23514';
END $$;

CREATE TRIGGER projects_sealed BEFORE UPDATE OR DELETE ON projects FOR EACH ROW EXECUTE FUNCTION refuse_sealed_project_change();
CREATE TRIGGER documents_sealed BEFORE INSERT OR UPDATE OR DELETE ON documents FOR EACH ROW EXECUTE FUNCTION refuse_sealed_document();
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER waivers_sealed BEFORE INSERT OR UPDATE OR DELETE ON waivers FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER interactions_sealed BEFORE INSERT OR UPDATE OR DELETE ON interactions FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER qualifications_sealed BEFORE INSERT OR UPDATE OR DELETE ON qualifications FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER instructions_sealed BEFORE INSERT OR UPDATE OR DELETE ON instructions FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER project_initiations_sealed BEFORE INSERT OR UPDATE OR DELETE ON project_initiations FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER assignment_sheets_sealed BEFORE INSERT OR UPDATE OR DELETE ON assignment_sheets FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER sheet_acknowledgements_sealed BEFORE INSERT OR UPDATE OR DELETE ON sheet_acknowledgements FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER memos_sealed BEFORE INSERT OR UPDATE OR DELETE ON memos FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER memo_replies_sealed BEFORE INSERT OR UPDATE OR DELETE ON memo_replies FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER reassignments_sealed BEFORE INSERT OR UPDATE OR DELETE ON reassignments FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER commissions_sealed BEFORE INSERT OR UPDATE OR DELETE ON commissions FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER tenders_sealed BEFORE INSERT OR UPDATE OR DELETE ON tenders FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER securities_sealed BEFORE INSERT OR UPDATE OR DELETE ON securities FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER schemes_sealed BEFORE INSERT OR UPDATE OR DELETE ON schemes FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER scheme_comments_sealed BEFORE INSERT OR UPDATE OR DELETE ON scheme_comments FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER quotations_sealed BEFORE INSERT OR UPDATE OR DELETE ON quotations FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER contracts_sealed BEFORE INSERT OR UPDATE OR DELETE ON contracts FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER contract_instalments_sealed BEFORE INSERT OR UPDATE OR DELETE ON contract_instalments FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER amendments_sealed BEFORE INSERT OR UPDATE OR DELETE ON amendments FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER contract_reviews_sealed BEFORE INSERT OR UPDATE OR DELETE ON contract_reviews FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER seal_entries_sealed BEFORE INSERT OR UPDATE OR DELETE ON seal_entries FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER milestones_sealed BEFORE INSERT OR UPDATE OR DELETE ON milestones FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER readiness_checks_sealed BEFORE INSERT OR UPDATE OR DELETE ON readiness_checks FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER site_access_confirmations_sealed BEFORE INSERT OR UPDATE OR DELETE ON site_access_confirmations FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER installation_starts_sealed BEFORE INSERT OR UPDATE OR DELETE ON installation_starts FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER deliveries_sealed BEFORE INSERT OR UPDATE OR DELETE ON deliveries FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER progress_entries_sealed BEFORE INSERT OR UPDATE OR DELETE ON progress_entries FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER site_issues_sealed BEFORE INSERT OR UPDATE OR DELETE ON site_issues FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER sign_offs_sealed BEFORE INSERT OR UPDATE OR DELETE ON sign_offs FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER adjustments_sealed BEFORE INSERT OR UPDATE OR DELETE ON adjustments FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER inspections_sealed BEFORE INSERT OR UPDATE OR DELETE ON inspections FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER acceptance_certificates_sealed BEFORE INSERT OR UPDATE OR DELETE ON acceptance_certificates FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER project_summaries_sealed BEFORE INSERT OR UPDATE OR DELETE ON project_summaries FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER termination_approvals_sealed BEFORE INSERT OR UPDATE OR DELETE ON termination_approvals FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER transfers_sealed BEFORE INSERT OR UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER final_accounts_sealed BEFORE INSERT OR UPDATE OR DELETE ON final_accounts FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER receivables_sealed BEFORE INSERT OR UPDATE OR DELETE ON receivables FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER allocations_sealed BEFORE INSERT OR UPDATE OR DELETE ON allocations FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER invoices_sealed BEFORE INSERT OR UPDATE OR DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER collection_entries_sealed BEFORE INSERT OR UPDATE OR DELETE ON collection_entries FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER disputes_sealed BEFORE INSERT OR UPDATE OR DELETE ON disputes FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
CREATE TRIGGER write_offs_sealed BEFORE INSERT OR UPDATE OR DELETE ON write_offs FOR EACH ROW EXECUTE FUNCTION refuse_if_sealed();
