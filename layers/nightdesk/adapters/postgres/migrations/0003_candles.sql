-- Candles: series, base bars (1m, 15m) and rollups (1h, 1d), and who may read which.
-- Range partitions on plain PostgreSQL, hypertables where the TimescaleDB extension is installed; nothing else
-- differs. Partitions are made ahead by our own code through candles_ensure_partitions.

CREATE TABLE series (
  series_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name            text NOT NULL UNIQUE,             -- BINANCE:BTC/USDT, PORTFOLIO:<portfolio id>
  tenant_id       uuid REFERENCES tenants,          -- null: a market, which everybody may read
  unit            text NOT NULL,                    -- the asset its prices or values are in
  base_resolution text NOT NULL CHECK (base_resolution IN ('1m', '15m')),
  created_at      timestamptz NOT NULL,
  CHECK ((tenant_id IS NOT NULL) = (name LIKE 'PORTFOLIO:%'))
);

ALTER TABLE series ENABLE ROW LEVEL SECURITY;
ALTER TABLE series FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant_or_market ON series FOR SELECT
  USING (tenant_id IS NULL OR tenant_id = (SELECT current_tenant()));
CREATE POLICY every_series ON series TO nightdesk_streams USING (true) WITH CHECK (true);
CREATE POLICY base_assets ON tenants FOR SELECT TO nightdesk_streams USING (true);
CREATE POLICY held_assets ON holdings FOR SELECT TO nightdesk_streams USING (true);

DO $$
DECLARE
  resolution text;
  timescale boolean := EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  FOREACH resolution IN ARRAY ARRAY['1m', '15m', '1h', '1d']
  LOOP
    EXECUTE format(
      'CREATE TABLE candles_%s (
         series_id bigint NOT NULL,
         at        timestamptz NOT NULL,            -- start of the bar
         open      float8 NOT NULL,
         high      float8 NOT NULL,
         low       float8 NOT NULL,
         close     float8 NOT NULL,
         volume    float8 NOT NULL,
         revision  bigint NOT NULL,                 -- a lower one never replaces a higher one
         PRIMARY KEY (series_id, at)
       )%s', resolution, CASE WHEN timescale THEN '' ELSE ' PARTITION BY RANGE (at)' END);
    IF timescale THEN
      EXECUTE format('SELECT create_hypertable(%L, %L, chunk_time_interval => %L::interval)', 'candles_' || resolution, 'at',
        CASE WHEN resolution IN ('1m', '15m') THEN '1 month' ELSE '1 year' END);
    END IF;
    EXECUTE format('GRANT SELECT ON candles_%s TO nightdesk_app', resolution);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON candles_%s TO nightdesk_streams', resolution);
  END LOOP;
END $$;

-- Makes what is missing so that every bar from `since` until `until` has a partition: months for 1m and 15m,
-- years for 1h and 1d. Returns how many were made. Runs as the owner: whoever writes candles may call it, and a
-- partition is attached rather than created in place, so that readers are not held up.
CREATE FUNCTION candles_ensure_partitions(since timestamptz, until timestamptz) RETURNS int
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
  FOREACH parent IN ARRAY ARRAY['candles_1m', 'candles_15m', 'candles_1h', 'candles_1d']
  LOOP
    CONTINUE WHEN (SELECT relkind FROM pg_class WHERE oid = format('public.%I', parent)::regclass) <> 'p';
    unit := CASE WHEN parent IN ('candles_1m', 'candles_15m') THEN 'month' ELSE 'year' END;
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
REVOKE ALL ON FUNCTION candles_ensure_partitions(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candles_ensure_partitions(timestamptz, timestamptz) TO nightdesk_streams;

GRANT USAGE ON SCHEMA public TO nightdesk_streams;
GRANT SELECT ON series TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE ON series TO nightdesk_streams;
GRANT SELECT (tenant_id, base_asset) ON tenants TO nightdesk_streams;
GRANT SELECT (tenant_id, asset, quantity) ON holdings TO nightdesk_streams;
