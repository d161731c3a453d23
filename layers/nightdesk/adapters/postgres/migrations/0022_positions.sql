-- Contracts that are open, as venues report them: what they would bring is in no ledger before they are closed.

CREATE TABLE reported_positions (
  tenant_id         uuid NOT NULL,
  account_id        uuid NOT NULL,
  contract          text NOT NULL,                  -- BTC/USDT:USDT
  side              text NOT NULL CHECK (side IN ('long', 'short')),
  quantity          numeric(38, 18) NOT NULL CHECK (quantity > 0),
  entry_price       numeric(38, 18) NOT NULL,
  mark_price        numeric(38, 18) NOT NULL,
  unrealised_pnl    numeric(38, 18) NOT NULL,
  settle            text NOT NULL,
  liquidation_price numeric(38, 18),
  reported_at       timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, contract, side)
);

ALTER TABLE reported_positions ENABLE ROW LEVEL SECURITY;
ALTER TABLE reported_positions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON reported_positions USING (tenant_id = (SELECT current_tenant()));
GRANT SELECT, INSERT, DELETE ON reported_positions TO nightdesk_app;
GRANT SELECT ON reported_positions TO nightdesk_tracker;
