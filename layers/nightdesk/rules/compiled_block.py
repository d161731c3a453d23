"""Some thousands of rule sets as numpy arrays: one pass tells which of them need to be looked at exactly.

Truth is a pair of arrays: may be true, and may be false. Both is "too close to tell", neither is "not known". A group
of what is too close and what is not known may be true or not known, which the pair can't tell from true: what is held
goes by a second pair, surely true and surely false. Figures are floats, each with a bound on how far it may be from the
exact one, so that nothing that the exact engine would decide or remember is overlooked: looking exactly in between
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from nightdesk.kernel.instants import EPOCH
from nightdesk.rules.compiled_rows import NodeRow, SetRows
from nightdesk.rules.model import AllOf, AnyOf, Compare, Cross, Held, Not, PercentChange, Schedule, TrailingStop
from nightdesk.rules.state import Crossed, Due, RuleSetState, Trail, TrueSince

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NEVER: Final = np.inf
NONE: Final = -1
SLACK: Final = 1e-12
"""Relative error of a few float operations, with much to spare."""

INSTANT: Final = 1e-5
"""Seconds by which instants as floats may be off, with much to spare."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Figures of one instant.

    Attributes:
        number: Counts ticks.
        now_s: Seconds since 1970.
        values: By place; NaN is not known.
        bounds: By place, how far each may be from the exact figure.
        moved: By place, whether it is another than at the tick before.
    """

    number: int
    now_s: float
    values: Floats
    bounds: Floats
    moved: Flags


def epoch_s(instant: datetime) -> float:
    """Seconds since 1970, exact to the microsecond."""
    return (instant - EPOCH).total_seconds()


@dataclass(frozen=True, slots=True)
class Noted:
    """A best that is known only roughly, and the number of the tick that knows it exactly."""

    tick: int
    best: float


@dataclass(frozen=True, slots=True)
class _Surely:
    """What can only be true, and what can only be false; not what may also be not known."""

    true: Flags
    false: Flags


@dataclass(slots=True)
class _Leaves:
    """Conditions of one kind: where their truth goes, whose they are, and their numbers, each an array."""

    at: Places
    owner: Places
    rows: Sequence[NodeRow]
    sense: Floats
    first: Places
    second: Places


class Block:
    """Rule sets by their position in the block.

    Attributes:
        released: What the exact memory says.
        quiet_until: Until then truth alone is no reason to look.
        best_at: The number of the tick at which a trailing stop had its newest best that nobody has looked at yet;
            `NONE` where the memory is exact.
    """

    def __init__(self, sets: Sequence[SetRows], states: Sequence[RuleSetState]) -> None:
        self.sets = list(sets)
        count = len(self.sets)
        self.released: Flags = np.zeros(count, dtype=np.bool_)
        self.quiet_until: Floats = np.zeros(count)
        self.best_at: Places = np.full(count, NONE, dtype=np.int64)
        self._lay_out()
        for position, state in enumerate(states):
            self.take(position, state)

    def attention(self, tick: Tick) -> Places:
        """Which sets must be looked at exactly.

        A new best of a set's only trailing stop is noted instead.
        """
        with np.errstate(invalid="ignore"):
            self._compare(tick)
            self._change(tick)
            due = self._schedule(tick)
            crossing = self._cross(tick)
            trailing = self._trail(tick)
            holding = self._combine(tick)
        count = len(self.sets)
        ready = self.released & (tick.now_s >= self.quiet_until) & self._true[:count]
        again = ~self.released & self._false[:count]
        needed = np.flatnonzero(ready | again)
        return np.unique(np.concatenate([needed, due, crossing, trailing, holding]))

    def take(self, position: int, state: RuleSetState) -> None:
        """Remember the set's exact state."""
        self.best_at[position] = NONE
        self.released[position] = state.released
        for kind, index, number in self._remembering[position]:
            _TAKE[kind](self, index, state.nodes.get(number))

    def quiet(self, position: int, until_s: float) -> None:
        """Don't look at the set only because its rules are true before then."""
        self.quiet_until[position] = until_s

    def note_of(self, position: int) -> Noted:
        """The set's newest best, which its exact memory does not have."""
        return Noted(int(self.best_at[position]), float(self._best[self._stop_of(position)]))

    def note(self, position: int, noted: Noted) -> None:
        """Go on from what was noted in another layout."""
        self.best_at[position] = noted.tick
        self._best[self._stop_of(position)] = noted.best

    def _stop_of(self, position: int) -> int:
        return next(index for kind, index, _ in self._remembering[position] if kind is TrailingStop)

    # Layout -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        found: dict[type, list[tuple[int, int, NodeRow]]] = {kind: [] for kind in _KINDS}
        groups: list[list[tuple[int, int, int, NodeRow]]] = []
        self._remembering: list[list[tuple[type, int, int]]] = [[] for _ in self.sets]
        begin = 0
        for depth in range(max((len(rows.levels) for rows in self.sets), default=0)):
            groups.append([])
            begin = self._lay_out_level(depth, begin, found, groups[-1])
        self._true: Flags = np.zeros(begin + 1, dtype=np.bool_)
        self._false: Flags = np.zeros(begin + 1, dtype=np.bool_)
        self._compares, self._changes = _leaves(found[Compare]), _leaves(found[PercentChange])
        self._crosses, self._schedules = _leaves(found[Cross]), _leaves(found[Schedule])
        self._trails, self._helds = _leaves(found[TrailingStop]), _leaves(found[Held])
        self._groups = [_Groups(level) for level in reversed(groups)]
        self._held_groups = [_Groups([row for row in level if row[3].is_held]) for level in reversed(groups)]
        self._begin_memory()

    def _lay_out_level(
        self,
        depth: int,
        begin: int,
        found: dict[type, list[tuple[int, int, NodeRow]]],
        groups: list[tuple[int, int, int, NodeRow]],
    ) -> int:
        """Give each condition of a depth its place; returns where the next depth begins."""
        level = [(owner, row) for owner, rows in enumerate(self.sets) for row in rows.levels[depth : depth + 1]]
        flat = [(owner, row) for owner, rows in level for row in rows]
        end = begin + len(flat)
        child = end
        for at, (owner, row) in enumerate(flat, begin):
            kind = type(row.condition)
            if kind in found:
                if kind in _TAKE:
                    self._remembering[owner].append((kind, len(found[kind]), row.number))
                found[kind].append((at, owner, row))
            if row.children:
                groups.append((at, owner, child, row))
            child += row.children
        return end

    def _begin_memory(self) -> None:
        stops = [row.condition for row in self._trails.rows if isinstance(row.condition, TrailingStop)]
        changes = [row.condition for row in self._changes.rows if isinstance(row.condition, PercentChange)]
        helds = [row.condition for row in self._helds.rows if isinstance(row.condition, Held)]
        self._ratios = np.array([float(change.ratio) for change in changes])
        self._lasting = np.array([held.lasting.total_seconds() for held in helds])
        self._arm_factors = np.array([1.0 + float(stop.arm_ratio) for stop in stops])
        self._keep_factors = np.array([1.0 - float(stop.trail_ratio) for stop in stops])
        self._beyond = np.full(len(self._crosses.rows), -1, dtype=np.int8)
        self._next = np.full(len(self._schedules.rows), -NEVER)
        self._since = np.full(len(helds), np.nan)
        self._reference = np.full(len(stops), np.nan)
        self._best = np.full(len(stops), np.nan)
        self._armed: Flags = np.zeros(len(stops), dtype=np.bool_)
        counts = np.bincount(self._trails.owner, minlength=len(self.sets))
        self._is_one_of_several: Flags = counts[self._trails.owner] > 1

    # One tick ---------------------------------------------------------------------------------------------------

    def _compare(self, tick: Tick) -> None:
        leaves = self._compares
        if not leaves.rows:
            return
        self._put(leaves, *_difference(tick, leaves))

    def _change(self, tick: Tick) -> None:
        leaves = self._changes
        if not leaves.rows:
            return
        now, past = tick.values[leaves.first], tick.values[leaves.second]
        size = np.abs(past)
        gone = (now - past - self._ratios * size) * leaves.sense
        factor = 1.0 + np.abs(self._ratios)
        bound = tick.bounds[leaves.first] + tick.bounds[leaves.second] * factor
        bound += SLACK * (np.abs(now) + size * factor)
        self._put(leaves, gone, np.where(past == 0, np.nan, bound))

    def _schedule(self, tick: Tick) -> Places:
        leaves = self._schedules
        if not leaves.rows:
            return _EMPTY
        due = tick.now_s >= self._next
        self._true[leaves.at] = due
        self._false[leaves.at] = True
        return leaves.owner[due]

    def _cross(self, tick: Tick) -> Places:
        leaves = self._crosses
        if not leaves.rows:
            return _EMPTY
        gone, bound = _difference(tick, leaves)
        beyond, not_beyond = gone >= -bound, gone <= bound
        self._true[leaves.at] = beyond & (self._beyond == 0)
        self._false[leaves.at] = (not_beyond | (beyond & (self._beyond == 1))) & (self._beyond >= 0)
        changed = (beyond & (self._beyond != 1)) | (not_beyond & (self._beyond != 0))
        owners: Places = leaves.owner[changed]
        return owners

    def _trail(self, tick: Tick) -> Places:
        leaves = self._trails
        if not leaves.rows:
            return _EMPTY
        value, bound = tick.values[leaves.first], tick.bounds[leaves.first]
        moved, known = tick.moved[leaves.first], ~np.isnan(value)
        slack = bound + SLACK * np.abs(value)
        stop_at = self._best * self._keep_factors
        falls = self._armed & (value <= stop_at + slack)
        self._true[leaves.at] = falls
        self._false[leaves.at] = known & ~(self._armed & (value <= stop_at - slack))
        begun = ~np.isnan(self._reference)
        arms = ~self._armed & (value >= self._reference * self._arm_factors - slack)
        empties = (value <= slack) & (begun | (value >= -slack))
        higher = self._armed & (value > self._best + slack)
        close = self._armed & ~higher & (value >= self._best - slack)
        begins = ~begun & (value > slack)
        self._best = np.where(higher, value, self._best)
        noted = higher & ~self._is_one_of_several
        self.best_at[leaves.owner[noted]] = tick.number
        owners: Places = leaves.owner[begins | (higher & ~noted) | ((arms | empties | close) & moved)]
        return owners

    def _combine(self, tick: Tick) -> Places:
        """Groups from the inside out; what is held may begin or end on the way."""
        changed: list[Places] = []
        surely = _Surely(self._true & ~self._false, self._false & ~self._true)
        for groups, held in zip(self._groups, self._held_groups, strict=True):
            groups.combine(self._true, self._false)
            held.combine(surely.true, surely.false)
            changed.append(self._hold(tick, groups, surely))
        return np.concatenate([_EMPTY, *changed])

    def _hold(self, tick: Tick, groups: _Groups, surely: _Surely) -> Places:
        indexes = np.searchsorted(self._helds.at, groups.helds)
        inner_true, inner_false = self._true[groups.held_children], self._false[groups.held_children]
        inner_surely = surely.true[groups.held_children]
        since = self._since[indexes]
        holds = ~np.isnan(since)
        # One that begins now has lasted no time, which may be enough.
        missing = self._lasting[indexes] - np.where(holds, tick.now_s - since, 0.0)
        at = self._helds.at[indexes]
        self._true[at] = inner_true & (missing <= INSTANT)
        self._false[at] = inner_false | (inner_true & (missing >= -INSTANT))
        surely.true[at] = inner_surely & (missing < -INSTANT)
        surely.false[at] = surely.false[groups.held_children] | (inner_surely & (missing > INSTANT))
        changed = np.where(holds, ~inner_surely, inner_true)
        return self._helds.owner[indexes[changed]]

    def _put(self, leaves: _Leaves, gone: Floats, bound: Floats) -> None:
        self._true[leaves.at] = gone >= -bound
        self._false[leaves.at] = gone <= bound

    # Memory -----------------------------------------------------------------------------------------------------

    def _take_cross(self, index: int, state: object) -> None:
        self._beyond[index] = int(state.beyond) if isinstance(state, Crossed) else -1

    def _take_due(self, index: int, state: object) -> None:
        self._next[index] = epoch_s(state.next_at) if isinstance(state, Due) else -NEVER

    def _take_since(self, index: int, state: object) -> None:
        self._since[index] = epoch_s(state.since) if isinstance(state, TrueSince) else np.nan

    def _take_trail(self, index: int, state: object) -> None:
        trail = state if isinstance(state, Trail) else None
        self._reference[index] = np.nan if trail is None else float(trail.reference)
        self._best[index] = np.nan if trail is None else float(trail.best)
        self._armed[index] = trail is not None and trail.armed_at is not None


