"""What each market stream says, and when.

Source: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams, November 2025.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.model import Level, TapeTrade
from fargate.paper_exchange.faces.binance import payloads
from fargate.paper_exchange.faces.binance.symbols import INTERVALS, Symbols, digits, name_of

_NAME = re.compile(
    r"(?P<symbol>[a-z0-9]+)@(?P<kind>trade|aggTrade|ticker|miniTicker|bookTicker|kline_(?P<interval>\w+)"
    r"|depth(?P<levels>5|10|20)?)(?:@(?P<rate>100ms|1000ms))?"
)
_EVERY = {"!ticker@arr": "ticker", "!miniTicker@arr": "miniTicker"}
_TRADES_MAX = 1_000
_MONTH_MS = 31 * DAY_MS


@dataclass(slots=True)
class Stream:
    """A stream somebody listens to, and how far it was told.

    Attributes:
        symbol: The engine's symbol; None for the streams of all symbols.
        every_ms: How often it speaks.
    """

    name: str
    kind: str
    symbol: str | None
    every_ms: int
    interval: str = ""
    levels: int = 0
    told_ms: int = 0
    version: int = 0
    bar_open_ms: int = 0
    book: dict[str, dict[Decimal, Decimal]] = field(default_factory=dict)


def parse_stream(name: str, symbols: Symbols, now_ms: int) -> Stream | None:
    """The stream of this name; None where there is none."""
    if name in _EVERY:
        return Stream(name, _EVERY[name], None, 1000, told_ms=now_ms)
    found = _NAME.fullmatch(name)
    if found is None or found["symbol"].upper() not in symbols.names:
        return None
    interval, kind = found["interval"] or "", found["kind"].partition("_")[0].rstrip("0123456789")
    if interval and interval not in INTERVALS:
        return None
    immediate = kind in {"trade", "aggTrade", "bookTicker"} or found["rate"] == "100ms"
    symbol = symbols.of(found["symbol"].upper())
    return Stream(name, kind, symbol, 100 if immediate else 1000, interval, int(found["levels"] or 0), now_ms)


class Teller:
    """Makes the events of streams from the engine."""

    def __init__(self, exchange: Exchange, symbols: Symbols) -> None:
        self._exchange, self._symbols = exchange, symbols

    def events(self, stream: Stream) -> Iterator[Any]:
        """What the stream has to say since it was last asked."""
        now_ms, since_ms = self._exchange.clock.now_ms(), stream.told_ms
        stream.told_ms = now_ms
        if stream.symbol is None:
            yield from self._all_symbols(stream.kind, now_ms)
        elif stream.kind in {"trade", "aggTrade"}:
            yield from self._trades(stream, stream.symbol, since_ms, now_ms)
        elif stream.kind == "kline":
            yield from self._klines(stream, stream.symbol, now_ms)
        elif stream.kind in {"ticker", "miniTicker"}:
            if event := self._ticker(stream.kind, stream.symbol, now_ms):
                yield event
        else:
            yield from self._book(stream, stream.symbol, now_ms)

    def begin(self, stream: Stream) -> None:
        """Take the book as it is now: what a client fetches after subscribing is never older than that."""
        if stream.kind == "depth" and stream.symbol is not None:
            list(self._book(stream, stream.symbol, stream.told_ms))

    def _all_symbols(self, kind: str, now_ms: int) -> Iterator[Any]:
        rows = (self._ticker(kind, symbol, now_ms) for symbol in self._symbols.listed)
        yield [row for row in rows if row]

    def _trades(self, stream: Stream, symbol: str, since_ms: int, now_ms: int) -> Iterator[Any]:
        source = self._exchange.markets.view(symbol).source
        last = source.last(now_ms)
        trades = source.trades(since_ms, now_ms) if last is not None and last.at_ms > since_ms else ()
        for trade in trades[-_TRADES_MAX:]:
            yield _trade(stream.kind, symbol, trade, now_ms)

    def _klines(self, stream: Stream, symbol: str, now_ms: int) -> Iterator[Any]:
        """The open bar; before it the one that closed since the last time, marked so."""
        resolution = INTERVALS[stream.interval]
        back_ms = resolution if isinstance(resolution, int) else _MONTH_MS
        bars = self._exchange.markets.view(symbol).bars(resolution, now_ms - 2 * back_ms, now_ms + 1, now_ms)
        for bar in bars[-2:]:
            is_last = bar is bars[-1]
            if not is_last and bar.open_at_ms != stream.bar_open_ms:
                continue
            array = payloads.kline(bar, resolution)
            ids = (bar.first_trade_id, bar.last_trade_id)
            yield _kline_event(symbol, stream.interval, array, ids=ids, closed=not is_last, now_ms=now_ms)
        stream.bar_open_ms = bars[-1].open_at_ms if bars else 0

    def _ticker(self, kind: str, symbol: str, now_ms: int) -> dict[str, Any] | None:
        row = payloads.ticker(self._exchange, symbol, now_ms)
        if row is None:
            return None
        return _mini_ticker(row, now_ms) if kind == "miniTicker" else _full_ticker(row, now_ms)

    def _book(self, stream: Stream, symbol: str, now_ms: int) -> Iterator[Any]:
        version = self._exchange.books.version(symbol)
        if version == stream.version:
            return
        first, stream.version = stream.version + 1, version
        if stream.kind == "bookTicker":
            row = payloads.book_ticker(self._exchange, symbol)
            yield {"u": version, "s": row["symbol"], "b": row["bidPrice"], "B": row["bidQty"], "a": row["askPrice"],
                   "A": row["askQty"]}  # fmt: skip
        elif stream.levels:
            book = self._exchange.books.depth(symbol, stream.levels)
            yield {"lastUpdateId": version, "bids": _rows(book.bids), "asks": _rows(book.asks)}
        else:
            yield from self._depth_update(stream, symbol, first, now_ms)

    def _depth_update(self, stream: Stream, symbol: str, first: int, now_ms: int) -> Iterator[Any]:
        """Changed levels with their new quantities, zero for those that are gone."""
        book = self._exchange.books.depth(symbol)
        sides = {"b": {level.price: level.quantity for level in book.bids}}
        sides["a"] = {level.price: level.quantity for level in book.asks}
        before, stream.book = stream.book, sides
        if not before:
            return
        changes = {side: _changes(before[side], sides[side]) for side in sides}
        event = {"e": "depthUpdate", "E": now_ms, "s": name_of(symbol), "U": first, "u": stream.version}
        yield {**event, **changes}


def _changes(before: dict[Decimal, Decimal], now: dict[Decimal, Decimal]) -> list[list[str]]:
    gone = [[digits(price), digits(Decimal(0))] for price in before if price not in now]
    return gone + [
        [digits(price), digits(quantity)] for price, quantity in now.items() if before.get(price) != quantity
    ]


def _rows(levels: list[Level]) -> list[list[str]]:
    return [[digits(price), digits(quantity)] for price, quantity in levels]


def _trade(kind: str, symbol: str, trade: TapeTrade, now_ms: int) -> dict[str, Any]:
    head: dict[str, Any] = {"e": kind, "E": now_ms, "s": name_of(symbol)}
    number = {"t": trade.trade_id}
    if kind == "aggTrade":
        number = {"a": trade.trade_id, "f": trade.trade_id, "l": trade.trade_id}
    amounts = {"p": digits(trade.price), "q": digits(trade.quantity)}
    return {**head, **number, **amounts, "T": trade.at_ms, "m": trade.buyer_is_maker, "M": True}


def _kline_event(
    symbol: str, interval: str, row: list[Any], *, ids: tuple[int, int], closed: bool, now_ms: int
) -> dict[str, Any]:
    name = name_of(symbol)
    prices = {"o": row[1], "c": row[4], "h": row[2], "l": row[3], "v": row[5], "n": row[8]}
    amounts = {"q": row[7], "V": row[9], "Q": row[10], "B": "0"}
    head = {"t": row[0], "T": row[6], "s": name, "i": interval, "f": ids[0], "L": ids[1]}
    return {"e": "kline", "E": now_ms, "s": name, "k": {**head, **prices, "x": closed, **amounts}}


_TICKER_FIELDS = {
    "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x": "prevClosePrice", "c": "lastPrice",
    "Q": "lastQty", "b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty", "o": "openPrice",
    "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume", "O": "openTime", "C": "closeTime",
    "F": "firstId", "L": "lastId", "n": "count",
}  # fmt: skip


def _full_ticker(row: dict[str, Any], now_ms: int) -> dict[str, Any]:
    fields = {short: row[long] for short, long in _TICKER_FIELDS.items()}
    return {"e": "24hrTicker", "E": now_ms, "s": row["symbol"], **fields}


def _mini_ticker(row: dict[str, Any], now_ms: int) -> dict[str, Any]:
    fields = {short: row[_TICKER_FIELDS[short]] for short in "cohlvq"}
    return {"e": "24hrMiniTicker", "E": now_ms, "s": row["symbol"], **fields}
