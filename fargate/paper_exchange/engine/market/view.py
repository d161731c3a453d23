"""The market of one instrument as it stands now: prices, bars, the last day, the book."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from fargate.paper_exchange.engine.market.bars import bars, join, span
from fargate.paper_exchange.engine.market.port import DAY_MS, MarketSource
from fargate.paper_exchange.engine.model import Candle, Instrument, TapeTrade


class DayStatistics(NamedTuple):
    """The last 24 hours; `before` is the last price that stood before them."""

    bar: Candle
    before: Decimal
    opened_at_ms: int
    closed_at_ms: int


class MarketView:
    """Answers questions about one instrument at a market time."""

    def __init__(self, instrument: Instrument, source: MarketSource) -> None:
        self.instrument = instrument
        self.source = source

    def last(self, now_ms: int) -> TapeTrade | None:
        """The latest trade."""
        return self.source.last(now_ms)

    def bars(self, resolution: int | str, from_ms: int, until_ms: int, now_ms: int) -> list[Candle]:
        """Bars that open in `[from_ms, until_ms)`, oldest first, the open one cut at now."""
        return bars(self.source, resolution, from_ms, until_ms, now_ms)

    def day(self, now_ms: int) -> DayStatistics | None:
        """The rolling last 24 hours, to the full minute at their beginning; None before the first trade."""
        opened = (now_ms - DAY_MS) // 60_000 * 60_000 + 60_000
        pieces = span(self.source, opened, now_ms + 1)
        if not pieces:
            return None
        before = self.source.last(opened - 1)
        bar = join(opened, pieces)
        return DayStatistics(bar, before.price if before else bar.open, opened, now_ms)

    def latest_trades(self, now_ms: int, limit: int) -> list[TapeTrade]:
        """The latest trades, oldest first."""
        window_ms = 60_000
        while True:
            found = self.source.trades(now_ms - window_ms, now_ms)
            if len(found) >= limit or window_ms > DAY_MS:
                return list(found[-limit:])
            window_ms *= 8
