"""Candles in PostgreSQL: copied in, merged, rolled up in the same transaction; read by index only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from nightdesk.adapters.postgres.candle_copying import Bars, Told, store
from nightdesk.adapters.postgres.candle_levels import TABLES, renew_longer
from nightdesk.adapters.postgres.candle_rolling import levels, rolled_query, told_longer_query
from nightdesk.adapters.postgres.candle_series import KnownSeries, lock_series
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.partitions import CandlePartitions
from nightdesk.candles.gaps import Gap, find_gaps
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch, CandleReaders, Refused, Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.rollup import merge
from nightdesk.kernel.assets import AssetId
from nightdesk.kernel.ids import TenantId

_BASES = frozenset({Resolution.MINUTE, Resolution.MINUTES_15})


class PostgresCandleStore:
    """Writes candles as the role `streams`.

    Rows of one series are merged by one transaction at a time: the series' row is locked first, or two writers
    would each roll up without the other's bars.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._partitions = CandlePartitions(database)

    def prepare(self, since: datetime, until: datetime) -> None:
        """Make the partitions of this time range and of two months beyond."""
        self._partitions.ensure(since, until)

    def upsert(self, batches: Sequence[Batch]) -> Sequence[Refused]:
        """Store every row and renew the longer bars they touch, in one transaction."""
        starts = [row.candle.at for batch in batches for row in batch.rows]
        if not starts:
            return []
        self.prepare(min(starts), max(starts))
        refused: dict[tuple[str, Resolution, datetime], Refused] = {}
        with self._database.transaction() as connection:
            wanted = {row.series: row.resolution for batch in batches for row in batch.rows if row.resolution in _BASES}
            known = lock_series(connection, wanted)
            for resolution, bars in _newest(batches, known, refused).items():
                renew_longer(connection, resolution, store(connection, resolution, bars))
        return list(refused.values())


def _newest(
    batches: Sequence[Batch], known: Mapping[str, KnownSeries], refused: dict[tuple[str, Resolution, datetime], Refused]
) -> Mapping[Resolution, Bars]:
    """Each bar once, as the latest batch has it; those that can't be stored are put aside."""
    newest: dict[Resolution, dict[int, dict[datetime, Told]]] = {}
    for batch in sorted(batches, key=lambda batch: batch.revision):
        for row in batch.rows:
            series, at = known.get(row.series), row.candle.at
            if series is None or series.base is not row.resolution:
                refused[row.series, row.resolution, at] = Refused(row, _objection(row, series))
                continue
            newest.setdefault(row.resolution, {}).setdefault(series.series_id, {})[at] = (batch.revision, row.candle)
    return newest


def _objection(row: CandleRow, series: KnownSeries | None) -> str:
    if row.resolution not in _BASES:
        return "this resolution is rolled up, not written"
    return "there is no such portfolio" if series is None else f"the series is written in {series.base}"


# A portfolio has its series from the beginning, though it is stored with its first bar only.
_SERIES = """
    SELECT series_id, name, unit, base_resolution, EXISTS (
      SELECT FROM candle_loads AS load
      WHERE load.series_id = series.series_id AND resolution IN ('1h', '1d')) FROM series
    WHERE name = %(name)s AND (tenant_id IS NULL OR tenant_id = %(tenant)s::uuid)
    UNION ALL
    SELECT 0, %(name)s, base_asset, '15m', false FROM tenants
    WHERE tenant_id = %(tenant)s::uuid AND %(name)s = 'PORTFOLIO:' || %(tenant)s
    ORDER BY series_id DESC LIMIT 1
"""
_BARS = """
    SELECT at, open, high, low, close, volume FROM {0}
    WHERE series_id = (SELECT series_id FROM series WHERE series_id = %s AND (tenant_id IS NULL OR tenant_id = %s))
      AND at >= %s AND at < %s
    ORDER BY at {1} LIMIT %s
"""
_FIRST = datetime(2009, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)


