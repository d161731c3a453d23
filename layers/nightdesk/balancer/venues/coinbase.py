"""Coinbase Advanced Trade.

Source: docs.cdp.coinbase.com, Advanced Trade REST rate limits (public 10 a second and address, private 30 a second and
user) and coinbase-app/api-architecture/rate-limiting (10,000 an hour and key on /v2); read 2026-11-20.
"""

from __future__ import annotations

from datetime import date

from nightdesk.balancer.model import Cost, Limit, LimitId, LimitKind, Priority, Scope, VenueLimits
from nightdesk.balancer.request import Described, Request
from nightdesk.kernel.assets import VenueId

PUBLIC = Limit(
    id=LimitId("public"),
    kind=LimitKind.RATE,
    scope=Scope.EGRESS,
    limit=10,
    period_ms=1_000,
    pooled=True,
    usable_permille=500,  # requests of two seconds may arrive within one: several processes ask, and not all at once
)
PRIVATE = Limit(
    id=LimitId("private"),
    kind=LimitKind.RATE,
    scope=Scope.KEY,
    limit=30,
    period_ms=1_000,
    pooled=True,
    usable_permille=900,
)
APP = Limit(id=LimitId("app"), kind=LimitKind.DECAY, scope=Scope.KEY, limit=1_000, decay_milli_per_s=2_500)

TABLE = VenueLimits(
    venue=VenueId("coinbase"),
    source="https://docs.cdp.coinbase.com/advanced-trade/docs/rest-api-rate-limits",
    read_at=date(2026, 11, 20),
    hosts=("coinbase.com",),
    limits={limit.id: limit for limit in (PUBLIC, PRIVATE, APP)},
)

_ORDERS = "/api/v3/brokerage/orders"
_CACHED = {"/market/products": 1_000, "/v2/currencies": 3_600_000, "/v2/exchange-rates": 60_000}


def describe(request: Request) -> Described:
    """What the request takes from Coinbase's limits."""
    if "authorization" not in request.headers:
        cache_ms = next((ttl for part, ttl in _CACHED.items() if part in request.path), 0)
        live = request.path.endswith(("/market/products", "/ticker"))
        priority = Priority.FILL if live else Priority.HISTORY
        return Described(costs=(Cost(limit=PUBLIC, cost=1),), priority=priority, cache_ms=cache_ms)
    limit = APP if request.path.startswith("/v2/") else PRIVATE
    costs = (Cost(limit=limit, cost=1),)
    if request.method == "GET":
        follows = request.path.endswith(("/orders/historical/batch", "/accounts"))
        return Described(costs=costs, priority=Priority.FILL if follows else Priority.HISTORY)
    cancels = request.path.endswith("batch_cancel")
    order = request.path.startswith(_ORDERS)
    priority = Priority.STOP if cancels else Priority.ORDER if order else Priority.HISTORY
    return Described(costs=costs, priority=priority, mutates=True)
