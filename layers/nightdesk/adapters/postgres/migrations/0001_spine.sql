-- The spine: who asks, which accounts, their imports, the ledger, holdings, outbox.
-- Every table of a tenant forces row-level security; every query names its tenant as well.
-- Roles exist before this runs (functions/schema_migrate makes them): app, gateway, outbox.

CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.tenant_id', true), '')::uuid $$;

CREATE FUNCTION current_subject() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.subject', true), '') $$;

-- Identity ------------------------------------------------------------------------------------------------

CREATE TABLE tenants (
  tenant_id   uuid PRIMARY KEY,
  name        text NOT NULL,
  base_asset  text NOT NULL DEFAULT 'USDT',       -- fixed: portfolio candles are stored in it
  created_at  timestamptz NOT NULL
);

CREATE TABLE users (
  user_id       uuid PRIMARY KEY,
  tenant_id     uuid NOT NULL REFERENCES tenants,
  subject       text NOT NULL UNIQUE,             -- `sub` of the identity provider's tokens
  email         text NOT NULL UNIQUE,
  role          text NOT NULL DEFAULT 'owner' CHECK (role IN ('owner', 'trader', 'viewer')),
  display_asset text NOT NULL DEFAULT 'USDT',
  time_zone     text NOT NULL DEFAULT 'UTC',
  created_at    timestamptz NOT NULL
);
CREATE INDEX users_by_tenant ON users (tenant_id);

CREATE TABLE sessions (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  session_id  text NOT NULL,
  user_id     uuid NOT NULL REFERENCES users,
  started_at  timestamptz NOT NULL,
  ended_at    timestamptz,
  PRIMARY KEY (tenant_id, session_id)
);

-- Accounts ------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
  tenant_id       uuid NOT NULL REFERENCES tenants,
  account_id      uuid NOT NULL,
  venue           text NOT NULL,
  label           text NOT NULL CHECK (length(label) BETWEEN 1 AND 80),
  state           text NOT NULL CHECK (state IN ('checking', 'active', 'failing', 'disconnected')),
  state_code      text,                           -- stable error code when failing
  key_hint        text,                           -- last four characters of the key
  key_fingerprint bytea,                          -- SHA-256 of venue and key: the same key can't be connected twice
  permissions     jsonb NOT NULL DEFAULT '{}',    -- {may_read, may_trade, may_withdraw, ip_bound, checked_at}
  created_at      timestamptz NOT NULL,
  refreshed_at    timestamptz,
  PRIMARY KEY (tenant_id, account_id)
);
CREATE UNIQUE INDEX accounts_key_once ON accounts (tenant_id, key_fingerprint) WHERE state <> 'disconnected';

CREATE TABLE credentials (                        -- only the gateway's role can read this
  tenant_id     uuid NOT NULL,
  account_id    uuid NOT NULL,
  wrapped_key   bytea NOT NULL,                   -- data key, wrapped by KMS or by the local key file
  key_source    text NOT NULL,                    -- which key wrapped it
  nonce         bytea NOT NULL,
  ciphertext    bytea NOT NULL,                   -- AES-256-GCM, associated data = tenant and account
  sealed_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id)
);

CREATE TABLE credential_uses (
  tenant_id      uuid NOT NULL,
  account_id     uuid NOT NULL,
  used_at        timestamptz NOT NULL,
  operation      text NOT NULL,
  outcome        text NOT NULL,
  correlation_id text NOT NULL
);
CREATE INDEX credential_uses_by_account ON credential_uses (tenant_id, account_id, used_at DESC);

