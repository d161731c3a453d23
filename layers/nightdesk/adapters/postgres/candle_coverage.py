"""The worker's side of histories in PostgreSQL: a page's bars, origins, holes and position in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, LiteralString

from nightdesk.adapters.postgres.candle_loader import load_bars
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.candles.coverage import (
    MINUTE,
    CandleRange,
    Hole,
    HoleCause,
    Listing,
    Priority,
    RangeJob,
    RangeKind,
    RangeState,
)
from nightdesk.candles.gaps import Gap
from nightdesk.candles.history_ports import HistoryUnits
from nightdesk.candles.judging import QUIET, Apart, SourcedBar
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.resolutions import Resolution
from nightdesk.candles.revisions import file_revision, history_revision
from nightdesk.kernel.assets import Instrument, VenueId, parse_instrument
from nightdesk.kernel.errors import NightdeskError

_OWN: Final = frozenset({"klines", "trades", QUIET})
"""What the venue itself told. Anything else has a revision as files have: whatever a venue tells replaces it."""

SILENT_AFTER: Final = timedelta(minutes=3)
_RANGE: Final[LiteralString] = "range_id, series, priority, kind, since, until, position, state, attempts, bars"
_LOCK = f"SELECT {_RANGE} FROM candle_ranges WHERE range_id = %s FOR UPDATE"  # noqa: S608 - constants
_SAVE = """
    UPDATE candle_ranges SET position = %s, state = %s, attempts = %s, bars = %s, heartbeat_at = %s,
      finished_at = CASE WHEN %s = 'open' THEN NULL ELSE %s END, error_code = %s, error_message = %s
    WHERE range_id = %s
"""
# Runs of minutes that are not there: from each stored one, and from the range's beginning, to the next.
_GAPS = """
    SELECT at + interval '1 minute', next FROM (
      SELECT at, coalesce(lead(at) OVER (ORDER BY at), %(until)s) AS next FROM (
        SELECT %(since)s - interval '1 minute' AS at
        UNION ALL
        SELECT at FROM candles_1m WHERE series_id = (SELECT series_id FROM series WHERE name = %(series)s)
          AND at >= %(since)s AND at < %(until)s) AS bars) AS pairs
    WHERE next > at + interval '1 minute' ORDER BY at LIMIT %(limit)s
"""
_BEFORE = """
    SELECT at, open, high, low, close, volume FROM candles_1m
    WHERE series_id = (SELECT series_id FROM series WHERE name = %s) AND at >= %s AND at < %s ORDER BY at
"""
_PUT_ORIGINS = """
    INSERT INTO candle_origins AS old (series, day, source, spans)
    SELECT %(series)s, day, source, range_agg(tstzrange(since, until))
    FROM unnest(%(days)s::date[], %(sources)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[])
      AS run (day, source, since, until) GROUP BY day, source
    ON CONFLICT (series, day, source) DO UPDATE SET spans = old.spans + excluded.spans
"""
_CUT_ORIGINS = """
    UPDATE candle_origins AS old SET spans = old.spans - fresh.spans
    FROM (SELECT day, source, range_agg(tstzrange(since, until)) AS spans
          FROM unnest(%(days)s::date[], %(sources)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[])
            AS run (day, source, since, until) GROUP BY day, source) AS fresh
    WHERE old.series = %(series)s AND old.day = fresh.day AND old.source <> fresh.source AND old.spans && fresh.spans
