"""Reference and market data over REST.

Source: https://huobiapi.github.io/docs/spot/v1/en/#market-data (…#reference-data), 2026-11.
"""

from __future__ import annotations

from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.market.bars import WEEK_MS, join
from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS
from fargate.paper_exchange.engine.model import Candle, Instrument, Level, TapeTrade
from fargate.paper_exchange.faces.htx.call import Call
from fargate.paper_exchange.faces.htx.errors import HtxError
from fargate.paper_exchange.faces.htx.names import PERIODS, chains_of, symbol_name
from fargate.paper_exchange.faces.numbers import decimals, number
from fargate.paper_exchange.faces.quotes import Quote, quote_of

BARS_DEFAULT, BARS_MAX = 150, 2000
TRADES_MAX = 2000
LEVELS = 150
_SINGAPORE_MS = 8 * HOUR_MS
_FIRST_MONDAY_MS = 4 * DAY_MS


def timestamp(call: Call) -> Any:
    """`GET /v1/common/timestamp`: wall time."""
    return {"status": "ok", "data": call.exchange.clock.wall_ms()}


def symbols(call: Call) -> Any:
    """`GET /v1/common/symbols`."""
    return {"status": "ok", "data": [_symbol(row) for row in call.symbols.all]}


def _symbol(row: Instrument) -> dict[str, Any]:
    least, most = number(row.lot), number(row.quantity_max)
    sizes = ("order", "limit-order", "sell-market")
    return {
        "base-currency": row.base.lower(),
        "quote-currency": row.quote.lower(),
        "price-precision": decimals(row.tick),
        "amount-precision": decimals(row.lot),
        "symbol-partition": "main",
        "symbol": symbol_name(row.symbol),
        "state": "online",
        "value-precision": 8,
        **{f"{'' if size == 'order' else size + '-'}min-order-amt": least for size in sizes},
        **{f"{'' if size == 'order' else size + '-'}max-order-amt": most for size in sizes},
        "min-order-value": number(row.notional_min),
        "leverage-ratio": 1,
        "api-trading": "enabled",
        "tags": "",
    }


def currencies(call: Call) -> Any:
    """`GET /v2/reference/currencies`."""
    return {"code": 200, "data": [_currency(asset) for asset in call.symbols.assets]}


def _currency(asset: str) -> dict[str, Any]:
    chains = [_chain(chain) for chain in chains_of(asset)]
    return {"currency": asset.lower(), "assetType": 1, "chains": chains, "instStatus": "normal"}


def _chain(chain: str) -> dict[str, Any]:
    title = chain.rpartition("-")[2].upper()
    return {
        "chain": chain,
        "displayName": title,
        "baseChain": title,
        "baseChainProtocol": title,
        "numOfConfirmations": 12,
        "depositStatus": "allowed",
        "minDepositAmt": "0.001",
        "withdrawStatus": "allowed",
        "minWithdrawAmt": "0.002",
        "withdrawPrecision": 8,
        "maxWithdrawAmt": "1000000.000000000000000000",
        "withdrawFeeType": "fixed",
        "transactFeeWithdraw": "0.001",
    }


def tickers(call: Call) -> Any:
    """`GET /market/tickers`."""
    quotes = (quote_of(call.exchange, row.symbol) for row in call.symbols.all)
    rows = [{"symbol": symbol_name(quote.symbol), **ticker(quote)} for quote in quotes if quote]
    return {"status": "ok", "ts": call.now_ms(), "data": rows}


def ticker(quote: Quote) -> dict[str, Any]:
    """The last 24 hours and the best of the book."""
    best = {
        "bid": quote.bid.price,
        "bidSize": quote.bid.quantity,
        "ask": quote.ask.price,
        "askSize": quote.ask.quantity,
    }
    return {**day(quote), **{name: number(amount) for name, amount in best.items()}}


def day(quote: Quote) -> dict[str, Any]:
    """The last 24 hours."""
    return {**bar_row(quote.bar), "id": quote.last.trade_id, "close": number(quote.last.price)}


def merged(call: Call) -> Any:
    """`GET /market/detail/merged`."""
    quote = quote_of(call.exchange, call.symbol().symbol)
    if quote is None:
        raise HtxError("invalid-parameter", "symbol trade not open now")
    sides = {"bid": [*map(number, quote.bid)], "ask": [*map(number, quote.ask)]}
    return _answer(call, "detail.merged", tick={**day(quote), **sides, "version": quote.last.trade_id})


def klines(call: Call) -> Any:
    """`GET /market/history/kline`: the latest, newest first."""
    period = _period(call)
    size = call.number("size", BARS_DEFAULT, most=BARS_MAX)
    bars = bars_of(call.exchange, call.symbol().symbol, period, (0, call.now_ms(), size))
    return _answer(call, f"kline.{period}", data=[bar_row(bar) for bar in reversed(bars)])


