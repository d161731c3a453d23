"""How large an expression may be."""

from __future__ import annotations

from typing import Final

from nightdesk.indicators.catalogue import catalogue
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.model import Call, Lag, Node, parts

CHARACTERS_MAX: Final = 4000
EXPRESSIONS_MAX: Final = 32
"""So many are computed at once."""

DEPTH_MAX: Final = 32
NODES_MAX: Final = 256
WARM_UP_MAX: Final = 2000
"""Bars; an era's warm-up is longer, see `nightdesk.indicators.eras`."""


class Budget:
    """So many parts are left to an expression, over all the formulas that it uses."""

    def __init__(self) -> None:
        self._left = NODES_MAX

    def spend(self, position: int) -> None:
        """Take one part.

        Raises:
            ExpressionError: `indicators.too_large`: there is none left.
        """
        self._left -= 1
        if self._left < 0:
            raise ExpressionError("indicators.too_large", f"An expression has at most {NODES_MAX} parts", position)


def require_small(root: Node) -> int:
    """Pass if its first value does not come too late; returns the bars it needs before its first value, at most.

    Raises:
        ExpressionError: `indicators.warm_up_too_long`.
    """
    bars = warm_up_bars(root)
    if bars > WARM_UP_MAX:
        message = f"It would need {bars} bars before its first value; {WARM_UP_MAX} are the most"
        raise ExpressionError("indicators.warm_up_too_long", message)
    return bars


def warm_up_bars(node: Node) -> int:
    """So many bars come before the first value, at most."""
    return _own(node) + max((warm_up_bars(part) for part in parts(node)), default=0)


def _own(node: Node) -> int:
    match node:
        case Lag(bars=bars):
            return bars
        case Call(function=name, parameters=values):
            function = catalogue()[name]
            periods = [
                int(value)
                for value, parameter in zip(values, function.parameters, strict=True)
                if parameter.whole and not parameter.choices
            ]
            constant, factor = function.warm_up
            return constant + factor * sum(periods)
        case _:
            return 0
