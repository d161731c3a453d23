"""What the public channels say.

Source: https://docs.bitfinex.com/reference/ws-public-ticker (…-trades, …-candles, …-books), 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Level, TapeTrade
from fargate.paper_exchange.faces.bitfinex.market_rest import bar_row, ticker_row, trade_row
from fargate.paper_exchange.faces.bitfinex.names import TIMEFRAMES, Pairs, pair_name
from fargate.paper_exchange.faces.feeds import BarFeed, BookChange, BookFeed, QuoteFeed, TradeFeed, latest_bars
from fargate.paper_exchange.faces.numbers import number
from fargate.paper_exchange.faces.quotes import quote_of
from fargate.paper_exchange.faces.topics import Feed, Topic

_LENGTHS: Final = ("1", "25", "100", "250")
_SNAPSHOT_TRADES, _SNAPSHOT_BARS = 30, 240
_EVERY_MS: Final = {"candles": 1_000}


@dataclass(frozen=True, slots=True)
class Channel:
    """What is subscribed to; `detail` is the candles' timeframe or the book's length."""

    name: str
    symbol: str
    detail: str = ""

    def shown(self) -> dict[str, Any]:
        """What the confirmation tells besides what was asked."""
        if self.name == "candles":
            return {}
        book = {"prec": "P0", "freq": "F0", "len": self.detail} if self.name == "book" else {}
        return {"pair": pair_name(self.symbol), **book}


def channel_of(message: Mapping[str, Any], pairs: Pairs) -> Channel | None:
    """The channel of a subscription, or None for what is not offered."""
    name = message.get("channel")
    if name == "candles":
        parts = str(message.get("key", "")).split(":", 2)
        found = pairs.find(parts[2]) if len(parts) == 3 and parts[0] == "trade" else None  # noqa: PLR2004
        return Channel("candles", found.symbol, parts[1]) if found and parts[1] in TIMEFRAMES else None
    found = pairs.find(str(message.get("symbol", "")))
    if found is None or name not in {"ticker", "trades", "book"}:
        return None
    if name != "book":
        return Channel(str(name), found.symbol)
    length = str(message.get("len", "25"))
    offered = length in _LENGTHS and message.get("prec", "P0") == "P0"
    return Channel("book", found.symbol, length) if offered else None


def snapshot(exchange: Exchange, channel: Channel) -> list[Any]:
    """What a channel begins with; trades and bars newest first."""
    if channel.name == "ticker":
        quote = quote_of(exchange, channel.symbol)
        return ticker_row(quote) if quote else []
    if channel.name == "trades":
        rows = exchange.markets.view(channel.symbol).latest_trades(exchange.clock.now_ms(), _SNAPSHOT_TRADES)
        return [trade_row(row) for row in reversed(rows)]
    if channel.name == "candles":
        bars = latest_bars(exchange, channel.symbol, TIMEFRAMES[channel.detail], _SNAPSHOT_BARS)
        return [bar_row(bar) for bar in reversed(bars)]
    book = exchange.books.depth(channel.symbol, int(channel.detail))
    return [*map(_bid, book.bids[: int(channel.detail)]), *map(_ask, book.asks[: int(channel.detail)])]


def topic(exchange: Exchange, channel: Channel) -> Topic:
    """What it goes on with; every event is what follows the channel's number."""
    return Topic(_feed(exchange, channel), _EVERY_MS.get(channel.name, 100))


def _feed(exchange: Exchange, channel: Channel) -> Feed:
    if channel.name == "ticker":
        return QuoteFeed(exchange, channel.symbol, lambda quote: (ticker_row(quote),))
    if channel.name == "trades":
        return TradeFeed(exchange, channel.symbol, _trades)
    if channel.name == "candles":
        return BarFeed(exchange, channel.symbol, TIMEFRAMES[channel.detail], lambda bar: (bar_row(bar),))
    return partial(_levels, BookFeed(exchange, channel.symbol, int(channel.detail), _changes))


def _trades(rows: Sequence[TapeTrade]) -> Iterable[Any]:
    """Every trade twice, as Bitfinex tells it: executed, then updated."""
    for row in rows:
        yield ("te", trade_row(row))
        yield ("tu", trade_row(row))


def _levels(feed: BookFeed) -> Iterable[Any]:
    for rows in feed():
        for row in rows:
            yield (row,)


def _changes(change: BookChange) -> list[list[Any]]:
    return [*map(_bid, change.bids), *map(_ask, change.asks)]


def _bid(level: Level) -> list[Any]:
    return [number(level.price), 1, number(level.quantity)] if level.quantity else [number(level.price), 0, 1]


def _ask(level: Level) -> list[Any]:
    return [number(level.price), 1, number(-level.quantity)] if level.quantity else [number(level.price), 0, -1]
