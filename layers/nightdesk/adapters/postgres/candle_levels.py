"""The tables of stored candles, and how each longer one follows from a shorter one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from nightdesk.adapters.postgres.database import Connection
from nightdesk.candles.resolutions import STORED, Resolution, bar_end, bar_start

TABLES: Final = {
    each: "candles_months" if each is Resolution.MONTH else f"candles_{each.value}"  # names don't know capitals
    for each in STORED
}
HALF_PAST: Final = "candles_half_past"
"""Bars of an hour from half past to half past: days of zones with half hours are made of them when they are read."""
SHORTER: Final = dict(zip(STORED[1:], STORED, strict=False))
"""By stored resolution the next shorter one."""

KEEP: Final = """
    ON CONFLICT (series_id, at) DO UPDATE SET open = excluded.open, high = excluded.high, low = excluded.low,
      close = excluded.close, volume = excluded.volume, revision = excluded.revision
"""
OTHER: Final = """
    (old.open, old.high, old.low, old.close, old.volume)
      IS DISTINCT FROM (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)
"""
# Volumes are added in the order of their parts, as everywhere, or the last bit would be another.
# A part without volume counts only where no part has any (nightdesk.candles.rollup says why).
MERGED: Final = """
      coalesce((array_agg(open ORDER BY at) FILTER (WHERE volume > 0))[1], (array_agg(open ORDER BY at))[1]),
      coalesce(max(high) FILTER (WHERE volume > 0), max(high)), coalesce(min(low) FILTER (WHERE volume > 0), min(low)),
      coalesce((array_agg(close ORDER BY at) FILTER (WHERE volume > 0))[count(*) FILTER (WHERE volume > 0)],
        (array_agg(close ORDER BY at))[count(*)]),
      sum(volume ORDER BY at)"""
"""Open, high, low, close and volume of a longer bar, over its parts."""

_ROLLUP: Final = """
    INSERT INTO {longer} AS old (series_id, at, open, high, low, close, volume, revision)
    SELECT touched.series_id, rolled.*
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS touched (series_id, since, until)
    CROSS JOIN LATERAL (
      SELECT bar_at, {merged}, max(revision)
      FROM (SELECT *, {bar_at} AS bar_at FROM {shorter} AS part
            WHERE part.series_id = touched.series_id AND part.at >= touched.since AND part.at < touched.until
              AND part.at >= %s AND part.at < %s) AS parts
      GROUP BY bar_at
    ) AS rolled
"""
_ROLL_ON: Final = _ROLLUP + KEEP + "WHERE old.revision <> excluded.revision OR" + OTHER

Changed = Mapping[int, Collection[datetime]]
"""By series the starts of bars that changed."""

_Ranges = list[tuple[datetime, datetime]]  # each from the start of a bar to the end of one, oldest first


@dataclass(frozen=True, slots=True)
class _Step:
    longer: Resolution
    statement: str
    late: timedelta = timedelta(0)  # bars begin so much after those of the resolution

    def widened(self, since: datetime, until: datetime) -> tuple[datetime, datetime]:
        """The whole longer bars that a range lies in."""
        start, last = (bar_start(at - self.late, self.longer) + self.late for at in (since, until))
        return start, last if last == until else bar_end(last - self.late, self.longer) + self.late


def _step(longer: Resolution, shorter: Resolution, bar_at: str) -> _Step:
    return _Step(longer, _ROLL_ON.format(merged=MERGED, longer=TABLES[longer], shorter=TABLES[shorter], bar_at=bar_at))


def _half_past() -> _Step:
    statement = _ROLL_ON.format(
        merged=MERGED,
        longer=HALF_PAST,
        shorter=TABLES[Resolution.MINUTES_15],
        bar_at="date_bin('1 hour', at, '1970-01-01 00:30Z')",
    )
    return _Step(Resolution.HOUR, statement, late=timedelta(minutes=30))


def _binned(longer: Resolution, shorter: Resolution, span: str) -> _Step:
    return _step(longer, shorter, f"date_bin('{span}', at, '1970-01-01Z')")


_FIVES: Final = _binned(Resolution.MINUTES_5, Resolution.MINUTE, "5 minutes")
_QUARTERS: Final = _binned(Resolution.MINUTES_15, Resolution.MINUTE, "15 minutes")
_QUARTERS_OF_FIVES: Final = _binned(Resolution.MINUTES_15, Resolution.MINUTES_5, "15 minutes")
_HALF_HOURS_LATE: Final = _half_past()
_HOURS: Final = _binned(Resolution.HOUR, Resolution.MINUTES_15, "1 hour")
_DAYS: Final = _binned(Resolution.DAY, Resolution.HOUR, "1 day")
_MONTHS: Final = _step(Resolution.MONTH, Resolution.DAY, "date_trunc('month', at, 'UTC')")
_STEPS: Final = {
    Resolution.MINUTE: (_FIVES, _QUARTERS, _HALF_HOURS_LATE, _HOURS, _DAYS, _MONTHS),
    Resolution.MINUTES_5: (_QUARTERS_OF_FIVES, _HALF_HOURS_LATE, _HOURS, _DAYS, _MONTHS),
    Resolution.MINUTES_15: (_HALF_HOURS_LATE, _HOURS, _DAYS, _MONTHS),
    Resolution.HOUR: (_DAYS, _MONTHS),
    Resolution.DAY: (_MONTHS,),
    Resolution.MONTH: (),
}


def renew_longer(connection: Connection, resolution: Resolution, changed: Changed) -> None:
    """Make every longer bar anew that one of the changed bars lies in.

    Args:
        connection: Within the transaction that changed them, with the series locked.
        resolution: Of the changed bars.
        changed: Not one bar, or of each series at least one.
    """
    touched = {series_id: _touched(starts, resolution) for series_id, starts in changed.items()}
    for step in _STEPS[resolution] if changed else ():
        series_ids, since, until = map(list, zip(*_widened(touched, step), strict=True))
        # The bounds of all of them let the planner leave the other partitions out.
        connection.execute(step.statement, (series_ids, since, until, min(since), max(until)))


def _touched(starts: Collection[datetime], resolution: Resolution) -> _Ranges:
    first, end = min(starts), bar_end(max(starts), resolution)
    if len(starts) * resolution.span == end - first:  # each once and none left out: by far the most there is
        return [(first, end)]
    return _joined((at, bar_end(at, resolution)) for at in sorted(starts))


def _widened(touched: Mapping[int, _Ranges], step: _Step) -> Iterator[tuple[int, datetime, datetime]]:
    for series_id, ranges in touched.items():
        for since, until in _joined(step.widened(*span) for span in ranges):
            yield series_id, since, until


def _joined(ranges: Iterable[tuple[datetime, datetime]]) -> _Ranges:
    joined: _Ranges = []
    for since, until in ranges:
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return joined
