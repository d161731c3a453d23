"""What the market channels of the websocket say.

Source: https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels, 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.model import Candle, Level, TapeTrade
from fargate.paper_exchange.faces.coinbase.market_rest import candle, percent, trade
from fargate.paper_exchange.faces.coinbase.names import instant, product_name
from fargate.paper_exchange.faces.feeds import BarFeed, BookChange, BookFeed, QuoteFeed, TradeFeed, latest_bars
from fargate.paper_exchange.faces.quotes import Quote, quote_of
from fargate.paper_exchange.faces.topics import Feed, Topic
from nightdesk.kernel.money import format_amount

CHANNELS: Final = frozenset({"ticker", "ticker_batch", "market_trades", "level2", "candles", "heartbeats"})
LEVELS: Final = 200
_CANDLE_MS: Final = 300_000
_SNAPSHOT_TRADES, _SNAPSHOT_CANDLES = 100, 100
_EVERY_MS: Final = {"ticker_batch": 5_000, "candles": 1_000, "market_trades": 200}


def snapshot(exchange: Exchange, channel: str, symbol: str) -> dict[str, Any] | None:
    """The event that a subscription begins with."""
    view = exchange.markets.view(symbol)
    if channel in {"ticker", "ticker_batch"}:
        quote = quote_of(exchange, symbol)
        return {"type": "snapshot", "tickers": [_ticker(quote)]} if quote else None
    if channel == "market_trades":
        rows = view.latest_trades(exchange.clock.now_ms(), _SNAPSHOT_TRADES)
        return {"type": "snapshot", "trades": [trade(symbol, row) for row in reversed(rows)]}
    if channel == "candles":
        rows_of_bars = latest_bars(exchange, symbol, _CANDLE_MS, _SNAPSHOT_CANDLES)
        return {"type": "snapshot", "candles": [_candle(symbol, bar) for bar in reversed(rows_of_bars)]}
    book = exchange.books.depth(symbol, LEVELS)
    return _updates("snapshot", symbol, (book.bids, book.asks), exchange.clock.now_ms())


def topic(exchange: Exchange, channel: str, symbol: str) -> Topic:
    """What it goes on with."""
    return Topic(_feed(exchange, channel, symbol), _EVERY_MS.get(channel, 100))


def _feed(exchange: Exchange, channel: str, symbol: str) -> Feed:
    if channel == "market_trades":
        return TradeFeed(exchange, symbol, lambda rows: _trades(symbol, rows))
    if channel == "candles":
        return BarFeed(exchange, symbol, _CANDLE_MS, lambda bar: {"type": "update", "candles": [_candle(symbol, bar)]})
    if channel == "level2":
        return BookFeed(exchange, symbol, LEVELS, lambda change: _book(symbol, change, exchange.clock.now_ms()))
    return QuoteFeed(exchange, symbol, lambda quote: {"type": "update", "tickers": [_ticker(quote)]})


def _trades(symbol: str, rows: Sequence[TapeTrade]) -> Iterable[Any]:
    yield {"type": "update", "trades": [trade(symbol, row) for row in reversed(rows)]}


def _candle(symbol: str, bar: Candle) -> dict[str, str]:
    return {**candle(bar), "product_id": product_name(symbol)}


def _book(symbol: str, change: BookChange, now_ms: int) -> dict[str, Any]:
    return _updates("update", symbol, (change.bids, change.asks), now_ms)


def _updates(kind: str, symbol: str, sides: tuple[list[Level], list[Level]], now_ms: int) -> dict[str, Any]:
    at = instant(now_ms)
    rows = [
        {"side": side, "event_time": at, "price_level": format_amount(price), "new_quantity": format_amount(quantity)}
        for side, levels in zip(("bid", "offer"), sides, strict=True)
        for price, quantity in levels
    ]
    return {"type": kind, "product_id": product_name(symbol), "updates": rows}


def _ticker(quote: Quote) -> dict[str, str]:
    amounts = {
        "price": quote.last.price,
        "volume_24_h": quote.bar.volume,
        "low_24_h": quote.bar.low,
        "high_24_h": quote.bar.high,
        "best_bid": quote.bid.price,
        "best_bid_quantity": quote.bid.quantity,
        "best_ask": quote.ask.price,
        "best_ask_quantity": quote.ask.quantity,
    }
    return {
        "type": "ticker",
        "product_id": product_name(quote.symbol),
        **{name: format_amount(amount) for name, amount in amounts.items()},
        "price_percent_chg_24_h": percent(quote.change_ratio),
    }
