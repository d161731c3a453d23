"""Makes the bars that nobody saw, and those again that something came for too late: at the start, every minute."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fargate.portfolio_tracker.doubts import Doubt, Doubts
from nightdesk.adapters.postgres.tracking import PostgresTrackedBooks
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.candles.stream_ports import CandleSink
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.provenance import Provenance
from nightdesk.portfolio.rebuilding import Rebuilt, missing_starts, rebuild

EVERY_S: Final = 60.0
REACH: Final = timedelta(hours=24)
SETTLE: Final = timedelta(minutes=3)
PATIENCE_S: Final = 60.0
"""So long a bar waits for minutes of a market that are missing; then it is made without them, and stays in doubt."""

AGAIN: Final = timedelta(hours=2)
"""So much of the past is compared at a start: a correction may have died with the process before."""

SPAN: Final = Resolution.MINUTES_15.span
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be done for one portfolio: bars to make, and stored ones to compare."""

    portfolio_id: TenantId
    lacking: Sequence[datetime]
    stored: dict[datetime, Candle]

    @property
    def starts(self) -> list[datetime]:
        return sorted([*self.lacking, *self.stored])


class Repair:
    """Compares the stored bars of the last day with the boundaries there were, and those in doubt with the ledger.

    Args:
        portfolios: Which portfolios there are now.
        told: Hears what the closes of the bars that are made rest on.
        every_s: Between two looks.
        seconds: How time passes for those who wait.
    """

    def __init__(
        self,
        source: PostgresTrackedBooks,
        sink: CandleSink,
        portfolios: Callable[[], Sequence[TenantId]],
        *,
        told: Callable[[Sequence[Provenance]], None] = lambda _: None,
        every_s: float = EVERY_S,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._sink = sink
        self._portfolios = portfolios
        self._tell = told
        self._every_s = every_s
        self._seconds = seconds
        self._told: deque[Doubt] = deque()
        self._once_more: list[Doubt] = []
        self._doubts = Doubts()
        self._known: set[TenantId] = set()
        self._waits_since: dict[tuple[TenantId, datetime], float] = {}
        self._unsent: list[CandleRow] = []
        self.bars_made = 0

    def doubt(self, doubt: Doubt) -> None:
        """Have stored bars compared."""
        self._told.append(doubt)

    async def run(self, stopping: asyncio.Event) -> None:
        """Repair until stopped."""
        while not stopping.is_set():
            await asyncio.to_thread(self.look)
            await self._send()
            try:
                await asyncio.wait_for(stopping.wait(), self._every_s)
            except TimeoutError:
                continue

    def look(self) -> Sequence[CandleRow]:
        """Make what is missing or wrong and can be made; returns all that is still to be sent.

        The newest boundaries are left to the live path, which has them under way.
        """
        newest = self._source.newest_market_minute()
        if newest is None:
            return self._unsent
        until = bar_start(newest - SETTLE, Resolution.MINUTES_15)
        since = until - REACH
        self._take_doubts(until)
        self._waits_since = {key: since_s for key, since_s in self._waits_since.items() if key[1] >= since}
        tasks = [task for each in self._portfolios() if (task := self._task(each, since, until)).starts]
        prices = self._source.prices(since - SPAN, until) if tasks else []
        for task in tasks:
            self._unsent += self._done(task, until, prices)
        return self._unsent

    async def _send(self) -> None:
        rows, self._unsent = self._unsent, []
        if not rows:
            return
        try:
            await self._sink.append(rows)
            await self._sink.show(rows, is_closed=True)
        except Exception:
            self._unsent = rows + self._unsent
            raise
        self.bars_made += len(rows)
        _log.info("bars made afterwards", extra={"bars": len(rows)})

    def _take_doubts(self, until: datetime) -> None:
        portfolios = self._portfolios()
        for portfolio_id in set(portfolios) - self._known:
            self._doubts.add(Doubt(until - AGAIN, until, portfolio_id), ())
        self._known = set(portfolios)
        told, self._once_more = [*self._once_more], [self._told.popleft() for _ in range(len(self._told))]
        for doubt in (*told, *self._once_more):  # twice each: the corrected minutes may be on their way to the store
            self._doubts.add(doubt, portfolios)

    def _task(self, portfolio_id: TenantId, since: datetime, until: datetime) -> _Task:
        first = self._source.first_move(portfolio_id)
        if first is None:
            return _Task(portfolio_id, [], {})
        begin = max(since, bar_start(first, Resolution.MINUTES_15))
        stored = self._source.bars(portfolio_id, begin, until)
        doubted = self._doubts.span(portfolio_id)
        compared = {at: bar for at, bar in stored.items() if doubted and doubted[0] - SPAN <= at < doubted[1]}
        return _Task(portfolio_id, missing_starts(begin, until, stored), compared)

    def _done(self, task: _Task, until: datetime, prices: Sequence[Price]) -> list[CandleRow]:
        books = self._source.past(task.portfolio_id, task.starts[0], until, prices)
        made = list(rebuild(books, task.starts))
        unsure = [one.row.candle.at for one in made if not one.is_told]
        self._doubts.settle(task.portfolio_id, until, (at for at in unsure if at >= until - AGAIN))
        chosen = [one for one in made if self._is_wanted(one, task)]
        for one in chosen:
            if not one.is_told:
                self._doubts.add(Doubt(one.row.candle.at, one.row.candle.at + SPAN, task.portfolio_id), ())
        self._tell([one.provenance for one in chosen])
        return [one.row for one in chosen]

    def _is_wanted(self, made: Rebuilt, task: _Task) -> bool:
        """A missing bar when it is sure or waited long enough; a stored one when it is wrong for sure."""
        start = made.row.candle.at
        if (known := task.stored.get(start)) is not None:
            return made.is_told and made.differs_from(known)
        return made.is_told or self._waited_s(task.portfolio_id, start) >= PATIENCE_S

    def _waited_s(self, portfolio_id: TenantId, start: datetime) -> float:
        now_s = self._seconds()
        return now_s - self._waits_since.setdefault((portfolio_id, start), now_s)
