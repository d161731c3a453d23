"""The planner's side of histories in PostgreSQL: wishes, ranges, what was verified, what waits to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

from nightdesk.adapters.postgres.candle_coverage import PostgresHistoryUnit
from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.candles.coverage import Coverage, CoverageState, Priority, RangeJob, Span, Wish
from nightdesk.candles.gaps import Gap
from nightdesk.candles.history_ports import CoveragePlans, WishPolicy
from nightdesk.kernel.assets import Instrument, VenueId, parse_instrument
from nightdesk.kernel.errors import InvalidInput

_STREAMED = "SELECT name FROM series WHERE tenant_id IS NULL AND base_resolution = '1m' ORDER BY name"
_HELD = "SELECT DISTINCT asset FROM holdings WHERE quantity <> 0"
_ASKED = """
    SELECT series, CASE WHEN bool_or(wanted_from IS NULL) THEN NULL ELSE min(wanted_from) END
    FROM candle_asks GROUP BY series ORDER BY series
"""
_WANT = """
    INSERT INTO candle_coverage AS old (series, venue, priority, state, wanted_from, added_at)
    VALUES (%(series)s, %(venue)s, %(priority)s, 'wanted', %(wanted_from)s, %(now)s)
    ON CONFLICT (series) DO UPDATE SET priority = least(old.priority, excluded.priority),
      wanted_from = CASE WHEN old.wanted_from IS NULL OR excluded.wanted_from IS NULL THEN NULL
        ELSE least(old.wanted_from, excluded.wanted_from) END
    WHERE excluded.priority < old.priority
      OR (old.wanted_from IS NOT NULL AND coalesce(excluded.wanted_from, '-infinity') < old.wanted_from)
"""
_HASTEN = "UPDATE candle_ranges SET priority = %(priority)s WHERE series = %(series)s AND priority > %(priority)s"
_FIND_LISTING = """
    INSERT INTO candle_ranges (series, venue, priority, kind, since, until, position, state)
    SELECT series, venue, priority, 'listing', %(first)s, %(last)s, %(first)s, 'open' FROM candle_coverage
    WHERE listed_at IS NULL AND state = 'wanted'
    ON CONFLICT (series, kind, since) DO NOTHING
"""
# A market that was refused is asked for again after a new wish, whatever else went wrong after a day.
_AGAIN = """
    WITH again AS (
      UPDATE candle_ranges AS made SET state = 'open', sent_at = NULL, heartbeat_at = NULL, finished_at = NULL
      WHERE kind = 'listing' AND state = 'failed' AND (finished_at < %(now)s - interval '1 day'
        OR EXISTS (SELECT FROM candle_asks WHERE series = made.series AND asked_at > made.finished_at))
      RETURNING series)
    UPDATE candle_coverage SET state = 'wanted', error_code = NULL, error_message = NULL
    WHERE series IN (SELECT series FROM again)
"""
_COVERAGE: Final[LiteralString] = (
    "series, priority, state, wanted_from, listed_at, horizon, planned_from, planned_until"
)
_UNPLANNED = f"""
    SELECT {_COVERAGE} FROM candle_coverage
    WHERE listed_at IS NOT NULL AND state <> 'refused' AND (planned_until IS NULL OR planned_until < %(settled)s
      OR planned_from > greatest(listed_at, wanted_from, %(kept_from)s) + interval '1 minute')
    ORDER BY priority, series LIMIT %(limit)s
"""  # noqa: S608 - constants
_ADD_RANGE = """
    INSERT INTO candle_ranges (series, venue, priority, kind, since, until, position, state)
    VALUES (%(series)s, %(venue)s, %(priority)s, 'bars', %(since)s, %(until)s, %(since)s, 'open')
    ON CONFLICT (series, kind, since) DO NOTHING
"""
_PLANNED = """
    UPDATE candle_coverage SET planned_from = least(planned_from, %(first)s),
      planned_until = greatest(planned_until, %(settled)s), state = CASE WHEN %(made)s THEN 'filling' ELSE state END
    WHERE series = %(series)s
"""
_UNVERIFIED = f"""
    SELECT {_COVERAGE} FROM candle_coverage AS whole
    WHERE planned_until IS NOT NULL AND state <> 'refused'
      AND NOT EXISTS (SELECT FROM candle_ranges WHERE series = whole.series AND state = 'open')
      AND (verified_at IS NULL OR verified_at < %(before)s OR verified_at < (
        SELECT max(finished_at) FROM candle_ranges WHERE series = whole.series AND kind = 'bars'))
    ORDER BY verified_at NULLS FIRST, priority, series LIMIT %(limit)s
"""  # noqa: S608 - constants
_REOPEN = """
    UPDATE candle_ranges AS made SET state = 'open', position = greatest(since, missing.first), repairs = repairs + 1,
      sent_at = NULL, heartbeat_at = NULL, finished_at = NULL
    FROM (SELECT range_id, min(gap.since) AS first FROM candle_ranges
          JOIN unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) AS gap (since, until)
            ON gap.since < candle_ranges.until AND gap.until > candle_ranges.since
          WHERE series = %(series)s AND kind = 'bars' AND state <> 'open' AND repairs < %(repairs_max)s
          GROUP BY range_id) AS missing
    WHERE made.range_id = missing.range_id
"""
_SOUND = "UPDATE candle_ranges SET repairs = 0 WHERE series = %s AND repairs > 0"
_VERIFIED = """
    UPDATE candle_coverage AS whole SET verified_at = %(now)s, state = CASE
      WHEN EXISTS (SELECT FROM candle_ranges WHERE series = whole.series AND state = 'open') THEN 'filling'
      WHEN EXISTS (SELECT FROM candle_holes WHERE series = whole.series AND state = 'open') THEN 'broken'
      ELSE 'whole' END
    WHERE series = %(series)s
