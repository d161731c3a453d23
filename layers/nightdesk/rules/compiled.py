"""Every watched rule set of all users in arrays, laid out anew only where something changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

import numpy as np

from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.compiled_block import NONE, Block, Noted, Tick
from nightdesk.rules.compiled_rows import SetRows, compile_set
from nightdesk.rules.model import RuleSet
from nightdesk.rules.slots import SlotTable
from nightdesk.rules.state import RuleSetState

BLOCK_SIZE: Final = 4096
"""Conditions of a block: small enough to be laid out anew at once, large enough that few passes test all rules."""


@dataclass(slots=True)
class _Entry:
    rows: SetRows
    state: RuleSetState
    block: int
    quiet_until_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Laid:
    block: Block
    ids: tuple[RuleSetId, ...]
    positions: Mapping[RuleSetId, int]


class CompiledRules:
    """Rule sets, their exact states, and the arrays that watch them.

    Attributes:
        slots: Which figure is in which place of a tick's arrays.
    """

    def __init__(self, block_size: int = BLOCK_SIZE) -> None:
        self.slots = SlotTable()
        self._block_size = block_size
        self._entries: dict[RuleSetId, _Entry] = {}
        self._members: list[dict[RuleSetId, None]] = []
        self._sizes: list[int] = []
        self._laid: dict[int, _Laid] = {}
        self._fresh: set[RuleSetId] = set()
        self._aside: dict[RuleSetId, Noted] = {}  # noted in blocks that are to be laid out anew

    def __len__(self) -> int:
        """How many rule sets are watched."""
        return len(self._entries)

    def __contains__(self, rule_set_id: RuleSetId) -> bool:
        """Whether the rule set is watched."""
        return rule_set_id in self._entries

    @property
    def rule_set_ids(self) -> Collection[RuleSetId]:
        """Every watched rule set."""
        return self._entries.keys()

    def rule_set(self, rule_set_id: RuleSetId) -> RuleSet:
        """The rule set as it is watched."""
        return self._entries[rule_set_id].rows.rule_set

    def state(self, rule_set_id: RuleSetId) -> RuleSetState:
        """What it remembers."""
        return self._entries[rule_set_id].state

    def put(self, rule_set: RuleSet, state: RuleSetState) -> None:
        """Watch the rule set, in the place of its version before; the next tick looks at it."""
        rule_set_id = rule_set.rule_set_id
        if rule_set_id in self._entries:
            self.remove(rule_set_id)
        rows = compile_set(rule_set, self.slots)
        block = self._roomy_block(rows.size)
        self._members[block][rule_set_id] = None
        self._sizes[block] += rows.size
        self._entries[rule_set_id] = _Entry(rows, state, block)
        self._clear(block)
        self._fresh.add(rule_set_id)

    def remove(self, rule_set_id: RuleSetId) -> None:
        """Watch the rule set no longer."""
        entry = self._entries[rule_set_id]
        self._clear(entry.block)
        self._aside.pop(rule_set_id, None)
        entry.rows.give_back(self.slots)
        del self._entries[rule_set_id]
        del self._members[entry.block][rule_set_id]
        self._sizes[entry.block] -= entry.rows.size
        self._fresh.discard(rule_set_id)

    def take(self, rule_set_id: RuleSetId, state: RuleSetState) -> None:
        """Remember the rule set's exact state."""
        entry = self._entries[rule_set_id]
        entry.state = state
        self._aside.pop(rule_set_id, None)
        if (laid := self._laid.get(entry.block)) is not None:
            laid.block.take(laid.positions[rule_set_id], state)

    def quiet(self, rule_set_id: RuleSetId, until_s: float) -> None:
        """Don't ask to look at the rule set only because its rules are true, until then."""
        entry = self._entries[rule_set_id]
        entry.quiet_until_s = until_s
        if (laid := self._laid.get(entry.block)) is not None:
            laid.block.quiet(laid.positions[rule_set_id], until_s)

    def tick(self, tick: Tick) -> tuple[RuleSetId, ...]:
        """Which rule sets to look at exactly, with the figures of an instant."""
        exact, self._fresh = self._fresh, set()
        for number, members in enumerate(self._members):
            if members:
                laid = self._laid.get(number) or self._lay_out(number)
                exact.update(laid.ids[position] for position in laid.block.attention(tick).tolist())
        return tuple(exact)

    def noted(self, rule_set_id: RuleSetId) -> int | None:
        """The number of the tick at which the rule set's stop had its newest best; None if its memory is exact."""
        if rule_set_id in self._aside:
            return self._aside[rule_set_id].tick
        laid = self._laid.get(self._entries[rule_set_id].block)
        tick = NONE if laid is None else int(laid.block.best_at[laid.positions[rule_set_id]])
        return None if tick == NONE else tick

    def all_noted(self, at_most: int) -> tuple[RuleSetId, ...]:
        """Rule sets with noted bests, so many at most."""
        found = (
            laid.ids[position] for laid in self._laid.values() for position in np.flatnonzero(laid.block.best_at >= 0)
        )
        return tuple(islice(chain(self._aside, found), at_most))

    def noted_ticks(self) -> set[int]:
        """Numbers of the ticks that noted bests still need."""
        live = {number for laid in self._laid.values() for number in np.unique(laid.block.best_at).tolist()}
        return live | {noted.tick for noted in self._aside.values()}

    def _clear(self, number: int) -> None:
        """Have the block laid out anew; what is only noted in it is kept."""
        laid = self._laid.pop(number, None)
        if laid is not None:
            for position in np.flatnonzero(laid.block.best_at >= 0).tolist():
                self._aside[laid.ids[position]] = laid.block.note_of(position)

    def _roomy_block(self, size: int) -> int:
        """The block that takes a new rule set of this size."""
        for number, taken in enumerate(self._sizes):
            if taken + size <= self._block_size:
                return number
        self._members.append({})
        self._sizes.append(0)
        return len(self._members) - 1

    def _lay_out(self, number: int) -> _Laid:
        ids = tuple(self._members[number])
        entries = [self._entries[rule_set_id] for rule_set_id in ids]
        block = Block([entry.rows for entry in entries], [entry.state for entry in entries])
        for position, entry in enumerate(entries):
            block.quiet(position, entry.quiet_until_s)
            if (noted := self._aside.pop(ids[position], None)) is not None:
                block.note(position, noted)
        self._laid[number] = _Laid(block, ids, {rule_set_id: position for position, rule_set_id in enumerate(ids)})
        return self._laid[number]
