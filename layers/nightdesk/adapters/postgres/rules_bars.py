"""Stored bars for whoever computes figures of candidates anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nightdesk.adapters.postgres.bar_columns import PostgresBarSource
from nightdesk.adapters.postgres.candles import candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.model import Candle, SeriesName
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.indicators.bars import Bars
from nightdesk.indicators.warming import read_bars
from nightdesk.kernel.ids import TenantId


class PostgresRuleBars:
    """`BarStore`: long runs as columns, short ones bar by bar."""

    def __init__(self, database: Database) -> None:
        self._candles = CandleService(candle_readers(database))
        self._columns = PostgresBarSource(database, self._candles)

    def bars(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime | None, datetime]
    ) -> Bars:
        """Every bar that begins within the span; from the very first when it has no beginning.

        Raises:
            NotFound: There is no such series, or it is another tenant's.
        """
        return self._columns.bars(tenant_id, name, resolution, span)

    def candles(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime, datetime]
    ) -> Sequence[Candle]:
        """Likewise one by one, oldest first.

        Raises:
            NotFound: There is no such series, or it is another tenant's.
        """
        query = CandleQuery(series=str(name), resolution=resolution, since=span[0], until=span[1])
        return read_bars(self._candles, tenant_id, query)
