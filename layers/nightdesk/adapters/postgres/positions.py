"""Reported positions in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from nightdesk.accounts.positions import Position, PositionSide, ReportedPosition
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import AccountId, TenantId

_COLUMNS = (
    "account_id, contract, side, quantity, entry_price, mark_price, unrealised_pnl, settle, liquidation_price,"
    " reported_at"
)
_ACCOUNT = "SELECT FROM accounts WHERE tenant_id = %s AND account_id = %s FOR UPDATE"
_EXISTS = "SELECT FROM accounts WHERE tenant_id = %s AND account_id = %s"
_NEWER = "SELECT FROM reported_positions WHERE tenant_id = %s AND account_id = %s AND reported_at > %s LIMIT 1"
_FORGET = "DELETE FROM reported_positions WHERE tenant_id = %s AND account_id = %s"
_PUT = f"""
    INSERT INTO reported_positions (tenant_id, account_id, reported_at, contract, side, quantity, entry_price,
      mark_price, unrealised_pnl, settle, liquidation_price)
    SELECT %s, %s, %s, * FROM unnest(%s::text[], %s::text[], {", ".join(["%s::numeric[]"] * 4)}, %s::text[],
      %s::numeric[])
"""  # noqa: S608 - no value is in it
_OF_ACCOUNT = f"""
    SELECT {_COLUMNS} FROM reported_positions WHERE tenant_id = %s AND account_id = %s ORDER BY contract, side
"""  # noqa: S608
_OF_TENANT = f"""
    SELECT {_COLUMNS} FROM reported_positions AS p WHERE tenant_id = %s AND EXISTS (
      SELECT FROM accounts AS a WHERE a.tenant_id = p.tenant_id AND a.account_id = p.account_id
        AND a.state IN ('active', 'failing'))
    ORDER BY account_id, contract, side
"""  # noqa: S608


class PostgresPositionStore:
    """In the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(
        self, tenant_id: TenantId, account_id: AccountId, positions: Sequence[Position], reported_at: datetime
    ) -> None:
        """Put these in the place of all that were reported before, unless those are newer."""
        account = (tenant_id, account_id)
        if self._connection.execute(_ACCOUNT, account).rowcount == 0:
            return
        if self._connection.execute(_NEWER, (*account, reported_at)).rowcount:
            return
        self._connection.execute(_FORGET, account)
        if positions:
            columns = [list(column) for column in zip(*map(_row, positions), strict=True)]
            self._connection.execute(_PUT, (*account, reported_at, *columns))

    def of_account(self, tenant_id: TenantId, account_id: AccountId) -> tuple[ReportedPosition, ...] | None:
        """The account's positions by contract; None if the tenant has no such account."""
        account = (tenant_id, account_id)
        if self._connection.execute(_EXISTS, account).rowcount == 0:
            return None
        return tuple(map(_reported, self._connection.execute(_OF_ACCOUNT, account)))

    def of_tenant(self, tenant_id: TenantId) -> tuple[ReportedPosition, ...]:
        """Positions of every account that is not disconnected, by account, then contract."""
        return tuple(map(_reported, self._connection.execute(_OF_TENANT, (tenant_id,))))


class PostgresPositionUnits:
    """Opens transactions of positions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[PostgresPositionStore]:
        """The store in one transaction of the tenant."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresPositionStore(connection)


def _row(position: Position) -> tuple[object, ...]:
    return (
        position.contract,
        position.side.value,
        position.quantity,
        position.entry_price,
        position.mark_price,
        position.unrealised_pnl,
        position.settle,
        position.liquidation_price,
    )


def _reported(row: tuple[Any, ...]) -> ReportedPosition:
    account_id, contract, side, quantity, entry_price, mark_price, unrealised, settle, liquidation_price, at = row
    position = Position(
        contract=contract,
        side=PositionSide(side),
        quantity=quantity,
        entry_price=entry_price,
        mark_price=mark_price,
        unrealised_pnl=unrealised,
        settle=AssetId(settle),
        liquidation_price=liquidation_price,
    )
    return ReportedPosition(account_id=AccountId(account_id), position=position, reported_at=at)
