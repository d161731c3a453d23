"""Watches every rule set through the market's time: the arrays say where to look, the engine looks.

The exact memory of a rule set is brought up to date only at instants at which it may change, and a trailing stop's new
best only when somebody needs it; what is remembered and what fires is as if the engine had looked every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.compiled import CompiledRules
from nightdesk.rules.compiled_block import NEVER, Tick, epoch_s
from nightdesk.rules.engine import Decision, Step, advance
from nightdesk.rules.model import RuleSet
from nightdesk.rules.ports import Readings
from nightdesk.rules.schedule import MINUTE
from nightdesk.rules.state import RuleSetState

AGAIN_AFTER: Final = timedelta(seconds=5)
"""So long a candidate that nobody has judged is not told again, in market time."""


class Snapshot(Protocol):
    """Everything known at one instant; it does not change any more."""

    @property
    def instant(self) -> datetime:
        """Of market time."""
        ...

    def readings(self, rule_set: RuleSet) -> Readings:
        """Exact figures for the rule set."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule set that fires as far as the tracker can tell.

    Attributes:
        before: What it remembered before the instant.
    """

    rule_set: RuleSet
    before: RuleSetState
    snapshot: Snapshot
    step: Step


class RuleWatch:
    """The watched rule sets and what they remember.

    Attributes:
        compiled: The arrays.
    """

    def __init__(self, compiled: CompiledRules | None = None) -> None:
        self.compiled = CompiledRules() if compiled is None else compiled
        self._snapshots: dict[int, Snapshot] = {}
        self._changed: set[RuleSetId] = set()

    def put(self, rule_set: RuleSet, state: RuleSetState) -> None:
        """Watch a rule set from this state on, in the place of its version before."""
        self._changed.discard(rule_set.rule_set_id)
        self.compiled.put(rule_set, state)

    def remove(self, rule_set_id: RuleSetId) -> None:
        """Watch the rule set no longer."""
        self._changed.discard(rule_set_id)
        self.compiled.remove(rule_set_id)

    def fired(self, rule_set_id: RuleSetId, firings: int, at: datetime) -> None:
        """Take in that the rule set has fired so often, the last time then; known already, it changes nothing."""
        self._settle(rule_set_id)
        state = self.compiled.state(rule_set_id)
        if state.firings < firings:
            self._take(rule_set_id, state.fired(at))
            self.compiled.quiet(rule_set_id, 0.0)

    def tick(self, tick: Tick, snapshot: Snapshot, also: Iterable[RuleSetId] = ()) -> list[Candidate]:
        """Take every rule set to an instant; which of them fire.

        Args:
            tick: The figures as floats.
            snapshot: The same, exactly.
            also: Rule sets to look at in any case, for what they hold has changed.
        """
        held = tuple(also)
        for rule_set_id in held:
            self._settle(rule_set_id)  # the arrays would take what came in for a new best
        exact = dict.fromkeys((*self.compiled.tick(tick), *held))
        self._snapshots[tick.number] = snapshot
        looked = [self._look(rule_set_id, snapshot, tick.number) for rule_set_id in exact]
        return [candidate for candidate in looked if candidate is not None]

    def changes(self, at_most: int) -> Mapping[RuleSetId, RuleSetState]:
        """What changed in memory since the last call, of so many rule sets at most."""
        for rule_set_id in self.compiled.all_noted(at_most):
            self._settle(rule_set_id)
        needed = self.compiled.noted_ticks()
        self._snapshots = {number: each for number, each in self._snapshots.items() if number in needed}
        told = [rule_set_id for _, rule_set_id in zip(range(at_most), self._changed, strict=False)]
        self._changed.difference_update(told)
        return {rule_set_id: self.compiled.state(rule_set_id) for rule_set_id in told}

    def change_again(self, rule_set_ids: Iterable[RuleSetId]) -> None:
        """Tell these changes once more, for they were not kept."""
        self._changed.update(rule_set_id for rule_set_id in rule_set_ids if rule_set_id in self.compiled)

    def _look(self, rule_set_id: RuleSetId, snapshot: Snapshot, number: int) -> Candidate | None:
        self._settle(rule_set_id, but=number)
        rule_set, before = self.compiled.rule_set(rule_set_id), self.compiled.state(rule_set_id)
        step = advance(rule_set, before, snapshot.instant, snapshot.readings(rule_set))
        self._take(rule_set_id, step.state)
        until = _quiet_until(rule_set, step, snapshot.instant)
        if until is not None:
            self.compiled.quiet(rule_set_id, until)
        return Candidate(rule_set, before, snapshot, step) if step.fires else None

    def _settle(self, rule_set_id: RuleSetId, but: int | None = None) -> None:
        """Remember exactly the best that was only noted, unless at this tick."""
        number = self.compiled.noted(rule_set_id)
        if number is not None and number != but:
            snapshot = self._snapshots[number]
            rule_set, before = self.compiled.rule_set(rule_set_id), self.compiled.state(rule_set_id)
            step = advance(rule_set, before, snapshot.instant, snapshot.readings(rule_set))
            self._take(rule_set_id, step.state)

    def _take(self, rule_set_id: RuleSetId, state: RuleSetState) -> None:
        if state != self.compiled.state(rule_set_id):
            self._changed.add(rule_set_id)
        self.compiled.take(rule_set_id, state)


def _quiet_until(rule_set: RuleSet, step: Step, instant: datetime) -> float | None:
    """Until when the rule set's truth alone is no reason to look again."""
    match step.decision:
        case Decision.FIRE:
            return epoch_s(instant + AGAIN_AFTER)
        case Decision.DONE:
            return NEVER
        case Decision.NOT_ACTIVE:
            return epoch_s(instant.replace(second=0, microsecond=0) + MINUTE)
        case Decision.COOLING_DOWN if step.state.last_fired_at is not None:
            return epoch_s(step.state.last_fired_at + rule_set.cooldown)
        case _:
            return None
