"""Coverage of histories as one tenant sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.candles.coverage import MINUTE, CoverageState, Hole, HoleCause
from nightdesk.candles.coverage_desk import HOLES_SHOWN, CoverageQuery, CoverageUnits, CoveredSeries
from nightdesk.kernel.ids import TenantId

# What is left is what open ranges ahead of the series' last one lack, by their order at the venue; the pace is that of
# the ranges that the venue finished within an hour.
_PAGE: Final = """
    WITH named AS (
      SELECT series FROM (
        SELECT series FROM candle_coverage UNION SELECT series FROM candle_asks WHERE tenant_id = %(tenant)s) AS known
      WHERE series > %(after)s AND (%(series)s::text IS NULL OR series = %(series)s)
        AND (%(venue)s::text IS NULL OR series LIKE upper(%(venue)s) || ':%%')
      ORDER BY series)
    SELECT named.series, coalesce(state, 'wanted'), ask.series IS NOT NULL, listed_at, coalesce(horizon, ''),
      planned_from, planned_until, verified_at, error_code, error_message, coalesce(days.bars, 0), doubt.open,
      ahead.minutes / nullif(pace.bars_per_s, 0)
    FROM named LEFT JOIN candle_coverage AS whole USING (series)
    LEFT JOIN candle_asks AS ask ON ask.series = named.series AND ask.tenant_id = %(tenant)s
    LEFT JOIN LATERAL (SELECT sum(bars) AS bars FROM candle_days WHERE series = named.series) AS days ON true
    LEFT JOIN LATERAL (
      SELECT count(*) AS open FROM candle_holes WHERE series = named.series AND state = 'open') AS doubt ON true
    LEFT JOIN LATERAL (
      SELECT priority, min(until) AS until FROM candle_ranges
      WHERE series = named.series AND state = 'open' AND kind = 'bars' GROUP BY priority
      ORDER BY priority DESC LIMIT 1) AS last ON true
    LEFT JOIN LATERAL (
      SELECT sum(extract(epoch FROM until - position) / 60)::float8 AS minutes FROM candle_ranges
      WHERE venue = whole.venue AND state = 'open' AND kind = 'bars'
        AND (priority < last.priority OR priority = last.priority AND until >= last.until)) AS ahead ON true
    LEFT JOIN LATERAL (
      SELECT (sum(bars) / nullif(sum(extract(epoch FROM finished_at - sent_at)), 0))::float8 AS bars_per_s
      FROM candle_ranges WHERE venue = whole.venue AND finished_at > now() - interval '1 hour' AND kind = 'bars'
    ) AS pace ON true
    WHERE %(state)s::text IS NULL OR coalesce(state, 'wanted') = %(state)s
    ORDER BY named.series LIMIT %(limit)s
"""
_RUNNING: Final = """
    SELECT series, sum(extract(epoch FROM position - since) / 60)::bigint FROM candle_ranges
    WHERE series = ANY(%s) AND state = 'open' AND kind = 'bars' AND repairs = 0 GROUP BY series
"""
_HOLES: Final = """
    SELECT series, hole.since, hole.until, cause, state, detail FROM unnest(%s::text[]) AS asked (name)
    CROSS JOIN LATERAL (
      SELECT * FROM candle_holes WHERE series = asked.name ORDER BY state DESC, since DESC LIMIT %s) AS hole
"""
_ASK: Final = """
    INSERT INTO candle_asks AS old (tenant_id, series, wanted_from, asked_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (tenant_id, series) DO UPDATE SET asked_at = excluded.asked_at, wanted_from = CASE
      WHEN old.wanted_from IS NULL OR excluded.wanted_from IS NULL THEN NULL
      ELSE least(old.wanted_from, excluded.wanted_from) END
"""
_ASKS: Final = "SELECT count(*) FROM candle_asks WHERE tenant_id = %s"
_STORED: Final = """
    SELECT EXISTS (SELECT FROM series WHERE name = %(series)s AND tenant_id IS NULL)
      OR EXISTS (SELECT FROM candle_coverage WHERE series = %(series)s AND state <> 'refused')
"""


class PostgresCoverageReads:
    """`CoverageReads` in a transaction of one tenant; every query about tenants names it."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def page(self, query: CoverageQuery) -> list[CoveredSeries]:
        """By name, one more than the limit."""
        told = {
            "tenant": self._tenant_id,
            "series": query.series,
            "venue": query.venue,
            "state": query.state.value if query.state else None,
            "after": query.after or "",
            "limit": query.limit + 1,
        }
        rows = self._connection.execute(_PAGE, told).fetchall()
        names = [row[0] for row in rows]
        running: dict[str, int] = dict(self._connection.execute(_RUNNING, (names,)).fetchall())
        holes = self._holes(names)
        return [_covered(row, running.get(row[0], 0), holes.get(row[0], [])) for row in rows]

    def ask(self, series: str, wanted_from: datetime | None, now: datetime) -> None:
        """Keep the wish."""
        self._connection.execute(_ASK, (self._tenant_id, series, wanted_from, now))

    def asks(self) -> int:
        """How many there are."""
        row = self._connection.execute(_ASKS, (self._tenant_id,)).fetchone()
        return int(row[0]) if row else 0

    def is_stored(self, series: str) -> bool:
        """Whether it is a known market."""
        row = self._connection.execute(_STORED, {"series": series}).fetchone()
        return bool(row and row[0])

    def _holes(self, names: Sequence[str]) -> dict[str, list[Hole]]:
        found: dict[str, list[Hole]] = {}
        for series, since, until, cause, state, detail in self._connection.execute(_HOLES, (names, HOLES_SHOWN)):
            hole = Hole(since, until, HoleCause(cause), is_filled=state == "filled", detail=detail)
            found.setdefault(series, []).append(hole)
        return found


def coverage_units(database: Database) -> CoverageUnits:
    """Opens transactions, each of its tenant."""

    @contextmanager
    def opened(tenant_id: TenantId) -> Iterator[PostgresCoverageReads]:
        with database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresCoverageReads(connection, tenant_id)

    return opened


def _covered(row: Sequence[Any], running: int, holes: Sequence[Hole]) -> CoveredSeries:
    since, until = row[5], row[6]
    expected = 0 if since is None else (until - since) // MINUTE
    return CoveredSeries(
        series=row[0],
        state=CoverageState(row[1]),
        is_asked=row[2],
        listed_at=row[3],
        horizon=row[4],
        since=since,
        until=until,
        bars=min(int(row[10]) + running, expected),
        expected=expected,
        holes=tuple(holes),
        open_holes=row[11],
        verified_at=row[7],
        eta_s=row[12],
        error_code=row[8],
        error_message=row[9],
    )
