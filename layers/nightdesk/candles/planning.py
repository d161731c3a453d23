"""Keeps histories covered: what is wanted gets ranges, what is missing is opened again, what was lost is sent again.

Runs every five minutes and does a bounded part each time; PostgreSQL remembers the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from nightdesk.candles.coverage import Coverage, settled_day, spans_to_plan
from nightdesk.candles.history_ports import CoveragePlan, CoveragePlans, HistoryUnit, RangeQueue, WishPolicy
from nightdesk.candles.judging import DISAGREEMENT_RATIO_MAX, disagreements
from nightdesk.candles.model import EARLIEST
from nightdesk.kernel.instants import Clock

SETTLED_AFTER: Final = timedelta(hours=1)
"""Days are planned so long after their end: streams have corrected them by then."""

SILENT_AFTER: Final = timedelta(minutes=3)
VERIFIED_FOR: Final = timedelta(days=1)
COMPARED_DAYS: Final = timedelta(days=2)
"""So much of the newest is compared with other venues each time that a series is verified."""

A_VENUE: Final = 2
"""So many ranges of a venue are worked on at once; each hands the turn to the next."""

PLANNED_A_RUN: Final = 500
VERIFIED_A_RUN: Final = 20
REPAIRS_MAX: Final = 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one run did."""

    wanted: int
    ranges: int
    verified: int
    missing: int
    sent: int


class CoveragePlanner:
    """Plans, verifies and sends.

    Args:
        market_at: The market's time; None while nobody knows it, then nothing is planned.
        kept_from: Nothing older is kept; asked with the market's time.
    """

    def __init__(
        self,
        *,
        plans: CoveragePlans,
        queue: RangeQueue,
        policy: WishPolicy,
        clock: Clock,
        market_at: Callable[[], datetime | None],
        kept_from: Callable[[datetime], datetime] = lambda _now: EARLIEST,
    ) -> None:
        self._plans = plans
        self._queue = queue
        self._policy = policy
        self._clock = clock
        self._market_at = market_at
        self._kept_from = kept_from

    def run(self) -> Planned:
        """One run.

        Raises:
            Unavailable: The database or the queue does not answer; the next run goes on.
        """
        with self._plans() as (plan, _):
            wanted = plan.want(plan.wishes(self._policy), self._clock.now())
        market_at = self._market_at()
        ranges = 0 if market_at is None else self._plan(market_at)
        verified, missing = (0, 0) if market_at is None else self._verify(market_at)
        return Planned(wanted=wanted, ranges=ranges, verified=verified, missing=missing, sent=self._send())

    def _plan(self, market_at: datetime) -> int:
        settled, kept_from, made = settled_day(market_at, SETTLED_AFTER), self._kept_from(market_at), 0
        with self._plans() as (plan, _):
            for coverage in plan.unplanned(kept_from, settled, PLANNED_A_RUN):
                spans = spans_to_plan(coverage, kept_from=kept_from, settled=settled)
                plan.plan(coverage, spans, settled, self._clock.now())
                made += len(spans)
        return made

    def _verify(self, market_at: datetime) -> tuple[int, int]:
        now, missing = self._clock.now(), 0
        with self._plans() as (plan, _):
            due = plan.unverified(now - VERIFIED_FOR, VERIFIED_A_RUN)
        for coverage in due:  # a transaction each: a long count holds nothing that others wait for
            with self._plans() as (plan, unit):
                missing += self._verify_one(plan, unit, coverage, self._kept_from(market_at))
        return len(due), missing

    def _verify_one(self, plan: CoveragePlan, unit: HistoryUnit, coverage: Coverage, kept_from: datetime) -> int:
        if coverage.planned_from is None or coverage.planned_until is None:
            return 0
        now, since = self._clock.now(), max(coverage.planned_from, kept_from)
        gaps = unit.count(coverage.series, since, coverage.planned_until, now)
        opened = plan.reopen(coverage.series, gaps, REPAIRS_MAX)
        if opened:
            _log.warning("minutes missing", extra={"series": coverage.series, "gaps": len(gaps), "ranges": opened})
        self._compare(unit, coverage, now)
        plan.verified(coverage.series, now)
        return len(gaps)

    def _compare(self, unit: HistoryUnit, coverage: Coverage, now: datetime) -> None:
        """Raise where the newest days differ from other venues' of the same pair; nothing is overwritten."""
        assert coverage.planned_until is not None  # noqa: S101 - it was planned
        until = coverage.planned_until
        apart = unit.apart(coverage.series, until - COMPARED_DAYS, until, DISAGREEMENT_RATIO_MAX)
        for hole in (raised := disagreements(apart)):
            _log.warning("venues disagree", extra={"series": coverage.series, "detail": hole.detail})
        unit.keep_holes(coverage.series, raised, now)

    def _send(self) -> int:
        now = self._clock.now()
        with self._plans() as (plan, _):
            jobs = plan.waiting(now - SILENT_AFTER, A_VENUE, now)
        if jobs:
            self._queue.send(jobs)
        return len(jobs)