class PostgresCandleReader:
    """Reads candles within a transaction of one tenant; every query names the tenant."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def series(self, name: str) -> Series | None:
        """The series of this name that the tenant may see."""
        row = self._connection.execute(_SERIES, {"name": name, "tenant": str(self._tenant_id)}).fetchone()
        if row is None:
            return None
        series_id, known_as, unit, base, was_told_longer = row
        return Series(
            series_id=series_id,
            name=known_as,
            unit=AssetId(unit),
            base=Resolution(base),
            was_told_longer=was_told_longer,
        )

    def bars(
        self,
        series: Series,
        resolution: Resolution,
        *,
        since: datetime | None,
        until: datetime | None,
        limit: int,
    ) -> list[Candle]:
        """Stored bars, oldest first: the first from `since`, or the newest before `until`."""
        query, parameters = bars_query(series, resolution, self._tenant_id, since=since, until=until, limit=limit)
        rows = self._connection.execute(query, parameters, binary=True).fetchall()
        candles = [Candle(*row) for row in rows]
        return candles if since is not None else candles[::-1]

    def rolled(self, series: Series, resolution: Resolution, starts: Sequence[datetime]) -> list[Candle]:
        """Longer bars made of the stored ones, oldest first."""
        if len(starts) < 2:  # noqa: PLR2004 - not one bar
            return []
        chosen = levels(resolution, starts)
        if len(chosen) > 1 and series.was_told_longer and self._were_longer_told(series, starts):
            chosen = chosen[:1]
        query, parameters = rolled_query(series, chosen, self._tenant_id, starts)
        found: dict[int, Candle] = {}
        for place, *prices in self._connection.execute(query, parameters, binary=True).fetchall():
            part = Candle(starts[place], *prices)
            found[place] = merge(part.at, (found[place], part)) if place in found else part
        return list(found.values())

    def _were_longer_told(self, series: Series, starts: Sequence[datetime]) -> bool:
        query, parameters = told_longer_query(series, self._tenant_id, starts)
        return self._connection.execute(query, parameters).fetchone() == (True,)


def bars_query(
    series: Series,
    resolution: Resolution,
    tenant_id: TenantId,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> tuple[bytes, tuple[object, ...]]:
    """The one query that reads bars, and its parameters."""
    query = _BARS.format(TABLES[resolution], "DESC" if since is None else "ASC").encode()
    return query, (series.series_id, tenant_id, since or _FIRST, until or _LAST, limit)


def candle_readers(database: Database) -> CandleReaders:
    """Opens readers, each in a transaction of its tenant."""

    @contextmanager
    def opened(tenant_id: TenantId) -> Iterator[PostgresCandleReader]:
        with database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresCandleReader(connection, tenant_id)

    return opened


_LAST_BARS = """
    SELECT series.name, bar.at, bar.open, bar.high, bar.low, bar.close, bar.volume
    FROM series CROSS JOIN LATERAL (
      SELECT * FROM candles_1m WHERE series_id = series.series_id ORDER BY at DESC LIMIT 1) AS bar
    WHERE series.name = ANY(%s)
"""
_STARTS = """
    SELECT at FROM candles_1m
    WHERE series_id = (SELECT series_id FROM series WHERE name = %s) AND at >= %s AND at < %s ORDER BY at
"""
_HELD = "SELECT DISTINCT asset FROM holdings WHERE quantity <> 0"


class PostgresStoredBars:
    """What the streamer asks, as the role `streams`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_bars(self, names: Collection[str]) -> dict[str, Candle]:
        """The newest stored one-minute bar of each series that has one."""
        with self._database.transaction() as connection:
            rows = connection.execute(_LAST_BARS, (list(names),)).fetchall()
        return {name: Candle(*bar) for name, *bar in rows}

    def gaps(self, name: str, *, since: datetime, until: datetime) -> list[Gap]:
        """The missing one-minute bars of a range, from the series' first bar in it on."""
        with self._database.transaction() as connection:
            starts = [at for (at,) in connection.execute(_STARTS, (name, since, until))]
        if not starts:
            return []
        return find_gaps(starts, Resolution.MINUTE, since=starts[0], until=until)

    def held_assets(self) -> frozenset[AssetId]:
        """Every asset that some tenant holds."""
        with self._database.transaction() as connection:
            return frozenset(AssetId(asset) for (asset,) in connection.execute(_HELD))
