"""Binance spot and wallets; futures count by themselves, in `binance_futures`.

Source: github.com/binance/binance-spot-api-docs, rest-api.md, 2026-07-21 (weights, headers, 429 and 418);
developers.binance.com, rate limits of /sapi/*, read 2026-11-20; exchangeInfo's `rateLimits` (6,000 weight a minute,
100 orders in 10 s, 200,000 a day, 300,000 raw requests in 5 min; 300 connections in 5 min).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from nightdesk.balancer.model import Batch, Cost, Limit, LimitId, LimitKind, Priority, Scope, VenueLimits
from nightdesk.balancer.request import Described, Request
from nightdesk.balancer.venues import binance_futures
from nightdesk.kernel.assets import VenueId

MINUTE_MS = 60_000


def _window(name: str, limit: int, period_ms: int, scope: Scope = Scope.EGRESS, **more: object) -> Limit:
    return Limit(
        id=LimitId(name),
        kind=LimitKind.WINDOW,
        scope=scope,
        limit=limit,
        period_ms=period_ms,
        guard_ms=min(250, period_ms // 100),
        **more,  # type: ignore[arg-type]
    )


WEIGHT = _window("weight", 6_000, MINUTE_MS, header="x-mbx-used-weight-1m", pooled=True, usable_permille=995)
RAW = _window("raw", 300_000, 5 * MINUTE_MS)
CONNECTIONS = _window("connections", 300, 5 * MINUTE_MS, usable_permille=950)
ORDERS_10S = _window("orders_10s", 100, 10_000, Scope.KEY, header="x-mbx-order-count-10s")
ORDERS_1D = _window("orders_1d", 200_000, 86_400_000, Scope.KEY, header="x-mbx-order-count-1d")
SAPI_IP = _window("sapi_ip", 12_000, MINUTE_MS)
SAPI_UID = _window("sapi_uid", 180_000, MINUTE_MS, Scope.KEY)

TABLE = VenueLimits(
    venue=VenueId("binance"),
    source="https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits",
    read_at=date(2026, 11, 20),
    hosts=("binance.com",),
    limits={
        limit.id: limit
        for limit in (WEIGHT, RAW, CONNECTIONS, ORDERS_10S, ORDERS_1D, SAPI_IP, SAPI_UID, binance_futures.WEIGHT)
    },
    key_headers=("x-mbx-apikey",),
)

Parameters = Mapping[str, str]
Weigh = Callable[[Parameters], int]


def _names(parameters: Parameters) -> int:
    """How many symbols are asked for; 0 when none is named and all are meant."""
    if "symbol" in parameters:
        return 1
    return parameters["symbols"].count(",") + 1 if "symbols" in parameters else 0


def _depth(parameters: Parameters) -> int:
    limit = int(parameters.get("limit", "100"))
    return next(weight for most, weight in ((100, 5), (500, 25), (1000, 50), (10**9, 250)) if limit <= most)


def _day_ticker(parameters: Parameters) -> int:
    named = _names(parameters)
    if not named or named > 100:  # noqa: PLR2004 the steps of the venue's table
        return 80
    return 2 if named <= 20 else 40  # noqa: PLR2004


def _few(parameters: Parameters) -> int:
    return 2 if "symbol" in parameters else 4


def _each(parameters: Parameters) -> int:
    return min(200, 4 * (_names(parameters) or 50))


def _open_orders(parameters: Parameters) -> int:
    return 6 if "symbol" in parameters else 80


def _own_trades(parameters: Parameters) -> int:
    return 5 if "orderId" in parameters else 20


def _test(parameters: Parameters) -> int:
    return 20 if parameters.get("computeCommissionRates") == "true" else 1


_WEIGHTS: dict[str, int | Weigh] = {
    "ping": 1,
    "time": 1,
    "exchangeInfo": 20,
    "executionRules": 40,
    "depth": _depth,
    "trades": 25,
    "historicalTrades": 25,
    "aggTrades": 4,
    "klines": 2,
    "uiKlines": 2,
    "avgPrice": 2,
    "ticker/24hr": _day_ticker,
    "ticker/tradingDay": _each,
    "ticker/price": _few,
    "ticker/bookTicker": _few,
    "ticker": _each,
    "account": 20,
    "allOrders": 20,
    "openOrders": _open_orders,
    "orderList": 4,
    "allOrderList": 20,
    "openOrderList": 6,
    "myTrades": _own_trades,
    "rateLimit/order": 40,
    "myPreventedMatches": 20,
    "myAllocations": 20,
    "account/commission": 20,
    "order/amendments": 4,
    "myFilters": 40,
    "order": 4,
}
"""Weight of `GET /api/v3/<name>`."""

_WRITES: dict[str, int | Weigh] = {"order/test": _test, "sor/order/test": _test, "order/amend/keepPriority": 4}
_ORDERS = {
    "order": 1,
    "order/cancelReplace": 1,
    "order/oco": 2,
    "orderList/oco": 2,
    "orderList/oto": 2,
    "orderList/otoco": 3,
    "orderList/opo": 2,
    "orderList/opoco": 3,
    "sor/order": 1,
}
"""Orders that `POST /api/v3/<name>` counts to a key."""

_CACHE_MS = {
    "exchangeInfo": 3_600_000,
    "executionRules": 600_000,
    "depth": 250,
    "trades": 500,
    "aggTrades": 1_000,
    "klines": 1_000,
    "uiKlines": 1_000,
    "avgPrice": 1_000,
    "ticker/24hr": 1_000,
    "ticker/tradingDay": 5_000,
    "ticker/price": 1_000,
    "ticker/bookTicker": 500,
    "ticker": 1_000,
}
_LIVE = frozenset(
    {"openOrders", "openOrderList", "orderList", "account", "depth", "avgPrice"}
    | {"ticker", "ticker/24hr", "ticker/price", "ticker/bookTicker"}
)
"""Reads of what is now: open orders, balances, prices."""

_BATCHED = {"ticker/24hr": 41, "ticker/price": 3, "ticker/bookTicker": 3}
"""From how many symbols one call for all of them weighs less."""

_SAPI = {
    "/sapi/v1/capital/config/getall": (SAPI_IP, 10),
    "/sapi/v1/capital/deposit/hisrec": (SAPI_IP, 1),
    "/sapi/v1/capital/withdraw/history": (SAPI_UID, 18_000),
    "/sapi/v1/capital/withdraw/apply": (SAPI_UID, 600),
    "/sapi/v1/account/apiRestrictions": (SAPI_IP, 1),
    "/sapi/v1/asset/tradeFee": (SAPI_IP, 1),
    "/sapi/v1/asset/assetDividend": (SAPI_IP, 10),
    "/sapi/v1/asset/dribblet": (SAPI_IP, 1),
    "/sapi/v1/convert/tradeFlow": (SAPI_UID, 3_000),
    "/sapi/v1/asset/transfer": (SAPI_IP, 1),
    "/sapi/v1/asset/get-funding-asset": (SAPI_IP, 1),
    "/sapi/v1/margin/account": (SAPI_IP, 10),
    "/sapi/v1/margin/borrow-repay": (SAPI_IP, 10),
    "/sapi/v1/margin/interestHistory": (SAPI_IP, 1),
    "/sapi/v1/margin/myTrades": (SAPI_IP, 10),
    "/sapi/v1/simple-earn/flexible/position": (SAPI_IP, 150),
    "/sapi/v1/simple-earn/flexible/history/subscriptionRecord": (SAPI_IP, 150),
    "/sapi/v1/simple-earn/flexible/history/redemptionRecord": (SAPI_IP, 150),
    "/sapi/v1/simple-earn/flexible/history/rewardsRecord": (SAPI_IP, 150),
}
_READ_BY_POST = "/sapi/v1/asset/get-funding-asset"
"""What a POST asks for without changing anything."""

_SPOT = "/api/v3/"
_DEAREST = 80
"""What an unknown route is taken to weigh, so that a new one can't surprise."""


