"""From which bar on a figure is computed.

Many functions remember everything that ever went into them, so their value depends on where one begins. For a rule,
a replay and a chart to agree to the last bit, they must begin at the same bar, whatever they were asked for. So bars
are counted in eras of 4,096, and what is shown in an era is computed from 2,048 bars before it on, or from the first
bar that there is. Exponential averages have forgotten their beginning by then; running totals (OBV, AD, CUMSUM) start
anew with each era: their differences mean something, their level does not. Days, weeks and months have one era.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nightdesk.candles.resolutions import Resolution

ERA_BARS: Final = 4096
WARM_UP_BARS: Final = 2048


def era_start(index: int, resolution: Resolution) -> int | None:
    """Index of the first bar of the bar's era; None if there is only one."""
    return None if resolution.follows_calendar else index - index % ERA_BARS


def next_era(index: int, resolution: Resolution) -> int | None:
    """Index of the first bar of the era after the bar's; None if there is none."""
    start = era_start(index, resolution)
    return None if start is None else start + ERA_BARS


def first_needed(index: int, resolution: Resolution) -> int | None:
    """Index of the bar from which on this bar's value is computed; None means the very first there is."""
    start = era_start(index, resolution)
    return None if start is None else start - WARM_UP_BARS


def eras_of(first: int, end: int, resolution: Resolution) -> Iterator[tuple[int, int]]:
    """First and end of each run of bars within one era, oldest first."""
    while first < end:
        following = next_era(first, resolution)
        until = end if following is None else min(end, following)
        yield first, until
        first = until
