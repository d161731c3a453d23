"""Makes the bars that nobody saw: at the start, and every minute."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from nightdesk.adapters.postgres.tracking import PostgresTrackedBooks
from nightdesk.candles.model import CandleRow
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.candles.stream_ports import CandleSink
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.rebuilding import missing_starts, rebuild, told_starts

EVERY_S: Final = 60.0
REACH: Final = timedelta(hours=24)
SETTLE: Final = timedelta(minutes=3)
PATIENCE: Final = timedelta(hours=1)
"""So long a bar waits for minutes of a market that are missing; then it is made without them."""

SPAN: Final = Resolution.MINUTES_15.span
_log = logging.getLogger(__name__)


class Repair:
    """Compares the stored bars of the last day with the boundaries there were, and makes what is missing.

    Args:
        portfolios: Which portfolios there are now.
        every_s: Between two looks.
    """

    def __init__(
        self,
        source: PostgresTrackedBooks,
        sink: CandleSink,
        portfolios: Callable[[], Sequence[TenantId]],
        *,
        every_s: float = EVERY_S,
    ) -> None:
        self._source = source
        self._sink = sink
        self._portfolios = portfolios
        self._every_s = every_s
        self.bars_made = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Repair until stopped."""
        while not stopping.is_set():
            rows = await asyncio.to_thread(self.missing)
            if rows:
                await self._sink.append(rows)
                self.bars_made += len(rows)
                _log.info("bars made afterwards", extra={"bars": len(rows)})
            try:
                await asyncio.wait_for(stopping.wait(), self._every_s)
            except TimeoutError:
                continue

    def missing(self) -> list[CandleRow]:
        """The bars that are missing and can be made.

        The newest boundaries are left to the live path, which has them under way.
        """
        newest = self._source.newest_market_minute()
        if newest is None:
            return []
        until = bar_start(newest - SETTLE, Resolution.MINUTES_15)
        since = until - REACH
        lacking = {tenant: starts for tenant in self._portfolios() if (starts := self._lacking(tenant, since, until))}
        if not lacking:
            return []
        prices = self._source.prices(since - SPAN, until)
        told = set(told_starts(sorted({start for starts in lacking.values() for start in starts}), prices))
        return [
            row
            for tenant, starts in lacking.items()
            if (ready := [start for start in starts if start in told or start < until - PATIENCE])
            for row in self._made(tenant, ready, until, prices)
        ]

    def _lacking(self, tenant_id: TenantId, since: datetime, until: datetime) -> list[datetime]:
        first = self._source.first_move(tenant_id)
        if first is None:
            return []
        begin = max(since, bar_start(first, Resolution.MINUTES_15))
        return missing_starts(begin, until, self._source.bars(tenant_id, begin, until))

    def _made(
        self, tenant_id: TenantId, starts: Sequence[datetime], until: datetime, prices: Sequence[Price]
    ) -> list[CandleRow]:
        return list(rebuild(self._source.past(tenant_id, starts[0], until, prices), starts))
