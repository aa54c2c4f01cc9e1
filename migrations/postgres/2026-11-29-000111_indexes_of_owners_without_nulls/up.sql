-- An inquiry has no owners: every new one was written into both indexes, among the nulls that nobody looks for there.
DROP INDEX projects_by_front_owner_id;
CREATE INDEX projects_by_front_owner_id ON projects (front_owner_id) WHERE front_owner_id IS NOT NULL;
DROP INDEX projects_by_back_owner_id;
CREATE INDEX projects_by_back_owner_id ON projects (back_owner_id) WHERE back_owner_id IS NOT NULL;
