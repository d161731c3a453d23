"""The engine: from what was remembered and what is read at an instant to what is true and whether to fire.

The same code decides live, in shadow and in a replay. It knows no clock and reads nothing by itself. What is not known
is neither true nor false: it makes nothing fire, and nothing is remembered of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import Final

from nightdesk.kernel.instants import EPOCH
from nightdesk.kernel.money import EXACT, subtract
from nightdesk.rules.model import (
    LATE_MAX,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Cross,
    Direction,
    Held,
    Not,
    PercentChange,
    Relation,
    RuleSet,
    Schedule,
    TrailingStop,
    change_step,
)
from nightdesk.rules.ports import Readings
from nightdesk.rules.schedule import is_active, names, next_after
from nightdesk.rules.state import Crossed, Due, NodeState, RuleSetState, TrueSince
from nightdesk.rules.trailing import follow

Truth = bool | None
Known = Mapping[int, NodeState]

RELATIONS: Final[Mapping[Relation, Callable[[Decimal, Decimal], bool]]] = {
    Relation.ABOVE: gt,
    Relation.NOT_BELOW: ge,
    Relation.BELOW: lt,
    Relation.NOT_ABOVE: le,
}


class Decision(StrEnum):
    """What follows from an instant.

    `fire` is the only one after which something happens. The others say why not: not true or not known, true
    since the last firing without a break, too soon after it, outside the active hours, done after one firing.
    """

    FIRE = "fire"
    NOT_TRUE = "not_true"
    NOT_KNOWN = "not_known"
    NOT_RELEASED = "not_released"
    COOLING_DOWN = "cooling_down"
    NOT_ACTIVE = "not_active"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Step:
    """What an instant brought.

    Attributes:
        state: To be remembered. A firing is not in it yet: `RuleSetState.fired` puts it in.
        truths: Of each rule, in order.
    """

    state: RuleSetState
    truths: tuple[Truth, ...]
    decision: Decision

    @property
    def fires(self) -> bool:
        """Whether to fire."""
        return self.decision is Decision.FIRE


def advance(rule_set: RuleSet, state: RuleSetState, instant: datetime, readings: Readings) -> Step:
    """Take the rule set to an instant, later than the one before."""
    walk = _Walk(state.nodes, instant, readings)
    truths = tuple(walk.truths(rule.condition for rule in rule_set.rules))
    together = _all(truths)
    seen = replace(state, nodes=walk.after, released=state.released or together is False)
    return Step(seen, truths, decide(rule_set, seen, together, instant))


def decide(rule_set: RuleSet, state: RuleSetState, together: Truth, instant: datetime) -> Decision:
    """What follows when the rules are together so, and this is remembered."""
    if not together:
        return Decision.NOT_KNOWN if together is None else Decision.NOT_TRUE
    return _held_back(rule_set, state, instant) or Decision.FIRE


def _held_back(rule_set: RuleSet, state: RuleSetState, instant: datetime) -> Decision | None:
    """Why true rules don't fire now."""
    if state.firings and not rule_set.repeating:
        return Decision.DONE
    if not state.released:
        return Decision.NOT_RELEASED
    if state.last_fired_at is not None and instant - state.last_fired_at < rule_set.cooldown:
        return Decision.COOLING_DOWN
    if rule_set.active_hours is not None and not is_active(rule_set.active_hours, instant):
        return Decision.NOT_ACTIVE
    return None