class _Groups:
    """The groups of one depth."""

    def __init__(self, rows: Sequence[tuple[int, int, int, NodeRow]]) -> None:
        def of(kind: type) -> list[tuple[int, int, int, NodeRow]]:
            return [row for row in rows if type(row[3].condition) is kind]

        self._alls, self._anys, self._nots = _spans(of(AllOf)), _spans(of(AnyOf)), _spans(of(Not))
        helds = of(Held)
        self.helds = np.array([row[0] for row in helds], dtype=np.int64)
        self.held_children = np.array([row[2] for row in helds], dtype=np.int64)

    def combine(self, true: Flags, false: Flags) -> None:
        at, spans = self._alls
        if len(at):
            true[at] = np.logical_and.reduceat(true, spans)[::2]
            false[at] = np.logical_or.reduceat(false, spans)[::2]
        at, spans = self._anys
        if len(at):
            true[at] = np.logical_or.reduceat(true, spans)[::2]
            false[at] = np.logical_and.reduceat(false, spans)[::2]
        at, spans = self._nots
        if len(at):
            true[at], false[at] = false[spans[::2]], true[spans[::2]]


def _spans(rows: Sequence[tuple[int, int, int, NodeRow]]) -> tuple[Places, Places]:
    """Where each group is, and where its children begin and end, alternately."""
    spans = [edge for _, _, child, row in rows for edge in (child, child + row.children)]
    return np.array([row[0] for row in rows], dtype=np.int64), np.array(spans, dtype=np.int64)


