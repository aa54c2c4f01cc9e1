-- Transactions commit in another order than their events were numbered. By the server's clock an event that was numbered before every transaction began
-- that is still writing events is settled: nothing with a smaller number can appear any more, and the feed may go that far.
ALTER TABLE events ADD COLUMN recorded_at TIMESTAMPTZ DEFAULT clock_timestamp();
