"""History of markets, loaded in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from nightdesk.adapters.postgres.candle_copying import store
from nightdesk.adapters.postgres.candle_levels import SHORTER, TABLES, Changed, renew_longer
from nightdesk.adapters.postgres.candle_series import lock_series
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.adapters.postgres.partitions import CandlePartitions
from nightdesk.candles.model import CandleRow, PortfolioSeries, parse_series, require_row
from nightdesk.candles.ports import Loaded, Origin, Refused
from nightdesk.candles.resolutions import STORED, Resolution, bar_end, bar_start
from nightdesk.kernel.errors import InvalidInput

_SHORTER: Final = "SELECT at FROM {0} WHERE series_id = %s AND at >= %s AND at < %s"
_NOTE: Final = """
    INSERT INTO candle_loads AS old (series_id, revision, source, resolution, since, until, bars, loaded_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, now())
    ON CONFLICT (series_id, revision, source, resolution) DO UPDATE SET since = least(old.since, excluded.since),
      until = greatest(old.until, excluded.until), bars = old.bars + excluded.bars, loaded_at = excluded.loaded_at
"""
_ORIGINS: Final = """
    SELECT revision, source, resolution, load.since, load.until, bars, loaded_at
    FROM candle_loads AS load JOIN series USING (series_id) WHERE name = %s ORDER BY since, revision, source
"""
_Rows = dict[datetime, CandleRow]


class PostgresBarLoader:
    """`BarLoader`, as the role `streams`; locks each series it writes, as the store does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._partitions = CandlePartitions(database)

    def load(self, rows: Sequence[CandleRow], *, revision: int) -> Loaded:
        """Store the rows and renew the longer bars they touch, in one transaction."""
        taken = _sort_out(rows)
        if taken.starts:
            self._partitions.ensure(min(taken.starts), max(taken.starts))
        with self._database.transaction() as connection:
            return _load(connection, taken, revision)

    def origins(self, series: str) -> list[Origin]:
        """Where the series' history came from, oldest bars first."""
        with self._database.transaction() as connection:
            found = connection.execute(_ORIGINS, (series,)).fetchall()
        return [
            Origin(
                revision=revision,
                source=source,
                resolution=Resolution(resolution),
                since=since,
                until=until,
                bars=bars,
                loaded_at=loaded_at,
            )
            for revision, source, resolution, since, until, bars, loaded_at in found
        ]


def load_bars(connection: Connection, rows: Sequence[CandleRow], *, revision: int) -> Loaded:
    """As `BarLoader.load` does, within a transaction that may hold more.

    Args:
        connection: As the role `streams`; the partitions were made before (`CandlePartitions`).
        rows: As there.
        revision: As there.
    """
    return _load(connection, _sort_out(rows), revision)


@dataclass(slots=True)
class _Taken:
    """By resolution and series each bar once, as the last row has it; what is refused stands beside."""

    rows: dict[Resolution, dict[str, _Rows]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)

    @property
    def starts(self) -> list[datetime]:
        return [at for named in self.rows.values() for bars in named.values() for at in bars]

    @property
    def shortest(self) -> dict[str, Resolution]:
        """By series."""
        longest_first = sorted(self.rows, key=STORED.index, reverse=True)
        return {name: resolution for resolution in longest_first for name in self.rows[resolution]}


def _load(connection: Connection, taken: _Taken, revision: int) -> Loaded:
    count, refused, stored = len(taken.starts), taken.refused, 0
    refused_before = len(refused)
    known = lock_series(connection, taken.shortest)
    for resolution in (each for each in STORED if each in taken.rows):
        bars = {known[name].series_id: rows for name, rows in taken.rows[resolution].items()}
        if any(known[name].base.span < resolution.span for name in taken.rows[resolution]):
            refused += _without_shorter(connection, resolution, bars)
        stored += _write(connection, resolution, bars, revision)
    kept = count - stored - (len(refused) - refused_before)
    return Loaded(stored=stored, kept=kept, refused=tuple(refused))


def _sort_out(rows: Sequence[CandleRow]) -> _Taken:
    taken = _Taken()
    objections = {name: _objection(name) for name in {row.series for row in rows}}
    for row in rows:
        if reason := objections[row.series] or _fault(row):
            taken.refused.append(Refused(row, reason))
        else:
            taken.rows.setdefault(row.resolution, {}).setdefault(row.series, {})[row.candle.at] = row
    return taken


def _objection(name: str) -> str | None:
    try:
        series = parse_series(name)
    except InvalidInput as error:
        return error.message
    return "the history of a portfolio is computed, not loaded" if isinstance(series, PortfolioSeries) else None


def _fault(row: CandleRow) -> str | None:
    if row.resolution not in STORED:
        return "bars of this resolution are made when they are read, not stored"
    try:
        require_row(row)
    except InvalidInput as error:
        return error.message
    return None


def _without_shorter(connection: Connection, resolution: Resolution, bars: dict[int, _Rows]) -> Iterator[Refused]:
    """Take those bars out for whose time shorter ones are stored, of which they are made."""
    statement = _SHORTER.format(TABLES[SHORTER[resolution]])
    for series_id, rows in list(bars.items()):
        span = (min(rows), bar_end(max(rows), resolution))
        found = {bar_start(at, resolution) for (at,) in connection.execute(statement, (series_id, *span), binary=True)}
        for at in found & rows.keys():
            yield Refused(rows.pop(at), "shorter bars of this time are stored")
        if not rows:
            del bars[series_id]


def _write(connection: Connection, resolution: Resolution, bars: Mapping[int, _Rows], revision: int) -> int:
    told = {series_id: {at: (revision, row.candle) for at, row in rows.items()} for series_id, rows in bars.items()}
    changed = store(connection, resolution, told)
    renew_longer(connection, resolution, changed)
    notes = list(_notes(changed, bars))
    with connection.cursor() as cursor:
        cursor.executemany(
            _NOTE, [(series_id, revision, source, resolution.value, *facts) for series_id, source, *facts in notes]
        )
    return sum(map(len, changed.values()))


def _notes(changed: Changed, bars: Mapping[int, _Rows]) -> Iterator[tuple[int, str, datetime, datetime, int]]:
    for series_id, starts in changed.items():
        by_source: dict[str, list[datetime]] = {}
        for at in starts:
            by_source.setdefault(bars[series_id][at].source, []).append(at)
        for source, found in by_source.items():
            yield series_id, source, min(found), max(found), len(found)
