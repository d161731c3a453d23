"""How fast candles are stored and read, by the clock, and how much of a processor it takes us and the database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psutil
import psycopg

from nightdesk.adapters.postgres.candle_loader import PostgresBarLoader
from nightdesk.adapters.postgres.candles import PostgresCandleStore, candle_readers
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.redis.candle_stream import decode_rows, encode_rows
from nightdesk.candles.model import Candle, CandleRow
from nightdesk.candles.ports import Batch
from nightdesk.candles.resolutions import Resolution, parse_length
from nightdesk.candles.service import CandleQuery, CandleService
from nightdesk.kernel.ids import TenantId
from tests.perf.rows import Row, percentile
from tests.servers import Postgres, Servers

SERIES = 20
BARS = 10_000
START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = 365 * 24 * 60
_SIZE = """
    SELECT sum(pg_total_relation_size(oid)) FROM pg_class
    WHERE relkind = 'r' AND relname LIKE %s AND relname NOT IN ('candle_loads')
"""


@dataclass(slots=True)
class Meter:
    """Measures work on a database of one connection.

    Attributes:
        took_s: Of each piece of work, by the clock.
        used_s: Of all of them, processors' time: ours and the server process's.
    """

    database: Database
    took_s: list[float] = field(default_factory=list)
    used_s: float = 0.0
    _server: psutil.Process = field(init=False)

    def __post_init__(self) -> None:
        with self.database.transaction() as connection:
            row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        self._server = psutil.Process(row[0])

    @contextmanager
    def measured(self) -> Iterator[None]:
        """One more piece."""
        used_s, started_s = self._processors_s(), time.perf_counter()
        yield
        self.took_s.append(time.perf_counter() - started_s)
        self.used_s += self._processors_s() - used_s

    def _processors_s(self) -> float:
        times = self._server.cpu_times()
        return time.process_time() + float(times.user + times.system)


def bench_store_bulk(servers: Servers) -> list[Row]:
    """A backlog of bars: 200,000 in batches as the writer reads them, the rollups of all of them included."""
    database = Database(servers.postgres().url("streams"), min_size=1, max_size=1)
    store = PostgresCandleStore(database)
    batches = _batches([f"PERF:{uuid4().hex[:8].upper()}/USDT" for _ in range(SERIES)])
    store.prepare(START, START + timedelta(minutes=BARS))
    rows = _stored_rows("candles stored, new, rollups included", _stored(store, Meter(database), batches), "100000")
    return rows + _stored_rows("candles stored again, rollups included", _stored(store, Meter(database), batches), "")


def _stored(store: PostgresCandleStore, meter: Meter, batches: list[Batch]) -> Meter:
    with meter.measured():
        for index in range(0, len(batches), 50):
            store.upsert(batches[index : index + 50])
    return meter


def _stored_rows(name: str, meter: Meter, least: str, bars: int = SERIES * BARS) -> list[Row]:
    bar = least and f">= {least}"
    return [
        Row(name=name, value=bars / sum(meter.took_s), unit="rows/s", bar=bar),
        Row(name=f"{name}, by a processor", value=bars / meter.used_s, unit="rows/s"),
    ]


def bench_store_live(servers: Servers) -> list[Row]:
    """One closed minute of 400 markets: the writer's ordinary work."""
    store = PostgresCandleStore(Database(servers.postgres().url("streams"), min_size=1, max_size=1))
    names = [f"PERF:{uuid4().hex[:8].upper()}/USDT" for _ in range(400)]
    took_ms = []
    for minute in range(30):
        rows = tuple(CandleRow(name, Resolution.MINUTE, _bar(minute), "trades") for name in names)
        started = time.perf_counter()
        store.upsert([Batch(minute, rows)])
        took_ms.append((time.perf_counter() - started) * 1000)
    return [Row(name="a minute of 400 markets stored, p95", value=percentile(took_ms, 0.95), unit="ms", bar="<= 1000")]


