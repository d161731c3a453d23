"""How far a rule set is from firing, for people to watch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.kernel.money import divide, subtract
from nightdesk.rules.engine import Decision, Truth, advance, past_step
from nightdesk.rules.model import (
    Compare,
    Condition,
    Cross,
    Direction,
    Held,
    Operand,
    PercentChange,
    Relation,
    RuleSet,
    Schedule,
    TrailingStop,
    nodes,
)
from nightdesk.rules.ports import Readings
from nightdesk.rules.state import Due, NodeState, RuleSetState, Trail, TrueSince

_UPWARDS = frozenset({Relation.ABOVE, Relation.NOT_BELOW, Direction.ABOVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """How far one condition is from being true.

    Attributes:
        number: Of the condition, as states are numbered.
        what: `compare`, `cross`, `change`, `arms`, `fires`, `due` or `held`.
        value: The figure that moves.
        threshold: Where it has to get.
        ratio: By what part of its size it has to move; at most 0 once it is there. Of a change, the difference.
        at: When a schedule is due, or since when a held condition is true.
    """

    rule: str
    number: int
    what: str
    value: Decimal | None = None
    threshold: Decimal | None = None
    ratio: Decimal | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A rule set at an instant.

    Attributes:
        truths: Of each rule, in order.
        distances: Of each condition that compares, trails, waits or is held.
    """

    truths: tuple[Truth, ...]
    decision: Decision
    distances: tuple[Distance, ...]
    state: RuleSetState


def show(rule_set: RuleSet, state: RuleSetState, instant: datetime, readings: Readings) -> Shown:
    """The rule set as it is; nothing is remembered of it."""
    step = advance(rule_set, state, instant, readings)
    shower = _Shower(step.state, instant, readings)
    distances = tuple(shower.distances(rule_set))
    return Shown(truths=step.truths, decision=step.decision, distances=distances, state=step.state)


@dataclass(frozen=True, slots=True)
class _Shower:
    state: RuleSetState
    instant: datetime
    readings: Readings

    def distances(self, rule_set: RuleSet) -> Iterator[Distance]:
        number = 0
        for rule in rule_set.rules:
            for node in nodes(rule.condition):
                number += 1
                distance = self._of(node, rule.name, number)
                if distance is not None:
                    yield distance

    def _of(self, node: Condition, rule: str, number: int) -> Distance | None:
        match node:
            case Compare(left, way, right):
                return self._between((left, right), "compare", (rule, number), upwards=way in _UPWARDS)
            case Cross(left, direction, right):
                return self._between((left, right), "cross", (rule, number), upwards=direction in _UPWARDS)
            case PercentChange():
                return self._change(node, rule, number)
            case TrailingStop():
                return self._stop(node, rule, number)
            case Schedule() | Held():
                return _waiting(self.state.nodes.get(number), rule, number)
            case _:
                return None

    def _between(self, pair: tuple[Operand, Operand], what: str, place: tuple[str, int], *, upwards: bool) -> Distance:
        value, threshold = self.readings.value(pair[0]), self.readings.value(pair[1])
        rule, number = place
        ratio = None
        if value and threshold is not None:
            missing = subtract(threshold, value) if upwards else subtract(value, threshold)
            ratio = divide(missing, abs(value))
        return Distance(rule=rule, number=number, what=what, value=value, threshold=threshold, ratio=ratio)

    def _change(self, node: PercentChange, rule: str, number: int) -> Distance:
        now = self.readings.value(node.operand)
        past = self.readings.past(node.operand, past_step(node.window, self.instant))
        if now is None or not past:
            return Distance(rule=rule, number=number, what="change", threshold=node.ratio)
        value = divide(subtract(now, past), abs(past))
        missing = subtract(node.ratio, value)
        ratio = missing if node.relation in _UPWARDS else -missing
        return Distance(rule=rule, number=number, what="change", value=value, threshold=node.ratio, ratio=ratio)

    def _stop(self, stop: TrailingStop, rule: str, number: int) -> Distance:
        trail = self.state.nodes.get(number)
        reading = self.readings.scope(stop, trail if isinstance(trail, Trail) else None)
        if not isinstance(trail, Trail) or reading is None:
            return Distance(rule=rule, number=number, what="arms")
        is_armed = trail.armed_at is not None
        threshold = trail.sell_at(stop) if is_armed else trail.arm_at(stop)
        missing = subtract(reading.value, threshold) if is_armed else subtract(threshold, reading.value)
        return Distance(
            rule=rule,
            number=number,
            what="fires" if is_armed else "arms",
            value=reading.value,
            threshold=threshold,
            ratio=divide(missing, reading.value) if reading.value else None,
        )


def _waiting(state: NodeState | None, rule: str, number: int) -> Distance | None:
    match state:
        case Due(next_at):
            return Distance(rule=rule, number=number, what="due", at=next_at)
        case TrueSince(since):
            return Distance(rule=rule, number=number, what="held", at=since)
        case _:
            return None
