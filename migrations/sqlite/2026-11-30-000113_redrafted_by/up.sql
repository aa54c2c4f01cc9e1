-- The back leader or the manager who last changed a draft: nobody reviews what they wrote.
ALTER TABLE contracts ADD COLUMN redrafted_by BLOB REFERENCES users (id);
ALTER TABLE amendments ADD COLUMN redrafted_by BLOB REFERENCES users (id);
