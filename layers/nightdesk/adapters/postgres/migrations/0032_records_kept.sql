-- How long it stays what was refused of prices, and what valuations rest on.

CREATE INDEX market_refusals_by_hour ON market_refusals (hour);
-- What may go: the end of a day in UTC stays for ever.
CREATE INDEX valuation_prices_within_days ON valuation_prices (at) WHERE (at AT TIME ZONE 'UTC')::time <> '00:00';
CREATE INDEX portfolio_valuations_within_days ON portfolio_valuations (at)
  WHERE (at AT TIME ZONE 'UTC')::time <> '00:00';

-- The owner too sees nothing through the forced policy but what may go.
CREATE POLICY within_days ON portfolio_valuations TO nightdesk_owner USING ((at AT TIME ZONE 'UTC')::time <> '00:00');

-- Lets go of records that are older, at most so many of each at once, or tells how many would go. Prices stay as long as
-- a valuation rests on them. Runs as the owner; gives up after two seconds of waiting for others.
CREATE FUNCTION records_expire(valuations_from timestamptz, refusals_from timestamptz, most int, dry_run boolean)
RETURNS TABLE (record text, count bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
  held tid[];
  prices tid[];
  refused tid[];
BEGIN
  held := ARRAY(
    SELECT ctid FROM portfolio_valuations
    WHERE at < valuations_from AND (at AT TIME ZONE 'UTC')::time <> '00:00' ORDER BY at LIMIT most);
  IF NOT dry_run THEN
    DELETE FROM portfolio_valuations WHERE ctid = ANY (held);
    valuations_from := least(valuations_from,
      (SELECT min(at) FROM portfolio_valuations WHERE (at AT TIME ZONE 'UTC')::time <> '00:00'));
  END IF;
  prices := ARRAY(
    SELECT ctid FROM valuation_prices
    WHERE at < valuations_from AND (at AT TIME ZONE 'UTC')::time <> '00:00' ORDER BY at LIMIT most);
  refused := ARRAY(SELECT ctid FROM market_refusals WHERE hour < refusals_from ORDER BY hour LIMIT most);
  IF NOT dry_run THEN
    DELETE FROM valuation_prices WHERE ctid = ANY (prices);
    DELETE FROM market_refusals WHERE ctid = ANY (refused);
  END IF;
  RETURN QUERY VALUES
    ('portfolio_valuations', cardinality(held)::bigint),
    ('valuation_prices', cardinality(prices)::bigint),
    ('market_refusals', cardinality(refused)::bigint);
END $$;

REVOKE ALL ON FUNCTION records_expire(timestamptz, timestamptz, int, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_expire(timestamptz, timestamptz, int, boolean) TO nightdesk_streams;
