"""Every query of candles finds its rows by an index: no sequential scan where there are many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from nightdesk.adapters.postgres.candle_levels import HALF_PAST, TABLES
from nightdesk.adapters.postgres.candle_loader import PostgresBarLoader
from nightdesk.adapters.postgres.candles import PostgresCandleStore, PostgresStoredBars, candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution, parse_length, parse_zone
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.kernel.ids import TenantId
from tests.servers import Postgres

pytestmark = pytest.mark.integration
START = datetime(2016, 2, 1, tzinfo=UTC)  # months that no other test fills
SERIES, BARS = 20, 2000
LARGE = 1500
"""A sequential scan is a fault where a table holds more rows than this."""

_SIZES = "SELECT relname, reltuples FROM pg_class WHERE relname LIKE 'candles_%'"
LENGTHS = ("1m", "3m", "5m", "15m", "30m", "1h", "4h", "12h", "1d", "1w", "1M")


class Recorder:
    """A connection that runs each statement after its plan was taken."""

    def __init__(self, connection: Any, plans: list[str]) -> None:
        self._connection = connection
        self.plans = plans

    def execute(self, query: Any, parameters: Any = None, **options: Any) -> Any:
        text = query.decode() if isinstance(query, bytes) else query
        if re.match(r"\s*(SELECT|INSERT|UPDATE)", text) and "ensure_partitions" not in text:
            rows = self._connection.execute("EXPLAIN " + text, parameters).fetchall()
            self.plans.append(text.strip()[:80] + "\n" + "\n".join(line for (line,) in rows))
        return self._connection.execute(query, parameters, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture(scope="module")
def names(postgres: Postgres) -> list[str]:
    """Series enough that a scan of a whole table would show."""
    made = [f"PLAN:{uuid4().hex[:10].upper()}/USDT" for _ in range(SERIES)]
    database = Database(postgres.url("streams"))
    rows = [CandleRow(name, Resolution.MINUTE, _bar(index), "klines") for name in made for index in range(BARS)]
    PostgresBarLoader(database).load(rows, revision=1)
    database.close()
    with psycopg.connect(postgres.url("superuser"), autocommit=True) as connection:
        for table in (*TABLES.values(), HALF_PAST, "series"):
            connection.execute(f"ANALYZE {table}".encode())
    return made


class PlannedDatabase(Database):
    """Keeps the plan of every statement."""

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo)
        self.plans: list[str] = []

    @contextmanager
    def transaction(self, **options: Any) -> Iterator[Any]:
        with super().transaction(**options) as connection:
            yield Recorder(connection, self.plans)


@pytest.fixture
def large(postgres: Postgres, names: list[str]) -> Callable[[list[str]], None]:
    """Asserts that no plan scans a large table."""
    with psycopg.connect(postgres.url("superuser")) as connection:
        sizes = {str(row[0]): float(row[1]) for row in connection.execute(_SIZES)}

    def check(plans: list[str]) -> None:
        assert plans
        for plan in plans:
            scanned = re.findall(r"Seq Scan on (\w+)", plan)
            assert not [table for table in scanned if sizes.get(table, 0) > LARGE], plan

    assert any(size > LARGE for size in sizes.values()), names
    return check


def _bar(index: int) -> Candle:
    return Candle(START + timedelta(minutes=index), 10, 12, 9, 11, index % 3)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Lord_Howe"])
def test_reading(postgres: Postgres, names: list[str], large: Callable[[list[str]], None], zone: str) -> None:
    database = PlannedDatabase(postgres.url("app"))
    service = CandleService(candle_readers(database))
    for length in LENGTHS:
        for since in (None, START - timedelta(days=60)):
            query = CandleQuery(
                series=names[7], resolution=parse_length(length), since=since, limit=20, zone=parse_zone(zone)
            )
            assert service.page(TenantId(uuid4()), query).candles
    database.close()
    large(database.plans)


def test_writing(postgres: Postgres, names: list[str], large: Callable[[list[str]], None]) -> None:
    database = PlannedDatabase(postgres.url("streams"))
    late = [CandleRow(name, Resolution.MINUTE, _bar(BARS), "trades") for name in names]
    PostgresCandleStore(database).upsert([Batch(2, tuple(late))])
    again = [CandleRow(names[3], Resolution.MINUTE, _bar(index), "klines") for index in range(1000)]
    PostgresBarLoader(database).load(again, revision=3)
    hours = [CandleRow(names[4], Resolution.HOUR, Candle(START, 1, 1, 1, 1), "klines")]
    PostgresBarLoader(database).load(hours, revision=3)
    stored = PostgresStoredBars(database)
    assert len(stored.last_bars(names[:10])) == 10
    assert stored.gaps(names[0], since=START, until=START + timedelta(hours=1)) == []
    assert PostgresBarLoader(database).origins(names[0])
    database.close()
    assert len(database.plans) > 15
    large(database.plans)
