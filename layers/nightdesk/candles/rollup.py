"""Longer bars from shorter ones.

A bar in which nothing was traded repeats the close before it. It says nothing about its neighbours, so a longer
bar leaves such parts out as soon as one part has volume: the 15-minute bar then opens with its first trade, as
if it had been built from the trades themselves. Rolling up in steps therefore gives the same as at once; but for the
last bit of the volume, so everybody goes in the same steps, and adds in the order of the parts. Only days, weeks and
months of a zone may have another last bit, as they are made when they are read, of whatever stored bars fit best.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import reduce
from operator import add

from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import AnyResolution, bar_end, bar_start


def rollup(candles: Iterable[Candle], resolution: AnyResolution, zone: tzinfo = UTC) -> list[Candle]:
    """The longer bars that the shorter ones fill, oldest first.

    Args:
        candles: Oldest first, none twice; each must lie within one longer bar.
        resolution: Of the result.
        zone: Whose days, weeks and months; shorter resolutions are aligned to UTC.
    """
    rolled: list[Candle] = []
    parts: list[Candle] = []
    end: datetime | None = None
    for candle in candles:
        if end is None or candle.at >= end:
            _close(parts, resolution, zone, rolled)
            end = bar_end(bar_start(candle.at, resolution, zone), resolution, zone)
            parts = []
        parts.append(candle)
    _close(parts, resolution, zone, rolled)
    return rolled


def merge(at: datetime, parts: Sequence[Candle]) -> Candle:
    """One bar that begins at `at` from its parts, oldest first, at least one."""
    traded = [part for part in parts if part.volume > 0] or parts
    return Candle(
        at,
        traded[0].open,
        max(part.high for part in traded),
        min(part.low for part in traded),
        traded[-1].close,
        reduce(add, (part.volume for part in traded)),
    )


def _close(parts: Sequence[Candle], resolution: AnyResolution, zone: tzinfo, rolled: list[Candle]) -> None:
    if parts:
        rolled.append(merge(bar_start(parts[0].at, resolution, zone), parts))
