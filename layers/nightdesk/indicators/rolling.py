"""Longer bars from shorter ones as they close and form, in the steps in which the store rolls them up."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import Resolution, bar_end, bar_start
from nightdesk.candles.rollup import merge

_FROM: Final = {
    Resolution.MINUTES_5: Resolution.MINUTE,
    Resolution.MINUTES_15: Resolution.MINUTE,
    Resolution.MINUTES_30: Resolution.MINUTES_15,
    Resolution.HOUR: Resolution.MINUTES_15,
    Resolution.HOURS_4: Resolution.HOUR,
    Resolution.DAY: Resolution.HOUR,
    Resolution.WEEK: Resolution.DAY,
    Resolution.MONTH: Resolution.DAY,
}


class Roller:
    """Makes the bars of one resolution from those that come.

    Args:
        base: Of the bars that come.
        target: Of the bars that are made; the same, or longer.
    """

    def __init__(self, base: Resolution, target: Resolution) -> None:
        self._base = base
        self._steps = [_Step(resolution) for resolution in _chain(base, target)]

    def close(self, candle: Candle) -> list[Candle]:
        """Take a bar that closed; the longer bars that are complete with it, oldest first.

        A longer bar whose last part is missing is complete when the next one's first part comes.
        """
        end = bar_end(candle.at, self._base)
        made = [candle]
        for step in self._steps:
            made = [longer for part in made for longer in step.take(part)] + step.ended_by(end)
        return made

    def form(self, candle: Candle) -> Candle:
        """The longer bar as far as it is known, with a bar that forms."""
        for step in self._steps:
            candle = step.with_forming(candle)
        return candle


class _Step:
    def __init__(self, resolution: Resolution) -> None:
        self._resolution = resolution
        self._start: datetime | None = None
        self._parts: list[Candle] = []

    def take(self, part: Candle) -> list[Candle]:
        start = bar_start(part.at, self._resolution)
        made = self._made() if start != self._start else []
        self._start = start
        self._parts.append(part)
        return made

    def ended_by(self, end: datetime) -> list[Candle]:
        if self._start is None or bar_end(self._start, self._resolution) > end:
            return []
        return self._made()

    def with_forming(self, part: Candle) -> Candle:
        start = bar_start(part.at, self._resolution)
        return merge(start, [*(self._parts if start == self._start else ()), part])

    def _made(self) -> list[Candle]:
        made = [merge(self._start, self._parts)] if self._start is not None else []
        self._start, self._parts = None, []
        return made


def _chain(base: Resolution, target: Resolution) -> list[Resolution]:
    steps: list[Resolution] = []
    while target is not base:
        steps.append(target)
        target = _FROM[target]
    return steps[::-1]
