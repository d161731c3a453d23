"""Nothing that fills, counts or shows histories reads a large table from end to end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from nightdesk.adapters.postgres import candle_coverage, candle_coverage_reads, candle_plan
from tests.builders.desk_history import own_database
from tests.servers import Postgres

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 5, tzinfo=UTC)
LARGE = ("candles_1m", "candle_ranges", "candle_days", "candle_origins", "candle_holes")
TOLD = {
    "series": "BINANCE:S7/USDT",
    "since": NOW - timedelta(days=4),
    "until": NOW,
    "limit": 51,
    "now": NOW,
    "silent": NOW - timedelta(minutes=3),
    "a_venue": 4,
    "venue": "binance",
    "tenant": uuid4(),
    "state": None,
    "after": "BINANCE:S30",
    "settled": NOW,
    "kept_from": NOW - timedelta(days=900),
    "before": NOW,
    "repairs_max": 3,
}
_FILL = """
    INSERT INTO series (name, unit, base_resolution, created_at)
    SELECT 'BINANCE:S' || n || '/USDT', 'USDT', '1m', now() FROM generate_series(1, 40) AS n;
    SELECT candles_ensure_partitions('2026-02-01Z', '2026-03-31Z');
    INSERT INTO candles_1m SELECT series_id, at, 1, 1, 1, 1, 1, 1 FROM series
    CROSS JOIN generate_series('2026-02-25Z'::timestamptz, '2026-03-04T23:59Z', '1 minute') AS at;
    INSERT INTO candle_coverage
      (series, venue, priority, state, listed_at, planned_from, planned_until, verified_at, added_at)
    SELECT name, 'binance', 0, 'whole', '2019-01-01Z', '2019-01-01Z', '2026-03-05Z', now(), now() FROM series;
    INSERT INTO candle_ranges (series, venue, priority, kind, since, until, position, state, finished_at, sent_at)
    SELECT series, 'binance', 0, 'bars', at, at + interval '1 day', at,
      CASE WHEN at > '2026-03-03Z' THEN 'open' ELSE 'done' END, CASE WHEN at > '2026-03-03Z' THEN NULL ELSE at END, at
    FROM candle_coverage CROSS JOIN generate_series('2024-01-01Z'::timestamptz, '2026-03-04Z', '1 day') AS at;
    INSERT INTO candle_days SELECT series, at::date, 1440, 1440, now()
    FROM candle_coverage CROSS JOIN generate_series('2019-01-01'::timestamp, '2026-03-04', '1 day') AS at;
    INSERT INTO candle_holes (series, since, until, cause, state, found_at)
    SELECT series, at, at + interval '1 hour', 'missing', 'filled', now()
    FROM candle_coverage CROSS JOIN generate_series('2019-01-01Z'::timestamptz, '2026-03-04Z', '7 days') AS at;
    ANALYZE;
"""


@pytest.fixture(scope="module")
def filled(postgres: Postgres) -> Iterator[Postgres]:
    """Forty series of some years."""
    with own_database(postgres) as made:
        with psycopg.connect(made.url("superuser"), autocommit=True) as connection:
            connection.execute(_FILL.encode())
        yield made


def scanned(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that the plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield str(plan["Relation Name"])
    for part in plan.get("Plans", []):
        yield from scanned(part)


@pytest.mark.parametrize(
    "query",
    [
        candle_coverage._GAPS,
        candle_coverage._NEXT,
        candle_coverage._COUNT,
        candle_plan._WAITING,
        candle_coverage_reads._PAGE,
    ],
    ids=["gaps", "next", "count", "waiting", "page"],
)
def test_no_large_table_is_read_whole(filled: Postgres, query: str) -> None:
    with psycopg.connect(filled.url("superuser")) as connection:
        row = connection.execute(f"EXPLAIN (FORMAT json) {query}".encode(), TOLD).fetchone()
    assert row is not None
    document = row[0] if isinstance(row[0], list) else json.loads(row[0])
    whole = set(scanned(document[0]["Plan"]))
    assert not [name for name in whole if name.startswith(LARGE)]
