"""Public market data over REST.

Source: https://docs.kraken.com/api/docs/category/rest-api/market-data, 2026-11.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.market.port import DAY_MS, MINUTE_MS
from fargate.paper_exchange.engine.model import Candle, TapeTrade
from fargate.paper_exchange.engine.settlement import FEE_RATIO
from fargate.paper_exchange.faces.feeds import latest_bars
from fargate.paper_exchange.faces.kraken.call import Call
from fargate.paper_exchange.faces.kraken.errors import UNKNOWN_PAIR, KrakenError, invalid
from fargate.paper_exchange.faces.kraken.names import INTERVALS, Pair, alternative_name, asset_name
from fargate.paper_exchange.faces.numbers import number
from fargate.paper_exchange.faces.quotes import Quote, quote_of
from nightdesk.kernel.instants import from_ms
from nightdesk.kernel.money import format_amount

BARS = 720
TRADES_MAX = 1000
_FIAT = frozenset({"USD", "EUR"})
_SECONDS_DIGITS = 12
"""A beginning with fewer digits is in seconds, with more in nanoseconds."""


def server_time(call: Call) -> Any:
    """`GET /0/public/Time`: wall time."""
    wall_ms = call.exchange.clock.wall_ms()
    return {"unixtime": wall_ms // 1000, "rfc1123": f"{from_ms(wall_ms):%a, %d %b %y %H:%M:%S +0000}"}


def system_status(call: Call) -> Any:
    """`GET /0/public/SystemStatus`."""
    return {"status": "online", "timestamp": f"{from_ms(call.exchange.clock.wall_ms()):%Y-%m-%dT%H:%M:%SZ}"}


def assets(call: Call) -> Any:
    """`GET /0/public/Assets`."""
    return {asset_name(asset): _asset(asset) for asset in call.pairs.assets}


def _asset(asset: str) -> dict[str, Any]:
    shown = 4 if asset in _FIAT else 8
    return {
        "aclass": "currency",
        "altname": alternative_name(asset),
        "decimals": 4 if asset in _FIAT else 10,
        "display_decimals": shown // 2 if asset in _FIAT else 5,
        "status": "enabled",
    }


def asset_pairs(call: Call) -> Any:
    """`GET /0/public/AssetPairs`: all, or those that are named."""
    return {pair.name: _pair(pair) for pair in _asked(call)}


def _pair(pair: Pair) -> dict[str, Any]:
    instrument, percent = pair.instrument, float(FEE_RATIO * 100)
    return {
        "altname": pair.alternative,
        "wsname": pair.socket_v1,
        "aclass_base": "currency",
        "base": asset_name(instrument.base),
        "aclass_quote": "currency",
        "quote": asset_name(instrument.quote),
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": pair.price_decimals,
        "lot_decimals": pair.volume_decimals,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, percent]],
        "fees_maker": [[0, percent]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": format_amount(instrument.lot),
        "costmin": format_amount(instrument.notional_min),
        "tick_size": format_amount(instrument.tick),
        "status": "online",
    }


def ticker(call: Call) -> Any:
    """`GET /0/public/Ticker`: all pairs, or those that are named."""
    found = ((pair, quote_of(call.exchange, pair.symbol)) for pair in _asked(call))
    return {pair.name: _ticker(call, pair, quote) for pair, quote in found if quote}


def _ticker(call: Call, pair: Pair, quote: Quote) -> dict[str, Any]:
    today = latest_bars(call.exchange, pair.symbol, DAY_MS, 1)[0]
    day, last = quote.bar, quote.last
    return {
        "a": [_price(pair, quote.ask.price), str(int(quote.ask.quantity)), f"{quote.ask.quantity:.3f}"],
        "b": [_price(pair, quote.bid.price), str(int(quote.bid.quantity)), f"{quote.bid.quantity:.3f}"],
        "c": [_price(pair, last.price), f"{last.quantity:.8f}"],
        "v": [f"{today.volume:.8f}", f"{day.volume:.8f}"],
        "p": [_price(pair, _average(today)), _price(pair, quote.vwap)],
        "t": [today.trades, day.trades],
        "l": [_price(pair, today.low), _price(pair, day.low)],
        "h": [_price(pair, today.high), _price(pair, day.high)],
        "o": _price(pair, today.open),
    }


def bars(call: Call) -> Any:
    """`GET /0/public/OHLC`: never more than the last 720, the open one at the end."""
    pair, minutes = call.pair(), call.number("interval", 1)
    if minutes not in INTERVALS:
        raise invalid("interval")
    since_ms = call.number("since", 0) * 1000
    found = latest_bars(call.exchange, pair.symbol, minutes * MINUTE_MS, BARS)
    rows = [_bar(pair, bar) for bar in found if bar.open_at_ms > since_ms]
    committed = found[-2].open_at_ms if len(found) > 1 else 0
    return {pair.name: rows, "last": committed // 1000}


def _bar(pair: Pair, bar: Candle) -> list[Any]:
    prices = (_price(pair, price) for price in (bar.open, bar.high, bar.low, bar.close, _average(bar)))
    return [bar.open_at_ms // 1000, *prices, f"{bar.volume:.8f}", bar.trades]


def depth(call: Call) -> Any:
    """`GET /0/public/Depth`."""
    pair, count = call.pair(), min(call.number("count", 100), 500)
    book = call.exchange.books.depth(pair.symbol, count)
    at = call.now_ms() // 1000
    sides = {"asks": book.asks, "bids": book.bids}
    return {
        pair.name: {
            side: [[_price(pair, level.price), f"{level.quantity:.3f}", at] for level in levels[:count]]
            for side, levels in sides.items()
        }
    }


def trades(call: Call) -> Any:
    """`GET /0/public/Trades`: after a time, or the latest; oldest first."""
    pair, count = call.pair(), min(call.number("count", TRADES_MAX), TRADES_MAX)
    view, now_ms, since = call.exchange.markets.view(pair.symbol), call.now_ms(), call.params.get("since")
    if since is None:
        rows = view.latest_trades(now_ms, count)
    else:
        rows = list(view.source.trades(_since_ms(since), now_ms, count))
    last_ms = rows[-1].at_ms if rows else now_ms
    return {pair.name: [_trade(pair, row) for row in rows], "last": f"{last_ms}000000"}


def _since_ms(since: str) -> int:
    whole = since.partition(".")[0]
    if not whole.isdecimal():
        raise invalid("since")
    return int(whole) * 1000 if len(whole) < _SECONDS_DIGITS else int(whole) // 1_000_000


def _trade(pair: Pair, row: TapeTrade) -> list[Any]:
    side = "s" if row.buyer_is_maker else "b"
    at = number(Decimal(row.at_ms) / 1000)
    return [_price(pair, row.price), f"{row.quantity:.8f}", at, side, "l", "", row.trade_id]


def _asked(call: Call) -> list[Pair]:
    names = call.params.get("pair")
    if not names:
        return call.pairs.all
    found = [call.pairs.find(name) for name in names.split(",")]
    if None in found:
        raise KrakenError(UNKNOWN_PAIR)
    return [pair for pair in found if pair is not None]


def _average(bar: Candle) -> Decimal:
    return bar.turnover / bar.volume if bar.volume else bar.close


def _price(pair: Pair, price: Decimal) -> str:
    return f"{price:.{pair.price_decimals}f}"
