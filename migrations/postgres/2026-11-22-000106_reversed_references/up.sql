-- A payment that was reversed gives its reference free: the same bill or transfer may be booked again.
DROP INDEX payments_one_1;
CREATE UNIQUE INDEX payments_one_1 ON payments (client_id, reference) WHERE voided_at IS NULL AND state <> 'reversed';
