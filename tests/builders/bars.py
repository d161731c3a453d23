"""Bars of a random walk, the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from nightdesk.candles.model import Candle, SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import Bars, bar_at, bar_index
from nightdesk.indicators.stream import Row
from nightdesk.kernel.assets import parse_instrument

BTC: SeriesName = parse_instrument("BINANCE:BTC/USDT")
ETH: SeriesName = parse_instrument("BINANCE:ETH/USDT")
START = datetime(2026, 3, 2, tzinfo=UTC)


def walk(count: int, seed: int = 1, *, resolution: Resolution = Resolution.HOUR, first: int | None = None) -> Bars:
    """So many bars; some without volume."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, count)))
    opened = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opened, close) * (1 + random.random(count) / 100)
    low = np.minimum(opened, close) * (1 - random.random(count) / 100)
    volume = random.integers(0, 4, count) * random.random(count)
    start = bar_index(START, resolution) if first is None else first
    return Bars(resolution, start, np.ascontiguousarray([opened, high, low, close, volume]))


def rows(bars: Bars) -> list[Row]:
    """Each bar as the stream takes it."""
    return [tuple(column) for column in bars.columns.T.tolist()]


def candles(bars: Bars) -> list[Candle]:
    """Each bar as a candle."""
    return [Candle(bar_at(bars.first + place, bars.resolution), *row) for place, row in enumerate(rows(bars))]