"""
_PUT_HOLE = """
    INSERT INTO candle_holes AS old (series, since, until, cause, state, detail, found_at, closed_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (series, since) DO UPDATE SET until = excluded.until, cause = excluded.cause, state = excluded.state,
      detail = excluded.detail, closed_at = excluded.closed_at
"""
_COUNT = """
    INSERT INTO candle_days (series, day, bars, expected, counted_at)
    SELECT %(series)s, (day AT TIME ZONE 'UTC')::date, coalesce(counted.bars, 0),
      extract(epoch FROM least(day + interval '1 day', %(until)s) - greatest(day, %(since)s)) / 60, %(now)s
    FROM generate_series(date_bin('1 day', %(since)s, '1970-01-01Z'), %(until)s - interval '1 minute', '1 day') AS day
    LEFT JOIN (
      SELECT date_bin('1 day', at, '1970-01-01Z') AS day, count(*) AS bars FROM candles_1m
      WHERE series_id = (SELECT series_id FROM series WHERE name = %(series)s)
        AND at >= %(since)s AND at < %(until)s GROUP BY 1) AS counted USING (day)
    ON CONFLICT (series, day) DO UPDATE
      SET bars = excluded.bars, expected = excluded.expected, counted_at = excluded.counted_at
    RETURNING day::timestamp AT TIME ZONE 'UTC', bars < expected
"""
_OPEN_HOLES = """
    SELECT since, until FROM candle_holes WHERE series = %s AND state = 'open' AND since < %s AND until > %s
"""
_CLOSE_HOLES = "UPDATE candle_holes SET state = 'filled', closed_at = %s WHERE series = %s AND since = ANY(%s)"
_APART = """
    SELECT ours.at, other.name, abs(ours.close / theirs.close - 1)
    FROM series AS own
    JOIN series AS other ON split_part(other.name, ':', 2) = split_part(own.name, ':', 2)
      AND other.series_id <> own.series_id AND other.tenant_id IS NULL
    JOIN candles_1m AS ours ON ours.series_id = own.series_id AND ours.at >= %(since)s AND ours.at < %(until)s
    JOIN candles_1m AS theirs ON theirs.series_id = other.series_id AND theirs.at = ours.at
      AND theirs.at >= %(since)s AND theirs.at < %(until)s
    WHERE own.name = %(series)s AND ours.volume > 0 AND theirs.volume > 0 AND theirs.close > 0
      AND abs(ours.close / theirs.close - 1) > %(ratio)s
    ORDER BY 2, 1 LIMIT %(limit)s
"""
_LISTED = """
    UPDATE candle_coverage SET listed_at = %s, horizon = %s, state = 'filling', error_code = NULL, error_message = NULL
    WHERE series = %s
"""
_REFUSE = "UPDATE candle_coverage SET state = 'refused', error_code = %s, error_message = %s WHERE series = %s"
_NEXT = """
    UPDATE candle_ranges SET sent_at = %(now)s WHERE range_id = (
      SELECT range_id FROM candle_ranges WHERE venue = %(venue)s AND state = 'open'
        AND coalesce(greatest(sent_at, heartbeat_at), '-infinity') <= %(silent)s
      ORDER BY priority, until DESC, range_id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING range_id
"""
GAPS_MAX: Final = 10_000


class PostgresHistoryUnit:
    """`HistoryUnit` as the role `streams`, in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, range_id: int) -> CandleRange | None:
        """The range, its row locked."""
        row = self._connection.execute(_LOCK, (range_id,)).fetchone()
        return None if row is None else _range(row)

    def save(self, each: CandleRange, now: datetime, *, error: NightdeskError | None = None) -> None:
        """Keep what changed of a locked range."""
        said = (None, None) if error is None else (error.code, error.message)
        state = each.state.value
        row = (each.position, state, each.attempts, each.bars, now, state, now, *said, each.range_id)
        self._connection.execute(_SAVE, row)

    def next_gap(self, series: str, since: datetime, until: datetime) -> Gap | None:
        """The first run of missing minutes."""
        return next(iter(self._gaps(series, since, until, limit=1)), None)

    def bars_before(self, series: str, at: datetime, span: timedelta) -> list[Candle]:
        """The stored minutes before the instant."""
        rows = self._connection.execute(_BEFORE, (series, at - span, at), binary=True)
        return [Candle(*row) for row in rows]

    def make_room(self, since: datetime, until: datetime) -> None:
        """Make the partitions."""
        self._connection.execute("SELECT candles_ensure_partitions(%s, %s)", (since, until))

    def load(self, instrument: Instrument, bars: Sequence[SourcedBar], asked_at: datetime) -> None:
        """Store the bars and where they came from."""
        if not bars:
            return
        series = str(instrument)
        for is_own, some in groupby(sorted(bars, key=_is_own), key=_is_own):
            rows = [CandleRow(series, Resolution.MINUTE, bar.candle, bar.source) for bar in some]
            load_bars(self._connection, rows, revision=(history_revision if is_own else file_revision)(asked_at))
        runs = list(_runs(bars))
        columns = {
            name: [run[index] for run in runs] for index, name in enumerate(("days", "sources", "since", "until"))
        }
        for statement in (_CUT_ORIGINS, _PUT_ORIGINS):
            self._connection.execute(statement, {"series": series, **columns})

    def keep_holes(self, series: str, holes: Sequence[Hole], now: datetime) -> None:
        """Keep the holes."""
        for hole in holes:
            closed_at, state = (now, "filled") if hole.is_filled else (None, "open")
            row = (series, hole.since, hole.until, hole.cause.value, state, hole.detail, now, closed_at)
            self._connection.execute(_PUT_HOLE, row)

    def count(self, series: str, since: datetime, until: datetime, now: datetime) -> list[Gap]:
        """Count the days; look for gaps only in those that are not whole."""
        if since >= until:
            return []
        told = {"series": series, "since": since, "until": until, "now": now}
        days = self._connection.execute(_COUNT, told).fetchall()
        gaps: list[Gap] = []
        for lacks, run in groupby(sorted(days), key=lambda row: bool(row[1])):
            first, *rest = (row[0] for row in run)
            last = rest[-1] if rest else first
            if lacks:
                gaps += self._gaps(series, max(since, first), min(until, last + timedelta(days=1)), limit=GAPS_MAX)
        self._renew_holes(series, gaps, since, until, now)
        return gaps

    def apart(self, series: str, since: datetime, until: datetime, ratio_max: float) -> list[Apart]:
        """Minutes at which stored venues disagree."""
        told = {"series": series, "since": since, "until": until, "ratio": ratio_max, "limit": GAPS_MAX}
        return [Apart(*row) for row in self._connection.execute(_APART, told)]

    def listed(self, series: str, listing: Listing) -> None:
        """Keep where the history begins."""
        self._connection.execute(_LISTED, (listing.listed_at, listing.horizon or None, series))

    def refuse(self, series: str, error: NightdeskError) -> None:
        """Say why there is no history."""
        self._connection.execute(_REFUSE, (error.code, error.message, series))

    def next_range(self, venue: VenueId, now: datetime) -> RangeJob | None:
        """The next range of the venue that is in no queue."""
        told = {"venue": venue, "now": now, "silent": now - SILENT_AFTER}
        row = self._connection.execute(_NEXT, told).fetchone()
        return None if row is None else RangeJob(row[0], venue)

    def _gaps(self, series: str, since: datetime, until: datetime, *, limit: int) -> list[Gap]:
        told = {"series": series, "since": since, "until": until, "limit": limit}
        return [Gap(*row) for row in self._connection.execute(_GAPS, told)]

    def _renew_holes(self, series: str, gaps: Sequence[Gap], since: datetime, until: datetime, now: datetime) -> None:
        """Close the holes whose minutes are there, and keep the gaps that have no hole yet."""
        known = [Gap(*row) for row in self._connection.execute(_OPEN_HOLES, (series, until, since))]
        closed = [hole.since for hole in known if not _touches(hole, gaps)]
        if closed:
            self._connection.execute(_CLOSE_HOLES, (now, series, closed))
        fresh = [Hole(gap.since, gap.until, HoleCause.MISSING) for gap in gaps if not _touches(gap, known)]
        self.keep_holes(series, fresh, now)


def history_units(database: Database) -> HistoryUnits:
    """Opens transactions of workers."""

    @contextmanager
    def opened() -> Iterator[PostgresHistoryUnit]:
        with database.transaction() as connection:
            yield PostgresHistoryUnit(connection)

    return opened


def _runs(bars: Sequence[SourcedBar]) -> Iterator[tuple[datetime, str, datetime, datetime]]:
    """Runs of bars of one source within one day: day, source, start of the first, end of the last."""
    place: Callable[[tuple[int, SourcedBar]], object] = lambda each: (  # noqa: E731
        each[1].source,
        each[1].candle.at.date(),
        each[1].candle.at - each[0] * MINUTE,
    )
    ordered = sorted(bars, key=lambda bar: (bar.source, bar.candle.at))
    for _, run in groupby(enumerate(ordered), key=place):
        each = [bar for _, bar in run]
        first, last = each[0].candle.at, each[-1].candle.at
        yield first.replace(hour=0, minute=0), each[0].source, first, last + MINUTE


def _is_own(bar: SourcedBar) -> bool:
    return bar.source in _OWN


def _touches(one: Gap, others: Sequence[Gap]) -> bool:
    return any(each.since < one.until and one.since < each.until for each in others)


def _range(row: Sequence[Any]) -> CandleRange:
    return CandleRange(
        range_id=row[0],
        instrument=parse_instrument(row[1]),
        priority=Priority(row[2]),
        kind=RangeKind(row[3]),
        since=row[4],
        until=row[5],
        position=row[6],
        state=RangeState(row[7]),
        attempts=row[8],
        bars=row[9],
    )
