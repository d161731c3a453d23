"""What the portfolio tracker reads of every tenant, as the role `tracker`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresBookStore
from nightdesk.candles.model import PortfolioSeries
from nightdesk.kernel.assets import AssetId, parse_instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.model import Books
from nightdesk.portfolio.rebuilding import Move, PastBooks
from nightdesk.portfolio.valuation_arrays import Exposure

_EXPOSURES = """
    SELECT t.tenant_id, t.base_asset, h.asset, h.quantity
    FROM tenants AS t
    LEFT JOIN LATERAL (
      SELECT asset, sum(quantity) AS quantity FROM holdings JOIN accounts USING (tenant_id, account_id)
      WHERE holdings.tenant_id = t.tenant_id AND accounts.state IN ('active', 'failing') GROUP BY asset
    ) AS h ON true
    ORDER BY t.created_at, t.tenant_id, h.asset
"""
_VERSIONS = """
    SELECT tenant_id, greatest(max(holdings.updated_at), max(accounts.refreshed_at), max(accounts.created_at)),
      count(DISTINCT accounts.account_id) FILTER (WHERE accounts.state IN ('active', 'failing'))
    FROM accounts LEFT JOIN holdings USING (tenant_id, account_id) GROUP BY tenant_id
"""
_BARS = """
    SELECT at FROM candles_15m
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


class PostgresTrackedBooks:
    """Books of all tenants, now and in the past."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def exposures(self) -> tuple[Exposure, ...]:
        """What each tenant's portfolio holds now; one that holds nothing is there too."""
        held: dict[tuple[TenantId, AssetId], dict[AssetId, Decimal]] = defaultdict(dict)
        with self._database.transaction() as connection:
            for tenant_id, base_asset, asset, quantity in connection.execute(_EXPOSURES):
                quantities = held[TenantId(tenant_id), AssetId(base_asset)]
                if asset is not None:
                    quantities[AssetId(asset)] = quantity
        return tuple(
            Exposure(portfolio_id=tenant_id, base_asset=base_asset, quantities=quantities)
            for (tenant_id, base_asset), quantities in held.items()
        )

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

    def bars(self, tenant_id: TenantId, since: datetime, until: datetime) -> frozenset[datetime]:
        """Starts of the bars that the portfolio has in this range."""
        name = str(PortfolioSeries(tenant_id))
        with self._database.transaction(tenant_id=tenant_id) as connection:
            return frozenset(at for (at,) in connection.execute(_BARS, (name, tenant_id, since, until)))

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
            exposure=Exposure(
                portfolio_id=tenant_id, base_asset=AssetId(base[0] if base else ""), quantities=quantities
            ),
            moves=[Move(at=at, asset=AssetId(asset), amount=amount) for at, asset, amount in moves],
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
