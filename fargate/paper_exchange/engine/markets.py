"""All instruments with their views, and what takers have already eaten of the made books."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from fargate.paper_exchange.engine.clock import MarketClock
from fargate.paper_exchange.engine.errors import OrderRejected, UnknownInstrument
from fargate.paper_exchange.engine.market.depth import LEVELS, Depth, depth_around
from fargate.paper_exchange.engine.market.universe import PIVOT
from fargate.paper_exchange.engine.market.view import MarketView
from fargate.paper_exchange.engine.model import Level, TapeTrade
from nightdesk.kernel.money import ZERO, divide, multiply


class Markets:
    """The markets of the exchange at the present market time."""

    def __init__(self, views: Mapping[str, MarketView], clock: MarketClock) -> None:
        self._views = dict(views)
        self._clock = clock
        self._eaten: dict[str, tuple[int, dict[Decimal, Decimal]]] = {}
        self.is_frozen: Callable[[], bool] = lambda: False

    @property
    def symbols(self) -> list[str]:
        """Every symbol listed."""
        return list(self._views)

    def view(self, symbol: str) -> MarketView:
        """The market of a symbol.

        Raises:
            UnknownInstrument: It is not listed.
        """
        try:
            return self._views[symbol]
        except KeyError:
            raise UnknownInstrument(f"There is no market {symbol[:40]!r}.") from None

    def last(self, symbol: str) -> TapeTrade:
        """The latest trade of a symbol.

        Raises:
            OrderRejected: Nothing has traded yet.
        """
        trade = self.view(symbol).last(self._clock.now_ms())
        if trade is None:
            raise OrderRejected(f"{symbol} has not traded yet.")
        return trade

    def depth(self, symbol: str, levels: int = LEVELS) -> Depth:
        """The made book, less what takers have eaten since the last trade; nothing while it is frozen."""
        last = self.last(symbol)
        if self.is_frozen():
            return Depth([], [])
        trade_id, eaten = self._eaten.get(symbol, (0, {}))
        if trade_id != last.trade_id or not eaten:
            return depth_around(self.view(symbol).instrument, last, levels)
        # What is eaten is the best there was: a few levels would be none.
        depth = depth_around(self.view(symbol).instrument, last, max(levels, LEVELS))
        return Depth(_less(depth.bids, eaten)[:levels], _less(depth.asks, eaten)[:levels])

    def depth_after(self, symbol: str, trade: TapeTrade) -> Depth:
        """The made book as this trade left it."""
        is_last = trade.trade_id == self.last(symbol).trade_id
        return self.depth(symbol) if is_last else depth_around(self.view(symbol).instrument, trade)

    def eat(self, symbol: str, price: Decimal, quantity: Decimal) -> None:
        """Take from the made book until the next trade makes a new one."""
        last = self.last(symbol)
        trade_id, eaten = self._eaten.get(symbol, (0, {}))
        if trade_id != last.trade_id:
            eaten = {}
        eaten[price] = eaten.get(price, ZERO) + quantity
        self._eaten[symbol] = (last.trade_id, eaten)

    def convert(self, amount: Decimal, asset: str, into: str) -> Decimal | None:
        """The amount's worth in another asset at last prices; None where no market leads there."""
        if asset == into:
            return amount
        if (direct := self._price(asset, into)) is not None:
            return multiply(amount, direct)
        if (inverse := self._price(into, asset)) is not None:
            return divide(amount, inverse)
        first, second = self._price(asset, PIVOT), self._price(into, PIVOT)
        return divide(multiply(amount, first), second) if first and second else None

    def _price(self, base: str, quote: str) -> Decimal | None:
        view = self._views.get(f"{base}/{quote}")
        last = view.last(self._clock.now_ms()) if view else None
        return last.price if last else None


def _less(levels: list[Level], eaten: Mapping[Decimal, Decimal]) -> list[Level]:
    left = (Level(level.price, level.quantity - eaten.get(level.price, ZERO)) for level in levels)
    return [level for level in left if level.quantity > 0]
