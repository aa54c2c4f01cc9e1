ALTER TABLE clients DROP COLUMN follow_up_on;
ALTER TABLE clients DROP COLUMN contacted_at;
