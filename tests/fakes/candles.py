"""Candles in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from nightdesk.candles.model import Candle
from nightdesk.candles.ports import CandleReader, Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.rollup import merge, rollup
from nightdesk.kernel.ids import TenantId


@dataclass(slots=True)
class FakeCandles:
    """Series with their bars; a series of a tenant's is seen by that tenant only."""

    series: dict[str, Series] = field(default_factory=dict)
    bars: dict[str, list[Candle]] = field(default_factory=dict)
    owners: dict[str, TenantId] = field(default_factory=dict)

    @contextmanager
    def readers(self, tenant_id: TenantId) -> Iterator[CandleReader]:
        """As `CandleReaders` wants it."""
        yield _Reader(self, tenant_id)


@dataclass(slots=True)
class _Reader:
    candles: FakeCandles
    tenant_id: TenantId

    def series(self, name: str) -> Series | None:
        if self.candles.owners.get(name, self.tenant_id) != self.tenant_id:
            return None
        return self.candles.series.get(name)

    def bars(
        self, series: Series, resolution: Resolution, *, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Candle]:
        bars = self.candles.bars[series.name]
        stored = bars if resolution is series.base else rollup(bars, resolution)
        found = [bar for bar in stored if (since is None or bar.at >= since) and (until is None or bar.at < until)]
        return found[-limit:] if since is None else found[:limit]

    def rolled(self, series: Series, resolution: Resolution, starts: Sequence[datetime]) -> list[Candle]:
        stored = self.bars(series, resolution, since=starts[0], until=starts[-1], limit=1_000_000)
        spans = [(start, [bar for bar in stored if start <= bar.at < end]) for start, end in pairwise(starts)]
        return [merge(start, parts) for start, parts in spans if parts]
