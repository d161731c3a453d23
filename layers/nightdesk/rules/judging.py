"""Judges candidates: exactly, one at a time for each rule set, with everything that follows in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from nightdesk.accounts.model import Event
from nightdesk.kernel.errors import Unavailable
from nightdesk.kernel.ids import CorrelationId, TenantId
from nightdesk.kernel.instants import Clock, format_instant
from nightdesk.rules.action_ports import ActionJournal, ActionQueue, ActionsDue, RuleSetId
from nightdesk.rules.engine import Step, advance
from nightdesk.rules.firing import CandidateId, CandidateRef, CandidateRow, Firing, Verdict, firing_id, reason_of
from nightdesk.rules.model import Mode, RuleSet
from nightdesk.rules.reading import ExactReadings, Seen
from nightdesk.rules.state import RuleSetState

FRESH_FOR: Final = timedelta(seconds=10)
"""So long a candidate is judged on the prices of its instant; later, or told in the future, on those of now."""

FIRED: Final = "rule.fired.v1"
DISAGREES: Final = "disagrees"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRuleSet:
    """A rule set with how often it fired.

    Attributes:
        firings: Since it was armed.
        firings_ever: Since it was made.
        last_fired_at: In market time, since it was armed.
        armed_at: When it began to be watched, in wall time; None if it never was.
    """

    rule_set: RuleSet
    firings: int
    firings_ever: int
    last_fired_at: datetime | None
    armed_at: datetime | None


class RuleSetRows(Protocol):
    """Rule sets and their firings, within one transaction of one tenant."""

    def lock(self, tenant_id: TenantId, rule_set_id: RuleSetId) -> StoredRuleSet | None:
        """The rule set, held until the transaction ends; None when it was removed."""
        ...

    def candidate(self, tenant_id: TenantId, candidate_id: CandidateId) -> CandidateRow | None:
        """The candidate, unless it was judged."""
        ...

    def judge(self, candidate: CandidateRow, verdict: Verdict) -> None:
        """Keep what came of it."""
        ...

    def add_firing(self, firing: Firing) -> None:
        """Keep the firing and count it.

        Raises:
            Conflict: There is one of this number.
        """
        ...


class Outbox(Protocol):
    """Keeps events in the transaction until they are published."""

    def add(self, tenant_id: TenantId, event: Event, correlation_id: CorrelationId, created_at: datetime) -> None:
        """Keep the event until it is published."""
        ...


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """Figures that were read by who judges.

    Attributes:
        contradicted: Once everything was read: figures of the candidate that are others, as it was told with.
    """

    readings: ExactReadings
    contradicted: Callable[[], Mapping[str, Seen]] = dict


class ReadingsOf(Protocol):
    """Reads what a rule set names, by itself."""

    def __call__(self, rule_set: RuleSet, candidate: CandidateRow, *, is_fresh: bool) -> OwnFigures:
        """Its figures: at the candidate's prices while it is fresh, at the present ones later.

        Raises:
            Unavailable: A store does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class JudgingUnit:
    """What shares one transaction."""

    rows: RuleSetRows
    outbox: Outbox
    actions: ActionJournal
    readings: ReadingsOf


class JudgingUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[JudgingUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class JudgingService:
    """Decides which candidates fire."""

    def __init__(self, units: JudgingUnits, queue: ActionQueue, clock: Clock) -> None:
        self._units = units
        self._queue = queue
        self._clock = clock

    def judge(self, ref: CandidateRef) -> str | None:
        """Judge the candidate; its outcome, or None when it was judged before.

        Raises:
            Unavailable: A store does not answer: try again.
        """
        with self._units(ref.tenant_id) as unit:
            stored = unit.rows.lock(ref.tenant_id, ref.rule_set_id)
            candidate = unit.rows.candidate(ref.tenant_id, ref.candidate_id)
            if candidate is None:
                return None
            verdict, due = self._judged(unit, stored, candidate)
            unit.rows.judge(candidate, verdict)
        if due is not None:
            self._send(due)
        return verdict.outcome

    def _judged(
        self, unit: JudgingUnit, stored: StoredRuleSet | None, candidate: CandidateRow
    ) -> tuple[Verdict, ActionsDue | None]:
        now = self._clock.now()
        passed = _passed_over(stored, candidate)
        if stored is None or passed is not None:
            return Verdict(outcome=passed or "removed", judged_at=now), None
        rule_set = stored.rule_set
        own = unit.readings(rule_set, candidate, is_fresh=abs(now - candidate.told_at) <= FRESH_FOR)
        step = advance(rule_set, _remembered(stored, candidate), candidate.instant, own.readings)
        truths = {rule.name: truth for rule, truth in zip(rule_set.rules, step.truths, strict=True)}
        contradicted = own.contradicted() if step.fires else {}
        told = {f"told: {text}": seen for text, seen in contradicted.items()}
        outcome = DISAGREES if contradicted else step.decision.value
        verdict = Verdict(outcome=outcome, judged_at=now, truths=truths, seen={**own.readings.seen, **told})
        return verdict, None if contradicted else self._fire(unit, stored, candidate, (step, own.readings, now))

    def _fire(
        self,
        unit: JudgingUnit,
        stored: StoredRuleSet,
        candidate: CandidateRow,
        looked: tuple[Step, ExactReadings, datetime],
    ) -> ActionsDue | None:
        step, readings, now = looked
        if not step.fires:
            return None
        firing = _firing(stored, candidate, readings, now)
        unit.rows.add_firing(firing)
        unit.outbox.add(firing.tenant_id, _event(firing), firing.correlation_id, now)
        if firing.mode is not Mode.LIVE:
            return None
        due = _due(stored.rule_set, firing, readings)
        unit.actions.begin(due)
        return due

    def _send(self, due: ActionsDue) -> None:
        # The runs are kept; what a queue did not take, a sweeper sends.
        try:
            self._queue.send(due)
        except Unavailable as error:
            _log.warning("actions left to the sweeper: %s", error.code)


def _passed_over(stored: StoredRuleSet | None, candidate: CandidateRow) -> str | None:
    """Why a candidate is not looked at."""
    if stored is None:
        return "removed"
    if stored.rule_set.version != candidate.version:
        return "edited"
    if not stored.rule_set.mode.is_watched or stored.armed_at != candidate.armed_at:
        return "not_watched"
    return "duplicate" if stored.firings != candidate.before.firings else None


def _remembered(stored: StoredRuleSet, candidate: CandidateRow) -> RuleSetState:
    before = candidate.before
    return RuleSetState(
        nodes=before.nodes, released=before.released, firings=stored.firings, last_fired_at=stored.last_fired_at
    )


def _firing(stored: StoredRuleSet, candidate: CandidateRow, readings: ExactReadings, now: datetime) -> Firing:
    rule_set, number = stored.rule_set, stored.firings_ever + 1
    return Firing(
        tenant_id=rule_set.tenant_id,
        rule_set_id=rule_set.rule_set_id,
        firing_id=firing_id(rule_set.rule_set_id, number),
        version=rule_set.version,
        mode=rule_set.mode,
        number=number,
        instant=candidate.instant,
        fired_at=now,
        reason=reason_of(rule_set.rules, readings.seen),
        evidence=dict(readings.seen),
        correlation_id=candidate.correlation_id,
    )


def _due(rule_set: RuleSet, firing: Firing, readings: ExactReadings) -> ActionsDue:
    made = [each.at for each in readings.seen.values() if each.at is not None and each.source == "price"]
    return ActionsDue(
        tenant_id=firing.tenant_id,
        portfolio_id=rule_set.portfolio_id,
        rule_set_id=firing.rule_set_id,
        rule_set_version=firing.version,
        rule_set=rule_set.name,
        firing_id=firing.firing_id,
        reason=firing.reason,
        actions=rule_set.actions,
        policy=rule_set.policy,
        correlation_id=firing.correlation_id,
        fired_at=firing.fired_at,
        seen_at=max(made, default=None),
    )


def _event(firing: Firing) -> Event:
    payload: dict[str, str | int | None] = {
        "rule_set_id": str(firing.rule_set_id),
        "firing_id": str(firing.firing_id),
        "version": firing.version,
        "mode": firing.mode.value,
        "instant": format_instant(firing.instant),
        "reason": firing.reason[:1000],
    }
    return Event(name=FIRED, payload=payload)
