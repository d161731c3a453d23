-- Hours from half past to half past, of which the days of zones with half hours are made: rolled up from quarters.
DO $$
DECLARE
  timescale boolean := EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  EXECUTE 'CREATE TABLE candles_half_past (LIKE candles_1h INCLUDING ALL)'
    || CASE WHEN timescale THEN '' ELSE ' PARTITION BY RANGE (at)' END;
  IF timescale THEN
    PERFORM create_hypertable('candles_half_past', 'at', chunk_time_interval => '1 year'::interval);
  END IF;
END $$;
GRANT SELECT ON candles_half_past TO nightdesk_app, nightdesk_tracker;
GRANT SELECT, INSERT, UPDATE ON candles_half_past TO nightdesk_streams;
GRANT SELECT ON candle_loads TO nightdesk_tracker;  -- which says where longer bars can't be mixed with shorter ones

-- As before, and for candles_half_past.
CREATE OR REPLACE FUNCTION candles_ensure_partitions(since timestamptz, until timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  parent text;
  part text;
  step interval;
  unit text;
  start timestamptz;
  made int := 0;
BEGIN
  IF since < '2009-01-01' OR until > '2100-02-01' OR since > until THEN
    RAISE EXCEPTION 'no candles are kept from % until %', since, until USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOREACH parent IN ARRAY ARRAY['candles_1m', 'candles_5m', 'candles_15m', 'candles_half_past', 'candles_1h', 'candles_1d']
  LOOP
    CONTINUE WHEN (SELECT relkind FROM pg_class WHERE oid = format('public.%I', parent)::regclass) <> 'p';
    unit := CASE WHEN parent IN ('candles_half_past', 'candles_1h', 'candles_1d') THEN 'year' ELSE 'month' END;
    step := ('1 ' || unit)::interval;
    start := date_trunc(unit, since);
    IF parent = 'candles_half_past' THEN  -- the first bar of January may begin in the year before
      start := date_trunc(unit, date_trunc('month', since) - interval '30 minutes');
    END IF;
    WHILE start < until
    LOOP
      part := parent || to_char(start, CASE unit WHEN 'month' THEN '_YYYY_MM' ELSE '_YYYY' END);
      IF NOT EXISTS (SELECT FROM pg_class WHERE relname = part AND relnamespace = 'public'::regnamespace) THEN
        PERFORM pg_advisory_xact_lock(7306919842003);  -- then look again: another writer may have been first
        IF NOT EXISTS (SELECT FROM pg_class WHERE relname = part AND relnamespace = 'public'::regnamespace) THEN
          EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', part, parent);
          EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            parent, part, start, start + step);
          made := made + 1;
        END IF;
      END IF;
      start := start + step;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

-- What is stored already gets them.
DO $$
DECLARE
  first timestamptz := (SELECT min(at) FROM candles_15m);
  last timestamptz := (SELECT max(at) FROM candles_15m);
BEGIN
  IF first IS NULL THEN
    RETURN;
  END IF;
  PERFORM candles_ensure_partitions(first, last + interval '62 days');
  INSERT INTO candles_half_past (series_id, at, open, high, low, close, volume, revision)
  SELECT series_id, bin, (array_agg(open ORDER BY at))[1], max(high), min(low), (array_agg(close ORDER BY at))[count(*)],
    sum(volume ORDER BY at), max(revision)
  FROM (SELECT *, bool_or(volume > 0) OVER (PARTITION BY series_id, bin) AS is_traded
        FROM (SELECT *, date_bin('1 hour', at, '1970-01-01 00:30Z') AS bin FROM candles_15m) AS part) AS parts
  WHERE volume > 0 OR NOT is_traded GROUP BY series_id, bin;
END $$;
