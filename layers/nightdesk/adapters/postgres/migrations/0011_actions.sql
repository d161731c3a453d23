-- Actions: what a firing wants done, step by step; each intent is kept before anything of it is sent. And who consented
-- to dangerous ones.

CREATE TABLE action_firings (
  tenant_id         uuid NOT NULL,
  firing_id         uuid NOT NULL,
  portfolio_id      uuid NOT NULL,
  rule_set_id       uuid NOT NULL,
  rule_set_version  int NOT NULL,
  rule_set          text NOT NULL,                -- its name when it fired
  reason            text NOT NULL,                -- one sentence with the values seen
  policy            text NOT NULL CHECK (policy IN ('stop', 'continue', 'escalate')),
  correlation_id    text NOT NULL,
  fired_at          timestamptz NOT NULL,
  seen_at           timestamptz,                  -- when the venue made the price
  attempts          int NOT NULL DEFAULT 0,       -- the last to take it up is the only one that may write
  created_at        timestamptz NOT NULL,
  taken_at          timestamptz,
  touched_at        timestamptz,                  -- the last sign of life; the sweeper sends a silent firing again
  finished_at       timestamptz,
  PRIMARY KEY (tenant_id, firing_id)
);
CREATE INDEX action_firings_by_time ON action_firings (tenant_id, created_at DESC, firing_id DESC);
CREATE INDEX action_firings_by_rule_set ON action_firings (tenant_id, rule_set_id, created_at DESC);
CREATE INDEX action_firings_open ON action_firings (created_at) WHERE finished_at IS NULL;

CREATE TABLE action_runs (                        -- one a step
  tenant_id    uuid NOT NULL,
  firing_id    uuid NOT NULL,
  step         int NOT NULL CHECK (step >= 0),
  action       jsonb NOT NULL,                    -- amounts are decimal texts
  state        text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'skipped', 'halted')),
  code         text,
  message      text,
  residue      jsonb NOT NULL DEFAULT '[]',       -- [{account_id, asset, quantity, why}]: what a sale had to leave
  started_at   timestamptz,
  finished_at  timestamptz,
  PRIMARY KEY (tenant_id, firing_id, step),
  FOREIGN KEY (tenant_id, firing_id) REFERENCES action_firings
);

CREATE TABLE action_intents (
  tenant_id     uuid NOT NULL,
  intent_key    text NOT NULL,                    -- of an order, the order's intent key
  firing_id     uuid NOT NULL,
  number        bigint GENERATED ALWAYS AS IDENTITY,
  step          int NOT NULL,
  round         int NOT NULL CHECK (round > 0),
  kind          text NOT NULL CHECK (kind IN ('order', 'cancel', 'act')),
  account_id    uuid,
  instrument    text,
  side          text,
  type          text,
  quantity      numeric(38, 18),
  price         numeric(38, 18),
  reduce_only   boolean,
  order_id      uuid,
  state         text NOT NULL CHECK (state IN ('open', 'done', 'failed', 'halted')),
  code          text,
  message       text,
  filled        numeric(38, 18) NOT NULL DEFAULT 0,
  filled_quote  numeric(38, 18) NOT NULL DEFAULT 0,
  recorded_at   timestamptz NOT NULL,
  settled_at    timestamptz,
  PRIMARY KEY (tenant_id, intent_key),
  FOREIGN KEY (tenant_id, firing_id, step) REFERENCES action_runs
);
CREATE INDEX action_intents_of_firing ON action_intents (tenant_id, firing_id, number);

CREATE TABLE action_confirmations (
  tenant_id         uuid NOT NULL,
  token_hash        bytea NOT NULL CHECK (length(token_hash) = 32),  -- SHA-256
  rule_set_id       uuid NOT NULL,
  rule_set_version  int NOT NULL,
  actions_hash      text NOT NULL,                -- of the canonical text of the actions that were shown
  user_id           uuid NOT NULL,
  issued_at         timestamptz NOT NULL,
  expires_at        timestamptz NOT NULL,
  used_at           timestamptz,
  PRIMARY KEY (tenant_id, token_hash)
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['action_firings', 'action_runs', 'action_intents', 'action_confirmations']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
-- Who sends lost firings again sees of every tenant which are open, and not what they want.
CREATE POLICY every_tenant ON action_firings FOR SELECT TO nightdesk_outbox USING (true);

GRANT SELECT, INSERT, UPDATE ON action_firings, action_runs, action_intents, action_confirmations TO nightdesk_app;
GRANT SELECT (tenant_id, firing_id, rule_set_id, correlation_id, created_at, touched_at, finished_at)
  ON action_firings TO nightdesk_outbox;