def describe(request: Request) -> Described:
    """What the request takes from Binance's limits."""
    if request.method == "WS":
        return _describe_socket(request)
    if binance_futures.is_futures(request):
        return binance_futures.describe(request)
    if request.path.startswith("/sapi/"):
        return _describe_sapi(request)
    name = request.path.removeprefix(_SPOT)
    return _describe_read(request, name) if request.method == "GET" else _describe_write(request, name)


def _describe_socket(request: Request) -> Described:
    """A connection; the WebSocket API weighs connecting and the subscription that follows, market streams nothing."""
    weighed = (Cost(limit=WEIGHT, cost=4),) if request.host.startswith("ws-api") else ()
    return Described(costs=(Cost(limit=CONNECTIONS, cost=1), *weighed), priority=Priority.FILL)


def _describe_read(request: Request, name: str) -> Described:
    return Described(
        costs=_costs(_weight(_WEIGHTS, name, request.parameters)),
        priority=_read_priority(name),
        cache_ms=_CACHE_MS.get(name, 0),
        batch=_batch(request, name),
    )


def _read_priority(name: str) -> Priority:
    """What became of one order is as urgent as taking it back."""
    if name == "order":
        return Priority.STOP
    return Priority.FILL if name in _LIVE else Priority.HISTORY


def _describe_write(request: Request, name: str) -> Described:
    weight = _weight(_WRITES, name, request.parameters, unknown=1)
    orders = _ORDERS.get(name, 0) if request.method == "POST" else 0
    counted = (Cost(limit=ORDERS_10S, cost=orders), Cost(limit=ORDERS_1D, cost=orders)) if orders else ()
    stop = "STOP" in request.parameters.get("type", "") or request.method == "DELETE"
    return Described(
        costs=(*_costs(weight), *counted), priority=Priority.STOP if stop else Priority.ORDER, mutates=True
    )


def _describe_sapi(request: Request) -> Described:
    limit, cost = _SAPI.get(request.path, (SAPI_IP, 100))
    own = Limit(
        id=LimitId(f"{limit.id}:{request.path}"),
        kind=limit.kind,
        scope=limit.scope,
        limit=limit.limit,
        period_ms=limit.period_ms,
        guard_ms=limit.guard_ms,
    )
    changes = request.method != "GET" and request.path != _READ_BY_POST
    return Described(costs=(Cost(limit=own, cost=cost), Cost(limit=RAW, cost=1)), mutates=changes)


def _costs(weight: int) -> tuple[Cost, ...]:
    return Cost(limit=WEIGHT, cost=weight), Cost(limit=RAW, cost=1)


def _weight(table: Mapping[str, int | Weigh], name: str, parameters: Parameters, *, unknown: int = _DEAREST) -> int:
    rule = table.get(name, unknown)
    return rule if isinstance(rule, int) else rule(parameters)


def _batch(request: Request, name: str) -> Batch | None:
    symbol = request.parameters.get("symbol", "")
    if name not in _BATCHED or set(request.parameters) != {"symbol"}:
        return None
    url = request.url.partition("?")[0]
    return Batch(url=url, field="symbol", value=symbol, worth=_BATCHED[name])
