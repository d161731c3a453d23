"""Keeps every watched figure up to date: each is computed once, however many rules, users and charts want it.

It reads nothing by itself. Whoever runs it loads what `wanted` names from the store, hands over the bars that close
and form, and asks for values.

* A bar is told in the series' own resolution (a minute for markets, 15 for portfolios) and rolled up here.
* A bar that was told before, with other numbers, is a correction: the lines of its series are wanted again, and keep
  their values until they are loaded.
* Where bars are left out they count as bars in which nothing was traded, and the lines are wanted again, since the
  store may have them, or get them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final, Protocol

import numpy as np

from nightdesk.candles.model import Candle, PortfolioSeries, SeriesName
from nightdesk.candles.resolutions import Resolution, bar_end
from nightdesk.indicators.bars import Floats
from nightdesk.indicators.batch import resolution_of, series_of
from nightdesk.indicators.line import Line, LineKey, Spot, Stored
from nightdesk.indicators.model import Arithmetic, Expression, Leaf, Metric, Negation, Node, Number
from nightdesk.indicators.stream import joined

RECENT_BARS: Final = 240
"""So many bars of a series are kept for lines that are loaded meanwhile, and to tell what is new."""


class Figures(Protocol):
    """Live figures, as whoever runs the analyser knows them."""

    def value(self, metric: Metric) -> float:
        """The figure now; NaN if it is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line that must be loaded.

    Attributes:
        since: Where its stored bars must begin; None means at the very first.
    """

    key: LineKey
    since: datetime | None


@dataclass(slots=True)
class _Heard:
    """What was told of a series.

    Attributes:
        keys: Of the lines that are computed from it.
        lines: Those that are loaded, with the series' place in each.
        changed: A bar was told that forms, and not looked at yet.
    """

    base: Resolution
    closed: deque[Candle]
    keys: set[LineKey] = field(default_factory=set)
    lines: list[tuple[Line, int]] = field(default_factory=list)
    forming: Candle | None = None
    changed: bool = False


class Analyser:
    """The figures of all expressions that are watched."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._counts: dict[Leaf, int] = {}
        self._spots: dict[LineKey, dict[Leaf, Spot]] = {}
        self._heard: dict[SeriesName, _Heard] = {}
        self._wanted: set[LineKey] = set()
        self._changed: list[_Heard] = []
        self._readers: dict[Expression, Callable[[], float]] = {}

    def watch(self, expressions: Iterable[Expression]) -> None:
        """Keep these up to date too; one that is watched twice must be unwatched twice."""
        for expression in expressions:
            for leaf in expression.leaves:
                if not isinstance(leaf, Metric):
                    self._keep(leaf)

    def unwatch(self, expressions: Iterable[Expression]) -> None:
        """Keep these up to date no more."""
        for expression in expressions:
            for leaf in expression.leaves:
                if not isinstance(leaf, Metric):
                    self._drop(leaf)

    def wanted(self, market_at: datetime) -> list[Wanted]:
        """The lines that must be loaded, from where on at this market time."""
        return [Wanted(key, key.since(market_at)) for key in self._wanted]

    def load(self, key: LineKey, stored: Mapping[SeriesName, Stored]) -> None:
        """Begin a line from what is stored of its series; what was told since is added."""
        if key not in self._spots:
            return
        self._wanted.discard(key)
        spots = self._spots[key] = {leaf: spot for leaf, spot in self._spots[key].items() if leaf in self._counts}
        line = Line(key, spots)
        line.begin([stored[name] for name in key.series], [base_resolution(name) for name in key.series])
        for place, name in enumerate(key.series):
            heard = self._heard[name]
            heard.lines = [*(known for known in heard.lines if known[0].key != key), (line, place)]
            _catch_up(line, place, heard, stored[name])
            self._look_again(heard)

    def close(self, name: SeriesName, candle: Candle) -> None:
        """Take a bar that closed, in the series' own resolution."""
        heard = self._heard.get(name)
        if heard is None:
            return
        last = heard.closed[-1] if heard.closed else None
        if last is not None and candle.at <= last.at:
            self._correct(heard, candle)
            return
        if last is not None and bar_end(last.at, heard.base) != candle.at:
            self._wanted |= heard.keys
        heard.closed.append(candle)
        for line, place in heard.lines:
            line.close(place, candle)

    def form(self, name: SeriesName, candle: Candle) -> None:
        """Take a bar that forms, in the series' own resolution, as often as it changes."""
        heard = self._heard.get(name)
        if heard is not None:
            heard.forming = candle
            self._look_again(heard)

    def refresh(self) -> None:
        """Look at the bars that form, of every series of which one was told since the last time."""
        for heard in self._changed:
            heard.changed = False
            if heard.forming is not None:
                for line, place in heard.lines:
                    line.peek(place, heard.forming)
        self._changed.clear()

    def newest(self, name: SeriesName, count: int) -> tuple[tuple[Candle, ...], Candle | None]:
        """The last closed bars of a watched series that were told, so many at most, and the last that formed."""
        heard = self._heard.get(name)
        if heard is None:
            return (), None
        return tuple(islice(reversed(heard.closed), count))[::-1], heard.forming

    def doubt(self, names: Iterable[SeriesName]) -> None:
        """Want the lines of these series again, for somebody else found other figures."""
        for name in names:
            if name in self._heard:
                self._wanted |= self._heard[name].keys

    def reader(self, expression: Expression) -> Callable[[], float]:
        """What tells an expression's value as of the last `refresh`, as long as it is watched; NaN if not known."""
        known = self._readers.get(expression)
        if known is None:
            known = self._readers[expression] = self._reader(expression.root)
        return known

    def vector(self, expressions: Sequence[Expression]) -> Floats:
        """What watched expressions are worth now, with the bars that form; NaN where it is not known."""
        self.refresh()
        return np.fromiter((self.reader(each)() for each in expressions), np.float64, len(expressions))

    def _reader(self, node: Node) -> Callable[[], float]:
        match node:
            case Number(value=value):
                return partial(float, value)
            case Negation(of=of):
                inner = self._reader(of)
                return lambda: -inner()
            case Arithmetic(operator=kind, left=left, right=right):
                first, second = self._reader(left), self._reader(right)
                return lambda: joined(kind, first(), second())
            case Metric():
                return partial(self._figures.value, node)
            case _:
                return partial(getattr, self._spots[_key(node)][node], "value")

    def _look_again(self, heard: _Heard) -> None:
        if not heard.changed:
            heard.changed = True
            self._changed.append(heard)

    def _correct(self, heard: _Heard, candle: Candle) -> None:
        for place, known in enumerate(heard.closed):
            if known.at == candle.at:
                if known == candle:
                    return
                heard.closed[place] = candle
        self._wanted |= heard.keys

    def _keep(self, leaf: Leaf) -> None:
        count = self._counts[leaf] = self._counts.get(leaf, 0) + 1
        key = _key(leaf)
        spots = self._spots.setdefault(key, {})
        if count > 1 or leaf in spots:
            return
        spots[leaf] = Spot()
        self._wanted.add(key)
        for name in key.series:
            if name not in self._heard:
                self._heard[name] = _Heard(base_resolution(name), deque(maxlen=RECENT_BARS))
            self._heard[name].keys.add(key)

    def _drop(self, leaf: Leaf) -> None:
        self._counts[leaf] -= 1
        if self._counts[leaf]:
            return
        del self._counts[leaf]
        key = _key(leaf)
        if not any(each in self._counts for each in self._spots[key]):
            self._end(key)

    def _end(self, key: LineKey) -> None:
        del self._spots[key]
        self._wanted.discard(key)
        self._readers.clear()
        for name in key.series:
            heard = self._heard[name]
            heard.keys.discard(key)
            heard.lines = [known for known in heard.lines if known[0].key != key]
            if not heard.keys:
                del self._heard[name]


def _catch_up(line: Line, place: int, heard: _Heard, stored: Stored) -> None:
    """Tell the line the bars that came while it was loaded."""
    last = (stored.parts or stored.closed)[-1:]
    resolution = heard.base if stored.parts else line.key.resolution
    since = bar_end(last[0].at, resolution) if last else None
    for candle in heard.closed:
        if since is None or candle.at >= since:
            line.close(place, candle)


def _key(leaf: Leaf) -> LineKey:
    return LineKey(resolution_of(leaf), series_of(leaf))


def base_resolution(name: SeriesName) -> Resolution:
    """In which a series' bars are told."""
    return Resolution.MINUTES_15 if isinstance(name, PortfolioSeries) else Resolution.MINUTE
