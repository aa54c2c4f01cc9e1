ALTER TABLE events DROP COLUMN recorded_at;
