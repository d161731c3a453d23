"""What the account streamer reads and keeps in PostgreSQL besides the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from nightdesk.accounts.model import ReportedBalance
from nightdesk.accounts.streaming import StreamedAccount
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import AccountId, TenantId

_ALL = "SELECT tenant_id, account_id, sealed_at FROM credential_versions ORDER BY sealed_at, account_id"
_MERGE = """
    INSERT INTO reported_balances (tenant_id, account_id, wallet, asset, free, locked, reported_at)
    SELECT %s, %s, wallet, asset, free, locked, %s
    FROM unnest(%s::text[], %s::text[], %s::numeric[], %s::numeric[]) AS reported (wallet, asset, free, locked)
    ON CONFLICT (tenant_id, account_id, wallet, asset) DO UPDATE
    SET free = excluded.free, locked = excluded.locked, reported_at = excluded.reported_at
    WHERE reported_balances.reported_at <= excluded.reported_at
"""
_FORGET = """
    DELETE FROM reported_balances WHERE tenant_id = %s AND account_id = %s AND reported_at < %s
      AND (wallet, asset) NOT IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
_REPORTED = """
    UPDATE accounts SET refreshed_at = %s
    WHERE tenant_id = %s AND account_id = %s AND (refreshed_at IS NULL OR refreshed_at < %s)
"""
_QUANTITIES = "SELECT asset, quantity FROM holdings WHERE tenant_id = %s AND account_id = %s"
_TRADED = """
    SELECT DISTINCT instrument FROM ledger_entries
    WHERE tenant_id = %s AND account_id = %s AND instrument IS NOT NULL
"""


class PostgresStreamedAccounts:
    """Connected accounts of every tenant; needs the gateway's role, which sees of others only that they have a key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[StreamedAccount, ...]:
        """Every account that has a key, the longest connected first."""
        with self._database.transaction() as connection:
            rows = connection.execute(_ALL).fetchall()
        return tuple(
            StreamedAccount(tenant_id=TenantId(tenant), account_id=AccountId(account), sealed_at=sealed_at)
            for tenant, account, sealed_at in rows
        )


class PostgresReportedBalances:
    """Reported balances in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def merge(
        self, tenant_id: TenantId, account_id: AccountId, balances: Sequence[ReportedBalance], reported_at: datetime
    ) -> None:
        """Put these in the place of what was reported of the same assets and wallets before; the others stay."""
        columns = (
            [balance.wallet for balance in balances],
            [balance.asset for balance in balances],
            [balance.free for balance in balances],
            [balance.locked for balance in balances],
        )
        self._connection.execute(_MERGE, (tenant_id, account_id, reported_at, *columns))
        self._connection.execute(_REPORTED, (reported_at, tenant_id, account_id, reported_at))

    def replace(
        self, tenant_id: TenantId, account_id: AccountId, balances: Sequence[ReportedBalance], reported_at: datetime
    ) -> None:
        """Put these in the place of all that was reported before; what is newer stays, each by itself."""
        wallets = [balance.wallet for balance in balances]
        assets = [balance.asset for balance in balances]
        self._connection.execute(_FORGET, (tenant_id, account_id, reported_at, wallets, assets))
        self.merge(tenant_id, account_id, balances, reported_at)


class PostgresAccountHistory:
    """What the ledger says of one account, in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def quantities(self, tenant_id: TenantId, account_id: AccountId) -> Mapping[AssetId, Decimal]:
        """What the account holds of each asset."""
        rows = self._connection.execute(_QUANTITIES, (tenant_id, account_id))
        return {AssetId(asset): quantity for asset, quantity in rows}

    def traded(self, tenant_id: TenantId, account_id: AccountId) -> frozenset[str]:
        """Symbols of the markets that the ledger names."""
        rows = self._connection.execute(_TRADED, (tenant_id, account_id))
        return frozenset(parse_instrument(instrument).symbol for (instrument,) in rows)
