"""Bitfinex v2.

Source: docs.bitfinex.com, requirements and limitations: between 10 and 90 requests a minute, endpoint and address, and
a block of 10 to 60 seconds past that; read 2026-11-20. Figures by endpoint change without notice, so the table
takes the published ones and 10 a minute for what it does not know.
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
    "/v2/auth/r/positions": 90,
    "/v2/auth/w/order": 90,
}
_UNKNOWN = 10


def _limit(prefix: str, limit: int) -> Limit:
    return Limit(
        id=LimitId(f"minute:{prefix}"),
        kind=LimitKind.RATE,
        scope=Scope.EGRESS,
        limit=limit,
        period_ms=60_000,
        pooled=True,
        usable_permille=900,
    )


_LIMITS = {prefix: _limit(prefix, limit) for prefix, limit in _A_MINUTE.items()}
TABLE = VenueLimits(
    venue=VenueId("bitfinex"),
    source="https://docs.bitfinex.com/docs/requirements-and-limitations",
    read_at=date(2026, 11, 20),
    hosts=("bitfinex.com",),
    limits={limit.id: limit for limit in _LIMITS.values()},
    key_headers=("bfx-apikey",),
)
_CACHE_MS = {"/v2/conf": 3_600_000, "/v2/tickers": 1_000, "/v2/candles": 5_000, "/v2/trades": 1_000}


def describe(request: Request) -> Described:
    """What the request takes from Bitfinex's limits."""
    prefix = next((known for known in _LIMITS if request.path.startswith(known)), "")
    limit = _LIMITS.get(prefix) or _limit(request.path, _UNKNOWN)
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
