ALTER TABLE events DROP COLUMN settled_after;
