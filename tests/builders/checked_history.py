"""A filled history beside what the venue tells: every minute counted, pages of it fetched again and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import psycopg

from nightdesk.candles.coverage import MINUTE
from nightdesk.candles.history_ports import VenueHistory
from nightdesk.candles.judging import BarPage
from nightdesk.kernel.assets import Instrument, parse_instrument
from tests.builders.desk_history import HistoryDesk

# In the order of the index: no sort, so that millions are counted in seconds.
_COUNTED: Final = """
    SELECT count(*), count(*) FILTER (WHERE before IS DISTINCT FROM at
      AND at >= %s AND at < %s AND at = date_trunc('minute', at))
    FROM (SELECT at, lag(at) OVER (ORDER BY at) AS before FROM candles_1m WHERE series_id = %s) AS minutes
"""
_STORED: Final = """
    SELECT at, open, high, low, close, volume FROM candles_1m WHERE series_id = %s AND at >= %s AND at < %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is stored of some markets.

    Attributes:
        expected: Minutes that there should be.
        stored: Rows that there are.
        different: Minutes that there should be and are there, each once.
        compared: Bars of the venue that were looked for.
        wrong: Bars that only the venue or only the store has.
    """

    expected: int = 0
    stored: int = 0
    different: int = 0
    compared: int = 0
    wrong: int = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            expected=self.expected + other.expected,
            stored=self.stored + other.stored,
            different=self.different + other.different,
            compared=self.compared + other.compared,
            wrong=self.wrong + other.wrong,
        )


def counted(desk: HistoryDesk, names: Sequence[str], every: timedelta | None) -> Counted:
    """What is stored of these markets.

    Args:
        desk: Where.
        names: Of their series.
        every: Of so long one page is compared; None compares all.
    """
    ((since, until),) = desk.rows("SELECT DISTINCT planned_from, planned_until FROM candle_coverage")
    known = dict(desk.rows("SELECT name, series_id FROM series"))
    with psycopg.connect(desk.postgres.url("superuser")) as connection:
        checks = [_Check(connection, desk.venues, parse_instrument(name), known[name]) for name in names]
        return sum((check.counted(since, until, every) for check in checks), Counted())


@dataclass(frozen=True, slots=True)
class _Check:
    connection: psycopg.Connection
    venues: VenueHistory
    instrument: Instrument
    series_id: int

    def counted(self, since: datetime, until: datetime, every: timedelta | None) -> Counted:
        row = self.connection.execute(_COUNTED, (since, until, self.series_id)).fetchone()
        assert row is not None
        compared = wrong = 0
        for at, page in self._pages(since, until, every):
            compared += len(page.bars)
            wrong += self._wrong(at, page)
        expected = (until - since) // MINUTE
        return Counted(expected=expected, stored=row[0], different=row[1], compared=compared, wrong=wrong)

    def _pages(self, since: datetime, until: datetime, every: timedelta | None) -> Iterator[tuple[datetime, BarPage]]:
        """What the venue tells, beginning where pages of the history itself did not."""
        at = since if every is None else since + min(every, until - since) / 2
        while at < until:
            page = self.venues.page(self.instrument, at, until)
            yield at, page
            at = page.covered_until if every is None else at + every

    def _wrong(self, since: datetime, page: BarPage) -> int:
        stored = self.connection.execute(_STORED, (self.series_id, since, page.covered_until), binary=True).fetchall()
        told = [(bar.at, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in page.bars]
        return len(set(told) ^ set(stored))
