-- Orders: kept before they are sent; limits that every order is checked against; the kill switch; who changed what.

CREATE TABLE orders (
  tenant_id        uuid NOT NULL,
  order_id         uuid NOT NULL,                   -- made of the tenant and the intent's key: the same wish, the same order
  account_id       uuid NOT NULL,
  intent_key       text NOT NULL,
  client_order_id  text NOT NULL,
  venue_order_id   text,
  instrument       text NOT NULL,
  side             text NOT NULL CHECK (side IN ('buy', 'sell')),
  type             text NOT NULL,
  wanted           numeric(38, 18) NOT NULL,        -- before rounding and cutting
  quantity         numeric(38, 18) NOT NULL,
  price            numeric(38, 18),
  stop_price       numeric(38, 18),
  time_in_force    text NOT NULL,
  reduce_only      boolean NOT NULL,
  under_halt       boolean NOT NULL,
  adopted          boolean NOT NULL,
  reason           text NOT NULL,
  correlation_id   text NOT NULL,
  state            text NOT NULL CHECK (state IN ('intended', 'sent', 'unknown', 'open', 'partially_filled', 'filled', 'cancelled', 'rejected')),
  code             text,
  message          text,
  filled           numeric(38, 18) NOT NULL CHECK (filled >= 0),
  filled_quote     numeric(38, 18) NOT NULL,
  created_at       timestamptz NOT NULL,
  send_before      timestamptz NOT NULL,
  sent_at          timestamptz,
  updated_at       timestamptz NOT NULL,
  filled_at        timestamptz,
  looked_at        timestamptz,
  cancel_wanted_at timestamptz,
  PRIMARY KEY (tenant_id, order_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
);
CREATE UNIQUE INDEX orders_by_venue_id ON orders (tenant_id, account_id, instrument, venue_order_id) WHERE venue_order_id IS NOT NULL;
CREATE INDEX orders_by_client_id ON orders (tenant_id, account_id, client_order_id);
CREATE INDEX orders_by_time ON orders (tenant_id, created_at DESC, order_id DESC);
CREATE INDEX orders_live ON orders (tenant_id, account_id, created_at) WHERE state NOT IN ('filled', 'cancelled', 'rejected');
CREATE INDEX orders_loose ON orders (updated_at)
  WHERE state IN ('intended', 'sent', 'unknown') OR (cancel_wanted_at IS NOT NULL AND state IN ('open', 'partially_filled'));

CREATE TABLE order_steps (                          -- what an order went through; only grows
  tenant_id  uuid NOT NULL,
  order_id   uuid NOT NULL,
  number     bigint GENERATED ALWAYS AS IDENTITY,
  at         timestamptz NOT NULL,
  state      text NOT NULL,
  filled     numeric(38, 18) NOT NULL,
  code       text,
  source     text NOT NULL,                         -- desk, venue, stream, sweeper, user:<id>
  PRIMARY KEY (tenant_id, order_id, number)
);

CREATE TABLE order_limits (                         -- an account_id of zeros stands for the whole tenant
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  limits      jsonb NOT NULL,                       -- amounts are decimal texts
  PRIMARY KEY (tenant_id, account_id)
);

CREATE TABLE halts (
  halt_id        uuid PRIMARY KEY,
  tenant_id      uuid,                              -- none: the platform's
  allow_reducing boolean NOT NULL,
  cancel_orders  boolean NOT NULL,
  reason         text NOT NULL,
  engaged_by     text NOT NULL,
  engaged_at     timestamptz NOT NULL,
  released_by    text,
  released_at    timestamptz
);
CREATE UNIQUE INDEX halts_one_of_a_tenant ON halts (tenant_id) WHERE released_at IS NULL AND tenant_id IS NOT NULL;
CREATE UNIQUE INDEX halts_one_of_the_platform ON halts ((tenant_id IS NULL)) WHERE released_at IS NULL AND tenant_id IS NULL;
CREATE INDEX halts_by_time ON halts (tenant_id, engaged_at DESC);

CREATE TABLE trading_audit (                        -- who changed what may be traded; only grows
  tenant_id  uuid NOT NULL,
  number     bigint GENERATED ALWAYS AS IDENTITY,
  at         timestamptz NOT NULL,
  actor      text NOT NULL,
  action     text NOT NULL,
  details    jsonb NOT NULL,
  PRIMARY KEY (tenant_id, number)
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['orders', 'order_steps', 'order_limits', 'halts', 'trading_audit']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
-- Everybody sees that the platform is halted; only the role of whoever runs it can halt it. The same role finds orders
-- that somebody must look after, of every tenant, without what they are for.
CREATE POLICY the_platform ON halts FOR SELECT TO nightdesk_app USING (tenant_id IS NULL);
CREATE POLICY the_platform_switch ON halts TO nightdesk_outbox USING (tenant_id IS NULL);
CREATE POLICY every_tenant ON orders FOR SELECT TO nightdesk_outbox USING (true);

GRANT SELECT, INSERT, UPDATE ON orders, order_limits, halts TO nightdesk_app;
GRANT SELECT, INSERT ON order_steps, trading_audit TO nightdesk_app;
GRANT SELECT (tenant_id, order_id, account_id, state, updated_at, looked_at, cancel_wanted_at) ON orders TO nightdesk_outbox;
GRANT SELECT, INSERT, UPDATE ON halts TO nightdesk_outbox;
