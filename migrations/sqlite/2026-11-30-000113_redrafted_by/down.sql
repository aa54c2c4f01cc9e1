ALTER TABLE amendments DROP COLUMN redrafted_by;
ALTER TABLE contracts DROP COLUMN redrafted_by;
