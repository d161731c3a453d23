"""A grid of parameters over a template: each combination replayed on the same bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from math import prod
from typing import Final

from nightdesk.kernel.errors import InvalidInput, TooLarge
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.model import RuleSet
from nightdesk.rules.replay_patience import too_large
from nightdesk.rules.replay_terms import Terms
from nightdesk.rules.replaying import Replayed, ReplayService, play
from nightdesk.rules.strategy_result import ReplayFigures
from nightdesk.rules.templates import Template

COMBINATIONS_MAX: Final = 200
LEAST_FIRST: Final = frozenset({"max_drawdown_ratio", "fees_paid"})

Texts = Mapping[str, str]
Checked = Callable[[RuleSet], RuleSet]


@dataclass(frozen=True, slots=True)
class SweepRow:
    """A combination and what came of it."""

    parameters: Texts
    figures: ReplayFigures


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A combination that makes no strategy."""

    parameters: Texts
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """A grid's results.

    Attributes:
        rows: Best first.
        first: One of the replays, for what all have in common.
    """

    rows: Sequence[SweepRow]
    refused: Sequence[RefusedRow]
    first: Replayed


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What is tried.

    Attributes:
        fixed: Parameters that stay.
        values: By name, what each of the others takes in turn.
        sort: A figure's name.
    """

    template: Template
    fixed: Texts
    values: Mapping[str, Sequence[str]]
    sort: str = "return_ratio"

    def combinations(self) -> Iterator[dict[str, str]]:
        """Every combination, in the order of the values.

        Raises:
            InvalidInput: `replay.grid_too_large`.
        """
        if prod(map(len, self.values.values())) > COMBINATIONS_MAX:
            raise InvalidInput("replay.grid_too_large", f"A grid has at most {COMBINATIONS_MAX} combinations.")
        return (dict(zip(self.values, chosen, strict=True)) for chosen in product(*self.values.values()))


def sweep(service: ReplayService, tenant_id: TenantId, grid: Grid, terms: Terms, checked: Checked) -> Swept:
    """Replay every combination.

    Args:
        service: Reads the bars, once.
        tenant_id: Whose.
        grid: What is tried.
        terms: Over which bars, with what.
        checked: Gives a rule set its canonical form, or refuses it.

    Raises:
        InvalidInput: `replay.…`, or no combination makes a strategy.
        TooLarge: `replay.too_large`: it takes too long.
        NotFound: A series is not there.
    """
    tried, refused = _tried(grid, tenant_id, checked)
    if not tried:
        raise InvalidInput(refused[0].code, refused[0].message)
    every = [rule_set for _, rule_sets in tried for rule_set in rule_sets]
    stage = service.stage(tenant_id, every, terms)
    rows: list[SweepRow] = []
    for chosen, rule_sets in tried:
        try:
            rows.append(SweepRow(chosen, play(stage, rule_sets).result.figures()))
        except TooLarge:
            raise too_large(f"{len(rows)} of {len(tried)} combinations were replayed") from None
    return Swept(rows=_sorted(rows, grid.sort), refused=refused, first=play(stage, tried[0][1]))


def _tried(
    grid: Grid, tenant_id: TenantId, checked: Checked
) -> tuple[list[tuple[Texts, list[RuleSet]]], list[RefusedRow]]:
    tried: list[tuple[Texts, list[RuleSet]]] = []
    refused = []
    for chosen in grid.combinations():
        try:
            rule_sets = grid.template.rule_sets(tenant_id, {**grid.fixed, **chosen})
            tried.append((chosen, [checked(each) for each in rule_sets]))
        except InvalidInput as error:
            refused.append(RefusedRow(chosen, error.code, error.message))
    return tried, refused


def _sorted(rows: Sequence[SweepRow], key: str) -> list[SweepRow]:
    """Best first, those without the figure last."""
    sign = 1 if key in LEAST_FIRST else -1

    def place(row: SweepRow) -> tuple[bool, Decimal]:
        value = getattr(row.figures, key)
        return value is None, sign * Decimal(value or 0)

    return sorted(rows, key=place)
