"""One line of figures: those that are computed from the same bars, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nan

from nightdesk.candles.model import Candle, SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import Bars, bar_at, bar_index, bars_of, quiet
from nightdesk.indicators.eras import WARM_UP_BARS, era_start, first_needed, next_era
from nightdesk.indicators.model import Leaf
from nightdesk.indicators.rolling import Roller
from nightdesk.indicators.stream import Row, Track


@dataclass(frozen=True, slots=True)
class LineKey:
    """What a line is computed from.

    Attributes:
        series: By name.
    """

    resolution: Resolution
    series: tuple[SeriesName, ...]

    def since(self, market_at: datetime) -> datetime | None:
        """Where the stored bars that a line begins from must begin; None means at the very first."""
        index = first_needed(bar_index(market_at, self.resolution), self.resolution)
        return None if index is None else bar_at(index, self.resolution)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of one series.

    Attributes:
        closed: Bars of the line's resolution that have ended, oldest first.
        parts: Shorter bars after them, as they come live; oldest first.
    """

    closed: Sequence[Candle]
    parts: Sequence[Candle]


class Spot:
    """Where a leaf's values stand, whichever line tells them.

    Attributes:
        value: With the bar that forms, where there is one; NaN if not known.
        closed: At the last closed bar.
    """

    __slots__ = ("closed", "value")

    def __init__(self) -> None:
        self.value = self.closed = nan


class Line:
    """The figures of one key; it writes them where their spots are.

    Args:
        key: Of the bars.
        spots: By leaf.
    """

    def __init__(self, key: LineKey, spots: Mapping[Leaf, Spot]) -> None:
        count = len(key.series)
        self.key = key
        self._resolution = key.resolution
        self._leaves = tuple(spots)
        self._spots = tuple(spots.values())
        self._next: int | None = None  # index of the bar that forms
        self._turn: int | None = None  # index of the first bar of the era after it
        self._current: Track | None = None
        self._following: Track | None = None
        self._waiting: dict[int, dict[int, Row]] = {}
        self._forming: list[tuple[int, Row] | None] = [None] * count
        self._ends: list[int | None] = [None] * count
        self._closes = [nan] * count
        self._rollers: list[Roller] = []

    def begin(self, stored: Sequence[Stored], bases: Sequence[Resolution]) -> None:
        """Begin from what is stored of each series, in the key's order."""
        bars = [bars_of(each.closed, self._resolution) for each in stored]
        for place, each in enumerate(bars):
            if each.end > each.first:
                self._ends[place], self._closes[place] = each.end, float(each.columns[3, -1])
        self._rollers = [Roller(base, self._resolution) for base in bases]
        self._start(bars)
        for place, kept in enumerate(stored):
            for part in kept.parts:
                self.close(place, part)

    def close(self, place: int, part: Candle) -> None:
        """Take a bar of a series that closed, in that series' own resolution; later than the one before."""
        for candle in self._rollers[place].close(part):
            self._take(place, bar_index(candle.at, self._resolution), _row(candle))

    def peek(self, place: int, part: Candle) -> None:
        """Take a bar of a series that forms; work out the values if every series has one."""
        candle = self._rollers[place].form(part)
        self._forming[place] = bar_index(candle.at, self._resolution), _row(candle)
        rows = [formed[1] for formed in self._forming if formed is not None and formed[0] == self._next]
        if self._current is not None and len(rows) == len(self._forming):
            self._current.peek(rows)
            for spot, cell in zip(self._spots, self._current.cells, strict=True):
                spot.value = cell.forming

    def _start(self, bars: Sequence[Bars]) -> None:
        """Begin the era of the next bar, and the one after it if its warm-up has begun."""
        first, end = max(each.first for each in bars), min(each.end for each in bars)
        if end <= first:
            return
        self._next, self._turn = end, next_era(end, self._resolution)
        self._current = self._track(bars, first, end, end)
        begins = era_start(end, self._resolution) == end  # the last closed bar belongs to the era before
        self._tell(self._track(bars, first, end, end - 1) if begins else self._current)
        if self._turn is not None and end > self._turn - WARM_UP_BARS:
            self._following = self._track(bars, first, end, self._turn)

    def _track(self, bars: Sequence[Bars], first: int, end: int, index: int) -> Track:
        """What tells the bar's era, with the bars before `end`."""
        needed = first_needed(index, self._resolution)
        begin = first if needed is None else max(first, needed)
        return Track(
            {name: each.cut(begin, end) for name, each in zip(self.key.series, bars, strict=True)}, self._leaves
        )

    def _empty(self) -> Track:
        return Track({name: bars_of((), self._resolution) for name in self.key.series}, self._leaves)

    def _take(self, place: int, index: int, row: Row) -> None:
        end = self._ends[place]
        end = index if end is None else end
        for missing in range(end, index):
            self._put(missing, place, quiet(self._closes[place]))
        if index >= end:
            self._put(index, place, row)
            self._ends[place], self._closes[place] = index + 1, row[3]

    def _put(self, index: int, place: int, row: Row) -> None:
        """Push the bar as soon as every series has told it."""
        if len(self._rollers) == 1:
            self._push(index, (row,))
            return
        self._waiting.setdefault(index, {})[place] = row
        following = index if self._next is None else self._next
        while len(self._waiting.get(following, ())) == len(self._rollers):
            rows = self._waiting.pop(following)
            self._push(following, [rows[each] for each in range(len(rows))])
            following += 1

    def _push(self, index: int, rows: Sequence[Row]) -> None:
        if self._current is None:  # the first bar that all series have: the line begins with it
            self._current, self._turn = self._empty(), next_era(index, self._resolution)
            self._waiting = {later: waiting for later, waiting in self._waiting.items() if later > index}
        if self._turn is not None and index == self._turn - WARM_UP_BARS:
            self._following = self._empty()
        self._current.push(rows)
        if self._following is not None:
            self._following.push(rows)
        self._tell(self._current)
        self._next = index + 1
        if self._next == self._turn:
            self._current, self._following = self._following or self._current, None
            self._turn = next_era(self._next, self._resolution)

    def _tell(self, track: Track) -> None:
        for spot, cell in zip(self._spots, track.cells, strict=True):
            spot.value = spot.closed = cell.closed


def _row(candle: Candle) -> Row:
    return (candle.open, candle.high, candle.low, candle.close, candle.volume)
