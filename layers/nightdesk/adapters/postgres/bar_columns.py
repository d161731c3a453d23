"""Long runs of stored bars as columns, copied out in PostgreSQL's binary form: a year of minutes in about a second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from nightdesk.adapters.postgres.candles import PostgresCandleReader, bars_query
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.candles.model import SeriesName
from nightdesk.candles.ports import Series
from nightdesk.candles.resolutions import STORED, Resolution
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.indicators.bars import Bars, bar_at, bars_from, bars_of
from nightdesk.indicators.warming import read_bars
from nightdesk.kernel.assets import Instrument
from nightdesk.kernel.errors import InvalidInput, NotFound
from nightdesk.kernel.ids import TenantId

_COPIED: Final = frozenset(STORED) - {Resolution.MONTH}
ROWS_MAX: Final = 2_000_000
_FIRST: Final = datetime(2009, 1, 1, tzinfo=UTC)
_HEADER_BYTES: Final = 19
_TRAILER_BYTES: Final = 2
_NAMES: Final = ("open", "high", "low", "close", "volume")
# Each row: how many values, then each value's length and the value. Instants are microseconds since 2000.
_ROW: Final = np.dtype(
    [("count", ">i2"), ("at_length", ">i4"), ("at", ">i8")]
    + [(f"{name}{part}", kind) for name in _NAMES for part, kind in (("_length", ">i4"), ("", ">f8"))]
)
_ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)


class PostgresBarSource:
    """`BarSource`: what is stored as it is asked for comes in columns, other resolutions are rolled up by candles."""

    def __init__(self, database: Database, candles: CandleService) -> None:
        self._database = database
        self._candles = candles

    def exists(self, tenant_id: TenantId, instrument: Instrument) -> bool:
        """Whether there is such a series."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            return PostgresCandleReader(connection, tenant_id).series(str(instrument)) is not None

    def bars(
        self, tenant_id: TenantId, name: SeriesName, resolution: Resolution, span: tuple[datetime | None, datetime]
    ) -> Bars:
        """Every bar that begins within the span; from the very first when it has no beginning.

        Raises:
            InvalidInput: The series has no bars of this resolution.
            NotFound: There is no such series, or it is another tenant's.
        """
        if resolution not in _COPIED:
            query = CandleQuery(series=str(name), resolution=resolution, since=span[0], until=span[1])
            return bars_of(read_bars(self._candles, tenant_id, query), resolution)
        with self._database.transaction(tenant_id=tenant_id) as connection:
            series = PostgresCandleReader(connection, tenant_id).series(str(name))
            if series is None:
                raise NotFound("candles.series_not_found", f"There is no series {name}.")
            if resolution.span < series.base.span:
                message = f"{series.name} has no bars under {series.base}."
                raise InvalidInput("candles.resolution_unavailable", message)
            return _bars(_copied(connection, tenant_id, series, resolution, span), resolution)


def _copied(
    connection: Connection,
    tenant_id: TenantId,
    series: Series,
    resolution: Resolution,
    span: tuple[datetime | None, datetime],
) -> bytes:
    since, until = span[0] or _FIRST, span[1]
    query, parameters = bars_query(series, resolution, tenant_id, since=since, until=until, limit=ROWS_MAX)
    statement = b"COPY (" + query + b") TO STDOUT (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        return b"".join(copy)


def _bars(copied: bytes, resolution: Resolution) -> Bars:
    count = (len(copied) - _HEADER_BYTES - _TRAILER_BYTES) // _ROW.itemsize
    rows = np.frombuffer(copied, _ROW, count, _HEADER_BYTES)
    columns = np.array([rows[name] for name in _NAMES], dtype=np.float64)
    shift_us, span_us = (_us(each) for each in (_ORIGIN - bar_at(0, resolution), resolution.span))
    indices = (rows["at"].astype(np.int64) + shift_us) // span_us
    return bars_from(indices, columns, resolution)


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
