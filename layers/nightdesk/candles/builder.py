"""Bars from trades, as they come: late, out of order, twice.

The policy:

* A trade belongs to the bar of its own time. Open and close are its first and last trade by (time, number),
  not by arrival.
* A trade whose number was seen is a double and changes nothing.
* Nothing closes a bar but the clock of the market: `settle(market_at)` gives every bar that ended by then.
* A late trade in a bar that was given already corrects it: the next `settle` gives that bar again, and the bars
  after it that repeat its close.
* A trade older than the kept bars, or than where building began, is `BEYOND`: its bar must come from the venue.
* Bars in which nothing was traded repeat the close before with no volume, as the venues' own bars do.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from nightdesk.candles.model import Candle, Trade
from nightdesk.candles.resolutions import Resolution, bar_start
from nightdesk.candles.trade_ids import TradeIds
from nightdesk.kernel.money import add


class Outcome(Enum):
    """What became of a trade."""

    TAKEN = auto()
    DOUBLE = auto()
    BEYOND = auto()


@dataclass(slots=True)
class _Bar:
    """A bar being built; exact, so that the order of arrival can't show."""

    first: tuple[datetime, int]
    last: tuple[datetime, int]
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    def take(self, trade: Trade, key: tuple[datetime, int]) -> None:
        if key < self.first:
            self.first, self.open = key, trade.price
        if key >= self.last:
            self.last, self.close = key, trade.price
        self.high = max(self.high, trade.price)
        self.low = min(self.low, trade.price)
        self.volume = add(self.volume, trade.amount)

    def candle(self, at: datetime) -> Candle:
        prices = (float(self.open), float(self.high), float(self.low), float(self.close))
        return Candle(at, *prices, float(self.volume))


class BarBuilder:
    """Builds the bars of one series.

    Args:
        resolution: Up to four hours: bars that have one length.
        keep: So many bars before the newest can still be corrected.
        since: Start of the first bar that is built here; None means the bar of the first trade.
        previous_close: The price before `since`; without it nothing is given until the first trade.
    """

    def __init__(
        self,
        resolution: Resolution = Resolution.MINUTE,
        *,
        keep: int = 240,
        since: datetime | None = None,
        previous_close: float | None = None,
    ) -> None:
        self.ids = TradeIds()
        self._resolution = resolution
        self._span: timedelta = resolution.span
        self._keep: timedelta = keep * resolution.span
        self._bars: dict[datetime, _Bar] = {}
        self._starts: list[datetime] = []
        self._dirty: set[datetime] = set()
        self._floor = since
        self._floor_close = previous_close
        self._next = since  # start of the first bar that was never given

    @property
    def floor(self) -> datetime | None:
        """Start of the oldest bar that can still be built; a trade before it is beyond."""
        return self._floor

    def add(self, trade: Trade) -> Outcome:
        """Take a trade or tick."""
        start = bar_start(trade.at, self._resolution)
        if trade.identity is not None and not self.ids.add(trade.identity):
            return Outcome.DOUBLE
        if self._floor is not None and start < self._floor:
            return Outcome.BEYOND
        self._take(start, trade)
        return Outcome.TAKEN

    def settle(self, market_at: datetime) -> list[Candle]:
        """The bars that ended by `market_at` and are new or corrected since the last call, oldest first."""
        until = bar_start(market_at, self._resolution)
        if self._next is None:
            self._next = self._floor = self._starts[0] if self._starts else None
        if self._next is None:
            return []
        starts = [*self._corrected(self._next), *self._span_of(self._next, until)]
        self._next = max(self._next, until)
        self._dirty = {start for start in self._dirty if start >= self._next}
        candles = list(self._candles(starts))
        self._prune()
        return candles

    def forming(self) -> Candle | None:
        """The newest bar, when it has not ended yet and something was traded in it."""
        if not self._starts or (self._next is not None and self._starts[-1] < self._next):
            return None
        return self._bars[self._starts[-1]].candle(self._starts[-1])

    def _take(self, start: datetime, trade: Trade) -> None:
        key = (trade.at, -1 if trade.identity is None else trade.identity)
        bar = self._bars.get(start)
        if bar is None:
            price = trade.price
            self._bars[start] = _Bar(key, key, price, price, price, price, trade.amount)
            insort(self._starts, start)
        else:
            bar.take(trade, key)
        self._dirty.add(start)

    def _corrected(self, until: datetime) -> list[datetime]:
        """Bars given before that changed, and the empty ones after each, which repeat its close."""
        starts: set[datetime] = set()
        for dirty in self._dirty:
            start = dirty
            while start < until and (start == dirty or start not in self._bars):
                starts.add(start)
                start += self._span
        return sorted(starts)

    def _span_of(self, since: datetime, until: datetime) -> Iterator[datetime]:
        while since < until:
            yield since
            since += self._span

    def _candles(self, starts: list[datetime]) -> Iterator[Candle]:
        previous: Candle | None = None
        for start in starts:
            bar = self._bars.get(start)
            if bar is not None:
                previous = bar.candle(start)
                yield previous
                continue
            adjacent = previous is not None and previous.at + self._span == start
            close = previous.close if previous is not None and adjacent else self._close_before(start)
            if close is not None:
                previous = Candle(start, close, close, close, close)
                yield previous

    def _close_before(self, start: datetime) -> float | None:
        index = bisect_left(self._starts, start)
        return float(self._bars[self._starts[index - 1]].close) if index else self._floor_close

    def _prune(self) -> None:
        """Forget what can't be corrected any more; only bars that were given."""
        if self._next is None or not self._starts:
            return
        floor = min(self._next, max(self._starts[-1], self._next - self._span) - self._keep)
        count = bisect_left(self._starts, floor)
        if count:
            self._floor_close = float(self._bars[self._starts[count - 1]].close)
            for start in self._starts[:count]:
                del self._bars[start]
            del self._starts[:count]
        self._floor = floor if self._floor is None else max(self._floor, floor)
