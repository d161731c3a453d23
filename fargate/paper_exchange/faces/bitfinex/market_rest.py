"""Public market data over REST.

Source: https://docs.bitfinex.com/reference (rest-public-…), 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.market.universe import PROFILES
from fargate.paper_exchange.engine.model import Candle, TapeTrade
from fargate.paper_exchange.faces.bitfinex.call import Call
from fargate.paper_exchange.faces.bitfinex.errors import invalid
from fargate.paper_exchange.faces.bitfinex.names import TIMEFRAMES, Pairs, currency_name, pair_name, symbol_name
from fargate.paper_exchange.faces.numbers import number
from fargate.paper_exchange.faces.quotes import Quote, quote_of
from nightdesk.kernel.money import format_amount

BARS_DEFAULT, BARS_MAX = 100, 10_000
TRADES_DEFAULT, TRADES_MAX = 125, 10_000
BOOK_LEVELS = (1, 25, 100, 250)
_MONTH_MS = 31 * DAY_MS


def status(_call: Call) -> Any:
    """`GET /v2/platform/status`: operative."""
    return [1]


def configuration(call: Call) -> Any:
    """`GET /v2/conf/{}`: the lists that are named, in their order."""
    return [_LISTS[name](call.pairs) if name in _LISTS else [] for name in call.parts[0].split(",")]


def _pairs(pairs: Pairs) -> list[Any]:
    none = [None] * 5
    return [
        [
            pair_name(row.symbol),
            [None, None, None, format_amount(pairs.lots[row.symbol]), format_amount(row.quantity_max), *none, 0, 0],
        ]
        for row in pairs.all
    ]


def _currencies(pairs: Pairs) -> list[str]:
    return [currency_name(asset) for asset in pairs.assets]


def _labels(pairs: Pairs) -> list[list[str]]:
    return [[currency_name(asset), PROFILES[asset].name] for asset in pairs.assets if asset in PROFILES]


def _methods(pairs: Pairs) -> list[list[Any]]:
    named = ((asset, PROFILES[asset]) for asset in pairs.assets if asset in PROFILES)
    return [[profile.name.upper(), [currency_name(asset)]] for asset, profile in named if profile.networks]


_LISTS: Mapping[str, Callable[[Pairs], list[Any]]] = {
    "pub:info:pair": _pairs,
    "pub:list:pair:exchange": lambda pairs: [pair_name(row.symbol) for row in pairs.all],
    "pub:list:currency": _currencies,
    "pub:map:currency:label": _labels,
    "pub:map:tx:method": _methods,
}


def tickers(call: Call) -> Any:
    """`GET /v2/tickers?symbols=`: `ALL`, or those that are named; unknown ones are left out."""
    asked = str(call.params.get("symbols", ""))
    rows = call.pairs.all
    if asked != "ALL":
        rows = [row for name in asked.split(",") if (row := call.pairs.find(name))]
    quotes = (quote_of(call.exchange, row.symbol) for row in rows)
    return [[symbol_name(quote.symbol), *ticker_row(quote)] for quote in quotes if quote]


def ticker(call: Call) -> Any:
    """`GET /v2/ticker/{}`."""
    quote = quote_of(call.exchange, call.pair(call.parts[0]).symbol)
    return ticker_row(quote) if quote else []


def ticker_row(quote: Quote) -> list[Any]:
    """Bid, its size, ask, its size, change, its ratio, last, volume, high, low."""
    amounts = (quote.bid.price, quote.bid.quantity, quote.ask.price, quote.ask.quantity, quote.change)
    day = (quote.last.price, quote.bar.volume, quote.bar.high, quote.bar.low)
    return [*map(number, amounts), number(round(quote.change_ratio, 8)), *map(number, day)]


def candles(call: Call) -> Any:
    """`GET /v2/candles/{}/hist` and `…/last`: `trade:1m:tBTCUSD`; newest first unless sorted otherwise."""
    parts = call.parts[0].split(":", 2)
    resolution = TIMEFRAMES.get(parts[1]) if len(parts) == 3 and parts[0] == "trade" else None  # noqa: PLR2004
    if resolution is None:
        raise invalid("key")
    symbol, step_ms = call.pair(parts[2]).symbol, resolution if isinstance(resolution, int) else _MONTH_MS
    limit, (since_ms, until_ms) = min(call.number("limit", BARS_DEFAULT), BARS_MAX), call.window()
    now_ms, view = call.now_ms(), call.exchange.markets.view(symbol)
    until_ms = min(until_ms, now_ms)
    if call.newest_first():
        since_ms = max(since_ms, until_ms - limit * step_ms + 1)
        return [bar_row(bar) for bar in view.bars(resolution, since_ms, until_ms + 1, now_ms)[::-1][:limit]]
    bars = view.bars(resolution, since_ms, min(until_ms, since_ms + limit * step_ms) + 1, now_ms)
    return [bar_row(bar) for bar in bars[:limit]]


def last_candle(call: Call) -> Any:
    """`GET /v2/candles/{}/last`: not in a list."""
    return next(iter(candles(call)), [])


def bar_row(bar: Candle) -> list[Any]:
    """Opening, then open, close, high, low, volume."""
    return [bar.open_at_ms, *map(number, (bar.open, bar.close, bar.high, bar.low, bar.volume))]


def trades(call: Call) -> Any:
    """`GET /v2/trades/{}/hist`: newest first unless sorted otherwise."""
    view, now_ms = call.exchange.markets.view(call.pair(call.parts[0]).symbol), call.now_ms()
    limit, (since_ms, until_ms) = min(call.number("limit", TRADES_DEFAULT), TRADES_MAX), call.window()
    until_ms = min(until_ms, now_ms)
    if not call.newest_first():
        return [trade_row(row) for row in view.source.trades(since_ms - 1, until_ms, limit)]
    rows = view.latest_trades(until_ms, limit)
    return [trade_row(row) for row in reversed(rows) if row.at_ms >= since_ms]


def trade_row(row: TapeTrade) -> list[Any]:
    """Id, time, amount (negative where a seller took), price."""
    return [row.trade_id, row.at_ms, number(-row.quantity if row.buyer_is_maker else row.quantity), number(row.price)]


def book(call: Call) -> Any:
    """`GET /v2/book/{}/{}`: single orders with `R0`, levels with `P0`; bids first."""
    symbol, precision = call.pair(call.parts[0]).symbol, call.parts[1]
    levels = call.number("len", 25)
    if precision not in {"R0", "P0"} or levels not in BOOK_LEVELS:
        raise invalid("precision")
    depth = call.exchange.books.depth(symbol, levels)
    sides = ((depth.bids[:levels], 1), (depth.asks[:levels], -1))
    if precision == "P0":
        return [[number(price), 1, number(size * sign)] for rows, sign in sides for price, size in rows]
    first = call.exchange.books.version(symbol)
    orders = ((price, size * sign) for rows, sign in sides for price, size in rows)
    return [[first + place, number(price), number(amount)] for place, (price, amount) in enumerate(orders)]
