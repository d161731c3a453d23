"""TA-Lib's functions, bound to parameters: over arrays, and bar by bar.

The two give the same bits. What is not finite is no value: it is left out of what a function is computed over, and
the function has no value at that bar either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import talib
from talib import InsufficientHistory, stream
from talib.abstract import Function as Described

from nightdesk.indicators.bars import Floats
from nightdesk.indicators.catalogue import catalogue
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.model import Call

_BOUND_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Bound:
    """A function with its parameters.

    Attributes:
        lookback: So many bars come before its first value.
        outputs: How many it has.
    """

    name: str
    parameters: tuple[int | float, ...]
    lookback: int
    outputs: int

    def over(self, inputs: Sequence[Floats]) -> tuple[Floats, ...]:
        """Every output at every bar; NaN where there is no value."""
        length = len(inputs[0])
        finite = np.isfinite(inputs[0])
        for each in inputs[1:]:
            finite &= np.isfinite(each)
        if finite.all():
            return self._computed(inputs)
        spread = [np.full(length, np.nan) for _ in range(self.outputs)]
        for target, values in zip(spread, self._computed([each[finite] for each in inputs]), strict=True):
            target[finite] = values
        return tuple(spread)

    def handle(self, inputs: Sequence[Floats]) -> Any | None:
        """What carries the function on from these bars, all of them finite; None if they are too few."""
        if len(inputs[0]) <= self.lookback:
            return None
        opened: Callable[..., Any] = getattr(stream, self.name)
        try:
            return opened(*inputs, *self.parameters)
        except InsufficientHistory:
            return None

    def _computed(self, inputs: Sequence[Floats]) -> tuple[Floats, ...]:
        if len(inputs[0]) <= self.lookback:
            return tuple(np.full(len(inputs[0]), np.nan) for _ in range(self.outputs))
        function: Callable[..., Any] = getattr(talib, self.name)
        given = function(*inputs, *self.parameters)
        return tuple(self._cleaned(each) for each in (given if self.outputs > 1 else (given,)))

    def _cleaned(self, given: Any) -> Floats:
        values: Floats = given.astype(np.float64, copy=False)
        values[: self.lookback] = np.nan
        values[np.isinf(values)] = np.nan
        return values


def bound(call: Call) -> Bound:
    """The call's function with its parameters.

    Raises:
        ExpressionError: `indicators.parameters_refused`: each may be in its range, but not together.
    """
    return _bound(call.function, call.parameters)


@lru_cache(maxsize=_BOUND_MAX)
def _bound(name: str, parameters: tuple[int | float, ...]) -> Bound:
    function = catalogue()[name]
    described = Described(name)
    described.parameters = {
        parameter.name: value for parameter, value in zip(function.parameters, parameters, strict=True)
    }
    lookback = int(described.lookback)
    if lookback < 0:
        raise ExpressionError("indicators.parameters_refused", f"{name} does not take these parameters together")
    return Bound(name, parameters, lookback, len(function.outputs))
