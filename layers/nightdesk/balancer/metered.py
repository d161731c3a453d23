"""The shared budget and the shared answers, with every use measured."""

from __future__ import annotations

from typing import Final, Protocol

from nightdesk.balancer.model import Ask, Egress, Grant, Report, Wait
from nightdesk.balancer.stream_ports import Answer, AnswerCache, Budget
from nightdesk.balancer.tables import table_of
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.errors import Unavailable

COMPLAINTS: Final = (418, 429)


class Measures(Protocol):
    """Takes measurements."""

    def count(self, name: str, value: int = 1) -> None:
        """So many more of it."""
        ...

    def duration_ms(self, name: str, value: float) -> None:
        """It took so many milliseconds."""
        ...

    def percent(self, name: str, value: float) -> None:
        """So much of the whole."""
        ...


class MeteredBudget:
    """`Budget`; measures `BudgetUsed` and `BudgetWaitOrder`, `…Stop`, `…Fill` and `…History`, and counts the rest.

    Counted are `BudgetToldToWait`, `BudgetUnavailable`, `VenueAnswered429` and `VenueAnswered418`.
    """

    def __init__(self, budget: Budget, measures: Measures) -> None:
        self._budget = budget
        self._measures = measures

    async def acquire(self, ask: Ask) -> Grant | Wait:
        """Take a place now, or learn how long to wait."""
        try:
            answer = await self._budget.acquire(ask)
        except Unavailable:
            self._measures.count("BudgetUnavailable")
            raise
        if isinstance(answer, Wait):
            self._measures.count("BudgetToldToWait")
        return answer

    async def report(self, report: Report) -> None:
        """Fold in what came of a grant."""
        self._measures.duration_ms(f"BudgetWait{report.priority.name.title()}", report.waited_ms)
        if report.status in COMPLAINTS:
            self._measures.count(f"VenueAnswered{report.status}")
        limits = table_of(report.grant.venue).limits
        for limit, used in report.used.items():
            if limit in limits:
                self._measures.percent("BudgetUsed", 100 * used / limits[limit].limit)
        await self._budget.report(report)

    async def lease(self, venue: VenueId, egress: Egress, lease_ms: int) -> None:
        """Keep an egress among those that may be chosen."""
        await self._budget.lease(venue, egress, lease_ms)

    async def release(self, venue: VenueId, egress: str) -> None:
        """Take an egress out at once."""
        await self._budget.release(venue, egress)


class MeteredAnswers:
    """`AnswerCache`; measures `CacheHit`, `CacheCoalesced`, `CacheBatched` and `CacheFetched`."""

    def __init__(self, cache: AnswerCache, measures: Measures) -> None:
        self._cache = cache
        self._measures = measures

    async def get(self, key: str) -> Answer | None:
        """The kept answer, while it is fresh."""
        return await self._cache.get(key)

    async def put(self, key: str, answer: Answer, ttl_ms: int) -> None:
        """Keep an answer for so long."""
        await self._cache.put(key, answer, ttl_ms)

    async def lead(self, key: str, lease_ms: int) -> bool:
        """Whether this caller fetches for everybody."""
        return await self._cache.lead(key, lease_ms)

    async def asked(self, key: str, value: str, within_ms: int) -> int:
        """Note a row that was asked for; how many different ones were lately."""
        return await self._cache.asked(key, value, within_ms)

    async def count(self, venue: VenueId, what: str, count: int) -> None:
        """So many more of `hit`, `coalesced`, `batched` or `fetched`."""
        self._measures.count(f"Cache{what.capitalize()}", count)
        await self._cache.count(venue, what, count)
