"""The market as a venue that lies tells it: prices off or stuck, quotes crossed, instants wrong. Orders meet truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fargate.paper_exchange.engine.books import Books
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.market.depth import LEVELS, Depth
from fargate.paper_exchange.engine.market.port import MarketSource
from fargate.paper_exchange.engine.market.view import MarketView
from fargate.paper_exchange.engine.markets import Markets
from fargate.paper_exchange.engine.model import Candle, Instrument, Level, TapeTrade


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    """What is told instead of the truth.

    Attributes:
        since_ms: Trades up to this instant are told as they were, in market time.
        ratio: Prices are told so many times as high.
        is_stuck: The price of the first trade since then is told for ever.
        is_crossed: The bid is told as the ask, and the ask as the bid.
        ahead_ms: Trades are told as made so much later.
    """

    since_ms: int
    ratio: Decimal = Decimal(1)
    is_stuck: bool = False
    is_crossed: bool = False
    ahead_ms: int = 0


Lying = Callable[[str], Lie | None]
"""What is told of a symbol instead of the truth; None while it is the truth."""


class LyingExchange(Exchange):
    """The same exchange as one venue tells it."""

    def __init__(self, exchange: Exchange, lying: Lying) -> None:
        self.__dict__.update(exchange.__dict__)
        self.markets = _LyingMarkets(exchange.markets, lying)
        self.books = _LyingBooks(exchange.books, exchange.markets, lying)


class _LyingMarkets(Markets):
    def __init__(self, markets: Markets, lying: Lying) -> None:
        self.__dict__.update(markets.__dict__)
        self._truth, self._lying = markets, lying

    def view(self, symbol: str) -> MarketView:
        view, lie = self._truth.view(symbol), self._lying(symbol)
        return view if lie is None else MarketView(view.instrument, _LyingSource(view.instrument, view.source, lie))

    def depth(self, symbol: str, levels: int = LEVELS) -> Depth:
        return self._truth.depth(symbol, levels)


class _LyingBooks(Books):
    def __init__(self, books: Books, markets: Markets, lying: Lying) -> None:
        self.__dict__.update(books.__dict__)
        self._truth, self._true_markets, self._lying = books, markets, lying

    def depth(self, symbol: str, levels: int = LEVELS) -> Depth:
        depth, lie = self._truth.depth(symbol, levels), self._lying(symbol)
        if lie is None:
            return depth
        view = self._true_markets.view(symbol)
        told = _LyingSource(view.instrument, view.source, lie)
        bids, asks = ([told.level(each) for each in side] for side in depth)
        return Depth(asks, bids) if lie.is_crossed else Depth(bids, asks)


class _LyingSource:
    """`MarketSource` whose trades are told otherwise; bars that ended are told as they were."""

    def __init__(self, instrument: Instrument, source: MarketSource, lie: Lie) -> None:
        self._instrument = instrument
        self._source = source
        self._lie = lie

    def trades(self, after_ms: int, until_ms: int, limit: int | None = None) -> Sequence[TapeTrade]:
        return [self._told(trade) for trade in self._source.trades(after_ms, until_ms, limit)]

    def trades_from_id(self, trade_id: int, until_ms: int, limit: int) -> Sequence[TapeTrade]:
        return [self._told(trade) for trade in self._source.trades_from_id(trade_id, until_ms, limit)]

    def last(self, at_ms: int) -> TapeTrade | None:
        trade = self._source.last(at_ms)
        return None if trade is None else self._told(trade)

    def candles(self, step_ms: int, from_ms: int, until_ms: int) -> Sequence[Candle]:
        return self._source.candles(step_ms, from_ms, until_ms)

    def level(self, level: Level) -> Level:
        """A level of the book as it is told."""
        return Level(self._price(level.price), level.quantity)

    def _told(self, trade: TapeTrade) -> TapeTrade:
        if trade.at_ms <= self._lie.since_ms:
            return trade
        return trade._replace(price=self._price(trade.price), at_ms=trade.at_ms + self._lie.ahead_ms)

    def _price(self, price: Decimal) -> Decimal:
        if self._lie.is_stuck:
            held = self._source.last(self._lie.since_ms)
            return price if held is None else held.price
        steps = (price * self._lie.ratio / self._instrument.tick).to_integral_value()
        return steps * self._instrument.tick
