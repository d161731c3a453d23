-- Exchange rates of currencies. They belong to no tenant; every table that was fetched stays.

CREATE TABLE fx_rates (
  source  text NOT NULL,
  base    text NOT NULL,
  quote   text NOT NULL,
  at      timestamptz NOT NULL,                   -- when the source says it was made
  rate    numeric(38, 18) NOT NULL CHECK (rate > 0), -- quote per one base
  PRIMARY KEY (source, quote, at)
);
CREATE INDEX fx_rates_newest ON fx_rates (at DESC, source);

GRANT SELECT, INSERT ON fx_rates TO nightdesk_app;