class _Walk:
    """One pass over the conditions, each evaluated whether it matters or not, for each has its memory to keep."""

    def __init__(self, before: Known, instant: datetime, readings: Readings) -> None:
        self._before = before
        self._instant = instant
        self._readings = readings
        self._number = 0  # of the root, which is all of the rules
        self.after: dict[int, NodeState] = {}

    def truths(self, conditions: Iterator[Condition]) -> list[Truth]:
        return [self._truth(condition) for condition in conditions]

    def _truth(self, condition: Condition) -> Truth:
        self._number += 1
        number = self._number
        match condition:
            case AllOf(conditions):
                return _all(self.truths(iter(conditions)))
            case AnyOf(conditions):
                return _any(self.truths(iter(conditions)))
            case Not(inner):
                truth = self._truth(inner)
                return None if truth is None else not truth
            case Compare():
                return compared(condition, self._readings)
            case PercentChange():
                return changed(condition, self._instant, self._readings)
            case _:
                return self._remembered(condition, number)

    def _remembered(self, condition: Held | Cross | Schedule | TrailingStop, number: int) -> Truth:
        """Of a condition that has a memory."""
        match condition:
            case Held():
                return self._held(condition, number)
            case Cross():
                return self._crossed(condition, number)
            case Schedule():
                return self._due(condition, number)
            case _:
                return self._trailed(condition, number)

    def _crossed(self, condition: Cross, number: int) -> Truth:
        now, before = is_beyond(condition, self._readings), self._before.get(number)
        if now is None:
            self._keep(number, before)
            return None
        self._keep(number, Crossed(now))
        return None if not isinstance(before, Crossed) else now and not before.beyond

    def _held(self, condition: Held, number: int) -> Truth:
        truth = self._truth(condition.condition)
        if not truth:
            return truth
        before = self._before.get(number)
        since = before.since if isinstance(before, TrueSince) else self._instant
        self._keep(number, TrueSince(since))
        return self._instant - since >= condition.lasting

    def _due(self, condition: Schedule, number: int) -> Truth:
        before = self._before.get(number)
        if isinstance(before, Due) and self._instant < before.next_at:
            self._keep(number, before)
            return False
        self._keep(number, Due(next_after(condition, self._instant)))
        if not isinstance(before, Due):
            return False
        return is_named_lately(condition, before.next_at, self._instant)

    def _trailed(self, condition: TrailingStop, number: int) -> Truth:
        trail = self._before.get(number)
        followed = follow(condition, trail, self._instant, self._readings)
        self._keep(number, followed.trail)
        return followed.truth

    def _keep(self, number: int, state: NodeState | None) -> None:
        if state is not None:
            self.after[number] = state


def compared(condition: Compare, readings: Readings) -> Truth:
    """Whether the left stands in the relation to the right."""
    left, right = readings.value(condition.left), readings.value(condition.right)
    if left is None or right is None:
        return None
    return RELATIONS[condition.relation](left, right)


def is_beyond(condition: Cross, readings: Readings) -> Truth:
    """Whether the left is beyond the right, in the direction of the crossing."""
    left, right = readings.value(condition.left), readings.value(condition.right)
    if left is None or right is None:
        return None
    return left > right if condition.direction is Direction.ABOVE else left < right


def changed(condition: PercentChange, instant: datetime, readings: Readings) -> Truth:
    """Whether the change over the window stands in the relation to the ratio."""
    now = readings.value(condition.operand)
    past = readings.past(condition.operand, past_step(condition.window, instant))
    if now is None or not past:
        return None
    # Not divided, so that nothing is rounded.
    return RELATIONS[condition.relation](subtract(now, past), EXACT.multiply(condition.ratio, abs(past)))


def past_step(window: timedelta, instant: datetime) -> datetime:
    """The whole step whose value a change over the window is counted from."""
    at = instant - window
    return at - (at - EPOCH) % change_step(window)


def is_named_lately(schedule: Schedule, due: datetime, instant: datetime) -> bool:
    """Whether a minute that the schedule names began since it was due, and not too long ago."""
    if instant - due <= LATE_MAX:
        return names(schedule, due)
    return next_after(schedule, instant - LATE_MAX) <= instant


def _all(truths: Sequence[Truth]) -> Truth:
    if any(truth is False for truth in truths):
        return False
    return None if any(truth is None for truth in truths) else True


def _any(truths: Sequence[Truth]) -> Truth:
    if any(truths):
        return True
    return None if any(truth is None for truth in truths) else False
