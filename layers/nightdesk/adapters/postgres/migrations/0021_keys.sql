-- What may be known of a key without opening it; who uses it, a minute at a time; drills of revoking all of them.

CREATE TABLE account_keys (                       -- the gateway writes it in the transaction that seals the key
  tenant_id     uuid NOT NULL,
  account_id    uuid NOT NULL,
  key_source    text NOT NULL,                    -- which key wraps its data key
  sealed_at     timestamptz NOT NULL,
  rotations     int NOT NULL DEFAULT 0,           -- how often another key took its place
  owner_digest  bytea CHECK (length(owner_digest) = 32),  -- SHA-256 of the venue's own name for the account, where it tells
  test          jsonb,                            -- what the last test of it found
  destroyed_at  timestamptz,                      -- since then there is no sealed key
  PRIMARY KEY (tenant_id, account_id)
);

ALTER TABLE credential_uses RENAME TO credential_uses_each;
CREATE TABLE credential_uses (                    -- one row a minute, asker, operation and outcome
  tenant_id      uuid NOT NULL,
  account_id     uuid NOT NULL,
  minute_at      timestamptz NOT NULL,
  asker          text NOT NULL,                   -- the function or service that had it done
  operation      text NOT NULL,
  outcome        text NOT NULL,                   -- ok, or an error's code
  uses           int NOT NULL DEFAULT 1,
  first_at       timestamptz NOT NULL,
  last_at        timestamptz NOT NULL,
  correlation_id text NOT NULL,                   -- of the last of them
  PRIMARY KEY (tenant_id, account_id, minute_at, asker, operation, outcome)
);

CREATE TABLE key_drills (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  drill_id     uuid NOT NULL,
  mode         text NOT NULL CHECK (mode IN ('drill', 'real')),
  actor        text NOT NULL,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz NOT NULL,
  keys         int NOT NULL,
  destroyed    int NOT NULL,
  halted       boolean NOT NULL,
  took_ms      float8 NOT NULL,
  PRIMARY KEY (tenant_id, drill_id)
);
CREATE INDEX key_drills_by_time ON key_drills (tenant_id, started_at DESC);

-- What was kept before. The owner too sees nothing through the forced policies, so they rest meanwhile.
ALTER TABLE credentials NO FORCE ROW LEVEL SECURITY;
INSERT INTO account_keys (tenant_id, account_id, key_source, sealed_at)
  SELECT tenant_id, account_id, key_source, sealed_at FROM credentials;
ALTER TABLE credentials FORCE ROW LEVEL SECURITY;
ALTER TABLE credential_uses_each NO FORCE ROW LEVEL SECURITY;
INSERT INTO credential_uses
  SELECT tenant_id, account_id, date_trunc('minute', used_at), 'unknown', operation, outcome, count(*), min(used_at),
    max(used_at), (array_agg(correlation_id ORDER BY used_at DESC))[1]
  FROM credential_uses_each GROUP BY tenant_id, account_id, date_trunc('minute', used_at), operation, outcome;
DROP TABLE credential_uses_each;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['account_keys', 'credential_uses', 'key_drills'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;

GRANT SELECT ON account_keys, credential_uses TO nightdesk_app;
GRANT SELECT, INSERT ON key_drills TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE ON account_keys, credential_uses TO nightdesk_gateway;
-- Another key takes the place of one in a single transaction: sealed, and shown as what the account's key is.
GRANT SELECT (tenant_id, account_id, venue, state, key_fingerprint) ON accounts TO nightdesk_gateway;
GRANT UPDATE (key_hint, key_fingerprint, permissions, state, state_code) ON accounts TO nightdesk_gateway;
