"""Pages of bars that are rolled up when they are read, over stretches in which there are bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import islice
from typing import Final, Protocol

from nightdesk.candles.model import EARLIEST, LATEST, Candle
from nightdesk.candles.ports import CandleReader, Series
from nightdesk.candles.resolutions import AnyResolution, Resolution, bar_end, bar_start, starts_from, starts_until


class BarSource(Protocol):
    """Bars of one series in one resolution."""

    def newest(self, until: datetime | None, limit: int) -> list[Candle]:
        """At most so many of the newest before the end of a bar, oldest first."""
        ...

    def oldest(self, since: datetime, until: datetime | None, limit: int) -> list[Candle]:
        """At most so many from the start of a bar on, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Length:
    """A length of bars in the calendar of a zone."""

    resolution: AnyResolution
    zone: tzinfo

    def start(self, at: datetime) -> datetime:
        """Where the bar that holds the instant begins."""
        return bar_start(at, self.resolution, self.zone)

    def end(self, start: datetime) -> datetime:
        """Where the bar that begins here ends."""
        return bar_end(start, self.resolution, self.zone)

    def starts_from(self, start: datetime, count: int, until: datetime | None) -> list[datetime]:
        """Where this bar and those after it begin, and at last where the last of them ends: `count` bars or fewer."""
        last = min(until or LATEST, LATEST)
        return _through(starts_from(start, self.resolution, self.zone), count + 1, lambda begins: begins >= last)

    def starts_until(self, end: datetime, count: int) -> list[datetime]:
        """The same of `count` bars or fewer up to this end."""
        before = starts_until(end, self.resolution, self.zone)
        return [*_through(before, count, lambda begins: begins <= EARLIEST)[::-1], end]


def _through(instants: Iterator[datetime], count: int, is_last: Callable[[datetime], bool]) -> list[datetime]:
    taken: list[datetime] = []
    for instant in islice(instants, count):
        taken.append(instant)
        if is_last(instant):
            break
    return taken


class RolledBars:
    """`BarSource` of longer bars.

    A stretch without bars is passed over by asking for the next stored one; where bars are sparse, twice as many
    longer ones are looked through each time.
    """

    def __init__(self, reader: CandleReader, series: Series, stored: Resolution, length: Length) -> None:
        self._reader = reader
        self._series = series
        self._stored = stored
        self._length = length

    def newest(self, until: datetime | None, limit: int) -> list[Candle]:
        """At most so many of the newest before the end of a bar, oldest first."""
        found: list[Candle] = []
        for count in _counts(limit):
            last = self._reader.bars(self._series, self._stored, since=None, until=until, limit=1)
            if not last:
                break
            starts = self._length.starts_until(self._length.end(self._length.start(last[0].at)), count)
            found = self._reader.rolled(self._series, self._stored, starts) + found
            if len(found) >= limit:
                break
            until = starts[0]
        return found[-limit:]

    def oldest(self, since: datetime, until: datetime | None, limit: int) -> list[Candle]:
        """At most so many from the start of a bar on, oldest first."""
        found: list[Candle] = []
        for count in _counts(limit):
            first = self._reader.bars(self._series, self._stored, since=since, until=until, limit=1)
            if not first:
                break
            starts = self._length.starts_from(self._length.start(first[0].at), count, until)
            found += self._reader.rolled(self._series, self._stored, starts)
            if len(found) >= limit:
                break
            since = starts[-1]
        return found[:limit]


def _counts(limit: int) -> Iterator[int]:
    while True:
        yield limit
        limit = min(2 * limit, _LOOKED_THROUGH)


_LOOKED_THROUGH: Final = 10_000
"""So many longer bars at a time at most."""
