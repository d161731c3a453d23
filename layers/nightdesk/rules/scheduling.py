"""Rule sets that only the calendar decides: which minute makes them fire, whoever looks.

The tracker and a schedule of the cloud both tell them. A candidate of such a rule set is of its minute, not of the
instant at which somebody saw that the minute had come, so both tell the same one, and it is judged once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from nightdesk.kernel.ids import CorrelationId
from nightdesk.kernel.instants import Clock
from nightdesk.rules.engine import advance
from nightdesk.rules.firing import CandidateRef, CandidateRow, candidate_id
from nightdesk.rules.judging import StoredRuleSet
from nightdesk.rules.model import LATE_MAX, AllOf, AnyOf, Operand, RuleSet, Schedule, TrailingStop, nodes
from nightdesk.rules.ports import ScopeReading
from nightdesk.rules.schedule import MINUTE
from nightdesk.rules.state import Due, RuleSetState, Trail

_CALENDAR: Final = (AllOf, AnyOf, Schedule)


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to which instant of market time every minute was told, and when in wall time that was."""

    as_of: datetime
    told_at: datetime


class ScheduledRules(Protocol):
    """Watched rule sets with schedules, of all tenants."""

    def scheduled(self) -> Sequence[StoredRuleSet]:
        """Every one."""
        ...

    def mark(self) -> Mark | None:
        """Where telling has got to; None before the first time."""
        ...

    def tell(self, candidates: Sequence[CandidateRow], mark: Mark) -> None:
        """Keep candidates until they are judged, each once, and where telling has got to."""
        ...


class CandidateQueue(Protocol):
    """Where candidates wait to be judged."""

    def send(self, refs: Sequence[CandidateRef]) -> None:
        """Hand the candidates over.

        Raises:
            Unavailable: `queue.unavailable`: at least one was not taken.
        """
        ...


class _NoFigures:
    """`Readings`: the calendar reads none."""

    def value(self, operand: Operand) -> Decimal | None:  # noqa: ARG002 - none is known
        return None

    def past(self, operand: Operand, at: datetime) -> Decimal | None:  # noqa: ARG002 - none is known
        return None

    def scope(self, stop: TrailingStop, trail: Trail | None) -> ScopeReading | None:  # noqa: ARG002 - none is known
        return None


def is_scheduled(rule_set: RuleSet) -> bool:
    """Whether it is made of schedules only, joined by and, or."""
    found = tuple(nodes(rule_set.condition))
    return all(isinstance(node, _CALENDAR) for node in found) and any(isinstance(node, Schedule) for node in found)


def minute_of(rule_set: RuleSet, before: RuleSetState, instant: datetime) -> datetime:
    """Of which minute a candidate of the instant is; of other rule sets, and if no minute was due, the instant."""
    due = [node.next_at for node in before.nodes.values() if isinstance(node, Due) and node.next_at <= instant]
    return max(due) if due and is_scheduled(rule_set) else instant


def state_at(stored: StoredRuleSet, minute: datetime) -> RuleSetState:
    """What the rule set remembers when the minute begins: that it was waited for."""
    numbered = enumerate(nodes(stored.rule_set.condition))
    due = {number: Due(minute) for number, node in numbered if isinstance(node, Schedule)}
    return RuleSetState(nodes=due, firings=stored.firings, last_fired_at=stored.last_fired_at)


def due_minute(stored: StoredRuleSet, after: datetime, until: datetime) -> datetime | None:
    """The last minute after an instant, up to another, at which the rule set fires; none that is too long ago."""
    minute = until.replace(second=0, microsecond=0)
    while minute > max(after, until - LATE_MAX):
        if advance(stored.rule_set, state_at(stored, minute), minute, _NoFigures()).fires:
            return minute
        minute -= MINUTE
    return None


class ScheduleTeller:
    """Runs each minute.

    Args:
        market_at: The market's time; None while nobody knows it.
    """

    def __init__(
        self,
        rules: ScheduledRules,
        queue: CandidateQueue,
        *,
        clock: Clock,
        market_at: Callable[[], datetime | None],
        new_correlation: Callable[[], CorrelationId],
    ) -> None:
        self._rules = rules
        self._queue = queue
        self._clock = clock
        self._market_at = market_at
        self._new_correlation = new_correlation

    def run(self) -> int:
        """Tell the rule sets whose minute has come since the last time; how many.

        Raises:
            Unavailable: The database or the queue does not answer; the next run, or the sweeper, goes on.
        """
        market_at = self._market_at()
        if market_at is None:
            return 0
        now, mark = Mark(market_at, self._clock.now()), self._rules.mark()
        if mark is None or mark.as_of >= now.as_of:
            if mark is None:
                self._rules.tell((), now)
            return 0
        rows = [row for stored in self._rules.scheduled() if (row := self._row(stored, mark, now)) is not None]
        self._rules.tell(rows, now)
        if rows:
            self._queue.send([_ref(row) for row in rows])
        return len(rows)

    def _row(self, stored: StoredRuleSet, mark: Mark, now: Mark) -> CandidateRow | None:
        rule_set, armed_at = stored.rule_set, stored.armed_at
        if armed_at is None or not is_scheduled(rule_set):
            return None
        minute = due_minute(stored, max(mark.as_of, _in_market(armed_at, mark, now)), now.as_of)
        if minute is None:
            return None
        return CandidateRow(
            tenant_id=rule_set.tenant_id,
            rule_set_id=rule_set.rule_set_id,
            candidate_id=candidate_id(rule_set.rule_set_id, armed_at, minute),
            version=rule_set.version,
            armed_at=armed_at,
            instant=minute,
            before=state_at(stored, minute),
            told_at=now.told_at,
            correlation_id=self._new_correlation(),
        )


def _in_market(wall: datetime, mark: Mark, now: Mark) -> datetime:
    """The market's time at a wall time between two marks; earlier than the first, that one's."""
    passed = now.told_at - mark.told_at
    if wall <= mark.told_at or passed <= timedelta(0):
        return mark.as_of
    return mark.as_of + (now.as_of - mark.as_of) * ((wall - mark.told_at) / passed)


def _ref(row: CandidateRow) -> CandidateRef:
    return CandidateRef(row.tenant_id, row.rule_set_id, row.candidate_id, row.correlation_id)