def candles(call: Call) -> Any:
    """`GET /market/history/candles`: from a time on, or the latest."""
    period = _period(call)
    size = call.number("size", BARS_DEFAULT, most=BARS_MAX)
    since_ms, until_ms = call.number("from", 0) * 1000, call.number("to", 0) * 1000 or call.now_ms()
    bars = bars_of(call.exchange, call.symbol().symbol, period, (since_ms, until_ms, size))
    return _answer(call, f"candles.{period}", data=[bar_row(bar) for bar in bars])


def _period(call: Call) -> str:
    period = call.text("period")
    if period not in PERIODS:
        raise HtxError("invalid-parameter", "invalid period")
    return period


def bars_of(exchange: Exchange, symbol: str, period: str, asked: tuple[int, int, int]) -> list[Candle]:
    """Bars from a time on, or the latest up to a time; oldest first.

    Args:
        exchange: The engine.
        symbol: Its symbol.
        period: HTX's name of a resolution.
        asked: From when (0 for the latest), until when, how many.
    """
    since_ms, until_ms, size = asked
    step_ms, now_ms = PERIODS[period], exchange.clock.now_ms()
    until_ms = min(until_ms, now_ms)
    first_ms = since_ms or max(until_ms - size * step_ms + 1, 0)
    last_ms = min(until_ms, first_ms + size * step_ms)
    view = exchange.markets.view(symbol)
    if step_ms < DAY_MS:
        bars = view.bars(step_ms, first_ms, last_ms + 1, now_ms)
    else:
        hours = view.bars(HOUR_MS, opening(first_ms - 1, step_ms) + step_ms, last_ms + step_ms, now_ms)
        bars = [bar for bar in _joined(hours, step_ms) if bar.open_at_ms <= last_ms]
    return bars[:size] if since_ms else bars[-size:]


def opening(at_ms: int, step_ms: int) -> int:
    """When the day or week began that an instant falls in, in Singapore."""
    shift = _SINGAPORE_MS - (_FIRST_MONDAY_MS if step_ms == WEEK_MS else 0)
    return (at_ms + shift) // step_ms * step_ms - shift


def _joined(hours: list[Candle], step_ms: int) -> list[Candle]:
    groups: dict[int, list[Candle]] = {}
    for hour in hours:
        groups.setdefault(opening(hour.open_at_ms, step_ms), []).append(hour)
    return [join(opened, inside) for opened, inside in groups.items()]


def bar_row(bar: Candle) -> dict[str, Any]:
    """A bar: amount in base, vol in quote."""
    amounts = {
        "open": bar.open,
        "close": bar.close,
        "low": bar.low,
        "high": bar.high,
        "amount": bar.volume,
        "vol": bar.turnover,
    }
    head = {"id": bar.open_at_ms // 1000, "count": bar.trades}
    return {**head, **{name: number(amount) for name, amount in amounts.items()}}


def depth(call: Call) -> Any:
    """`GET /market/depth`."""
    symbol, levels = call.symbol().symbol, call.number("depth", LEVELS, most=LEVELS)
    book = call.exchange.books.depth(symbol, levels)
    tick = {
        "bids": rows_of(book.bids[:levels]),
        "asks": rows_of(book.asks[:levels]),
        "version": call.exchange.books.version(symbol),
        "ts": call.now_ms(),
    }
    return _answer(call, "depth.step0", tick=tick)


def rows_of(levels: list[Level]) -> list[list[Any]]:
    """Price and quantity of each."""
    return [[number(price), number(quantity)] for price, quantity in levels]


def trades(call: Call) -> Any:
    """`GET /market/history/trade`: the latest, newest first."""
    size = call.number("size", 1, most=TRADES_MAX)
    rows = call.exchange.markets.view(call.symbol().symbol).latest_trades(call.now_ms(), size)
    data = [{"id": row.trade_id, "ts": row.at_ms, "data": [trade(row, "trade-id")]} for row in reversed(rows)]
    return _answer(call, "trade.detail", data=data)


def trade(row: TapeTrade, id_name: str) -> dict[str, Any]:
    """A trade; its direction is the taker's."""
    return {
        "id": row.trade_id,
        id_name: row.trade_id,
        "ts": row.at_ms,
        "amount": number(row.quantity),
        "price": number(row.price),
        "direction": "sell" if row.buyer_is_maker else "buy",
    }


def _answer(call: Call, channel: str, **content: Any) -> dict[str, Any]:
    return {"ch": f"market.{call.text('symbol')}.{channel}", "status": "ok", "ts": call.now_ms(), **content}
