"""Conditions over a run of bars at once: where a rule set must be looked at, and what it remembers at any bar.

Truth is a pair of arrays: may be true, and may be false. Neither is "not known"; both is "too close to tell", which
only a trailing stop can be: everything else that floats can't tell is settled exactly. So the engine has to look only
where something may follow, and finds there the memory it would have kept had it looked at each bar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Protocol

import numpy as np

from nightdesk.indicators.bars import Floats
from nightdesk.rules.compiled_block import epoch_s
from nightdesk.rules.engine import Truth, changed, compared, is_beyond, is_named_lately
from nightdesk.rules.model import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Cross,
    Direction,
    Held,
    Not,
    Operand,
    PercentChange,
    Relation,
    RuleSet,
    Schedule,
    TrailingStop,
    change_step,
    nodes,
)
from nightdesk.rules.ports import Readings
from nightdesk.rules.replay_figures import SLACK, Column, Worth
from nightdesk.rules.replay_relations import DOWNWARDS, OPPOSITES, related, unclear
from nightdesk.rules.replay_truths import Branch, Flags, Memory, Truths, all_of, any_of, latest_of
from nightdesk.rules.schedule import next_after
from nightdesk.rules.state import Crossed, Due, NodeState, RuleSetState, Trail, TrueSince

Settle = Callable[[Readings, datetime], Truth]


class Market(Protocol):
    """What a scan reads of the bars from `begin` until before `end`; places count from the first bar of the replay."""

    @property
    def begin(self) -> int:
        """The first bar."""
        ...

    @property
    def ends_s(self) -> Floats:
        """When each bar ends."""
        ...

    def instant(self, place: int) -> datetime:
        """When a bar ends."""
        ...

    def of(self, operand: Operand) -> Column:
        """An operand at each bar."""
        ...

    def past(self, operand: Operand, step_s: Floats) -> Column:
        """The operand at the last bar that had ended by each of these instants."""
        ...

    def worth(self, stop: TrailingStop) -> Worth:
        """What the stop's scope is worth at each bar."""
        ...

    def exact_worth(self, stop: TrailingStop, place: int) -> Decimal:
        """The same exactly, at one bar."""
        ...

    def readings(self, place: int) -> Readings:
        """Everything exactly, at one bar."""
        ...

    def branch(self, condition: Condition) -> Branch | None:
        """The condition over all bars of the replay, if nothing in it depends on what is held."""
        ...

    def truths(self, condition: Compare, find: Callable[[], Truths]) -> Truths:
        """The condition over this run; found unless it is known already."""
        ...


def branch_of(condition: Condition, market: Market) -> Branch:
    """The condition over a run that begins with the first bar of the replay."""
    walk = _Walk({}, market)
    truths = walk.truths(condition)
    return Branch(truths, [(number - 1, memory) for number, memory in walk.memories], walk.visited)


class Scan:
    """One rule set over a run of bars, from what it remembered before the first of them.

    Attributes:
        together: Whether all rules may be true, and may not be.
        forced: Bars at which the memory changes in a way that only the engine can tell.
        released_at: The first bar at which it is sure that not all rules are true, so that it may fire again; -1 if it
            might already, the length of the run if there is none.
    """

    def __init__(self, rule_set: RuleSet, state: RuleSetState, market: Market) -> None:
        self._state = state
        self._begin = market.begin
        self._rule_set = rule_set
        walk = _Walk(state.nodes, market)
        self.together = all_of([walk.truths(rule.condition) for rule in rule_set.rules])
        self.forced, self._memories = walk.forced, walk.memories
        self.released_at = -1 if state.released else _first(self.together.may_not & ~self.together.may)

    @property
    def is_quiet(self) -> bool:
        """Whether what is held alone keeps the rules from being true."""
        may = self.together.may
        if may.strides[0] or may[0] or self.forced.any():
            return False
        return not any(isinstance(node, TrailingStop) for node in nodes(self._rule_set.condition))

    def state_after(self, place: int) -> RuleSetState:
        """What it remembers after a bar, if nothing made it fire until then."""
        kept = ((number, memory(place - self._begin)) for number, memory in self._memories)
        return RuleSetState(
            nodes={number: state for number, state in kept if state is not None},
            released=self.released_at <= place - self._begin,
            firings=self._state.firings,
            last_fired_at=self._state.last_fired_at,
        )


