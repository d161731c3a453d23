"""Bars that are missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import AnyResolution, Resolution, bar_end, bar_start


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of missing bars.

    Attributes:
        since: Start of the first missing bar.
        until: End of the last missing bar.
    """

    since: datetime
    until: datetime


def find_gaps(
    starts: Iterable[datetime], resolution: AnyResolution, *, since: datetime, until: datetime, zone: tzinfo = UTC
) -> list[Gap]:
    """The missing bars of a time range, oldest first.

    Args:
        starts: Starts of the bars that are there, rising; those outside the range don't matter.
        resolution: Of the bars.
        since: First instant that must be covered.
        until: First instant that need not be covered; a bar that reaches beyond it is not asked for.
        zone: Whose days, weeks and months.
    """
    expected = bar_start(since, resolution, zone)
    end = bar_start(until, resolution, zone)
    gaps: list[Gap] = []
    for start in starts:
        if expected < start:
            gaps.append(Gap(expected, min(start, end)))
        expected = max(expected, bar_end(start, resolution, zone))
        if expected >= end:
            break
    if expected < end:
        gaps.append(Gap(expected, end))
    return [gap for gap in gaps if gap.since < gap.until]


def fill(candles: Iterable[Candle], resolution: Resolution, *, until: datetime) -> list[Candle]:
    """The bars with an empty one, which repeats the close before it, wherever one was left out.

    Args:
        candles: Oldest first; venues leave out bars in which nothing was traded, or repeat the close as we do.
        resolution: Up to four hours.
        until: Start of the first bar that is not asked for; bars from there on are dropped.
    """
    filled: list[Candle] = []
    for candle in candles:
        if candle.at >= until:
            break
        _extend(filled, resolution, candle.at)
        filled.append(candle)
    _extend(filled, resolution, until)
    return filled


def _extend(filled: list[Candle], resolution: Resolution, until: datetime) -> None:
    while filled and (at := filled[-1].at + resolution.span) < until:
        close = filled[-1].close
        filled.append(Candle(at, close, close, close, close))
