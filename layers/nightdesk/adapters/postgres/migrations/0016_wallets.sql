-- Accounts hold balances in several wallets: spot, margin, isolated:<market>, futures, funding, earn.

ALTER TABLE ledger_legs ADD COLUMN wallet text NOT NULL DEFAULT 'spot';
ALTER TABLE reported_balances ADD COLUMN wallet text NOT NULL DEFAULT 'spot';
ALTER TABLE reported_balances DROP CONSTRAINT reported_balances_pkey;
ALTER TABLE reported_balances ADD PRIMARY KEY (tenant_id, account_id, wallet, asset);
