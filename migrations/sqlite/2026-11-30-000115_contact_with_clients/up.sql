-- Whoever looks after a client gets in touch with it whatever projects there are.
ALTER TABLE clients ADD COLUMN contacted_at TEXT;
ALTER TABLE clients ADD COLUMN follow_up_on DATE;
