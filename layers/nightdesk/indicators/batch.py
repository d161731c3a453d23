"""Figures over arrays of bars."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nightdesk.candles.model import SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import Bars, Floats, bar_at, bar_index
from nightdesk.indicators.catalogue import catalogue
from nightdesk.indicators.eras import WARM_UP_BARS, eras_of
from nightdesk.indicators.errors import ExpressionError
from nightdesk.indicators.functions import bound
from nightdesk.indicators.model import (
    Arithmetic,
    Call,
    Expression,
    Lag,
    Leaf,
    Metric,
    Negation,
    Node,
    Number,
    Operator,
    Price,
    walk,
)

BarsBySeries = Mapping[tuple[SeriesName, Resolution], Bars]
ARITHMETIC: Final[Mapping[Operator, Callable[[Any, Any], Any]]] = {
    Operator.ADD: operator.add,
    Operator.SUBTRACT: operator.sub,
    Operator.MULTIPLY: operator.mul,
    Operator.DIVIDE: operator.truediv,
}


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """A figure, bar by bar.

    Attributes:
        first: Index of the first bar.
    """

    resolution: Resolution
    first: int
    values: Floats

    def at_ends_of(self, clock: Clock) -> Floats:
        """The value of the last bar that has ended when each bar of the clock ends."""
        places = _ended_by(self.resolution, clock) - self.first
        known = (places >= 0) & (places < len(self.values))
        told = np.full(len(places), np.nan)
        told[known] = self.values[places[known]]
        return told


class Segment:
    """Figures over bars of one resolution that begin together, from the first bar on.

    Args:
        bars: By series; all with the same first and end.
    """

    def __init__(self, bars: Mapping[SeriesName, Bars]) -> None:
        self._bars = bars
        self._known: dict[Node, Floats] = {}
        self._outputs: dict[tuple[str, tuple[Node, ...], tuple[int | float, ...]], tuple[Floats, ...]] = {}
        self._length = min(each.columns.shape[1] for each in bars.values())

    def of(self, node: Node) -> Floats:
        """The figure at every bar; NaN where it has no value. Not to be written to."""
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = self._computed(node)
        return known

    def outputs(self, call: Call) -> tuple[Floats, ...]:
        """Every output of the call's function."""
        key = (call.function, call.inputs, call.parameters)
        known = self._outputs.get(key)
        if known is None:
            inputs = [self.of(node) for node in call.inputs]
            known = self._outputs[key] = bound(call).over(inputs)
        return known

    def _computed(self, node: Node) -> Floats:
        match node:
            case Price(series=series, field=field):
                return self._bars[series].column(field)
            case Call():
                return self.outputs(node)[output_index(node)]
            case Lag(of=of, bars=bars):
                return shifted(self.of(of), bars)
            case Metric():
                raise TypeError(node)
            case _:
                return self._arithmetic(node)

    def _arithmetic(self, node: Number | Negation | Arithmetic) -> Floats:
        match node:
            case Number(value=value):
                return np.full(self._length, float(value))
            case Negation(of=of):
                return -self.of(of)
            case Arithmetic(operator=kind, left=left, right=right):
                return computed(kind, self.of(left), self.of(right))


def computed(kind: Operator, left: Floats, right: Floats) -> Floats:
    """Both joined; NaN where the result is not finite."""
    with np.errstate(all="ignore"):
        values: Floats = ARITHMETIC[kind](left, right)
    values[~np.isfinite(values)] = np.nan
    return values


def shifted(values: Floats, bars: int) -> Floats:
    """What it was so many bars ago."""
    moved = np.full(len(values), np.nan)
    moved[bars:] = values[: max(len(values) - bars, 0)]
    return moved


def output_index(call: Call) -> int:
    """Which of the function's outputs the call means."""
    return catalogue()[call.function].outputs.index(call.output)


