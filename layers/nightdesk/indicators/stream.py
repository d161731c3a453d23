"""Figures bar by bar: a bar that closes moves them on, a bar that forms is only looked at.

A node keeps two values: at the last closed bar, and with the bar that forms. Handles of TA-Lib can't be stored, so
what begins again begins from candles.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import Any, Protocol

import numpy as np

from nightdesk.candles.model import SeriesName
from nightdesk.indicators.bars import COLUMNS, Bars, Floats
from nightdesk.indicators.batch import ARITHMETIC, Segment, output_index
from nightdesk.indicators.functions import Bound, bound
from nightdesk.indicators.model import Arithmetic, Call, Lag, Metric, Negation, Node, Number, Operator, Price

Row = tuple[float, float, float, float, float]
"""Open, high, low, close, volume."""


class Cell(Protocol):
    """What one node is worth.

    Attributes:
        closed: At the last closed bar.
        forming: With the bar that forms, as of the last `peek`.
    """

    closed: float
    forming: float

    def push(self, rows: Sequence[Row]) -> None:
        """Move on by a bar that closed; one row a series."""
        ...

    def peek(self, rows: Sequence[Row]) -> None:
        """Look at a bar that forms."""
        ...


class PriceCell:
    """A column of bars."""

    __slots__ = ("_column", "_series", "closed", "forming")

    def __init__(self, series: int, column: int, values: Floats) -> None:
        self._series, self._column = series, column
        self.closed = self.forming = _last(values)

    def push(self, rows: Sequence[Row]) -> None:
        """Take the closed bar's."""
        self.closed = self.forming = rows[self._series][self._column]

    def peek(self, rows: Sequence[Row]) -> None:
        """Take the forming bar's."""
        self.forming = rows[self._series][self._column]


class ConstantCell:
    """A number."""

    __slots__ = ("closed", "forming")

    def __init__(self, value: float) -> None:
        self.closed = self.forming = value

    def push(self, rows: Sequence[Row]) -> None:
        """Stay."""

    def peek(self, rows: Sequence[Row]) -> None:
        """Stay."""


