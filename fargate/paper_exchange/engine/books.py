"""The whole book of a symbol: the made one and the accounts' resting orders together."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from fargate.paper_exchange.engine.events import Event, EventBus, OrderChanged
from fargate.paper_exchange.engine.market.depth import LEVELS, Depth
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Level, Side
from fargate.paper_exchange.engine.trading import Trading
from nightdesk.kernel.money import ZERO

_CHANGES_A_TRADE = 1000


class Books:
    """What anybody may see of the book, with a version that only ever grows."""

    def __init__(self, markets: Markets, trading: Trading, bus: EventBus) -> None:
        self._markets, self._trading = markets, trading
        self._changes: dict[str, tuple[int, int]] = {}
        bus.listen(self._count)

    def depth(self, symbol: str, levels: int = LEVELS) -> Depth:
        """Bids from the highest, asks from the lowest."""
        made, resting = self._markets.depth(symbol, levels), self._trading.resting(symbol)
        if not resting:
            return made
        bids = _merge(made.bids, (Level(o.price, o.remaining) for o in resting if o.side is Side.BUY))
        asks = _merge(made.asks, (Level(o.price, o.remaining) for o in resting if o.side is Side.SELL))
        return Depth(bids[::-1][:levels], asks[:levels])

    def version(self, symbol: str) -> int:
        """Follows from the last trade and what accounts changed since."""
        trade_id = self._markets.last(symbol).trade_id
        counted, changes = self._changes.get(symbol, (trade_id, 0))
        return trade_id * _CHANGES_A_TRADE + (changes if counted == trade_id else 0)

    def _count(self, event: Event) -> None:
        if isinstance(event, OrderChanged):
            symbol = event.order.symbol
            trade_id = self._markets.last(symbol).trade_id
            counted, changes = self._changes.get(symbol, (trade_id, 0))
            changes = min(changes + 1, _CHANGES_A_TRADE - 1) if counted == trade_id else 1
            self._changes[symbol] = (trade_id, changes)


def _merge(made: Iterable[Level], resting: Iterable[Level]) -> list[Level]:
    """Levels from the lowest price, quantities of equal prices together."""
    total: dict[Decimal, Decimal] = {}
    for level in (*made, *resting):
        total[level.price] = total.get(level.price, ZERO) + level.quantity
    return [Level(price, total[price]) for price in sorted(total)]
