ALTER TABLE receivables DROP COLUMN effective_on;
