-- Alerts with every hop of their deliveries, the channels they leave by, and the signals that come in.
-- The role `alerts` is the sender's: it alone reads what channels are reached by (sealed), one tenant at a time.

CREATE TABLE alert_channels (
  tenant_id        uuid NOT NULL REFERENCES tenants,
  channel_id       uuid NOT NULL,
  kind             text NOT NULL CHECK (kind IN ('email', 'telegram', 'discord', 'webhook', 'web_push')),
  name             text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  hint             text NOT NULL,                 -- what may be shown of where it leads
  state            text NOT NULL CHECK (state IN ('unverified', 'verified', 'failing', 'paused', 'removed')),
  state_code       text,                          -- stable error code when failing
  takes_from       text NOT NULL DEFAULT 'info' CHECK (takes_from IN ('info', 'warning', 'critical')),
  categories       text[] NOT NULL DEFAULT '{}',  -- empty: all
  only_escalated   boolean NOT NULL DEFAULT false,
  canary_every_s   int NOT NULL DEFAULT 300 CHECK (canary_every_s >= 0),
  code_hash        bytea,                         -- of the code that a test message showed
  code_until       timestamptz,
  code_tries       int NOT NULL DEFAULT 0,
  created_at       timestamptz NOT NULL,
  verified_at      timestamptz,
  failing_since    timestamptz,
  PRIMARY KEY (tenant_id, channel_id)
);

CREATE TABLE alert_channel_secrets (              -- only the sender's role can read this
  tenant_id    uuid NOT NULL,
  channel_id   uuid NOT NULL,
  wrapped_key  bytea NOT NULL,
  key_source   text NOT NULL,
  nonce        bytea NOT NULL,
  ciphertext   bytea NOT NULL,                    -- AES-256-GCM, associated data = tenant and channel
  sealed_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, channel_id)
);

CREATE TABLE alert_preferences (
  tenant_id   uuid PRIMARY KEY REFERENCES tenants,
  chosen      jsonb NOT NULL,
  changed_at  timestamptz NOT NULL
);

CREATE TABLE alerts (
  tenant_id        uuid NOT NULL REFERENCES tenants,
  alert_id         uuid NOT NULL,                 -- of tenant and key: the same key is the same alert
  key              text NOT NULL CHECK (length(key) BETWEEN 1 AND 300),
  category         text NOT NULL,
  severity         text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  title            text NOT NULL,
  text             text NOT NULL,
  facts            jsonb NOT NULL,
  link             text,
  correlation_id   text NOT NULL,
  venue_at         timestamptz,                   -- market time
  received_at      timestamptz,
  evaluated_at     timestamptz,
  raised_at        timestamptz NOT NULL,
  acknowledged_at  timestamptz,
  PRIMARY KEY (tenant_id, alert_id)
);
CREATE INDEX alerts_by_time ON alerts (tenant_id, raised_at DESC, alert_id DESC);
CREATE INDEX alerts_by_category ON alerts (tenant_id, category, raised_at DESC);

CREATE TABLE alert_deliveries (
  tenant_id     uuid NOT NULL,
  delivery_id   uuid NOT NULL,
  alert_id      uuid NOT NULL,
  channel_id    uuid NOT NULL,
  state         text NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'failed')),
  way           text NOT NULL CHECK (way IN ('now', 'quiet', 'throttled', 'digest')),
  due_at        timestamptz NOT NULL,
  retry_at      timestamptz NOT NULL,             -- not before this
  escalated     boolean NOT NULL,
  attempts      int NOT NULL DEFAULT 0,
  leased_until  timestamptz,
  queued_at     timestamptz,
  taken_at      timestamptz,
  sent_at       timestamptz,
  delivered_at  timestamptz,
  receipt       text,
  error_code    text,
  lost_at       timestamptz,
  PRIMARY KEY (tenant_id, delivery_id),
  UNIQUE (tenant_id, alert_id, channel_id),
  FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts,
  FOREIGN KEY (tenant_id, channel_id) REFERENCES alert_channels
);
CREATE INDEX alert_deliveries_open ON alert_deliveries (due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX alert_deliveries_by_channel ON alert_deliveries (tenant_id, channel_id, due_at)
  WHERE state IN ('waiting', 'sending');

CREATE TABLE alert_canaries (
  tenant_id     uuid NOT NULL,
  canary_id     uuid NOT NULL,
  channel_id    uuid NOT NULL,
  due_at        timestamptz NOT NULL,
  queued_at     timestamptz,
  sent_at       timestamptz,
  delivered_at  timestamptz,
  error_code    text,
  PRIMARY KEY (tenant_id, canary_id),
  UNIQUE (tenant_id, channel_id, due_at),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES alert_channels
);
CREATE INDEX alert_canaries_open ON alert_canaries (due_at) WHERE delivered_at IS NULL AND error_code IS NULL;

-- Signals --------------------------------------------------------------------------------------------------

CREATE TABLE signal_hooks (
  tenant_id               uuid NOT NULL REFERENCES tenants,
  hook_id                 uuid NOT NULL,
  token_hash              bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),  -- SHA-256
  name                    text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  stale_after_s           int NOT NULL CHECK (stale_after_s > 0),
  stale_policy            text NOT NULL CHECK (stale_policy IN ('ignore', 'count')),
  signals_per_minute_max  int NOT NULL CHECK (signals_per_minute_max > 0),
  created_at              timestamptz NOT NULL,
  last_used_at            timestamptz,
  PRIMARY KEY (tenant_id, hook_id)
);

