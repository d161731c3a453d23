"""Which trades of a stretch of the tape may concern resting orders, without reading all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fargate.paper_exchange.engine.market.port import HOUR_MS, MarketSource
from fargate.paper_exchange.engine.model import Candle, Order, Side, TapeTrade
from fargate.paper_exchange.engine.stops import waits_for_a_rise


def trades_that_matter(
    source: MarketSource, after_ms: int, until_ms: int, resting: Sequence[Order]
) -> Iterator[TapeTrade]:
    """Trades with `after_ms < at_ms <= until_ms`; whole hours that reach no order's price are left out."""
    hours = range(-(-(after_ms + 1) // HOUR_MS) * HOUR_MS, until_ms // HOUR_MS * HOUR_MS, HOUR_MS)
    if not hours:
        yield from source.trades(after_ms, until_ms)
        return
    yield from source.trades(after_ms, hours[0] - 1)
    for bar in source.candles(HOUR_MS, hours[0], hours[-1] + HOUR_MS):
        if any(_reaches(bar, order) for order in resting):
            yield from source.trades(bar.open_at_ms - 1, bar.open_at_ms + HOUR_MS - 1)
    yield from source.trades(hours[-1] + HOUR_MS - 1, until_ms)


def _reaches(bar: Candle, order: Order) -> bool:
    if order.is_waiting:
        rises = waits_for_a_rise(order.type, order.side)
        if bar.high >= order.stop_price if rises else bar.low <= order.stop_price:
            return True
    # A stop that starts within the stretch then rests at its price.
    return bar.low <= order.price if order.side is Side.BUY else bar.high >= order.price
