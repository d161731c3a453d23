"""A series in one resolution, made of the shorter bars that are heard and stored. Knows no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import Resolution, bar_end, bar_start
from nightdesk.candles.rollup import merge

BARS_KEPT: Final = 2
"""The forming bar and the one before it can still be corrected part by part."""

_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as it is now."""

    candle: Candle
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the store knows.

    Attributes:
        bars: Of the wanted resolution, oldest first; the last may be forming.
        parts: What the last bar is made of, oldest first.
        parts_from: From here on the parts are of the resolution that is heard.
        until: End of the newest part; None when nothing is stored.
    """

    bars: Sequence[Candle] = ()
    parts: Sequence[Candle] = ()
    parts_from: datetime | None = None
    until: datetime | None = None


class LiveBars:
    """Adds up parts to bars.

    Args:
        resolution: Of the bars.
        base: Of the parts that are heard; no longer than the bars.

    Attributes:
        read_from: Start of the bar from which on the store must be read; None for its newest bar.
    """

    def __init__(self, resolution: Resolution, base: Resolution) -> None:
        self._resolution = resolution
        self._base = base
        self._parts: dict[datetime, dict[datetime, Candle]] = {}
        self._parts_from: datetime | None = None
        self._until: datetime | None = None
        self._closed_until: datetime | None = None
        self._missing_until: datetime | None = None
        self.read_from: datetime | None = None

    @property
    def is_missing(self) -> bool:
        """Whether parts are missing that must be read."""
        return self._missing_until is not None

    def lose(self) -> None:
        """Something may have been missed since the newest bar."""
        self.read_from = self.read_from or max(self._parts, default=None)

    def hear(self, part: Candle, *, is_closed: bool) -> list[Bar]:
        """Take a part: the bars that it changes."""
        end = bar_end(part.at, self._base)
        self._notice(part)
        self._until = max(self._until or end, end)
        if is_closed:
            self._closed_until = max(self._closed_until or end, end)
        if self._resolution is self._base:
            self._keep(part.at, part)
            return [self._bar(part.at, part)]
        start = bar_start(part.at, self._resolution)
        if (self._parts and start < min(self._parts)) or self._is_added_up(part):
            return []
        self._keep(start, part)
        return [self._formed(start)]

    def load(self, stored: Stored) -> list[Bar]:
        """Take what is stored: every bar that is known now, oldest first. What was heard is newer."""
        if stored.until is None or stored.parts_from is None:
            return list(self._all())
        self.read_from = None
        if self._missing_until is not None and stored.until >= self._missing_until:
            self._missing_until = None
        self._closed_until = max(self._closed_until or stored.until, stored.until)
        self._until = max(self._until or stored.until, stored.until)
        self._parts_from = stored.parts_from
        start = bar_start(stored.bars[-1].at, self._resolution)
        heard = {at: part for at, part in self._parts.get(start, {}).items() if at >= stored.parts_from}
        self._parts[start] = {**{part.at: part for part in stored.parts}, **heard}
        self._forget()
        older = [self._bar(bar.at, bar) for bar in stored.bars if bar.at not in self._parts]
        return [*older, *self._all()]

    def _notice(self, part: Candle) -> None:
        """Notice parts left out before this one, and what is corrected of those added up before."""
        if self._until is not None and (part.at > self._until or self._is_added_up(part)):
            self.read_from = self.read_from or bar_start(min(part.at, self._until - _INSTANT), self._resolution)
            self._missing_until = part.at

    def _is_added_up(self, part: Candle) -> bool:
        first = min(self._parts, default=part.at)
        return self._parts_from is not None and first <= part.at < self._parts_from

    def _keep(self, start: datetime, part: Candle) -> None:
        self._parts.setdefault(start, {})[part.at] = part
        self._forget()

    def _forget(self) -> None:
        for start in sorted(self._parts)[:-BARS_KEPT]:
            del self._parts[start]

    def _all(self) -> Iterator[Bar]:
        return (self._formed(start) for start in sorted(self._parts))

    def _formed(self, start: datetime) -> Bar:
        parts = self._parts[start]
        return self._bar(start, merge(start, [parts[at] for at in sorted(parts)]))

    def _bar(self, start: datetime, candle: Candle) -> Bar:
        closed_until = self._closed_until
        return Bar(candle, closed_until is not None and closed_until >= bar_end(start, self._resolution))
