"""What every request weighs.

Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api, and /docs/wallet for sapi, November 2025.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import orjson

Params = Mapping[str, str]
Weigh = Callable[[Params], int]

_FEW, _SOME = 20, 100


def flat(weight: int) -> Weigh:
    """The same weight whatever is asked."""
    return lambda _params: weight


def by_symbol(one: int, every: int) -> Weigh:
    """One weight for a symbol, another for all of them."""
    return lambda params: one if "symbol" in params else every


def depth(params: Params) -> int:
    """By how many levels are asked for."""
    limit = _number(params.get("limit"), 100)
    return next((weight for most, weight in ((100, 5), (500, 25), (1000, 50)) if limit <= most), 250)


def ticker_24hr(params: Params) -> int:
    """By how many symbols are asked for."""
    if "symbol" in params:
        return 2
    count = _count(params.get("symbols"))
    if count == 0 or count > _SOME:
        return 80
    return 2 if count <= _FEW else 40


def my_trades(params: Params) -> int:
    """Less for the trades of one order."""
    return 5 if "orderId" in params else 20


def _count(symbols: str | None) -> int:
    try:
        listed = orjson.loads(symbols or "[]")
    except orjson.JSONDecodeError:
        return 1
    return len(listed) if isinstance(listed, list) else 1


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


API: Final[Mapping[tuple[str, str], Weigh]] = {
    ("GET", "/api/v3/ping"): flat(1),
    ("GET", "/api/v3/time"): flat(1),
    ("GET", "/api/v3/exchangeInfo"): flat(20),
    ("GET", "/api/v3/depth"): depth,
    ("GET", "/api/v3/trades"): flat(25),
    ("GET", "/api/v3/historicalTrades"): flat(25),
    ("GET", "/api/v3/aggTrades"): flat(4),
    ("GET", "/api/v3/klines"): flat(2),
    ("GET", "/api/v3/uiKlines"): flat(2),
    ("GET", "/api/v3/avgPrice"): flat(2),
    ("GET", "/api/v3/ticker/24hr"): ticker_24hr,
    ("GET", "/api/v3/ticker/price"): by_symbol(2, 4),
    ("GET", "/api/v3/ticker/bookTicker"): by_symbol(2, 4),
    ("POST", "/api/v3/order"): flat(1),
    ("POST", "/api/v3/order/test"): flat(1),
    ("GET", "/api/v3/order"): flat(4),
    ("DELETE", "/api/v3/order"): flat(1),
    ("GET", "/api/v3/openOrders"): by_symbol(6, 80),
    ("DELETE", "/api/v3/openOrders"): flat(1),
    ("GET", "/api/v3/allOrders"): flat(20),
    ("GET", "/api/v3/account"): flat(20),
    ("GET", "/api/v3/account/commission"): flat(20),
    ("GET", "/api/v3/myTrades"): my_trades,
    ("GET", "/api/v3/rateLimit/order"): flat(40),
}
"""Weights that count against the address."""

WALLET: Final[Mapping[tuple[str, str], Weigh]] = {
    ("GET", "/sapi/v1/system/status"): flat(1),
    ("GET", "/sapi/v1/capital/config/getall"): flat(10),
    ("GET", "/sapi/v1/capital/deposit/hisrec"): flat(1),
    ("GET", "/sapi/v1/account/apiRestrictions"): flat(1),
    ("GET", "/sapi/v1/account/status"): flat(1),
    ("GET", "/sapi/v1/asset/tradeFee"): flat(1),
    ("GET", "/sapi/v1/margin/allPairs"): flat(1),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): flat(10),
    ("GET", "/sapi/v1/margin/account"): flat(10),
    ("GET", "/sapi/v1/margin/borrow-repay"): flat(10),
    ("GET", "/sapi/v1/margin/interestHistory"): flat(1),
    ("GET", "/sapi/v1/margin/myTrades"): flat(10),
    ("GET", "/sapi/v1/asset/transfer"): flat(1),
    ("GET", "/sapi/v1/asset/assetDividend"): flat(10),
    ("POST", "/sapi/v1/asset/get-funding-asset"): flat(1),
    ("GET", "/sapi/v1/asset/dribblet"): flat(1),
    ("GET", "/sapi/v1/simple-earn/flexible/position"): flat(150),
    ("GET", "/sapi/v1/simple-earn/flexible/history/subscriptionRecord"): flat(150),
    ("GET", "/sapi/v1/simple-earn/flexible/history/redemptionRecord"): flat(150),
    ("GET", "/sapi/v1/simple-earn/flexible/history/rewardsRecord"): flat(150),
}
"""Weights of the wallet, counted by endpoint against the address."""

WALLET_BY_ACCOUNT: Final[Mapping[tuple[str, str], Weigh]] = {
    ("GET", "/sapi/v1/capital/withdraw/history"): flat(18_000),
    ("GET", "/sapi/v1/convert/tradeFlow"): flat(3_000),
}
"""Weights of the wallet, counted by endpoint against the account."""
