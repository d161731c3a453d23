"""Feeds of a market: each says what is new since it was last asked, in the shape that a venue gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.market.depth import Depth
from fargate.paper_exchange.engine.model import Candle, Level, TapeTrade
from fargate.paper_exchange.faces.quotes import Quote, quote_of
from nightdesk.kernel.money import ZERO

TRADES_MAX = 1000
_MONTH_MS = 31 * 86_400_000


class TradeFeed:
    """Trades since the last time, oldest first."""

    def __init__(self, exchange: Exchange, symbol: str, shape: Callable[[Sequence[TapeTrade]], Iterable[Any]]) -> None:
        self._exchange, self._symbol, self._shape = exchange, symbol, shape
        self._told_ms = exchange.clock.now_ms()

    def __call__(self) -> Iterable[Any]:
        """The new trades' events."""
        since_ms, self._told_ms = self._told_ms, self._exchange.clock.now_ms()
        source = self._exchange.markets.view(self._symbol).source
        last = source.last(self._told_ms)
        if last is None or last.at_ms <= since_ms:
            return ()
        rows = source.trades(since_ms, self._told_ms)
        return self._shape(rows[-TRADES_MAX:]) if rows else ()


class QuoteFeed:
    """The quote whenever the book or the last trade changed."""

    def __init__(self, exchange: Exchange, symbol: str, shape: Callable[[Quote], Any]) -> None:
        self._exchange, self._symbol, self._shape = exchange, symbol, shape
        self._version = exchange.books.version(symbol)

    def __call__(self) -> Iterator[Any]:
        """One event, or none."""
        version = self._exchange.books.version(self._symbol)
        if version != self._version and (quote := quote_of(self._exchange, self._symbol)):
            self._version = version
            yield self._shape(quote)


class BarFeed:
    """The open bar whenever it changed; before it the one that closed since the last time."""

    def __init__(self, exchange: Exchange, symbol: str, resolution: int | str, shape: Callable[[Candle], Any]) -> None:
        self._exchange, self._symbol, self._resolution, self._shape = exchange, symbol, resolution, shape
        self._told: Candle | None = None

    def __call__(self) -> Iterator[Any]:
        """One event, two where a bar closed, or none."""
        bars = latest_bars(self._exchange, self._symbol, self._resolution, 2)
        if not bars or bars[-1] == self._told:
            return
        closed = self._told is not None and bars[-1].open_at_ms != self._told.open_at_ms == bars[0].open_at_ms
        if closed:
            yield self._shape(bars[0])
        self._told = bars[-1]
        yield self._shape(bars[-1])


@dataclass(frozen=True, slots=True)
class BookChange:
    """Levels that changed, quantity zero where one is gone, and the book as it is now."""

    bids: list[Level]
    asks: list[Level]
    book: Depth
    version: int


class BookFeed:
    """Changes of the best levels."""

    def __init__(self, exchange: Exchange, symbol: str, levels: int, shape: Callable[[BookChange], Any]) -> None:
        self._exchange, self._symbol, self._levels, self._shape = exchange, symbol, levels, shape
        self._version = exchange.books.version(symbol)
        self.book = exchange.books.depth(symbol, levels)

    def __call__(self) -> Iterator[Any]:
        """One event, or none."""
        version = self._exchange.books.version(self._symbol)
        if version == self._version:
            return
        before, self.book, self._version = self.book, self._exchange.books.depth(self._symbol, self._levels), version
        bids, asks = _changes(before.bids, self.book.bids), _changes(before.asks, self.book.asks)
        if bids or asks:
            yield self._shape(BookChange(bids, asks, self.book, version))


def latest_bars(exchange: Exchange, symbol: str, resolution: int | str, count: int) -> list[Candle]:
    """The latest bars, oldest first, the open one last."""
    now_ms = exchange.clock.now_ms()
    step_ms = resolution if isinstance(resolution, int) else _MONTH_MS
    view = exchange.markets.view(symbol)
    return view.bars(resolution, max(now_ms - count * step_ms + 1, 0), now_ms + 1, now_ms)[-count:]


def _changes(before: Sequence[Level], now: Sequence[Level]) -> list[Level]:
    known, left = dict(before), {level.price for level in now}
    gone: list[Level] = [Level(price, ZERO) for price in known if price not in left]
    return gone + [level for level in now if known.get(level.price) != level.quantity]


def total(levels: Sequence[Level]) -> Decimal:
    """What stands at these levels together."""
    return sum((level.quantity for level in levels), ZERO)
