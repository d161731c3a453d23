-- Tokens by which a charting library reads the datafeed, and the index by which firings are found on a chart.
-- The token itself is never stored.

CREATE FUNCTION current_feed_token() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT decode(nullif(current_setting('app.feed_token', true), ''), 'hex') $$;

CREATE TABLE datafeed_tokens (
  tenant_id     uuid NOT NULL REFERENCES tenants,
  token_id      uuid NOT NULL,
  user_id       uuid NOT NULL REFERENCES users,
  token_hash    bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),  -- SHA-256
  name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  created_at    timestamptz NOT NULL,
  last_used_at  timestamptz,
  PRIMARY KEY (tenant_id, token_id)
);
CREATE INDEX datafeed_tokens_by_user ON datafeed_tokens (tenant_id, user_id, created_at);

ALTER TABLE datafeed_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE datafeed_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON datafeed_tokens USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY own_token ON datafeed_tokens FOR SELECT USING (token_hash = (SELECT current_feed_token()));
GRANT SELECT, INSERT, UPDATE, DELETE ON datafeed_tokens TO nightdesk_app;

CREATE INDEX rule_firings_by_time ON rule_firings (tenant_id, instant DESC, firing_id);
