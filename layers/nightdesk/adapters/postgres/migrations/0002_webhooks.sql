-- Where a user's own bots report trades. The token itself is never stored, nor the secret that signs: that is derived
-- from the token by the server's secret.

CREATE FUNCTION current_webhook() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT decode(nullif(current_setting('app.webhook', true), ''), 'hex') $$;

CREATE TABLE webhooks (
  tenant_id     uuid NOT NULL,
  account_id    uuid NOT NULL,
  token_hash    bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),  -- SHA-256
  created_at    timestamptz NOT NULL,
  last_used_at  timestamptz,
  PRIMARY KEY (tenant_id, account_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts ON DELETE CASCADE
);

ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON webhooks USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY own_token ON webhooks FOR SELECT USING (token_hash = (SELECT current_webhook()));
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO nightdesk_app;
