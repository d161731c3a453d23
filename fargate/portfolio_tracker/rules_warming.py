"""Puts in what operands were worth before this process saw them, so that a restart blinds no change over a window."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from fargate.portfolio_tracker.rules_board import Board
from fargate.portfolio_tracker.rules_pasts import Unseen
from fargate.portfolio_tracker.rules_snapshot import NOBODY
from nightdesk.candles.model import PortfolioSeries, SeriesName
from nightdesk.candles.resolutions import Resolution, bar_end
from nightdesk.indicators.history import HistoryQuery, HistoryService
from nightdesk.indicators.model import Expression
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.reading import expression_of
from nightdesk.rules.recomputing import decimal_of

EVERY_S: Final = 0.5
_log = logging.getLogger(__name__)


class PastWarming:
    """Asks the stored bars what was, once for each operand that somebody compares with its past.

    Prices and figures of bars are known at each step. A portfolio's value is known at each quarter of an hour, and
    stands until the next. Other figures have no history: their past begins when they are first seen.
    """

    def __init__(self, board: Board, history: HistoryService) -> None:
        self._board = board
        self._history = history

    async def run(self, stopping: asyncio.Event) -> None:
        """Warm whatever is wanted until stopped."""
        while not stopping.is_set():
            await self.warm_now()
            try:
                await asyncio.wait_for(stopping.wait(), EVERY_S)
            except TimeoutError:
                continue

    async def warm_now(self) -> None:
        """Warm what is wanted and was not warmed yet."""
        market_at = self._board.market_at
        if market_at is None:
            return
        for unseen in self._board.pasts.unseen():
            try:
                found = await asyncio.to_thread(self._told, unseen, market_at)
            except Unavailable as error:
                _log.warning("past values not read", extra={"code": error.code})
                return
            except NightdeskError as error:
                _log.info("no past values", extra={"code": error.code, "operand": unseen.operand})
                found = []
            for at, value in found:
                self._board.pasts.put(unseen.operand, at, value)
            self._board.pasts.warmed(unseen)
            self._board.warmed()

    def _told(self, unseen: Unseen, market_at: datetime) -> Sequence[tuple[datetime, Decimal | None]]:
        """The operand's value at each step; at the last instant at or before it that is known."""
        expression = expression_of(unseen.operand)
        clock = _clock_of(expression)
        if clock is None:
            return []
        least = Resolution.MINUTES_15 if isinstance(clock, PortfolioSeries) else Resolution.MINUTE
        resolution = max((_RESOLUTIONS[unseen.step.total_seconds()], least), key=lambda each: each.span)
        query = HistoryQuery(
            expressions=[expression],
            clock=str(clock),
            resolution=resolution,
            since=market_at - unseen.reach,
            until=market_at,
        )
        told = self._history.tell(_owner(expression), query)
        ends = [bar_end(start, resolution) for start in told.starts]
        known = [(end, decimal_of(float(value))) for end, value in zip(ends, told.values[0], strict=True)]
        known = [(end, value) for end, value in known if end <= market_at]
        return [(end + step, value) for end, value in known for step in unseen.steps(resolution.span)]


_RESOLUTIONS: Final = {60.0: Resolution.MINUTE, 300.0: Resolution.MINUTES_5, 3600.0: Resolution.HOUR}


def _clock_of(expression: Expression) -> SeriesName | None:
    """The first series that it is made of."""
    named: list[SeriesName] = [name for name, _ in sorted(expression.bars, key=str)]
    named += [each.target for each in expression.metrics if isinstance(each.target, Instrument | PortfolioSeries)]
    return next(iter(named), None)


def _owner(expression: Expression) -> TenantId:
    named = [name for name, _ in expression.bars] + [metric.target for metric in expression.metrics]
    owners = (TenantId(each.portfolio_id) for each in named if isinstance(each, PortfolioSeries))
    return next(owners, NOBODY)
