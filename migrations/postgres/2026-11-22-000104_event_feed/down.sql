DROP TRIGGER events_numbered ON events;
DROP FUNCTION number_event();
ALTER TABLE events DROP COLUMN settled_after;
