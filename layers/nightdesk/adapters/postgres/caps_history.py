"""Listings of coins as they were known, in PostgreSQL; they belong to no tenant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.instants import Clock
from nightdesk.markets.caps import MarketCap
from nightdesk.markets.caps_history import FRESH_FOR, NEVER_LISTED, CapFacts, CapHistory, CapListing

AGAIN_AFTER: Final = timedelta(seconds=30)
BEHIND: Final = timedelta(hours=1)
"""Market time may be so far behind wall time."""

_LISTED: Final = "SELECT listed_at FROM market_cap_listings WHERE listed_at BETWEEN %s AND %s"
_COINS: Final = """
    SELECT asset, listed_at, price, market_cap, high, stable FROM market_cap_history WHERE listed_at BETWEEN %s AND %s
"""
_OF_ASSETS: Final = f"{_COINS} AND asset = ANY(%s)"
_KEEP_LISTING: Final = "INSERT INTO market_cap_listings (listed_at) VALUES (%s) ON CONFLICT DO NOTHING"
_KEEP: Final = """
    INSERT INTO market_cap_history (asset, listed_at, price, market_cap, high, stable)
    VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def keep_listing(connection: Connection, caps: Sequence[MarketCap], at: datetime) -> None:
    """Keep a listing for good; the same once more changes nothing."""
    rows = [
        (cap.asset, at, cap.listing.price, cap.listing.market_cap, cap.high.price, cap.listing.stable)
        for cap in caps
        if cap.asset is not None
    ]
    connection.execute(_KEEP_LISTING, (at,))
    with connection.cursor() as cursor:
        cursor.executemany(_KEEP, rows)


class PostgresCapHistory:
    """`CapHistoryReads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self, since: datetime, until: datetime, assets: Collection[AssetId] | None = None) -> CapHistory:
        """Every listing made between the two, both included: of all coins, or of these assets only."""
        with self._database.transaction(snapshot=True) as connection:
            found: dict[datetime, dict[AssetId, CapFacts]] = {
                at: {} for (at,) in connection.execute(_LISTED, (since, until)).fetchall()
            }
            rows = connection.execute(*_question(since, until, assets)).fetchall()
        for asset, at, price, market_cap, high, stable in rows:
            found[at][AssetId(asset)] = CapFacts(price, market_cap, high, stable)
        return CapHistory(CapListing(at, coins) for at, coins in found.items())


class RememberedCapHistory:
    """What rules may read now, looked for twice a minute and otherwise remembered by the process."""

    def __init__(self, history: PostgresCapHistory, clock: Clock) -> None:
        self._history = history
        self._clock = clock
        self._known = NEVER_LISTED
        self._read_at: datetime | None = None

    def __call__(self) -> CapHistory:
        """The listings of the last hours; the remembered ones while the database does not answer."""
        now = self._clock.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < AGAIN_AFTER:
            self._read_at = now
            try:
                self._known = self._history.listed(now - FRESH_FOR - BEHIND, now)
            except Unavailable:
                return self._known
        return self._known


def _question(since: datetime, until: datetime, assets: Collection[AssetId] | None) -> tuple[str, tuple[object, ...]]:
    return (_COINS, (since, until)) if assets is None else (_OF_ASSETS, (since, until, list(assets)))
