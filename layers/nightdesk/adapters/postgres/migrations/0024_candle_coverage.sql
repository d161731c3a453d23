-- What is stored of the markets' minutes, what is missing and why, where each bar came from, and how long it stays.
-- Markets belong to no tenant; what a tenant asked for does.

CREATE TABLE candle_asks (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  series       text NOT NULL CHECK (series NOT LIKE 'PORTFOLIO:%'),
  wanted_from  timestamptz,                        -- null: from the listing on
  asked_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, series)
);
ALTER TABLE candle_asks ENABLE ROW LEVEL SECURITY;
ALTER TABLE candle_asks FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON candle_asks
  USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()));
CREATE POLICY every_ask ON candle_asks FOR SELECT TO nightdesk_streams USING (true);
GRANT SELECT, INSERT, UPDATE ON candle_asks TO nightdesk_app;
GRANT SELECT ON candle_asks TO nightdesk_streams;

CREATE TABLE candle_coverage (
  series         text PRIMARY KEY CHECK (series NOT LIKE 'PORTFOLIO:%'),
  venue          text NOT NULL,
  priority       smallint NOT NULL,                -- 0 held or always streamed, 1 asked for, 2 the rest of a venue
  state          text NOT NULL CHECK (state IN ('wanted', 'filling', 'whole', 'broken', 'refused')),
  wanted_from    timestamptz,                      -- null: from the listing on
  listed_at      timestamptz,                      -- the first minute that the venue tells
  horizon        text,                             -- why it tells nothing older, where that is known
  planned_from   timestamptz,                      -- ranges reach from here
  planned_until  timestamptz,                      -- to here
  verified_at    timestamptz,                      -- when every minute was last counted
  error_code     text,
  error_message  text,
  added_at       timestamptz NOT NULL
);
CREATE INDEX candle_coverage_unverified ON candle_coverage (verified_at NULLS FIRST);

