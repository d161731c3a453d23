"""What charts begin with: bars from the store, with the shorter bars that the newest one is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fargate.feed_gateway.bars import Stored
from fargate.feed_gateway.candles import Chart
from nightdesk.candles.model import Candle, PortfolioSeries, parse_series
from nightdesk.candles.resolutions import Resolution, bar_end, bar_start
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId

BARS_MAX: Final = 1000
"""So many bars at most are told after a long absence."""

_NOT_FOUND: Final = "candles.series_not_found"
_UNAVAILABLE: Final = "candles.resolution_unavailable"


class StoredBars:
    """Reads as the tenant whose chart it is."""

    def __init__(self, candles: CandleService) -> None:
        self._candles = candles

    def base_of(self, tenant_id: TenantId, series: str, resolution: Resolution) -> Resolution:
        """In which resolution the series is heard.

        Raises:
            NotFound: `candles.series_not_found`: there is no such market, or it is another tenant's portfolio.
            InvalidInput: `candles.resolution_unavailable`: the series has only longer bars.
        """
        name = parse_series(series)
        if not isinstance(name, PortfolioSeries):
            self._candles.page(tenant_id, CandleQuery(series=series, resolution=resolution, limit=1))
            return Resolution.MINUTE
        if name.portfolio_id != tenant_id:
            raise NotFound(_NOT_FOUND, f"There is no series {series[:80]}.")
        if resolution.span < Resolution.MINUTES_15.span:
            raise InvalidInput(_UNAVAILABLE, f"{series} has no bars under 15m.")
        return Resolution.MINUTES_15

    def read(self, chart: Chart) -> Stored:
        """The chart's bars from where it must be read; its newest one when it begins."""
        newest = self._bars(chart, chart.base, None, None, 1)
        if not newest:
            return Stored()
        last = newest[-1].at
        since = chart.bars.read_from
        bars = self._bars(chart, chart.resolution, since, None, 1 if since is None else BARS_MAX)
        start = bar_start(last, chart.resolution)
        parts, parts_from = self._parts(chart, start, last)
        if not bars or bars[-1].at != start:
            bars = [bar for bar in bars if bar.at < start] + self._bars(chart, chart.resolution, start, None, 1)
        return Stored(bars=bars, parts=parts, parts_from=parts_from, until=bar_end(parts[-1].at, chart.base))

    def _parts(self, chart: Chart, start: datetime, last: datetime) -> tuple[list[Candle], datetime]:
        """Days, then hours, then bars as they are heard, of the bar from `start` to `last`."""
        parts, parts_from = [], start
        for longer in (Resolution.DAY, Resolution.HOUR):
            until = bar_start(last, longer)
            if longer.span < chart.resolution.span and parts_from < until:
                parts += self._bars(chart, longer, parts_from, until, BARS_MAX)
                parts_from = until
        parts += self._bars(chart, chart.base, parts_from, bar_end(start, chart.resolution), BARS_MAX)
        return parts, parts_from

    def _bars(
        self, chart: Chart, resolution: Resolution, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Candle]:
        query = CandleQuery(series=chart.series, resolution=resolution, since=since, until=until, limit=limit)
        try:
            return self._candles.page(chart.tenant_id, query).candles
        except NotFound:
            return []  # nothing of it was stored yet
        except InvalidInput as error:
            if error.code != _UNAVAILABLE:
                raise
            return []  # a file told longer bars; nothing of it was heard yet
