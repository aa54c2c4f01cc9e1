-- The rows of number_series go on where the sequences stopped.
DO $$
DECLARE
    s RECORD;
BEGIN
    FOR s IN SELECT sequencename AS name FROM pg_sequences WHERE schemaname = current_schema() AND sequencename LIKE 'unique\_numbers\_%' LOOP
        EXECUTE format(
            'INSERT INTO number_series (series, year, last) SELECT %L, %s, last_value FROM %I WHERE is_called ON CONFLICT (series, year) DO UPDATE SET last = excluded.last',
            upper(split_part(s.name, '_', 3)), split_part(s.name, '_', 4), s.name);
        EXECUTE format('DROP SEQUENCE %I', s.name);
    END LOOP;
END
$$;
DROP FUNCTION unique_number(TEXT, BIGINT, BOOLEAN);
