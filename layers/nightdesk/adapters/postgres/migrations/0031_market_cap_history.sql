-- Listings of coins as they were known: rules and replays read size and potential as of an instant.

CREATE TABLE market_cap_listings (
  listed_at timestamptz PRIMARY KEY -- one that lists none of the coins that are asked for is still the newest
);

CREATE TABLE market_cap_history (
  asset      text NOT NULL,
  listed_at  timestamptz NOT NULL REFERENCES market_cap_listings,
  price      numeric(38, 18) NOT NULL CHECK (price > 0), -- in dollars, like all of it
  market_cap numeric(38, 18),
  high       numeric(38, 18) NOT NULL CHECK (high > 0),
  stable     boolean NOT NULL,
  PRIMARY KEY (asset, listed_at)
);
-- Whoever watches rules reads every coin of the last hours.
CREATE INDEX market_cap_history_by_listing ON market_cap_history USING brin (listed_at) WITH (pages_per_range = 16);

INSERT INTO market_cap_listings SELECT DISTINCT listed_at FROM market_caps WHERE listed_at = (SELECT max(listed_at) FROM market_caps);
INSERT INTO market_cap_history
  SELECT DISTINCT ON (asset) asset, listed_at, price, market_cap, high, stable FROM market_caps
  WHERE asset IS NOT NULL AND listed_at IN (SELECT listed_at FROM market_cap_listings) ORDER BY asset, rank;

GRANT SELECT, INSERT ON market_cap_listings, market_cap_history TO nightdesk_app;
GRANT SELECT ON market_cap_listings, market_cap_history TO nightdesk_tracker;
