"""The past of markets as columns over the bars of a replay's clock, and what was exactly known at the end of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

import numpy as np

from nightdesk.candles.resolutions import Resolution
from nightdesk.indicators.bars import COLUMNS, Bars, Floats, bar_at
from nightdesk.indicators.batch import BarsBySeries, Clock, History
from nightdesk.indicators.model import Field, Leaf, Metric, MetricName
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.markets.caps_history import NEVER_LISTED, CapHistory
from nightdesk.markets.model import Price
from nightdesk.portfolio.valuation import BRIDGES, PriceGraph
from nightdesk.rules.compiled_block import epoch_s
from nightdesk.rules.replay_caps import CapColumns

EXACTS_KEPT: Final = 512


class Tape:
    """Bars of several instruments side by side, one column each bar of the clock.

    What is read at a bar is what is known when it ends: closes are prices then, made at that instant.

    Args:
        bars: Of every series and resolution that is asked for, warm-up included.
        clock: The bars that are replayed.
        instruments: Whose prices count; each has bars of the clock's resolution.
        lead: So many bars before the clock's first are known too; changes over a window look back at them.
        caps: Listings of coins, if figures are made of them.

    Attributes:
        coins: What these listings say at each bar's end.
        ends_s: When each bar ends, in seconds since 1970.
        before: The bars before the first that is replayed; None when nothing looks back at them.
    """

    def __init__(
        self,
        bars: BarsBySeries,
        clock: Clock,
        instruments: Iterable[Instrument],
        lead: int = 0,
        *,
        caps: CapHistory = NEVER_LISTED,
    ) -> None:
        self.clock = clock
        self.caps = caps
        self.instruments = tuple(instruments)
        self.before = self._earlier(bars, lead) if lead else None
        self._history = History(bars)
        self._columns = {each: _aligned(bars[each, clock.resolution], clock) for each in self.instruments}
        self._leaves: dict[Leaf, Floats] = {}
        self._rates: dict[tuple[AssetId, AssetId], Floats] = {}
        self._always: dict[tuple[AssetId, AssetId], bool] = {}
        self.ends_s = _ends_s(clock)
        self.coins = CapColumns(caps, self.ends_s)
        self.prices = lru_cache(maxsize=EXACTS_KEPT)(self._prices)
        self.graph = lru_cache(maxsize=EXACTS_KEPT)(lambda place: PriceGraph(self.prices(place).values()))

    def __len__(self) -> int:
        """How many bars there are."""
        return self.clock.end - self.clock.first

    def instant(self, place: int) -> datetime:
        """When the bar ends."""
        return bar_at(self.clock.first + place + 1, self.clock.resolution)

    def column(self, instrument: Instrument, field: Field) -> Floats:
        """One column of the instrument; NaN before its first bar and after its last."""
        column: Floats = self._columns[instrument][COLUMNS.index(field)]
        return column

    def leaf(self, leaf: Leaf) -> Floats:
        """What the market says of a leaf at each bar's end; NaN where it is not known."""
        known = self._leaves.get(leaf)
        if known is None:
            known = self._leaves[leaf] = self._told(leaf)
        return known

    def rate(self, asset: AssetId, into: AssetId) -> Floats:
        """What one unit of the asset is worth, as `PriceGraph` tells it but for rounding; NaN where no price says."""
        key = (asset, into)
        if key not in self._rates:
            self._rates[key] = self._rate(asset, into)
        return self._rates[key]

    def is_always_priced(self, asset: AssetId, into: AssetId) -> bool:
        """Whether a price says at every bar what one unit of the asset is worth."""
        key = (asset, into)
        if key not in self._always:
            self._always[key] = not np.isnan(self.rate(asset, into)).any()
        return self._always[key]

    def place_at(self, instant: datetime) -> int:
        """The last bar that has ended by the instant; -1 if there is none."""
        return int(np.searchsorted(self.ends_s, epoch_s(instant), side="right")) - 1

    def _earlier(self, bars: BarsBySeries, lead: int) -> Tape:
        clock = replace(self.clock, first=self.clock.first - lead, end=self.clock.first)
        return Tape(bars, clock, self.instruments, caps=self.caps)

    def _told(self, leaf: Leaf) -> Floats:
        if not isinstance(leaf, Metric):
            values = self._history.of(leaf)
            begin = self.clock.first - values.first
            if values.resolution is self.clock.resolution and 0 <= begin <= len(values.values) - len(self):
                return values.values[begin : begin + len(self)]
            return values.at_ends_of(self.clock)
        if not isinstance(leaf.target, Instrument) or leaf.target not in self._columns:
            return np.full(len(self), np.nan)
        closes = self.column(leaf.target, Field.CLOSE)
        if leaf.name is MetricName.PRICE:
            return closes
        return np.asarray(np.where(np.isnan(closes) | (leaf.name is not MetricName.STALENESS), np.nan, 0.0))

    def _prices(self, place: int) -> Mapping[Instrument, Price]:
        at = self.instant(place)
        closes = ((each, float(self.column(each, Field.CLOSE)[place])) for each in self.instruments)
        return {
            each: Price(instrument=each, last=Decimal(repr(close)), at=at)
            for each, close in closes
            if close == close  # noqa: PLR0124 - NaN
        }

    def _rate(self, asset: AssetId, into: AssetId) -> Floats:
        if asset == into:
            return np.ones(len(self))
        told = self._direct(asset, into)
        for bridge in BRIDGES:
            if not np.isnan(told).any():
                break
            by_way = self._direct(asset, bridge) * self._direct(bridge, into)
            told = np.where(np.isnan(told), by_way, told)
        return told

    def _direct(self, asset: AssetId, into: AssetId) -> Floats:
        for each in self.instruments:
            if (each.base, each.quote) == (asset, into):
                return self._positive(each)
        for each in self.instruments:
            if (each.base, each.quote) == (into, asset):
                return 1.0 / self._positive(each)
        return np.full(len(self), np.nan)

    def _positive(self, instrument: Instrument) -> Floats:
        """Closes that say what something is worth."""
        closes = self.column(instrument, Field.CLOSE)
        is_positive = closes > 0
        return closes if is_positive.all() else np.asarray(np.where(is_positive, closes, np.nan))


def _ends_s(clock: Clock) -> Floats:
    if clock.resolution is Resolution.MONTH:
        following = range(clock.first + 1, clock.end + 1)
        return np.array([epoch_s(bar_at(index, clock.resolution)) for index in following])
    first_s, span_s = epoch_s(bar_at(clock.first + 1, clock.resolution)), clock.resolution.span.total_seconds()
    return np.asarray(first_s + span_s * np.arange(clock.end - clock.first))


def _aligned(bars: Bars, clock: Clock) -> Floats:
    cut = bars.cut(clock.first, clock.end)
    if (cut.first, cut.end) == (clock.first, clock.end):
        return cut.columns
    columns = np.full((len(COLUMNS), clock.end - clock.first), np.nan)
    if cut.end > cut.first:
        columns[:, cut.first - clock.first : cut.end - clock.first] = cut.columns
    return columns
