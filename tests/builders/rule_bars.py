"""A store of bars for tests of figures that are computed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nightdesk.candles.model import Candle, SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.rollup import rollup
from nightdesk.indicators.analyser import base_resolution
from nightdesk.indicators.bars import Bars, bars_of
from nightdesk.kernel.errors import NotFound
from nightdesk.kernel.ids import TenantId

_STEPS = (Resolution.MINUTES_15, Resolution.HOUR, Resolution.DAY)


@dataclass(slots=True)
class FakeBarStore:
    """`BarStore`: bars of the series' own resolution, rolled up as the store does.

    Attributes:
        read: What was asked for in columns.
    """

    stored: Mapping[SeriesName, Sequence[Candle]] = field(default_factory=dict)
    read: list[tuple[SeriesName, Resolution, datetime | None]] = field(default_factory=list)

    def bars(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime | None, datetime]
    ) -> Bars:
        del tenant_id
        self.read.append((name, resolution, span[0]))
        return bars_of(self._within(name, resolution, span), resolution)

    def candles(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime, datetime]
    ) -> Sequence[Candle]:
        del tenant_id
        return self._within(name, resolution, span)

    def _within(self, name: SeriesName, resolution: Resolution, span: tuple[datetime | None, datetime]) -> list[Candle]:
        if name not in self.stored:
            raise NotFound("candles.series_not_found", "There is none.")
        bars = _rolled(list(self.stored[name]), base_resolution(name), resolution)
        return [bar for bar in bars if (span[0] is None or bar.at >= span[0]) and bar.at < span[1]]


def _rolled(bars: list[Candle], base: Resolution, resolution: Resolution) -> list[Candle]:
    """By way of the resolutions that are stored, as the store does it."""
    way = [step for step in _STEPS if base.span < step.span < resolution.span]
    for step in [*(step for step in way if resolution.span % step.span == timedelta(0)), resolution]:
        bars = bars if step is base else rollup(bars, step)
    return bars
