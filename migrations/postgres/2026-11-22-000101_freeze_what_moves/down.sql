CREATE OR REPLACE FUNCTION refuse_if_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project UUID := COALESCE(NEW.project_id, OLD.project_id);
BEGIN
    IF project IS NOT NULL AND EXISTS (SELECT 1 FROM projects WHERE id = project AND sealed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'project_sealed' USING ERRCODE = '23514';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION refuse_sealed_project_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sealed_at IS NOT NULL AND (
        TG_OP = 'DELETE' OR NEW.sealed_at IS DISTINCT FROM OLD.sealed_at OR NEW.name <> OLD.name OR NEW.client_id <> OLD.client_id
        OR NEW.front_owner_id IS DISTINCT FROM OLD.front_owner_id OR NEW.back_owner_id IS DISTINCT FROM OLD.back_owner_id
        OR (NEW.stage <> OLD.stage AND NEW.stage <> 'archived')) THEN
        RAISE EXCEPTION 'project_sealed' USING ERRCODE = '23514';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION refuse_sealed_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF COALESCE(NEW.category, OLD.category) NOT IN ('addendum', 'complaint') AND EXISTS (
        SELECT 1 FROM projects WHERE id = COALESCE(NEW.project_id, OLD.project_id) AND sealed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'project_sealed' USING ERRCODE = '23514';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