class _Walk:
    """One pass over conditions.

    Attributes:
        memories: What each condition that has one remembers after a bar of the run, by its number.
        forced: As of `Scan`.
        visited: How many conditions were seen.
    """

    def __init__(self, before: Mapping[int, NodeState], market: Market) -> None:
        self._before = before
        self._market = market
        self._length = len(market.ends_s)
        self.visited = 0  # the root is all of the rules and has the number 0
        self.memories: list[tuple[int, Memory]] = []
        self.forced: Flags = np.zeros(self._length, dtype=np.bool_)

    def truths(self, condition: Condition) -> Truths:
        """The condition at each bar."""
        branch = self._market.branch(condition)
        if branch is not None:
            return self._cut(branch)
        self.visited += 1
        number = self.visited
        match condition:
            case AllOf() | AnyOf() | Not():
                return self._grouped(condition)
            case Compare():
                return self._compared(condition)
            case PercentChange():
                return self._changed(condition)
            case _:
                return self._remembered(condition, number)

    def _grouped(self, condition: AllOf | AnyOf | Not) -> Truths:
        match condition:
            case AllOf(conditions):
                return all_of([self.truths(each) for each in conditions])
            case AnyOf(conditions):
                return any_of([self.truths(each) for each in conditions])
            case _:
                truths = self.truths(condition.condition)
                return Truths(truths.may_not, truths.may)

    def _cut(self, branch: Branch) -> Truths:
        """The run's part of what is known over all bars."""
        begin, first = self._market.begin, self.visited + 1
        self.visited += branch.size
        for number, memory in branch.memories:
            self.memories.append((first + number, partial(_later, memory, begin)))
        run = slice(begin, begin + self._length)
        return Truths(branch.truths.may[run], branch.truths.may_not[run])

    def _remembered(self, condition: Held | Cross | Schedule | TrailingStop, number: int) -> Truths:
        before = self._before.get(number)
        match condition:
            case Held():
                return self._held(condition, number, before)
            case Cross():
                return self._crossed(condition, number, before)
            case Schedule():
                return self._due(condition, number, before)
            case _:
                return self._trailed(condition, number, before)

    # Without memory ---------------------------------------------------------------------------------------------

    def _compared(self, condition: Compare) -> Truths:
        if condition.relation in DOWNWARDS:  # so that what two conditions turn round is found once
            upwards = self._compared(Compare(condition.left, OPPOSITES[condition.relation], condition.right))
            return Truths(upwards.may_not, upwards.may)
        return self._market.truths(condition, lambda: self._found(condition))

    def _found(self, condition: Compare) -> Truths:
        left, right = self._market.of(condition.left), self._market.of(condition.right)
        return self._related(left, right, condition.relation, lambda readings, _: compared(condition, readings))

    def _changed(self, condition: PercentChange) -> Truths:
        begin_s = self._market.ends_s - condition.window.total_seconds()
        past = self._market.past(condition.operand, begin_s - begin_s % change_step(condition.window).total_seconds())
        now, ratio, size = self._market.of(condition.operand), float(condition.ratio), np.abs(past.values)
        bounds = now.bounds + past.bounds * (1.0 + abs(ratio)) + SLACK * (np.abs(now.values) + size)
        gone = Column(now.values - past.values - ratio * size, bounds)
        nothing = Column(np.where((past.values == 0) & (past.bounds == 0), np.nan, 0.0), np.zeros(self._length))

        def settle(readings: Readings, instant: datetime) -> Truth:
            return changed(condition, instant, readings)

        return self._related(gone, nothing, condition.relation, settle)

    def _related(self, left: Column, right: Column, relation: Relation, settle: Settle) -> Truths:
        if left.is_constant and right.is_constant:
            once = self._told(left.first, right.first, relation, settle)
            return Truths(np.broadcast_to(once.may[0], self._length), np.broadcast_to(once.may_not[0], self._length))
        return self._told(left, right, relation, settle)

    def _told(self, left: Column, right: Column, relation: Relation, settle: Settle) -> Truths:
        """Told by floats, and where these can't tell, exactly."""
        truths = related(left, right, relation)
        for index in unclear(left, right):
            place = self._market.begin + index
            truth = settle(self._market.readings(place), self._market.instant(place))
            truths.may[index], truths.may_not[index] = truth is True, truth is False
        return truths

    # With memory ------------------------------------------------------------------------------------------------

    def _crossed(self, condition: Cross, number: int, before: NodeState | None) -> Truths:
        relation = Relation.ABOVE if condition.direction is Direction.ABOVE else Relation.BELOW
        left, right = self._market.of(condition.left), self._market.of(condition.right)
        beyond = self._related(left, right, relation, lambda readings, _: is_beyond(condition, readings))
        known: Flags = beyond.may | beyond.may_not
        latest = latest_of(known)
        first = before.beyond if isinstance(before, Crossed) else False
        was = np.concatenate([[first], np.where(latest >= 0, beyond.may[latest], first)])[:-1]
        had = np.concatenate([[isinstance(before, Crossed)], (latest >= 0) | isinstance(before, Crossed)])[:-1]

        def memory(index: int) -> NodeState | None:
            return before if latest[index] < 0 else Crossed(bool(beyond.may[latest[index]]))

        self.memories.append((number, memory))
        crossed = beyond.may & ~was & had
        return Truths(crossed, known & had & ~crossed)

    def _held(self, condition: Held, number: int, before: NodeState | None) -> Truths:
        inner = self.truths(condition.condition)
        since = before.since if isinstance(before, TrueSince) else None
        begun = latest_of(~inner.may) + 1  # of the present run of truth
        ends_s = self._market.ends_s
        since_s = ends_s[np.minimum(begun, self._length - 1)]
        if since is not None:
            since_s = np.where(begun == 0, epoch_s(since), since_s)
        lasted = ends_s - since_s >= condition.lasting.total_seconds()

        def memory(index: int) -> NodeState | None:
            if not inner.may[index]:
                return None
            first = int(begun[index])
            if first == 0 and since is not None:
                return TrueSince(since)
            return TrueSince(self._market.instant(self._market.begin + first))

        self.memories.append((number, memory))
        return Truths(inner.may & lasted, inner.may_not | (inner.may & ~lasted))

    def _due(self, condition: Schedule, number: int, before: NodeState | None) -> Truths:
        named: Flags = np.zeros(self._length, dtype=np.bool_)
        known: Flags = np.ones(self._length, dtype=np.bool_)
        turns: list[tuple[int, NodeState | None]] = [(-1, before)]
        for index, due in self._turns(condition, before):
            instant = self._market.instant(self._market.begin + index)
            named[index] = due is not None and is_named_lately(condition, due, instant)
            turns.append((index, Due(next_after(condition, instant))))
        places = np.array([index for index, _ in turns])

        def memory(index: int) -> NodeState | None:
            return turns[int(np.searchsorted(places, index, side="right")) - 1][1]

        self.memories.append((number, memory))
        return Truths(named, known & ~named)

    def _turns(self, condition: Schedule, before: NodeState | None) -> Iterator[tuple[int, datetime | None]]:
        """The bars at which the next named minute is looked for, and the one that was due."""
        due = before.next_at if isinstance(before, Due) else None
        index = 0 if due is None else int(np.searchsorted(self._market.ends_s, epoch_s(due)))
        while index < self._length:
            yield index, due
            due = next_after(condition, self._market.instant(self._market.begin + index))
            index = int(np.searchsorted(self._market.ends_s, epoch_s(due)))

    # Trailing stops ---------------------------------------------------------------------------------------------

    def _trailed(self, stop: TrailingStop, number: int, before: NodeState | None) -> Truths:
        worth = self._market.worth(stop)
        values, slack = worth.column.values, worth.column.bounds
        trail = before if isinstance(before, Trail) else None
        self._force(stop, trail, worth)
        if trail is None or trail.armed_at is None:
            falls: Flags = np.zeros(self._length, dtype=np.bool_)
            close = falls
        else:
            best: Floats = np.maximum.accumulate(np.maximum(values, float(trail.best)))
            sell_at = best * (1.0 - float(stop.trail_ratio))
            room = slack + SLACK * best
            falls, close = values <= sell_at + room, values >= sell_at - room

        def memory(index: int) -> NodeState | None:
            return self._trail_after(stop, trail, worth.column, index)

        self.memories.append((number, memory))
        known = ~np.isnan(values)
        return Truths(falls & known, known & (close | ~falls))

    def _force(self, stop: TrailingStop, trail: Trail | None, worth: Worth) -> None:
        """Let the engine look where a trail begins, ends or arms, and where something gets its first price."""
        values, slack = worth.column.values, worth.column.bounds
        self.forced |= worth.repriced
        if trail is None:
            self.forced |= values > -slack
            return
        self.forced |= values <= slack
        if trail.armed_at is None:
            self.forced |= values >= float(trail.arm_at(stop)) - slack - SLACK * np.abs(values)

    def _trail_after(self, stop: TrailingStop, trail: Trail | None, column: Column, index: int) -> Trail | None:
        if trail is None or trail.armed_at is None:
            return trail
        until = column.values[: index + 1]
        close = np.flatnonzero(until >= np.max(until) - 2 * column.bounds[0])
        best, best_at = trail.best, trail.best_at
        for each in close.tolist():
            place = self._market.begin + each
            value = self._market.exact_worth(stop, place)
            if value > best:
                best, best_at = value, self._market.instant(place)
        return Trail(
            started_at=trail.started_at,
            reference=trail.reference,
            best=best,
            best_at=best_at,
            armed_at=trail.armed_at,
            ledgered=trail.ledgered,
        )


def _first(flags: Flags) -> int:
    """The first place at which it is so; the length where there is none."""
    index = int(np.argmax(flags))
    return index if flags[index] else len(flags)


def _later(memory: Memory, begin: int, index: int) -> NodeState | None:
    """Of a run within all bars."""
    return memory(begin + index)


def is_scanned(condition: Condition) -> bool:
    """Whether a run of bars can be scanned: not where something must have held that only the engine can tell."""
    match condition:
        case Held(inner):
            return not _has_stop(inner)
        case AllOf(conditions) | AnyOf(conditions):
            return all(map(is_scanned, conditions))
        case Not(inner):
            return is_scanned(inner)
        case _:
            return True


def _has_stop(condition: Condition) -> bool:
    match condition:
        case TrailingStop():
            return True
        case AllOf(conditions) | AnyOf(conditions):
            return any(map(_has_stop, conditions))
        case Not(inner) | Held(inner):
            return _has_stop(inner)
        case _:
            return False
