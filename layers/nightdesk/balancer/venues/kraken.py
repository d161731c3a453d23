"""Kraken spot.

Source: docs.kraken.com/exchange/guides/rest/ratelimits (counter of 15 sinking 0.33 a second for the lowest tier,
history 2, others 1; orders on a counter of their own), .../general/ratelimits (engine) and
support.kraken.com 206548367 (public calls: one a second and address); read 2026-11-20. The lowest tier is assumed.
"""

from __future__ import annotations

from datetime import date

from nightdesk.balancer.model import Cost, Limit, LimitId, LimitKind, Priority, Scope, VenueLimits
from nightdesk.balancer.request import Described, Request
from nightdesk.kernel.assets import VenueId

PUBLIC = Limit(id=LimitId("public"), kind=LimitKind.RATE, scope=Scope.EGRESS, limit=1, period_ms=1_000, pooled=True)
COUNTER = Limit(
    id=LimitId("counter"), kind=LimitKind.DECAY, scope=Scope.KEY, limit=13, decay_milli_per_s=330, pooled=True
)
"""Two below what Kraken bears: a call that was under way for seconds begins to sink there later than it does here."""

ENGINE = Limit(id=LimitId("engine"), kind=LimitKind.DECAY, scope=Scope.KEY, limit=60, decay_milli_per_s=1_000)

TABLE = VenueLimits(
    venue=VenueId("kraken"),
    source="https://docs.kraken.com/exchange/guides/rest/ratelimits",
    read_at=date(2026, 11, 20),
    hosts=("kraken.com",),
    limits={limit.id: limit for limit in (PUBLIC, COUNTER, ENGINE)},
    key_headers=("api-key",),
)

_HISTORY = frozenset({"Ledgers", "QueryLedgers", "TradesHistory", "QueryTrades", "ClosedOrders"})
_LIVE = frozenset({"Ticker", "Depth"})
_ENGINE = {"AddOrder": 1, "AddOrderBatch": 15, "CancelOrder": 8, "CancelAll": 8, "EditOrder": 6, "AmendOrder": 3}
_WRITES = frozenset({"Withdraw", "WithdrawCancel", "WalletTransfer", "Stake", "Unstake", "CancelAllOrdersAfter"})
_CACHE_MS = {
    "Assets": 3_600_000,
    "AssetPairs": 3_600_000,
    "Ticker": 1_000,
    "OHLC": 5_000,
    "Depth": 500,
    "Trades": 1_000,
}


def describe(request: Request) -> Described:
    """What the request takes from Kraken's limits."""
    name = request.path.rsplit("/", 1)[-1]
    if "/private/" not in request.path:
        priority = Priority.FILL if name in _LIVE else Priority.HISTORY
        return Described(costs=(Cost(limit=PUBLIC, cost=1),), priority=priority, cache_ms=_CACHE_MS.get(name, 0))
    if name in _ENGINE:
        priority = (
            Priority.STOP if "Cancel" in name or "stop" in request.parameters.get("ordertype", "") else Priority.ORDER
        )
        return Described(costs=(Cost(limit=ENGINE, cost=_ENGINE[name]),), priority=priority, mutates=True)
    old = name in _HISTORY
    return Described(
        costs=(Cost(limit=COUNTER, cost=2 if old else 1),),
        priority=Priority.HISTORY if old else Priority.FILL,
        mutates=name in _WRITES,
    )
