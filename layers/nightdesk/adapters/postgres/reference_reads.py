"""Reference data as it is shown, from PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.fx import PostgresFxStore
from nightdesk.adapters.postgres.market_caps import PostgresCapBook
from nightdesk.adapters.postgres.reference_sources import PostgresSourceStates
from nightdesk.kernel.assets import AssetId
from nightdesk.markets.caps import MarketCap
from nightdesk.markets.fx_checking import CheckedRate
from nightdesk.markets.reference_ports import MarketDay
from nightdesk.markets.sources import SourceState

# Each series by its own primary key: its newest hour, and the day before that.
_DAYS: Final = """
    SELECT market.name, day.since, day.open, day.volume
    FROM series AS market
    CROSS JOIN LATERAL (
      SELECT at FROM candles_1h WHERE series_id = market.series_id ORDER BY at DESC LIMIT 1) AS newest
    CROSS JOIN LATERAL (
      SELECT min(at) AS since, (array_agg(open ORDER BY at))[1] AS open, sum(volume) AS volume
      FROM candles_1h
      WHERE series_id = market.series_id AND at > newest.at - interval '24 hours' AND at <= newest.at) AS day
    WHERE market.tenant_id IS NULL AND market.name > %s
    ORDER BY market.name LIMIT %s
"""


class PostgresReferenceReads:
    """`ReferenceReads`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rates(self, *, after: str, limit: int) -> tuple[CheckedRate, ...]:
        """Compared exchange rates, by currency."""
        return PostgresFxStore(self._connection).page(after=after, limit=limit)

    def caps(self, *, after: tuple[int, int], limit: int) -> tuple[MarketCap, ...]:
        """Listed coins by rank, then number."""
        return PostgresCapBook(self._connection).page(after=after, limit=limit)

    def caps_of(self, assets: Sequence[AssetId]) -> tuple[MarketCap, ...]:
        """Listed coins that are known to be one of these assets."""
        return PostgresCapBook(self._connection).of_assets(assets)

    def sources(self) -> tuple[SourceState, ...]:
        """Every source that was ever asked, by name."""
        return PostgresSourceStates(self._connection).all()

    def days(self, *, after: str, limit: int) -> tuple[MarketDay, ...]:
        """Markets with bars, by series."""
        rows = self._connection.execute(_DAYS, (after, limit)).fetchall()
        return tuple(MarketDay(series=name, since=at, open=open_, volume=volume) for name, at, open_, volume in rows)


@contextmanager
def reference_reads(database: Database) -> Iterator[PostgresReferenceReads]:
    """One moment of it."""
    with database.transaction(snapshot=True) as connection:
        yield PostgresReferenceReads(connection)
