"""Bars copied into their table in PostgreSQL's binary form: straight where nothing is stored yet, else merged."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from nightdesk.adapters.postgres.candle_levels import KEEP, OTHER, TABLES, Changed
from nightdesk.adapters.postgres.database import Connection
from nightdesk.candles.model import Candle
from nightdesk.candles.resolutions import Resolution

# One probe of the index a series; the bounds of all of them let the planner leave the other partitions out.
_TAKEN: Final = """
    SELECT asked.series_id
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS asked (series_id, since, until)
    CROSS JOIN LATERAL (
      SELECT FROM {0} AS bar
      WHERE bar.series_id = asked.series_id AND bar.at >= asked.since AND bar.at <= asked.until
        AND bar.at >= %s AND bar.at <= %s
      LIMIT 1) AS found
"""
_INCOMING: Final = """
    CREATE TEMPORARY TABLE IF NOT EXISTS incoming_{0} (
      series_id bigint NOT NULL, at timestamptz NOT NULL,
      open float8 NOT NULL, high float8 NOT NULL, low float8 NOT NULL, close float8 NOT NULL, volume float8 NOT NULL,
      revision bigint NOT NULL
    ) ON COMMIT DELETE ROWS
"""
# The same bar of the same revision again is left alone: what is idempotent need not be written twice.
_MERGE: Final = """
    INSERT INTO {0} AS old (series_id, at, open, high, low, close, volume, revision)
    SELECT series_id, at, open, high, low, close, volume, revision FROM incoming_{0} ORDER BY series_id, at
""" + KEEP + "WHERE old.revision < excluded.revision OR old.revision = excluded.revision AND" + OTHER + """
    RETURNING old.series_id, old.at
"""  # noqa: S608  # fmt: skip
_COPY: Final = "COPY {0} (series_id, at, open, high, low, close, volume, revision) FROM STDIN (FORMAT binary)"
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER: Final = struct.pack(">h", -1)
# Each row: how many values, then each value's length and the value. Instants are microseconds since 2000.
_HEAD: Final = struct.Struct(">hiqi")
_REST: Final = struct.Struct(f">{_HEAD.size}s q id id id id id iq".replace(" ", ""))
_VALUES: Final = 8
_ORIGIN_US: Final = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_CHUNK_ROWS: Final = 2000


Told = tuple[int, Candle]
"""A bar, after the revision it was told in."""

Bars = Mapping[int, Mapping[datetime, Told]]
"""By series and start of the bar."""


def store(connection: Connection, resolution: Resolution, bars: Bars) -> Changed:
    """Keep each bar unless a newer one is there; what changed by it.

    Args:
        connection: With the series locked, so that nobody else writes their bars.
        resolution: Of the bars.
        bars: Not one, or of each series at least one.
    """
    if not bars:
        return {}
    table = TABLES[resolution]
    since, until = [min(told) for told in bars.values()], [max(told) for told in bars.values()]
    asked = (list(bars), since, until, min(since), max(until))
    taken = {series_id for (series_id,) in connection.execute(_TAKEN.format(table), asked)}
    fresh = {series_id: told for series_id, told in bars.items() if series_id not in taken}
    _copy(connection, table, fresh)
    return {**fresh, **_merge(connection, table, {series_id: bars[series_id] for series_id in taken})}


def _merge(connection: Connection, table: str, bars: Bars) -> dict[int, list[datetime]]:
    changed: dict[int, list[datetime]] = {}
    if bars:
        connection.execute(_INCOMING.format(table))
        _copy(connection, f"incoming_{table}", bars)
        for series_id, at in connection.execute(_MERGE.format(table), binary=True):
            changed.setdefault(series_id, []).append(at)
    return changed


def _copy(connection: Connection, table: str, bars: Bars) -> None:
    if not bars:
        return
    with connection.cursor() as cursor, cursor.copy(_COPY.format(table)) as copy:
        copy.write(_HEADER)
        chunk: list[bytes] = []
        for row in _rows(bars):
            chunk.append(row)
            if len(chunk) == _CHUNK_ROWS:
                copy.write(b"".join(chunk))
                chunk.clear()
        copy.write(b"".join(chunk) + _TRAILER)


def _rows(bars: Bars) -> Iterable[bytes]:
    pack = _REST.pack
    for series_id in sorted(bars):
        told, head = bars[series_id], _HEAD.pack(_VALUES, 8, series_id, 8)
        for at in sorted(told):
            revision, bar = told[at]
            us = round(at.timestamp() * 1e6) - _ORIGIN_US
            yield pack(head, us, 8, bar.open, 8, bar.high, 8, bar.low, 8, bar.close, 8, bar.volume, 8, revision)
