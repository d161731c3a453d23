"""The most that portfolios have been worth, by their bars: what a drawdown is counted from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import nan

from nightdesk.candles.model import Candle, PortfolioSeries
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.indicators.model import Expression, MetricName
from nightdesk.indicators.warming import read_bars
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import TenantId


class HighMarks:
    """Of each portfolio whose drawdown somebody reads: the highest of its stored bars, then of those that are told."""

    def __init__(self) -> None:
        self._stored: dict[PortfolioSeries, float | None] = {}
        self._told: dict[PortfolioSeries, float] = {}

    def watch(self, expressions: Iterable[Expression]) -> None:
        """From now on keep those of exactly these."""
        wanted = {
            metric.target
            for expression in expressions
            for metric in expression.metrics
            if metric.name is MetricName.DRAWDOWN and isinstance(metric.target, PortfolioSeries)
        }
        self._stored = {each: self._stored.get(each) for each in wanted}
        self._told = {each: high for each, high in self._told.items() if each in wanted}

    @property
    def series(self) -> frozenset[str]:
        """Names of the portfolios that are kept."""
        return frozenset(map(str, self._stored))

    @property
    def missing(self) -> Sequence[PortfolioSeries]:
        """Those of which it is not known what is stored."""
        return [each for each, high in self._stored.items() if high is None]

    def take(self, series: object, candle: Candle) -> None:
        """A bar that formed or closed."""
        if isinstance(series, PortfolioSeries) and series in self._stored:
            self._told[series] = max(candle.high, self._told.get(series, candle.high))

    def put(self, series: PortfolioSeries, high: float) -> None:
        """What is stored; NaN is no bar."""
        if series in self._stored:
            self._stored[series] = high

    def forget(self, names: Iterable[object]) -> None:
        """Look at what is stored of these again, and only then at what is told."""
        for each in [each for each in self._stored if each in set(names)]:
            self._stored[each] = None
            self._told.pop(each, None)

    def figures(self) -> Mapping[str, float]:
        """By the text under which readings keep it; NaN is not known."""
        return {f"highest of {each}": self._figure(each, stored) for each, stored in self._stored.items()}

    def _figure(self, series: PortfolioSeries, stored: float | None) -> float:
        known = [high for high in (stored, self._told.get(series)) if high is not None and high == high]  # noqa: PLR0124
        return max(known) if stored is not None and known else nan


def stored_high(candles: CandleService, series: PortfolioSeries) -> float:
    """The most that the portfolio's stored bars tell; NaN when there are none."""
    query = CandleQuery(series=str(series), resolution=Resolution.DAY)
    try:
        return max((bar.high for bar in read_bars(candles, TenantId(series.portfolio_id), query)), default=nan)
    except NotFound:
        return nan
