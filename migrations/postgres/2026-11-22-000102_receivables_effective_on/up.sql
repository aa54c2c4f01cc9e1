-- From which business day a receivable's amount and due date stand: a signing is often recorded days after it happened.
ALTER TABLE receivables ADD COLUMN effective_on DATE;