CREATE TABLE candle_ranges (
  range_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  series        text NOT NULL REFERENCES candle_coverage,
  venue         text NOT NULL,
  priority      smallint NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('listing', 'bars')),
  since         timestamptz NOT NULL,
  until         timestamptz NOT NULL CHECK (until > since),
  position      timestamptz NOT NULL,              -- everything before it was asked for and kept
  state         text NOT NULL CHECK (state IN ('open', 'done', 'failed')),
  bars          bigint NOT NULL DEFAULT 0,         -- fetched and kept, over all attempts
  attempts      int NOT NULL DEFAULT 0,            -- counted up by each worker that takes it; only the last may write
  repairs       int NOT NULL DEFAULT 0,            -- how often it was opened again because minutes were missing
  sent_at       timestamptz,                       -- when a message for it was put in the queue
  heartbeat_at  timestamptz,
  finished_at   timestamptz,
  error_code    text,
  error_message text,
  UNIQUE (series, kind, since)
);
CREATE INDEX candle_ranges_open ON candle_ranges (venue, priority, until DESC) WHERE state = 'open';
CREATE INDEX candle_ranges_finished ON candle_ranges (venue, finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE candle_days (                         -- how many minutes of each day are stored, as last counted
  series      text NOT NULL REFERENCES candle_coverage,
  day         date NOT NULL,
  bars        smallint NOT NULL,
  expected    smallint NOT NULL,
  counted_at  timestamptz NOT NULL,
  PRIMARY KEY (series, day)
);

CREATE TABLE candle_holes (
  series     text NOT NULL REFERENCES candle_coverage,
  since      timestamptz NOT NULL,
  until      timestamptz NOT NULL CHECK (until > since),
  cause      text NOT NULL,                        -- missing, silent, refused, disagreement, unconfirmed
  state      text NOT NULL CHECK (state IN ('open', 'filled')),
  detail     text NOT NULL DEFAULT '',             -- e.g. by how much two venues disagree
  found_at   timestamptz NOT NULL,
  closed_at  timestamptz,
  PRIMARY KEY (series, since)
);
CREATE INDEX candle_holes_open ON candle_holes (series, since) WHERE state = 'open';

-- Where each stored minute came from, unless a stream brought it; a minute has one source at a time.
CREATE TABLE candle_origins (
  series  text NOT NULL REFERENCES candle_coverage,
  day     date NOT NULL,
  source  text NOT NULL,                           -- klines, trades, quiet, unconfirmed, or another venue's series
  spans   tstzmultirange NOT NULL,
  PRIMARY KEY (series, day, source)
);

GRANT SELECT ON candle_coverage, candle_ranges, candle_days, candle_holes, candle_origins TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE ON candle_coverage, candle_ranges TO nightdesk_streams;
GRANT SELECT, INSERT, UPDATE, DELETE ON candle_days, candle_holes, candle_origins TO nightdesk_streams;

-- What would be, or is, dropped of the minutes before `kept_from`: whole months only, and only those whose every minute
-- is in the rollups. Longer bars stay for ever. Runs as the owner; gives up after two seconds of waiting for readers.
CREATE FUNCTION candles_expire(kept_from timestamptz, dry_run boolean)
RETURNS TABLE (part text, ends_at timestamptz, bytes bigint, dropped boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
  rolled_up boolean;
BEGIN
  IF (SELECT relkind FROM pg_class WHERE oid = 'public.candles_1m'::regclass) <> 'p' THEN
    RETURN QUERY EXECUTE
      'SELECT format(''%I.%I'', chunk_schema, chunk_name), range_end,
         pg_total_relation_size(format(''%I.%I'', chunk_schema, chunk_name)::regclass), NOT $2
       FROM timescaledb_information.chunks WHERE hypertable_name = ''candles_1m'' AND range_end <= $1'
      USING kept_from, dry_run;
    IF NOT dry_run THEN
      EXECUTE 'SELECT public.drop_chunks(''public.candles_1m'', older_than => $1)' USING kept_from;
    END IF;
    RETURN;
  END IF;
  FOR part, ends_at IN
    SELECT child.relname::text, to_date(right(child.relname, 7), 'YYYY_MM') + interval '1 month'
    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = 'public.candles_1m'::regclass ORDER BY 1
  LOOP
    CONTINUE WHEN ends_at > kept_from;
    EXECUTE format(
      'SELECT NOT EXISTS (
         SELECT FROM (SELECT DISTINCT series_id, date_bin(''15 minutes'', at, ''1970-01-01Z'') AS at FROM public.%I) AS minutes
         WHERE NOT EXISTS (SELECT FROM public.candles_15m AS longer
                           WHERE longer.series_id = minutes.series_id AND longer.at = minutes.at))', part) INTO rolled_up;
    bytes := pg_total_relation_size(format('public.%I', part)::regclass);
    dropped := rolled_up AND NOT dry_run;
    IF dropped THEN
      EXECUTE format('ALTER TABLE public.candles_1m DETACH PARTITION public.%I', part);
      EXECUTE format('DROP TABLE public.%I', part);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- Compresses minutes older than this where Timescale can (3.7 times smaller); says what became of it.
CREATE FUNCTION candles_compress(older_than interval) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    RETURN 'plain PostgreSQL: nothing is compressed';
  END IF;
  EXECUTE 'ALTER TABLE public.candles_1m SET (timescaledb.compress,
    timescaledb.compress_segmentby = ''series_id'', timescaledb.compress_orderby = ''at'')';
  EXECUTE 'SELECT public.add_compression_policy(''public.candles_1m'', compress_after => $1, if_not_exists => true)'
    USING older_than;
  RETURN 'compressed by policy';
EXCEPTION WHEN feature_not_supported THEN
  RETURN 'this edition of Timescale does not compress';
END $$;

REVOKE ALL ON FUNCTION candles_expire(timestamptz, boolean), candles_compress(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candles_expire(timestamptz, boolean), candles_compress(interval) TO nightdesk_streams;
