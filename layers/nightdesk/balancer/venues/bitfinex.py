"""Bitfinex v2.

Source: docs.bitfinex.com, requirements and limitations: between 10 and 90 requests a minute, endpoint and address, and
a block of 10 to 60 seconds past that; read 2026-11-20. Figures by endpoint change without notice, so the table
takes the published ones and 10 a minute for what it does not know. Websockets: 5 connections in 15 seconds at the host
of accounts (docs/ws-auth), 20 a minute at the public one (docs/ws-public); read 2026-11-21.
"""

from __future__ import annotations

from datetime import date

from nightdesk.balancer.model import Cost, Limit, LimitId, LimitKind, Priority, Scope, VenueLimits
from nightdesk.balancer.request import Described, Request
from nightdesk.kernel.assets import VenueId

_A_MINUTE = {
    "/v2/conf": 90,
    "/v2/tickers": 90,
    "/v2/candles": 30,
    "/v2/trades": 15,
    "/v2/auth/r/wallets": 90,
    "/v2/auth/r/orders": 90,
    "/v2/auth/r/trades": 90,
    "/v2/auth/r/movements": 90,
    "/v2/auth/r/ledgers": 90,
    "/v2/auth/r/permissions": 90,
    "/v2/auth/r/positions": 90,
    "/v2/auth/w/order": 90,
}
_UNKNOWN = 10


def _limit(name: str, limit: int, period_ms: int = 60_000) -> Limit:
    return Limit(
        id=LimitId(name),
        kind=LimitKind.RATE,
        scope=Scope.EGRESS,
        limit=limit,
        period_ms=period_ms,
        pooled=True,
        usable_permille=900,
    )


_SOCKETS = {"api.bitfinex.com": _limit("sockets", 5, 15_000), "api-pub.bitfinex.com": _limit("sockets:public", 20)}
_LIMITS = {prefix: _limit(f"minute:{prefix}", limit) for prefix, limit in _A_MINUTE.items()}
TABLE = VenueLimits(
    venue=VenueId("bitfinex"),
    source="https://docs.bitfinex.com/docs/requirements-and-limitations",
    read_at=date(2026, 11, 20),
    hosts=("bitfinex.com",),
    limits={limit.id: limit for limit in (*_LIMITS.values(), *_SOCKETS.values())},
    key_headers=("bfx-apikey",),
)
_CACHE_MS = {"/v2/conf": 3_600_000, "/v2/tickers": 1_000, "/v2/candles": 5_000, "/v2/trades": 1_000}


def describe(request: Request) -> Described:
    """What the request takes from Bitfinex's limits."""
    if request.method == "WS" and request.host in _SOCKETS:
        return Described(costs=(Cost(limit=_SOCKETS[request.host], cost=1),), priority=Priority.FILL)
    prefix = next((known for known in _LIMITS if request.path.startswith(known)), "")
    limit = _LIMITS.get(prefix) or _limit(f"minute:{request.path}", _UNKNOWN)
    costs = (Cost(limit=limit, cost=1),)
    if "/auth/w/" in request.path:
        cancels = "cancel" in request.path
        return Described(costs=costs, priority=Priority.STOP if cancels else Priority.ORDER, mutates=True)
    follows = request.path.startswith(("/v2/tickers", "/v2/auth/r/wallets", "/v2/auth/r/orders"))
    return Described(
        costs=costs,
        priority=Priority.FILL if follows else Priority.HISTORY,
        cache_ms=_CACHE_MS.get(prefix, 0),
    )
