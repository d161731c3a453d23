-- Reference data: exchange rates of two sources compared, market capitalisations, all-time highs, how the sources are.
-- None of it belongs to a tenant.

CREATE TABLE reference_sources (
  source        text PRIMARY KEY,
  asked_at      timestamptz NOT NULL,
  answered_at   timestamptz,
  made_at       timestamptz,                      -- when the source says that its answer was made
  items         int NOT NULL DEFAULT 0,
  failure_code  text,                             -- why the last question failed
  mark          text,                             -- an ETag, handed back with the next question
  credits_month int                               -- of the plan, in the month of asked_at
);

CREATE TABLE fx_checked (                         -- the present comparison; tables as they were told stay in fx_rates
  currency        text PRIMARY KEY,
  state           text NOT NULL CHECK (state IN ('agreed', 'single', 'differs', 'stale')),
  rate            numeric(38, 18) NOT NULL CHECK (rate > 0), -- per dollar
  source          text NOT NULL,
  at              timestamptz NOT NULL,
  other_source    text,
  other_rate      numeric(38, 18),
  other_at        timestamptz,
  first_source    text,
  first_rate      numeric(38, 18),
  first_at        timestamptz,
  deviation_ratio numeric(38, 18),
  used            boolean NOT NULL,               -- whether values may be shown by it
  differs_since   timestamptz,
  checked_at      timestamptz NOT NULL
);
CREATE INDEX fx_rates_by_source ON fx_rates (source, at DESC);

CREATE TABLE market_cap_hours (                   -- taken down before anything is asked, so that nothing is paid twice
  hour     timestamptz PRIMARY KEY,
  taken_at timestamptz NOT NULL,
  done     boolean NOT NULL DEFAULT false
);

CREATE TABLE market_caps (
  cap_id             bigint PRIMARY KEY,          -- the source's number: symbols are not unique
  rank               int NOT NULL,
  symbol             text NOT NULL,
  name               text NOT NULL,
  slug               text NOT NULL,
  price              numeric(38, 18) NOT NULL CHECK (price > 0), -- in dollars, like all of it
  market_cap         numeric(38, 18),
  circulating_supply numeric(38, 18),
  volume_day         numeric(38, 18),
  change_day_ratio   numeric(38, 18),
  stable             boolean NOT NULL,
  updated_at         timestamptz NOT NULL,
  high               numeric(38, 18) NOT NULL CHECK (high > 0),
  high_at            timestamptz NOT NULL,
  high_known_since   timestamptz,                 -- null: of all time, as the source says
  asset              text,                        -- null where it is not proven which of ours it is
  mapped_by          text CHECK (mapped_by IN ('id', 'symbol_and_price')),
  unmapped           text CHECK (unmapped IN ('shared_symbol', 'no_price', 'price_differs', 'another_is')),
  listed_at          timestamptz NOT NULL,        -- of the listing that it was in last
  CHECK ((asset IS NULL) = (mapped_by IS NULL) AND (asset IS NULL) = (unmapped IS NOT NULL))
);
CREATE INDEX market_caps_by_listing ON market_caps (listed_at, rank);
CREATE INDEX market_caps_by_asset ON market_caps (asset) WHERE asset IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON reference_sources, fx_checked, market_cap_hours, market_caps TO nightdesk_app;
GRANT SELECT ON fx_checked, market_caps TO nightdesk_tracker;
