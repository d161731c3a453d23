-- Transfers between a user's own accounts: what venues tell of the way, and which movements belong together.

CREATE TABLE transfer_routes (                      -- beside the chain: it may be told later, or by another way
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  identity    text NOT NULL,                        -- of the deposit's or withdrawal's entry
  tx_hash     text,
  address     text,
  network     text,
  PRIMARY KEY (tenant_id, account_id, identity)
);

CREATE TABLE transfer_links (
  tenant_id   uuid NOT NULL,
  link_id     uuid NOT NULL,
  score       int NOT NULL CHECK (score BETWEEN 0 AND 100),
  evidence    text[] NOT NULL,
  linked_by   text NOT NULL,                        -- desk, or user:<id>
  linked_at   timestamptz NOT NULL,
  unlinked_by text,                                 -- whose word it is that they never belong together
  unlinked_at timestamptz,
  PRIMARY KEY (tenant_id, link_id)
);
CREATE INDEX transfer_links_by_time ON transfer_links (tenant_id, linked_at DESC, link_id);

CREATE TABLE transfer_sides (
  tenant_id   uuid NOT NULL,
  link_id     uuid NOT NULL,
  account_id  uuid NOT NULL,
  identity    text NOT NULL,
  is_out      boolean NOT NULL,
  asset       text NOT NULL,
  amount      numeric(38, 18) NOT NULL,             -- signed
  fee         numeric(38, 18) NOT NULL,
  occurred_at timestamptz NOT NULL,
  active      boolean NOT NULL,                     -- false once the link was taken apart
  PRIMARY KEY (tenant_id, link_id, account_id, identity),
  FOREIGN KEY (tenant_id, link_id) REFERENCES transfer_links
);
CREATE UNIQUE INDEX transfer_sides_once ON transfer_sides (tenant_id, account_id, identity) WHERE active;

-- What a linked deposit brings along of the cost that its withdrawals took away: made anew from the ledger at will.
CREATE TABLE transfer_costs (
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  identity    text NOT NULL,
  asset       text NOT NULL,
  proven      numeric(38, 18) NOT NULL,             -- so much of the deposit has a known cost
  cost        jsonb NOT NULL,                       -- {asset: decimal string}
  PRIMARY KEY (tenant_id, account_id, identity)
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['transfer_routes', 'transfer_links', 'transfer_sides', 'transfer_costs']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON transfer_routes, transfer_links, transfer_sides, transfer_costs TO nightdesk_app;
GRANT DELETE ON transfer_costs TO nightdesk_app;
