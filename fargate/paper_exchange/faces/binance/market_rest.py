"""Public market data over REST.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints, November 2025.
"""

from __future__ import annotations

from typing import Any

import orjson

from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS
from fargate.paper_exchange.faces.binance import payloads
from fargate.paper_exchange.faces.binance.call import Call
from fargate.paper_exchange.faces.binance.errors import BinanceError, bad_combination, illegal
from fargate.paper_exchange.faces.binance.symbols import digits, interval, name_of

_MONTH_MS = 31 * DAY_MS


def ping(_call: Call) -> Any:
    """`GET /api/v3/ping`."""
    return {}


def server_time(call: Call) -> Any:
    """`GET /api/v3/time`: wall time, which signatures are checked against."""
    return {"serverTime": call.exchange.clock.wall_ms()}


def exchange_info(call: Call) -> Any:
    """`GET /api/v3/exchangeInfo`."""
    markets = call.exchange.markets
    listed = [payloads.symbol_info(markets.view(symbol).instrument) for symbol in _asked(call)]
    return {
        "timezone": "UTC",
        "serverTime": call.exchange.clock.wall_ms(),
        "rateLimits": payloads.rate_limits(call.limiter.limits),
        "exchangeFilters": [],
        "symbols": listed,
    }


def no_contracts(call: Call) -> Any:
    """`GET /fapi/v1/exchangeInfo` and its like: no derivatives are listed here."""
    return {"timezone": "UTC", "serverTime": call.exchange.clock.wall_ms(), "rateLimits": [], "symbols": []}


def depth(call: Call) -> Any:
    """`GET /api/v3/depth`."""
    symbol, limit = call.symbol(), call.limit(default=100, most=5000)
    book = call.exchange.books.depth(symbol, limit)
    return {
        "lastUpdateId": call.exchange.books.version(symbol),
        "bids": [[digits(price), digits(quantity)] for price, quantity in book.bids[:limit]],
        "asks": [[digits(price), digits(quantity)] for price, quantity in book.asks[:limit]],
    }


def trades(call: Call) -> Any:
    """`GET /api/v3/trades`: the latest."""
    view = call.exchange.markets.view(call.symbol())
    return [payloads.public_trade(row) for row in view.latest_trades(call.now_ms(), call.limit(default=500, most=1000))]


def historical_trades(call: Call) -> Any:
    """`GET /api/v3/historicalTrades`: from an id on, or the latest."""
    from_id = call.number("fromId")
    if from_id is None:
        return trades(call)
    source = call.exchange.markets.view(call.symbol()).source
    rows = source.trades_from_id(from_id, call.now_ms(), call.limit(default=500, most=1000))
    return [payloads.public_trade(row) for row in rows]


def aggregate_trades(call: Call) -> Any:
    """`GET /api/v3/aggTrades`: from an id, from a time, or the latest; every trade is an aggregate of itself."""
    view, limit = call.exchange.markets.view(call.symbol()), call.limit(default=500, most=1000)
    from_id, since_ms, until_ms = call.number("fromId"), call.number("startTime"), call.number("endTime")
    if from_id is not None and (since_ms is not None or until_ms is not None):
        raise bad_combination()
    now_ms = call.now_ms()
    if from_id is not None:
        rows = list(view.source.trades_from_id(from_id, now_ms, limit))
    elif since_ms is not None:
        last_ms = now_ms if until_ms is None else min(until_ms, now_ms)
        rows = list(view.source.trades(since_ms - 1, last_ms, limit))
    else:
        rows = view.latest_trades(now_ms if until_ms is None else min(until_ms, now_ms), limit)
    return [payloads.aggregate_trade(row) for row in rows]


def klines(call: Call) -> Any:
    """`GET /api/v3/klines`: from a beginning on, or the latest."""
    view, resolution = call.exchange.markets.view(call.symbol()), interval(call.text("interval"))
    limit, now_ms = call.limit(default=500, most=1000), call.now_ms()
    since_ms, until_ms = call.number("startTime"), call.number("endTime")
    stop_ms = (now_ms if until_ms is None else min(until_ms, now_ms)) + 1
    step_ms = resolution if isinstance(resolution, int) else _MONTH_MS
    if since_ms is None:
        bars = view.bars(resolution, max(stop_ms - step_ms * limit, 0), stop_ms, now_ms)[-limit:]
    else:
        bars = view.bars(resolution, since_ms, min(stop_ms, since_ms + step_ms * (limit + 1)), now_ms)[:limit]
    return [payloads.kline(bar, resolution) for bar in bars]


def average_price(call: Call) -> Any:
    """`GET /api/v3/avgPrice`: of the last five minutes, by volume."""
    view, now_ms = call.exchange.markets.view(call.symbol()), call.now_ms()
    rows = view.source.trades(now_ms - HOUR_MS // 12, now_ms)
    last = call.exchange.markets.last(view.instrument.symbol)
    volume = sum(row.quantity for row in rows)
    price = sum(row.price * row.quantity for row in rows) / volume if volume else last.price
    return {"mins": 5, "price": f"{price:.8f}", "closeTime": last.at_ms}


def ticker_24hr(call: Call) -> Any:
    """`GET /api/v3/ticker/24hr`: one, some or all symbols."""
    now_ms, exchange = call.now_ms(), call.exchange
    rows = [payloads.ticker(exchange, symbol, now_ms) for symbol in _asked(call)]
    return _one_or_all(call, [row for row in rows if row])


def ticker_price(call: Call) -> Any:
    """`GET /api/v3/ticker/price`: one, some or all symbols."""
    markets = call.exchange.markets
    rows = [{"symbol": name_of(symbol), "price": digits(markets.last(symbol).price)} for symbol in _asked(call)]
    return _one_or_all(call, rows)


def book_ticker(call: Call) -> Any:
    """`GET /api/v3/ticker/bookTicker`: one, some or all symbols."""
    return _one_or_all(call, [payloads.book_ticker(call.exchange, symbol) for symbol in _asked(call)])


def _asked(call: Call) -> list[str]:
    if "symbol" in call.params and "symbols" in call.params:
        raise bad_combination()
    if "symbol" in call.params:
        return [call.symbol()]
    if "symbols" not in call.params:
        return call.symbols.listed
    try:
        names = orjson.loads(call.params["symbols"])
    except orjson.JSONDecodeError:
        raise illegal("symbols") from None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise illegal("symbols")
    if len(set(names)) != len(names):
        raise BinanceError(-1151, "Symbol is present multiple times in the list.")
    return [call.symbols.of(name) for name in names]


def _one_or_all(call: Call, rows: list[Any]) -> Any:
    return rows[0] if "symbol" in call.params else rows
