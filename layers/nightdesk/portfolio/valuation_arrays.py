"""The values of many portfolios at once, in float arrays: for candles, which are looked at and never booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from nightdesk.candles.model import Candle
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId
from nightdesk.portfolio.valuation import PriceGraph

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What a portfolio holds over all its accounts."""

    portfolio_id: TenantId
    base_asset: AssetId
    quantities: Mapping[AssetId, Decimal]


class ValueArrays:
    """Quantities of all portfolios laid out so that one pass values them all.

    Attributes:
        portfolio_ids: In the order of the values.
        priced: How many of each portfolio's assets had a price when values were last asked for.
    """

    def __init__(self, exposures: Sequence[Exposure]) -> None:
        self.portfolio_ids = tuple(exposure.portfolio_id for exposure in exposures)
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
        self.priced: Floats = np.zeros(len(exposures))

    def values(self, graph: PriceGraph) -> Floats:
        """The value of each portfolio in its base asset.

        What has no price at all counts for nothing, as in the portfolio's total.
        """
        rates = [graph.rate(asset, into) for asset, into in self._pairs]
        told = np.array([0.0 if rate is None else float(rate.value) for rate in rates], dtype=np.float64)
        worth = self._quantities * told[self._kinds] if len(told) else self._quantities
        known = np.array([rate is not None for rate in rates], dtype=np.float64)
        counted = known[self._kinds] if len(known) else self._quantities
        counts = np.bincount(self._owners, weights=counted, minlength=len(self.portfolio_ids))
        self.priced = counts.astype(np.float64)
        return np.bincount(self._owners, weights=worth, minlength=len(self.portfolio_ids)).astype(np.float64)


class FormingBars:
    """The bar that each portfolio is in.

    A bar opens with the value at its first instant, which is the close of the bar before, and closes with the value
    at its last; high and low are over both and every sample between. The bar in which a portfolio began to be
    followed is not whole: it is never given, for its open is not known here. Nor is one in which an asset got its
    first price, for what came before lacks that asset's worth.
    """

    def __init__(self, portfolio_ids: Sequence[TenantId], start: datetime, values: Floats, priced: Floats) -> None:
        self.portfolio_ids = tuple(portfolio_ids)
        self._whole = [False] * len(portfolio_ids)
        self._priced = priced
        self._begin(start, values)

    def observe(self, values: Floats, priced: Floats) -> None:
        """Take a sample."""
        for index in np.flatnonzero(priced > self._priced):
            self._whole[index] = False
        self._priced = priced
        np.maximum(self._high, values, out=self._high)
        np.minimum(self._low, values, out=self._low)
        self._close = values

    def close(self, end: datetime, values: Floats, priced: Floats) -> list[tuple[TenantId, Candle]]:
        """End the bars with these values and begin the next with them."""
        self.observe(values, priced)
        closed = self.forming()
        self._begin(end, values)
        self._whole = [True] * len(self.portfolio_ids)
        return closed

    def forming(self) -> list[tuple[TenantId, Candle]]:
        """Each portfolio's bar as it is, where it is whole."""
        columns = (self._open.tolist(), self._high.tolist(), self._low.tolist(), self._close.tolist())
        return [
            (portfolio_id, Candle(self.start, *prices))
            for portfolio_id, whole, *prices in zip(self.portfolio_ids, self._whole, *columns, strict=True)
            if whole
        ]

    def moved_to(self, portfolio_ids: Sequence[TenantId], values: Floats, priced: Floats) -> FormingBars:
        """The same bars for another set of portfolios; one that is new begins with its value now."""
        known = {portfolio_id: index for index, portfolio_id in enumerate(self.portfolio_ids)}
        moved = FormingBars(portfolio_ids, self.start, values, priced)
        for index, portfolio_id in enumerate(portfolio_ids):
            if (old := known.get(portfolio_id)) is not None:
                moved._open[index] = self._open[old]
                moved._high[index] = max(self._high[old], values[index])
                moved._low[index] = min(self._low[old], values[index])
                moved._whole[index] = self._whole[old]
        return moved

    def _begin(self, start: datetime, values: Floats) -> None:
        self.start = start
        self._open, self._high, self._low, self._close = values.copy(), values.copy(), values.copy(), values
