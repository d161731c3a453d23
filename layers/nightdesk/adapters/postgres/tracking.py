"""What the portfolio tracker reads of every tenant, as the role `tracker`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresBookStore
from nightdesk.candles.model import Candle, PortfolioSeries
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.model import Books
from nightdesk.portfolio.rebuilding import Move, PastBooks

_EXPOSURE = """
    SELECT asset, sum(quantity) FROM holdings JOIN accounts USING (tenant_id, account_id)
    WHERE holdings.tenant_id = %s AND accounts.state IN ('active', 'failing') GROUP BY asset
"""
_HEADS = """
    SELECT account_id, coalesce((SELECT max(sequence) FROM ledger_legs AS leg
      WHERE leg.tenant_id = accounts.tenant_id AND leg.account_id = accounts.account_id), 0)
    FROM accounts WHERE tenant_id = %s AND state IN ('active', 'failing')
"""
# What is older than all that is asked about comes as one move for each asset.
_BOOKED = """
    SELECT greatest(occurred_at, %s) AS at, asset, sum(amount)
    FROM unnest(%s::uuid[], %s::bigint[]) AS known (account_id, sequence)
    CROSS JOIN LATERAL (
      SELECT occurred_at, asset, amount FROM ledger_legs AS leg
      WHERE leg.tenant_id = %s AND leg.account_id = known.account_id AND leg.sequence > known.sequence
    ) AS booked
    GROUP BY 1, 2 ORDER BY 1
"""
_VERSIONS = """
    SELECT tenant_id, greatest(max(holdings.updated_at), max(accounts.refreshed_at), max(accounts.created_at)),
      count(DISTINCT accounts.account_id) FILTER (WHERE accounts.state IN ('active', 'failing'))
    FROM tenants LEFT JOIN accounts USING (tenant_id) LEFT JOIN holdings USING (tenant_id, account_id)
    GROUP BY tenant_id ORDER BY min(tenants.created_at), tenant_id
"""
_BARS = """
    SELECT at, open, high, low, close, volume FROM candles_15m
    WHERE series_id = (SELECT series_id FROM series WHERE name = %s AND tenant_id = %s) AND at >= %s AND at < %s
"""
_FIRST_MOVE = """
    SELECT min(occurred_at) FROM ledger_legs
    WHERE tenant_id = %s AND account_id IN (
      SELECT account_id FROM accounts WHERE tenant_id = %s AND state IN ('active', 'failing'))
"""
_HELD = """
    SELECT asset, sum(amount) FROM ledger_legs
    WHERE tenant_id = %s AND occurred_at <= %s AND account_id IN (
      SELECT account_id FROM accounts WHERE tenant_id = %s AND state IN ('active', 'failing'))
    GROUP BY asset
"""
_MOVES = """
    SELECT occurred_at, asset, amount FROM ledger_legs
    WHERE tenant_id = %s AND occurred_at > %s AND occurred_at <= %s AND account_id IN (
      SELECT account_id FROM accounts WHERE tenant_id = %s AND state IN ('active', 'failing'))
    ORDER BY occurred_at
"""
_PRICES = """
    SELECT name, at + interval '1 minute', close FROM candles_1m JOIN series USING (series_id)
    WHERE series.tenant_id IS NULL AND at >= %s AND at < %s ORDER BY at
"""
_NEWEST = """
    SELECT max(newest.at) FROM series CROSS JOIN LATERAL (
      SELECT at FROM candles_1m WHERE candles_1m.series_id = series.series_id ORDER BY at DESC LIMIT 1
    ) AS newest WHERE series.tenant_id IS NULL
