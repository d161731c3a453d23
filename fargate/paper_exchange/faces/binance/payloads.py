"""Binance's JSON shapes of what the engine knows, shared by REST and websockets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from fargate.paper_exchange.engine.exchange import Exchange
from fargate.paper_exchange.engine.filters import PRICE_BAND, STOPS_MAX
from fargate.paper_exchange.engine.market.bars import month_after
from fargate.paper_exchange.engine.market.port import DAY_MS
from fargate.paper_exchange.engine.model import (
    Balance,
    Candle,
    Fill,
    Instrument,
    Level,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TapeTrade,
    TimeInForce,
)
from fargate.paper_exchange.faces.binance.limits import Limits
from fargate.paper_exchange.faces.binance.symbols import digits, name_of
from nightdesk.kernel.money import ZERO

STATUS = {
    OrderStatus.NEW: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELLED: "CANCELED",
    OrderStatus.EXPIRED: "EXPIRED",
}
TIME_IN_FORCE = {
    TimeInForce.GOOD_TILL_CANCELLED: "GTC",
    TimeInForce.IMMEDIATE_OR_CANCEL: "IOC",
    TimeInForce.FILL_OR_KILL: "FOK",
}
ORDER_TYPES = [kind.value.upper() for kind in OrderType]


def rate_limits(limits: Limits) -> list[dict[str, Any]]:
    """The limits as `exchangeInfo` tells them."""
    return [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": limits.weight_a_minute},
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": limits.orders_in_10s},
        {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": limits.orders_a_day},
        {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61000},
    ]


def symbol_info(instrument: Instrument) -> dict[str, Any]:
    """A symbol as `exchangeInfo` tells it."""
    return {
        "symbol": name_of(instrument.symbol),
        "status": "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": instrument.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ORDER_TYPES,
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(instrument),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def _filters(instrument: Instrument) -> list[dict[str, Any]]:
    tick, lot, most = digits(instrument.tick), digits(instrument.lot), digits(instrument.quantity_max)
    up, down = str(PRICE_BAND), str(1 / PRICE_BAND)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": most, "stepSize": lot},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": most, "stepSize": "0.00000000"},
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": up,
            "bidMultiplierDown": down,
            "askMultiplierUp": up,
            "askMultiplierDown": down,
            "avgPriceMins": 0,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": digits(instrument.notional_min),
            "applyMinToMarket": True,
            "maxNotional": "9000000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": STOPS_MAX},
    ]


def public_trade(trade: TapeTrade) -> dict[str, Any]:
    """A trade of the market."""
    return {
        "id": trade.trade_id,
        "price": digits(trade.price),
        "qty": digits(trade.quantity),
        "quoteQty": digits(trade.price * trade.quantity),
        "time": trade.at_ms,
        "isBuyerMaker": trade.buyer_is_maker,
        "isBestMatch": True,
    }


def aggregate_trade(trade: TapeTrade) -> dict[str, Any]:
    """A trade of the market in the aggregate form."""
    return {
        "a": trade.trade_id,
        "p": digits(trade.price),
        "q": digits(trade.quantity),
        "f": trade.trade_id,
        "l": trade.trade_id,
        "T": trade.at_ms,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def close_time(bar: Candle, resolution: int | str) -> int:
    """The last millisecond of a bar."""
    if isinstance(resolution, int):
        return bar.open_at_ms + resolution - 1
    return month_after(bar.open_at_ms) - 1


def kline(bar: Candle, resolution: int | str) -> list[Any]:
    """A bar as an array."""
    at, opened, high, low, close, volume, turnover, trades, bought, paid, *_ = bar
    told = [at, *map(digits, (opened, high, low, close, volume)), close_time(bar, resolution)]
    return [*told, digits(turnover), trades, digits(bought), digits(paid), "0"]


def ticker(exchange: Exchange, symbol: str, now_ms: int) -> dict[str, Any] | None:
    """The last 24 hours of a symbol; None before its first trade."""
    day = exchange.markets.view(symbol).day(now_ms)
    if day is None:
        return None
    bar, last = day.bar, exchange.markets.view(symbol).last(now_ms) or exchange.markets.last(symbol)
    change = last.price - bar.open
    book = exchange.books.depth(symbol, 5)
    bid, ask = best(book.bids), best(book.asks)
    return {
        "symbol": name_of(symbol),
        "priceChange": digits(change),
        "priceChangePercent": f"{change / bar.open * 100:.3f}",
        "weightedAvgPrice": digits(bar.turnover / bar.volume if bar.volume else last.price),
        "prevClosePrice": digits(day.before),
        "lastPrice": digits(last.price),
        "lastQty": digits(last.quantity),
        "bidPrice": digits(bid.price),
        "bidQty": digits(bid.quantity),
        "askPrice": digits(ask.price),
        "askQty": digits(ask.quantity),
        "openPrice": digits(bar.open),
        "highPrice": digits(bar.high),
        "lowPrice": digits(bar.low),
        "volume": digits(bar.volume),
        "quoteVolume": digits(bar.turnover),
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "firstId": bar.first_trade_id,
        "lastId": bar.last_trade_id,
        "count": bar.trades,
    }


def book_ticker(exchange: Exchange, symbol: str) -> dict[str, Any]:
    """The best bid and ask of a symbol."""
    book = exchange.books.depth(symbol, 5)
    bid, ask = best(book.bids), best(book.asks)
    return {
        "symbol": name_of(symbol),
        "bidPrice": digits(bid.price),
        "bidQty": digits(bid.quantity),
        "askPrice": digits(ask.price),
        "askQty": digits(ask.quantity),
    }


def best(side: Sequence[Level]) -> Level:
    """The best of a side of the book; zeros where nobody stands."""
    return side[0] if side else Level(ZERO, ZERO)


def own_trade(fill: Fill) -> dict[str, Any]:
    """An account's own trade."""
    return {
        "symbol": name_of(fill.symbol),
        "id": fill.trade_id,
        "orderId": fill.order_id,
        "orderListId": -1,
        "price": digits(fill.price),
        "qty": digits(fill.quantity),
        "quoteQty": digits(fill.quote_quantity),
        "commission": digits(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.at_ms,
        "isBuyer": fill.side is Side.BUY,
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def order(order: Order) -> dict[str, Any]:
    """An order as it stands."""
    return {
        "symbol": name_of(order.symbol),
        "orderId": order.order_id,
        "orderListId": -1,
        "clientOrderId": order.client_order_id,
        "price": digits(order.price),
        "origQty": digits(order.quantity),
        "executedQty": digits(order.filled),
        "cummulativeQuoteQty": digits(order.filled_quote),
        "status": STATUS[order.status],
        "timeInForce": TIME_IN_FORCE[order.time_in_force],
        "type": order.type.value.upper(),
        "side": order.side.value.upper(),
        "stopPrice": digits(order.stop_price),
        "icebergQty": "0.00000000",
        "time": order.created_at_ms,
        "updateTime": order.updated_at_ms,
        "isWorking": not order.is_waiting,
        "workingTime": -1 if order.is_waiting else order.working_at_ms or order.created_at_ms,
        "origQuoteOrderQty": digits(order.quote_quantity),
        "selfTradePreventionMode": "NONE",
    }


def balance(balance: Balance) -> dict[str, str]:
    """What an account has of an asset."""
    return {"asset": balance.asset, "free": digits(balance.free), "locked": digits(balance.locked)}


def zero_balance(asset: str) -> dict[str, str]:
    """An asset that the account has nothing of."""
    return balance(Balance(asset, Decimal(0), Decimal(0)))
