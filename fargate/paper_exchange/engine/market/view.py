"""The market of one instrument as it stands now: prices, bars, the last day, the book."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from fargate.paper_exchange.engine.market.bars import bars, join, span
from fargate.paper_exchange.engine.market.port import DAY_MS, MINUTE_MS, MarketSource
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
        self._whole_minutes: tuple[int, list[Candle], Decimal | None] = (-1, [], None)

    def last(self, now_ms: int) -> TapeTrade | None:
        """The latest trade."""
        return self.source.last(now_ms)

    def bars(self, resolution: int | str, from_ms: int, until_ms: int, now_ms: int) -> list[Candle]:
        """Bars that open in `[from_ms, until_ms)`, oldest first, the open one cut at now."""
        return bars(self.source, resolution, from_ms, until_ms, now_ms)

    def day(self, now_ms: int) -> DayStatistics | None:
        """The rolling last 24 hours, to the full minute at their beginning; None before the first trade."""
        opened = (now_ms - DAY_MS) // MINUTE_MS * MINUTE_MS + MINUTE_MS
        pieces, before = self._minutes_since(opened, (now_ms + 1) // MINUTE_MS * MINUTE_MS)
        pieces = [*pieces, *span(self.source, max(opened, (now_ms + 1) // MINUTE_MS * MINUTE_MS), now_ms + 1)]
        if not pieces:
            return None
        bar = join(opened, pieces)
        return DayStatistics(bar, bar.open if before is None else before, opened, now_ms)

    def _minutes_since(self, opened: int, until_ms: int) -> tuple[list[Candle], Decimal | None]:
        """The whole minutes as one bar, if any, and the price before them: the same until the minute ends."""
        if self._whole_minutes[0] != until_ms:
            pieces, last = span(self.source, opened, until_ms), self.source.last(opened - 1)
            self._whole_minutes = (until_ms, [join(opened, pieces)] if pieces else [], last.price if last else None)
        return self._whole_minutes[1:]

    def latest_trades(self, now_ms: int, limit: int) -> list[TapeTrade]:
        """The latest trades, oldest first."""
        window_ms = 60_000
        while True:
            found = self.source.trades(now_ms - window_ms, now_ms)
            if len(found) >= limit or window_ms > DAY_MS:
                return list(found[-limit:])
            window_ms *= 8
