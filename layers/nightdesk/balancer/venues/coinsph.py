"""Coins.ph, a venue that is polled: only its public market data is asked for.

Source: docs.coins.ph/rest-api, limits and each endpoint's weight; read 2026-11-21. 1,200 weight a minute and address.
"""

from __future__ import annotations

from datetime import date

from nightdesk.balancer.model import Cost, Limit, LimitId, LimitKind, Priority, Scope, VenueLimits
from nightdesk.balancer.request import Described, Request
from nightdesk.kernel.assets import VenueId

WEIGHT = Limit(
    id=LimitId("weight"),
    kind=LimitKind.WINDOW,
    scope=Scope.EGRESS,
    limit=1_200,
    period_ms=60_000,
    guard_ms=250,
    pooled=True,
    usable_permille=950,  # what is spared is enough to open a stream with when it is not known what was used
)

TABLE = VenueLimits(
    venue=VenueId("coinsph"),
    source="https://docs.coins.ph/rest-api/#limits",
    read_at=date(2026, 11, 21),
    hosts=("coins.ph",),
    limits={WEIGHT.id: WEIGHT},
    key_headers=("x-coins-apikey",),
)

_ALL_AT_ONCE = {"ticker/24hr": 40, "ticker/price": 2, "ticker/bookTicker": 2, "exchangeInfo": 10, "depth": 5}
_CACHE_MS = {"exchangeInfo": 3_600_000, "ticker/24hr": 1_000, "klines": 5_000, "trades": 1_000}


def describe(request: Request) -> Described:
    """What the request takes from Coins.ph's limit."""
    name = request.path.rpartition("/v1/")[2]
    weight = 1 if "symbol" in request.parameters and name != "depth" else _ALL_AT_ONCE.get(name, 1)
    priority = Priority.FILL if name.startswith("ticker/") else Priority.HISTORY
    costs = (Cost(limit=WEIGHT, cost=weight),)
    return Described(costs=costs, priority=priority, cache_ms=_CACHE_MS.get(name, 0), mutates=request.method != "GET")
