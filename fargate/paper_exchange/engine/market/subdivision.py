"""Splits a bar into smaller bars that add up to it exactly.

Prices are whole ticks and volumes whole lots, so sums and extremes agree at every resolution: the highest minute
of an hour is the hour's high. Every split is seeded by what is split, so the same bar always splits the same way.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple


class Bar(NamedTuple):
    """A bar in ticks and lots."""

    open: int
    high: int
    low: int
    close: int
    volume: int


def split(bar: Bar, parts: int, random: Random) -> list[Bar]:
    """Bars in order: each opens where the one before closed, together they have the bar's extremes and volume."""
    closes = bridge(bar, parts, random)
    high_part, low_part = random.randrange(parts), random.randrange(parts)
    volumes = share(bar.volume, parts, random)
    bars = []
    opened = bar.open
    for index, closed in enumerate(closes):
        top, bottom = max(opened, closed), min(opened, closed)
        reach = top - bottom + 1
        high = bar.high if index == high_part else min(bar.high, top + int(reach * random.random() * 0.5))
        low = bar.low if index == low_part else max(bar.low, bottom - int(reach * random.random() * 0.5))
        bars.append(Bar(opened, high, low, closed, volumes[index]))
        opened = closed
    return bars


def bridge(bar: Bar, parts: int, random: Random) -> list[int]:
    """Closes of the parts: a random walk inside the bar's range that ends at the bar's close."""
    step = max(bar.high - bar.low, 1) / (parts**0.5) * 0.7
    walk = [0.0]
    for _ in range(parts):
        walk.append(walk[-1] + random.gauss(0.0, step))
    drift = (bar.close - bar.open - walk[-1]) / parts
    inner = (bar.open + walk[index] + drift * index for index in range(1, parts))
    return [_reflected(round(price), bar.low, bar.high) for price in inner] + [bar.close]


def _reflected(price: int, low: int, high: int) -> int:
    """The price thrown back from the range's ends: were it held there, a market would stand still for hours."""
    reach = high - low
    beyond = (price - low) % (2 * reach) if reach else 0
    return low + min(beyond, 2 * reach - beyond)


def share(total: int, parts: int, random: Random) -> list[int]:
    """Whole shares that add up to the total, each at least one where the total allows."""
    least = 1 if total >= parts else 0
    spare = total - least * parts
    weights = [random.random() + 0.05 for _ in range(parts)]
    scale = sum(weights)
    cut, shares, so_far = 0, [], 0.0
    for weight in weights[:-1]:
        so_far += weight
        upto = int(spare * (so_far / scale))
        shares.append(least + upto - cut)
        cut = upto
    return [*shares, least + spare - cut]
