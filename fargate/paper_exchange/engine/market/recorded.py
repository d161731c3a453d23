"""Recordings as sources: trades as they were, or candles turned into four trades each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal

from fargate.paper_exchange.engine.model import Candle, TapeTrade
from nightdesk.kernel.money import ZERO


class RecordedSource:
    """Recorded trades, oldest first; before the first and after the last the market is quiet."""

    def __init__(self, trades: Iterable[TapeTrade]) -> None:
        self._trades = sorted(trades, key=lambda trade: (trade.at_ms, trade.trade_id))
        self._times = [trade.at_ms for trade in self._trades]
        self._ids = [trade.trade_id for trade in self._trades]

    @property
    def first(self) -> TapeTrade:
        """The first recorded trade."""
        return self._trades[0]

    def trades(self, after_ms: int, until_ms: int, limit: int | None = None) -> Sequence[TapeTrade]:
        """Trades with `after_ms < at_ms <= until_ms`, oldest first."""
        start, stop = bisect_right(self._times, after_ms), bisect_right(self._times, until_ms)
        return self._trades[start : stop if limit is None else min(stop, start + limit)]

    def trades_from_id(self, trade_id: int, until_ms: int, limit: int) -> Sequence[TapeTrade]:
        """Up to `limit` trades from this id on."""
        start, stop = bisect_left(self._ids, trade_id), bisect_right(self._times, until_ms)
        return self._trades[start : min(stop, start + limit)]

    def last(self, at_ms: int) -> TapeTrade | None:
        """The latest trade not later than this."""
        position = bisect_right(self._times, at_ms)
        return self._trades[position - 1] if position else None

    def candles(self, step_ms: int, from_ms: int, until_ms: int) -> Sequence[Candle]:
        """Bars of the recorded trades; a bar without trades stands still at the close before it."""
        start_ms = max(from_ms, self.first.at_ms // step_ms * step_ms)
        opens = range(-(-start_ms // step_ms) * step_ms, until_ms, step_ms)
        return [self._candle(open_at_ms, step_ms) for open_at_ms in opens]

    def _candle(self, open_at_ms: int, step_ms: int) -> Candle:
        inside = self.trades(open_at_ms - 1, open_at_ms + step_ms - 1)
        if inside:
            return candle_of(open_at_ms, inside)
        before = self.last(open_at_ms) or self.first
        return flat_candle(open_at_ms, before)


def candle_of(open_at_ms: int, trades: Sequence[TapeTrade]) -> Candle:
    """The bar of these trades, oldest first, at least one."""
    prices = [trade.price for trade in trades]
    bought = [trade for trade in trades if not trade.buyer_is_maker]
    return Candle(
        open_at_ms,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum((trade.quantity for trade in trades), ZERO),
        _turnover(trades),
        len(trades),
        sum((trade.quantity for trade in bought), ZERO),
        _turnover(bought),
        trades[0].trade_id,
        trades[-1].trade_id,
    )


def flat_candle(open_at_ms: int, last: TapeTrade) -> Candle:
    """A bar in which nothing traded."""
    price = last.price
    return Candle(open_at_ms, price, price, price, price, ZERO, ZERO, 0, ZERO, ZERO, last.trade_id + 1, last.trade_id)


def _turnover(trades: Iterable[TapeTrade]) -> Decimal:
    return sum((trade.price * trade.quantity for trade in trades), ZERO)
