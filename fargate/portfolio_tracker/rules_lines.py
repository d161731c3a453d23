"""Figures that change with bars: fed with the bars that form and close, begun from those that are stored."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from math import nan
from typing import Any, Final, Protocol

from fargate.portfolio_tracker.rules_board import Close
from fargate.portfolio_tracker.rules_highs import HighMarks, stored_high
from fargate.portfolio_tracker.rules_snapshot import NOBODY
from nightdesk.candles.model import Candle, PortfolioSeries, SeriesName, parse_series
from nightdesk.candles.resolutions import bar_end
from nightdesk.candles.service import CandleService
from nightdesk.indicators.analyser import Analyser, Wanted, base_resolution
from nightdesk.indicators.canonical import canonical
from nightdesk.indicators.line import Stored
from nightdesk.indicators.model import Expression, Leaf, Metric
from nightdesk.indicators.warming import stored_for
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import NightdeskError
from nightdesk.kernel.ids import TenantId
from nightdesk.rules.firing import ToldBars

LOAD_EVERY_S: Final = 0.5
IDLE_S: Final = 0.2
TOLD_BARS: Final = 10
"""So many closed bars of a series go with a candidate: the store is never as far behind."""

_log = logging.getLogger(__name__)


class ToldBar(Protocol):
    """A bar in its series' own resolution."""

    @property
    def series(self) -> str:
        """Its name."""
        ...

    @property
    def candle(self) -> Candle:
        """The bar."""
        ...

    @property
    def is_closed(self) -> bool:
        """Whether it will not change any more."""
        ...


class BarFeed(Protocol):
    """Bars as they come."""

    def hear(self, wanted: Callable[[], Collection[str]]) -> AsyncIterator[ToldBar | None]:
        """Every bar of the wanted series; None whenever there was none for a moment."""
        ...


class NoFigures:
    """Live figures are nobody's business here."""

    def value(self, metric: Metric) -> float:  # noqa: ARG002 - whichever
        """Not known."""
        return nan


class AnalysedLines:
    """`Lines`: every leaf of the watched expressions, kept up to date by one analyser.

    Args:
        market_at: The market's time, None before the first price.
        told: Called when a figure may have changed.
    """

    def __init__(
        self,
        feed: BarFeed,
        candles: CandleService,
        *,
        market_at: Callable[[], datetime | None],
        told: Callable[[], None],
    ) -> None:
        self._feed = feed
        self._candles = candles
        self._market_at = market_at
        self._told = told
        self._analyser = Analyser(NoFigures())
        self._watched: Counter[Expression] = Counter()
        self._readers: dict[str, Callable[[], float]] = {}
        self._series: frozenset[str] = frozenset()
        self._figures: Mapping[str, float] = {}
        self._highs = HighMarks()
        self._closes: list[Close] = []
        self._changed = False

    def watch(self, expressions: Iterable[Expression]) -> None:
        """From now on keep exactly these."""
        expressions = tuple(expressions)
        self._highs.watch(expressions)
        wanted = Counter(expression for expression in expressions if expression.bars)
        self._analyser.watch((wanted - self._watched).elements())
        self._analyser.unwatch((self._watched - wanted).elements())
        self._watched = wanted
        self._series = frozenset(str(name) for each in wanted for name, _ in each.bars) | self._highs.series
        self._readers = {
            canonical(leaf): self._analyser.reader(_alone(leaf))
            for each in wanted
            for leaf in each.leaves
            if not isinstance(leaf, Metric)
        }
        self._changed = True

    def figures(self) -> Mapping[str, float]:
        """Every kept leaf's figure by its text; a mapping that is not changed afterwards."""
        if self._changed:
            self._changed = False
            self._analyser.refresh()
            self._figures = {**{text: read() for text, read in self._readers.items()}, **self._highs.figures()}
        return self._figures

    def closes(self) -> Sequence[Close]:
        """What markets closed at, of each minute that ended since the last call."""
        closes, self._closes = self._closes, []
        return closes

    def bars(self, names: Iterable[SeriesName]) -> Mapping[str, ToldBars]:
        """The newest bars of these series that were told."""
        return {str(name): ToldBars(*self._analyser.newest(name, TOLD_BARS)) for name in names}

    def doubt(self, names: Iterable[SeriesName]) -> None:
        """Begin the figures of these series again from what is stored."""
        names = tuple(names)
        self._analyser.doubt(names)
        self._highs.forget(names)
        self._changed = True

    def health(self) -> dict[str, Any]:
        """Figures for the health page."""
        return {"rule_figures": len(self._readers), "rule_series": len(self._series)}

    async def hear(self, stopping: asyncio.Event) -> None:
        """Take in bars; dies with its connection and is started again."""
        async for told in self._feed.hear(lambda: self._series):
            if stopping.is_set():
                return
            if told is None:
                await asyncio.sleep(0 if self._series else IDLE_S)
            else:
                self._take(told)

    async def load(self, stopping: asyncio.Event) -> None:
        """Begin lines from what is stored, and again those that were corrected or have a hole."""
        while not stopping.is_set():
            market_at = self._market_at()
            if market_at is not None:
                for wanted in self._analyser.wanted(market_at):
                    await self._load(wanted)
                for series in self._highs.missing:
                    await self._load_high(series)
            try:
                await asyncio.wait_for(stopping.wait(), LOAD_EVERY_S)
            except TimeoutError:
                continue

    def _take(self, told: ToldBar) -> None:
        name = parse_series(told.series)
        self._highs.take(name, told.candle)
        if told.is_closed and isinstance(name, Instrument):
            self._closes.append(Close(name, bar_end(told.candle.at, base_resolution(name)), told.candle.close))
        take = self._analyser.close if told.is_closed else self._analyser.form
        take(name, told.candle)
        self._change()

    async def _load(self, wanted: Wanted) -> None:
        try:
            stored = await asyncio.to_thread(self._stored, wanted)
        except NightdeskError as error:
            _log.warning("bars not loaded", extra={"code": error.code})
            return
        self._analyser.load(wanted.key, stored)
        self._change()

    async def _load_high(self, series: PortfolioSeries) -> None:
        try:
            self._highs.put(series, await asyncio.to_thread(stored_high, self._candles, series))
        except NightdeskError as error:
            _log.warning("highest value not loaded", extra={"code": error.code})
            return
        self._change()

    def _stored(self, wanted: Wanted) -> Mapping[SeriesName, Stored]:
        return stored_for(wanted, self._candles, _owner(wanted.key.series))

    def _change(self) -> None:
        self._changed = True
        self._told()


def _alone(leaf: Leaf) -> Expression:
    return Expression(canonical(leaf), leaf, (leaf,), 0)


def _owner(series: Iterable[SeriesName]) -> TenantId:
    """Whose portfolio is among the series; markets may be read by anybody."""
    owners = (TenantId(each.portfolio_id) for each in series if isinstance(each, PortfolioSeries))
    return next(owners, NOBODY)
