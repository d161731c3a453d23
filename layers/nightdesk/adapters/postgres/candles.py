"""Candles in PostgreSQL: copied in, merged, rolled up in the same transaction; read by index only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.partitions import CandlePartitions
from nightdesk.candles.gaps import Gap, find_gaps
from nightdesk.candles.model import Candle, CandleRow, PortfolioSeries, parse_series
from nightdesk.candles.ports import Batch, CandleReaders, Refused, Series
from nightdesk.candles.resolutions import Resolution
from nightdesk.kernel.assets import AssetId, Instrument
from nightdesk.kernel.ids import TenantId

_INCOMING = """
    CREATE TEMPORARY TABLE IF NOT EXISTS incoming_candles (
      resolution text NOT NULL, series_id bigint NOT NULL, at timestamptz NOT NULL,
      open float8 NOT NULL, high float8 NOT NULL, low float8 NOT NULL, close float8 NOT NULL, volume float8 NOT NULL,
      revision bigint NOT NULL
    ) ON COMMIT DELETE ROWS
"""
_COPY = "COPY incoming_candles FROM STDIN (FORMAT binary)"
_COPY_TYPES = ("text", "int8", "timestamptz", "float8", "float8", "float8", "float8", "float8", "int8")
_KEEP = """
    ON CONFLICT (series_id, at) DO UPDATE SET open = excluded.open, high = excluded.high, low = excluded.low,
      close = excluded.close, volume = excluded.volume, revision = excluded.revision
"""
_MERGE = """
    INSERT INTO candles_{0} AS old (series_id, at, open, high, low, close, volume, revision)
    SELECT series_id, at, open, high, low, close, volume, revision FROM incoming_candles WHERE resolution = '{0}'
""" + _KEEP + "WHERE old.revision <= excluded.revision"  # noqa: S608  # fmt: skip
# A part without volume counts only where no part has any (nightdesk.candles.rollup says why).
_ROLLUP = """
    INSERT INTO candles_{longer} (series_id, at, open, high, low, close, volume, revision)
    SELECT touched.series_id, touched.at, rolled.*
    FROM (SELECT DISTINCT series_id, date_bin('{span}', at, '1970-01-01Z') AS at
          FROM incoming_candles WHERE resolution = ANY(%s)) AS touched
    CROSS JOIN LATERAL (
      SELECT (array_agg(open ORDER BY at))[1], max(high), min(low), (array_agg(close ORDER BY at DESC))[1],
        sum(volume), max(revision)
      FROM (SELECT *, bool_or(volume > 0) OVER () AS is_traded FROM candles_{shorter} AS part
            WHERE part.series_id = touched.series_id AND part.at >= touched.at
              AND part.at < touched.at + interval '{span}') AS parts
      WHERE volume > 0 OR NOT is_traded
    ) AS rolled
""" + _KEEP  # noqa: S608  # fmt: skip
_ROLLUPS = (
    (_ROLLUP.format(longer="15m", shorter="1m", span="15 minutes"), ["1m"]),
    (_ROLLUP.format(longer="1h", shorter="15m", span="1 hour"), ["1m", "15m"]),
    (_ROLLUP.format(longer="1d", shorter="1h", span="1 day"), ["1m", "15m"]),
)
_LOCK_SERIES = """
    SELECT name, series_id, base_resolution FROM series WHERE name = ANY(%s) ORDER BY series_id FOR NO KEY UPDATE
"""
_ADD_MARKETS = """
    INSERT INTO series (name, unit, base_resolution, created_at)
    SELECT name, unit, base_resolution, now() FROM unnest(%s::text[], %s::text[], %s::text[])
      AS made (name, unit, base_resolution)
    ON CONFLICT (name) DO NOTHING
"""
_ADD_PORTFOLIOS = """
    INSERT INTO series (name, tenant_id, unit, base_resolution, created_at)
    SELECT made.name, tenants.tenant_id, tenants.base_asset, made.base_resolution, now()
    FROM unnest(%s::text[], %s::uuid[], %s::text[]) AS made (name, tenant_id, base_resolution)
    JOIN tenants USING (tenant_id)
    ON CONFLICT (name) DO NOTHING
