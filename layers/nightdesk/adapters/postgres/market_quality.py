"""What was refused of markets' prices, in PostgreSQL. It belongs to no tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.kernel.assets import Instrument, VenueId, parse_instrument
from nightdesk.markets.quality import Cause, Refused
from nightdesk.markets.quality_ports import (
    MarketQuality,
    Place,
    QualityBatch,
    QualityFilter,
    QualityPage,
    SeenRefused,
)
from nightdesk.markets.quality_watch import Standing, State

_COUNT = """
    INSERT INTO market_refusals (venue, symbol, cause, hour, writer, count)
    SELECT venue, symbol, cause, hour, %s, count
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[])
      AS told (venue, symbol, cause, hour, count)
    ON CONFLICT (venue, symbol, cause, hour, writer) DO UPDATE
      SET count = greatest(market_refusals.count, excluded.count)
"""
_SAMPLE = """
    INSERT INTO market_quarantine
      (venue, symbol, cause, slot, seen_at, at, last, bid, ask, number, compared, sources, deviation_bp)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (venue, symbol, cause, slot) DO UPDATE SET seen_at = excluded.seen_at, at = excluded.at,
      last = excluded.last, bid = excluded.bid, ask = excluded.ask, number = excluded.number,
      compared = excluded.compared, sources = excluded.sources, deviation_bp = excluded.deviation_bp
    WHERE excluded.seen_at >= market_quarantine.seen_at
"""
_STAND = """
    INSERT INTO market_standings (venue, symbol, state, since, last, at, median, sources, deviation_bp, updated_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (venue, symbol) DO UPDATE SET state = excluded.state, since = excluded.since, last = excluded.last,
      at = excluded.at, median = excluded.median, sources = excluded.sources, deviation_bp = excluded.deviation_bp,
      updated_at = excluded.updated_at
    WHERE excluded.updated_at >= market_standings.updated_at
"""
_STANDING = """
    market_standings AS standing
    WHERE (%(venue)s::text IS NULL OR venue = %(venue)s)
      AND (%(symbol)s::text IS NULL OR symbol ILIKE '%%' || %(symbol)s || '%%')
      AND (%(state)s::text IS NULL OR state = %(state)s)
      AND (NOT %(refused)s OR state <> 'good' OR EXISTS (SELECT FROM market_refusals AS known
        WHERE known.venue = standing.venue AND known.symbol = standing.symbol AND hour >= %(since)s))
      AND (%(cause)s::text IS NULL OR EXISTS (SELECT FROM market_refusals AS known
        WHERE known.venue = standing.venue AND known.symbol = standing.symbol AND known.cause = %(cause)s
          AND hour >= %(since)s))
"""
_PAGE = f"""
    SELECT venue, symbol, state, since, last, at, median, sources, deviation_bp, updated_at
    FROM {_STANDING} AND (%(after_venue)s::text IS NULL OR (venue, symbol) > (%(after_venue)s, %(after_symbol)s))
    ORDER BY venue, symbol LIMIT %(limit)s
"""  # noqa: S608
_TOTAL = f"SELECT count(*) FROM {_STANDING}"  # noqa: S608
_SUMS = f"""
    SELECT cause, sum(count) FROM market_refusals
    WHERE hour >= %(since)s AND (venue, symbol) IN (SELECT venue, symbol FROM {_STANDING}) GROUP BY cause
"""  # noqa: S608
_COUNTS = """
    SELECT venue, symbol, cause, sum(count) FROM market_refusals
    WHERE hour >= %s AND (venue, symbol) IN (SELECT * FROM unnest(%s::text[], %s::text[])) GROUP BY 1, 2, 3
"""
_SAMPLES = """
    SELECT venue, symbol, cause, seen_at, at, last, bid, ask, compared, sources, deviation_bp FROM market_quarantine
    WHERE venue = %s AND symbol = %s AND (%s::text IS NULL OR cause = %s) ORDER BY seen_at DESC, slot DESC LIMIT %s
"""
_LATEST = """
    SELECT DISTINCT ON (venue, symbol)
      venue, symbol, cause, seen_at, at, last, bid, ask, compared, sources, deviation_bp FROM market_quarantine
    WHERE (venue, symbol) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY venue, symbol, seen_at DESC
"""


class PostgresQualityLog:
    """Writes as the role `streams`.

    Args:
        writer: This process, as long as it lives.
    """

    def __init__(self, database: Database, writer: UUID) -> None:
        self._database = database
        self._writer = writer

    def write(self, batch: QualityBatch) -> None:
        """Keep it; once more changes nothing.

        Raises:
            Unavailable: The database does not answer.
        """
        hours = [(*_place(market), cause, hour, count) for (market, cause, hour), count in sorted(batch.hours.items())]
        with self._database.transaction() as connection:
            if hours:
                connection.execute(_COUNT, (self._writer, *map(list, zip(*hours, strict=True))))
            with connection.cursor() as cursor:
                if batch.samples:
                    cursor.executemany(_SAMPLE, [_sample(slot, refused) for slot, refused in batch.samples])
                if batch.standings:
                    rows = sorted((_standing(each, batch.now) for each in batch.standings), key=lambda row: row[:2])
                    cursor.executemany(_STAND, rows)


class PostgresQualityReads:
    """Reads for whoever is signed in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, wanted: QualityFilter, since: datetime, after: Place | None, limit: int) -> QualityPage:
        """At most so many markets after the place, with what was refused since then."""
        asked = {
            "venue": wanted.venue,
            "symbol": _like(wanted.symbol),
            "state": wanted.state,
            "cause": wanted.cause,
            "refused": wanted.refused,
            "since": since,
            "after_venue": after and after[0],
            "after_symbol": after and after[1],
            "limit": limit,
        }
        with self._database.transaction(snapshot=True) as connection:
            rows = connection.execute(_PAGE, asked).fetchall()
            total = connection.execute(_TOTAL, asked).fetchone()
            sums = {Cause(cause): int(count) for cause, count in connection.execute(_SUMS, asked)}
            counts, latest = _details(connection, rows, since)
        markets = [_market(row, counts.get(row[:2], {}), latest.get(row[:2])) for row in rows]
        return QualityPage(rows=markets, counts=sums, total=total[0] if total else 0)

    def samples(self, instrument: Instrument, cause: Cause | None, limit: int) -> Sequence[SeenRefused]:
        """What of a market was refused, the newest first."""
        with self._database.transaction() as connection:
            asked = (instrument.venue, instrument.symbol, cause, cause, limit)
            return [_seen(row) for row in connection.execute(_SAMPLES, asked)]