CREATE TABLE imports (
  tenant_id       uuid NOT NULL,
  account_id      uuid NOT NULL,
  import_id       uuid NOT NULL,
  state           text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  stage           text,                           -- e.g. trades XRP/ETH
  rows_recorded   bigint NOT NULL DEFAULT 0,
  rows_duplicate  bigint NOT NULL DEFAULT 0,
  rows_skipped    bigint NOT NULL DEFAULT 0,
  streams_done    int NOT NULL DEFAULT 0,
  streams_total   int NOT NULL DEFAULT 0,
  progress_ratio  float8 NOT NULL DEFAULT 0,      -- 0 … 1
  error_code      text,
  error_message   text,
  attempts        int NOT NULL DEFAULT 0,
  correlation_id  text NOT NULL,
  queued_at       timestamptz NOT NULL,
  started_at      timestamptz,
  heartbeat_at    timestamptz,                    -- the sweeper sends a silent job again
  finished_at     timestamptz,
  PRIMARY KEY (tenant_id, import_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
);
CREATE INDEX imports_by_account ON imports (tenant_id, account_id, queued_at DESC);
CREATE UNIQUE INDEX imports_one_open ON imports (tenant_id, account_id) WHERE state IN ('queued', 'running');
CREATE INDEX imports_open ON imports (state, heartbeat_at) WHERE state IN ('queued', 'running');

CREATE TABLE import_cursors (                     -- moves in the same transaction as its rows
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  stream      text NOT NULL,                      -- trades:XRP/ETH, deposits, withdrawals
  cursor      jsonb NOT NULL,
  moved_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, stream)
);

CREATE TABLE import_skips (                       -- what a venue sent and the ledger could not take, with the reason
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  identity    text NOT NULL,
  reason      text NOT NULL,
  payload     jsonb NOT NULL,
  skipped_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, identity)
);

CREATE TABLE reported_balances (                  -- what the venue says it holds
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  asset       text NOT NULL,
  free        numeric(38, 18) NOT NULL,
  locked      numeric(38, 18) NOT NULL,
  reported_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, asset)
);

-- Ledger --------------------------------------------------------------------------------------------------

CREATE TABLE ledger_heads (
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  sequence    bigint NOT NULL,
  hash        bytea NOT NULL,
  PRIMARY KEY (tenant_id, account_id)
);

CREATE TABLE ledger_entries (
  tenant_id      uuid NOT NULL,
  account_id     uuid NOT NULL,
  sequence       bigint NOT NULL,
  entry_id       uuid NOT NULL,
  kind           text NOT NULL,
  identity       text NOT NULL,
  source         text NOT NULL,
  instrument     text,
  order_id       text,
  occurred_at    timestamptz NOT NULL,
  recorded_at    timestamptz NOT NULL,
  correlation_id text NOT NULL,
  previous_hash  bytea NOT NULL CHECK (length(previous_hash) = 32),
  hash           bytea NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (tenant_id, account_id, sequence),
  UNIQUE (tenant_id, account_id, identity)
) PARTITION BY HASH (tenant_id);
-- Pages are read backwards along these, from a place (occurred_at, account_id, sequence).
CREATE INDEX ledger_entries_by_time ON ledger_entries (tenant_id, occurred_at, account_id, sequence);
CREATE INDEX ledger_entries_by_account ON ledger_entries (tenant_id, account_id, occurred_at, sequence);
CREATE INDEX ledger_entries_by_instrument ON ledger_entries (tenant_id, instrument, occurred_at, account_id, sequence)
  WHERE instrument IS NOT NULL;
CREATE INDEX ledger_entries_by_kind ON ledger_entries (tenant_id, kind, occurred_at, account_id, sequence)
  WHERE kind <> 'trade';                          -- trades are found by time: nearly everything is a trade

CREATE TABLE ledger_legs (
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  sequence    bigint NOT NULL,
  position    smallint NOT NULL,
  role        text NOT NULL,
  asset       text NOT NULL,
  amount      numeric(38, 18) NOT NULL CHECK (amount <> 0),
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, sequence, position)
) PARTITION BY HASH (tenant_id);
CREATE INDEX ledger_legs_by_asset ON ledger_legs (tenant_id, asset, occurred_at, account_id, sequence);
CREATE INDEX ledger_legs_by_account ON ledger_legs (tenant_id, asset, account_id, occurred_at, sequence);

