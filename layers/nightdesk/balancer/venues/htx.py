"""HTX spot.

Source: huobiapi.github.io/docs/spot/v1/en (market data 800 a second and address, other public calls 120 in 3 s and
address, private calls 10 a second and key); read 2026-11-20.
"""

from __future__ import annotations

from datetime import date

from nightdesk.balancer.model import Cost, Limit, LimitId, LimitKind, Priority, Scope, VenueLimits
from nightdesk.balancer.request import Described, Request
from nightdesk.kernel.assets import VenueId


def _rate(name: str, limit: int, period_ms: int, scope: Scope) -> Limit:
    return Limit(
        id=LimitId(name),
        kind=LimitKind.RATE,
        scope=scope,
        limit=limit,
        period_ms=period_ms,
        pooled=True,
        usable_permille=900,
    )


MARKET = _rate("market", 800, 1_000, Scope.EGRESS)
PUBLIC = _rate("public", 120, 3_000, Scope.EGRESS)
PRIVATE = _rate("private", 10, 1_000, Scope.KEY)
TABLE = VenueLimits(
    venue=VenueId("htx"),
    source="https://huobiapi.github.io/docs/spot/v1/en/",
    read_at=date(2026, 11, 20),
    hosts=("huobi.pro", "htx.com"),
    limits={limit.id: limit for limit in (MARKET, PUBLIC, PRIVATE)},
)
_CACHE_MS = {"/v1/common/symbols": 3_600_000, "/v2/reference/currencies": 3_600_000, "/market/tickers": 1_000}


def describe(request: Request) -> Described:
    """What the request takes from HTX's limits."""
    if "Signature" not in request.parameters:
        limit = MARKET if request.path.startswith("/market/") else PUBLIC
        priority = Priority.FILL if request.path == "/market/tickers" else Priority.HISTORY
        return Described(costs=(Cost(limit=limit, cost=1),), priority=priority, cache_ms=_CACHE_MS.get(request.path, 0))
    costs = (Cost(limit=PRIVATE, cost=1),)
    if request.method == "GET":
        follows = request.path.endswith(("/balance", "/openOrders"))
        return Described(costs=costs, priority=Priority.FILL if follows else Priority.HISTORY)
    cancels = "cancel" in request.path.lower()
    return Described(costs=costs, priority=Priority.STOP if cancels else Priority.ORDER, mutates=True)