def _leaves(found: Sequence[tuple[int, int, NodeRow]]) -> _Leaves:
    rows = [row for _, _, row in found]
    places = [row.places for row in rows]
    return _Leaves(
        at=np.array([at for at, _, _ in found], dtype=np.int64),
        owner=np.array([owner for _, owner, _ in found], dtype=np.int64),
        rows=rows,
        sense=np.array([row.sense for row in rows], dtype=np.float64),
        first=np.array([each[0] for each in places if each], dtype=np.int64),
        second=np.array([each[1] for each in places if len(each) > 1], dtype=np.int64),
    )


def _difference(tick: Tick, leaves: _Leaves) -> tuple[Floats, Floats]:
    """By how much each first figure is beyond the second, and how far that may be off."""
    first, second = tick.values[leaves.first], tick.values[leaves.second]
    bound = tick.bounds[leaves.first] + tick.bounds[leaves.second]
    return (first - second) * leaves.sense, bound + SLACK * (np.abs(first) + np.abs(second))


_EMPTY: Final = np.zeros(0, dtype=np.int64)
_KINDS: Final = (Compare, PercentChange, Cross, Schedule, TrailingStop, Held)
_TAKE: Final[Mapping[type, Callable[[Block, int, object], None]]] = {
    Cross: Block._take_cross,  # noqa: SLF001 - its own
    Schedule: Block._take_due,  # noqa: SLF001 - its own
    Held: Block._take_since,  # noqa: SLF001 - its own
    TrailingStop: Block._take_trail,  # noqa: SLF001 - its own
}
