"""A market as it stands, in the engine's terms: what every venue's ticker is made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fargate.paper_exchange.engine.errors import OrderRejected
from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.market.view import DayStatistics
from fargate.paper_exchange.engine.model import Candle, Level, TapeTrade

NOTHING = Level(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Quote:
    """The last trade, the last 24 hours, the best of the book."""

    symbol: str
    last: TapeTrade
    day: DayStatistics
    bid: Level
    ask: Level

    @property
    def bar(self) -> Candle:
        """The last 24 hours as a bar."""
        return self.day.bar

    @property
    def change(self) -> Decimal:
        """The last price less that of 24 hours ago."""
        return self.last.price - self.day.before

    @property
    def change_ratio(self) -> Decimal:
        """The change by the price of 24 hours ago."""
        return self.change / self.day.before

    @property
    def vwap(self) -> Decimal:
        """The average price of the last 24 hours, by volume."""
        return self.bar.turnover / self.bar.volume if self.bar.volume else self.last.price


def quote_of(exchange: Exchange, symbol: str) -> Quote | None:
    """The market's quote; None before its first trade."""
    day = exchange.markets.view(symbol).day(exchange.clock.now_ms())
    if day is None:
        return None
    try:
        last, book = exchange.markets.last(symbol), exchange.books.depth(symbol, 1)
    except OrderRejected:
        return None
    return Quote(symbol, last, day, next(iter(book.bids), NOTHING), next(iter(book.asks), NOTHING))


def quotes_of(exchange: Exchange, symbols: list[str]) -> list[Quote]:
    """The quotes of those that have traded."""
    return [quote for symbol in symbols if (quote := quote_of(exchange, symbol))]