def _details(
    connection: Connection, rows: Sequence[tuple[Any, ...]], since: datetime
) -> tuple[dict[tuple[Any, ...], dict[Cause, int]], Mapping[tuple[Any, ...], SeenRefused]]:
    """By venue and symbol, what was refused how often, and the last of it."""
    venues, symbols = [row[0] for row in rows], [row[1] for row in rows]
    counts: dict[tuple[Any, ...], dict[Cause, int]] = {}
    for venue, symbol, cause, count in connection.execute(_COUNTS, (since, venues, symbols)):
        counts.setdefault((venue, symbol), {})[Cause(cause)] = int(count)
    latest = {row[:2]: _seen(row) for row in connection.execute(_LATEST, (venues, symbols))}
    return counts, latest


def _market(row: tuple[Any, ...], counts: Mapping[Cause, int], latest: SeenRefused | None) -> MarketQuality:
    venue, symbol, state, since, last, at, middle, sources, deviation, updated_at = row
    standing = Standing(
        instrument=parse_instrument(f"{venue}:{symbol}"),
        state=State(state),
        since=since,
        last=last,
        at=at,
        median=middle,
        sources=sources,
        deviation_bp=deviation,
    )
    return MarketQuality(standing=standing, updated_at=updated_at, counts=counts, latest=latest)


def _seen(row: tuple[Any, ...]) -> SeenRefused:
    _, _, cause, seen_at, at, last, bid, ask, compared, sources, deviation = row
    return SeenRefused(
        cause=Cause(cause),
        seen_at=seen_at,
        at=at,
        last=last,
        bid=bid,
        ask=ask,
        compared=compared,
        sources=sources,
        deviation_bp=deviation,
    )


def _place(instrument: Instrument) -> tuple[VenueId, str]:
    return instrument.venue, instrument.symbol


def _sample(slot: int, refused: Refused) -> tuple[Any, ...]:
    tick = refused.tick
    told = tuple(map(_told, (tick.last, tick.bid, tick.ask)))
    compared = (refused.compared, refused.sources, refused.deviation_bp)
    return (*_place(tick.instrument), refused.cause, slot, refused.seen_at, tick.at, *told, tick.number, *compared)


def _standing(each: Standing, now: datetime) -> tuple[Any, ...]:
    figures = (each.last, each.at, each.median, each.sources, each.deviation_bp)
    return (*_place(each.instrument), each.state, each.since, *figures, now)


def _told(amount: Decimal | None) -> str | None:
    """As it was told; it may be no number, or one that is too long."""
    return None if amount is None else str(amount)[:60]


def _like(text: str | None) -> str | None:
    if text is None:
        return None
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
