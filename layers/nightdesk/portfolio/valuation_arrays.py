"""The values of many portfolios at once, in float arrays: for candles, which are looked at and never booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from nightdesk.candles.model import Candle
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.portfolio.exposure import Exposure
from nightdesk.portfolio.valuation import PriceGraph

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Values:
    """What all portfolios are worth at one instant.

    Attributes:
        worth: In the order of the portfolios, each in its base asset.
        unpriced: How many of each portfolio's assets have no price; they count for nothing.
    """

    worth: Floats
    unpriced: Floats


class ValueArrays:
    """Quantities of all portfolios laid out so that one pass values them all."""

    def __init__(self, exposures: Sequence[Exposure]) -> None:
        self._count = len(exposures)
        pairs: dict[tuple[AssetId, AssetId], int] = {}
        owners, kinds, quantities = [], [], []
        for index, exposure in enumerate(exposures):
            for asset, quantity in exposure.quantities.items():
                if quantity:
                    owners.append(index)
                    kinds.append(pairs.setdefault((asset, exposure.base_asset), len(pairs)))
                    quantities.append(float(quantity))
        self._pairs = tuple(pairs)
        self._owners = np.array(owners, dtype=np.int64)
        self._kinds = np.array(kinds, dtype=np.int64)
        self._quantities = np.array(quantities, dtype=np.float64)

    def values(self, graph: PriceGraph) -> Values:
        """The value of each portfolio; what has no price at all counts for nothing, as in the portfolio's total."""
        rates = [graph.rate(asset, into) for asset, into in self._pairs]
        told = np.array([0.0 if rate is None else float(rate.value) for rate in rates], dtype=np.float64)
        lacking = np.array([rate is None for rate in rates], dtype=np.float64)
        return Values(self._summed(self._quantities * told[self._kinds]), self._summed(lacking[self._kinds]))

    def _summed(self, amounts: Floats) -> Floats:
        return np.bincount(self._owners, weights=amounts, minlength=self._count).astype(np.float64)


class FormingBars:
    """The bar that each portfolio is in.

    A bar opens with the value at its first instant, which is the close of the bar before, and closes with the value
    at its last; high and low are over both and every sample between. A bar in which an asset got its first price is
    not whole, for what came before lacks that asset's worth; it is not given.

    Args:
        portfolio_ids: In the order of the values.
        start: Of the bars.
        opening: The values at the start.
        whole: Whose bar is whole so far: followed from its start on.
    """

    def __init__(
        self, portfolio_ids: Sequence[TenantId], start: datetime, opening: Values, whole: Sequence[bool]
    ) -> None:
        self.portfolio_ids = tuple(portfolio_ids)
        self.start = start
        self._whole = list(whole)
        self._unpriced = opening.unpriced
        self._open, self._high, self._low = opening.worth.copy(), opening.worth.copy(), opening.worth.copy()
        self._close = opening.worth

    def observe(self, values: Values) -> None:
        """Take a sample."""
        for index in np.flatnonzero(values.unpriced < self._unpriced):
            self._whole[index] = False
        self._unpriced = values.unpriced
        np.maximum(self._high, values.worth, out=self._high)
        np.minimum(self._low, values.worth, out=self._low)
        self._close = values.worth

    def candles(self) -> list[tuple[TenantId, Candle]]:
        """Each portfolio's bar as it is, where it is whole."""
        columns = (self._open.tolist(), self._high.tolist(), self._low.tolist(), self._close.tolist())
        return [
            (portfolio_id, Candle(self.start, *prices))
            for portfolio_id, whole, *prices in zip(self.portfolio_ids, self._whole, *columns, strict=True)
            if whole
        ]

    def moved_to(self, portfolio_ids: Sequence[TenantId], values: Values) -> FormingBars:
        """The same bars for another set of portfolios; that of a new one is not whole."""
        known = {portfolio_id: index for index, portfolio_id in enumerate(self.portfolio_ids)}
        moved = FormingBars(portfolio_ids, self.start, values, [False] * len(portfolio_ids))
        for index, portfolio_id in enumerate(portfolio_ids):
            if (old := known.get(portfolio_id)) is not None:
                moved._open[index] = self._open[old]
                moved._high[index] = max(self._high[old], values.worth[index])
                moved._low[index] = min(self._low[old], values.worth[index])
                moved._whole[index] = self._whole[old]
        return moved
