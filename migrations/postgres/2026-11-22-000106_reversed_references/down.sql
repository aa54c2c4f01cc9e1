DROP INDEX payments_one_1;
CREATE UNIQUE INDEX payments_one_1 ON payments (client_id, reference) WHERE voided_at IS NULL;
