"""One rule set as rows: what a block of the compiled form is put together from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

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
    TrailingStop,
    reads_signals,
)
from nightdesk.rules.slots import Past, Present, SlotTable, Worth

UPWARDS = frozenset({Relation.ABOVE, Relation.NOT_BELOW})


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A condition of a rule set.

    Attributes:
        number: As states are numbered.
        children: How many conditions it holds.
        places: Of its figures in the slot table.
        sense: 1 when it is true of large differences, -1 of small ones.
        is_held: Whether it is part of what has to hold for a while.
    """

    number: int
    condition: Condition
    children: int
    places: tuple[int, ...]
    sense: float = 1.0
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class SetRows:
    """A rule set by depth: the root, then what it holds, and so on; what one condition holds stands together."""

    rule_set: RuleSet
    levels: Sequence[Sequence[NodeRow]]

    @property
    def size(self) -> int:
        """How many conditions there are."""
        return sum(map(len, self.levels))

    def give_back(self, slots: SlotTable) -> None:
        """Want its figures no longer."""
        for level in self.levels:
            for row in level:
                for place in row.places:
                    slots.give_back(place)


def compile_set(rule_set: RuleSet, slots: SlotTable) -> SetRows:
    """The rule set as rows, its figures in the slot table."""
    levels: list[list[NodeRow]] = []
    numbers = count()

    def visit(condition: Condition, depth: int, *, is_held: bool) -> None:
        if depth == len(levels):
            levels.append([])
        inner, places = _inner(condition), _places(rule_set, condition, slots)
        levels[depth].append(NodeRow(next(numbers), condition, len(inner), places, _sense(condition), is_held))
        for each in inner:
            visit(each, depth + 1, is_held=is_held or isinstance(condition, Held))

    visit(rule_set.condition, 0, is_held=False)
    return SetRows(rule_set, levels)


def _inner(condition: Condition) -> tuple[Condition, ...]:
    match condition:
        case AllOf(conditions) | AnyOf(conditions):
            return conditions
        case Not(inner) | Held(inner, _):
            return (inner,)
        case _:
            return ()


def _places(rule_set: RuleSet, condition: Condition, slots: SlotTable) -> tuple[int, ...]:
    match condition:
        case Compare(left, _, right) | Cross(left, _, right):
            return slots.take(_present(rule_set, left)), slots.take(_present(rule_set, right))
        case PercentChange(operand, window):
            return slots.take(Present(operand)), slots.take(Past(operand, window))
        case TrailingStop():
            return (slots.take(Worth(rule_set.portfolio_id, condition.scope, condition.bot_id)),)
        case _:
            return ()


def _present(rule_set: RuleSet, operand: Operand) -> Present:
    return Present(operand, rule_set.tenant_id if reads_signals(operand) else None)


def _sense(condition: Condition) -> float:
    match condition:
        case Compare(_, relation, _) | PercentChange(_, _, relation):
            return 1.0 if relation in UPWARDS else -1.0
        case Cross(_, direction, _):
            return 1.0 if direction is Direction.ABOVE else -1.0
        case _:
            return 1.0