"""
_BASES = frozenset({Resolution.MINUTE, Resolution.MINUTES_15})


@dataclass(frozen=True, slots=True)
class _Known:
    series_id: int
    base: str


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
        newest = _newest(batches)
        if not newest:
            return []
        starts = [at for _, _, at in newest]
        self.prepare(min(starts), max(starts))
        with self._database.transaction() as connection:
            known = _lock_series(connection, newest)
            refused = [Refused(row, reason) for _, row in newest.values() if (reason := _objection(row, known))]
            taken = [(revision, row) for revision, row in newest.values() if not _objection(row, known)]
            _copy(connection, known, taken)
            for resolution in {row.resolution for _, row in taken}:
                connection.execute(_MERGE.format(resolution))
            for statement, resolutions in _ROLLUPS if taken else ():
                connection.execute(statement, (resolutions,))
        return refused


def _newest(batches: Sequence[Batch]) -> dict[tuple[str, str, datetime], tuple[int, CandleRow]]:
    """Each bar once, as the latest batch has it."""
    return {
        (row.series, row.resolution, row.candle.at): (batch.revision, row)
        for batch in sorted(batches, key=lambda batch: batch.revision)
        for row in batch.rows
    }


def _objection(row: CandleRow, known: Mapping[str, _Known]) -> str | None:
    if row.resolution not in _BASES:
        return "this resolution is rolled up, not written"
    if row.series not in known:
        return "there is no such portfolio"
    if known[row.series].base != row.resolution:
        return f"the series is written in {known[row.series].base}"
    return None


def _lock_series(
    connection: Connection, newest: Mapping[tuple[str, str, datetime], tuple[int, CandleRow]]
) -> dict[str, _Known]:
    wanted = {series: resolution for series, resolution, _ in newest if resolution in _BASES}
    known = _select_series(connection, wanted)
    if missing := [name for name in wanted if name not in known]:
        _add_series(connection, {name: wanted[name] for name in missing})
        known = _select_series(connection, wanted)
    return known


def _select_series(connection: Connection, wanted: Collection[str]) -> dict[str, _Known]:
    rows = connection.execute(_LOCK_SERIES, (sorted(wanted),)).fetchall()
    return {name: _Known(series_id, base) for name, series_id, base in rows}


def _add_series(connection: Connection, wanted: Mapping[str, str]) -> None:
    parsed = [(name, parse_series(name), base) for name, base in sorted(wanted.items())]
    markets = [(name, series.quote, base) for name, series, base in parsed if isinstance(series, Instrument)]
    portfolios = [
        (name, series.portfolio_id, base) for name, series, base in parsed if isinstance(series, PortfolioSeries)
    ]
    for statement, rows in ((_ADD_MARKETS, markets), (_ADD_PORTFOLIOS, portfolios)):
        if rows:
            connection.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _copy(connection: Connection, known: Mapping[str, _Known], rows: Sequence[tuple[int, CandleRow]]) -> None:
    connection.execute(_INCOMING)
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_COPY_TYPES)
        for revision, row in rows:
            bar = row.candle
            prices = (bar.open, bar.high, bar.low, bar.close, bar.volume)
            copy.write_row((row.resolution.value, known[row.series].series_id, bar.at, *prices, revision))


# A portfolio has its series from the beginning, though it is stored with its first bar only.
_SERIES = """
    SELECT series_id, name, unit, base_resolution FROM series
    WHERE name = %(name)s AND (tenant_id IS NULL OR tenant_id = %(tenant)s::uuid)
    UNION ALL
    SELECT 0, %(name)s, base_asset, '15m' FROM tenants
    WHERE tenant_id = %(tenant)s::uuid AND %(name)s = 'PORTFOLIO:' || %(tenant)s
    ORDER BY series_id DESC LIMIT 1
"""
_BARS = """
    SELECT at, open, high, low, close, volume FROM candles_{0}
    WHERE series_id = (SELECT series_id FROM series WHERE series_id = %s AND (tenant_id IS NULL OR tenant_id = %s))
      AND at >= %s AND at < %s
    ORDER BY at {1} LIMIT %s
"""
_STORED = frozenset({Resolution.MINUTE, Resolution.MINUTES_15, Resolution.HOUR, Resolution.DAY})
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
        return Series(series_id=row[0], name=row[1], unit=AssetId(row[2]), base=Resolution(row[3]))

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
    assert resolution in _STORED  # noqa: S101 - the name of a table is made of it
    query = _BARS.format(resolution.value, "DESC" if since is None else "ASC").encode()
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
