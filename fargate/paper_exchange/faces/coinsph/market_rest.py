"""Public market data over REST; trades are told as the newest only.

Source: https://docs.coins.ph/rest-api/#market-data-endpoints, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.market.port import DAY_MS, HOUR_MS, MINUTE_MS
from fargate.paper_exchange.engine.model import Candle, Instrument, TapeTrade
from fargate.paper_exchange.faces.listing import listed
from fargate.paper_exchange.faces.quotes import Quote, quote_of
from nightdesk.kernel.money import format_amount

VENUE: Final = "coinsph"
QUOTES: Final = frozenset({"USDT", "USDC", "BTC"})
ROWS_MAX: Final = 1000
INTERVALS: Final = {"1m": MINUTE_MS, "5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS, "1h": HOUR_MS, "1d": DAY_MS}


class Refused(Exception):
    """A request that can't be met, with Coins.ph's code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.payload = {"code": code, "msg": message}


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked."""

    exchange: Exchange
    params: Mapping[str, str]

    def instruments(self) -> list[Instrument]:
        """Every market that is listed."""
        markets = self.exchange.markets
        return [markets.view(symbol).instrument for symbol in listed(markets.symbols, quotes=QUOTES)]

    def instrument(self) -> Instrument:
        """The one that is named.

        Raises:
            Refused: There is none.
        """
        named = self.params.get("symbol", "")
        for row in self.instruments():
            if _name(row) == named:
                return row
        raise Refused(-1121, "Invalid symbol.")

    def number(self, name: str) -> int | None:
        """A whole number, where there is one.

        Raises:
            Refused: It is of another form.
        """
        text = self.params.get(name)
        if text is not None and not text.isdecimal():
            raise Refused(-1130, f"Data sent for parameter '{name}' is not valid.")
        return None if text is None else int(text)

    def limit(self) -> int:
        """How many rows are asked for: 500 unless told."""
        return min(self.number("limit") or 500, ROWS_MAX)


def server_time(call: Call) -> Any:
    """`GET /openapi/v1/time`: wall time."""
    return {"serverTime": call.exchange.clock.wall_ms()}


def exchange_info(call: Call) -> Any:
    """`GET /openapi/v1/exchangeInfo`."""
    return {"timezone": "UTC", "exchangeFilters": [], "symbols": [_symbol(row) for row in call.instruments()]}


def tickers(call: Call) -> Any:
    """`GET /openapi/quote/v1/ticker/24hr`: all symbols, or the one that is named."""
    named = "symbol" in call.params
    rows = [call.instrument()] if named else call.instruments()
    now_ms = call.exchange.clock.now_ms()
    told = [_ticker(row, quote, now_ms) for row in rows if (quote := quote_of(call.exchange, row.symbol))]
    return told[0] if named else told


def trades(call: Call) -> Any:
    """`GET /openapi/quote/v1/trades`: the newest, oldest first."""
    view = call.exchange.markets.view(call.instrument().symbol)
    return [_trade(row) for row in view.latest_trades(call.exchange.clock.now_ms(), call.limit())]


def klines(call: Call) -> Any:
    """`GET /openapi/quote/v1/klines`: from a beginning on, or the newest."""
    step_ms = INTERVALS.get(call.params.get("interval", ""))
    if step_ms is None:
        raise Refused(-1120, "Invalid interval.")
    view, limit, now_ms = (
        call.exchange.markets.view(call.instrument().symbol),
        call.limit(),
        call.exchange.clock.now_ms(),
    )
    since_ms, until_ms = call.number("startTime"), min(call.number("endTime") or now_ms, now_ms)
    if since_ms is None:
        bars = view.bars(step_ms, max(until_ms - limit * step_ms, 0), until_ms + 1, now_ms)[-limit:]
    else:
        bars = view.bars(step_ms, since_ms, until_ms + 1, now_ms)[:limit]
    return [_kline(bar, step_ms) for bar in bars]


ROUTES: Final[Mapping[str, Callable[[Call], Any]]] = {
    "/openapi/v1/time": server_time,
    "/openapi/v1/exchangeInfo": exchange_info,
    "/openapi/quote/v1/ticker/24hr": tickers,
    "/openapi/quote/v1/trades": trades,
    "/openapi/quote/v1/klines": klines,
}


def _name(row: Instrument) -> str:
    return row.symbol.replace("/", "")


def _symbol(row: Instrument) -> dict[str, Any]:
    tick, lot, most = map(format_amount, (row.tick, row.lot, row.quantity_max))
    return {
        "symbol": _name(row),
        "status": "TRADING",
        "baseAsset": row.base,
        "baseAssetPrecision": "8",
        "quoteAsset": row.quote,
        "quoteAssetPrecision": "8",
        "orderTypes": ["LIMIT", "MARKET"],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "99999999", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": most, "stepSize": lot},
            {"filterType": "NOTIONAL", "minNotional": format_amount(row.notional_min)},
        ],
    }


def _ticker(row: Instrument, quote: Quote, now_ms: int) -> dict[str, Any]:
    amounts = {
        "priceChange": quote.change,
        "prevClosePrice": quote.day.before,
        "lastPrice": quote.last.price,
        "lastQty": quote.last.quantity,
        "bidPrice": quote.bid.price,
        "bidQty": quote.bid.quantity,
        "askPrice": quote.ask.price,
        "askQty": quote.ask.quantity,
        "openPrice": quote.bar.open,
        "highPrice": quote.bar.high,
        "lowPrice": quote.bar.low,
        "volume": quote.bar.volume,
        "quoteVolume": quote.bar.turnover,
    }
    return {
        "symbol": _name(row),
        **{name: format_amount(amount) for name, amount in amounts.items()},
        "priceChangePercent": f"{quote.change_ratio:.6f}",
        "weightedAvgPrice": f"{quote.vwap:.8f}",
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "count": quote.bar.trades,
    }


def _trade(row: TapeTrade) -> dict[str, Any]:
    """Its `quoteQty` is the quantity in base once more, as the venue tells it."""
    quantity = format_amount(row.quantity)
    return {
        "price": format_amount(row.price),
        "id": str(row.trade_id),
        "qty": quantity,
        "quoteQty": quantity,
        "time": str(row.at_ms),
        "isBuyerMaker": row.buyer_is_maker,
        "isBestMatch": True,
    }


def _kline(bar: Candle, step_ms: int) -> list[Any]:
    prices = map(format_amount, (bar.open, bar.high, bar.low, bar.close, bar.volume))
    bought = (format_amount(bar.taker_buy_volume), format_amount(bar.taker_buy_turnover))
    return [bar.open_at_ms, *prices, bar.open_at_ms + step_ms - 1, format_amount(bar.turnover), bar.trades, *bought]