class NegationCell:
    """A turned sign."""

    __slots__ = ("_of", "closed", "forming")

    def __init__(self, of: Cell) -> None:
        self._of = of
        self.closed, self.forming = -of.closed, -of.forming

    def push(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its part has them
        """Turn the closed value's sign."""
        self.closed = self.forming = -self._of.closed

    def peek(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its part has them
        """Turn the forming value's sign."""
        self.forming = -self._of.forming


class ArithmeticCell:
    """Two figures, joined."""

    __slots__ = ("_kind", "_left", "_right", "closed", "forming")

    def __init__(self, kind: Operator, left: Cell, right: Cell) -> None:
        self._kind, self._left, self._right = kind, left, right
        self.closed = joined(kind, left.closed, right.closed)
        self.forming = self.closed

    def push(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its parts have them
        """Join the closed values."""
        self.closed = self.forming = joined(self._kind, self._left.closed, self._right.closed)

    def peek(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its parts have them
        """Join the forming values."""
        self.forming = joined(self._kind, self._left.forming, self._right.forming)


class LagCell:
    """What something was so many bars ago."""

    __slots__ = ("_of", "_past", "closed", "forming")

    def __init__(self, of: Cell, bars: int, values: Floats) -> None:
        self._of = of
        self._past = deque([nan] * (bars + 1) + values[-bars - 1 :].tolist(), maxlen=bars + 1)
        self.closed = self.forming = self._past[0]

    def push(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its part has them
        """Remember the closed value."""
        self._past.append(self._of.closed)
        self.closed = self.forming = self._past[0]

    def peek(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its part has them
        """With one bar more it is the value after the one told."""
        self.forming = self._past[1]


class FunctionCell:
    """A function of TA-Lib and all its outputs; it has no cell of its own in a tree, its outputs have.

    Attributes:
        closed: Each output at the last closed bar.
        forming: Each output with the bar that forms.
    """

    __slots__ = ("_bound", "_handle", "_inputs", "_none", "_seen", "closed", "forming")

    def __init__(
        self, function: Bound, inputs: Sequence[Cell], values: Sequence[Floats], given: Sequence[Floats]
    ) -> None:
        self._bound = function
        self._inputs = inputs
        self._none = (nan,) * function.outputs
        finite = np.isfinite(values).all(axis=0)
        kept = [np.ascontiguousarray(each[finite]) for each in values]
        self._handle: Any | None = function.handle(kept)
        self._seen = [] if self._handle is not None else [each.tolist() for each in kept]
        self.closed = self.forming = tuple(_last(each) for each in given)

    def push(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its inputs have them
        """Move on by the inputs' closed values; stand still where one has none."""
        inputs = [cell.closed for cell in self._inputs]
        self.closed = self.forming = self._moved(inputs) if _finite(inputs) else self._none

    def peek(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its inputs have them
        """Look at the inputs' forming values."""
        inputs = [cell.forming for cell in self._inputs]
        if not _finite(inputs):
            self.forming = self._none
        elif self._handle is None:
            self.forming = self._over([[*past, value] for past, value in zip(self._seen, inputs, strict=True)])
        else:
            self.forming = _cleaned(self._handle.peek(*inputs))

    def _moved(self, inputs: Sequence[float]) -> tuple[float, ...]:
        if self._handle is not None:
            return _cleaned(self._handle.update(*inputs))
        for past, value in zip(self._seen, inputs, strict=True):
            past.append(value)
        told = self._over(self._seen)
        self._handle = self._bound.handle([np.array(past) for past in self._seen])
        if self._handle is not None:
            self._seen = []
        return told

    def _over(self, seen: Sequence[Sequence[float]]) -> tuple[float, ...]:
        if len(seen[0]) <= self._bound.lookback:
            return self._none
        return tuple(_last(each) for each in self._bound.over([np.array(past) for past in seen]))


class OutputCell:
    """One output of a function."""

    __slots__ = ("_function", "_index", "closed", "forming")

    def __init__(self, function: FunctionCell, index: int) -> None:
        self._function, self._index = function, index
        self.closed, self.forming = function.closed[index], function.forming[index]

    def push(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its function has them
        """Take the closed output."""
        self.closed = self.forming = self._function.closed[self._index]

    def peek(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 its function has them
        """Take the forming output."""
        self.forming = self._function.forming[self._index]


class Track:
    """Figures over the bars of some series, which begin and move on together.

    Args:
        bars: What there was, by series; all with the same first and end. They may be none.
    """

    def __init__(self, bars: Mapping[SeriesName, Bars], nodes: Sequence[Node]) -> None:
        self._segment = Segment(bars)
        self._series = {name: place for place, name in enumerate(bars)}
        self._order: list[Cell | FunctionCell] = []
        self._cells: dict[Node, Cell] = {}
        self._functions: dict[tuple[object, ...], FunctionCell] = {}
        self.cells = [self._cell(node) for node in nodes]
        del self._segment

    def push(self, rows: Sequence[Row]) -> None:
        """Move every figure on by a bar that closed; one row a series, in the order of `bars`."""
        for cell in self._order:
            cell.push(rows)

    def peek(self, rows: Sequence[Row]) -> None:
        """Look at a bar that forms; as often as it changes."""
        for cell in self._order:
            cell.peek(rows)

    def _cell(self, node: Node) -> Cell:
        cell = self._cells.get(node)
        if cell is None:
            cell = self._cells[node] = self._made(node)
            self._order.append(cell)
        return cell

    def _made(self, node: Node) -> Cell:
        match node:
            case Price(series=series, field=field):
                return PriceCell(self._series[series], COLUMNS.index(field), self._segment.of(node))
            case Call():
                return OutputCell(self._function(node), output_index(node))
            case Lag(of=of, bars=bars):
                return LagCell(self._cell(of), bars, self._segment.of(of))
            case Metric():
                raise TypeError(node)
            case _:
                return self._arithmetic(node)

    def _arithmetic(self, node: Number | Negation | Arithmetic) -> Cell:
        match node:
            case Number(value=value):
                return ConstantCell(float(value))
            case Negation(of=of):
                return NegationCell(self._cell(of))
            case Arithmetic(operator=kind, left=left, right=right):
                return ArithmeticCell(kind, self._cell(left), self._cell(right))

    def _function(self, call: Call) -> FunctionCell:
        key = (call.function, call.inputs, call.parameters)
        known = self._functions.get(key)
        if known is None:
            inputs = [self._cell(node) for node in call.inputs]
            values = [self._segment.of(node) for node in call.inputs]
            known = self._functions[key] = FunctionCell(bound(call), inputs, values, self._segment.outputs(call))
            self._order.append(known)
        return known


def joined(kind: Operator, left: float, right: float) -> float:
    """Both joined; NaN where the result is not finite."""
    if kind is Operator.DIVIDE and not right:
        return nan
    value: float = ARITHMETIC[kind](left, right)
    return value if isfinite(value) else nan


def _finite(values: Sequence[float]) -> bool:
    return isfinite(values[0]) if len(values) == 1 else all(map(isfinite, values))


def _cleaned(told: float | tuple[float, ...]) -> tuple[float, ...]:
    if isinstance(told, tuple):
        return tuple(float(value) if isfinite(value) else nan for value in told)
    return (float(told) if isfinite(told) else nan,)


def _last(values: Floats) -> float:
    return float(values[-1]) if len(values) else nan