DO $$
BEGIN
  FOR part IN 0..7 LOOP
    EXECUTE format('CREATE TABLE ledger_entries_%s PARTITION OF ledger_entries FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
    EXECUTE format('CREATE TABLE ledger_legs_%s PARTITION OF ledger_legs FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
  END LOOP;
END $$;

-- Entries and legs are never changed or removed, whoever asks: corrections are appended.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION 'the ledger only grows' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER ledger_entries_only_grow BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_legs_only_grow BEFORE UPDATE OR DELETE ON ledger_legs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_never_empty BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_legs_never_empty BEFORE TRUNCATE ON ledger_legs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Holdings: a projection of the ledger, rebuilt at will -----------------------------------------------------

CREATE TABLE holdings (
  tenant_id     uuid NOT NULL,
  account_id    uuid NOT NULL,
  asset         text NOT NULL,
  quantity      numeric(38, 18) NOT NULL,         -- equals the sum of the asset's legs
  unproven      numeric(38, 18) NOT NULL,         -- the part of it whose cost is not known (deposits)
  cost          jsonb NOT NULL,                   -- {asset: decimal string}: what the proven part cost, fees included
  realised_pnl  jsonb NOT NULL,                   -- {asset: decimal string}
  folded_at     timestamptz NOT NULL,             -- occurred_at of the last leg folded in
  folded_sequence bigint NOT NULL,
  stale         boolean NOT NULL DEFAULT false,   -- an older event arrived since: fold again from the start
  updated_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, asset)
);

-- Outbox ---------------------------------------------------------------------------------------------------

CREATE TABLE outbox (
  event_id       uuid PRIMARY KEY,
  tenant_id      uuid NOT NULL,
  name           text NOT NULL,                   -- ledger.recorded.v1
  payload        jsonb NOT NULL,
  correlation_id text NOT NULL,
  created_at     timestamptz NOT NULL,
  published_at   timestamptz
);
CREATE INDEX outbox_waiting ON outbox (created_at) WHERE published_at IS NULL;

-- Row-level security ----------------------------------------------------------------------------------------

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenants', 'users', 'sessions', 'accounts', 'credentials', 'credential_uses', 'imports',
    'import_cursors', 'import_skips', 'reported_balances', 'ledger_heads', 'ledger_entries', 'ledger_legs', 'holdings', 'outbox']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
CREATE POLICY own_subject ON users FOR SELECT USING (subject = (SELECT current_subject()));
CREATE POLICY all_tenants ON outbox TO nightdesk_outbox USING (true);
CREATE POLICY all_tenants ON imports TO nightdesk_outbox USING (true);
CREATE POLICY all_tenants ON accounts FOR SELECT TO nightdesk_outbox USING (true);

-- Grants ----------------------------------------------------------------------------------------------------

GRANT USAGE ON SCHEMA public TO nightdesk_app, nightdesk_gateway, nightdesk_outbox;
GRANT SELECT, INSERT ON tenants, ledger_entries, ledger_legs, import_skips, credential_uses TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE ON users, sessions, accounts, imports, import_cursors, reported_balances, ledger_heads, holdings TO nightdesk_app;
GRANT DELETE ON accounts, reported_balances, holdings, import_cursors TO nightdesk_app;
GRANT INSERT ON outbox TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON credentials TO nightdesk_gateway;
GRANT INSERT ON credential_uses TO nightdesk_gateway;
GRANT SELECT, UPDATE, DELETE ON outbox TO nightdesk_outbox;
GRANT SELECT, UPDATE ON imports TO nightdesk_outbox;
GRANT SELECT (tenant_id, account_id, venue, state, created_at, refreshed_at) ON accounts TO nightdesk_outbox;
