-- History of candles: bars of 5 minutes and of months are stored too, a series may be written in any stored
-- resolution, and where bars came from that no live stream told is kept.

ALTER TABLE series DROP CONSTRAINT series_base_resolution_check;
ALTER TABLE series ADD CONSTRAINT series_base_resolution_check
  CHECK (base_resolution IN ('1m', '5m', '15m', '1h', '1d', '1M'));

DO $$
DECLARE
  timescale boolean := EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  EXECUTE 'CREATE TABLE candles_5m (LIKE candles_15m INCLUDING ALL)'
    || CASE WHEN timescale THEN '' ELSE ' PARTITION BY RANGE (at)' END;
  IF timescale THEN
    PERFORM create_hypertable('candles_5m', 'at', chunk_time_interval => interval '1 month');
  END IF;
END $$;
CREATE TABLE candles_months (LIKE candles_15m INCLUDING ALL);  -- a dozen rows a year: nothing to part

GRANT SELECT ON candles_5m, candles_months TO nightdesk_app, nightdesk_tracker;
GRANT SELECT, INSERT, UPDATE ON candles_5m, candles_months TO nightdesk_streams;

-- A bar says by its revision which of these it came from; one whose revision is not here came from a live stream.
CREATE TABLE candle_loads (
  series_id  bigint NOT NULL REFERENCES series,
  revision   bigint NOT NULL,
  source     text NOT NULL,                  -- klines, trades, or what file
  resolution text NOT NULL,
  since      timestamptz NOT NULL,           -- start of the first bar
  until      timestamptz NOT NULL,           -- start of the last
  bars       bigint NOT NULL,
  loaded_at  timestamptz NOT NULL,
  PRIMARY KEY (series_id, revision, source, resolution)
);
GRANT SELECT ON candle_loads TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE ON candle_loads TO nightdesk_streams;

-- As before, and for candles_5m.
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
  FOREACH parent IN ARRAY ARRAY['candles_1m', 'candles_5m', 'candles_15m', 'candles_1h', 'candles_1d']
  LOOP
    CONTINUE WHEN (SELECT relkind FROM pg_class WHERE oid = format('public.%I', parent)::regclass) <> 'p';
    unit := CASE WHEN parent IN ('candles_1h', 'candles_1d') THEN 'year' ELSE 'month' END;
    step := ('1 ' || unit)::interval;
    start := date_trunc(unit, since);
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

-- What is stored already gets its bars of 5 minutes and of months.
DO $$
DECLARE
  first timestamptz := (SELECT min(at) FROM candles_1m);
  last timestamptz := (SELECT max(at) FROM candles_1m);
  rolled text := 'INSERT INTO %1$s (series_id, at, open, high, low, close, volume, revision)
    SELECT series_id, bin, (array_agg(open ORDER BY at))[1], max(high), min(low), (array_agg(close ORDER BY at))[count(*)],
      sum(volume ORDER BY at), max(revision)
    FROM (SELECT *, bool_or(volume > 0) OVER (PARTITION BY series_id, bin) AS is_traded
          FROM (SELECT *, %3$s AS bin FROM %2$s) AS part) AS parts
    WHERE volume > 0 OR NOT is_traded GROUP BY series_id, bin';
BEGIN
  IF first IS NOT NULL THEN
    PERFORM candles_ensure_partitions(first, last + interval '62 days');
    EXECUTE format(rolled, 'candles_5m', 'candles_1m', 'date_bin(''5 minutes'', at, ''1970-01-01Z'')');
  END IF;
  EXECUTE format(rolled, 'candles_months', 'candles_1d', 'date_trunc(''month'', at, ''UTC'')');
END $$;
