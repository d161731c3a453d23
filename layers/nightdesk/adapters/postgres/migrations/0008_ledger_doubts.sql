-- What was told of an event that the ledger holds, and contradicts it. What is booked stands; people look at the rest.

CREATE TABLE ledger_doubts (
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  identity    text NOT NULL,
  digest      bytea NOT NULL,                       -- SHA-256 of what was told: the same telling is kept once
  told        jsonb NOT NULL,
  told_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, identity, digest)
);
ALTER TABLE ledger_doubts ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_doubts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON ledger_doubts USING (tenant_id = (SELECT current_tenant()));
GRANT SELECT, INSERT ON ledger_doubts TO nightdesk_app;
