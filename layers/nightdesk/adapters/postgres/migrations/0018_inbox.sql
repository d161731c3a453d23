-- Doubts about the books: each one row with its cause, what is at stake and how it ended; and what was compared when.

CREATE TABLE inbox_findings (
  tenant_id    uuid NOT NULL,
  finding_id   uuid NOT NULL,                       -- made of the tenant and the identity
  identity     text NOT NULL,
  cause        text NOT NULL,
  recurs       boolean NOT NULL,                    -- may end and begin again; else it was told once
  account_id   uuid,
  asset        text,
  wallet       text,
  occurred_at  timestamptz,
  stake        numeric(38, 18),
  stake_asset  text,
  details      jsonb NOT NULL,                      -- decimal strings
  essence      bytea NOT NULL,                      -- SHA-256 of what must change for a dismissed one to be news
  state        text NOT NULL CHECK (state IN ('open', 'resolved', 'dismissed')),
  raised_at    timestamptz NOT NULL,
  changed_at   timestamptz NOT NULL,
  returned     int NOT NULL DEFAULT 0,
  settlement   jsonb,
  PRIMARY KEY (tenant_id, finding_id),
  UNIQUE (tenant_id, identity)
);
CREATE INDEX inbox_findings_by_state ON inbox_findings (tenant_id, state, changed_at DESC);

CREATE TABLE inbox_events (                         -- what happened to each finding, and who did it: never changed
  tenant_id   uuid NOT NULL,
  finding_id  uuid NOT NULL,
  number      bigint GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL,
  what        text NOT NULL,
  actor       text NOT NULL,
  note        text NOT NULL,
  details     jsonb NOT NULL,
  PRIMARY KEY (tenant_id, finding_id, number)
);

-- What a venue said it held at one instant, and what the ledger said then. Kept when either changes.
CREATE TABLE balance_checkpoints (
  tenant_id    uuid NOT NULL,
  account_id   uuid NOT NULL,
  wallet       text NOT NULL,
  asset        text NOT NULL,
  at           timestamptz NOT NULL,                -- the instant that the venue spoke of
  reported     numeric(38, 18) NOT NULL,
  derived      numeric(38, 18),                     -- as it was known then; proofs are made of the present ledger
  source       text NOT NULL CHECK (source IN ('balances', 'running')),  -- asked for; told beside a row of its history
  PRIMARY KEY (tenant_id, account_id, asset, wallet, at)
);

-- Where the comparison of each balance stands: how many cycles a difference is open.
CREATE TABLE balance_checks (
  tenant_id       uuid NOT NULL,
  account_id      uuid NOT NULL,
  wallet          text NOT NULL,
  asset           text NOT NULL,
  derived         numeric(38, 18) NOT NULL,
  reported        numeric(38, 18) NOT NULL,
  reported_at     timestamptz NOT NULL,
  cycles_open     int NOT NULL,                     -- 0: they agree
  open_since      timestamptz,
  proven_since    timestamptz,                      -- the longest stretch in which every checkpoint agrees
  proven_until    timestamptz,
  PRIMARY KEY (tenant_id, account_id, asset, wallet)
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['inbox_findings', 'inbox_events', 'balance_checkpoints', 'balance_checks']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON inbox_findings, balance_checks, balance_checkpoints TO nightdesk_app;
GRANT SELECT, INSERT ON inbox_events TO nightdesk_app;
GRANT DELETE ON balance_checks TO nightdesk_app;
