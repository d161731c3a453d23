-- Prices that were refused, and what each valuation rests on.
-- What venues tell belongs to no tenant: whoever is signed in may read it. What a portfolio held does.

-- How often a market's prices were refused, by the hour. Each writing process has its own rows and writes what it counted
-- so far, so a batch that is sent twice counts once.
CREATE TABLE market_refusals (
  venue  text NOT NULL,
  symbol text NOT NULL,
  cause  text NOT NULL,
  hour   timestamptz NOT NULL,
  writer uuid NOT NULL,
  count  bigint NOT NULL CHECK (count > 0),
  PRIMARY KEY (venue, symbol, cause, hour, writer)
);

-- What was seen, the last twenty of each market and cause: a slot is written again and again.
CREATE TABLE market_quarantine (
  venue        text NOT NULL,
  symbol       text NOT NULL,
  cause        text NOT NULL,
  slot         smallint NOT NULL CHECK (slot BETWEEN 0 AND 19),
  seen_at      timestamptz NOT NULL,
  at           timestamptz NOT NULL,
  last         text,                                -- as it was told; it may be no number
  bid          text,
  ask          text,
  number       bigint NOT NULL,
  compared     numeric(38, 18),                     -- the median, or the own recent price, that it was compared with
  sources      smallint NOT NULL,
  deviation_bp numeric,
  PRIMARY KEY (venue, symbol, cause, slot)
);

-- How each market stands now.
CREATE TABLE market_standings (
  venue        text NOT NULL,
  symbol       text NOT NULL,
  state        text NOT NULL CHECK (state IN ('good', 'quarantined', 'stale', 'stuck', 'apart')),
  since        timestamptz NOT NULL,
  last         numeric(38, 18),
  at           timestamptz,
  median       numeric(38, 18),                     -- of other venues, in this market's quote
  sources      smallint NOT NULL,
  deviation_bp numeric,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (venue, symbol)
);
CREATE INDEX market_standings_by_state ON market_standings (state, venue, symbol) WHERE state <> 'good';

-- What an asset was worth at a boundary of portfolio candles, and every source behind it; the same for all portfolios.
CREATE TABLE valuation_prices (
  at         timestamptz NOT NULL,
  asset      text NOT NULL,
  into_asset text NOT NULL,
  value      numeric(38, 18) NOT NULL,
  priced_at  timestamptz,
  verdict    text NOT NULL,
  steps      jsonb NOT NULL,
  PRIMARY KEY (at, asset, into_asset)
);

-- What a portfolio held then.
CREATE TABLE portfolio_valuations (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  at         timestamptz NOT NULL,
  base_asset text NOT NULL,
  value      numeric(38, 18) NOT NULL,
  quantities jsonb NOT NULL,
  PRIMARY KEY (tenant_id, at)
);

ALTER TABLE portfolio_valuations ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolio_valuations FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON portfolio_valuations USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY every_tenant ON portfolio_valuations TO nightdesk_tracker USING (true) WITH CHECK (true);

GRANT SELECT ON market_refusals, market_quarantine, market_standings, valuation_prices, portfolio_valuations
  TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE ON market_refusals, market_quarantine, market_standings TO nightdesk_streams;
GRANT SELECT, INSERT, UPDATE ON valuation_prices, portfolio_valuations TO nightdesk_tracker;
