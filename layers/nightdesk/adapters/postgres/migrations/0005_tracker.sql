-- What the portfolio tracker may read of every tenant. It writes nothing: its bars go through Valkey.

CREATE POLICY every_tenant ON tenants FOR SELECT TO nightdesk_tracker USING (true);
CREATE POLICY every_tenant ON accounts FOR SELECT TO nightdesk_tracker USING (true);
CREATE POLICY every_tenant ON holdings FOR SELECT TO nightdesk_tracker USING (true);
CREATE POLICY every_tenant ON series FOR SELECT TO nightdesk_tracker USING (true);

GRANT USAGE ON SCHEMA public TO nightdesk_tracker;
GRANT SELECT ON tenants, holdings, reported_balances, ledger_legs, imports, series, candles_1m, candles_15m TO nightdesk_tracker;
GRANT SELECT (tenant_id, account_id, venue, label, state, created_at, refreshed_at) ON accounts TO nightdesk_tracker;
