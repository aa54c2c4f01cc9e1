-- One writer numbers events in the order of their commits: what is there is settled. The column is PostgreSQL's.
ALTER TABLE events ADD COLUMN recorded_at TEXT;
