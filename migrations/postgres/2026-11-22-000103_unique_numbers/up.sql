-- Numbers that need only be unique (inquiries, clients) come from a sequence per series and year: a row of number_series stays locked until the
-- commit, so that only one of many callers could commit at a time. `used` false only looks at what would come next, for a trial.
CREATE FUNCTION unique_number(series TEXT, year BIGINT, used BOOLEAN) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    name TEXT := format('unique_numbers_%s_%s', lower(series), year);
    coming BIGINT;
BEGIN
    IF to_regclass(quote_ident(name)) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext(name));
        SELECT last + 1 INTO coming FROM number_series s WHERE s.series = unique_number.series AND s.year = unique_number.year;
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I START WITH %s', name, COALESCE(coming, 1));
    END IF;
    IF used THEN
        RETURN nextval(quote_ident(name)::regclass);
    END IF;
    EXECUTE format('SELECT last_value + is_called::int FROM %I', name) INTO coming;
    RETURN coming;
END
$$;
