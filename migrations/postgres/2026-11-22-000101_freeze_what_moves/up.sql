-- What belongs to a sealed project cannot be moved out of it, nor can any of the project's own facts change, but for the last step to `archived`.
CREATE OR REPLACE FUNCTION refuse_if_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM projects WHERE id IN (OLD.project_id, NEW.project_id) AND sealed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'project_sealed' USING ERRCODE = '23514';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION refuse_sealed_project_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving TEXT[] := ARRAY['version', 'updated_at', 'stage', 'stage_entered_at'];
BEGIN
    IF OLD.sealed_at IS NOT NULL AND (
        TG_OP = 'DELETE' OR to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving
        OR (NEW.stage <> OLD.stage AND NEW.stage <> 'archived')) THEN
        RAISE EXCEPTION 'project_sealed' USING ERRCODE = '23514';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION refuse_sealed_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.category NOT IN ('addendum', 'complaint') OR NEW.category NOT IN ('addendum', 'complaint')) AND EXISTS (
        SELECT 1 FROM projects WHERE id IN (OLD.project_id, NEW.project_id) AND sealed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'project_sealed' USING ERRCODE = '23514';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
