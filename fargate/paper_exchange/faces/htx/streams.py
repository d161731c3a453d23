"""What the market channels say, on `/ws` and, for books by steps, on `/feed`; all of it gzipped.

Source: https://huobiapi.github.io/docs/spot/v1/en/#websocket-market-data, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import TapeTrade
from fargate.paper_exchange.faces.feeds import BookChange, BookFeed, QuoteFeed, TradeFeed
from fargate.paper_exchange.faces.htx.market_rest import bar_row, bars_of, day, rows_of, ticker, trade
from fargate.paper_exchange.faces.htx.names import PERIODS, Symbols
from fargate.paper_exchange.faces.numbers import number
from fargate.paper_exchange.faces.quotes import Quote
from fargate.paper_exchange.faces.topics import Feed, Topic

_QUOTES: Final[dict[str, Callable[[Quote], dict[str, Any]]]] = {
    "detail": lambda quote: {**day(quote), "version": quote.last.trade_id},
    "ticker": lambda quote: {
        **ticker(quote),
        "lastPrice": number(quote.last.price),
        "lastSize": number(quote.last.quantity),
    },
    "bbo": lambda quote: {
        "symbol": quote.symbol.replace("/", "").lower(),
        "quoteTime": quote.last.at_ms,
        "bid": number(quote.bid.price),
        "bidSize": number(quote.bid.quantity),
        "ask": number(quote.ask.price),
        "askSize": number(quote.ask.quantity),
        "seqId": quote.last.trade_id,
    },
}
_DEPTHS: Final = ("5", "20", "150", "400")
_KLINES_EVERY_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Channel:
    """`market.<symbol>.<kind>[.<detail>]`, with the engine's symbol."""

    name: str
    symbol: str
    kind: str
    detail: str


def channel_of(name: Any, symbols: Symbols) -> Channel | None:
    """The channel of a name, or None for what is not offered."""
    market, _, rest = str(name).partition(".")
    symbol, _, topic_name = rest.partition(".")
    kind, _, detail = topic_name.partition(".")
    found = symbols.find(symbol)
    offered = (
        (kind in _QUOTES and not detail)
        or (kind, detail) == ("trade", "detail")
        or (kind == "kline" and detail in PERIODS)
        or (kind == "mbp" and detail in _DEPTHS)
    )
    return Channel(str(name), found.symbol, kind, detail) if market == "market" and found and offered else None


def topic(exchange: Exchange, channel: Channel) -> Topic:
    """The channel's feed; an event is what stands in `tick`."""
    return Topic(_feed(exchange, channel), _KLINES_EVERY_MS if channel.kind == "kline" else 100)


def _feed(exchange: Exchange, channel: Channel) -> Feed:
    if channel.kind in _QUOTES:
        return QuoteFeed(exchange, channel.symbol, _QUOTES[channel.kind])
    if channel.kind == "trade":
        return TradeFeed(exchange, channel.symbol, _trades)
    if channel.kind == "mbp":
        return StepFeed(exchange, channel.symbol, int(channel.detail))
    return KlineFeed(exchange, channel.symbol, channel.detail)


def _trades(rows: Sequence[TapeTrade]) -> Iterable[Any]:
    yield {"id": rows[-1].trade_id, "ts": rows[-1].at_ms, "data": [trade(row, "tradeId") for row in rows]}


class KlineFeed:
    """The open bar whenever it changed."""

    def __init__(self, exchange: Exchange, symbol: str, period: str) -> None:
        self._exchange, self._symbol, self._period = exchange, symbol, period
        self._told: Any = None

    def __call__(self) -> Iterator[Any]:
        """One event, or none."""
        bars = bars_of(self._exchange, self._symbol, self._period, (0, self._exchange.clock.now_ms(), 1))
        if bars and bars[-1] != self._told:
            self._told = bars[-1]
            yield bar_row(bars[-1])


class StepFeed:
    """Changes of a book, each naming the step before it, and the whole book at the last step."""

    def __init__(self, exchange: Exchange, symbol: str, levels: int) -> None:
        self._levels = levels
        self.sequence = exchange.books.version(symbol)
        self._changes = BookFeed(exchange, symbol, levels, self._shape)

    def __call__(self) -> Iterator[Any]:
        """One event, or none."""
        yield from self._changes()

    def snapshot(self) -> dict[str, Any]:
        """The book that the next change follows."""
        book = self._changes.book
        sides = {"bids": rows_of(book.bids[: self._levels]), "asks": rows_of(book.asks[: self._levels])}
        return {"seqNum": self.sequence, **sides}

    def _shape(self, change: BookChange) -> dict[str, Any]:
        before, self.sequence = self.sequence, change.version
        sides = {"bids": rows_of(change.bids), "asks": rows_of(change.asks)}
        return {"seqNum": change.version, "prevSeqNum": before, **sides}