"""
_WAITING = """
    WITH busy AS (
      SELECT venue, count(*) AS taken FROM candle_ranges
      WHERE state = 'open' AND greatest(sent_at, heartbeat_at) > %(silent)s GROUP BY venue),
    ranked AS (
      SELECT range_id, venue, row_number() OVER (PARTITION BY venue ORDER BY priority, until DESC, range_id) AS place
      FROM candle_ranges WHERE state = 'open' AND coalesce(greatest(sent_at, heartbeat_at), '-infinity') <= %(silent)s)
    UPDATE candle_ranges SET sent_at = %(now)s WHERE range_id IN (
      SELECT range_id FROM ranked LEFT JOIN busy USING (venue) WHERE place <= %(a_venue)s - coalesce(taken, 0))
    RETURNING range_id, venue
"""
_FIRST: Final = datetime(2009, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2100, 1, 1, tzinfo=UTC)


class PostgresCoveragePlan:
    """`CoveragePlan` as the role `streams`, in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wishes(self, policy: WishPolicy) -> list[Wish]:
        """What is held, always streamed or asked for; all that is streamed if the policy says so."""
        held = {asset for (asset,) in self._connection.execute(_HELD)}
        streamed = [_instrument(name) for (name,) in self._connection.execute(_STREAMED)]
        found: list[Wish] = []
        for instrument in filter(None, streamed):
            is_held = instrument.base in held and instrument.quote in policy.quotes
            first = is_held or instrument.symbol in policy.symbols
            if instrument.venue in policy.venues and (first or policy.whole_venues):
                found.append(Wish(instrument, Priority.HELD if first else Priority.REST, policy.since))
        asked = ((_instrument(series), since) for series, since in self._connection.execute(_ASKED).fetchall())
        return found + [Wish(each, Priority.ASKED, since) for each, since in asked if each is not None]

    def want(self, wishes: Sequence[Wish], now: datetime) -> int:
        """Keep wishes, and have the listings found."""
        changed = 0
        for wish in wishes:
            told = {"series": str(wish.instrument), "venue": wish.instrument.venue, "priority": wish.priority.value}
            made = self._connection.execute(_WANT, {**told, "wanted_from": wish.wanted_from, "now": now}).rowcount
            changed += made
            if made:
                self._connection.execute(_HASTEN, told)
        self._connection.execute(_AGAIN, {"now": now})
        self._connection.execute(_FIND_LISTING, {"first": _FIRST, "last": _LAST})
        return changed

    def unplanned(self, kept_from: datetime, settled: datetime, limit: int) -> list[Coverage]:
        """Series whose ranges don't reach far enough."""
        told = {"kept_from": kept_from, "settled": settled, "limit": limit}
        return [_coverage(row) for row in self._connection.execute(_UNPLANNED, told)]

    def plan(self, coverage: Coverage, spans: Sequence[Span], settled: datetime, now: datetime) -> None:
        """Make the ranges."""
        del now
        told = {"series": coverage.series, "venue": coverage.instrument.venue, "priority": coverage.priority.value}
        for span in spans:
            self._connection.execute(_ADD_RANGE, {**told, "since": span.since, "until": span.until})
        first = spans[0].since if spans else settled
        self._connection.execute(_PLANNED, {**told, "first": first, "settled": settled, "made": bool(spans)})

    def unverified(self, verified_before: datetime, limit: int) -> list[Coverage]:
        """Series that were filled and not counted since."""
        rows = self._connection.execute(_UNVERIFIED, {"before": verified_before, "limit": limit})
        return [_coverage(row) for row in rows]

    def reopen(self, series: str, gaps: Sequence[Gap], repairs_max: int) -> int:
        """Open the ranges that the gaps lie in."""
        if not gaps:
            self._connection.execute(_SOUND, (series,))
            return 0
        edges = {"since": [gap.since for gap in gaps], "until": [gap.until for gap in gaps]}
        return self._connection.execute(_REOPEN, {"series": series, "repairs_max": repairs_max, **edges}).rowcount

    def verified(self, series: str, now: datetime) -> None:
        """Keep that every minute was counted."""
        self._connection.execute(_VERIFIED, {"series": series, "now": now})

    def waiting(self, silent_since: datetime, a_venue: int, now: datetime) -> list[RangeJob]:
        """Open ranges that nobody has."""
        told = {"silent": silent_since, "a_venue": a_venue, "now": now}
        rows = self._connection.execute(_WAITING, told).fetchall()
        return [RangeJob(range_id, VenueId(venue)) for range_id, venue in rows]


def coverage_plans(database: Database) -> CoveragePlans:
    """Opens transactions of the planner."""

    @contextmanager
    def opened() -> Iterator[tuple[PostgresCoveragePlan, PostgresHistoryUnit]]:
        with database.transaction() as connection:
            yield PostgresCoveragePlan(connection), PostgresHistoryUnit(connection)

    return opened


def _instrument(name: str) -> Instrument | None:
    """The market of a series; None for what is no market."""
    try:
        return parse_instrument(name)
    except InvalidInput:
        return None


def _coverage(row: Sequence[Any]) -> Coverage:
    return Coverage(
        instrument=parse_instrument(row[0]),
        priority=Priority(row[1]),
        state=CoverageState(row[2]),
        wanted_from=row[3],
        listed_at=row[4],
        horizon=row[5] or "",
        planned_from=row[6],
        planned_until=row[7],
    )
