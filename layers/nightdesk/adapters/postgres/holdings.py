"""Holdings in PostgreSQL: the projection's rows, read and replaced in sets."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.kernel.assets import AssetId, VenueId
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.money import format_amount
from nightdesk.lots.average_cost import Amounts, Position
from nightdesk.portfolio.model import Books, Brought, Holding, OpenContract, PortfolioAccount, Reported
from nightdesk.portfolio.ports import PortfolioUnit

_COLUMNS = "account_id, asset, quantity, unproven, cost, realised_pnl, folded_at, folded_sequence, stale"
_GET = f"SELECT {_COLUMNS} FROM holdings WHERE tenant_id = %s AND account_id = %s AND asset = ANY(%s)"  # noqa: S608
_PUT = f"""
    INSERT INTO holdings (tenant_id, updated_at, {_COLUMNS})
    SELECT %s, %s, * FROM unnest(%s::uuid[], %s::text[], %s::numeric[], %s::numeric[], %s::text[]::jsonb[],
      %s::text[]::jsonb[], %s::timestamptz[], %s::bigint[], %s::boolean[])
    ON CONFLICT (tenant_id, account_id, asset) DO UPDATE SET
      quantity = excluded.quantity, unproven = excluded.unproven, cost = excluded.cost,
      realised_pnl = excluded.realised_pnl, folded_at = excluded.folded_at, folded_sequence = excluded.folded_sequence,
      stale = excluded.stale, updated_at = excluded.updated_at
"""  # noqa: S608
_BROUGHT = """
    SELECT asset, identity, proven, cost FROM transfer_costs
    WHERE tenant_id = %s AND account_id = %s AND asset = ANY(%s)
"""
_FORGET_BROUGHT = "DELETE FROM transfer_costs WHERE tenant_id = %s AND account_id = %s AND asset = %s"
_PUT_BROUGHT = """
    INSERT INTO transfer_costs (tenant_id, account_id, asset, identity, proven, cost)
    SELECT %s, %s, %s, * FROM unnest(%s::text[], %s::numeric[], %s::text[]::jsonb[])
"""
_STALE = "SELECT asset FROM holdings WHERE tenant_id = %s AND account_id = %s AND stale"
_ASSETS = "SELECT asset FROM holdings WHERE tenant_id = %s AND account_id = %s"
_UNSETTLED = """
    SELECT DISTINCT h.account_id FROM holdings AS h WHERE h.tenant_id = %(tenant)s AND h.stale AND NOT EXISTS (
      SELECT FROM imports AS i WHERE i.tenant_id = %(tenant)s AND i.account_id = h.account_id
        AND i.state IN ('queued', 'running'))
    ORDER BY h.account_id
"""
_BASE_ASSET = "SELECT base_asset FROM tenants WHERE tenant_id = %s"
_ACCOUNTS = """
    SELECT account_id, venue, label, state, refreshed_at FROM accounts
    WHERE tenant_id = %s AND state IN ('active', 'failing') ORDER BY created_at, account_id
"""
_HOLDINGS = f"""
    SELECT {_COLUMNS} FROM holdings WHERE tenant_id = %s AND account_id = ANY(%s) ORDER BY account_id, asset
"""  # noqa: S608
_REPORTED = """
    SELECT account_id, asset, sum(free + locked), min(reported_at) FROM reported_balances
    WHERE tenant_id = %s AND account_id = ANY(%s) GROUP BY account_id, asset ORDER BY account_id, asset
"""

_CONTRACTS = """
    SELECT account_id, contract, side, settle, unrealised_pnl FROM reported_positions
    WHERE tenant_id = %s AND account_id = ANY(%s) ORDER BY account_id, contract, side
