"""Follows every portfolio through the market's time and closes its bars at exact boundaries.

Values are sampled at each whole second of market time in which a price changed, and at each boundary, with every
price made at or before that instant. So bars depend on the prices alone, not on load or on when this code ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from nightdesk.candles.model import Candle, CandleRow, CandleSource, PortfolioSeries
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.ids import TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.tape import PriceTape, bar_end_after
from nightdesk.portfolio.valuation import PriceGraph
from nightdesk.portfolio.valuation_arrays import Exposure, FormingBars, ValueArrays

RESOLUTION = Resolution.MINUTES_15


class PortfolioTracker:
    """Pure state: prices and exposures in, closed bars out.

    Args:
        patience: How long a price may be under way and still count at its boundary.
    """

    def __init__(self, patience: timedelta = timedelta(milliseconds=300)) -> None:
        self._patience = patience
        self._tape = PriceTape(patience)
        self._prices: dict[Instrument, Price] = {}
        self._arrays = ValueArrays(())
        self._bars: FormingBars | None = None
        self._end: datetime | None = None

    @property
    def started_at(self) -> datetime | None:
        """Start of the present bars; None before the first price."""
        return self._bars.start if self._bars else None

    def begin(self, known: Iterable[Price]) -> None:
        """Begin, or after an interruption begin anew, with the last known prices.

        What they say of the time before now is not followed: bars between would be made of the few prices that
        happened to be the last. The bar that the first price heard falls into is not whole and never given.
        """
        self._tape = PriceTape(self._patience)
        self._bars = self._end = None
        self._take(known)

    def hold(self, exposures: Sequence[Exposure]) -> None:
        """From now on the portfolios hold this."""
        self._arrays = ValueArrays(exposures)
        if self._bars is not None:
            values = self._arrays.values(self._graph())
            self._bars = self._bars.moved_to(self._arrays.portfolio_ids, values, self._arrays.priced)
            self._bars.observe(values, self._arrays.priced)

    def hear(self, price: Price, heard_at: datetime) -> None:
        """Take a price; it counts from its own instant on."""
        self._tape.add(price, heard_at)

    def advance(self, wall_now: datetime) -> list[CandleRow]:
        """Go as far as everything has been heard; returns the bars that closed, oldest first."""
        horizon = self._tape.horizon(wall_now)
        if horizon is None:
            return []
        closed: list[CandleRow] = []
        for second, prices in self._tape.seconds(horizon):
            closed += self._close_until(second, including=False)
            self._take(prices)
            self._sample(second)
        return closed + self._close_until(horizon, including=True)

    def forming(self) -> list[CandleRow]:
        """The bars as they are now."""
        return _rows(self._bars.forming()) if self._bars else []

    def _take(self, prices: Iterable[Price]) -> None:
        for price in prices:
            known = self._prices.get(price.instrument)
            if known is None or price.at >= known.at:
                self._prices[price.instrument] = price

    def _sample(self, second: datetime) -> None:
        values = self._arrays.values(self._graph())
        if self._bars is None:
            self._end = bar_end_after(second - timedelta(microseconds=1), RESOLUTION.span)
            start = self._end - RESOLUTION.span
            self._bars = FormingBars(self._arrays.portfolio_ids, start, values, self._arrays.priced)
        self._bars.observe(values, self._arrays.priced)

    def _close_until(self, instant: datetime, *, including: bool) -> list[CandleRow]:
        """Close the bars that end before the instant, or also those that end at it."""
        closed: list[CandleRow] = []
        while self._bars and self._end and (self._end < instant or (including and self._end == instant)):
            values = self._arrays.values(self._graph())
            closed += _rows(self._bars.close(self._end, values, self._arrays.priced))
            self._end += RESOLUTION.span
        return closed

    def _graph(self) -> PriceGraph:
        return PriceGraph(self._prices.values())


def _rows(bars: Sequence[tuple[TenantId, Candle]]) -> list[CandleRow]:
    source = CandleSource.VALUATION
    return [CandleRow(str(PortfolioSeries(portfolio_id)), RESOLUTION, candle, source) for portfolio_id, candle in bars]
