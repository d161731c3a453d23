"""What listings of coins tell at the end of each bar, as floats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from nightdesk.indicators.bars import Floats
from nightdesk.indicators.listed import coin_figure
from nightdesk.indicators.model import MetricName
from nightdesk.kernel.assets import AssetId
from nightdesk.markets.caps_history import FRESH_FOR, CapHistory, CapListing
from nightdesk.rules.cap_reading import SIZES, is_told, size_in
from nightdesk.rules.compiled_block import epoch_s
from nightdesk.rules.replay_truths import Flags

SLACK: Final = 1e-12
"""Relative error of a value in floats, with much to spare."""

TINY: Final = 1e-12
"""Less may be nothing once it is rounded to 18 decimals."""


class CapColumns:
    """Listings over bars.

    Args:
        history: What was listed, from `FRESH_FOR` before the first bar's end on.
        ends_s: When each bar ends.
    """

    def __init__(self, history: CapHistory, ends_s: Floats) -> None:
        self._listings = history.listings
        made = np.array([epoch_s(each.at) for each in self._listings])
        places = np.searchsorted(made, ends_s, side="right") - 1
        ages = ends_s - np.append(made, -np.inf)[places]
        self._places = np.where(ages > FRESH_FOR.total_seconds(), -1, places)

    def coin(self, name: MetricName, asset: AssetId) -> Floats:
        """One coin's figure; NaN where it is not known."""
        return self._told(lambda listing: _number(coin_figure(listing, name, asset)))

    def held(self, name: MetricName, asset: AssetId) -> Floats:
        """What a unit of value in the asset adds to the figure; NaN where it does not count."""
        if name not in SIZES:
            return self.coin(name, asset)
        return self._told(lambda listing: float(size_in(listing, asset) is SIZES[name]))

    def is_told(self, name: MetricName, asset: AssetId) -> Flags:
        """Where a listing tells all that the figure needs of the asset."""
        told: Flags = self._told(lambda listing: float(is_told(listing, name, asset))) == 1.0
        return told

    @property
    def is_listed(self) -> Flags:
        """Where there is a listing that is fresh."""
        listed: Flags = self._places >= 0
        return listed

    def _told(self, tell: Callable[[CapListing], float]) -> Floats:
        told = np.array([*map(tell, self._listings), np.nan])  # the last stands for no listing
        values: Floats = told[self._places]
        return values


@dataclass(frozen=True, slots=True)
class Weighed:
    """A figure of what is held, before it is divided.

    Attributes:
        total: And what it is divided by, each with its bound.
        unclear: Where floats can't tell whether it is known.
    """

    total: tuple[Floats, Floats]
    whole: tuple[Floats, Floats]
    unknown: Flags
    unclear: Flags


def weighed(columns: CapColumns, name: MetricName, values: Mapping[AssetId, Floats], cut: slice) -> Weighed:
    """What is held, weighed by a figure of its coins.

    Args:
        columns: Over all bars.
        name: Which figure.
        values: What is held of each asset, over the run; NaN where it has no price.
        cut: The run's bars.
    """
    unknown = ~columns.is_listed[cut]
    length = len(unknown)
    sums = np.zeros((4, length))
    unclear = np.zeros(length, dtype=np.bool_)
    for asset, value in values.items():
        size, each = np.abs(np.nan_to_num(value)), columns.held(name, asset)[cut]
        untold = ~columns.is_told(name, asset)[cut]
        unknown |= untold & (size > TINY)
        unclear |= untold & (size > 0) & (size <= TINY)
        counts = ~np.isnan(each) & (size > 0)
        weight, bound = np.where(counts, each, 0.0), np.where(counts, SLACK * size + TINY, 0.0)
        sums += np.stack([np.nan_to_num(value) * weight, bound * np.abs(weight), np.where(counts, value, 0.0), bound])
    return Weighed((sums[0], sums[1]), (sums[2], sums[3]), unknown, unclear & ~unknown)


def _number(figure: Decimal | None) -> float:
    return np.nan if figure is None else float(figure)
