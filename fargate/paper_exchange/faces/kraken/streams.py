"""What the public channels of websockets v2 say: amounts are JSON numbers, symbols are `BTC/USD`.

Source: https://docs.kraken.com/api/docs/websocket-v2/ticker (…/trade, …/ohlc, …/book), 2026-11.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.market.depth import Depth
from fargate.paper_exchange.engine.market.port import MINUTE_MS
from fargate.paper_exchange.engine.model import Candle, Level, TapeTrade
from fargate.paper_exchange.faces.feeds import BarFeed, BookChange, BookFeed, QuoteFeed, TradeFeed, latest_bars
from fargate.paper_exchange.faces.kraken.names import Pair
from fargate.paper_exchange.faces.numbers import number
from fargate.paper_exchange.faces.quotes import Quote, quote_of
from fargate.paper_exchange.faces.topics import Feed, Topic

_SNAPSHOT_TRADES = 50
_CHECKED = 10
_BAR_EVERY_MS = 1_000


def instant(at_ms: int) -> str:
    """`2026-11-21T10:00:00.123000Z`."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def snapshot(exchange: Exchange, pair: Pair, channel: str, detail: int) -> dict[str, Any] | None:
    """What a subscription begins with."""
    view = exchange.markets.view(pair.symbol)
    data: list[Any] = []
    if channel == "ticker":
        quote = quote_of(exchange, pair.symbol)
        data = [_ticker(quote)] if quote else []
    elif channel == "trade":
        rows = view.latest_trades(exchange.clock.now_ms(), _SNAPSHOT_TRADES)
        data = [_trade(pair, row) for row in rows]
    elif channel == "ohlc":
        data = [_bar(pair, detail, bar) for bar in latest_bars(exchange, pair.symbol, detail * MINUTE_MS, 1)]
    elif channel == "book":
        book = exchange.books.depth(pair.symbol, detail)
        data = [_book(pair, book, (book.bids[:detail], book.asks[:detail]))]
    return {"channel": channel, "type": "snapshot", "data": data} if data else None


def topic(exchange: Exchange, pair: Pair, channel: str, detail: int) -> Topic:
    """What it goes on with."""
    if channel == "ohlc":
        return Topic(_bars(exchange, pair, detail), _BAR_EVERY_MS)
    if channel == "book":
        return Topic(_changes(exchange, pair, detail), 100)
    if channel == "trade":
        return Topic(_trades(exchange, pair), 100)
    return Topic(QuoteFeed(exchange, pair.symbol, lambda quote: _update("ticker", [_ticker(quote)])), 100)


def _trades(exchange: Exchange, pair: Pair) -> Feed:
    def shape(rows: Sequence[TapeTrade]) -> Iterable[Any]:
        yield _update("trade", [_trade(pair, row) for row in rows])

    return TradeFeed(exchange, pair.symbol, shape)


def _bars(exchange: Exchange, pair: Pair, minutes: int) -> Feed:
    def shape(bar: Candle) -> Any:
        return _update("ohlc", [_bar(pair, minutes, bar)])

    return BarFeed(exchange, pair.symbol, minutes * MINUTE_MS, shape)


def _changes(exchange: Exchange, pair: Pair, levels: int) -> Feed:
    def shape(change: BookChange) -> Any:
        row = _book(pair, change.book, (change.bids, change.asks))
        return _update("book", [row | {"timestamp": instant(exchange.clock.now_ms())}])

    return BookFeed(exchange, pair.symbol, levels, shape)


def _update(channel: str, data: list[Any]) -> dict[str, Any]:
    return {"channel": channel, "type": "update", "data": data}


def _ticker(quote: Quote) -> dict[str, Any]:
    amounts = {
        "bid": quote.bid.price,
        "bid_qty": quote.bid.quantity,
        "ask": quote.ask.price,
        "ask_qty": quote.ask.quantity,
        "last": quote.last.price,
        "volume": quote.bar.volume,
        "vwap": quote.vwap.quantize(Decimal("1e-8")),
        "low": quote.bar.low,
        "high": quote.bar.high,
        "change": quote.change,
        "change_pct": (quote.change_ratio * 100).quantize(Decimal("0.01")),
    }
    return {"symbol": quote.symbol, **{name: number(amount) for name, amount in amounts.items()}}


def _trade(pair: Pair, row: TapeTrade) -> dict[str, Any]:
    return {
        "symbol": pair.symbol,
        "side": "sell" if row.buyer_is_maker else "buy",
        "price": number(row.price),
        "qty": number(row.quantity),
        "ord_type": "limit",
        "trade_id": row.trade_id,
        "timestamp": instant(row.at_ms),
    }


def _bar(pair: Pair, minutes: int, bar: Candle) -> dict[str, Any]:
    average = bar.turnover / bar.volume if bar.volume else bar.close
    amounts = {"open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close, "volume": bar.volume}
    return {
        "symbol": pair.symbol,
        **{name: number(amount) for name, amount in amounts.items()},
        "vwap": number(average.quantize(Decimal("1e-8"))),
        "trades": bar.trades,
        "interval_begin": instant(bar.open_at_ms),
        "interval": minutes,
        "timestamp": instant(bar.open_at_ms + minutes * MINUTE_MS),
    }


def _book(pair: Pair, book: Depth, sides: tuple[list[Level], list[Level]]) -> dict[str, Any]:
    bids, asks = ([{"price": number(price), "qty": number(quantity)} for price, quantity in side] for side in sides)
    return {"symbol": pair.symbol, "bids": bids, "asks": asks, "checksum": checksum(pair, book)}


def checksum(pair: Pair, book: Depth) -> int:
    """CRC-32 of the ten best asks and bids, digits only.

    Source: https://docs.kraken.com/api/docs/guides/spot-ws-book-v2, 2026-11.
    """
    text = "".join(
        _digits(price, pair.price_decimals) + _digits(quantity, pair.volume_decimals)
        for side in (book.asks, book.bids)
        for price, quantity in side[:_CHECKED]
    )
    return zlib.crc32(text.encode())


def _digits(amount: Decimal, places: int) -> str:
    return f"{amount:.{places}f}".replace(".", "").lstrip("0")
