"""Bars as columns: one after the other, none missing.

A bar that is missing between two others is taken as one in which nothing was traded: it repeats the close before it,
without volume, as candles do themselves. When the true bar comes later, what was computed from it is computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.model import Field
from nightdesk.kernel.instants import EPOCH

Floats = npt.NDArray[np.float64]
COLUMNS: Final = tuple(Field)
_FIRST_MONDAY: Final = EPOCH - timedelta(days=3)
_MONTHS: Final = 12


def bar_index(at: datetime, resolution: Resolution) -> int:
    """Which bar begins at the instant, counted from 1970; bars of days, weeks and months are those of UTC."""
    if resolution is Resolution.MONTH:
        return (at.year - EPOCH.year) * _MONTHS + at.month - 1
    return (at - _origin(resolution)) // resolution.span


def bar_at(index: int, resolution: Resolution) -> datetime:
    """Where the bar begins."""
    if resolution is Resolution.MONTH:
        return datetime(EPOCH.year + index // _MONTHS, index % _MONTHS + 1, 1, tzinfo=UTC)
    return _origin(resolution) + index * resolution.span


def _origin(resolution: Resolution) -> datetime:
    return _FIRST_MONDAY if resolution is Resolution.WEEK else EPOCH


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars of one series.

    Attributes:
        first: Index of the first bar.
        columns: Open, high, low, close, volume: five rows, one column a bar.
    """

    resolution: Resolution
    first: int
    columns: Floats

    @property
    def end(self) -> int:
        """Index of the first bar after them."""
        return int(self.first + self.columns.shape[1])

    def column(self, field: Field) -> Floats:
        """One column, oldest first."""
        column: Floats = self.columns[COLUMNS.index(field)]
        return column

    def cut(self, first: int, end: int) -> Bars:
        """Those of them from `first` until before `end`."""
        low, high = max(first, self.first), min(end, self.end)
        return Bars(self.resolution, low, self.columns[:, low - self.first : max(high, low) - self.first])

    def starts(self) -> list[datetime]:
        """Where each begins."""
        return [bar_at(index, self.resolution) for index in range(self.first, self.end)]


def bars_of(candles: Sequence[Candle], resolution: Resolution) -> Bars:
    """The bars that candles are, oldest first, none twice; missing ones are put in."""
    if not candles:
        return bars_from(np.empty(0, np.int64), np.empty((len(COLUMNS), 0)), resolution)
    indices = np.fromiter((bar_index(candle.at, resolution) for candle in candles), np.int64, len(candles))
    flat = [(candle.open, candle.high, candle.low, candle.close, candle.volume) for candle in candles]
    return bars_from(indices, np.array(flat, dtype=np.float64).T, resolution)


def bars_from(indices: npt.NDArray[np.int64], given: Floats, resolution: Resolution) -> Bars:
    """Likewise of bars that are columns already; `indices` says which each one is."""
    if not len(indices):
        return Bars(resolution, 0, np.empty((len(COLUMNS), 0)))
    first = int(indices[0])
    if int(indices[-1]) - first + 1 == len(indices):
        return Bars(resolution, first, np.ascontiguousarray(given))
    return Bars(resolution, first, _filled(given, indices - first))


def quiet(close: float) -> tuple[float, float, float, float, float]:
    """The row of a bar in which nothing was traded."""
    return (close, close, close, close, 0.0)


def _filled(given: Floats, places: npt.NDArray[np.int64]) -> Floats:
    present = np.zeros(int(places[-1]) + 1, dtype=bool)
    present[places] = True
    latest = np.cumsum(present) - 1
    columns: Floats = np.ascontiguousarray(given[:, latest])
    missing = ~present
    columns[:4, missing] = columns[3, missing]
    columns[4, missing] = 0.0
    return columns