CREATE TABLE signals (
  tenant_id           uuid NOT NULL,
  signal_id           uuid NOT NULL,
  hook_id             uuid NOT NULL,
  identity            text NOT NULL,              -- the same identity of a hook is the same signal
  name                text NOT NULL,
  instrument          text NOT NULL DEFAULT '',   -- empty: of none
  action              text,
  value               numeric(38, 18),
  price               numeric(38, 18),
  quantity            numeric(38, 18),
  order_id            text,
  position            text,
  previous_position   text,
  said_at             timestamptz,                -- when the sender made it
  received_at         timestamptz NOT NULL,
  late_s              float8,
  state               text NOT NULL CHECK (state IN ('counted', 'stale')),
  gap                 boolean NOT NULL,           -- at least one before it was lost
  from_known_address  boolean NOT NULL,
  payload             text NOT NULL,
  PRIMARY KEY (tenant_id, signal_id),
  UNIQUE (tenant_id, hook_id, identity)
);
CREATE INDEX signals_by_time ON signals (tenant_id, received_at DESC, signal_id DESC);
CREATE INDEX signals_by_hook ON signals (tenant_id, hook_id, received_at DESC);

CREATE TABLE latest_signals (                     -- of each name and instrument the newest that counts
  tenant_id    uuid NOT NULL,
  name         text NOT NULL,
  instrument   text NOT NULL DEFAULT '',
  signal_id    uuid NOT NULL,
  value        numeric(38, 18),
  counted_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, name, instrument)
);

-- Row-level security ----------------------------------------------------------------------------------------

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['alert_channels', 'alert_channel_secrets', 'alert_preferences', 'alerts', 'alert_deliveries',
    'alert_canaries', 'signal_hooks', 'signals', 'latest_signals']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
CREATE POLICY own_token ON signal_hooks FOR SELECT USING (token_hash = (SELECT current_webhook()));
CREATE POLICY all_tenants ON alert_deliveries FOR SELECT TO nightdesk_outbox USING (true);
CREATE POLICY all_tenants ON alert_channels FOR SELECT TO nightdesk_outbox USING (true);
CREATE POLICY all_tenants ON alert_canaries FOR SELECT TO nightdesk_outbox USING (true);
CREATE POLICY every_tenant ON latest_signals FOR SELECT TO nightdesk_tracker USING (true);

-- Grants ----------------------------------------------------------------------------------------------------

GRANT USAGE ON SCHEMA public TO nightdesk_alerts;
GRANT SELECT, INSERT, UPDATE ON alerts, alert_deliveries, alert_channels, alert_preferences, signals, latest_signals TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_canaries, signal_hooks TO nightdesk_app;
GRANT SELECT ON alerts, alert_preferences TO nightdesk_alerts;
GRANT SELECT, INSERT, UPDATE ON alert_deliveries TO nightdesk_alerts;
GRANT SELECT, UPDATE ON alert_channels, alert_canaries TO nightdesk_alerts;
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_channel_secrets TO nightdesk_alerts;
GRANT SELECT (tenant_id, delivery_id, alert_id, channel_id, state, way, due_at, retry_at, leased_until, queued_at, lost_at)
  ON alert_deliveries TO nightdesk_outbox;
GRANT SELECT (tenant_id, channel_id, state, canary_every_s, failing_since) ON alert_channels TO nightdesk_outbox;
GRANT SELECT ON alert_canaries TO nightdesk_outbox;
GRANT SELECT ON latest_signals TO nightdesk_tracker;