"""
_BASE = "SELECT base_asset FROM tenants WHERE tenant_id = %s"

Version = tuple[datetime | None, int]
Heads = Mapping[AccountId, int]
_AGES_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HeldNow:
    """What a portfolio holds, of one moment.

    Attributes:
        moves: What its ledger got since the heads that were known.
        heads: The last entries it rests on.
    """

    exposure: Exposure
    moves: Sequence[Move]
    heads: Heads


class PostgresTrackedBooks:
    """Books of all tenants, now and in the past."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held(self, tenant_id: TenantId, since: Heads | None = None, oldest: datetime | None = None) -> HeldNow:
        """What the tenant's portfolio holds now, and by which moves.

        Args:
            tenant_id: Whose it is.
            since: Moves after these entries are told, those of other accounts all; without it, none.
            oldest: What is older is told as of this instant.
        """
        with self._database.transaction(tenant_id=tenant_id, snapshot=True) as connection:
            base = connection.execute(_BASE, (tenant_id,)).fetchone()
            held = connection.execute(_EXPOSURE, (tenant_id,)).fetchall()
            heads = {AccountId(account): head for account, head in connection.execute(_HEADS, (tenant_id,))}
            told = {} if since is None else {each: since.get(each, 0) for each in heads}
            booked = (oldest or _AGES_AGO, list(told.keys()), list(told.values()), tenant_id)
            moves = [_move(row) for row in connection.execute(_BOOKED, booked)] if told else []
        quantities = {AssetId(asset): quantity for asset, quantity in held}
        exposure = Exposure(portfolio_id=tenant_id, base_asset=_asset(base), quantities=quantities)
        return HeldNow(exposure, moves, {**(since or {}), **heads})

    def versions(self) -> dict[TenantId, Version]:
        """For each tenant something that changes when its books do."""
        with self._database.transaction() as connection:
            return {TenantId(row[0]): (row[1], row[2]) for row in connection.execute(_VERSIONS)}

    def books(self, tenant_id: TenantId) -> Books:
        """The tenant's books of this moment."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            return PostgresBookStore(connection).books(tenant_id)

    def newest_market_minute(self) -> datetime | None:
        """Start of the newest one-minute bar of any market."""
        with self._database.transaction() as connection:
            row = connection.execute(_NEWEST).fetchone()
        return row[0] if row else None

    def bars(self, tenant_id: TenantId, since: datetime, until: datetime) -> dict[datetime, Candle]:
        """The bars that the portfolio has in this range, by their starts."""
        name = str(PortfolioSeries(tenant_id))
        with self._database.transaction(tenant_id=tenant_id) as connection:
            rows = connection.execute(_BARS, (name, tenant_id, since, until))
            return {row[0]: Candle(*row) for row in rows}

    def first_move(self, tenant_id: TenantId) -> datetime | None:
        """When the portfolio's ledger begins."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            row = connection.execute(_FIRST_MOVE, (tenant_id, tenant_id)).fetchone()
        return row[0] if row else None

    def past(self, tenant_id: TenantId, since: datetime, until: datetime, prices: Sequence[Price]) -> PastBooks:
        """The portfolio's books from one instant to another, with the markets' prices of that time."""
        with self._database.transaction(tenant_id=tenant_id, snapshot=True) as connection:
            base = connection.execute(_BASE, (tenant_id,)).fetchone()
            held = connection.execute(_HELD, (tenant_id, since, tenant_id)).fetchall()
            moves = connection.execute(_MOVES, (tenant_id, since, until, tenant_id)).fetchall()
        quantities = {AssetId(asset): quantity for asset, quantity in held}
        return PastBooks(
            exposure=Exposure(portfolio_id=tenant_id, base_asset=_asset(base), quantities=quantities),
            moves=[_move(row) for row in moves],
            prices=prices,
        )

    def prices(self, since: datetime, until: datetime) -> list[Price]:
        """Closes of the markets' one-minute bars, oldest first, each at the end of its minute."""
        with self._database.transaction() as connection:
            rows = connection.execute(_PRICES, (since, until)).fetchall()
        return [
            Price(instrument=parse_instrument(name), last=Decimal(repr(close)), at=at)
            for name, at, close in rows
            if close > 0
        ]


def _move(row: tuple[Any, ...]) -> Move:
    at, asset, amount = row
    return Move(at=at, asset=AssetId(asset), amount=amount)


def _asset(row: tuple[Any, ...] | None) -> AssetId:
    return AssetId(row[0] if row else "")
