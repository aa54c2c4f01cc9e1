DROP INDEX projects_by_back_owner_id;
CREATE INDEX projects_by_back_owner_id ON projects (back_owner_id);
DROP INDEX projects_by_front_owner_id;
CREATE INDEX projects_by_front_owner_id ON projects (front_owner_id);