def bench_load(servers: Servers) -> list[Row]:
    """A year of minutes of one market, as back-fill and files load it; what a million of them take up on disk."""
    postgres = servers.postgres()
    database = Database(postgres.url("streams"), min_size=1, max_size=1)
    loader = PostgresBarLoader(database)
    name = f"PERF:{uuid4().hex[:8].upper()}/USDT"
    rows = [CandleRow(name, Resolution.MINUTE, _bar(index - YEAR), "klines") for index in range(YEAR)]
    loader.load(rows[:1], revision=1)  # makes the partitions
    meter = Meter(database)
    with psycopg.connect(postgres.url("superuser"), autocommit=True) as connection:
        before = {table: _bytes(connection, table) for table in ("candles_1m", "candles_%")}
        with meter.measured():
            for index in range(0, YEAR, 20_000):
                loader.load(rows[index : index + 20_000], revision=1)
        grown = {table: _bytes(connection, table) - before[table] for table in before}
    million = 1e6 / YEAR / 1e6
    return [
        *_stored_rows("history loaded, rollups included", meter, "100000", YEAR),
        Row(name="a million one-minute bars on disk", value=grown["candles_1m"] * million, unit="MB"),
        Row(name="the same with all they are rolled up into", value=grown["candles_%"] * million, unit="MB"),
    ]


def bench_read(servers: Servers) -> list[Row]:
    """The newest 500 bars of any length, and a year of days of zones with summer time or that begin at half past."""
    bed = _read_bed(servers.postgres())
    asked = [(bed.minutes, length) for length in ("1m", "3m", "5m", "15m")]
    asked += [(bed.quarters, length) for length in ("30m", "1h", "4h", "8h", "12h", "1d")]
    rows: list[Row] = []
    for series, length in asked:
        query = CandleQuery(series=series, resolution=parse_length(length), limit=500)
        rows += _read_rows(f"newest 500 bars of {length} read", _read(bed, query, 200), 10)
    for name in ("America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"):
        query = CandleQuery(series=bed.quarters, resolution=Resolution.DAY, limit=365, zone=ZoneInfo(name))
        rows += _read_rows(f"a year of 15m bars to days in {name}", _read(bed, query, 100), 15)
    return rows


@dataclass(frozen=True, slots=True)
class ReadBed:
    """A market with minutes, and one with 600 days of quarters."""

    database: Database
    service: CandleService
    minutes: str
    quarters: str


def _read_bed(postgres: Postgres) -> ReadBed:
    minutes, quarters = (f"PERF:{uuid4().hex[:8].upper()}/USDT" for _ in range(2))
    streams = Database(postgres.url("streams"))
    PostgresCandleStore(streams).upsert(_batches([minutes]))
    history = [
        CandleRow(quarters, Resolution.MINUTES_15, _bar(15 * index - YEAR), "klines") for index in range(600 * 96)
    ]
    PostgresBarLoader(streams).load(history, revision=1)
    with psycopg.connect(postgres.url("superuser"), autocommit=True) as connection:
        connection.execute("ANALYZE")
    database = Database(postgres.url("app"), min_size=1, max_size=1)
    return ReadBed(database, CandleService(candle_readers(database)), minutes, quarters)


def _read(bed: ReadBed, query: CandleQuery, times: int) -> Meter:
    meter = Meter(bed.database)
    for _ in range(times):
        with meter.measured():
            page = bed.service.page(TenantId(uuid4()), query)
        assert len(page.candles) == query.limit
    return meter


def _read_rows(name: str, meter: Meter, most_ms: int) -> list[Row]:
    count = len(meter.took_s)
    return [
        Row(name=f"{name}, p95", value=percentile(meter.took_s, 0.95) * 1000, unit="ms", bar=f"<= {most_ms}"),
        Row(name=f"{name}, of a processor", value=meter.used_s / count * 1000, unit="ms"),
    ]


def _bytes(connection: psycopg.Connection[Any], table: str) -> int:
    """What a table and its partitions take up, indices included."""
    row = connection.execute(_SIZE, (table + "_20%" if "%" not in table else table,)).fetchone()
    assert row is not None
    return int(row[0])


def bench_codec() -> list[Row]:
    """An entry of the stream: written and read with all its checks."""
    rows = [CandleRow("BINANCE:BTC/USDT", Resolution.MINUTE, _bar(index), "trades") for index in range(1000)]
    started = time.perf_counter()
    for _ in range(20):
        decode_rows(encode_rows(rows))
    return [Row(name="candles through the codec", value=20_000 / (time.perf_counter() - started), unit="rows/s")]


def _bar(index: int) -> Candle:
    price = 100.0 + index % 17 / 7
    return Candle(START + timedelta(minutes=index), price, price + 1, price - 1, price + 0.5, 1.0 + index % 3)


def _batches(names: list[str]) -> list[Batch]:
    """Entries of 1,000 rows, ordered by time as a stream is."""
    rows = [
        CandleRow(name, Resolution.MINUTE, bar, "trades")
        for bar in (_bar(index) for index in range(BARS))
        for name in names
    ]
    return [Batch(index, tuple(rows[index : index + 1000])) for index in range(0, len(rows), 1000)]
