"""How two figures stand to each other over a run of bars, as far as floats can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from nightdesk.rules.engine import RELATIONS
from nightdesk.rules.model import Relation
from nightdesk.rules.replay_figures import SLACK, Column
from nightdesk.rules.replay_truths import Truths

_FLOAT_RELATIONS: Final[dict[Relation, Callable[[Any, Any], Any]]] = {
    Relation.ABOVE: np.greater,
    Relation.NOT_BELOW: np.greater_equal,
    Relation.BELOW: np.less,
    Relation.NOT_ABOVE: np.less_equal,
}
assert _FLOAT_RELATIONS.keys() == RELATIONS.keys()  # noqa: S101 - the same ones as the engine
OPPOSITES: Final = {
    Relation.ABOVE: Relation.NOT_ABOVE,
    Relation.NOT_BELOW: Relation.BELOW,
    Relation.BELOW: Relation.NOT_BELOW,
    Relation.NOT_ABOVE: Relation.ABOVE,
}
DOWNWARDS: Final = frozenset({Relation.BELOW, Relation.NOT_ABOVE})


def related(left: Column, right: Column, relation: Relation) -> Truths:
    """As the floats stand; what is not known stands in no relation to anything."""
    may = _FLOAT_RELATIONS[relation](left.values, right.values)
    return Truths(may, _FLOAT_RELATIONS[OPPOSITES[relation]](left.values, right.values))


def unclear(left: Column, right: Column) -> list[int]:
    """Where floats can't tell which of two known figures is larger."""
    if left.is_exact and right.is_exact:
        return []
    bounds = left.bounds + right.bounds
    is_close = np.abs(left.values - right.values) <= bounds * (1 + SLACK)
    places: list[int] = np.flatnonzero(is_close & (bounds > 0)).tolist()
    return places