"""


class PostgresHoldingStore:
    """The holdings' store in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]) -> Mapping[AssetId, Holding]:
        """The account's holdings of these assets, as far as there are any."""
        rows = self._connection.execute(_GET, (tenant_id, account_id, list(assets)))
        return {holding.asset: holding for holding in map(_holding, rows)}

    def put(self, tenant_id: TenantId, holdings: Sequence[Holding], updated_at: datetime) -> None:
        """Keep the holdings in the place of what was there, in one statement."""
        columns = map(list, zip(*map(_row, holdings), strict=True))
        self._connection.execute(_PUT, (tenant_id, updated_at, *columns))

    def stale(self, tenant_id: TenantId, account_id: AccountId) -> frozenset[AssetId]:
        """Assets of the account that must be folded again."""
        return frozenset(asset for (asset,) in self._connection.execute(_STALE, (tenant_id, account_id)))

    def assets(self, tenant_id: TenantId, account_id: AccountId) -> frozenset[AssetId]:
        """Every asset that the account's ledger names."""
        return frozenset(asset for (asset,) in self._connection.execute(_ASSETS, (tenant_id, account_id)))

    def brought(
        self, tenant_id: TenantId, account_id: AccountId, assets: Collection[AssetId]
    ) -> Mapping[tuple[AssetId, str], Brought]:
        """By asset and identity, deposits that brought their cost along from another own account."""
        rows = self._connection.execute(_BROUGHT, (tenant_id, account_id, list(assets)))
        return {(AssetId(asset), identity): Brought(proven, _amounts(cost)) for asset, identity, proven, cost in rows}

    def put_brought(
        self, tenant_id: TenantId, account_id: AccountId, asset: AssetId, brought: Mapping[str, Brought]
    ) -> None:
        """Keep, by identity, what deposits of an asset bring along, in the place of what was there."""
        self._connection.execute(_FORGET_BROUGHT, (tenant_id, account_id, asset))
        columns = (
            list(brought),
            [each.proven for each in brought.values()],
            [_texts(each.cost) for each in brought.values()],
        )
        self._connection.execute(_PUT_BROUGHT, (tenant_id, account_id, asset, *columns))


class PostgresBookStore:
    """Reads what a valuation needs, in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def books(self, tenant_id: TenantId) -> Books:
        """The tenant's accounts that are not disconnected, with their holdings and reported balances.

        Raises:
            NotFound: There is no such tenant.
        """
        tenant = self._connection.execute(_BASE_ASSET, (tenant_id,)).fetchone()
        if tenant is None:
            raise NotFound("portfolio.tenant_unknown", "There is no such portfolio.")
        accounts = tuple(map(_account, self._connection.execute(_ACCOUNTS, (tenant_id,))))
        chosen = (tenant_id, [account.account_id for account in accounts])
        return Books(
            base_asset=AssetId(tenant[0]),
            accounts=accounts,
            holdings=tuple(map(_holding, self._connection.execute(_HOLDINGS, chosen))),
            reported=tuple(map(_reported, self._connection.execute(_REPORTED, chosen))),
            contracts=tuple(map(_contract, self._connection.execute(_CONTRACTS, chosen))),
        )

    def unsettled(self, tenant_id: TenantId) -> tuple[AccountId, ...]:
        """Accounts with stale holdings that no open import is going to fold."""
        return tuple(AccountId(account) for (account,) in self._connection.execute(_UNSETTLED, {"tenant": tenant_id}))


class PostgresPortfolioUnits:
    """Opens transactions of the portfolio."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[PortfolioUnit]:
        """Stores in one transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield PortfolioUnit(
                ledger=PostgresLedgerStore(connection),
                holdings=PostgresHoldingStore(connection),
                books=PostgresBookStore(connection),
            )


def _holding(row: tuple[Any, ...]) -> Holding:
    account_id, asset, quantity, unproven, cost, realised, folded_at, folded_sequence, stale = row
    return Holding(
        account_id=AccountId(account_id),
        asset=AssetId(asset),
        position=Position(quantity, unproven, _amounts(cost), _amounts(realised)),
        folded_at=folded_at,
        folded_sequence=folded_sequence,
        stale=stale,
    )


def _row(holding: Holding) -> tuple[object, ...]:
    position = holding.position
    return (
        holding.account_id,
        holding.asset,
        position.quantity,
        position.unproven,
        _texts(position.cost),
        _texts(position.realised),
        holding.folded_at,
        holding.folded_sequence,
        holding.stale,
    )


def _amounts(texts: Mapping[str, str]) -> Amounts:
    return {AssetId(asset): Decimal(text) for asset, text in texts.items()}


def _texts(amounts: Amounts) -> str:
    return json.dumps({asset: format_amount(amount) for asset, amount in amounts.items()})


def _account(row: tuple[Any, ...]) -> PortfolioAccount:
    account_id, venue, label, state, refreshed_at = row
    return PortfolioAccount(
        account_id=AccountId(account_id), venue=VenueId(venue), label=label, state=state, refreshed_at=refreshed_at
    )


def _contract(row: tuple[Any, ...]) -> OpenContract:
    account_id, contract, side, settle, unrealised = row
    return OpenContract(
        account_id=AccountId(account_id),
        contract=contract,
        side=side,
        settle=AssetId(settle),
        unrealised_pnl=unrealised,
    )


def _reported(row: tuple[Any, ...]) -> Reported:
    account_id, asset, quantity, reported_at = row
    return Reported(account_id=AccountId(account_id), asset=AssetId(asset), quantity=quantity, reported_at=reported_at)
