"""Limits, questions and egresses for tests of the balancer."""

from __future__ import annotations

from nightdesk.balancer.model import (
    Ask,
    Cost,
    Egress,
    EgressName,
    KeyPrint,
    Limit,
    LimitId,
    LimitKind,
    Pin,
    Priority,
    Scope,
)
from nightdesk.kernel.assets import VenueId

VENUE = VenueId("binance")
WEIGHT = Limit(
    id=LimitId("weight"),
    kind=LimitKind.WINDOW,
    scope=Scope.EGRESS,
    limit=1_000,
    period_ms=10_000,
    guard_ms=100,
    header="x-used",
    pooled=True,
)
ORDERS = Limit(
    id=LimitId("orders"), kind=LimitKind.WINDOW, scope=Scope.KEY, limit=10, period_ms=5_000, guard_ms=50, header="x-o"
)
RAW = Limit(id=LimitId("raw"), kind=LimitKind.WINDOW, scope=Scope.EGRESS, limit=200, period_ms=20_000, guard_ms=50)
COUNTER = Limit(
    id=LimitId("counter"), kind=LimitKind.DECAY, scope=Scope.KEY, limit=15, decay_milli_per_s=330, pooled=True
)
RATE = Limit(id=LimitId("rate"), kind=LimitKind.RATE, scope=Scope.EGRESS, limit=10, period_ms=1_000, pooled=True)


def egress(name: str) -> Egress:
    return Egress(name=EgressName(name), url=f"http://127.0.0.1/{name}", address="127.0.0.2")


def ask(
    *costs: tuple[Limit, int],
    priority: Priority = Priority.HISTORY,
    tenant: str = "tenant",
    key: str = "",
    pin: Pin = Pin.FREE,
    exclude: frozenset[EgressName] = frozenset(),
) -> Ask:
    return Ask(
        venue=VENUE,
        costs=tuple(Cost(limit=limit, cost=cost) for limit, cost in costs),
        priority=priority,
        tenant=tenant,
        key=KeyPrint(key),
        pin=pin,
        exclude=exclude,
    )