def series_of(leaf: Leaf) -> tuple[SeriesName, ...]:
    """The series whose bars it is computed from, each once, by name."""
    return tuple(sorted({node.series for node in walk(leaf) if isinstance(node, Price)}, key=str))


def resolution_of(leaf: Leaf) -> Resolution:
    """Of the bars that it is computed from.

    Raises:
        TypeError: It is a live figure.
    """
    for node in walk(leaf):
        if isinstance(node, Price):
            return node.resolution
    raise TypeError(leaf)


class History:
    """Leaves over stored bars, era by era.

    Args:
        bars: Of everything that will be asked for; from `eras.first_needed` of the first bar that matters on.
    """

    def __init__(self, bars: BarsBySeries) -> None:
        self._bars = bars
        self._segments: dict[tuple[Resolution, tuple[SeriesName, ...], int], Segment] = {}

    def of(self, leaf: Leaf) -> Values:
        """The leaf at every bar that all of its series have."""
        resolution, names = resolution_of(leaf), series_of(leaf)
        given = {name: self._bars[name, resolution] for name in names}
        first, end = max(each.first for each in given.values()), min(each.end for each in given.values())
        runs = [
            self._segment(given, low, until).of(leaf)[-(until - low) :]
            for low, until in eras_of(first, end, resolution)
        ]
        return Values(resolution, first, np.concatenate(runs) if runs else np.empty(0))

    def _segment(self, given: Mapping[SeriesName, Bars], low: int, until: int) -> Segment:
        """The bars of one era with those that warm it up."""
        names = tuple(given)
        resolution = given[names[0]].resolution
        key = (resolution, names, low)
        if key not in self._segments:
            begin = max(low - WARM_UP_BARS, *(each.first for each in given.values()))
            self._segments[key] = Segment({name: each.cut(begin, until) for name, each in given.items()})
        return self._segments[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The bars at which an expression is told.

    Attributes:
        first: Index of the first bar.
        end: Index of the first bar after them.
    """

    resolution: Resolution
    first: int
    end: int


def evaluate(
    expression: Expression, history: History, clock: Clock, metrics: Mapping[Metric, Floats] | None = None
) -> Floats:
    """The expression at the end of every bar of the clock; NaN where it has no value.

    A leaf of another resolution has the value of its last bar that has ended by then.

    Args:
        expression: What is computed.
        history: Of its leaves.
        clock: At which bars.
        metrics: Its live figures, one number a bar of the clock.

    Raises:
        ExpressionError: `indicators.no_history`: a live figure is not among them.
    """
    return _evaluated(expression.root, lambda leaf: _told(leaf, history, clock, metrics or {}))


def _evaluated(node: Node, told: Callable[[Leaf], Floats]) -> Floats:
    match node:
        case Number(value=value):
            return np.float64(value)  # type: ignore[return-value]  # stands for a whole column
        case Negation(of=of):
            return -_evaluated(of, told)
        case Arithmetic(operator=kind, left=left, right=right):
            return computed(kind, _evaluated(left, told), _evaluated(right, told))
        case _:
            return told(node)


def _told(leaf: Leaf, history: History, clock: Clock, metrics: Mapping[Metric, Floats]) -> Floats:
    if not isinstance(leaf, Metric):
        return history.of(leaf).at_ends_of(clock)
    if leaf not in metrics:
        message = f"{leaf.name} has no history; it is known now only"
        raise ExpressionError("indicators.no_history", message)
    return metrics[leaf]


def _ended_by(resolution: Resolution, clock: Clock) -> npt.NDArray[np.int64]:
    """Index of the last bar that has ended when each bar of the clock ends."""
    following = range(clock.first + 1, clock.end + 1)
    if clock.resolution is resolution:
        return np.arange(following.start, following.stop, dtype=np.int64) - 1
    ends = (bar_index(bar_at(index, clock.resolution), resolution) - 1 for index in following)
    return np.fromiter(ends, np.int64, len(following))
