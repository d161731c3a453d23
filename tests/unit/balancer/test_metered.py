"""What is measured of the shared budget and the shared answers."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest

from nightdesk.balancer.errors import budget_lost
from nightdesk.balancer.metered import MeteredAnswers, MeteredBudget
from nightdesk.balancer.model import Ask, Egress, EgressName, Grant, LimitId, Priority, Report, Wait
from nightdesk.balancer.stream_ports import Answer
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable
from tests.builders.balancer import ask

BINANCE = VenueId("binance")
GRANT = Grant(venue=BINANCE, egress=EgressName("egress-1"), url="", charges=())


@dataclass
class Measured:
    """Keeps measurements, and stands for the budget and the answers that are measured."""

    counts: Counter[str] = field(default_factory=Counter)
    values: list[tuple[str, float]] = field(default_factory=list)

    def duration_ms(self, name: str, value: float) -> None:
        self.values.append((name, value))

    percent = duration_ms

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] += value


class Full:
    """A budget without a place."""

    def __init__(self) -> None:
        self.told: list[object] = []

    async def acquire(self, ask: Ask) -> Grant | Wait:  # noqa: ARG002
        return Wait(wait_ms=5, reason="weight")

    async def report(self, report: Report) -> None:
        self.told.append(report)

    async def lease(self, venue: VenueId, egress: Egress, lease_ms: int) -> None:
        self.told.append((venue, egress, lease_ms))

    async def release(self, venue: VenueId, egress: str) -> None:
        self.told.append((venue, egress))


class Cold:
    """Answers of which none is kept."""

    def __init__(self) -> None:
        self.told: list[object] = []

    async def get(self, key: str) -> Answer | None:  # noqa: ARG002
        return None

    async def put(self, key: str, answer: Answer, ttl_ms: int) -> None:
        self.told.append((key, answer, ttl_ms))

    async def lead(self, key: str, lease_ms: int) -> bool:
        return bool(key and lease_ms)

    async def asked(self, key: str, value: str, within_ms: int) -> int:
        return len(key + value) + within_ms

    async def count(self, venue: VenueId, what: str, count: int) -> None:
        self.told.append((venue, what, count))


def test_waits_complaints_and_what_is_used_are_measured_and_passed_on() -> None:
    measured, full = Measured(), Full()
    budget = MeteredBudget(full, measured)
    report = Report(grant=GRANT, priority=Priority.FILL, used={LimitId("weight"): 1500}, waited_ms=12, status=429)

    assert asyncio.run(budget.acquire(ask())) == Wait(wait_ms=5, reason="weight")
    asyncio.run(budget.report(report))

    assert measured.counts == {"BudgetToldToWait": 1, "VenueAnswered429": 1}
    assert measured.values == [("BudgetWaitFill", 12), ("BudgetUsed", 25.0)]
    assert full.told == [report]


def test_a_lost_budget_is_counted_and_told() -> None:
    class Lost(Full):
        async def acquire(self, ask: Ask) -> Grant | Wait:  # noqa: ARG002
            raise budget_lost()

    measured = Measured()
    with pytest.raises(Unavailable):
        asyncio.run(MeteredBudget(Lost(), measured).acquire(ask()))
    assert measured.counts == {"BudgetUnavailable": 1}


def test_hits_are_measured_and_passed_on() -> None:
    measured, cold = Measured(), Cold()
    asyncio.run(MeteredAnswers(cold, measured).count(BINANCE, "hit", 3))
    assert measured.counts == {"CacheHit": 3}
    assert cold.told == [(BINANCE, "hit", 3)]
