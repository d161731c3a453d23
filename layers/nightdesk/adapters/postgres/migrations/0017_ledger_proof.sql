-- What proves the ledger and what makes a million entries quick: sums by day and month, anchors, names, quarantine.

-- An entry is never recorded before the one that it follows: 'as known on' an instant is a part of each chain.
ALTER TABLE ledger_heads ADD COLUMN recorded_at timestamptz;
CREATE INDEX ledger_entries_by_recording ON ledger_entries (tenant_id, account_id, recorded_at, sequence);

-- How each balance changed in a day and in a month (UTC), kept by whoever appends. A balance at any instant is the
-- months before, the days before in its month, and the legs of its day.
CREATE TABLE ledger_sums (
  tenant_id   uuid NOT NULL,
  span        text NOT NULL CHECK (span IN ('day', 'month')),
  starts_on   date NOT NULL,
  account_id  uuid NOT NULL,
  wallet      text NOT NULL,
  asset       text NOT NULL,
  amount      numeric(38, 18) NOT NULL,
  PRIMARY KEY (tenant_id, span, starts_on, account_id, wallet, asset)
);

ALTER TABLE ledger_heads NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_entries NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_legs NO FORCE ROW LEVEL SECURITY;
UPDATE ledger_heads AS h SET recorded_at = (
  SELECT max(recorded_at) FROM ledger_entries AS e WHERE e.tenant_id = h.tenant_id AND e.account_id = h.account_id);
INSERT INTO ledger_sums (tenant_id, span, starts_on, account_id, wallet, asset, amount)
  SELECT tenant_id, span, date_trunc(span, occurred_at AT TIME ZONE 'UTC')::date, account_id, wallet, asset, sum(amount)
  FROM ledger_legs CROSS JOIN (VALUES ('day'), ('month')) AS spans (span)
  GROUP BY 1, 2, 3, 4, 5, 6;
ALTER TABLE ledger_heads FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_entries FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_legs FORCE ROW LEVEL SECURITY;

-- Heads of chains as they were signed; the same documents lie, locked, in a bucket.
CREATE TABLE ledger_anchors (
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  sequence    bigint NOT NULL,
  hash        bytea NOT NULL CHECK (length(hash) = 32),
  anchored_at timestamptz NOT NULL,
  public_key  text NOT NULL,                          -- <modulus>:<exponent>, hexadecimal
  signature   bytea NOT NULL,
  PRIMARY KEY (tenant_id, account_id, sequence)
);
CREATE TRIGGER ledger_anchors_only_grow BEFORE UPDATE OR DELETE ON ledger_anchors FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What a person said that a code means which nobody else knew.
CREATE TABLE asset_names (
  tenant_id   uuid NOT NULL,
  venue       text NOT NULL,
  code        text NOT NULL,
  asset       text NOT NULL,
  named_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, venue, code)
);

-- Facts of assets that nobody knows: whole, waiting for a name, and then booked under the same identity.
CREATE TABLE ledger_quarantine (
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  identity    text NOT NULL,
  venue       text NOT NULL,
  codes       text[] NOT NULL,
  fact        jsonb NOT NULL,                         -- decimal strings
  told_at     timestamptz NOT NULL,
  released_at timestamptz,
  PRIMARY KEY (tenant_id, account_id, identity)
);
CREATE INDEX ledger_quarantine_waiting ON ledger_quarantine (tenant_id, told_at, account_id, identity)
  WHERE released_at IS NULL;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['ledger_sums', 'ledger_anchors', 'asset_names', 'ledger_quarantine']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
CREATE POLICY all_tenants ON ledger_heads FOR SELECT TO nightdesk_outbox USING (true);
CREATE POLICY all_tenants ON ledger_anchors FOR SELECT TO nightdesk_outbox USING (true);

GRANT SELECT, INSERT, UPDATE ON ledger_sums, asset_names, ledger_quarantine TO nightdesk_app;
GRANT SELECT, INSERT ON ledger_anchors TO nightdesk_app;
GRANT SELECT (tenant_id, account_id, sequence) ON ledger_heads, ledger_anchors TO nightdesk_outbox;
