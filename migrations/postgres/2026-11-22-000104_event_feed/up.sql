-- Transactions commit in another order than their events were numbered. `settled_after` is the first transaction id that was not given out when the
-- event got its number: once no transaction below it runs, nothing with a smaller number can still appear, and the feed may go that far.
-- The trigger takes the number itself, after making sure that this transaction has its id.
ALTER TABLE events ADD COLUMN settled_after BIGINT NOT NULL DEFAULT 0;
CREATE FUNCTION number_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_current_xact_id();
    NEW.seq := nextval('events_seq_seq');
    NEW.settled_after := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    RETURN NEW;
END
$$;
CREATE TRIGGER events_numbered BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION number_event();
